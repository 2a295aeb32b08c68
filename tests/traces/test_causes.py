"""Which change is the cause: where failures began, and what is innermost of what is slow."""

from typing import Any

from tests.traces.activities import group, period, root
from vtmcp.traces.causes import Verdict, causes
from vtmcp.traces.changes import changes
from vtmcp.traces.periods import Period


def verdict(now: Period, then: Period) -> Verdict:
    return causes(changes(now, then, then), now, [then, then])


def chain(extra_ms: float, **more: Any) -> Period:
    """A request through two services to a bank, which takes longer. One name stands for calls of
    the shop to three others, so their mean is small.
    """
    return period(
        root("web checkout server", 500, mean_ms=200 + extra_ms),
        group("web POST client", 500, mean_ms=190 + extra_ms),
        group("shop order server", 500, mean_ms=180 + extra_ms),
        group("shop POST client", 2_000, mean_ms=40 + extra_ms / 4),
        group("pay charge server", 500, mean_ms=120 + extra_ms),
        group("pay POST client", 1_000, mean_ms=50 + extra_ms / 2),
        group("cart get server", 500, **more),
    )


def test_the_innermost_of_what_is_slow_is_the_cause() -> None:
    told = verdict(chain(300), chain(0))
    (one,) = told.causes
    assert one.change is not None
    assert one.change.group.key == ("pay", "POST", "client")
    assert len(told.followers) == 5
    assert told.followers[0].compared.excess_ns >= told.followers[-1].compared.excess_ns


def test_each_place_where_failures_began_is_a_cause_and_the_most_felt_first() -> None:
    now = period(
        root("web x server", 1_000),
        group("pay charge server", 500, failing=40),
        group("cart get server", 500, failing=90),
    )
    then = period(
        root("web x server", 1_000),
        group("pay charge server", 500),
        group("cart get server", 500),
    )
    told = verdict(now, then)
    assert [one.change and one.change.group.service for one in told.causes] == ["cart", "pay"]
    assert [round(one.score, 2) for one in told.causes] == [0.09, 0.04]


def test_what_is_gone_is_felt_most() -> None:
    now = period(root("web x server", 1_000), group("web POST client", 900, failing=300))
    then = period(
        root("web x server", 1_000),
        group("web POST client", 900),
        group("cart get server", 900),
    )
    first, second = verdict(now, then).causes
    assert (first.gone and first.gone.service, first.change) == ("cart", None)
    assert second.change is not None


def test_what_began_earlier_stands_after_what_is_recent() -> None:
    web = root("web x server", 1_000)

    def both(pay: int, cart: int) -> Period:
        return period(
            web,
            group("pay charge server", 500, failing=pay),
            group("cart get server", 500, failing=cart),
        )

    now, before, yesterday = both(40, 200), both(0, 200), both(0, 0)
    told = causes(changes(now, before, yesterday), now, [before, yesterday])
    assert [one.change and one.change.is_recent for one in told.causes] == [True, False]


def test_more_calls_of_what_fails_are_told_with_it() -> None:
    now = period(root("web x server", 1_000), group("ship go server", 2_500, failing=900))
    then = period(root("web x server", 1_000), group("ship go server", 1_000))
    (one,) = verdict(now, then).causes
    assert one.change is not None
    assert one.change.kind == "errors"
    assert one.more_calls is not None
    assert one.more_calls.compared.excess == 1_500


def test_who_waits_for_calls_that_are_made_again_follows_from_their_failing() -> None:
    web = root("web x server", 1_000)
    over = tuple(40 if place < 4 else 0 for place in range(7))
    now = period(
        web,
        group("pay charge server", 500, mean_ms=30, sd_ms=500, over=over),
        group("pay POST client", 1_000, mean_ms=20, failing=300, origin_traces=60),
    )
    then = period(
        web,
        group("pay charge server", 500, over=(0,) * 7),
        group("pay POST client", 500, mean_ms=20),
    )
    told = verdict(now, then)
    (one,) = told.causes
    assert one.change is not None
    assert (one.change.kind, one.change.group.operation) == ("errors", "POST")
    assert one.more_calls is not None
    assert one.more_calls.compared.now == (1_000, 500)
    assert [each.group.operation for each in told.followers] == ["charge"]


