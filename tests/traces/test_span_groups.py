"""What counts as worse, by how much, and what is only chance."""

import random
from typing import Any

import pytest

from tests.traces.samples import MS, S
from vtmcp.traces.span_groups import FEW, SORTS, Compared, compare_groups, sort_groups
from vtmcp.traces.spans import SpanStats, rank


def stats(key: str = "a", count: int = 1_000, errors: int = 0, **more: Any) -> SpanStats:
    """Spans of 10 ms each."""
    defaults = {
        "sum_ns": count * 10 * MS,
        "p50_ns": 10 * MS,
        "p95_ns": 10 * MS,
        "p99_ns": 10 * MS,
        "max_ns": 10 * MS,
    }
    return SpanStats(keys=(key,), count=count, errors=errors, **(defaults | more))


def pair(now: SpanStats | None, before: SpanStats | None) -> Compared:
    return Compared(("a",), now, before)


EXCESS: dict[str, tuple[Compared, float, float, float]] = {
    "nothing changed": (pair(stats(), stats()), 0, 0, 0),
    "more of the same": (pair(stats(count=2_000, errors=20), stats(errors=10)), 0, 0, 0),
    "errors beyond those of before at the count of now": (
        pair(stats(count=2_000, errors=50), stats(errors=10)),
        30,
        0,
        30,
    ),
    "time beyond that of before at the count of now": (
        pair(stats(count=2_000, sum_ns=60 * S), stats(sum_ns=10 * S)),
        0,
        40 * S,
        40,
    ),
    "what got better takes nothing away": (
        pair(stats(errors=5, sum_ns=1 * S), stats(sum_ns=10 * S)),
        5,
        -9 * S,
        5,
    ),
    "a new group": (pair(stats(errors=7), None), 7, 0, 7),
    "a group that is gone": (pair(None, stats(errors=7)), 0, 0, 0),
}


@pytest.mark.parametrize(("one", "errors", "time_ns", "both"), EXCESS.values(), ids=EXCESS)
def test_the_excess(one: Compared, errors: float, time_ns: float, both: float) -> None:
    assert (one.excess_errors, one.excess_ns, one.excess) == pytest.approx((errors, time_ns, both))


FAILS: dict[str, tuple[Compared, bool]] = {
    "a share that rose": (pair(stats(errors=80), stats(errors=2)), True),
    "from nothing": (pair(stats(errors=30), stats()), True),
    "a share that fell": (pair(stats(errors=2), stats(errors=80)), False),
    "chance": (pair(stats(errors=14), stats(errors=7)), False),
    "a certain but tiny rise": (
        pair(stats(count=10**7, errors=30_000), stats(count=10**7, errors=10_000)),
        False,
    ),
    "few spans": (pair(stats(count=FEW - 1, errors=29), stats()), False),
    "few before": (pair(stats(errors=900), stats(count=FEW - 1)), False),
    "new": (pair(stats(errors=900), None), False),
    "gone": (pair(None, stats()), False),
    "all failed and fail": (pair(stats(errors=1_000), stats(errors=1_000)), False),
}


@pytest.mark.parametrize(("one", "fails_more"), FAILS.values(), ids=FAILS)
def test_more_failures_than_chance(one: Compared, fails_more: bool) -> None:
    assert one.fails_more is fails_more


SLOW: dict[str, Any] = {"p50_ns": 10 * MS, "p95_ns": 100 * MS}
SLOWER: dict[str, tuple[Compared, float]] = {
    "nothing changed": (pair(stats(), stats()), 0),
    "a p95 ten times as long": (pair(stats(**SLOW), stats()), 10),
    "a median": (pair(stats(p50_ns=16 * MS), stats()), 1.6),
    "a little": (pair(stats(p95_ns=14 * MS), stats()), 0),
    "of few a little more": (pair(stats(count=50, p95_ns=16 * MS), stats()), 0),
    "of few much more": (pair(stats(count=50, p95_ns=30 * MS), stats()), 3),
    "of very few": (pair(stats(count=FEW - 1, **SLOW), stats()), 0),
    "fast twice": (pair(stats(p95_ns=2 * MS), stats(p95_ns=1 * MS)), 0),
    "from nothing": (pair(stats(p95_ns=9 * MS), stats(p95_ns=0)), 9 * MS),
    "faster": (pair(stats(), stats(**SLOW)), 0),
    "new": (pair(stats(), None), 0),
    "gone": (pair(None, stats()), 0),
}


@pytest.mark.parametrize(("one", "factor"), SLOWER.values(), ids=SLOWER)
def test_slower_than_chance(one: Compared, factor: float) -> None:
    assert one.slower == pytest.approx(factor)


def test_healthy_traffic_is_not_called_worse() -> None:
    dice = random.Random(1)
    for count in (40, 150, 2_000):
        for _ in range(300):
            one = pair(drawn(dice, count), drawn(dice, round(count * dice.uniform(0.7, 1.4))))
            assert not one.fails_more
            assert not one.slower


def test_a_p95_at_a_step_is_not_called_slower_for_crossing_it() -> None:
    """One request in twenty misses a cache: the p95 is that of hits or of misses by chance."""
    dice = random.Random(1)
    pairs = [
        pair(drawn(dice, 2_000, misses=0.05), drawn(dice, 2_000, misses=0.05)) for _ in range(300)
    ]
    known = [(one.now.p95_ns, one.before.p95_ns) for one in pairs if one.now and one.before]
    assert any(now_ns > 3 * before_ns for now_ns, before_ns in known)
    assert not any(one.slower for one in pairs)


def test_more_misses_at_a_step_are_slower() -> None:
    dice = random.Random(1)
    assert pair(drawn(dice, 2_000, misses=0.12), drawn(dice, 2_000, misses=0.04)).slower > 3


def drawn(dice: random.Random, count: int, *, misses: float = 0.0) -> SpanStats:
    """Spans that take 20 ms, now more, now less, and of which one in a hundred fails."""
    times = sorted(
        round((200 if dice.random() < misses else 20) * MS * dice.lognormvariate(0, 0.3))
        for _ in range(count)
    )
    p50, p95, p99 = (times[rank(share, count)] for share in (0.5, 0.95, 0.99))
    errors = sum(dice.random() < 0.01 for _ in range(count))
    return SpanStats(("a",), count, errors, sum(times), p50, p95, p99, times[-1])


def test_groups_stand_side_by_side() -> None:
    now, before = [stats("a"), stats("b")], [stats("b", 5), stats("c")]
    assert compare_groups(now, before) == [
        Compared(("a",), now[0], None),
        Compared(("b",), now[1], before[0]),
        Compared(("c",), None, before[1]),
    ]


ORDERS = {
    "excess": ["failing", "slow", "busy", "rare"],
    "errors": ["busy", "failing", "slow", "rare"],
    "p95": ["slow", "busy", "failing", "rare"],
    "count": ["busy", "failing", "slow", "rare"],
}


@pytest.mark.parametrize(("sort", "order"), ORDERS.items(), ids=ORDERS)
def test_the_order(sort: str, order: list[str]) -> None:
    now = [
        stats("rare", 1),
        stats("slow", sum_ns=30 * S, p95_ns=S),
        stats("failing", errors=50),
        stats("busy", 10_000, 100),
    ]
    before = [stats("slow"), stats("failing"), stats("busy", 10_000, 100), stats("gone")]
    compared = compare_groups(now, before)
    assert [one.keys[0] for one in sort_groups(compared, sort)] == order
    assert sort in SORTS
