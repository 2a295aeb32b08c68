"""Figures over many spans are those of the spans that were sent, whoever computes them."""

from collections import Counter, defaultdict
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import replace
from typing import Any, NamedTuple

import pytest

from tests.integration.stories import Json, traces_of
from tests.integration.upstream import Upstream
from vtmcp.traces.jaeger import read_trace
from vtmcp.traces.model import SourceError, Span
from vtmcp.traces.spans import SpanFilter, SpanStats, rank
from vtmcp.traces.tenant import Tenant
from vtmcp.victoriatraces.settings import Settings
from vtmcp.victoriatraces.source import VictoriaTraces

pytestmark = pytest.mark.anyio

NS_PER_S = 1_000_000_000
MS = 1_000_000

LOST = "127-trace-kind0_ok"
"""The recording that the trace was made from whose only span ends before it starts."""


def wanted(database: Upstream, **more: Any) -> SpanFilter:
    """The spans of this run: those whose service has a name with its suffix."""
    window = database.window
    tags = {"resource_attr:service.name": f"~.{database.suffix}$", **more.pop("tags", {})}
    start_ns, end_ns = window["start"] * NS_PER_S, window["end"] * NS_PER_S
    return SpanFilter(start_ns=start_ns, end_ns=end_ns, tags=tags, **more)


def held(database: Upstream, traces: list[Json] | None = None) -> list[Span]:
    """The spans of the first tenant that have a service, but for the lost one."""
    told = [read_trace(trace) for trace in traces or list(database.mine.values())]
    ours = [span for trace in told for span in trace.spans]
    return [s for s in ours if s.service.endswith(database.suffix) and s.service]


def lost(database: Upstream) -> Span:
    (trace,) = traces_of(LOST)
    (span,) = read_trace(trace).spans
    return replace(span, service=f"{span.service}{database.suffix}", duration_ns=-1)


@asynccontextmanager
async def source(database: Upstream) -> AsyncIterator[VictoriaTraces]:
    asked = VictoriaTraces(Settings(entrypoint=database.entrypoint))
    try:
        yield asked
    finally:
        await asked.aclose()


READ: dict[str, Callable[[Span], str]] = {
    "service": lambda span: span.service,
    "operation": lambda span: span.name,
    "kind": lambda span: span.kind,
    "status": lambda span: span.status,
    "http.route": lambda span: span.attributes.get("http.route", ""),
    "resource_attr:service.version": lambda span: span.resource.get("service.version", ""),
}


def computed(spans: list[Span], by: list[str]) -> dict[tuple[str, ...], SpanStats]:
    groups: defaultdict[tuple[str, ...], list[Span]] = defaultdict(list)
    for span in spans:
        groups[tuple(READ[name](span) for name in by)].append(span)
    return {keys: _stats(keys, members) for keys, members in groups.items()}


def _stats(keys: tuple[str, ...], spans: list[Span]) -> SpanStats:
    durations = sorted(span.duration_ns for span in spans if span.duration_ns >= 0) or [0]
    p50, p95, p99 = (durations[rank(share, len(durations))] for share in (0.5, 0.95, 0.99))
    errors = sum(span.failed for span in spans)
    return SpanStats(keys, len(spans), errors, sum(durations), p50, p95, p99, durations[-1])


BY: dict[str, list[str]] = {
    "all spans": [],
    "services": ["service"],
    "operations, kinds and status": ["operation", "kind", "status"],
    "an attribute that most spans lack": ["http.route"],
    "an attribute of the resource": ["service", "resource_attr:service.version"],
}


@pytest.mark.parametrize("by", BY.values(), ids=BY)
async def test_statistics_are_those_of_the_spans(database: Upstream, by: list[str]) -> None:
    async with source(database) as asked:
        found = await asked.span_stats(wanted(database), by, Tenant())
    counts = [group.count for group in found]
    assert counts == sorted(counts, reverse=True)
    assert {group.keys: group for group in found} == computed([*held(database), lost(database)], by)


class Filtered(NamedTuple):
    """A filter, and the same as a condition."""

    more: dict[str, Any]
    condition: Callable[[Span], bool]


FILTERS = {
    "errors": Filtered({"errors_only": True}, lambda span: span.failed),
    "at least": Filtered({"duration_min_ns": 50 * MS}, lambda s: s.duration_ns >= 50 * MS),
    "at most": Filtered({"duration_max_ns": 2 * MS}, lambda s: 0 <= s.duration_ns <= 2 * MS),
    "an operation": Filtered(
        {"operation": "POST /checkout"}, lambda span: span.name == "POST /checkout"
    ),
    "an attribute": Filtered(
        {"tags": {"http.route": "/checkout"}}, lambda span: READ["http.route"](span) == "/checkout"
    ),
    "an expression": Filtered(
        {"tags": {"http.route": "~^/api/(cart|reserve)"}},
        lambda span: READ["http.route"](span).startswith(("/api/cart", "/api/reserve")),
    ),
    "a kind by its word": Filtered(
        {"tags": {"span.kind": "client", "error": "true"}},
        lambda span: span.kind == "client" and span.failed,
    ),
    "nothing": Filtered({"operation": '"} or *'}, lambda span: False),
}


@pytest.mark.parametrize("filtered", FILTERS.values(), ids=FILTERS)
async def test_a_filter_takes_the_spans_that_fit(database: Upstream, filtered: Filtered) -> None:
    async with source(database) as asked:
        found = await asked.span_stats(wanted(database, **filtered.more), ["service"], Tenant())
    fitting = [span for span in held(database) if filtered.condition(span)]
    assert {group.keys: group for group in found} == computed(fitting, ["service"])


