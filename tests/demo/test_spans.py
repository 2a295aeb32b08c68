"""Figures over many generated spans are those of the traces that a search finds."""

from collections import Counter
from collections.abc import Callable
from itertools import pairwise
from typing import Any

import pytest

from tests.demo.samples import HOUR_NS, NOW_NS, S, query
from vtmcp.demo.source import Demo
from vtmcp.demo.span_fields import attributes, field_reader, tag_reader
from vtmcp.demo.spans import SpanAnswers
from vtmcp.traces.model import SourceError, Span
from vtmcp.traces.spans import Counted, Facet, SpanFilter, rank
from vtmcp.traces.tenant import Tenant

pytestmark = pytest.mark.anyio

SHOP, PARCELS, NOBODY = Tenant(0, 0), Tenant(7, 3), Tenant(7, 0)
ANSWERS = SpanAnswers(lambda: NOW_NS)


def wanted(**more: Any) -> SpanFilter:
    defaults = {"start_ns": NOW_NS - HOUR_NS, "end_ns": NOW_NS}
    return SpanFilter(**(defaults | more))


def searched(service: str) -> list[Span]:
    """The spans of a service, found without any of the code under test."""
    found = ANSWERS.search(query(service), SHOP)
    spans = [span for trace in found.traces for span in trace.spans]
    return [s for s in spans if s.service == service and NOW_NS - HOUR_NS <= s.end_ns < NOW_NS]


@pytest.mark.parametrize("service", ["fraud", "payment", "cart"])
def test_statistics_are_those_of_the_spans(service: str) -> None:
    spans = searched(service)
    (found,) = ANSWERS.span_stats(wanted(service=service), ["service"], SHOP, limit=5)
    durations = sorted(span.duration_ns for span in spans)
    assert found.keys == (service,)
    assert (found.count, found.errors) == (len(spans), sum(span.failed for span in spans))
    assert (found.sum_ns, found.max_ns) == (sum(durations), max(durations))
    quantiles = [durations[rank(share, len(durations))] for share in (0.5, 0.95, 0.99)]
    assert [found.p50_ns, found.p95_ns, found.p99_ns] == quantiles


def test_groups_are_parts_of_the_whole_the_largest_first() -> None:
    (whole,) = ANSWERS.span_stats(wanted(), [], SHOP, limit=1)
    parts = ANSWERS.span_stats(wanted(), ["service", "http.route", "kind"], SHOP, limit=None)
    assert sum(part.count for part in parts) == whole.count > 1_000
    assert sum(part.errors for part in parts) == whole.errors > 0
    assert [part.count for part in parts] == sorted((p.count for p in parts), reverse=True)
    assert (
        ANSWERS.span_stats(wanted(), ["service", "http.route", "kind"], SHOP, limit=3)
        == (parts[:3])
    )


def test_tenants_have_spans_of_their_own() -> None:
    services = {
        tenant: {
            group.keys[0] for group in ANSWERS.span_stats(wanted(), ["service"], tenant, limit=None)
        }
        for tenant in (SHOP, PARCELS, NOBODY)
    }
    assert services[SHOP] == set(ANSWERS.services(SHOP))
    assert services[PARCELS] == set(ANSWERS.services(PARCELS))
    assert services[NOBODY] == set()


FILTERS: dict[str, tuple[dict[str, Any], Callable[[Span], bool]]] = {
    "an operation": ({"operation": "POST /assess"}, lambda span: span.name == "POST /assess"),
    "errors": ({"errors_only": True}, lambda span: span.failed),
    "at least": ({"duration_min_ns": 5_000_000}, lambda span: span.duration_ns >= 5_000_000),
    "at most": ({"duration_max_ns": 5_000_000}, lambda span: span.duration_ns <= 5_000_000),
    "an attribute": (
        {"tags": {"http.response.status_code": "200"}},
        lambda span: span.attributes.get("http.response.status_code") == "200",
    ),
    "an expression": (
        {"tags": {"resource_attr:service.version": "~."}},
        lambda span: bool(span.resource.get("service.version")),
    ),
    "a kind": ({"tags": {"span.kind": "server"}}, lambda span: span.kind == "server"),
}


