"""Entry points that are worse: more requests fail, or the group has changed in time."""

from tests.traces.activities import group, period, root
from vtmcp.traces.changes import changes
from vtmcp.traces.entries import Entry, worse_entries
from vtmcp.traces.periods import Period


def worse(now: Period, then: Period) -> list[Entry]:
    return worse_entries(now, [then, then], changes(now, then, then))


def test_what_fails_more_stands_before_what_is_slower() -> None:
    now = period(
        root("web slow server", 500, mean_ms=50),
        root("web fails server", 500, failing=60),
        root("web well server", 500, failing=4),
        group("pay charge server", 500, failing=60),
    )
    then = period(
        root("web slow server", 500),
        root("web fails server", 500, failing=2),
        root("web well server", 500, failing=3),
        group("pay charge server", 500),
    )
    first, second = worse(now, then)
    assert (first.group.operation, first.fails_more) == ("fails", True)
    assert (first.share, first.usual_share) == (0.12, 0.004)
    assert (second.group.operation, second.fails_more) == ("slow", False)
    assert (second.mean_ns, second.usual_ns) == (50_000_000, 10_000_000)


def test_what_is_small_or_new_is_no_entry_point_to_speak_of() -> None:
    now = period(root("web few server", 19, failing=19), root("web new server", 90, failing=90))
    assert worse(now, period(root("web few server", 19))) == []


def test_whom_a_known_failure_reaches_is_told_on_less() -> None:
    then = period(root("web x server", 320, failing=3, origin_traces=0), group("db q client", 320))
    reached = root("web x server", 400, failing=22, origin_traces=0)
    assert worse(period(reached, group("db q client", 400)), then) == []
    (one,) = worse(period(reached, group("db q client", 400, failing=22)), then)
    assert one.group.service == "web"
