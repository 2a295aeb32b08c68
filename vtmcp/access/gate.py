"""The gate before each call: its caller's rate and the total's, then a place to run.

    async with gate.turn("shop-agent"):
        ...

Must not be here: where the limits come from, and how a refusal is sent.
"""

import math
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import NamedTuple

import anyio

from vtmcp.access.buckets import Buckets
from vtmcp.access.turns import Bounds, State, Turn, Turns
from vtmcp.protocol.errors import ToolError

WAIT_S = 10.0
"""A model waits a few seconds gladly, and calls again after more."""

_TOTAL = ""
"""The bucket of all callers; it is apart from theirs."""


class CallLimits(NamedTuple):
    """What one caller may do; 0 is no limit."""

    calls_per_minute: int = 0
    calls_at_once: int = 0


class BusyError(ToolError):
    """There is no room for the call; the text is for the model, `retry_after_s` for a client."""

    def __init__(self, reason: str, retry_after_s: float) -> None:
        self.retry_after_s = max(1, math.ceil(retry_after_s))
        super().__init__(f"Busy: {reason}; try again in {self.retry_after_s} s")


class Gate:
    """Lets calls through. `limits_of` gives a caller's limits, asked anew for each call."""

    def __init__(
        self,
        limits_of: Callable[[str], CallLimits] = lambda caller: CallLimits(),
        *,
        total_per_minute: int = 0,
        bounds: Bounds = Bounds(),  # noqa: B008 - immutable
        wait_s: float = WAIT_S,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._limits_of = limits_of
        self._total_per_minute = total_per_minute
        self._callers = Buckets()
        self._total = Buckets()
        self._turns = Turns(bounds)
        self._waiting: dict[Turn, anyio.Event] = {}
        self._wait_s = wait_s
        self._clock = clock

    def wait_s(self, caller: str) -> float:
        """How long until the caller's next call is within the rates; 0 for now. Takes nothing."""
        now_s = self._clock()
        own = self._callers.wait_s(caller, self._limits_of(caller).calls_per_minute, now_s)
        return max(own, self._total.wait_s(_TOTAL, self._total_per_minute, now_s))

    @asynccontextmanager
    async def turn(self, caller: str) -> AsyncIterator[None]:
        """Hold a place for one call. Raises `BusyError` when there is none in time."""
        limits = self._limits_of(caller)
        self._count(caller, limits)
        turn = self._turns.ask(caller, limits.calls_at_once)
        try:
            if turn.state is State.WAITING:
                await self._wait(turn)
            if turn.state is not State.RUNNING:
                raise BusyError("too many calls are under way", 1.0)
            yield
        finally:
            for following in self._turns.leave(turn):
                self._waiting[following].set()

    def _count(self, caller: str, limits: CallLimits) -> None:
        wait_s = self.wait_s(caller)
        if wait_s:
            raise BusyError("too many calls in this minute", wait_s)
        now_s = self._clock()
        self._callers.take(caller, limits.calls_per_minute, now_s)
        self._total.take(_TOTAL, self._total_per_minute, now_s)

    async def _wait(self, turn: Turn) -> None:
        event = self._waiting[turn] = anyio.Event()
        try:
            with anyio.move_on_after(self._wait_s):
                await event.wait()
        finally:
            del self._waiting[turn]