@pytest.mark.parametrize(("more", "condition"), FILTERS.values(), ids=FILTERS)
def test_a_filter_takes_the_spans_that_fit(
    more: dict[str, Any], condition: Callable[[Span], bool]
) -> None:
    expected = sorted(span.span_id for span in searched("fraud") if condition(span))
    found = ANSWERS.spans(wanted(service="fraud", **more), SHOP, limit=1_000, slowest=False)
    assert sorted(span.span_id for span in found) == expected


def test_windows_side_by_side_hold_each_span_once() -> None:
    whole = {span.span_id for span in searched("fraud")}
    edges = [NOW_NS - HOUR_NS, *sorted(s.end_ns for s in searched("fraud"))[::50], NOW_NS]
    parts = [
        span.span_id
        for start_ns, end_ns in pairwise(edges)
        for span in ANSWERS.spans(
            wanted(service="fraud", start_ns=start_ns, end_ns=end_ns),
            SHOP,
            limit=1_000,
            slowest=False,
        )
    ]
    assert len(parts) == len(whole)
    assert set(parts) == whole


def test_spans_come_in_order_and_the_limit_cuts_the_rest() -> None:
    newest = ANSWERS.spans(wanted(), SHOP, limit=10, slowest=False)
    ends = [span.end_ns for span in newest]
    slowest = ANSWERS.spans(wanted(), SHOP, limit=10, slowest=True)
    durations = [span.duration_ns for span in slowest]
    assert ends == sorted(ends, reverse=True)
    assert durations == sorted(durations, reverse=True)
    assert len(newest) == len(slowest) == 10
    (whole,) = ANSWERS.span_stats(wanted(), [], SHOP, limit=1)
    assert durations[0] == whole.max_ns


def test_names_and_values_are_counted() -> None:
    spans = searched("fraud")
    names = {one.text: one.count for one in ANSWERS.field_names(wanted(service="fraud"), SHOP)}
    assert names["http.response.status_code"] == sum(
        "http.response.status_code" in span.attributes for span in spans
    )
    assert names["resource_attr:service.version"] == len(spans)
    assert names["otel.scope.name"] == len(spans)
    values = ANSWERS.field_values(wanted(service="fraud"), "operation", SHOP, limit=2)
    counts = Counter(span.name for span in spans)
    assert [one.count for one in values] == sorted(counts.values(), reverse=True)[:2]
    assert ANSWERS.field_values(wanted(), "no.such.attribute", SHOP, limit=2) == []


def test_facets_leave_ids_and_texts_out() -> None:
    found = {facet.name: facet for facet in ANSWERS.facets(wanted(), SHOP, limit=3)}
    assert found["service"].values == tuple(
        ANSWERS.field_values(wanted(), "service", SHOP, limit=3)
    )
    assert "resource_attr:service.version" in found
    assert all(len(facet.values) <= 3 for facet in found.values())
    (whole,) = ANSWERS.span_stats(wanted(), [], SHOP, limit=1)
    values = ANSWERS.field_values(wanted(), "session.id", SHOP, limit=1_001)
    assert ("session.id" in found) is (len(values) <= 1_000)
    assert isinstance(found["kind"], Facet)
    kinds = ANSWERS.field_values(wanted(), "kind", SHOP, limit=9)
    assert sum(value.count for value in kinds) == whole.count


