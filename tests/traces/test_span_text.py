"""Spans in full: everything that was recorded, quoted as data, within the size."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.traces.samples import (
    MS,
    START_NS,
    TRACE_ID,
    any_trace,
    exception,
    failed,
    recorded,
    span,
    trace,
)
from vtmcp.traces.jaeger import read_trace
from vtmcp.traces.model import Event, Link, Trace
from vtmcp.traces.reading import read_closely
from vtmcp.traces.span_text import CHILDREN_TOLD_MAX, spans_text

ONE = trace(
    span("root", duration_ns=50 * MS),
    failed(
        "a",
        "root",
        at_ms=3,
        kind="client",
        attributes={"url.full": "http://a/b", "b": "two\nlines"},
        events=(exception("E", "m"), Event("", START_NS + 5 * MS)),
        links=(Link(TRACE_ID, "root", {"why": "batch"}), Link("f" * 32, "")),
        scope={"otel.scope.name": "app"},
        resource={"host.name": "node-1"},
    ),
    span("b", "a", at_ms=4, duration_ns=6 * MS),
)


def test_a_span_is_told_in_full() -> None:
    assert spans_text(read_closely(ONE), [1]).splitlines() == [
        f"1 span of trace {TRACE_ID}",
        '*s2 cart GET /cart  10 ms  +3 ms  client  self 4 ms  ERROR E "deadlock"',
        "  span id a, parent s1 cart GET /cart, 1 child (s3)",
        "  started 2026-11-22 10:33:33.003Z, ended 2026-11-22 10:33:33.013Z",
        "  took 10 ms, self 4 ms, of it 4 ms on the critical path",
        '  kind client, status error "deadlock"',
        "  attributes:",
        r'    b: "two\nlines"',
        '    url.full: "http://a/b"',
        "  event 1 exception at +0 s:",
        '    exception.message: "m"',
        '    exception.type: "E"',
        "  event 2 (no name) at +5 ms",
        "  link to span root of this trace:",
        '    why: "batch"',
        f"  link to span (none) of trace {'f' * 32}",
        "  scope:",
        '    otel.scope.name: "app"',
        "  resource (process):",
        '    host.name: "node-1"',
    ]


FAMILY = {
    "a root": (0, "  span id root, no parent, 1 child (s2)"),
    "a leaf": (2, "  span id b, parent s2 cart GET /cart, nothing below"),
}


@pytest.mark.parametrize(("here", "line"), FAMILY.values(), ids=FAMILY)
def test_a_span_knows_its_family(here: int, line: str) -> None:
    assert line in spans_text(read_closely(ONE), [here]).splitlines()


def test_a_parent_that_is_not_there_is_named() -> None:
    text = spans_text(read_closely(trace(span("", "gone"))), [0])
    assert "  span id (none), parent gone, which is not above it in this trace, nothing" in text
    assert "note: no root span" in text


def test_many_children_are_counted() -> None:
    spans = [span("root"), *(span(f"c{n}", "root", at_ms=n) for n in range(9))]
    text = spans_text(read_closely(trace(*spans)), [0])
    assert f", 9 children (s2, s3, s4, s5, s6 and {9 - CHILDREN_TOLD_MAX} more)" in text


def test_several_spans_and_the_notice() -> None:
    text = spans_text(read_closely(ONE), [2, 0], notice="Demo data.")
    lines = text.splitlines()
    assert lines[:2] == [f"2 spans of trace {TRACE_ID}", "Demo data."]
    assert lines[2].startswith("*s3 ")


def test_what_is_not_on_the_path_and_what_was_moved_is_said() -> None:
    reading = read_closely(read_trace(recorded("121-trace-clock_skew")[0]))
    text = spans_text(reading, [1, 2])
    assert text.count("(corrected, see note)") == 2
    assert "  took 0 s, self 0 s, not on the critical path" in text


STACK = "java.lang.Error\n\tat a.b.C" * 100


def test_long_values_are_cut_before_lines_are_left_out() -> None:
    one = trace(span("a", attributes={"stack": STACK, "z": "last"}))
    whole = spans_text(read_closely(one), [0])
    assert "chars)" not in whole
    short = spans_text(read_closely(one), [0], max_bytes=2_000)
    assert "…(+1500 chars)" in short
    assert '    z: "last"' in short
    assert "Left out" not in short


def test_what_does_not_fit_is_counted_with_the_next_call() -> None:
    one = trace(span("a", attributes={f"k{n:03}": "v" * 50 for n in range(200)}))
    text = spans_text(read_closely(one), [0], max_bytes=2_000, next_call="more()")
    assert len(text.encode()) <= 2_000
    assert text.endswith(" lines. Next: more()")


HOSTILE = 'a\nb\r\x1b[31m\x1b]0;t\x07\u202e\u200b\ufeff\x00\u2028"c'


def test_hostile_text_is_told_as_data() -> None:
    values = {HOSTILE: HOSTILE}
    one = span(
        HOSTILE, HOSTILE, service=HOSTILE, name=HOSTILE, kind=HOSTILE, status_message=HOSTILE,
        attributes=values, resource=values, scope=values,
        events=(Event(HOSTILE, START_NS, values),), links=(Link(HOSTILE, HOSTILE, values),),
    )  # fmt: skip
    text = spans_text(read_closely(Trace(HOSTILE, (one,))), [0])
    assert not set(text) & set("\r\x1b\x07\u202e\u200b\ufeff\x00\u2028")
    starts = ("1 span of", "note: ", "s1 ", "*s1 ", "  ")
    assert all(line.startswith(starts) for line in text.splitlines())


@given(any_trace, st.integers(0, 4_000), st.data())
def test_any_spans_keep_the_size(one: Trace, max_bytes: int, data: st.DataObject) -> None:
    positions = data.draw(st.lists(st.sampled_from(range(len(one.spans))))) if one.spans else []
    text = spans_text(read_closely(one), positions, max_bytes=max_bytes)
    assert len(text.encode()) <= max_bytes
