"""Which groups are compared, and values compared in each of many operations."""

import math

import pytest

from tests.traces.activities import group
from vtmcp.traces.strata import strata, within_operations


def test_where_most_began_comes_first_and_where_requests_come_in() -> None:
    fraud = group("fraud assess server", 500, failing=90)
    charge = group("payment charge server", 500, failing=90, origins=0, origin_traces=0)
    checkout = group("frontend checkout server", 500, failing=90, origins=0, bad_roots=90)
    stray = group("cart get client", 900, failing=4)
    healthy = group("cart put server", 900)
    found = strata([stray, checkout, charge, fraud, healthy])
    assert found.origins == (fraud,)
    assert found.origin is fraud
    assert found.entry is checkout
    assert found.between == (charge,)
    assert (found.is_concentrated, found.operations) == (True, 2)
    assert found.share == pytest.approx(90 / 94)


def test_several_origins_are_compared_where_they_can_be() -> None:
    groups = [group(f"s{n} o server", 500, failing=50 - n) for n in range(5)]
    groups.append(group("all o server", 52, failing=52))
    found = strata(groups)
    assert [one.service for one in found.origins] == ["all", "s0", "s1"]
    assert not found.is_concentrated
    assert found.entry is None


def test_a_value_is_compared_within_operations() -> None:
    """On the bad node fail 20 of 100, elsewhere 2 of 100, whatever the operation's own share."""
    groups = [
        group("a x server", 100, failing=20, also="bad"),
        group("a x server", 100, failing=2, also="good"),
        group("b y server", 1_000, failing=200, also="bad"),
        group("b y server", 1_000, failing=20, also="good"),
    ]
    found = {one.value.text: one for one in within_operations("node", groups)}
    assert found["bad"].lift.estimate == pytest.approx(10.0)
    assert found["bad"].lift.low > 5
    assert found["bad"].chance < 1e-20
    assert (found["bad"].value.bad, found["bad"].value.rest) == (220, 880)
    assert found["good"].lift.estimate == pytest.approx(0.1)
    assert found["good"].chance > 0.99


def test_a_mix_of_operations_is_no_difference() -> None:
    """The node runs more of what fails anyway: over all spans it would look ten times as bad."""
    groups = [
        group("a x server", 900, failing=90, also="n1"),
        group("a x server", 100, failing=10, also="n2"),
        group("b y server", 100, failing=1, also="n1"),
        group("b y server", 900, failing=9, also="n2"),
    ]
    for one in within_operations("node", groups):
        assert one.lift.estimate == pytest.approx(1.0)
        assert one.chance == 1.0


def test_a_few_in_each_of_many_operations_are_no_certainty() -> None:
    """Nine of seventeen on a seventh of the spans: by the normal distribution that were sure."""
    groups = [
        part
        for number in range(17)
        for part in (
            group(f"a x{number} server", 10, failing=int(number < 9), also="n1"),
            group(f"a x{number} server", 60, failing=int(number >= 9), also="n2"),
        )
    ]
    found = {one.value.text: one for one in within_operations("node", groups)}
    share = [math.comb(17, k) * 6 ** (17 - k) / 7**17 for k in range(9, 18)]
    assert found["n1"].chance == pytest.approx(sum(share))


NOTHING = {
    "all spans of the operation have the value": [group("a x server", 9, failing=3, also="n")],
    "no value": [group("a x server", 9, failing=3), group("a x server", 9)],
    "nothing bad": [group("a x server", 9, also="n"), group("a x server", 9, also="m")],
}


@pytest.mark.parametrize("groups", NOTHING.values(), ids=NOTHING)
def test_what_says_nothing(groups: list) -> None:  # type: ignore[type-arg]
    assert within_operations("node", groups) == []


def test_a_share_of_nothing_elsewhere_is_still_a_number() -> None:
    groups = [
        group("a x server", 50, failing=20, also="bad"),
        group("a x server", 50, also="good"),
    ]
    (one,) = within_operations("node", groups)
    assert one.lift.low < one.lift.estimate < one.lift.high < float("inf")