def gave_up(callee_failing: int) -> Verdict:
    """The shop gives up on 75 calls after 2 s; who serves them needs 3 s."""
    web = root("web x server", 500, mean_ms=340, sd_ms=700, failing=75, origins=0, origin_traces=0)
    now = period(
        web,
        group("shop POST client", 500, mean_ms=300, sd_ms=700, failing=75),
        group("stock get server", 500, mean_ms=450, sd_ms=1_000, bad=callee_failing),
    )
    then = period(
        root("web x server", 500),
        group("shop POST client", 500),
        group("stock get server", 500),
    )
    return verdict(now, then)


def test_a_service_that_works_on_after_its_callers_gave_up_does_not_follow_from_them() -> None:
    told = gave_up(callee_failing=0)
    changed = [one.change for one in told.causes if one.change]
    assert [(one.kind, one.group.service) for one in changed] == [
        ("time", "stock"),
        ("errors", "shop"),
    ]
    assert {one.group.service for one in told.followers} == {"web", "shop"}


def test_who_passes_on_the_failures_of_slow_calls_follows_from_them() -> None:
    told = gave_up(callee_failing=75)
    assert {one.change and one.change.group.service for one in told.causes} == {"shop"}


def calling(old_calls: int) -> Verdict:
    """Two versions serve as much; the new one makes 1,800 calls for that."""
    web = root("web x server", 1_000)
    now = period(
        web,
        group("pay charge server", 300, mean_ms=80, also="2"),
        group("pay SELECT client", 1_800, also="2"),
        group("pay charge server", 300, also="1"),
        *([group("pay SELECT client", old_calls, also="1")] if old_calls else []),
    )
    then = period(
        web,
        group("pay charge server", 600, also="1"),
        group("pay SELECT client", 600, also="1"),
    )
    return verdict(now, then)


def test_a_new_version_that_makes_more_calls_is_judged_by_their_number() -> None:
    for old_calls, is_to_blame in ((300, True), (0, True), (1_500, False)):
        (one,) = calling(old_calls).causes
        assert one.change is not None
        assert one.change.kind == "calls"
        assert one.release is not None
        assert one.release.compared.is_more == is_to_blame
        assert (one.release.compared.now, one.release.compared.then) == (
            (1_800, 300),
            (old_calls, 300),
        )


def released(now_new: dict[str, Any], now_old: dict[str, Any] | None) -> Verdict:
    web = root("web x server", 1_000)
    parts = [group("pay charge server", also="2", **now_new)]
    parts += [group("pay charge server", also="1", **now_old)] if now_old else []
    return verdict(period(web, *parts), period(web, group("pay charge server", 500, also="1")))


def test_a_new_version_that_does_worse_than_the_others_is_to_blame() -> None:
    (one,) = released({"count": 250, "failing": 80}, {"count": 250}).causes
    assert one.release is not None
    assert (one.release.version, one.release.compared.is_more) == ("2", True)
    assert one.release.compared.then == (0, 250)


def test_a_new_version_on_all_pods_is_compared_with_what_was_before() -> None:
    (one,) = released({"count": 500, "failing": 80}, None).causes
    assert one.release is not None
    assert one.release.compared.then == (0, 1_000)


def test_a_new_version_that_does_no_worse_is_not_to_blame() -> None:
    (one,) = released({"count": 250, "failing": 40}, {"count": 250, "failing": 40}).causes
    assert one.release is not None
    assert not one.release.compared.is_more


def test_a_slower_version_is_judged_by_its_mean() -> None:
    (one,) = released({"count": 250, "mean_ms": 90}, {"count": 250}).causes
    assert one.release is not None
    assert one.release.compared.is_more


def test_a_new_version_of_which_the_group_has_nothing_says_nothing() -> None:
    web = root("web x server", 1_000)
    now = period(
        web,
        group("pay charge server", 500, failing=80, also="1"),
        group("pay other server", 50, also="2"),
    )
    then = period(web, group("pay charge server", 500, also="1"))
    (one,) = verdict(now, then).causes
    assert one.release is None


def test_nothing_is_a_cause_where_nothing_changed() -> None:
    told = verdict(chain(0), chain(0))
    assert told == Verdict((), ())
    empty = period()
    assert causes(changes(empty, empty, empty), empty, []) == Verdict((), ())
