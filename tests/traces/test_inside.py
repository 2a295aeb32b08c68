"""What a service calls explains why it is slower, though it is little of all such calls."""

from typing import Any

import pytest

from tests.traces.activities import MS, S, group, period, root
from vtmcp.traces.activity import OVER_NS, Activity
from vtmcp.traces.changes import Change, changes
from vtmcp.traces.inside import explained_inside
from vtmcp.traces.periods import Period

WEB = root("web x server", 900)
OVER_1S = OVER_NS.index(1_000 * MS)


def over(count: int) -> dict[str, Any]:
    return {"over": tuple(count if place <= OVER_1S else 0 for place in range(len(OVER_NS)))}


def charge(**more: Any) -> Activity:
    return group("pay charge server", 500, **more)


def bank(count: int = 5_000, **more: Any) -> Activity:
    return group("pay POST client", count, **more)


def inside(now: Period, before: Period, yesterday: Period) -> Change:
    told = changes(now, before, yesterday)
    (one,) = (one for one in told.found if one.group.operation == "charge")
    return explained_inside(one, now, [one for one in (before, yesterday) if one.parts])


def test_slow_calls_explain_slow_service() -> None:
    now = period(WEB, charge(mean_ms=90, sd_ms=500, **over(40)), bank(mean_ms=18, **over(40)))
    then = period(WEB, charge(**over(0)), bank(**over(0)))
    found = inside(now, then, then)
    assert (found.kind, found.group.operation) == ("slow", "POST")
    assert found.compared.now == (40, 5_000)
    assert found.then == ((0, 5_000), (0, 5_000))
    assert found.compared.excess_ns == 40 * S


def test_calls_that_take_longer_in_all_explain_a_longer_mean() -> None:
    """Two milliseconds more for each of ten calls are twenty for whoever makes them."""
    now = period(WEB, charge(mean_ms=30), bank(mean_ms=12))
    then = period(WEB, charge(), bank())
    found = inside(now, then, period())
    assert (found.kind, found.group.operation) == ("time", "POST")
    assert found.then == ((10 * MS, 5_000), None)
    assert found.compared.excess_ns == 10 * S


def test_yesterday_alone_is_told_as_yesterday() -> None:
    now = period(WEB, charge(mean_ms=30), bank(mean_ms=12))
    found = inside(now, period(), period(WEB, charge(), bank()))
    assert found.then == (None, (10 * MS, 5_000))


def test_calls_that_add_little_explain_nothing() -> None:
    now = period(WEB, charge(mean_ms=30), bank(mean_ms=10.2))
    then = period(WEB, charge(), bank())
    assert inside(now, then, then).group.operation == "charge"
    now = period(WEB, charge(mean_ms=14, **over(40)), bank(**over(3)))
    then = period(WEB, charge(**over(0)), bank(**over(0)))
    assert inside(now, then, then).group.operation == "charge"


def test_calls_that_nobody_made_before_explain_what_makes_them_now() -> None:
    now = period(WEB, charge(mean_ms=30), bank(mean_ms=12))
    then = period(WEB, charge())
    found = inside(now, then, then)
    assert (found.kind, found.group.operation) == ("calls", "POST")
    assert (found.compared.now, found.compared.excess_ns) == ((5_000, 500), 60 * S)
    assert found.then == ((0, 500), (0, 500))
    assert inside(now, then, period()).then == ((0, 500), None)


def test_calls_under_a_new_name_are_not_known_to_be_new() -> None:
    now = period(WEB, charge(mean_ms=30), bank(mean_ms=12))
    then = period(WEB, charge(), group("pay GET client", 4_000, mean_ms=1))
    assert inside(now, then, then).group.operation == "charge"


def test_new_calls_of_a_service_that_served_nobody_are_not_known_to_be_new() -> None:
    now = period(WEB, charge(mean_ms=30), bank(mean_ms=12))
    then = period(WEB, charge())
    one = next(one for one in changes(now, then, then).found if one.group.operation == "charge")
    assert explained_inside(one, now, [period(WEB)]) is one
    assert explained_inside(one, now, []) is one


@pytest.mark.parametrize("slow", [0, 40], ids=["by the mean", "by the share of slow ones"])
def test_more_calls_explain_what_makes_them_and_are_not_called_slower(slow: int) -> None:
    """Failing calls are made again: each takes as long as ever, and all of them longer."""
    sd_ms = 500 if slow else 4
    now = period(WEB, charge(mean_ms=90, sd_ms=sd_ms, **over(slow)), bank(10_000, **over(0)))
    then = period(WEB, charge(**over(0)), bank(**over(0)))
    found = inside(now, then, then)
    assert (found.kind, found.group.operation) == ("calls", "POST")
    assert (found.compared.now, found.compared.then) == ((10_000, 500), (5_000, 500))
    assert found.compared.excess == 5_000


def test_failures_are_where_they_began() -> None:
    now, then = period(WEB, charge(failing=60), bank()), period(WEB, charge(), bank())
    assert inside(now, then, then).group.operation == "charge"
