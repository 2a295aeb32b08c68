"""Mind exchanges that take long: notice that the client is gone, keep quiet streams alive.

Most calls end within milliseconds, and a task beside each would cost more than the call. So an
exchange is only noted here, and one clock looks after those that have been open for a while. Must
not be here: what an exchange is about.
"""

from collections.abc import Awaitable, Callable
from time import monotonic

import anyio
from anyio.abc import TaskGroup

from vtmcp.transports.http import Exchange
from vtmcp.transports.http_values import PeerGoneError

MIND_AFTER_S = 0.1
"""How long an exchange may take before it is looked after: a client that has gone sooner costs
no more than that."""


class Minded:
    """One exchange that is looked after, if it takes long."""

    __slots__ = (
        *("beat", "exchange", "gone", "is_beating", "is_over", "scope", "since_s", "stopped"),
    )

    def __init__(
        self,
        exchange: Exchange,
        gone: Callable[[], None],
        beat: Callable[[], Awaitable[None]],
    ) -> None:
        self.exchange = exchange
        self.gone = gone
        self.beat = beat
        self.since_s = monotonic()
        self.is_beating = False
        self.is_over = False
        """Nobody wants it looked after any more."""
        self.scope: anyio.CancelScope | None = None
        self.stopped: anyio.Event | None = None


class Minder:
    """`run` it for as long as exchanges come; `heartbeat_s` of 0 is none."""

    def __init__(self, heartbeat_s: float) -> None:
        self._heartbeat_s = heartbeat_s or float("inf")
        self._young: dict[Minded, None] = {}

    def begin(
        self,
        exchange: Exchange,
        *,
        gone: Callable[[], None],
        beat: Callable[[], Awaitable[None]],
    ) -> Minded:
        """Look after an exchange from now on: `gone` is called once, `beat` in each quiet time."""
        minded = Minded(exchange, gone, beat)
        self._young[minded] = None
        return minded

    async def end(self, minded: Minded) -> None:
        """Look after it no longer; its connection is free to be read when this returns."""
        self._young.pop(minded, None)
        minded.is_over = True
        if minded.scope is None or minded.stopped is None:
            return
        try:
            if minded.is_beating:
                # Cut short in its midst, a heartbeat would break the connection.
                await minded.stopped.wait()
        finally:
            minded.scope.cancel()
            with anyio.CancelScope(shield=True):
                await minded.stopped.wait()

    async def run(self) -> None:
        """Look after the exchanges, until cancelled."""
        async with anyio.create_task_group() as tasks:
            while True:
                await anyio.sleep(MIND_AFTER_S)
                self._start_those_due(tasks)

    def _start_those_due(self, tasks: TaskGroup) -> None:
        latest_s = monotonic() - MIND_AFTER_S
        # Who came first stands first.
        due = []
        for minded in self._young:
            if minded.since_s > latest_s:
                break
            due.append(minded)
        for minded in due:
            del self._young[minded]
            minded.scope, minded.stopped = anyio.CancelScope(), anyio.Event()
            tasks.start_soon(self._mind, minded, minded.scope, minded.stopped)

    async def _mind(self, minded: Minded, scope: anyio.CancelScope, stopped: anyio.Event) -> None:
        try:
            with scope:
                await self._watch(minded)
        finally:
            stopped.set()

    async def _watch(self, minded: Minded) -> None:
        while not minded.is_over:
            with anyio.move_on_after(self._heartbeat_s):
                await minded.exchange.wait_gone()
                minded.gone()
                return
            minded.is_beating = True
            try:
                await minded.beat()
            except PeerGoneError:
                minded.gone()
                return
            finally:
                minded.is_beating = False
