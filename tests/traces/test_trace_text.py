"""The text of one trace: verdict, notes, tree, and that a size is held without losing a failure."""

import re
import sys
from collections.abc import Callable
from itertools import pairwise
from types import FrameType
from typing import Any, NamedTuple

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.traces.samples import (
    MS,
    START_NS,
    TRACE_ID,
    any_trace,
    batch_job,
    exception,
    failed,
    recorded,
    span,
    trace,
)
from vtmcp.traces.compare import compare
from vtmcp.traces.compare_text import comparison_text
from vtmcp.traces.critical_text import critical_text
from vtmcp.traces.jaeger import read_trace
from vtmcp.traces.model import Span, Trace
from vtmcp.traces.page import GAP_HINT
from vtmcp.traces.reading import read_closely
from vtmcp.traces.trace_text import NEXT_CALL_BYTES_MAX, Calls, View, trace_text

VERDICT = f"trace {TRACE_ID}: "
STARTED = "started 2026-11-22 10:33:33.000Z"


MARKED = "* marks the critical path"


def text_of(one: Trace, **more: Any) -> str:
    return trace_text(read_closely(one), **more)


SMALL: dict[str, tuple[Trace, str]] = {
    "one span": (
        trace(span("a")),
        f"{VERDICT}1 span, 1 service, 10 ms, {STARTED}, no failed spans\n"
        "*s1 cart GET /cart  10 ms  +0",
    ),
    "a failure, told first and where it began": (
        trace(
            failed("a", message="gave up", duration_ns=50 * MS, kind="server"),
            failed("b", "a", service="pay", name="POST", at_ms=3, events=(exception("E", "m"),)),
        ),
        f"{VERDICT}2 spans, 2 services, 50 ms, {STARTED}, 2 failed spans\n"
        'first error: pay POST  s2  +3 ms  ERROR E "deadlock"\n'
        f"{MARKED}\n"
        "*s1 cart GET /cart  50 ms  +0  server  self 40 ms  ERROR from s2\n"
        '  *s2 pay POST  10 ms  +3 ms  ERROR E "deadlock"',
    ),
    "an exception on the way that says more": (
        trace(
            failed("a", message="gave up", events=(exception("Upstream", "no"),)),
            failed("b", "a", events=(exception("E", "m"),)),
        ),
        f"{VERDICT}2 spans, 1 service, 10 ms, {STARTED}, 2 failed spans\n"
        'first error: cart GET /cart  s2  +0 s  ERROR E "deadlock"\n'
        f"{MARKED}\n"
        '*s1 cart GET /cart  10 ms  +0  ERROR Upstream "gave up" from s2\n'
        '  *s2 cart GET /cart  10 ms  +0  ERROR E "deadlock"',
    ),
    "what cannot be trusted, before the tree": (
        trace(span("a"), span("b", "gone")),
        f"{VERDICT}2 spans, 1 service, 10 ms, {STARTED}, no failed spans\n"
        "note: 1 span names a parent that is not in the trace: gone\n"
        "note: what called s2 cart GET /cart is missing\n"
        f"{MARKED}\n"
        "*s1 cart GET /cart  10 ms  +0\n"
        "s2 cart GET /cart  10 ms  +0",
    ),
    "a trace that goes on after its root": (
        trace(span("a"), span("b", "a", at_ms=30, kind="consumer")),
        f"{VERDICT}2 spans, 1 service, 40 ms (root 10 ms), {STARTED}, no failed spans\n"
        f"{MARKED}\n"
        "*s1 cart GET /cart  10 ms  +0  self 10 ms\n"
        "  *s2 cart GET /cart  10 ms  +30 ms  consumer",
    ),
    "a finding, and equal siblings in one line": (
        trace(
            span("a", duration_ns=120 * MS),
            *(span(f"q{n}", "a", name="GET q", kind="client", at_ms=10 * n) for n in range(12)),
        ),
        f"{VERDICT}13 spans, 1 service, 120 ms, {STARTED}, no failed spans\n"
        "finding: N+1: x12 cart GET q (s2 to s13), one after the other,"
        " 120 ms of the trace's 120 ms below s1 cart GET /cart\n"
        f"{MARKED}\n"
        "*s1 cart GET /cart  120 ms  +0\n"
        "  *s2 x12 cart GET q  p50 10 ms  max 10 ms (s2)  serial  sum 120 ms  +0\n"
        "Folded: 12 spans into 1 line, xN is N of one name.\n"
        f'Next: trace(trace_id="{TRACE_ID}", span="s1")',
    ),
    "no spans": (trace(), f"trace {TRACE_ID}: no spans"),
    "no id": (Trace("", ()), "trace without id: no spans"),
    "an id from a stranger": (Trace("a\n\x1b[31mb c", ()), r'trace "a\nb c": no spans'),
}


