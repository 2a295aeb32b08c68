"""The shop holds each of the quieter troubles at any moment, and nothing else is wrong."""

from collections import Counter
from itertools import pairwise

from tests.demo.samples import ANY_MOMENT, FAILED, S, find, spans_of
from vtmcp.demo.services import SERVICES
from vtmcp.traces.summary import exception_of, origin_of_failure
from vtmcp.traces.tree import build_tree


@ANY_MOMENT
def test_order_history_asks_once_for_each_order(now_ns: int) -> None:
    for trace in find(now_ns, "orders"):
        items = spans_of(trace, "SELECT order_items")
        assert len(items) >= 18
        assert {span.attributes["db.statement"] for span in items} == {
            "SELECT sku, quantity, price FROM order_items WHERE order_id = $1"
        }


@ANY_MOMENT
def test_tracking_retries_six_times_and_gives_up(now_ns: int) -> None:
    storms = find(now_ns, "shipping", tags=FAILED)
    assert len(storms) >= 10
    for trace in storms:
        tries = [span for span in spans_of(trace, "GET") if span.service == "shipping"]
        assert [span.attributes["http.request.resend_count"] for span in tries] == list("012345")
        assert all(span.failed for span in tries)


@ANY_MOMENT
def test_quotes_are_fetched_one_after_the_other(now_ns: int) -> None:
    for trace in find(now_ns, "shipping", operation="GET /quotes"):
        calls = [span for span in spans_of(trace, "GET") if span.service == "shipping"]
        assert len({span.attributes["server.address"] for span in calls}) == 6
        assert all(a.end_ns <= b.start_ns for a, b in pairwise(calls))


@ANY_MOMENT
def test_returns_wait_in_a_queue(now_ns: int) -> None:
    for trace in find(now_ns, "inventory", operation="process return.requested"):
        (sent,) = spans_of(trace, "publish return.requested")
        (taken,) = spans_of(trace, "process return.requested")
        assert taken.start_ns - sent.end_ns > 13 * S


@ANY_MOMENT
def test_a_report_has_a_gap_that_nothing_explains(now_ns: int) -> None:
    for trace in find(now_ns, "reporting", operation="GET /sales"):
        (select,), (store,) = spans_of(trace, "SELECT sales"), spans_of(trace, "SET")
        assert store.start_ns - select.end_ns > 0.8 * S


@ANY_MOMENT
def test_one_host_has_a_clock_that_is_behind(now_ns: int) -> None:
    notes = Counter[bool]()
    for trace in find(now_ns, "recommendation"):
        hosts = {span.resource["host.name"] for span in trace.spans}
        skewed = any("the clocks differ" in note for note in build_tree(trace.spans).notes)
        assert skewed == ("node-4" in hosts)
        notes[skewed] += 1
    assert notes[True]
    assert notes[False]


@ANY_MOMENT
def test_a_search_misses_the_spans_of_a_service(now_ns: int) -> None:
    for trace in find(now_ns, "catalog", operation="GET /search"):
        assert len(build_tree(trace.spans).missing_parent) == 1


@ANY_MOMENT
def test_a_cart_fails_of_its_own_now_and_then(now_ns: int) -> None:
    failed = find(now_ns, "cart", tags=FAILED)
    assert 0 < len(failed) < 20
    for trace in failed:
        origin = origin_of_failure(trace.spans)
        assert origin is not None
        exception = exception_of(origin)
        assert exception is not None
        assert exception.type.endswith("RedisTimeoutException")


@ANY_MOMENT
def test_an_export_has_thousands_of_spans_and_two_odd_ones(now_ns: int) -> None:
    exports = find(now_ns, "reporting", operation="export orders")
    assert exports
    for trace in exports:
        inserts = spans_of(trace, "INSERT export_rows")
        assert len(trace.spans) == 6_001
        assert [span.name for span in trace.spans if span.failed] == ["INSERT export_rows"]
        assert sum(span.duration_ns > S for span in inserts) == 1


@ANY_MOMENT
def test_all_else_is_healthy(now_ns: int) -> None:
    """Whatever fails is one of the troubles above."""
    troubled = {"fraud", "shipping", "cart", "reporting"}
    for service in sorted(SERVICES):
        for trace in find(now_ns, service, tags=FAILED):
            origin = origin_of_failure(trace.spans)
            assert origin is not None
            assert origin.service in troubled
