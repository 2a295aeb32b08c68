"""The figures of traces as objects: exact numbers, in the order of the list."""

from tests.traces.samples import MS, START_NS, TRACE_ID, failed, span, trace
from vtmcp.handlers.traces_json import figures_objects
from vtmcp.traces.list_text import Listing
from vtmcp.traces.summary import summarise
from vtmcp.traces.trace_set import TraceSet

OLD = summarise(trace(failed("a", duration_ns=7 * MS), span("b", "a", service="db")))
NEW = summarise(trace(span("a", at_ms=5)))
EMPTY = summarise(trace())
FOUND = TraceSet((EMPTY, OLD, NEW), 9)
LISTING = Listing("", 0, START_NS, 2)


def test_a_trace_is_an_object() -> None:
    new, old = figures_objects(FOUND, LISTING)
    assert new["start"] == "2026-11-22 10:33:33.005Z"
    assert old == {
        "traceID": TRACE_ID,
        "start": "2026-11-22 10:33:33.000Z",
        "start_ns": str(START_NS),
        "duration_ns": 10 * MS,
        "root": {"service": "cart", "operation": "GET /cart"},
        "spans": 2,
        "errors": 1,
        "services": ["cart", "db"],
    }


def test_the_longest_come_first_where_that_was_asked() -> None:
    objects = figures_objects(FOUND, LISTING._replace(slowest=True, limit=3))
    assert [one["duration_ns"] for one in objects] == [10 * MS, 10 * MS, 0]
    assert objects[2]["root"] is None