@pytest.mark.parametrize(("one", "text"), SMALL.values(), ids=SMALL)
def test_a_trace_is_a_verdict_and_a_tree(one: Trace, text: str) -> None:
    assert text_of(one) == text


def test_a_notice_stands_between_the_verdict_and_the_tree() -> None:
    lines = text_of(trace(span("a"), span("b")), notice="This is demo data.").splitlines()
    assert lines[1:3] == ["This is demo data.", "note: 2 roots"]
    assert text_of(trace(), notice="Demo.").endswith("no spans\nDemo.")


RECORDED = {
    "115-trace-checkout_declined": [
        "trace d777a4774c66e0a8a013ac6ededa4e16: 18 spans, 5 services, 306 ms,"
        " started 2026-11-22 09:34:16.480Z, 6 failed spans",
        'first error: payment POST  s17  +48 ms  ERROR "402 Payment Required"',
        MARKED,
        "*s1 frontend POST /checkout  306 ms  +0  server  ERROR from s17",
    ],
    "117-trace-unicode": [
        "trace 4aabd087bda8a7738493ccb0f8ee2581: 2 spans, 2 services, 90 ms,"
        " started 2026-11-22 10:18:33.194Z, no failed spans",
        MARKED,
        "*s1 каталог-サービス-🛒 GET /поиск/検索 🔎  90 ms  +0  server",
        r'  *s2 "legacy/billing v2?x=1#frag" "SELECT * FROM \"weird\"; DROP TABLE x; --"'
        "  80 ms  +1 ms  client",
    ],
    "119-trace-orphan": [
        "trace cea1cb7fa303a0f474ef052c98e0493c: 2 spans, 1 service, 6 ms,"
        " started 2026-11-22 10:20:33.194Z, no failed spans",
        "note: no root span: lost, or not yet arrived",
        "note: 2 spans name a parent that is not in the trace: ffffffffffffffff, eeeeeeeeeeeeeeee",
        "note: what called s1 shipping pack is missing",
        "note: what called s2 shipping label is missing",
        MARKED,
        "*s1 shipping pack  5 ms  +0",
        "*s2 shipping label  5 ms  +1 ms",
    ],
    "121-trace-clock_skew": [
        "trace a3d0766ea1837df54f09e697d519bf80: 3 spans, 2 services, 251 ms (root 50 ms),"
        " started 2026-11-22 10:22:33.194Z, no failed spans",
        "note: 1 span starts before its parent, by up to 250 ms: the clocks differ",
        "note: clock of inventory on node-1 is about 250 ms behind its callers':"
        " its 2 spans are shown 250 ms later",
        MARKED,
        "*s1 frontend GET /skew  50 ms  +0  server  self 10 ms",
        "  *s2 inventory skewed  40 ms  +0  server",
        "  s3 inventory instant  0 s  +251 ms",
    ],
    "123-trace-cycle": [
        "trace 26bf08da1ab55a80431edda3ed985f04: 2 spans, 1 service, 9 ms,"
        " started 2026-11-22 10:23:33.194Z, no failed spans",
        "note: a parent cycle was cut at span 2c0dfcc578837acb",
        MARKED,
        "*s1 shipping cycle a  9 ms  +0  self 2 ms",
        "  *s2 shipping cycle b  7 ms  +1 ms",
    ],
    "125-trace-self_parent": [
        "trace b0ce98b972a2e04a61c4060e5b7d158e: 1 span, 1 service, 9 ms,"
        " started 2026-11-22 10:25:33.194Z, no failed spans",
        "note: 1 span names itself as parent: 42221944208ebe6a",
        "*s1 cart selfie  9 ms  +0",
    ],
    "126-trace-no_service": [
        "trace 5788b5fc5db3f7755de1ec2f0d61510d: 1 span, 0 services, 9 ms,"
        " started 2026-11-22 10:26:33.194Z, no failed spans",
        "*s1 (no service) nameless  9 ms  +0",
    ],
}


