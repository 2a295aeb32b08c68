"""A guard before the trace source, for the database's sake.

The same question asked twice at once goes out once, heavy questions are limited in number, wide
windows need a condition or are counted first, and a trace fetched a moment ago is not fetched
again. All of it apart for each caller and tenant. Must not be here: a question of its own.
"""

import time
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from copy import copy
from typing import TYPE_CHECKING, Any, NamedTuple, TypeVar

import anyio

from vtmcp.handlers.fair_places import FairPlaces
from vtmcp.handlers.kept_traces import KeptTraces
from vtmcp.handlers.once import Once
from vtmcp.handlers.source import TraceSource
from vtmcp.handlers.wide_windows import WideWindows

if TYPE_CHECKING:
    from vtmcp.traces.activity import Activity
    from vtmcp.traces.model import Dependency, Found, Span, TraceQuery
    from vtmcp.traces.origins import Failing
    from vtmcp.traces.spans import Counted, Facet, Histogram, Row, SpanFilter, SpanStats
    from vtmcp.traces.tenant import Tenant
    from vtmcp.traces.trace_set import TraceSet

Answer = TypeVar("Answer")
Headers = tuple[tuple[str, str], ...]

TRACE_CONTEXT = ("traceparent", "tracestate")
"""Headers that tell one call from another, and not one caller."""

WAIT_S = 10.0
"""How long a heavy question waits for others to end before it is refused."""


class GuardLimits(NamedTuple):
    """What the database is asked at once, and in one question."""

    heavy_max: int = 4
    """Questions about many spans at once."""
    wide: WideWindows = WideWindows(86_400_000_000_000, 20_000_000)
    kept_spans_max: int = 10_000
    """Spans of traces that are kept for the next question."""