async def test_another_tenant_has_spans_of_its_own(database: Upstream) -> None:
    async with source(database) as asked:
        found = await asked.span_stats(wanted(database), ["service"], Tenant(*database.second))
    theirs = held(database, list(database.theirs.values()))
    assert {group.keys: group for group in found} == computed(theirs, ["service"])


SERVICES = {
    "exceptions": "payment",
    "links and attributes of all types": "frontend",
    "names of all scripts": "каталог-サービス-🛒",
}


@pytest.mark.parametrize("name", SERVICES.values(), ids=SERVICES)
async def test_spans_come_with_all_that_is_stored_of_them(database: Upstream, name: str) -> None:
    service = database.service(name)
    async with source(database) as asked:
        found = await asked.spans(wanted(database, service=service), Tenant(), limit=1_000)
    ends = [span.end_ns for span in found]
    assert ends == sorted(ends, reverse=True)
    expected = [span for span in held(database) if span.service == service]
    assert sorted(map(_timeless, found), key=str) == sorted(map(_timeless, expected), key=str)


def _timeless(span: Span) -> object:
    """All of a span but its place in time and its trace's id, which recordings do not share."""
    events = [
        (event.name, event.time_ns - span.start_ns, dict(event.attributes)) for event in span.events
    ]
    attributes = [dict(sorted(a.items())) for a in (span.attributes, span.resource, span.scope)]
    own = (span.span_id, span.parent_span_id, span.service, span.name, span.kind)
    links = [link.span_id for link in span.links]
    return (*own, span.duration_ns, span.status, span.status_message, *attributes, events, links)


async def test_the_slowest_spans_come_first(database: Upstream) -> None:
    async with source(database) as asked:
        found = await asked.spans(wanted(database), Tenant(), limit=20, slowest=True)
    longest = sorted((span.duration_ns for span in held(database)), reverse=True)
    assert [span.duration_ns for span in found] == longest[:20]


async def test_values_are_counted_exactly(database: Upstream) -> None:
    async with source(database) as asked:
        found = await asked.field_values(wanted(database), "http.route", Tenant(), limit=3)
        kinds = await asked.field_values(wanted(database), "kind", Tenant(), limit=10)
    spans = [*held(database), lost(database)]
    routes = Counter(route for span in held(database) if (route := READ["http.route"](span)))
    assert [one.count for one in found] == sorted(routes.values(), reverse=True)[:3]
    assert all(routes[one.text] == one.count for one in found)
    assert {one.text: one.count for one in kinds} == Counter(span.kind for span in spans)


async def test_names_are_counted_exactly(database: Upstream) -> None:
    async with source(database) as asked:
        found = await asked.field_names(wanted(database, errors_only=True), Tenant())
    failed = [span for span in held(database) if span.failed]
    counts = Counter(key for span in failed for key in span.attributes)
    counts += Counter(f"resource_attr:{key}" for span in failed for key in span.resource)
    told = {one.text: one.count for one in found}
    assert counts.items() <= told.items()
    assert {name for name in told if not name.startswith(("otel.", "scope_attr:"))} == set(counts)


async def test_facets_are_counted_exactly(database: Upstream) -> None:
    async with source(database) as asked:
        found = await asked.facets(wanted(database, errors_only=True), Tenant(), limit=100)
    failed = [span for span in held(database) if span.failed]
    told = {facet.name: {one.text: one.count for one in facet.values} for facet in found}
    for name, read in READ.items():
        assert told[name] == Counter(value for span in failed if (value := read(span)))


async def test_a_histogram_holds_each_span_once(database: Upstream) -> None:
    async with source(database) as asked:
        found = await asked.span_counts(wanted(database), Tenant(), buckets=60)
    assert len(found.counts) <= 60
    assert found.step_ns >= (database.end_s - database.window["start"]) * NS_PER_S // 60
    if database.is_real:
        ended = Counter((s.end_ns - found.start_ns) // found.step_ns for s in held(database))
        assert sum(found.counts) == ended.total() + 1
        assert all(found.counts[place] >= count for place, count in ended.items())


async def test_a_query_is_asked_as_it_was_written(database: Upstream) -> None:
    window = database.window
    times = {"start_ns": window["start"] * NS_PER_S, "end_ns": window["end"] * NS_PER_S}
    text = f'"resource_attr:service.name":~".{database.suffix}$" | stats count() spans'
    async with source(database) as asked:
        rows = await asked.logsql(text, Tenant(), limit=10, **times)
        with pytest.raises(SourceError, match=r"answered 400: .*missing closing \)"):
            await asked.logsql('name:~"("', Tenant(), limit=10, **times)
    assert rows == [{"spans": str(len(held(database)) + 1)}]


async def test_windows_side_by_side_hold_each_span_once(database: Upstream) -> None:
    if not database.is_real:
        pytest.skip("recordings are the same at any time")
    whole = wanted(database)
    edges = sorted({span.end_ns for span in held(database)})[:40:10]
    counts = []
    async with source(database) as asked:
        for start_ns, end_ns in zip((whole.start_ns, *edges), (*edges, whole.end_ns), strict=True):
            part = SpanFilter(start_ns=start_ns, end_ns=end_ns, tags=whole.tags)
            groups = await asked.span_stats(part, [], Tenant())
            counts.append(sum(group.count for group in groups))
    assert sum(counts) == len(held(database)) + 1
