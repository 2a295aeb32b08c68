"""Questions answered from generated traces: by window, by tenant, newest first, and again."""

from itertools import pairwise

import pytest

from tests.demo.samples import HOUR_NS, NOW_NS, ROLLOUT_NS, S, answers, query
from vtmcp.demo import answers as module
from vtmcp.demo.generate import generate
from vtmcp.demo.timetable import Entry
from vtmcp.traces.jaeger import read_trace
from vtmcp.traces.model import Dependency, Found, SourceError, Trace
from vtmcp.traces.tenant import Tenant

SHOP, PARCELS, NOBODY = Tenant(0, 0), Tenant(7, 3), Tenant(7, 0)
SERVICES = {SHOP: ("checkout", "fraud"), PARCELS: ("depot", "labels", "tracker"), NOBODY: ()}
NOTHING = Found((), ())


def newest_ns(trace: Trace, service: str) -> int:
    return max(span.end_ns for span in trace.spans if span.service == service)


@pytest.mark.parametrize("tenant", [SHOP, PARCELS, NOBODY])
def test_the_names_are_those_of_the_spans(tenant: Tenant) -> None:
    asked = answers()
    services = asked.services(tenant)
    assert set(SERVICES[tenant]) <= set(services)
    assert len(services) >= 8 or tenant != SHOP
    for service in services:
        found = asked.search(query(service), tenant)
        spans = [span for trace in found.traces for span in trace.spans]
        names = {span.name for span in spans if span.service == service}
        assert asked.operations(service, tenant) == sorted(names)
        assert {span.service for span in spans} <= set(services)


@pytest.mark.parametrize("tenant", [SHOP, PARCELS, NOBODY])
def test_a_tenant_sees_only_its_own(tenant: Tenant) -> None:
    asked = answers()
    for owner, services in SERVICES.items():
        for service in services:
            found = asked.search(query(service, limit=1), tenant)
            assert bool(found.traces) == (owner == tenant)
            assert bool(asked.operations(service, tenant)) == (owner == tenant)
            known = asked.search(query(service, limit=1), owner).traces[0].trace_id
            assert bool(asked.trace(known, tenant).traces) == (owner == tenant)


def test_a_search_gives_whole_traces_as_the_database_writes_them() -> None:
    found = answers().search(query("fraud", operation="POST /assess", limit=3), SHOP)
    assert [read_trace(raw) for raw in found.raw] == list(found.traces)
    assert {"frontend", "checkout", "payment"} <= {s.service for s in found.traces[0].spans}


def test_the_newest_come_first_and_the_limit_cuts_the_oldest() -> None:
    asked = answers()
    ends = [newest_ns(trace, "fraud") for trace in asked.search(query("fraud"), SHOP).traces]
    assert ends == sorted(ends, reverse=True)
    assert len(ends) > 100
    few = asked.search(query("fraud", limit=7), SHOP).traces
    assert [newest_ns(trace, "fraud") for trace in few] == ends[:7]


