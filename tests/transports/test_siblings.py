"""Processes that serve the same sessions: what one is told, the others hear."""

from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager

import anyio
import pytest
from anyio.abc import TaskGroup

from tests.protocol.playbook import cancelled, notification
from tests.transports.site import StreamableSite, call, said, streamable, until
from tests.transports.tools import Gate, talkative
from vtmcp.protocol.messages import Json

pytestmark = pytest.mark.anyio

Take = Callable[[Json], Coroutine[object, object, None]]


class Sibling:
    """One of two: what it tells, the other hears."""

    def __init__(self, tasks: TaskGroup) -> None:
        self.other: Sibling | None = None
        self.told: list[Json] = []
        self._tasks = tasks
        self._take: Take | None = None

    def tell(self, note: Json) -> None:
        self.told.append(note)
        assert self.other is not None
        assert self.other._take is not None
        self._tasks.start_soon(self.other._take, note)

    def hear(self, take: Take) -> None:
        self._take = take


class Two:
    """Two processes of one server."""

    def __init__(self, sites: list[StreamableSite], told: list[Json], gates: list[Gate]) -> None:
        self.one, self.other = sites
        self.told = told
        """What the first has told the second."""
        self.gate = gates[1]
        """Where calls at the second wait."""


@asynccontextmanager
async def two() -> AsyncIterator[Two]:
    async with anyio.create_task_group() as tasks:
        one, other = Sibling(tasks), Sibling(tasks)
        one.other, other.other = other, one
        gates = [Gate(), Gate()]
        async with (
            streamable(talkative(gates[0]), siblings=one) as first,
            streamable(talkative(gates[1]), siblings=other) as second,
        ):
            yield Two([first, second], one.told, gates)


async def test_a_call_is_cancelled_wherever_it_runs() -> None:
    async with two() as both:
        session = await both.one.greet()
        calling = await both.other.begin("POST", call(1, "gate", name="a"), session=session)
        await until(lambda: both.gate.entered)
        assert (await both.one.post(cancelled(1), session=session)).status == 202
        assert (await calling.answer()).messages == []
        assert both.gate.cancelled == ["a"]


async def test_one_cancellation_of_an_array_is_passed_on_alone() -> None:
    async with two() as both:
        session = await both.one.greet("2025-03-26")
        calling = await both.other.begin("POST", call(1, "gate", name="a"), session=session)
        await until(lambda: both.gate.entered)
        others = [notification("notifications/roots/list_changed"), "no message"]
        await both.one.post([*others, cancelled(1)], session=session)
        assert (await calling.answer()).messages == []
        assert both.told == [{"session": session, "said": cancelled(1)}]


async def test_a_session_that_is_ended_at_one_ends_at_the_other() -> None:
    async with two() as both:
        session, unknown = await both.one.greet(), await both.one.greet()
        calling = await both.other.begin("POST", call(1, "gate", name="a"), session=session)
        await until(lambda: both.gate.entered)
        assert (await both.one.ask("DELETE", session=session)).status == 204
        both.gate.open("a")
        await calling.answer()
        # Ended before it was ever heard of here.
        assert (await both.one.ask("DELETE", session=unknown)).status == 204
        for token in (session, unknown):
            answer = await both.other.post(call(2, "gate", name="a"), session=token)
            assert answer.status == 404


async def test_other_sessions_and_other_words_are_left_alone() -> None:
    async with two() as both:
        session, stranger = await both.one.greet(), await both.one.greet()
        calling = await both.other.begin("POST", call(1, "gate", name="a"), session=session)
        await until(lambda: both.gate.entered)
        await both.one.post(cancelled(1), session=stranger)
        await both.one.post({"jsonrpc": "2.0", "id": 1, "result": {}}, session=session)
        both.gate.open("a")
        assert said((await calling.answer()).json) == "a"
        assert both.told == [{"session": stranger, "said": cancelled(1)}]


async def test_a_server_alone_tells_nobody() -> None:
    gate = Gate()
    async with streamable(talkative(gate)) as site:
        session = await site.greet()
        assert (await site.post(cancelled(1), session=session)).status == 202
        assert (await site.ask("DELETE", session=session)).status == 204
