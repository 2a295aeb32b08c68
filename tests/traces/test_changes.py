"""What changed between three windows, and what counts against which."""

from typing import Any

import pytest

from tests.traces.activities import MS, group, period, root
from vtmcp.traces.activity import OVER_NS, Activity
from vtmcp.traces.changes import BEFORE, YESTERDAY, Change, changes

WEB = root("web x server", 900)
NONE = period()


def pay(failing: int = 0, count: int = 500, **more: Any) -> Activity:
    return group("pay charge server", count, failing=failing, **more)


def found(now: Activity, before: Activity | None, yesterday: Activity | None) -> list[Change]:
    periods = (period(WEB, one) if one else NONE for one in (now, before, yesterday))
    return [one for one in changes(*periods).found if one.group.service == "pay"]


def test_more_failures_than_in_both_windows() -> None:
    (one,) = found(pay(60), pay(2), pay(1))
    assert (one.kind, one.group.key, one.is_recent) == ("errors", ("pay", "charge", "server"), True)
    assert one.compared.now == (60, 500)
    assert one.then[BEFORE] == (2, 500)
    assert one.then[YESTERDAY] == (1, 500)


def test_what_began_before_the_window_counts_against_yesterday() -> None:
    (one,) = found(pay(60), pay(55), pay(1))
    assert not one.is_recent


def test_what_is_so_each_day_is_no_change() -> None:
    assert found(pay(60), pay(2), pay(58)) == []


def test_without_yesterday_the_window_before_decides() -> None:
    (one,) = found(pay(60), pay(2), None)
    assert one.then == ((2, 500), None)
    assert one.is_recent


def test_what_is_rare_is_seen_against_both_windows_together() -> None:
    """What may be chance between two windows need not be among three."""

    def least(yesterday: Activity | None) -> int:
        return next(count for count in range(5, 99) if found(pay(count), pay(0), yesterday))

    assert least(pay(0)) < least(None)


def test_slow_spans_are_recent_by_the_bound_that_was_decided_by() -> None:
    """Against the window before alone, another bound may differ most, and say nothing."""

    def slow(count: int) -> Activity:
        over = tuple(count if place > 2 else 500 for place in range(len(OVER_NS)))
        return pay(0, mean_ms=120 + count, sd_ms=2_000, over=over)

    then = slow(0)
    least = next(count for count in range(5, 99) if found(slow(count), then, then))
    (one,) = found(slow(least), then, then)
    assert (one.kind, one.then[BEFORE]) == ("slow", (0, 500))
    assert one.is_recent
    (one,) = found(slow(40), slow(39), then)
    assert not one.is_recent


def test_a_group_that_was_not_there_must_work() -> None:
    now, then = period(WEB, pay(60)), period(WEB)
    (one,) = (one for one in changes(now, then, then).found if one.group.service == "pay")
    assert one.then == (None, None)
    assert [one for one in changes(now, NONE, NONE).found if one.group.service == "pay"] == []


def test_a_version_is_judged_by_its_own_spans() -> None:
    now = period(WEB, pay(14, 100, also="2"), pay(0, 30_000, also="1"))
    then = period(WEB, pay(2, 30_000, also="1"))
    found_now = [one for one in changes(now, then, then).found if one.group.service == "pay"]
    (one,) = found_now
    assert (one.group.also, one.compared.now) == ("2", (14, 100))


def test_what_is_said_of_all_spans_is_not_said_of_the_version_again() -> None:
    now = period(WEB, pay(200, 500, also="2"), pay(0, 500, also="1"))
    then = period(WEB, pay(0, 1_000, also="1"))
    found_now = [one for one in changes(now, then, then).found if one.kind == "errors"]
    assert [(one.group.operation, one.group.also) for one in found_now] == [("charge", "")]


def test_that_more_are_slow_is_said_only_where_the_mean_does_not() -> None:
    bound = OVER_NS.index(1_000 * MS)
    some: dict[str, Any] = {
        "over": tuple(40 if place <= bound else 0 for place in range(len(OVER_NS)))
    }
    few: dict[str, Any] = {"over": (0,) * len(OVER_NS)}
    (one,) = found(pay(mean_ms=11, **some), pay(**few), pay(**few))
    assert one.kind == "slow"
    assert one.then == ((0, 500), (0, 500))
    kinds = [one.kind for one in found(pay(mean_ms=90, **some), pay(**few), pay(**few))]
    assert kinds == ["time"]


@pytest.mark.parametrize("count", [1, 5])
def test_failures_that_are_spread_over_many_operations_are_named_as_a_whole(count: int) -> None:
    now = [group(f"s{n} o server", 300, failing=4 * count) for n in range(12)]
    then = [group(f"s{n} o server", 300) for n in range(12)]
    periods = [period(WEB, *now), period(WEB, *then), period(WEB, *then)]
    whole = [one for one in changes(*periods).found if not one.group.service]
    assert [(one.kind, one.compared.now) for one in whole] == [("errors", (48 * count, 900))]


def test_nothing_changes_where_nothing_does() -> None:
    same = period(WEB, pay(3))
    told = changes(same, same, same)
    assert (told.found, told.presences, told.traffic, told.compared) == ((), (), (), 2)
    assert changes(NONE, same, same).found == ()