@pytest.mark.parametrize(("name", "lines"), RECORDED.items(), ids=RECORDED)
def test_a_recorded_trace_begins_like_this(name: str, lines: list[str]) -> None:
    assert text_of(read_trace(recorded(name)[0])).splitlines()[: len(lines)] == lines


def test_a_trace_of_six_thousand_spans_is_a_few_lines_with_each_failure() -> None:
    text = text_of(read_trace(recorded("131-trace-huge")[0]))
    assert len(text.encode()) < 2_500
    lines = text.splitlines()
    assert "6,000 spans" in lines[0]
    assert lines[1].startswith(
        "first error: batch-worker UPDATE ledger  s1995  +16.3 s  ERROR PgError "
    )
    assert _counts(text) == _Counts(shown=6_000, shown_failed=5)


def test_three_hundred_levels_are_shown_by_number_and_the_rest_is_counted() -> None:
    whole = read_trace(recorded("128-trace-deep_300")[0])
    assert "\n[d299] *s300 recursive level 9  " in text_of(whole)
    short = text_of(whole, max_bytes=3_000)
    assert len(short.encode()) <= 3_000
    assert _told(short) == 300


NEXT_CALLS = {
    "a larger size": (1_000, f'trace(trace_id="{TRACE_ID}", max_bytes='),
    "the JSON when no size would do": (
        NEXT_CALL_BYTES_MAX,
        f'trace(trace_id="{TRACE_ID}", format="json")',
    ),
}


@pytest.mark.parametrize(("max_bytes", "call"), NEXT_CALLS.values(), ids=NEXT_CALLS)
def test_the_last_line_names_the_next_call(max_bytes: int, call: str) -> None:
    last = text_of(_all_different(20_000), max_bytes=max_bytes).splitlines()[-1]
    assert last.startswith(f"Next: {call}")


def test_the_next_call_that_is_named_shows_all() -> None:
    whole = _all_different(300)
    last = text_of(whole, max_bytes=2_000).splitlines()[-1]
    wanted = re.search(r"max_bytes=(\d+)\)$", last)
    assert wanted
    assert "Left out" not in text_of(whole, max_bytes=int(wanted[1]))


def test_the_callers_next_call_is_used() -> None:
    calls = Calls("more()", lambda handle: f"centre({handle})", "deeper()")
    text = text_of(_all_different(300), max_bytes=2_000, calls=calls)
    assert text.endswith("\nNext: more()")


def test_a_line_that_fits_to_the_last_byte_is_not_lost() -> None:
    whole = _all_different(20)
    text = text_of(whole)
    assert _told(text) == 20
    size_bytes = len(text.encode())
    for max_bytes in range(size_bytes - 3, size_bytes + 3):
        assert _told(text_of(whole, max_bytes=max_bytes)) == 20


def test_many_failures_of_one_kind_are_folded_when_they_would_fill_the_answer() -> None:
    text = text_of(batch_job(50, 20, failing_every=2), max_bytes=3_000)
    assert re.search(r"x500 batch UPDATE  p50 10 ms  max 10 ms \(s\d+\)  parallel", text)
    assert _counts(text) == _Counts(shown=1_051, shown_failed=500)


