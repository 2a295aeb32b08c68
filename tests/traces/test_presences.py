"""What came, what went, and traffic that is another."""

from dataclasses import replace
from typing import Any

from tests.traces.activities import HOUR_NS, START_NS, group, period, root
from vtmcp.traces.activity import Activity
from vtmcp.traces.presences import gone, new, traffic

WEB = root("web x server", 900)
MIDDLE_NS = START_NS + HOUR_NS // 2


def cart(count: int = 600, **more: Any) -> Activity:
    return group("cart get server", count, **more)


def test_a_service_that_stopped_is_gone_since_its_last_span() -> None:
    now = period(WEB, cart(300, last_ns=MIDDLE_NS))
    (one,) = gone(now, [period(WEB, cart()), period(WEB, cart(500))])
    assert (one.kind, one.service, one.at_ns, one.spans) == ("gone", "cart", MIDDLE_NS, 250)


def test_a_service_of_which_there_is_nothing_is_gone_since_the_start() -> None:
    (one,) = gone(period(WEB), [period(WEB, cart())])
    assert (one.service, one.at_ns, one.spans) == ("cart", START_NS, 600)


def test_what_may_be_silent_by_chance_is_not_gone() -> None:
    late_ns = START_NS + HOUR_NS * 98 // 100
    assert gone(period(WEB, cart(last_ns=late_ns)), [period(WEB, cart())]) == []
    assert gone(period(WEB), [period(WEB, cart(15))]) == []


def test_what_was_not_there_in_each_period_is_not_missed() -> None:
    assert gone(period(WEB), [period(WEB, cart()), period(WEB)]) == []


def test_a_job_that_is_done_early_in_each_hour_is_not_gone_after_it() -> None:
    early = cart(last_ns=START_NS + HOUR_NS // 10)
    assert gone(period(WEB, early), [period(WEB, early), period(WEB, early)]) == []


def test_nothing_is_gone_where_there_is_nothing_at_all() -> None:
    assert gone(period(), [period(WEB)]) == []
    assert gone(period(WEB), []) == []


def test_what_no_period_had_is_new_and_versions_stand_first() -> None:
    first_ns = START_NS + 60
    now = period(
        replace(WEB, also="1"),
        replace(WEB, count=50, also="2", first_ns=first_ns),
        group("web more server", 40, also="1"),
        group("pay charge server", 700),
        group("web rare server", 3, also="1"),
    )
    found = new(now, [period(replace(WEB, also="1"))])
    assert [(one.kind, one.service, one.name, one.spans) for one in found] == [
        ("new version", "web", "2", 50),
        ("new service", "pay", "", 700),
        ("new operation", "web", "more", 40),
    ]
    assert found[0].at_ns == first_ns
    assert new(now, []) == []


def test_traffic_that_halved_or_doubled_against_each_period_is_named() -> None:
    now = period(root("web x server", 400), cart(1_300), group("pay charge server", 90))
    then = period(root("web x server", 900), cart(600), group("pay charge server", 100))
    found = {one.service: one for one in traffic(now, [then, then])}
    assert set(found) == {"web", "cart"}
    assert (found["web"].now, found["web"].expected, found["web"].comes_in) == (400, 900, True)
    assert (found["cart"].now, found["cart"].expected, found["cart"].comes_in) == (
        1_300,
        600,
        False,
    )
    as_yesterday = period(root("web x server", 420), cart(1_200))
    assert traffic(now, [then, as_yesterday]) == []


def test_little_traffic_varies_by_itself() -> None:
    then = period(WEB, cart(90))
    assert traffic(period(WEB, cart(20)), [then]) == []
    assert traffic(period(WEB, cart(99)), [period(WEB, cart(20))]) == []
