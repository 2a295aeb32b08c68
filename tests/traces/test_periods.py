"""A window in sums, and how windows of unlike length are made alike."""

from dataclasses import replace

import pytest

from tests.traces.activities import HOUR_NS, MS, START_NS, group, period, root
from vtmcp.traces.periods import COMPARED_MIN, growth, scale


def test_a_period_adds_up_versions_services_and_requests() -> None:
    one = period(
        group("a x server", 30, also="1"),
        group("a x server", 12, also="2"),
        root("a y internal", 5, mean_ms=2),
        group("b z client", 50),
    )
    assert one.groups["a", "x", "server"].count == 42
    assert one.groups["a", "x", "server"].also == ""
    assert dict(one.serves) == {"a": 47, "b": 0}
    assert one.services["a"].count == 47
    assert (one.requests, one.requests_ns) == (5, 10 * MS)


def test_small_groups_are_not_compared() -> None:
    one = period(group("a x server", COMPARED_MIN), group("a y server", COMPARED_MIN - 1))
    assert one.get(("a", "x", "server")) is not None
    assert one.get(("a", "y", "server")) is None
    assert one.get(("no", "such", "group")) is None


def test_what_was_not_stored_is_not_covered() -> None:
    late = replace(group("a x server", 30), first_ns=START_NS + HOUR_NS // 2)
    assert period(late).covered_ns == HOUR_NS // 2
    assert period().covered_ns == 0
    assert scale(period(group("a x server", 30)), period(late)) == pytest.approx(2.0)
    assert scale(period(late), period()) == 0.0


def test_nothing_inside_grows_more_than_the_entry_point_that_grew_most() -> None:
    now = period(root("web x server", 300), root("web y server", 90), root("web z server", 40))
    then = period(root("web x server", 200), root("web y server", 90), root("web z server", 4))
    assert growth(now, then) == pytest.approx(1.5)
    assert growth(period(group("a x server", 9)), period(group("a x server", 9))) == 1.0
