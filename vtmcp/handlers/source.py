"""The interface to traces that the tools ask. Where the traces are is not their business.

`vtmcp.victoriatraces` implements it over HTTP, `vtmcp.demo` from generated data; neither
imports this module, the shape is enough.
"""

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    # Only the types: these modules are loaded by the first call, not by the start.
    from collections.abc import Sequence

    from vtmcp.traces.activity import Activity
    from vtmcp.traces.model import Dependency, Found, Span, TraceQuery
    from vtmcp.traces.origins import Failing
    from vtmcp.traces.spans import Counted, Facet, Histogram, Row, SpanFilter, SpanStats
    from vtmcp.traces.tenant import Tenant
    from vtmcp.traces.trace_set import TraceSet


class TraceSource(Protocol):
    """Traces of any tenant. Each method raises `vtmcp.traces.model.SourceError`, nothing else."""

    @property
    def label(self) -> str:
        """What is asked, in words: `VictoriaTraces at http://localhost:10428`."""

    @property
    def notice(self) -> str:
        """A line that every answer repeats, such as that the data is not real; or nothing."""

    def on_behalf(self, headers: "tuple[tuple[str, str], ...]", caller: str = "") -> "TraceSource":
        """The same source, asked by a caller with headers of its own beside or instead of ours."""

    async def services(self, tenant: "Tenant") -> list[str]:
        """The names of the services that sent spans."""

    async def operations(self, service: str, tenant: "Tenant") -> list[str]:
        """The span names of a service; empty for an unknown one."""

    async def search(self, query: "TraceQuery", tenant: "Tenant") -> "Found":
        """Whole traces with a span that matches, the newest first."""

    async def trace(self, trace_id: str, tenant: "Tenant") -> "Found":
        """The trace of that id (lower-case hexadecimal); nothing found is an empty `Found`."""

    async def dependencies(
        self, *, end_ms: int, lookback_ms: int, tenant: "Tenant"
    ) -> "list[Dependency]":
        """Who called whom in the `lookback_ms` milliseconds before `end_ms` (Unix)."""

    # Over many spans, computed where the spans are. A limit is from 1 to `ROWS_MAX` of
    # `vtmcp.traces.spans`; whoever asks for one more learns whether there are more.

    async def span_stats(
        self,
        wanted: "SpanFilter",
        by: "Sequence[str]",
        tenant: "Tenant",
        *,
        limit: int | None = None,
    ) -> "list[SpanStats]":
        """Counts, failures and durations over all spans that fit, by the values of fields.

        The groups with most spans come first, `ROWS_MAX` of them when no limit is given. Without
        fields there is one group, and without spans none.
        """

    async def field_names(self, wanted: "SpanFilter", tenant: "Tenant") -> "list[Counted]":
        """The attributes that occur in the spans that fit, the most frequent first."""

    async def field_values(
        self, wanted: "SpanFilter", name: str, tenant: "Tenant", *, limit: int
    ) -> "list[Counted]":
        """The values of one field in the spans that fit, the most frequent first."""

    async def facets(self, wanted: "SpanFilter", tenant: "Tenant", *, limit: int) -> "list[Facet]":
        """The most frequent values of each field in the spans that fit, that many a field.

        A field with more than 1,000 values, or with one of more than 256 bytes, is left out.
        """

    async def spans(
        self, wanted: "SpanFilter", tenant: "Tenant", *, limit: int, slowest: bool = False
    ) -> "list[Span]":
        """Spans that fit, the newest or the slowest first; each with what is stored of it."""

    async def trace_summaries(
        self, wanted: "SpanFilter", tenant: "Tenant", *, limit: int, slowest: bool = False
    ) -> "TraceSet":
        """Whole traces in figures, those with the newest or the slowest spans that fit.

        They come in no promised order. Spans that ended more than `MARGIN_NS` of
        `vtmcp.traces.trace_set` away from the spans that fit are not counted.
        """

    async def activity(
        self,
        wanted: "SpanFilter",
        tenant: "Tenant",
        *,
        slower_than_ns: int | None = None,
        also_by: str = "",
    ) -> "list[Activity]":
        """What the spans that fit did, by service, operation and kind, and by a field more.

        Bad are the spans that failed or, with a bound, those that took that long. The groups with
        most spans come first, `GROUPS_MAX` of `vtmcp.traces.activity` at most.
        """

    async def failing(self, wanted: "SpanFilter", tenant: "Tenant", *, limit: int) -> "Failing":
        """Failing spans that fit, the newest of them, with the failing spans of their traces.

        The limit may be more than `ROWS_MAX` here: of each span only little is read.
        """

    async def span_counts(
        self, wanted: "SpanFilter", tenant: "Tenant", *, buckets: int
    ) -> "Histogram":
        """How many spans that fit ended when, in at most so many buckets."""

    async def logsql(
        self, text: str, tenant: "Tenant", *, start_ns: int, end_ns: int, limit: int
    ) -> "list[Row]":
        """The rows of a LogsQL query as it was written. Raises `SourceError` with its fault."""

    async def aclose(self) -> None:
        """Let go of connections."""
