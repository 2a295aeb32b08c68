"""The old transport: a stream per client, POSTs beside it, and the end of both."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import anyio
import pytest
from anyio.abc import TaskGroup

from tests.clients import settle
from tests.protocol.playbook import INITIALIZED, cancelled, notification, request
from tests.transports.site import (
    JSON_ONLY,
    STREAM_ONLY,
    Connection,
    Site,
    call,
    opening,
    said,
    until,
)
from tests.transports.tools import Gate, talkative
from vtmcp.protocol.messages import Json
from vtmcp.server import Server
from vtmcp.transports import minding, sse
from vtmcp.transports.access import METADATA_PATH, Access, Caller, OpenAccess, TokenAccess
from vtmcp.transports.guards import Guard
from vtmcp.transports.http import Exchange
from vtmcp.transports.http_values import Request, Response
from vtmcp.transports.minding import Minder
from vtmcp.transports.sse import MESSAGE_PATH, STREAM_PATH, SseEndpoints

pytestmark = pytest.mark.anyio

ORIGIN = "http://localhost:3000"
PING = request(1, "ping")


@pytest.fixture(autouse=True)
def soon(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(minding, "MIND_AFTER_S", 0.001)


class OldSite(Site):
    """A site with the two endpoints of HTTP+SSE."""

    def __init__(self, endpoints: SseEndpoints, tasks: TaskGroup) -> None:
        async def handle(exchange: Exchange) -> None:
            paths = {STREAM_PATH: endpoints.stream, MESSAGE_PATH: endpoints.message}
            await paths[exchange.request.path](exchange)

        super().__init__(handle, tasks)
        self.endpoints = endpoints

    async def open_stream(self, **more: Any) -> tuple[Connection, str]:
        """A stream, and where to POST."""
        stream = await self.begin("GET", path=STREAM_PATH, accept=STREAM_ONLY, **more)
        event = await stream.event()
        assert event.name == "endpoint"
        return stream, event.data.decode()

    async def greet(  # type: ignore[override]
        self, revision: str = "2024-11-05", **more: Any
    ) -> tuple[Connection, str]:
        """A stream whose session is open."""
        stream, path = await self.open_stream(**more)
        await self.say(path, opening(revision, {"roots": {}}), **more)
        assert (await stream.message())["result"]["protocolVersion"] == revision
        await self.say(path, INITIALIZED, **more)
        return stream, path

    async def say(self, path: str, message: Any, **more: Any) -> None:
        answer = await self.post(message, path=path, **more)
        assert (answer.status, answer.body) == (202, b"Accepted")


@asynccontextmanager
async def old(
    server: Server,
    *,
    heartbeat_s: float = 0,
    access: Access = OpenAccess(),  # noqa: B008 - immutable
) -> AsyncIterator[OldSite]:
    minder = Minder(heartbeat_s)
    endpoints = SseEndpoints(server.conversation, guard=Guard(), access=access, minder=minder)
    with anyio.fail_after(5):
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(minder.run)
            site = OldSite(endpoints, tasks)
            try:
                yield site
            finally:
                await site.leave()
            await until(lambda: not site.open)
            tasks.cancel_scope.cancel()
    assert not site.troubles
    assert not endpoints._open


@pytest.mark.parametrize("revision", ["2024-11-05", "2025-03-26", "2025-11-25"])
async def test_a_session_lives_on_its_stream(revision: str) -> None:
    async with old(talkative()) as site:
        stream, path = await site.greet(revision)
        assert stream.headers["content-type"] == STREAM_ONLY
        assert stream.headers["cache-control"] == "no-cache"
        assert path.startswith(f"{MESSAGE_PATH}?sessionId=")
        await site.say(path, PING)
        assert await stream.message() == {"jsonrpc": "2.0", "id": 1, "result": {}}
        await site.say(path, call(2, "chat", progress="p", name="x"))
        told = [await stream.message() for _ in range(5)]
        assert said(told[-1]) == "x"
        # Older clients know no ids and nothing without data.
        assert b"id: " not in stream.heard
        assert b"data: \n" not in stream.heard


async def test_a_call_holds_up_nothing() -> None:
    gate = Gate()
    async with old(talkative(gate)) as site:
        stream, path = await site.greet()
        await site.say(path, call(1, "gate", name="a"))
        await site.say(path, call(2, "gate", name="b"))
        await site.say(path, PING | {"id": 3})
        assert (await stream.message())["id"] == 3
        await site.say(path, cancelled(1))
        gate.open("b")
        assert said(await stream.message()) == "b"
    assert gate.cancelled == ["a"]


async def test_a_question_is_answered_by_a_post() -> None:
    async with old(talkative()) as site:
        stream, path = await site.greet()
        await site.say(path, call(1, "ask"))
        question = await stream.message()
        assert question["method"] == "roots/list"
        answer = {"roots": [{"uri": "file:///a"}]}
        await site.say(path, {"jsonrpc": "2.0", "id": question["id"], "result": answer})
        assert said(await stream.message()) == "file:///a"


async def test_sessions_hear_nothing_of_each_other() -> None:
    async with old(talkative()) as site:
        (ann, anns), (bob, bobs) = await site.greet(), await site.greet()
        assert anns != bobs
        await site.say(anns, call(1, "say", text="ann"))
        await site.say(bobs, call(1, "say", text="bob"))
        assert said(await ann.message()) == "ann"
        assert said(await bob.message()) == "bob"
        await site.say(anns, call(2, "announce"))
        changed = notification("notifications/tools/list_changed")
        assert await bob.message() == changed
        assert [await ann.message(), said(await ann.message())] == [changed, "announced"]


Row = tuple[str, str, Any, dict[str, str], int]

REFUSED: dict[str, Row] = {
    "a page from elsewhere": ("GET", STREAM_PATH, None, {"origin": "http://e.example"}, 403),
    "a page that posts": ("POST", "$", PING, {"origin": "http://e.example"}, 403),
    "another name for us": ("GET", STREAM_PATH, None, {"Host": "e.example"}, 421),
    "POST to the stream": ("POST", STREAM_PATH, PING, {}, 405),
    "HEAD of the stream": ("HEAD", STREAM_PATH, None, {}, 405),
    "GET of messages": ("GET", "$", None, {}, 405),
    "who takes no stream": ("GET", STREAM_PATH, None, {"accept": JSON_ONLY}, 406),
    "text": ("POST", "$", PING, {"content_type": "text/plain"}, 415),
    "no JSON": ("POST", "$", b"{", {}, 400),
    "no session": ("POST", MESSAGE_PATH, PING, {}, 400),
    "an empty session": ("POST", f"{MESSAGE_PATH}?sessionId=", PING, {}, 400),
    "two sessions": ("POST", f"{MESSAGE_PATH}?sessionId=a&sessionId=b", PING, {}, 400),
    "a query without end": ("POST", f"{MESSAGE_PATH}?{'a=b&' * 50}sessionId=a", PING, {}, 400),
    "a session that never was": ("POST", f"{MESSAGE_PATH}?sessionId=x", PING, {}, 404),
}


@pytest.mark.parametrize(
    ("method", "path", "body", "headers", "status"), REFUSED.values(), ids=REFUSED
)
async def test_a_request_is_refused(
    method: str, path: str, body: Any, headers: dict[str, str], status: int
) -> None:
    async with old(talkative()) as site:
        stream, place = await site.greet()
        sent = {"accept": STREAM_ONLY, **headers}
        answer = await site.ask(method, body, path=place if path == "$" else path, **sent)
        assert answer.status == status
        if status == 405:
            assert answer.headers["allow"] == ("GET" if path == STREAM_PATH else "POST")
        # The stream lives on.
        await site.say(place, PING)
        assert (await stream.message())["id"] == 1


async def test_what_is_json_and_no_message_is_answered_on_the_stream() -> None:
    async with old(talkative()) as site:
        stream, path = await site.greet()
        for document in ([PING], 7, {**PING, "id": None}):
            await site.say(path, document)
            assert (await stream.message())["error"]["code"] == -32600


async def test_a_page_may_ask() -> None:
    async with old(talkative()) as site:
        answer = await site.ask("OPTIONS", path=STREAM_PATH, origin=ORIGIN)
        assert answer.headers["access-control-allow-methods"] == "GET, POST"
        stream, path = await site.greet(origin=ORIGIN)
        assert stream.headers["access-control-allow-origin"] == ORIGIN
        answer = await site.post(PING, path=path, origin=ORIGIN)
        assert answer.headers["access-control-allow-origin"] == ORIGIN
        assert (await site.ask("OPTIONS", path=path)).status == 405


class Named(Access):
    """Believes who says who he is."""

    async def caller(self, request: Request) -> Caller | Response:
        return Caller(request.header("authorization") or "")


async def test_a_session_is_of_use_to_its_caller_alone() -> None:
    async with old(talkative(), access=Named()) as site:
        stream, path = await site.greet(authorization="Ann")
        assert (await site.post(PING, path=path, authorization="Bob")).status == 404
        await site.say(path, PING, authorization="Ann")
        assert (await stream.message())["id"] == 1


async def test_who_brings_no_token_is_challenged_at_both_paths() -> None:
    access = TokenAccess("t", metadata_url=lambda request: f"http://h{METADATA_PATH}/sse")
    async with old(talkative(), access=access) as site:
        assert (await site.ask("GET", path=STREAM_PATH)).status == 401
        answer = await site.post(PING, path=MESSAGE_PATH, origin=ORIGIN)
        assert answer.headers["www-authenticate"].endswith('/sse"')
        assert answer.headers["access-control-allow-origin"] == ORIGIN


@pytest.mark.parametrize("waits", [False, True], ids=["at once", "as one writes"])
async def test_the_end_of_the_stream_is_the_end_of_the_session(waits: bool) -> None:
    gate = Gate()
    server = talkative(gate)
    async with old(server) as site:
        stream, path = await site.greet()
        other, others = await site.greet()
        await site.say(path, call(1, "gate", name="a"))
        await until(lambda: gate.entered)
        await stream.leave()
        if waits:
            await site.say(others, call(2, "announce"))
        await until(lambda: gate.cancelled)
        await until(lambda: len(server._conversations) == 1)
        assert (await site.post(PING, path=path)).status == 404
        await site.say(others, PING)
        told = [await other.message() for _ in range(3 if waits else 1)]
        assert told[-1]["id"] == 1


async def test_a_quiet_stream_shows_that_it_is_alive() -> None:
    async with old(talkative(), heartbeat_s=0.001) as site:
        stream, _ = await site.open_stream()
        assert [await stream._chunk() for _ in range(3)] == [b": heartbeat\n\n"] * 3


async def test_only_so_many_streams_are_open(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sse, "STREAMS_MAX", 1)
    async with old(talkative()) as site:
        stream, _ = await site.open_stream()
        assert (await site.ask("GET", path=STREAM_PATH)).status == 503
        await stream.leave()
        await until(lambda: not site.endpoints._open)
        await site.open_stream()


async def test_only_so_many_documents_wait(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sse, "WAITING_MAX", 1)
    async with old(talkative()) as site:
        # This client reads nothing, so its answers and then its documents wait.
        stream, path = await site.open_stream(parts=0)
        posts = [await site.begin("POST", PING, path=path) for _ in range(5)]
        for _ in range(10):
            await settle()
        assert posts[-1].status == 0
        # When it goes away, whoever waits is told so.
        await stream.leave()
        statuses = [(await post.answer()).status for post in posts]
        assert statuses == sorted(statuses)
        assert statuses[0] == 202
        assert statuses[-1] == 404


async def test_a_client_that_goes_away_at_once_leaves_nothing() -> None:
    async with old(talkative()) as site:
        going = await site.begin("GET", path=STREAM_PATH)
        await going.leave()
        await until(lambda: not site.open)
        assert not site.endpoints._open


async def test_a_stop_ends_each_stream_after_its_calls() -> None:
    gate = Gate()
    async with old(talkative(gate)) as site:
        quick, quicks = await site.greet()
        slow, slows = await site.greet()
        await site.say(quicks, call(1, "gate", name="quick"))
        await site.say(slows, call(1, "gate", name="slow"))
        await until(lambda: len(gate.entered) == 2)
        await site.endpoints.finish()
        assert (await site.post(PING, path=slows)).status == 404
        gate.open("quick")
        told: list[Json] = await quick.rest()
        assert said(told[-1]) == "quick"
        assert await slow.rest() == []
    assert gate.cancelled == ["slow"]


async def test_a_stop_finds_a_client_that_has_just_gone() -> None:
    async with old(talkative()) as site:
        stream, _ = await site.greet()
        await site.endpoints.finish()
        await stream.leave()
        await until(lambda: not site.open)