def test_few_failures_stay_alone_among_what_is_folded() -> None:
    text = text_of(batch_job(50, 20, failing_every=250), max_bytes=3_000)
    assert len(re.findall(r"\n    \*?s\d+ batch UPDATE", text)) == 4
    assert _counts(text) == _Counts(shown=1_051, shown_failed=4)


def test_different_failures_are_never_told_as_one() -> None:
    spans = [span("root")]
    for n in range(600):
        events = (exception(f"E{n % 2}", "m"),)
        spans.append(failed(f"f{n}", "root", message="", name="call", events=events))
    text = text_of(trace(*spans), max_bytes=2_000)
    times = r"p50 10 ms  max 10 ms \(s\d+\)  parallel \(up to 300\)  busy 10 ms  sum 3 s"
    line = f"x300 cart call  {times}"
    assert re.search(rf'{line}  \+0  ERROR E0 "m"', text)
    assert re.search(rf'{line}  \+0  ERROR E1 "m"', text)


def test_a_failure_is_shown_before_what_is_slow_and_with_what_leads_to_it() -> None:
    spans = [span("root")]
    spans += [span(f"s{n}", "root", name=f"slow{n}", duration_ns=9_000 * MS) for n in range(500)]
    spans += [span("up", "root", name="way", at_ms=1), failed("f", "up", name="last", at_ms=2)]
    text = text_of(trace(*spans), max_bytes=2_000)
    lines = text.splitlines()
    assert re.search(r"\n  \*?s\d+ cart way  10 ms  \+1 ms\n", text)
    assert re.search(r'\n    \*?s\d+ cart last  10 ms  \+2 ms  ERROR "deadlock"\n', text)
    assert "Left out: " in lines[-2]
    assert ", 0 of them failed." in lines[-2]


def test_a_head_larger_than_the_answer_is_cut_with_a_mark_and_all_is_counted() -> None:
    whole = trace(*(failed(f"f{n}", message="é" * 160) for n in range(50)))
    text = text_of(whole, max_bytes=300)
    assert len(text.encode()) <= 300
    assert text.startswith(VERDICT)
    assert "…\nLeft out: 50 of 50 spans, 50 of them failed.\nNext: trace(" in text


HOSTILE = "a\nb\r\x1b[31m\x1b]0;t\x07\u202e\u2066\u200b\ufeff\x00\x85\u2028\"\\' c"
RAW = set("\r\x1b\x07\u202e\u2066\u200b\ufeff\x00\x85\u2028")


def test_hostile_text_never_reaches_the_answer_raw() -> None:
    one = Span(
        trace_id=HOSTILE,
        span_id=HOSTILE,
        parent_span_id=HOSTILE[1:],
        service=HOSTILE,
        name=HOSTILE,
        kind=HOSTILE,
        start_ns=START_NS,
        duration_ns=1,
        status="error",
        status_message=HOSTILE,
        events=(exception(HOSTILE, HOSTILE),),
    )
    for spans in ((one,), (one,) * 3, (one,) * 500):
        text = text_of(Trace(HOSTILE, spans), max_bytes=2_000)
        assert not RAW & set(text)
        allowed = (
            "trace ",
            "first error: ",
            "note: ",
            "finding: ",
            MARKED,
            "s",
            "*s",
            "Folded: ",
            "Left out: ",
            "Next: ",
        )
        assert all(line.startswith(allowed) for line in text.splitlines())


@given(any_trace, st.integers(0, 3_000))
def test_any_trace_keeps_its_size(one: Trace, max_bytes: int) -> None:
    text = text_of(one, max_bytes=max_bytes)
    assert len(text.encode()) <= max_bytes
    assert not RAW & set(text)
    assert text.startswith("trace ") or max_bytes < 300


_STATUSES = st.sampled_from(["unset", "unset", "ok", "error"])
_ANY_PLAIN_SPAN = st.builds(
    lambda own, parent, name, status, message, **times: span(
        own, parent, name=name, status=status, status_message=message, **times
    ),
    st.sampled_from([f"s{n}" for n in range(40)]),
    st.sampled_from(["", "gone", *(f"s{n}" for n in range(40))]),
    st.sampled_from(["get", "put", "list"]),
    _STATUSES,
    st.sampled_from(["", "deadlock", "m" * 150]),
    at_ms=st.integers(-20, 20),
    duration_ns=st.sampled_from([0, -MS, MS, 2_000 * MS]),
)


