"""Spans to a collector: a bounded queue, batches, and one task beside what is served.

Nobody ever waits for it and nothing that is served fails by it: a span that finds no room is
dropped and counted. Must not be here: what a span is, or how it is written.
"""

from collections import deque
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from itertools import islice
from typing import NamedTuple

import anyio

from vtmcp.posting import Answer, ExchangeError
from vtmcp.telemetry.otlp import export_request
from vtmcp.traces.model import Span

QUEUE_SPANS_MAX = 2_048
"""About 2 MB. The number of OpenTelemetry's own processors."""

BATCH_SPANS_MAX = 512
"""One request: a few hundred KB, written in a few milliseconds."""

INTERVAL_S = 5.0
"""How long a span waits for others."""

PAUSE_S_MAX = 60.0
"""How long a collector is left alone that failed again and again."""

CLOSING_S = 2.0
"""What the last spans get at the end: clients kill a server that does not stop in a few seconds."""

TRY_AGAIN = (429, 502, 503, 504)
"""Statuses that say so (OTLP, "Failures"). With any other the spans would be refused again."""

Post = Callable[[bytes], Awaitable[Answer]]


class Told(NamedTuple):
    """What the operator hears of."""

    failing: Callable[[str], None] = lambda reason: None
    """Once, until a batch is taken again."""
    working: Callable[[], None] = lambda: None
    dropped: Callable[[int], None] = lambda count: None
    """How many spans were dropped, at the end or once it works again."""


class Exporter:
    """Sends what is `put`, while `running`."""

    def __init__(
        self,
        post: Post,
        told: Told = Told(),  # noqa: B008 - immutable
        *,
        interval_s: float = INTERVAL_S,
        closing_s: float = CLOSING_S,
    ) -> None:
        self._post = post
        self._told = told
        self._interval_s = interval_s
        self._closing_s = closing_s
        self._queue: deque[Span] = deque()
        self._dropped = 0
        self._failures = 0
        self._is_stopping = False
        self._some: anyio.Event | None = None
        self._enough: anyio.Event | None = None

    def put(self, span: Span) -> None:
        """Take a span; what finds no room is dropped, as the older ones are of whole traces."""
        if len(self._queue) >= QUEUE_SPANS_MAX:
            self._dropped += 1
            return
        self._queue.append(span)
        if self._some is not None:
            self._some.set()
        if self._enough is not None and len(self._queue) == BATCH_SPANS_MAX:
            self._enough.set()

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Send from here on; in the end send what is left, within `closing_s`."""
        self._some, self._enough = anyio.Event(), anyio.Event()
        if self._queue:
            self._some.set()
        ended = anyio.Event()
        try:
            async with anyio.create_task_group() as tasks:
                tasks.start_soon(self._run, ended)
                try:
                    yield
                finally:
                    self._is_stopping = True
                    self._some.set()
                    self._enough.set()
                    with anyio.move_on_after(self._closing_s, shield=True):
                        await ended.wait()
                    tasks.cancel_scope.cancel()
        except BaseExceptionGroup as group:
            # Whoever serves within knows nothing of the task beside it.
            raise _sole(group) from None
        finally:
            self._tell_dropped(len(self._queue))

    async def _run(self, ended: anyio.Event) -> None:
        assert self._some is not None
        assert self._enough is not None
        is_last = False
        while not is_last:
            await self._some.wait()
            with anyio.move_on_after(self._pause_s()):
                await self._enough.wait()
            is_last = self._is_stopping
            if not is_last:
                self._some, self._enough = anyio.Event(), anyio.Event()
            while self._queue and await self._send():
                pass
            if self._queue or self._is_stopping:
                self._some.set()
        ended.set()

    def _pause_s(self) -> float:
        return min(self._interval_s * float(1 << self._failures), PAUSE_S_MAX)

    async def _send(self) -> bool:
        """Send one batch; say whether to go on. A batch stays in the queue until it is taken."""
        batch = list(islice(self._queue, BATCH_SPANS_MAX))
        fault, is_final = await self._fault(batch)
        if not fault or is_final:
            for _ in batch:
                self._queue.popleft()
        if fault:
            self._dropped += len(batch) if is_final else 0
            self._failures = min(self._failures + 1, 16)
            if self._failures == 1:
                self._told.failing(fault)
            return is_final
        if self._failures:
            self._failures = 0
            self._told.working()
            self._tell_dropped(0)
        return True

    async def _fault(self, batch: Sequence[Span]) -> tuple[str, bool]:
        """Why a batch was not taken, and whether it never will be; nothing where it was."""
        try:
            answer = await self._post(export_request(batch))
        except ExchangeError as error:
            return str(error), False
        if 200 <= answer.status < 300:
            return "", True
        return f"the answer is {answer.status}", answer.status not in TRY_AGAIN

    def _tell_dropped(self, left: int) -> None:
        if count := self._dropped + left:
            self._dropped = 0
            self._told.dropped(count)


def _sole(group: BaseException) -> BaseException:
    while isinstance(group, BaseExceptionGroup) and len(group.exceptions) == 1:
        group = group.exceptions[0]
    return group
