"""Figures of groups: read as the database says them, and refined where it took a sample."""

import math
from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vtmcp.traces.spans import Counted, Row, SpanStats, rank
from vtmcp.victoriatraces.logsql import BUCKETS_PER_E
from vtmcp.victoriatraces.span_stats import (
    REFINED_MAX,
    read_counts,
    read_stats,
    read_values,
    refined,
    sampled,
)

ROW = {
    "resource_attr:service.name": "cart",
    "kind": "2",
    "n": "12",
    "errors": "3",
    "sum_ns": "1000",
    "p50_ns": "50",
    "p95_ns": "95",
    "p99_ns": "99",
    "max_ns": "100",
}

GROUPS: dict[str, tuple[Row, list[SpanStats]]] = {
    "figures": (ROW, [SpanStats(("cart", "server"), 12, 3, 1_000, 50, 95, 99, 100)]),
    "no spans": ({"n": "0", "sum_ns": "NaN"}, []),
    "no durations": (
        {"n": "1", "errors": "0", "sum_ns": "NaN", "p50_ns": "", "max_ns": ""},
        [SpanStats(("", ""), 1, 0, 0, 0, 0, 0, 0)],
    ),
    "a sum that is rounded": (
        {"n": "1", "sum_ns": "1.5e+21", "max_ns": "-7"},
        [SpanStats(("", ""), 1, 0, 1_500_000_000_000_000_000_000, 0, 0, 0, 0)],
    ),
    "more failures than spans": (
        {"n": "3", "errors": "7"},
        [SpanStats(("", ""), 3, 3, 0, 0, 0, 0, 0)],
    ),
    "less than none": ({"n": "-1", "errors": "-3"}, []),
    "figures that are none": (
        {"n": "1", "sum_ns": "many", "max_ns": "+Inf"},
        [SpanStats(("", ""), 1, 0, 0, 0, 0, 0, 0)],
    ),
}


@pytest.mark.parametrize(("row", "groups"), GROUPS.values(), ids=GROUPS)
def test_groups_are_read(row: Row, groups: list[SpanStats]) -> None:
    assert read_stats([row], ["service", "kind"]) == groups


def test_only_large_groups_are_asked_again_and_not_all_of_them() -> None:
    rows = [{"n": "10001"}] * (REFINED_MAX + 5) + [{"n": "10000"}]
    assert len(sampled(rows)) == REFINED_MAX
    assert sampled([{"n": "10000"}, {"n": ""}]) == []


def bucket_rows(durations: list[int]) -> list[Row]:
    """What the database answers: `math round(ln(duration) * 200)`, counted."""
    buckets = Counter(
        str(round(math.log(duration) * BUCKETS_PER_E)) if duration else "-Inf"
        for duration in durations
    )
    return [{"bucket": bucket, "n": str(count)} for bucket, count in buckets.items()]


@given(st.lists(st.integers(0, 10**13), min_size=1, max_size=200))
def test_refined_quantiles_are_within_a_third_of_a_percent(durations: list[int]) -> None:
    group = SpanStats((), len(durations), 0, sum(durations), 0, 0, 0, max(durations))
    (found,) = refined([group], [], bucket_rows(durations))
    ordered = sorted(durations)
    for share, value in ((0.5, found.p50_ns), (0.95, found.p95_ns), (0.99, found.p99_ns)):
        true = ordered[rank(share, len(ordered))]
        assert abs(value - true) <= true * 0.0034 + 0.5
    assert found.max_ns == max(durations) >= found.p99_ns


def test_groups_that_were_not_asked_again_stay_as_they_are() -> None:
    groups = read_stats([ROW, {**ROW, "kind": "3"}], ["service", "kind"])
    buckets = [
        {"resource_attr:service.name": "cart", "kind": "3", "bucket": "800", "n": "20000"},
    ]
    first, second = refined(groups, ["service", "kind"], buckets)
    assert first == groups[0]
    assert second.p50_ns == second.p99_ns == round(math.exp(4))


def test_values_are_read_in_our_words() -> None:
    rows = [{"kind": "2", "n": "5"}, {"kind": "3", "n": "1"}]
    assert read_values(rows, "kind") == [Counted("server", 5), Counted("client", 1)]


def test_names_in_no_span_are_left_out() -> None:
    stored = ["span_attr:a", "span_attr:b", "scope_name"]
    assert read_counts([{"n0": "4", "n1": "0", "n2": "9"}], stored) == [
        Counted("a", 4),
        Counted("otel.scope.name", 9),
    ]
    assert read_counts([], stored) == []


RANKS = {"the middle": (0.5, 4, 2), "near the end": (0.95, 20, 19), "of one": (0.99, 1, 0)}


@pytest.mark.parametrize(("share", "count", "place"), RANKS.values(), ids=RANKS)
def test_a_quantile_has_a_place(share: float, count: int, place: int) -> None:
    assert rank(share, count) == place


@pytest.mark.parametrize("bucket", ["1e308", "inf", "NaN", "-inf", "9" * 400])
def test_a_bucket_beyond_all_durations_is_no_fault(bucket: str) -> None:
    [group] = read_stats([ROW], ["service", "kind"])
    [found] = refined([group], ["service", "kind"], [{**ROW, "bucket": bucket}])
    assert 0 <= found.p50_ns <= found.p99_ns <= group.max_ns