@given(
    st.lists(_ANY_PLAIN_SPAN, max_size=120),
    st.integers(1_000, 6_000),
)
def test_every_span_and_every_failure_is_shown_or_counted(
    spans: list[Span], max_bytes: int
) -> None:
    text = text_of(trace(*spans), max_bytes=max_bytes)
    assert len(text.encode()) <= max_bytes
    counts = _counts(text)
    assert counts.shown + counts.left_out == len(spans)
    assert counts.shown_failed + counts.left_out_failed == sum(one.failed for one in spans)
    lines = text.splitlines()
    assert counts.left_out == 0 or lines[-1].startswith("Next: ")
    assert (GAP_HINT in lines) == any(".. " in line for line in lines if line != GAP_HINT)


def _chain(count: int) -> list[Span]:
    return [span(f"s{n}", f"s{n - 1}" if n else "", at_ms=n) for n in range(count)]


SHAPES: dict[str, Callable[[int], list[Span]]] = {
    "a chain": _chain,
    "a chain from its end": lambda count: _chain(count)[::-1],
    "a ring": lambda count: [span(f"s{n}", f"s{(n + 1) % count}", at_ms=n) for n in range(count)],
    "pairs of parents": lambda count: [span(f"s{n}", f"s{n ^ 1}") for n in range(count)],
    "one parent of all": lambda count: [span(f"s{n}", "s0" if n else "") for n in range(count)],
    "one id": lambda count: [span("a", "a" if n % 2 else "b") for n in range(count)],
    "missing parents": lambda count: [span(f"s{n}", f"gone{n}") for n in range(count)],
    "a chain of failures": lambda count: [
        failed(f"s{n}", f"s{n - 1}" if n else "", str(n), at_ms=n) for n in range(count)
    ],
    "failures all different": lambda count: list(_all_different(count, failing=True).spans),
    "names all different": lambda count: list(_all_different(count).spans),
    "long names": lambda count: [span(f"s{n}", name=f"{n}{'é' * 500}") for n in range(count)],
    "names in threes": lambda count: [span(f"s{n}", name=f"name{n // 3}") for n in range(count)],
    "attempts that fail": lambda count: [
        failed(f"s{n:05}", "s00000" if n else "", kind="client", at_ms=11 * n) for n in range(count)
    ],
    "reads one after the other": lambda count: [
        span(f"s{n:05}", "s00000" if n else "", name="GET", kind="client", at_ms=10 * n)
        for n in range(count)
    ],
    "wrappers in wrappers": lambda count: [
        span(f"s{n}", f"s{n - 1}" if n % 100 else "s0" if n else "", at_ms=n % 97)
        for n in range(count)
    ],
    "messages that wait": lambda count: [
        span(
            f"s{n}",
            f"s{n - 1}" if n else "",
            name=f"n{n % 9}",
            at_ms=2_000 * n,
            kind="consumer" if n % 2 else "producer",
        )
        for n in range(count)
    ],
    "slow ones of many kinds": lambda count: [
        span(
            f"s{n}",
            f"s{n - n % 9}" if n else "",
            name=f"n{n // 9}",
            duration_ns=9_000 * MS if n % 9 == 5 else MS,
        )
        for n in range(count)
    ],
    "clocks that are all wrong": lambda count: [
        span(f"s{n}", f"s{n - 1}" if n else "", service=f"v{n % 50}", at_ms=-9 * n)
        for n in range(count)
    ],
    "a fan of folds": lambda count: [
        span(f"s{n}", f"s{n // 3}" if n else "", name=f"n{n % 7}") for n in range(count)
    ],
}