def test_windows_side_by_side_hold_every_trace_once() -> None:
    asked = answers()
    tags = {"http.route": "/checkout"}
    edges = [NOW_NS - HOUR_NS + part * HOUR_NS // 4 for part in range(5)]
    parts = [
        asked.search(query("frontend", tags=tags, start_ns=start, end_ns=end - 1), SHOP)
        for start, end in pairwise(edges)
    ]
    ids = [trace.trace_id for part in reversed(parts) for trace in part.traces]
    whole = asked.search(query("frontend", tags=tags), SHOP)
    assert ids == [trace.trace_id for trace in whole.traces]


def test_there_are_two_hours_up_to_now_and_the_same_yesterday_and_nothing_beyond() -> None:
    spans = [
        span
        for period_ns in (24 * HOUR_NS, NOW_NS)
        for trace in answers()
        .search(query("depot", start_ns=0, end_ns=NOW_NS - 24 * HOUR_NS + period_ns), PARCELS)
        .traces
        for span in trace.spans
    ]
    ages_ns = sorted({NOW_NS - span.start_ns for span in spans})
    hours = {age_ns // HOUR_NS for age_ns in ages_ns}
    assert hours == {0, 1, 2, 24, 25, 26}
    assert not [age_ns for age_ns in ages_ns if 2.1 * HOUR_NS < age_ns < 24 * HOUR_NS]
    assert ages_ns[-1] < 26.1 * HOUR_NS


def test_the_newest_is_less_than_a_minute_old() -> None:
    found = answers().search(query("frontend", end_ns=2 * NOW_NS), SHOP)
    spans = [span for trace in found.traces for span in trace.spans]
    # A trace is not there before it is sure to be whole, which for most is 5 to 8 seconds.
    assert 0 <= NOW_NS - max(span.end_ns for span in spans) < 30 * S


def test_time_passes_and_what_was_told_stays_true() -> None:
    first, later = answers(), answers(NOW_NS + 20 * S)
    before = first.search(query("cart"), SHOP).traces
    after = later.search(query("cart", end_ns=NOW_NS + 20 * S), SHOP).traces
    assert {trace.trace_id for trace in after} > {trace.trace_id for trace in before[:-3]}
    for trace in before[:10]:
        assert later.trace(trace.trace_id, SHOP).traces == (trace,)


AGES = {
    "an hour later": (1, True),
    "most of a day later": (22, True),
    "a day later": (25, True),
    "two days later": (48, False),
}


@pytest.mark.parametrize(("hours", "is_there"), AGES.values(), ids=AGES)
def test_an_id_is_good_for_as_long_as_anything_is_searched(hours: int, is_there: bool) -> None:
    trace_id = answers().search(query("cart", limit=1), SHOP).traces[0].trace_id
    found = answers(NOW_NS + hours * HOUR_NS).trace(trace_id, SHOP)
    assert bool(found.traces) is is_there


def test_a_trace_that_is_not_over_is_not_there_yet() -> None:
    trace_id = answers().search(query("cart", limit=1), SHOP).traces[0].trace_id
    assert answers(NOW_NS - 60 * S).trace(trace_id, SHOP) == NOTHING


@pytest.mark.parametrize("trace_id", ["0af7651916cd43dd8448eb211c80319c", "1", "f" * 32])
def test_an_unknown_id_finds_nothing(trace_id: str) -> None:
    assert answers().trace(trace_id, SHOP) == NOTHING


def test_what_is_no_id_is_refused() -> None:
    with pytest.raises(SourceError, match="hexadecimal"):
        answers().trace("../../metrics", SHOP)


def test_the_rollout_changes_what_comes_after_it_only() -> None:
    found = answers().search(query("fraud", tags={"resource_attr:service.version": "4.2.0"}), SHOP)
    starts = [span.start_ns for trace in found.traces for span in trace.spans]
    assert starts
    assert min(starts) >= ROLLOUT_NS


def test_dependencies_count_the_calls_of_a_window() -> None:
    asked, now_ms = answers(), NOW_NS // 10**6
    edges = asked.dependencies(end_ms=now_ms, lookback_ms=3_600_000, tenant=SHOP)
    pairs = {(edge.parent, edge.child) for edge in edges}
    assert {("payment", "fraud"), ("fraud", "fraud:redis"), ("checkout", "email")} <= pairs
    checkouts = len(asked.search(query("fraud"), SHOP).traces)
    assert Dependency("payment", "fraud", checkouts) in edges
    fewer = asked.dependencies(end_ms=now_ms, lookback_ms=600_000, tenant=SHOP)
    assert sum(edge.call_count for edge in fewer) < sum(edge.call_count for edge in edges) / 2
    assert asked.dependencies(end_ms=now_ms, lookback_ms=3_600_000, tenant=NOBODY) == []
    assert asked.dependencies(end_ms=1, lookback_ms=1, tenant=SHOP) == []


def test_a_trace_is_generated_once(monkeypatch: pytest.MonkeyPatch) -> None:
    generated: list[int] = []

    def counting(entry: Entry, *, rolled_out: bool) -> Trace:
        generated.append(entry.number)
        return generate(entry, rolled_out=rolled_out)

    monkeypatch.setattr(module, "generate", counting)
    asked = answers()
    first = asked.search(query("fraud"), SHOP)
    assert asked.search(query("fraud"), SHOP) == first
    assert len(generated) == len(set(generated)) >= len(first.traces) > 100


def test_the_large_trace_is_not_generated_for_others() -> None:
    asked = answers()
    for service in ("checkout", "frontend", "cart"):
        asked.search(query(service), SHOP)
    kept = asked._generated.values()
    assert max(len(trace.spans) for trace in kept) < 100


def test_what_is_kept_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "TRACES_MAX", 10)
    asked = answers()
    first = asked.search(query("fraud"), SHOP)
    assert len(asked._generated) <= 10
    assert asked.search(query("fraud"), SHOP) == first
