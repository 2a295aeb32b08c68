"""A trace in numbers, its root, and where it first failed."""

import pytest
from hypothesis import given

from tests.traces.samples import MS, START_NS, any_trace, exception, failed, recorded, span, trace
from vtmcp.traces.jaeger import read_trace
from vtmcp.traces.model import Event, Span, Trace
from vtmcp.traces.summary import (
    Failure,
    exception_of,
    failure_of,
    origin_of_failure,
    root_of,
    summarise,
)


def test_a_trace_lasts_from_its_first_start_to_its_last_end() -> None:
    root = span("a", at_ms=5, service="frontend")
    late = failed("c", "a", at_ms=40)
    found = summarise(trace(span("b", "a", at_ms=3, service=""), root, late))
    assert (found.start_ns, found.duration_ns) == (START_NS + 3 * MS, 47 * MS)
    assert found.root is root
    assert (found.span_count, found.failed_count) == (3, 1)
    assert found.services == ("cart", "frontend")


def test_a_trace_without_spans_is_nothing() -> None:
    found = summarise(trace())
    assert (found.root, found.start_ns, found.duration_ns, found.span_count) == (None, 0, 0, 0)


def test_a_span_that_ends_before_it_starts_does_not_shorten_its_trace() -> None:
    found = summarise(trace(span("a", duration_ns=-5 * MS), span("b", "a", duration_ns=0, at_ms=2)))
    assert (found.start_ns, found.duration_ns) == (START_NS, 2 * MS)


def test_having_an_error_tag_is_no_failure() -> None:
    assert summarise(read_trace(recorded("116-trace-checkout_nplus1")[0])).failed_count == 0
    assert summarise(read_trace(recorded("115-trace-checkout_declined")[0])).failed_count == 6


ROOTS: dict[str, tuple[list[Span], str]] = {
    "the span without a parent": ([span("b", "a"), span("a", at_ms=9)], "a"),
    "the earliest of several": ([span("b", at_ms=5), span("a", at_ms=2)], "a"),
    "else one whose parent is missing": ([span("c", "b"), span("b", "gone", at_ms=5)], "b"),
    "else the earliest of all": ([span("a", "b", at_ms=5), span("b", "a")], "b"),
}


@pytest.mark.parametrize(("spans", "root"), ROOTS.values(), ids=ROOTS)
def test_a_trace_has_a_root(spans: list[Span], root: str) -> None:
    found = root_of(spans)
    assert found is not None
    assert found.span_id == root


ORIGINS: dict[str, tuple[list[Span], str | None]] = {
    "nothing failed": ([span("a")], None),
    "the deepest of a chain": ([failed("a"), failed("b", "a"), span("c", "b")], "b"),
    "the earliest of several": (
        [failed("a"), failed("b", "a", at_ms=7), failed("c", "a", at_ms=3)],
        "c",
    ),
    "its own parent": ([failed("a", "a")], "a"),
    "a cycle of failures": ([failed("a", "b", at_ms=2), failed("b", "a")], "b"),
    "a span without an id": ([failed("a", at_ms=1), failed("", "a")], ""),
    "a failure below a span that did not fail": (
        [failed("a"), span("b", "a"), failed("c", "b", at_ms=5)],
        "c",
    ),
    "a failure on a cycle of spans that did not fail": (
        [failed("a", "b"), span("b", "c"), span("c", "a")],
        "a",
    ),
    "a parent that is missing": ([failed("a", "gone", at_ms=1), failed("b", "gone")], "b"),
}


@pytest.mark.parametrize(("spans", "origin"), ORIGINS.values(), ids=ORIGINS)
def test_a_failure_has_an_origin(spans: list[Span], origin: str | None) -> None:
    found = origin_of_failure(spans)
    assert (found.span_id if found else None) == origin


def test_the_origin_of_a_real_failure_is_its_deepest_call() -> None:
    origin = origin_of_failure(read_trace(recorded("115-trace-checkout_declined")[0]).spans)
    assert origin is not None
    assert (origin.service, origin.status_message) == ("payment", "402 Payment Required")


EXCEPTIONS: dict[str, tuple[tuple[Event, ...], Failure | None]] = {
    "no event": ((), None),
    "an event of another name": ((Event("log", 0, {"exception.type": "E"}),), None),
    "the first exception": (
        (Event("log", 0), exception("E", "m"), exception("F", "n")),
        Failure("E", "m"),
    ),
    "an exception that says nothing": ((Event("exception", 0),), Failure("", "")),
}


@pytest.mark.parametrize(("events", "found"), EXCEPTIONS.values(), ids=EXCEPTIONS)
def test_an_exception_is_read(events: tuple[Event, ...], found: Failure | None) -> None:
    assert exception_of(span("a", events=events)) == found


@given(any_trace)
def test_any_trace_has_a_summary_that_agrees_with_its_spans(any_of_them: Trace) -> None:
    found = summarise(any_of_them)
    assert found.duration_ns >= 0
    assert (found.root is None) == (not any_of_them.spans)
    assert (origin_of_failure(any_of_them.spans) is None) == (found.failed_count == 0)


FAILURES: dict[str, tuple[Span, tuple[str, str]]] = {
    "an exception": (failed("a", events=(exception("E", "no"),)), ("E", "no")),
    "the status where the exception has no message": (
        failed("a", events=(exception("E", ""),)),
        ("E", "deadlock"),
    ),
    "attributes of the span": (
        failed("a", attributes={"exception.type": "E", "exception.message": "m"}),
        ("E", "m"),
    ),
    "an error type": (failed("a", attributes={"error.type": "timeout"}), ("timeout", "deadlock")),
    "the status of a response": (
        failed("a", attributes={"http.response.status_code": "503"}),
        ("HTTP 503", "deadlock"),
    ),
    "an old name of it": (
        failed("a", attributes={"http.status_code": "500", "error.type": "500"}),
        ("HTTP 500", "deadlock"),
    ),
    "no response": (failed("a", attributes={"http.status_code": "0"}), ("", "deadlock")),
    "gRPC": (failed("a", attributes={"rpc.grpc.status_code": "14"}), ("gRPC 14", "deadlock")),
    "nothing": (failed("a", message=""), ("", "")),
}


@pytest.mark.parametrize(("one", "failure"), FAILURES.values(), ids=FAILURES)
def test_what_a_failure_is_called(one: Span, failure: tuple[str, str]) -> None:
    assert failure_of(one) == failure