@pytest.mark.parametrize("shape", SHAPES.values(), ids=SHAPES)
def test_ten_thousand_spans_of_any_shape_keep_the_size(shape: Callable[[int], list[Span]]) -> None:
    spans = shape(10_000)
    text = text_of(trace(*spans), max_bytes=4_000)
    assert len(text.encode()) <= 4_000
    counts = _counts(text)
    assert counts.shown + counts.left_out == 10_000
    assert counts.shown_failed + counts.left_out_failed == sum(one.failed for one in spans)


@pytest.mark.parametrize("shape", SHAPES.values(), ids=SHAPES)
def test_at_any_size_every_span_is_shown_or_counted(shape: Callable[[int], list[Span]]) -> None:
    spans = shape(200)
    for max_bytes in range(1_000, 5_000, 61):
        text = text_of(trace(*spans), max_bytes=max_bytes)
        assert len(text.encode()) <= max_bytes
        counts = _counts(text)
        assert counts.shown + counts.left_out == 200
        assert counts.shown_failed + counts.left_out_failed == sum(one.failed for one in spans)


@pytest.mark.parametrize("shape", SHAPES.values(), ids=SHAPES)
def test_the_work_grows_with_the_trace_and_no_faster(shape: Callable[[int], list[Span]]) -> None:
    few, many = (_lines_run(trace(*shape(count))) for count in (250, 1_000))
    assert many < few * 5, f"{few} lines of code ran for 250 spans, {many} for 1,000"


def _lines_run(one: Trace) -> int:
    """Return how many lines of Python run for all texts: no other load changes that."""
    count = 0

    def tracer(_frame: FrameType, what: str, _argument: Any) -> Any:
        nonlocal count
        count += what == "line"
        return tracer

    before = sys.gettrace()
    sys.settrace(tracer)
    try:
        reading = read_closely(one)
        trace_text(reading, max_bytes=2_000)
        critical_text(reading, max_bytes=2_000)
        comparison_text(reading, reading, compare(reading, reading), max_bytes=2_000)
    finally:
        sys.settrace(before)
    return count


def _all_different(count: int, *, failing: bool = False) -> Trace:
    make = failed if failing else span
    return trace(
        span("root"),
        *(make(f"s{n}", "root", name=f"name{n}", at_ms=n) for n in range(1, count)),
    )


CENTRED = [
    span("root", duration_ns=100 * MS),
    span("a", "root", name="a", duration_ns=90 * MS, at_ms=1),
    *(span(f"q{n}", "a", name="q", duration_ns=MS, at_ms=2 + n) for n in range(4)),
    span("below", "q1", name="below", duration_ns=0, at_ms=3),
    span("b", "root", name="b", at_ms=95),
]

VIEWS: dict[str, tuple[View, list[str]]] = {
    "all": (
        View(),
        [
            "s1 cart GET /cart",
            "s2 cart a",
            "s3 x3 cart q",
            "s4 cart q",
            "s5 cart below",
            "s8 cart b",
        ],
    ),
    "the root alone": (View(depth=0), ["s1 cart GET /cart"]),
    "one level": (View(depth=1), ["s1 cart GET /cart", "s2 cart a", "s8 cart b"]),
    "a centre, all below it one by one": (
        View(centre=1),
        [
            "s1 cart GET /cart",
            "s2 cart a",
            "s3 cart q",
            "s4 cart q",
            "s5 cart below",
            "s6 cart q",
            "s7 cart q",
        ],
    ),
    "a centre and one level below it": (
        View(centre=1, depth=1),
        ["s1 cart GET /cart", "s2 cart a", *(f"s{n} cart q" for n in (3, 4, 6, 7))],
    ),
    "a centre alone": (View(centre=3, depth=0), ["s1 cart GET /cart", "s2 cart a", "s4 cart q"]),
}


