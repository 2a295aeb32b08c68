"""A group against itself before: each bound keeps something small from crying wolf."""

from typing import Any

import pytest

from tests.traces.activities import MS, group
from vtmcp.traces.activity import OVER_NS
from vtmcp.traces.comparing import COMPARISONS, Scaled, first_errors

CHANCE = 1e-5
SAME = Scaled(1_000, 1_000, 1_000, 1_000, 1.0)
SERVER, CLIENT = "payment charge server", "payment select client"
OVER_1S = OVER_NS.index(1_000 * MS)


def over(count: int) -> dict[str, Any]:
    return {"over": tuple(count if place <= OVER_1S else 0 for place in range(len(OVER_NS)))}


CASES: dict[str, tuple[str, Any, Any, Scaled, bool]] = {
    "many more fail": ("errors", (SERVER, 500, {"failing": 50}), (SERVER, 500, {}), SAME, True),
    "four more are few": ("errors", (SERVER, 500, {"failing": 4}), (SERVER, 500, {}), SAME, False),
    "six of a few may be chance": (
        "errors",
        (SERVER, 500, {"failing": 6}),
        (SERVER, 500, {"failing": 1}),
        SAME,
        False,
    ),
    "less than one in 500 is little": (
        "errors",
        (SERVER, 100_000, {"failing": 150}),
        (SERVER, 100_000, {}),
        SAME,
        False,
    ),
    "a fifth more is little": (
        "errors",
        (SERVER, 50_000, {"failing": 12_000}),
        (SERVER, 50_000, {"failing": 10_000}),
        SAME,
        False,
    ),
    "retries of one trace count once": (
        "errors",
        (SERVER, 500, {"failing": 60, "origin_traces": 3}),
        (SERVER, 500, {}),
        SAME,
        False,
    ),
    "a mean twice as long": (
        "time",
        (SERVER, 500, {"mean_ms": 20}),
        (SERVER, 500, {"mean_ms": 10}),
        SAME,
        True,
    ),
    "a tenth longer": (
        "time",
        (SERVER, 50_000, {"mean_ms": 11}),
        (SERVER, 50_000, {"mean_ms": 10}),
        SAME,
        False,
    ),
    "less than a millisecond": (
        "time",
        (SERVER, 50_000, {"mean_ms": 1.5, "sd_ms": 0.1}),
        (SERVER, 50_000, {"mean_ms": 0.8, "sd_ms": 0.1}),
        SAME,
        False,
    ),
    "a long tail of few": (
        "time",
        (SERVER, 30, {"mean_ms": 20, "sd_ms": 50}),
        (SERVER, 30, {"mean_ms": 10, "sd_ms": 5}),
        SAME,
        False,
    ),
    "some take a second": ("slow", (SERVER, 900, over(40)), (SERVER, 900, over(1)), SAME, True),
    "nine are few": ("slow", (SERVER, 400, over(9)), (SERVER, 400, over(0)), SAME, False),
    "less than one in a hundred": (
        "slow",
        (SERVER, 9_000, over(60)),
        (SERVER, 9_000, over(0)),
        SAME,
        False,
    ),
    "no more than half as many again": (
        "slow",
        (SERVER, 9_000, over(1_500)),
        (SERVER, 9_000, over(1_000)),
        SAME,
        False,
    ),
    "twenty calls for one": ("calls", (CLIENT, 20_000, {}), (CLIENT, 1_000, {}), SAME, True),
    "as many for each request": (
        "calls",
        (CLIENT, 5_000, {}),
        (CLIENT, 1_000, {}),
        Scaled(5_000, 1_000, 5_000, 1_000, 5.0),
        False,
    ),
    "a fifth more": ("calls", (CLIENT, 12_000, {}), (CLIENT, 10_000, {}), SAME, False),
    "twice as many of few": (
        "calls",
        (CLIENT, 60, {}),
        (CLIENT, 30, {}),
        Scaled(100, 100, 100, 100, 1.0),
        False,
    ),
    "served more than any entry point grew": (
        "calls",
        (SERVER, 900, {}),
        (SERVER, 500, {}),
        Scaled(0, 0, 1_000, 1_000, 1.05),
        True,
    ),
    "served as an entry point grew": (
        "calls",
        (SERVER, 900, {}),
        (SERVER, 500, {}),
        Scaled(0, 0, 1_000, 1_000, 1.8),
        False,
    ),
    "an entry point is called by nobody known": (
        "calls",
        (SERVER, 900, {"roots": 900}),
        (SERVER, 300, {"roots": 300}),
        SAME,
        False,
    ),
    "a service that served nothing": (
        "calls",
        (CLIENT, 900, {}),
        (CLIENT, 300, {}),
        Scaled(0, 0, 0, 0, 0.0),
        False,
    ),
}


@pytest.mark.parametrize(("kind", "now", "then", "scaled", "is_more"), CASES.values(), ids=CASES)
def test_what_is_more_than_chance_and_habit(
    kind: str, now: Any, then: Any, scaled: Scaled, is_more: bool
) -> None:
    groups = [group(name, count, **more) for name, count, more in (now, then)]
    assert COMPARISONS[kind](groups[0], groups[1], scaled, CHANCE).is_more is is_more


def test_what_is_more_is_measured() -> None:
    failing = group(SERVER, 400, failing=50)
    found = COMPARISONS["errors"](failing, group(SERVER, 800, failing=20), SAME, CHANCE)
    assert (found.now, found.then, found.excess) == ((50, 400), (20, 800), 40)
    slower = group(SERVER, 400, mean_ms=30)
    found = COMPARISONS["time"](slower, group(SERVER, 800, mean_ms=10, sd_ms=2), SAME, CHANCE)
    assert found.excess_ns == 400 * 20 * MS
    assert found.bad_from_ns == pytest.approx(14 * MS)
    slow = COMPARISONS["slow"](group(SERVER, 900, **over(40)), group(SERVER, 900), SAME, CHANCE)
    assert (slow.bad_from_ns, slow.now) == (1_000 * MS, (40, 900))
    calls = COMPARISONS["calls"](group(CLIENT, 3_000), group(CLIENT, 1_000), SAME, CHANCE)
    assert (calls.excess, calls.excess_ns) == (2_000, 2_000 * 10 * MS)


FIRST = {"most": (50, 20, True), "few": (50, 4, False), "one in a hundred": (1_000, 10, False)}


@pytest.mark.parametrize(("count", "failing", "is_more"), FIRST.values(), ids=FIRST)
def test_what_is_new_must_work(count: int, failing: int, is_more: bool) -> None:
    assert first_errors(group(SERVER, count, failing=failing)).is_more is is_more
