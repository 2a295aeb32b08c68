"""Questions about many spans to one database, and their answers. Loaded at the first question.

Must not be here: rules of HTTP, the text of queries, and text for a reader.
"""

from collections.abc import Callable, Iterator, Sequence
from functools import partial

from vtmcp.traces.activity import Activity
from vtmcp.traces.model import SourceError, Span, Trace
from vtmcp.traces.origins import Failing
from vtmcp.traces.spans import ROWS_MAX, Counted, Facet, Histogram, Row, SpanFilter, SpanStats
from vtmcp.traces.tenant import Tenant
from vtmcp.traces.trace_set import TraceSet
from vtmcp.victoriatraces import activities, logsql_answers, logsql_requests, span_stats
from vtmcp.victoriatraces.failing import ask_failing
from vtmcp.victoriatraces.headers import Header
from vtmcp.victoriatraces.hidden import without_hidden
from vtmcp.victoriatraces.questions import Questions
from vtmcp.victoriatraces.span_fields import is_attribute
from vtmcp.victoriatraces.summary_questions import ask_summaries

Headers = tuple[Header, ...]

COUNTED_MAX = 100
"""Attributes counted by one query, which must not become too long for the database."""


class SpanQuestions(Questions):
    """Asks one VictoriaTraces about traces and spans. Every method raises `SourceError` only."""

    async def span_stats(
        self,
        wanted: SpanFilter,
        by: Sequence[str],
        tenant: Tenant,
        headers: Headers,
        *,
        limit: int | None,
    ) -> list[SpanStats]:
        """Ask once, and again for the durations of large groups, whose quantiles are samples."""
        asking = self._asking(tenant, headers)
        rows = await self._ask(
            "span_stats",
            lambda: logsql_requests.stats_request(
                asking, wanted, by, ROWS_MAX if limit is None else limit
            ),
            logsql_answers.read_rows,
        )
        groups = span_stats.read_stats(rows, by)
        large = span_stats.sampled(rows)
        if not large:
            return groups
        buckets = await self._ask(
            "span_stats",
            lambda: logsql_requests.durations_request(asking, wanted, by, large),
            logsql_answers.read_rows,
        )
        return span_stats.refined(groups, by, buckets)

    async def field_names(
        self, wanted: SpanFilter, tenant: Tenant, headers: Headers
    ) -> list[Counted]:
        """Ask for names, then in how many spans each is: what comes with them is too high."""
        asking = self._asking(tenant, headers)
        stored = await self._ask(
            "field_names",
            lambda: logsql_requests.names_request(asking, wanted),
            logsql_answers.read_names,
        )
        counted: list[Counted] = []
        for names in _parts([name for name in stored if is_attribute(name)][:ROWS_MAX]):
            rows = await self._ask(
                "field_names",
                partial(logsql_requests.counts_request, asking, wanted, names),
                logsql_answers.read_rows,
            )
            counted += span_stats.read_counts(rows, names)
        visible = [one for one in counted if not logsql_requests.is_hidden(asking, one.text)]
        return sorted(visible, key=lambda one: (-one.count, one.text))

    async def field_values(
        self, wanted: SpanFilter, name: str, tenant: Tenant, headers: Headers, *, limit: int
    ) -> list[Counted]:
        asking = self._asking(tenant, headers)
        rows = await self._ask(
            "field_values",
            lambda: logsql_requests.values_request(asking, wanted, name, limit),
            logsql_answers.read_rows,
        )
        return span_stats.read_values(rows, name)

    async def facets(
        self, wanted: SpanFilter, tenant: Tenant, headers: Headers, *, limit: int
    ) -> list[Facet]:
        asking = self._asking(tenant, headers)
        found = await self._ask(
            "facets",
            lambda: logsql_requests.facets_request(asking, wanted, limit),
            logsql_answers.read_facets,
        )
        return [facet for facet in found if not logsql_requests.is_hidden(asking, facet.name)]

    async def spans(
        self,
        wanted: SpanFilter,
        tenant: Tenant,
        headers: Headers,
        *,
        limit: int,
        slowest: bool,
    ) -> list[Span]:
        """Ask for spans; the database gives the newest in no order of their own."""
        asking = self._asking(tenant, headers)
        found = await self._ask(
            "spans",
            lambda: logsql_requests.spans_request(asking, wanted, limit, slowest=slowest),
            logsql_answers.read_spans,
        )
        found.sort(key=lambda span: span.duration_ns if slowest else span.end_ns, reverse=True)
        return list(without_hidden(Trace("", tuple(found)), asking.hidden).spans)

    async def trace_summaries(
        self, wanted: SpanFilter, tenant: Tenant, headers: Headers, *, limit: int, slowest: bool
    ) -> TraceSet:
        """Ask which traces have spans that fit, then for the figures of those traces."""
        asking = self._asking(tenant, headers)

        async def ask(spans: SpanFilter, write: Callable[[], str]) -> list[Row]:
            return await self._ask(
                "trace_summaries",
                lambda: logsql_requests.filtered_request(asking, spans, write()),
                logsql_answers.read_rows,
            )

        return await ask_summaries(ask, wanted, limit=limit, slowest=slowest)

    async def activity(
        self,
        wanted: SpanFilter,
        tenant: Tenant,
        headers: Headers,
        *,
        slower_than_ns: int | None,
        also_by: str,
    ) -> list[Activity]:
        """Ask for groups; by a field more only where it is not hidden."""
        asking = self._asking(tenant, headers)
        if also_by and logsql_requests.is_hidden(asking, also_by):
            also_by = ""
        rows = await self._ask(
            "activity",
            lambda: logsql_requests.filtered_request(
                asking,
                wanted,
                activities.activity_query(wanted, slower_than_ns=slower_than_ns, also_by=also_by),
            ),
            logsql_answers.read_rows,
        )
        return activities.read_activities(rows, also_by=also_by)

    async def failing(
        self, wanted: SpanFilter, tenant: Tenant, headers: Headers, *, limit: int
    ) -> Failing:
        """Ask for failing spans, for the rest that failed in their traces, and what is between."""
        asking = self._asking(tenant, headers)

        async def ask(spans: SpanFilter, write: Callable[[], str]) -> list[Row]:
            return await self._ask(
                "failing",
                lambda: logsql_requests.filtered_request(asking, spans, write()),
                logsql_answers.read_rows,
            )

        found = await ask_failing(ask, wanted, limit=limit)
        return found._replace(
            fitting=without_hidden(Trace("", found.fitting), asking.hidden).spans,
            kin=without_hidden(Trace("", found.kin), asking.hidden).spans,
        )

    async def span_counts(
        self, wanted: SpanFilter, tenant: Tenant, headers: Headers, *, buckets: int
    ) -> Histogram:
        asking = self._asking(tenant, headers)
        try:
            divided = logsql_requests.buckets_of(wanted.start_ns, wanted.end_ns, buckets)
        except ValueError as error:
            raise SourceError(str(error)) from None
        return await self._ask(
            "span_counts",
            lambda: logsql_requests.hits_request(asking, wanted, divided),
            partial(logsql_answers.read_hits, buckets=divided),
        )

    async def logsql(
        self, text: str, tenant: Tenant, headers: Headers, *, start_ns: int, end_ns: int, limit: int
    ) -> list[Row]:
        asking = self._asking(tenant, headers)
        return await self._ask(
            "logsql",
            lambda: logsql_requests.logsql_request(
                asking, text, start_ns=start_ns, end_ns=end_ns, limit=limit
            ),
            logsql_answers.read_rows,
        )


def _parts(names: Sequence[str]) -> Iterator[Sequence[str]]:
    for start in range(0, len(names), COUNTED_MAX):
        yield names[start : start + COUNTED_MAX]
