"""Many clients at once, in an order that chance decides: each request is answered once, where it
was asked, and no session hears anything of another."""

import random
from collections.abc import Awaitable, Callable
from typing import Any

import anyio
import pytest

from tests.protocol.playbook import cancelled, request
from tests.transports.site import (
    BOTH,
    JSON_ONLY,
    STREAM_ONLY,
    Connection,
    StreamableSite,
    call,
    said,
    stateless,
    streamable,
    until,
)
from tests.transports.tools import Gate, talkative
from vtmcp.protocol.messages import Json
from vtmcp.serve import Limits
from vtmcp.transports import minding

pytestmark = pytest.mark.anyio

SEEDS = range(12)
CLIENTS = 6
STEPS = 12

PATIENT = Limits(ask_timeout_s=5, shutdown_s=5)


@pytest.fixture(autouse=True)
def soon(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(minding, "MIND_AFTER_S", 0.001)


class Guest:
    """A client that does this and that, and writes its mark into all that it says."""

    def __init__(self, site: StreamableSite, gate: Gate, mark: str, seed: str) -> None:
        self.mark = mark
        self.heard: list[Any] = []
        self.session = ""
        self.chance = random.Random(seed)
        self._site = site
        self._gate = gate
        self._streams: list[Connection] = []

    async def run(self) -> None:
        revision = self.chance.choice(["", "2025-03-26", "2025-06-18", "2025-11-25"])
        does: list[Callable[[], Awaitable[None]]] = [self.say, self.chat, self.leave]
        if revision:
            self.session = await self._site.greet(revision)
            does += [self.ask, self.cancel, self.cancel, self.come_back, self.listen, self.twice]
        if revision == "2025-03-26":
            does.append(self.batch)
        for _ in range(STEPS):
            await self.pause()
            await self.chance.choice(does)()
        for stream in self._streams:
            self.heard.append(stream.heard.decode())
            await stream.leave()

    async def pause(self) -> None:
        for _ in range(self.chance.randrange(20)):
            await anyio.lowlevel.checkpoint()

    async def begin(self, message: Any) -> Connection:
        if self.session:
            accept = self.chance.choice([BOTH, BOTH, STREAM_ONLY])
            return await self._site.begin("POST", message, session=self.session, accept=accept)
        sent, headers = stateless(message, logLevel="info")
        more: dict[str, Any] = {**headers}
        return await self._site.begin("POST", sent, **more)

    async def finish(self, calling: Connection, *ids: Any) -> list[Json]:
        """The answers, one to each id and all at the end."""
        answer = await calling.answer()
        await calling.leave()
        self.heard.append(answer.body.decode())
        messages = [
            one for said in answer.messages for one in (said if isinstance(said, list) else [said])
        ]
        answers = [one for one in messages if "method" not in one]
        assert sorted(map(str, (one["id"] for one in answers))) == sorted(map(str, ids))
        assert messages[len(messages) - len(answers) :] == answers
        return answers

    def id(self) -> Any:
        """An id that others have too; of a session's own requests no two are under way."""
        return self.chance.choice([0, 1, "1", ""])

    async def say(self) -> None:
        request_id = self.id()
        (answer,) = await self.finish(
            await self.begin(call(request_id, "say", text=self.mark)), request_id
        )
        assert said(answer) == self.mark

    async def chat(self) -> None:
        request_id, at_once = self.id(), self.chance.random() < 0.5
        message = call(
            *(request_id, "chat"),
            progress="token",
            name=self.mark,
            at_once=at_once,
            count=self.chance.randrange(5),
        )
        (answer,) = await self.finish(await self.begin(message), request_id)
        assert said(answer) == self.mark

    async def leave(self) -> None:
        """Go away in the midst of a call."""
        name = f"{self.mark} left {self.chance.random()}"
        calling = await self.begin(call(self.chance.random().hex(), "gate", name=name))
        await self.pause()
        await calling.leave()
        self._gate.open(name)

    async def ask(self) -> None:
        request_id = self.id()
        calling = await self.begin(call(request_id, "ask"))
        question = await calling.message()
        await self.pause()
        result = {"roots": [{"uri": self.mark}]}
        reply = {"jsonrpc": "2.0", "id": question["id"], "result": result}
        assert (await self._site.post(reply, session=self.session)).status == 202
        (answer,) = await self.finish(calling, request_id)
        assert said(answer) == self.mark

    async def cancel(self) -> None:
        request_id, name = self.id(), f"{self.mark} cancelled {self.chance.random()}"
        calling = await self.begin(
            call(request_id, "gate", progress=1, name=name, tells=self.chance.random() < 0.5)
        )
        await until(lambda: name in self._gate.entered)
        await self.pause()
        answer = await self._site.post(cancelled(request_id), session=self.session)
        assert answer.status == 202
        await self.finish(calling)
        assert name in self._gate.cancelled

    async def come_back(self) -> None:
        """Break a stream and hear the rest of it elsewhere."""
        request_id, name = self.id(), f"{self.mark} broken {self.chance.random()}"
        calling = await self.begin(call(request_id, "gate", progress=1, name=name, tells=True))
        await calling.message()
        if self.chance.random() < 0.7:
            await calling.leave()
        await self.pause()
        is_early = self.chance.random() < 0.5
        if is_early:
            self._gate.open(name)
        last = calling.parser.last_event_id
        back = await self._site.begin(
            "GET", session=self.session, accept=STREAM_ONLY, last_event_id=last
        )
        assert await back.head() == 200
        await self.pause()
        self._gate.open(name)
        answers = [one for one in await back.rest() if "method" not in one]
        assert [(one["id"], said(one)) for one in answers] == [(request_id, name)]
        self.heard.append(back.heard.decode())
        await back.leave()
        await calling.leave()

    async def listen(self) -> None:
        stream = await self._site.begin("GET", session=self.session, accept=STREAM_ONLY)
        assert await stream.head() == 200
        self._streams.append(stream)

    async def twice(self) -> None:
        """Use one id for two requests at once."""
        name = f"{self.mark} twice {self.chance.random()}"
        first = await self.begin(call("twice", "gate", name=name))
        await until(lambda: name in self._gate.entered)
        (refused,) = await self.finish(await self.begin(request("twice", "ping")), "twice")
        assert refused["error"]["code"] == -32600
        self._gate.open(name)
        (answer,) = await self.finish(first, "twice")
        assert said(answer) == name

    async def batch(self) -> None:
        ids = [0, "0", 2]
        tools = [("say", "text"), ("chat", "name"), ("say", "text")]
        batch = [
            call(one, tool, progress=one, **{argument: self.mark})
            for one, (tool, argument) in zip(ids, tools, strict=True)
        ]
        accept = self.chance.choice([BOTH, JSON_ONLY])
        calling = await self._site.begin("POST", batch, session=self.session, accept=accept)
        answers = await self.finish(calling, *ids)
        assert [said(one) for one in answers] == [self.mark] * 3


@pytest.mark.parametrize("seed", SEEDS)
async def test_each_request_is_answered_once_where_it_was_asked(seed: int) -> None:
    gate = Gate()
    server = talkative(gate, PATIENT)
    async with streamable(server, heartbeat_s=0.002) as site:
        guests = [Guest(site, gate, f"<{name}>", f"{seed} {name}") for name in range(CLIENTS)]
        async with anyio.create_task_group() as tasks:
            for guest in guests:
                tasks.start_soon(guest.run)
        for guest in guests:
            others = [other.mark for other in guests if other is not guest]
            assert not [mark for mark in others for heard in guest.heard if mark in heard]
        await until(lambda: not site.open)
        # Nothing is under way any more, and nothing of it is kept but for those who come back.
        for live in site.endpoint._legacy.sessions._live.values():
            assert live.in_use == 0
            assert len(live.peer.engine._calls) == 0  # type: ignore[attr-defined]
            assert all(log.is_ended for log in live._streams.values())
        assert not site.endpoint._modern._open
        for guest in guests:
            if guest.session:
                assert (await site.ask("DELETE", session=guest.session)).status == 204
        store = site.endpoint._legacy.sessions.store
        assert (store.kept_bytes, len(store)) == (0, 0)
        assert not server._conversations
