"""What fails a little in several operations is plain in all together, and only then told so."""

import pytest

from tests.traces.activities import group, period, root
from vtmcp.traces.activity import Activity
from vtmcp.traces.changes import changes, pools
from vtmcp.traces.periods import Period


def pages(failing: int, *, first: int = 0) -> list[Activity]:
    """Six pages of one service; each fails as often, and the first that often more."""
    return [
        root(f"web page{number} server", 100, failing=failing + first * (number == 0))
        for number in range(6)
    ]


FAILING: dict[str, tuple[list[Activity], list[tuple[str, str, bool]]]] = {
    "nothing": (pages(0), []),
    "a little everywhere in a service": (pages(4), [("web", "", True)]),
    "a few in all": (pages(1), []),
    "one page": (pages(0, first=20), [("web", "page0", False)]),
    "mostly one page": (pages(2, first=20), [("web", "page0", False)]),
    "a little in many services": (
        [root(f"service{number} call server", 100, failing=4) for number in range(6)],
        [("", "", True)],
    ),
}


@pytest.mark.parametrize(("parts", "named"), FAILING.values(), ids=FAILING)
def test_the_smallest_part_that_has_most_failures_is_named(
    parts: list[Activity], named: list[tuple[str, str, bool]]
) -> None:
    usual = period(*(root(" ".join(part.key), part.count) for part in parts))
    found = changes(period(*parts), usual, usual).found
    assert [(one.group.service, one.group.operation, one.is_spread) for one in found] == named


def test_where_little_fails_few_failures_are_no_chance() -> None:
    quiet = [group(f"quiet call{number} client", 100) for number in range(60)]
    usual = period(*quiet, root("shop buy server", 150))
    now = period(*quiet, root("shop buy server", 150, failing=9))
    assert [one.group.operation for one in changes(now, usual, usual).found] == ["buy"]
    # With as many groups that fail now and then, nine are what one of them does some day.
    noisy = [group(f"noisy call{number} client", 100, failing=2) for number in range(60)]
    usual = period(*noisy, root("shop buy server", 150))
    now = period(*noisy, root("shop buy server", 150, failing=9))
    found = changes(now, usual, usual)
    assert found.found == ()
    assert [one.group.operation for one in found.perhaps] == ["buy"]


def test_groups_together_are_counted_in_requests() -> None:
    one = period(
        root("web GET server", 100, failing=3),
        root("web POST server", 50, failing=150),
        group("web SELECT client", 900, failing=400),
        group("job run internal", 5),
    )
    counted = {key: (pool.count, pool.origin_traces) for key, pool in pools(one).items()}
    assert counted == {
        ("web", "", "server"): (150, 150),
        ("web", "", "client"): (150, 150),
        ("", "", ""): (150, 150),
    }
    assert pools(Period(0, 1, ())) == {}
