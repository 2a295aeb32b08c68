"""One line for a span, or for several of one shape."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.traces.samples import MS, START_NS, S, any_span, exception, failed, span
from vtmcp.traces.model import Span
from vtmcp.traces.span_line import INDENT_LEVELS_MAX, Marks, failure, folded_line, span_line, who

E = exception("PgError", "deadlock detected")

LINES: dict[str, tuple[Span, int, str]] = {
    "a root": (span("a"), 0, "cart GET /cart  10 ms  +0"),
    "a child with an offset": (span("a", at_ms=3), 1, "  cart GET /cart  10 ms  +3 ms"),
    "a kind that tells who called": (
        span("a", kind="client"),
        0,
        "cart GET /cart  10 ms  +0  client",
    ),
    "a kind that tells nothing": (span("a", kind="internal"), 0, "cart GET /cart  10 ms  +0"),
    "no service": (span("a", service=""), 0, "(no service) GET /cart  10 ms  +0"),
    "no name": (span("a", name=""), 0, "cart (no name)  10 ms  +0"),
    "no time at all": (span("a", duration_ns=0), 0, "cart GET /cart  0 s  +0"),
    "an end before the start": (span("a", duration_ns=-5 * MS), 0, "cart GET /cart  -5 ms  +0"),
    "the last level that is indented": (
        span("a"),
        INDENT_LEVELS_MAX,
        f"{'  ' * INDENT_LEVELS_MAX}cart GET /cart  10 ms  +0",
    ),
    "a deeper level": (span("a"), 9_999, "[d9999] cart GET /cart  10 ms  +0"),
    "a failure": (failed("a"), 0, 'cart GET /cart  10 ms  +0  ERROR "deadlock"'),
    "an exception of a span that did not fail": (
        span("a", kind="server", events=(E,)),
        0,
        'cart GET /cart  10 ms  +0  server  exception PgError "deadlock detected"',
    ),
}


@pytest.mark.parametrize(("one", "depth", "line"), LINES.values(), ids=LINES)
def test_a_span_is_a_line(one: Span, depth: int, line: str) -> None:
    marks = Marks("s7", is_leaf=True)
    written = span_line(one, depth=depth, trace_start_ns=START_NS, marks=marks)
    assert written.replace("s7 ", "", 1) == line
    assert written.lstrip(" ").removeprefix(f"[d{depth}] ").startswith("s7 ")


MARKED: dict[str, tuple[Span, Marks, str]] = {
    "on the critical path": (span("a"), Marks("s1", on_path=True), "*s1 cart GET /cart  10 ms  +0"),
    "own time": (
        span("a", kind="server"),
        Marks("s1", own_time="self 9 ms"),
        "s1 cart GET /cart  10 ms  +0  server  self 9 ms",
    ),
    "a failure that began elsewhere": (
        failed("a", events=(E,)),
        Marks("s1", origin="s9"),
        "s1 cart GET /cart  10 ms  +0  ERROR PgError from s9",
    ),
    "one that says more": (
        failed("a", events=(E,)),
        Marks("s1", origin="s9", says_more=True),
        's1 cart GET /cart  10 ms  +0  ERROR PgError "deadlock" from s9',
    ),
    "a call that nobody answered with a span": (
        span("a", kind="client", attributes={"server.address": "db one"}),
        Marks("s1", is_leaf=True),
        's1 cart GET /cart  10 ms  +0  client  to "db one"',
    ),
    "a call with spans below": (
        span("a", kind="client", attributes={"server.address": "db"}),
        Marks("s1"),
        "s1 cart GET /cart  10 ms  +0  client",
    ),
}


@pytest.mark.parametrize(("one", "marks", "line"), MARKED.values(), ids=MARKED)
def test_a_line_has_the_marks_of_its_span(one: Span, marks: Marks, line: str) -> None:
    assert span_line(one, depth=0, trace_start_ns=START_NS, marks=marks) == line


FAILURES: dict[str, tuple[Span, str]] = {
    "no failure": (span("a"), ""),
    "a status of ok": (span("a", status="ok"), ""),
    "a failure that says nothing": (failed("a", message=""), "ERROR"),
    "a type without an exception": (
        failed("a", attributes={"error.type": "Overflow"}),
        'ERROR Overflow "deadlock"',
    ),
    "a status that the message does not name": (
        failed("a", attributes={"http.response.status_code": "503"}),
        'ERROR HTTP 503 "deadlock"',
    ),
    "a status that the message names": (
        failed("a", message="503 Gone", attributes={"http.response.status_code": "503"}),
        'ERROR "503 Gone"',
    ),
    "a message": (failed("a"), 'ERROR "deadlock"'),
    "an exception's type with the status's message": (
        failed("a", events=(E,)),
        'ERROR PgError "deadlock"',
    ),
    "an exception's message when the status has none": (
        failed("a", message="", events=(E,)),
        'ERROR PgError "deadlock detected"',
    ),
    "an exception without a type": (
        failed("a", message="", events=(exception("", "boom"),)),
        'ERROR "boom"',
    ),
    "an exception without a message": (
        span("a", status_message="not for this", events=(exception("E", ""),)),
        "exception E",
    ),
    "a long message": (
        failed("a", message="x" * 1_000),
        f'ERROR "{"x" * 160}"…(+840 chars)',
    ),
    "a message that would end the line": (
        failed("a", message='no\n"x"\x1b[31m\u202e'),
        r'ERROR "no\n\"x\""',
    ),
    "a type that would pass for ours": (
        failed("a", events=(exception("E  ok", "m"),)),
        'ERROR "E  ok" "deadlock"',
    ),
}


@pytest.mark.parametrize(("one", "text"), FAILURES.values(), ids=FAILURES)
def test_a_failure_is_told(one: Span, text: str) -> None:
    assert failure(one) == text


NAMES: dict[str, tuple[Span, str]] = {
    "names": (span("a"), "cart GET /cart"),
    "a service of two words": (span("a", service="my cart"), '"my cart" GET /cart'),
    "a statement": (span("a", name="SELECT 'x'"), "cart \"SELECT 'x'\""),
    "a long name": (span("a", name="x" * 101), f'cart "{"x" * 100}"…(+1 chars)'),
    "a name that would end the line": (span("a", name="a\nb"), r'cart "a\nb"'),
}


@pytest.mark.parametrize(("one", "text"), NAMES.values(), ids=NAMES)
def test_a_name_is_quoted_unless_it_is_plainly_one(one: Span, text: str) -> None:
    assert who(one) == text


FOLD = Marks("s2", slowest="s4", lie="serial", is_leaf=True)


def folds(*spans: Span, depth: int = 1, marks: Marks = FOLD) -> str:
    return folded_line(spans, depth=depth, trace_start_ns=START_NS, marks=marks)


def test_spans_of_one_shape_are_a_line_of_numbers() -> None:
    spans = [span(f"s{n}", duration_ns=n * MS, at_ms=100 - n) for n in (5, 1, 90, 3)]
    assert folds(*spans) == (
        "  s2 x4 cart GET /cart  p50 3 ms  max 90 ms (s4)  serial  sum 99 ms  +10 ms"
    )


def test_a_fold_of_thousands_is_counted_as_we_count() -> None:
    line = folds(*[span("a", duration_ns=S)] * 6_000, depth=21)
    assert line == (
        "[d21] s2 x6,000 cart GET /cart  p50 1 s  max 1 s (s4)  serial  sum 1 h 40 min  +0"
    )


def test_a_fold_of_failed_spans_says_so() -> None:
    line = folds(*[failed("a", events=(E,))] * 3)
    assert line.endswith('  +0  ERROR PgError "deadlock"')


def test_a_fold_of_spans_with_an_exception_says_so() -> None:
    line = folds(*[span("a", events=(E,))] * 3)
    assert line.endswith('  +0  exception PgError "deadlock detected"')


def test_a_fold_of_calls_says_where_they_go() -> None:
    def calls(*hosts: str) -> str:
        return folds(
            *(span("a", kind="client", attributes={"server.address": host}) for host in hosts)
        )

    assert calls("db", "db", "db").endswith("  +0  to db")
    assert calls("db", "b", "c").endswith("  +0  to 3 targets")
    assert calls("", "", "").endswith("  +0")


def test_a_fold_of_failures_that_are_passed_on_repeats_no_message() -> None:
    line = folds(*[failed("a", events=(E,))] * 3, marks=FOLD._replace(origin="below"))
    assert line.endswith("  +0  ERROR PgError from below")


@given(any_span, st.integers(0, 10_000), st.integers(-(2**63), 2**63))
def test_any_span_is_one_line_of_bounded_length(one: Span, depth: int, start_ns: int) -> None:
    for line in (
        span_line(one, depth=depth, trace_start_ns=start_ns, marks=FOLD),
        folded_line([one] * 3, depth=depth, trace_start_ns=start_ns, marks=FOLD),
    ):
        assert len(line.splitlines()) == 1
        assert len(line) < 1_200
        assert not {"\x1b", "\u202e", "\u200b", "\x00"} & set(line)
