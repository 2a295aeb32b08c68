"""Questions about many spans, answered from generated traces. Loaded at the first question.

Must not be here: what the data is (`shop.py`), what a field is (`span_fields.py`). LogsQL is the
database's own language: generated data does not speak it.
"""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import NoReturn

from vtmcp.demo.answers import Answers
from vtmcp.demo.patterns import matcher
from vtmcp.demo.span_fields import attributes, field_reader, fields, tag_reader
from vtmcp.demo.timetable import RECIPES
from vtmcp.traces.model import SourceError, Span
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
from vtmcp.traces.tenant import Tenant

Condition = Callable[[Span], bool]

FACET_VALUES_MAX = 1_000
"""As for the database: a field with more values is an id, and nothing to compare by."""

FACET_VALUE_CHARS_MAX = 256
"""As for the database: a field with a longer value holds texts."""

_NS_PER_MS = 1_000_000


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

    def span_counts(self, wanted: SpanFilter, tenant: Tenant, *, buckets: int) -> Histogram:
        if not 1 <= buckets <= BUCKETS_MAX:
            raise SourceError(
                f"{buckets} buckets; accepted: a whole number from 1 to {BUCKETS_MAX}"
            )
        start_ns = wanted.start_ns // _NS_PER_MS * _NS_PER_MS
        least_ns = max(1, -(-(wanted.end_ns - start_ns) // buckets))
        step_ns = -(-least_ns // _NS_PER_MS) * _NS_PER_MS
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
        fits = _condition(wanted)
        recipes = [recipe for recipe in RECIPES if recipe.tenant == tenant]
        for trace in self._traces(recipes, wanted.start_ns, wanted.end_ns):
            yield from filter(fits, trace.spans)


def _condition(wanted: SpanFilter) -> Condition:
    """Return the test of one span. Raises `SourceError` for what the database refuses too."""
    if wanted.start_ns > wanted.end_ns:
        raise SourceError("the start of the time window is after its end; swap them")
    tests: list[Condition] = [lambda span: wanted.start_ns <= span.end_ns < wanted.end_ns]
    if wanted.service:
        tests.append(lambda span: span.service == wanted.service)
    if wanted.operation:
        tests.append(lambda span: span.name == wanted.operation)
    if wanted.errors_only:
        tests.append(lambda span: span.failed)
    if wanted.duration_min_ns is not None:
        least_ns = wanted.duration_min_ns
        tests.append(lambda span: span.duration_ns >= least_ns)
    if wanted.duration_max_ns is not None:
        most_ns = wanted.duration_max_ns
        tests.append(lambda span: span.duration_ns <= most_ns)
    tests += [_tag_condition(name, value) for name, value in wanted.tags.items()]
    return lambda span: all(test(span) for test in tests)


def _tag_condition(name: str, value: str) -> Condition:
    read = tag_reader(name)
    if value.startswith("~"):
        matches = matcher(value.removeprefix("~"))
        return lambda span: matches(read(span))
    return lambda span: read(span) == value


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