def test_a_histogram_holds_each_span_once() -> None:
    (whole,) = ANSWERS.span_stats(wanted(), [], SHOP, limit=1)
    found = ANSWERS.span_counts(wanted(), SHOP, buckets=60)
    assert (found.start_ns, found.step_ns) == (NOW_NS - HOUR_NS, 60 * S)
    assert len(found.counts) == 60
    assert sum(found.counts) == whole.count
    odd = ANSWERS.span_counts(wanted(start_ns=NOW_NS - HOUR_NS + 1), SHOP, buckets=7)
    assert len(odd.counts) <= 7
    assert sum(odd.counts) == whole.count


REFUSED: dict[str, tuple[Callable[[], Any], str]] = {
    "a query": (ANSWERS.logsql, "cannot be asked in LogsQL"),
    "no rows": (lambda: ANSWERS.spans(wanted(), SHOP, limit=0, slowest=False), "limit is 0"),
    "too many rows": (
        lambda: ANSWERS.facets(wanted(), SHOP, limit=1_002),
        "limit is 1002; accepted: a whole number from 1 to 1000",
    ),
    "too many buckets": (
        lambda: ANSWERS.span_counts(wanted(), SHOP, buckets=1_001),
        "1001 buckets",
    ),
    "too many fields": (
        lambda: ANSWERS.span_stats(wanted(), ["a"] * 11, SHOP, limit=1),
        "11 fields to group by",
    ),
    "a window that ends before it starts": (
        lambda: ANSWERS.field_names(wanted(start_ns=NOW_NS + 1), SHOP),
        "after its end",
    ),
    "a bad expression": (
        lambda: ANSWERS.field_names(wanted(tags={"http.route": "~("}), SHOP),
        "invalid",
    ),
}


@pytest.mark.parametrize(("ask", "complaint"), REFUSED.values(), ids=REFUSED)
def test_what_the_database_refuses_is_refused(ask: Callable[[], Any], complaint: str) -> None:
    with pytest.raises(SourceError, match=complaint):
        ask()


ODD = Span(
    trace_id="t",
    span_id="s",
    service="cart",
    name="GET /",
    start_ns=0,
    duration_ns=0,
    status="ok",
    status_message="fine",
    attributes={"a": "1", "status": "2", "error": "3", "scope_attr:x": "4"},
    resource={"host.name": "n"},
    scope={"otel.scope.name": "go", "team": "x"},
)


def test_attributes_are_told_by_names_that_can_be_asked() -> None:
    told = dict(attributes(ODD))
    assert told == {
        "a": "1",
        "span_attr:status": "2",
        "span_attr:error": "3",
        "span_attr:scope_attr:x": "4",
        "resource_attr:host.name": "n",
        "otel.scope.name": "go",
        "scope_attr:team": "x",
        "otel.status_description": "fine",
    }
    assert {name: field_reader(name)(ODD) for name in told} == told


def test_tags_mean_attributes_where_fields_have_names_of_their_own() -> None:
    assert (field_reader("status")(ODD), tag_reader("status")(ODD)) == ("ok", "2")
    assert (field_reader("operation")(ODD), tag_reader("error")(ODD)) == ("GET /", "false")
    assert tag_reader("otel.scope.version")(ODD) == ""
    assert tag_reader("resource_attr:service.name")(ODD) == "cart"


async def test_the_source_hands_every_question_on() -> None:
    source = Demo(lambda: NOW_NS)
    asked = wanted(service="fraud")
    assert await source.span_stats(asked, ["kind"], SHOP) == ANSWERS.span_stats(
        asked, ["kind"], SHOP, limit=1_000
    )
    assert Counted("http.route", 0) not in await source.field_names(asked, SHOP)
    assert await source.field_values(asked, "kind", SHOP, limit=1)
    assert await source.facets(asked, SHOP, limit=1)
    assert len(await source.spans(asked, SHOP, limit=2)) == 2
    assert sum((await source.span_counts(asked, SHOP, buckets=5)).counts)
    with pytest.raises(SourceError, match="LogsQL"):
        await source.logsql("*", SHOP, start_ns=0, end_ns=1, limit=1)