@pytest.mark.parametrize(("view", "names"), VIEWS.values(), ids=VIEWS)
def test_a_view_is_what_leads_to_a_span_and_is_below_it(view: View, names: list[str]) -> None:
    text = text_of(trace(*CENTRED), view=view)
    tree = [line for line in text.splitlines() if re.match(r" *\*?s\d", line)]
    assert [line.lstrip(" *").partition("  ")[0] for line in tree] == names
    levels = [(len(line) - len(line.lstrip(" "))) // 2 for line in tree]
    assert levels[0] == 0
    assert all(after - before <= 1 for before, after in pairwise(levels))


def test_a_view_names_its_centre_and_the_call_that_shows_all_levels() -> None:
    text = text_of(trace(*CENTRED), view=View(centre=1, depth=1))
    assert "\nshown: s2 cart a, what leads to it, and 5 spans below it\n" in text
    assert text.endswith(
        f'Left out: 1 of 8 spans, 0 of them failed.\nNext: trace(trace_id="{TRACE_ID}")'
    )


def test_a_centre_with_more_below_it_than_fits_is_folded_and_the_next_call_has_more_room() -> None:
    spans = [span("root"), *(span(f"s{n}", "root", name="q", at_ms=n) for n in range(300))]
    calls = Calls("larger()", lambda handle: f"centre({handle})", "deeper()")
    text = text_of(trace(*spans), view=View(centre=0), max_bytes=2_000, calls=calls)
    assert "x300 cart q" in text
    assert text.endswith("Next: larger()")
    assert text_of(trace(*spans), max_bytes=2_000, calls=calls).endswith("Next: centre(s1)")
    roots = [span(f"r{n}") for n in range(300)]
    no_larger = calls._replace(larger="")
    assert text_of(trace(*roots), calls=no_larger).endswith("xN is N of one name.")


@given(any_trace, st.data())
def test_any_view_of_any_trace_keeps_its_size(one: Trace, data: st.DataObject) -> None:
    reading = read_closely(one)
    view = View(
        data.draw(st.integers(-1, len(one.spans) - 1)), data.draw(st.sampled_from([-1, 0, 1, 3]))
    )
    max_bytes = data.draw(st.integers(0, 3_000))
    text = trace_text(reading, view=view, max_bytes=max_bytes)
    assert len(text.encode()) <= max_bytes


def test_many_findings_leave_room_for_the_tree() -> None:
    spans = [span("root", duration_ns=90_000 * MS)]
    for n in range(30):
        call = {"name": f"GET q{n}", "kind": "client", "duration_ns": 250 * MS}
        spans += [span(f"{n}-{m}", "root", at_ms=3_000 * n + 250 * m, **call) for m in range(10)]
    text = text_of(trace(*spans))
    assert "\nfinding: 24 more (N+1)\n" in text
    short = text_of(trace(*spans), max_bytes=1_200)
    assert 1 <= short.count("finding: ") <= 4
    assert "*s1 cart" in short


class _Counts(NamedTuple):
    """How many spans a text shows and counts as left out."""

    shown: int = 0
    shown_failed: int = 0
    left_out: int = 0
    left_out_failed: int = 0


_LINE = re.compile(
    r" *(?:\.\. )?(?:\[d\d+\] )?\*?s\d+ (?:x(?P<fold>[\d,]+) )?[\w-]+ \S.*  (?:p50 )?-?\d.*"
)
_LEFT_OUT = re.compile(r"Left out: ([\d,]+) of [\d,]+ spans?, ([\d,]+) of them failed\.")
_NO_SPANS = (
    *("trace ", "first error: ", "note: ", "finding: ", MARKED, "Folded: ", "Next: ", GAP_HINT),
)


def _counts(text: str) -> _Counts:
    """Count the spans of a text whose names are plain."""
    shown = shown_failed = left_out = left_out_failed = 0
    for line in text.splitlines():
        if found := _LEFT_OUT.fullmatch(line):
            left_out, left_out_failed = map(_number, found.groups())
        elif not line.startswith(_NO_SPANS):
            match = _LINE.fullmatch(line)
            assert match, line
            spans = _number(match["fold"] or "1")
            shown += spans
            shown_failed += spans if "  ERROR" in line else 0
    return _Counts(shown, shown_failed, left_out, left_out_failed)


def _told(text: str) -> int:
    counts = _counts(text)
    return counts.shown + counts.left_out


def _number(text: str) -> int:
    return int(text.replace(",", ""))
