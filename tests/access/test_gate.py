"""The gate: rates first, then a place, for as long as a call lasts."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import anyio
import pytest

from vtmcp.access.gate import BusyError, CallLimits, Gate
from vtmcp.access.turns import Bounds
from vtmcp.protocol.errors import ToolError

pytestmark = pytest.mark.anyio


async def passes(gate: Gate, caller: str = "a") -> str:
    """What the gate says to one call that takes no time; nothing if it lets it through."""
    try:
        async with gate.turn(caller):
            return ""
    except BusyError as error:
        return str(error)


class Holder:
    """Calls that hold their places until told."""

    def __init__(self, gate: Gate) -> None:
        self.gate = gate
        self.release = anyio.Event()
        self.done: list[str] = []

    async def hold(self, caller: str, *, task_status: anyio.abc.TaskStatus[None]) -> None:
        async with self.gate.turn(caller):
            task_status.started()
            await self.release.wait()
        self.done.append(caller)

    async def queue(self, caller: str) -> None:
        async with self.gate.turn(caller):
            self.done.append(caller)


@asynccontextmanager
async def held(gate: Gate, callers: str) -> AsyncIterator[tuple[Holder, anyio.abc.TaskGroup]]:
    holder = Holder(gate)
    with anyio.fail_after(5):
        async with anyio.create_task_group() as tasks:
            for caller in callers:
                await tasks.start(holder.hold, caller)
            yield holder, tasks
            holder.release.set()


async def test_a_caller_over_its_rate_is_told_when_to_come_back() -> None:
    now_s = [0.0]
    gate = Gate(lambda caller: CallLimits(calls_per_minute=2), clock=lambda: now_s[0])
    assert [await passes(gate) for _ in range(3)] == [
        *("", ""),
        "Busy: too many calls in this minute; try again in 30 s",
    ]
    assert await passes(gate, "b") == ""
    assert gate.wait_s("a") == pytest.approx(30.0)
    now_s[0] = 30.0
    assert await passes(gate) == ""


async def test_all_callers_together_have_a_rate() -> None:
    gate = Gate(total_per_minute=2, clock=lambda: 0.0)
    assert [await passes(gate, caller) for caller in ("a", "b")] == ["", ""]
    assert "try again in 30 s" in await passes(gate, "c")
    assert gate.wait_s("d") == pytest.approx(30.0)


async def test_a_refusal_takes_nothing_from_anybody() -> None:
    gate = Gate(
        lambda caller: CallLimits(calls_per_minute=1 if caller == "a" else 0),
        total_per_minute=2,
        clock=lambda: 0.0,
    )
    assert await passes(gate) == ""
    assert await passes(gate) != ""
    assert await passes(gate, "b") == ""


async def test_a_call_waits_for_its_turn() -> None:
    gate = Gate(bounds=Bounds(running_max=1, waiting_max=4))
    async with held(gate, "a") as (holder, tasks):
        tasks.start_soon(holder.queue, "b")
        await anyio.wait_all_tasks_blocked()
        assert holder.done == []
    assert sorted(holder.done) == ["a", "b"]


async def test_a_call_that_waits_too_long_is_refused() -> None:
    gate = Gate(bounds=Bounds(running_max=1, waiting_max=4), wait_s=0.001)
    async with held(gate, "a"):
        assert await passes(gate, "b") == ("Busy: too many calls are under way; try again in 1 s")
    assert await passes(gate, "b") == ""


async def test_a_full_queue_refuses_at_once() -> None:
    gate = Gate(bounds=Bounds(running_max=1, waiting_max=0), wait_s=60)
    async with held(gate, "a"):
        assert "too many calls are under way" in await passes(gate, "b")


async def test_a_caller_has_its_own_bound() -> None:
    gate = Gate(lambda caller: CallLimits(calls_at_once=1), bounds=Bounds(waiting_max=0), wait_s=60)
    async with held(gate, "a"):
        assert "too many calls are under way" in await passes(gate, "a")
        assert await passes(gate, "b") == ""


async def test_a_call_that_is_cancelled_leaves_its_place() -> None:
    gate = Gate(bounds=Bounds(running_max=1, waiting_max=1), wait_s=60)
    async with held(gate, "a") as (holder, tasks):
        with anyio.move_on_after(0):
            await holder.queue("b")
        tasks.start_soon(holder.queue, "c")
        await anyio.wait_all_tasks_blocked()
    assert sorted(holder.done) == ["a", "c"]


async def test_a_call_that_fails_leaves_its_place() -> None:
    gate = Gate(bounds=Bounds(running_max=1, waiting_max=0))
    with pytest.raises(KeyError):
        async with gate.turn("a"):
            raise KeyError
    assert await passes(gate) == ""


async def test_the_model_is_told() -> None:
    assert isinstance(BusyError("because", 0.2), ToolError)
    assert BusyError("because", 0.2).retry_after_s == 1
