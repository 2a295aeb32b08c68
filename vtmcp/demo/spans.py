"""Questions about many spans, answered from generated traces. Loaded at the first question.

Must not be here: what the data is (`shop.py`), what a field is (`span_fields.py`). LogsQL is the
database's own language: generated data does not speak it.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from typing import NoReturn

from vtmcp.demo.activities import Sums
from vtmcp.demo.answers import NS_PER_MS, Answers
from vtmcp.demo.failing import failing_of
from vtmcp.demo.search import span_condition
from vtmcp.demo.span_fields import attributes, field_reader, fields
from vtmcp.demo.timetable import RECIPES
from vtmcp.traces.activity import Activity
from vtmcp.traces.model import SourceError, Span, Trace
from vtmcp.traces.origins import Failing
from vtmcp.traces.spans import (
    BUCKETS_MAX,
    BY_MAX,
    ROWS_MAX,
    Counted,
    Facet,
    Histogram,
    SpanFilter,
    SpanStats,
    rank,
)
from vtmcp.traces.summary import summarise
from vtmcp.traces.tenant import Tenant
from vtmcp.traces.trace_set import TraceSet

FACET_VALUES_MAX = 1_000
"""As for the database: a field with more values is an id, and nothing to compare by."""

FACET_VALUE_CHARS_MAX = 256
"""As for the database: a field with a longer value holds texts."""


class SpanAnswers(Answers):
    """Every method raises `SourceError` only; see `Demo`."""

    def span_stats(
        self, wanted: SpanFilter, by: Sequence[str], tenant: Tenant, *, limit: int | None
    ) -> list[SpanStats]:
        limit = ROWS_MAX if limit is None else limit
        _check_limit(limit)
        if len(by) > BY_MAX:
            raise SourceError(f"{len(by)} fields to group by; accepted: at most {BY_MAX}")
        readers = [field_reader(name) for name in by]
        groups: defaultdict[tuple[str, ...], list[Span]] = defaultdict(list)
        for span in self._spans(wanted, tenant):
            groups[tuple(read(span) for read in readers)].append(span)
        ranked = sorted(groups.items(), key=lambda item: (-len(item[1]), item[0]))
        return [_stats(keys, spans) for keys, spans in ranked[:limit]]

    def field_names(self, wanted: SpanFilter, tenant: Tenant) -> list[Counted]:
        spans = self._spans(wanted, tenant)
        return _counted((name for span in spans for name, _ in attributes(span)), ROWS_MAX)

    def field_values(
        self, wanted: SpanFilter, name: str, tenant: Tenant, *, limit: int
    ) -> list[Counted]:
        _check_limit(limit)
        read = field_reader(name)
        values = (read(span) for span in self._spans(wanted, tenant))
        return _counted((value for value in values if value), limit)

    def facets(self, wanted: SpanFilter, tenant: Tenant, *, limit: int) -> list[Facet]:
        _check_limit(limit)
        values: defaultdict[str, list[str]] = defaultdict(list)
        for span in self._spans(wanted, tenant):
            for name, value in fields(span):
                values[name].append(value)
        return [
            Facet(name, tuple(_counted(found, limit)))
            for name, found in sorted(values.items())
            if len(set(found)) <= FACET_VALUES_MAX and max(map(len, found)) <= FACET_VALUE_CHARS_MAX
        ]

    def spans(self, wanted: SpanFilter, tenant: Tenant, *, limit: int, slowest: bool) -> list[Span]:
        _check_limit(limit)
        found = sorted(
            self._spans(wanted, tenant),
            key=lambda span: span.duration_ns if slowest else span.end_ns,
            reverse=True,
        )
        return found[:limit]

    def trace_summaries(
        self, wanted: SpanFilter, tenant: Tenant, *, limit: int, slowest: bool
    ) -> TraceSet:
        _check_limit(limit)
        fits = span_condition(wanted)
        found: list[tuple[int, Trace]] = []
        for trace in self._kept(wanted, tenant):
            spans = list(filter(fits, trace.spans))
            if spans:
                found.append((max(s.duration_ns if slowest else s.end_ns for s in spans), trace))
        found.sort(key=lambda ranked: (-ranked[0], ranked[1].trace_id))
        return TraceSet(tuple(summarise(trace) for _, trace in found[:limit]), len(found))

    def activity(
        self, wanted: SpanFilter, tenant: Tenant, *, slower_than_ns: int | None, also_by: str
    ) -> list[Activity]:
        def is_bad(span: Span) -> bool:
            return span.failed if slower_than_ns is None else span.duration_ns >= slower_than_ns

        in_window = span_condition(SpanFilter(start_ns=wanted.start_ns, end_ns=wanted.end_ns))
        sums = Sums(span_condition(wanted), lambda span: in_window(span) and is_bad(span))
        also = field_reader(also_by) if also_by else None
        for trace in self._kept(wanted, tenant):
            sums.add(trace.spans, also)
        return sums.activities()

    def failing(self, wanted: SpanFilter, tenant: Tenant, *, limit: int) -> Failing:
        return failing_of(self._kept(wanted, tenant), span_condition(wanted), limit=limit)

    def span_counts(self, wanted: SpanFilter, tenant: Tenant, *, buckets: int) -> Histogram:
        if not 1 <= buckets <= BUCKETS_MAX:
            raise SourceError(
                f"{buckets} buckets; accepted: a whole number from 1 to {BUCKETS_MAX}"
            )
        start_ns = wanted.start_ns // NS_PER_MS * NS_PER_MS
        least_ns = max(1, -(-(wanted.end_ns - start_ns) // buckets))
        step_ns = -(-least_ns // NS_PER_MS) * NS_PER_MS
        counts = [0] * max(1, -(-(wanted.end_ns - start_ns) // step_ns))
        for span in self._spans(wanted, tenant):
            counts[(span.end_ns - start_ns) // step_ns] += 1
        return Histogram(start_ns, step_ns, tuple(counts))

    def logsql(self) -> NoReturn:
        raise SourceError(
            "generated demo data cannot be asked in LogsQL, the language of the database; use the "
            "other tools, or set VT_INSTANCE_ENTRYPOINT to a VictoriaTraces"
        )

    def _spans(self, wanted: SpanFilter, tenant: Tenant) -> Iterator[Span]:
        fits = span_condition(wanted)
        for trace in self._kept(wanted, tenant):
            yield from filter(fits, trace.spans)

    def _kept(self, wanted: SpanFilter, tenant: Tenant) -> Iterator[Trace]:
        """Yield the traces that may have a span that fits."""
        recipes = [recipe for recipe in RECIPES if recipe.tenant == tenant]
        return self._traces(recipes, wanted.start_ns, wanted.end_ns)


def _check_limit(limit: int) -> None:
    if not 1 <= limit <= ROWS_MAX + 1:
        raise SourceError(f"limit is {limit}; accepted: a whole number from 1 to {ROWS_MAX}")


def _counted(texts: Iterable[str], limit: int) -> list[Counted]:
    ranked = sorted(Counter(texts).items(), key=lambda item: (-item[1], item[0]))
    return [Counted(text, count) for text, count in ranked[:limit]]


def _stats(keys: tuple[str, ...], spans: Sequence[Span]) -> SpanStats:
    durations = sorted(span.duration_ns for span in spans)
    p50_ns, p95_ns, p99_ns = (durations[rank(share, len(durations))] for share in (0.5, 0.95, 0.99))
    return SpanStats(
        keys=keys,
        count=len(spans),
        errors=sum(span.failed for span in spans),
        sum_ns=sum(durations),
        p50_ns=p50_ns,
        p95_ns=p95_ns,
        p99_ns=p99_ns,
        max_ns=durations[-1],
    )