class GuardedSource:
    """A `TraceSource` before another one. Raises what that one raises, and `SourceError`."""

    def __init__(
        self,
        source: TraceSource,
        limits: GuardLimits = GuardLimits(),  # noqa: B008 - immutable
        *,
        clock: Callable[[], float] = time.monotonic,
        now_ns: Callable[[], int] = time.time_ns,
    ) -> None:
        self._source = source
        self._limits = limits
        self._now_ns = now_ns
        self._whose: tuple[object, ...] = ()
        self._once: Once[Any] = Once()
        self._kept = KeptTraces(limits.kept_spans_max, clock=clock)
        self._heavy = FairPlaces(limits.heavy_max)

    @property
    def label(self) -> str:
        return self._source.label

    @property
    def notice(self) -> str:
        return self._source.notice

    def on_behalf(self, headers: Headers, caller: str = "") -> "GuardedSource":
        """The same source and the same guard, asked by a caller with its own headers."""
        view = copy(self)
        view._source = self._source.on_behalf(headers, caller)
        view._whose = (caller, *(one for one in headers if one[0].lower() not in TRACE_CONTEXT))
        return view

    async def services(self, tenant: "Tenant") -> list[str]:
        return await self._ask(("services", tenant), lambda: self._source.services(tenant))

    async def operations(self, service: str, tenant: "Tenant") -> list[str]:
        return await self._ask(
            ("operations", service, tenant), lambda: self._source.operations(service, tenant)
        )

    async def search(self, query: "TraceQuery", tenant: "Tenant") -> "Found":
        return await self._ask(
            ("search", repr(query), tenant), lambda: self._source.search(query, tenant)
        )

    async def trace(self, trace_id: str, tenant: "Tenant") -> "Found":
        key = (self._whose, trace_id, tenant)
        found = self._kept.get(key)
        if found is None:
            found = await self._ask(
                ("trace", trace_id, tenant), lambda: self._source.trace(trace_id, tenant)
            )
            self._kept.keep(key, found, now_ns=self._now_ns())
        return found

    async def dependencies(
        self, *, end_ms: int, lookback_ms: int, tenant: "Tenant"
    ) -> "list[Dependency]":
        return await self._ask(
            ("dependencies", end_ms, lookback_ms, tenant),
            lambda: self._source.dependencies(
                end_ms=end_ms, lookback_ms=lookback_ms, tenant=tenant
            ),
        )

    async def span_stats(
        self,
        wanted: "SpanFilter",
        by: "Sequence[str]",
        tenant: "Tenant",
        *,
        limit: int | None = None,
    ) -> "list[SpanStats]":
        return await self._ask_about(
            ("span_stats", tuple(by), limit),
            wanted,
            tenant,
            lambda: self._source.span_stats(wanted, by, tenant, limit=limit),
        )

    async def field_names(self, wanted: "SpanFilter", tenant: "Tenant") -> "list[Counted]":
        return await self._ask_about(
            ("field_names",), wanted, tenant, lambda: self._source.field_names(wanted, tenant)
        )

    async def field_values(
        self, wanted: "SpanFilter", name: str, tenant: "Tenant", *, limit: int
    ) -> "list[Counted]":
        return await self._ask_about(
            ("field_values", name, limit),
            wanted,
            tenant,
            lambda: self._source.field_values(wanted, name, tenant, limit=limit),
        )

    async def facets(self, wanted: "SpanFilter", tenant: "Tenant", *, limit: int) -> "list[Facet]":
        return await self._ask_about(
            ("facets", limit),
            wanted,
            tenant,
            lambda: self._source.facets(wanted, tenant, limit=limit),
        )

    async def spans(
        self, wanted: "SpanFilter", tenant: "Tenant", *, limit: int, slowest: bool = False
    ) -> "list[Span]":
        return await self._ask_about(
            ("spans", limit, slowest),
            wanted,
            tenant,
            lambda: self._source.spans(wanted, tenant, limit=limit, slowest=slowest),
            # The newest are found from the end of the window, however long it is.
            is_wide=slowest,
        )

    async def trace_summaries(
        self, wanted: "SpanFilter", tenant: "Tenant", *, limit: int, slowest: bool = False
    ) -> "TraceSet":
        return await self._ask_about(
            ("trace_summaries", limit, slowest),
            wanted,
            tenant,
            lambda: self._source.trace_summaries(wanted, tenant, limit=limit, slowest=slowest),
        )

    async def activity(
        self,
        wanted: "SpanFilter",
        tenant: "Tenant",
        *,
        slower_than_ns: int | None = None,
        also_by: str = "",
    ) -> "list[Activity]":
        return await self._ask_about(
            ("activity", slower_than_ns, also_by),
            wanted,
            tenant,
            lambda: self._source.activity(
                wanted, tenant, slower_than_ns=slower_than_ns, also_by=also_by
            ),
        )

    async def failing(self, wanted: "SpanFilter", tenant: "Tenant", *, limit: int) -> "Failing":
        return await self._ask_about(
            ("failing", limit),
            wanted,
            tenant,
            lambda: self._source.failing(wanted, tenant, limit=limit),
        )

    async def span_counts(
        self, wanted: "SpanFilter", tenant: "Tenant", *, buckets: int
    ) -> "Histogram":
        # Counted to learn what a question costs, so not limited by it.
        return await self._ask(
            ("span_counts", repr(wanted), buckets, tenant),
            lambda: self._source.span_counts(wanted, tenant, buckets=buckets),
        )

    async def logsql(
        self, text: str, tenant: "Tenant", *, start_ns: int, end_ns: int, limit: int
    ) -> "list[Row]":
        async def ask() -> "list[Row]":
            async with self._place():
                return await self._source.logsql(
                    text, tenant, start_ns=start_ns, end_ns=end_ns, limit=limit
                )

        return await self._ask(("logsql", text, start_ns, end_ns, limit, tenant), ask)

    async def aclose(self) -> None:
        await self._source.aclose()

    async def _ask_about(
        self,
        key: tuple[object, ...],
        wanted: "SpanFilter",
        tenant: "Tenant",
        ask: Callable[[], Awaitable[Answer]],
        *,
        is_wide: bool = True,
    ) -> Answer:
        """Ask about many spans."""

        async def guarded() -> Answer:
            async with self._place():
                if is_wide:
                    await self._limits.wide.check(self._source, wanted, tenant)
                return await ask()

        return await self._ask((*key, repr(wanted), tenant), guarded)

    async def _ask(self, key: tuple[object, ...], ask: Callable[[], Awaitable[Answer]]) -> Answer:
        """Ask, or share the answer to the same question of the same caller."""
        answer: Answer = await self._once.ask((self._whose, *key), ask)
        # Whoever sorts a list sorts its own.
        return list(answer) if isinstance(answer, list) else answer  # type: ignore[return-value]

    @asynccontextmanager
    async def _place(self) -> AsyncIterator[None]:
        """A place among the heavy questions, held while one runs. Raises `SourceError`."""
        with anyio.move_on_after(WAIT_S) as waiting:
            await self._heavy.acquire(self._whose)
        if waiting.cancelled_caught:
            from vtmcp.traces.model import SourceError  # noqa: PLC0415 - refusals only

            raise SourceError(
                f"{self._limits.heavy_max} questions about many spans are under way"
                " (VT_MAX_HEAVY_QUERIES); try again when they have ended, or ask for a shorter"
                " window"
            )
        try:
            yield
        finally:
            self._heavy.release(self._whose)
