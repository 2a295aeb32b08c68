"""Questions about many spans to one database, and their answers. Loaded at the first question.

Must not be here: rules of HTTP, the text of queries, and text for a reader.
"""

from collections.abc import Iterator, Sequence
from functools import partial

from vtmcp.traces.model import SourceError, Span, Trace
from vtmcp.traces.spans import ROWS_MAX, Counted, Facet, Histogram, Row, SpanFilter, SpanStats
from vtmcp.traces.tenant import Tenant
from vtmcp.victoriatraces import logsql_answers, logsql_requests, span_stats
from vtmcp.victoriatraces.headers import Header
from vtmcp.victoriatraces.hidden import without_hidden
from vtmcp.victoriatraces.questions import Questions
from vtmcp.victoriatraces.span_fields import is_attribute

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
            lambda: logsql_requests.names_request(asking, wanted), logsql_answers.read_names
        )
        counted: list[Counted] = []
        for names in _parts([name for name in stored if is_attribute(name)][:ROWS_MAX]):
            rows = await self._ask(
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
            lambda: logsql_requests.values_request(asking, wanted, name, limit),
            logsql_answers.read_rows,
        )
        return span_stats.read_values(rows, name)

    async def facets(
        self, wanted: SpanFilter, tenant: Tenant, headers: Headers, *, limit: int
    ) -> list[Facet]:
        asking = self._asking(tenant, headers)
        found = await self._ask(
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
            lambda: logsql_requests.spans_request(asking, wanted, limit, slowest=slowest),
            logsql_answers.read_spans,
        )
        found.sort(key=lambda span: span.duration_ns if slowest else span.end_ns, reverse=True)
        return list(without_hidden(Trace("", tuple(found)), asking.hidden).spans)

    async def span_counts(
        self, wanted: SpanFilter, tenant: Tenant, headers: Headers, *, buckets: int
    ) -> Histogram:
        asking = self._asking(tenant, headers)
        try:
            divided = logsql_requests.buckets_of(wanted.start_ns, wanted.end_ns, buckets)
        except ValueError as error:
            raise SourceError(str(error)) from None
        return await self._ask(
            lambda: logsql_requests.hits_request(asking, wanted, divided),
            partial(logsql_answers.read_hits, buckets=divided),
        )

    async def logsql(
        self, text: str, tenant: Tenant, headers: Headers, *, start_ns: int, end_ns: int, limit: int
    ) -> list[Row]:
        asking = self._asking(tenant, headers)
        return await self._ask(
            lambda: logsql_requests.logsql_request(
                asking, text, start_ns=start_ns, end_ns=end_ns, limit=limit
            ),
            logsql_answers.read_rows,
        )


def _parts(names: Sequence[str]) -> Iterator[Sequence[str]]:
    for start in range(0, len(names), COUNTED_MAX):
        yield names[start : start + COUNTED_MAX]
