"""Spans of one trace come together, so they say less than as many that have nothing in common."""

from typing import Any

import pytest

from tests.traces.activities import HOUR_NS, MS, START_NS, group, period, root
from vtmcp.traces.activity import ALIKE, OVER_NS, TRACES_MAX, Activity, added
from vtmcp.traces.comparing import COMPARISONS, Scaled
from vtmcp.traces.presences import gone, traffic

CHANCE = 1e-5
SAME = Scaled(200, 200, 1_000, 1_000, 1.0)
QUERY = "ledger UPDATE client"
OVER_1S = OVER_NS.index(1_000 * MS)


def over(count: int) -> dict[str, Any]:
    return {"over": tuple(count if place <= OVER_1S else 0 for place in range(len(OVER_NS)))}


WEIGHTS: dict[str, tuple[Activity, float]] = {
    "one span a trace": (group(QUERY, 50, traces=50), 1.0),
    "eleven spans a trace": (group(QUERY, 550, traces=50), 1 / (1 + 10 * ALIKE)),
    "not known in how many": (group(QUERY, 550), 1.0),
    "in more traces than are counted": (group(QUERY, 90_000, traces=TRACES_MAX), 1.0),
    "more traces than spans, as several versions are added": (group(QUERY, 50, traces=60), 1.0),
}


@pytest.mark.parametrize(("one", "weight"), WEIGHTS.values(), ids=WEIGHTS)
def test_what_a_span_of_many_in_one_trace_is_worth(one: Activity, weight: float) -> None:
    assert one.weight == pytest.approx(weight)


def test_traces_add_up_and_stand_for_spans_where_they_are_known() -> None:
    assert added((group(QUERY, 20, traces=3), group(QUERY, 20, traces=4))).occasions == 7
    assert group(QUERY, 20).occasions == 20


CLUSTERED: dict[str, tuple[str, dict[str, Any], dict[str, Any], bool]] = {
    "twice the calls, by requests of many": ("calls", {"traces": 200}, {"traces": 200}, True),
    "twice the calls, by a job that came more often": (
        "calls",
        {"traces": 7},
        {"traces": 4},
        False,
    ),
    "slow spans in many traces": ("slow", {"traces": 400, **over(40)}, {"traces": 200}, True),
    "slow spans in few traces": ("slow", {"traces": 8, **over(40)}, {"traces": 4}, False),
    "a mean of many": ("time", {"traces": 400, "mean_ms": 15, "sd_ms": 5}, {"sd_ms": 5}, True),
    "a mean of few": (
        "time",
        {"traces": 8, "mean_ms": 15, "sd_ms": 5},
        {"traces": 4, "sd_ms": 5},
        False,
    ),
}


@pytest.mark.parametrize(("kind", "now", "then", "is_more"), CLUSTERED.values(), ids=CLUSTERED)
def test_few_traces_of_many_spans_are_few(
    kind: str, now: dict[str, Any], then: dict[str, Any], *, is_more: bool
) -> None:
    ones, others = group(QUERY, 400, **now), group(QUERY, 200, **then)
    assert COMPARISONS[kind](ones, others, SAME, CHANCE).is_more == is_more


def test_a_service_that_serves_a_request_many_times_is_not_soon_missing() -> None:
    silent_ns = HOUR_NS // 20
    then = period(root("web GET server", 600), group("price POST server", 3_000, traces=300))
    late = {"last_ns": START_NS + HOUR_NS - silent_ns}
    now = period(root("web GET server", 600), group("price POST server", 3_000, **late))
    assert gone(now, [then]) == []
    often = period(root("web GET server", 600), group("price POST server", 3_000, traces=900))
    assert [one.service for one in gone(now, [often])] == ["price"]


def test_traffic_is_told_of_where_requests_come_in_first() -> None:
    then = period(root("web GET server", 600), group("price POST server", 600))
    now = period(root("web GET server", 1_800), group("price POST server", 1_500))
    found = traffic(now, [then])
    assert [(one.service, one.comes_in) for one in found] == [("web", True), ("price", False)]
