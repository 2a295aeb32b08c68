"""`Demo`, the trace source with generated data, light enough to be made at the start.

Must not be here: any work. It hands every question on, and loads what answers it only then.
"""

import time
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from vtmcp.traces.tenant import Tenant

if TYPE_CHECKING:
    from vtmcp.demo.spans import SpanAnswers
    from vtmcp.traces.activity import Activity
    from vtmcp.traces.model import Dependency, Found, Span, TraceQuery
    from vtmcp.traces.origins import Failing
    from vtmcp.traces.spans import Counted, Facet, Histogram, Row, SpanFilter, SpanStats
    from vtmcp.traces.trace_set import TraceSet


class Demo:
    """Answers questions from an hour of generated traces. Raises `SourceError` only."""

    def __init__(self, now_ns: Callable[[], int] = time.time_ns) -> None:
        self._now_ns = now_ns
        self._answers: SpanAnswers | None = None

    @property
    def label(self) -> str:
        """Where the data comes from."""
        return "generated demo data, no database"

    @property
    def notice(self) -> str:
        """What every answer says, so that nobody takes the data for real."""
        return "Generated demo data, not from a database (VT_INSTANCE_ENTRYPOINT=demo)."

    def on_behalf(self, headers: tuple[tuple[str, str], ...], caller: str = "") -> "Demo":
        """The same data: there is no database to pass anything on to."""
        return self

    async def services(self, tenant: Tenant) -> list[str]:
        """Return the names of the services of a tenant; none for an unknown one."""
        return self._ask().services(tenant)

    async def operations(self, service: str, tenant: Tenant) -> list[str]:
        """Return the span names of a service; none for one that is not known."""
        return self._ask().operations(service, tenant)

    async def search(self, query: "TraceQuery", tenant: Tenant) -> "Found":
        """Return whole traces of the last hour, each with a span that fits the query."""
        return self._ask().search(query, tenant)

    async def trace(self, trace_id: str, tenant: Tenant) -> "Found":
        """Return one trace of the last day, or none when no trace of the tenant has that id."""
        return self._ask().trace(trace_id, tenant)

    async def dependencies(
        self, *, end_ms: int, lookback_ms: int, tenant: Tenant
    ) -> "list[Dependency]":
        """Return who called whom in a window of the last hour."""
        return self._ask().dependencies(end_ms=end_ms, lookback_ms=lookback_ms, tenant=tenant)

    async def span_stats(
        self,
        wanted: "SpanFilter",
        by: Sequence[str],
        tenant: Tenant,
        *,
        limit: int | None = None,
    ) -> "list[SpanStats]":
        """Return counts, failures and durations of the groups with most spans."""
        return self._ask().span_stats(wanted, by, tenant, limit=limit)

    async def field_names(self, wanted: "SpanFilter", tenant: Tenant) -> "list[Counted]":
        """Return the attributes of the spans that fit, the most frequent first."""
        return self._ask().field_names(wanted, tenant)

    async def field_values(
        self, wanted: "SpanFilter", name: str, tenant: Tenant, *, limit: int
    ) -> "list[Counted]":
        """Return the values of one field, the most frequent first."""
        return self._ask().field_values(wanted, name, tenant, limit=limit)

    async def facets(self, wanted: "SpanFilter", tenant: Tenant, *, limit: int) -> "list[Facet]":
        """Return the most frequent values of each field that has few of them."""
        return self._ask().facets(wanted, tenant, limit=limit)

    async def spans(
        self, wanted: "SpanFilter", tenant: Tenant, *, limit: int, slowest: bool = False
    ) -> "list[Span]":
        """Return spans that fit, the newest or the slowest first."""
        return self._ask().spans(wanted, tenant, limit=limit, slowest=slowest)

    async def trace_summaries(
        self, wanted: "SpanFilter", tenant: Tenant, *, limit: int, slowest: bool = False
    ) -> "TraceSet":
        """Return whole traces in figures, those with the newest or the slowest spans that fit."""
        return self._ask().trace_summaries(wanted, tenant, limit=limit, slowest=slowest)

    async def activity(
        self,
        wanted: "SpanFilter",
        tenant: Tenant,
        *,
        slower_than_ns: int | None = None,
        also_by: str = "",
    ) -> "list[Activity]":
        """Return what the spans that fit did, the groups with most spans first."""
        return self._ask().activity(wanted, tenant, slower_than_ns=slower_than_ns, also_by=also_by)

    async def failing(self, wanted: "SpanFilter", tenant: Tenant, *, limit: int) -> "Failing":
        """Return failing spans that fit, and what is around them in their traces."""
        return self._ask().failing(wanted, tenant, limit=limit)

    async def span_counts(
        self, wanted: "SpanFilter", tenant: Tenant, *, buckets: int
    ) -> "Histogram":
        """Return how many spans that fit ended when."""
        return self._ask().span_counts(wanted, tenant, buckets=buckets)

    async def logsql(
        self, text: str, tenant: Tenant, *, start_ns: int, end_ns: int, limit: int
    ) -> "list[Row]":
        """Raise `SourceError`: LogsQL is a language of the database."""
        return self._ask().logsql()

    async def aclose(self) -> None:
        """Nothing is held open."""

    def _ask(self) -> "SpanAnswers":
        if self._answers is None:
            from vtmcp.demo.spans import SpanAnswers  # noqa: PLC0415 - tables and random: 10 ms

            self._answers = SpanAnswers(self._now_ns)
        return self._answers
