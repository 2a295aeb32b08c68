"""What the time went to: tables that add up, sections, and the size."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.traces.samples import MS, START_NS, TRACE_ID, any_trace, recorded, span, trace
from vtmcp.traces.critical_text import ROWS_MAX, critical_text
from vtmcp.traces.jaeger import read_trace
from vtmcp.traces.model import Trace
from vtmcp.traces.reading import read_closely

VERDICT = f"trace {TRACE_ID}: "
BANK = {"server.address": "bank example"}

TEXTS: dict[str, tuple[Trace, list[str]]] = {
    "a request": (
        trace(
            span("root", duration_ns=100 * MS),
            span("a", "root", service="pay", name="charge", at_ms=10, duration_ns=20 * MS),
            span("b", "root", service="pay", name="POST", kind="client", attributes=BANK,
                 at_ms=40, duration_ns=50 * MS),
            span("c", "b2", service="pay", name="lost", at_ms=40),
        ),
        [
            "critical path of s1 cart GET /cart: 100 ms",
            "by service:",
            "   70.0 %  70 ms  pay",
            "   30.0 %  30 ms  cart",
            "by operation, own time:",
            '   50.0 %  50 ms  pay POST to "bank example"  s3',
            "   30.0 %  30 ms  cart GET /cart  s1",
            "   20.0 %  20 ms  pay charge  s2",
        ],
    ),
    "a message that waits, and one that nobody has a name for": (
        trace(
            span("root", duration_ns=10 * MS),
            span("p", "root", kind="producer", name="send", at_ms=2, duration_ns=MS),
            span("c", "p", service="", kind="consumer", name="", at_ms=60, duration_ns=30 * MS),
            span("d", "c", name="later", at_ms=100, duration_ns=10 * MS),
        ),
        [
            "critical path of s1 cart GET /cart: 10 ms",
            "by service:",
            "  100.0 %  10 ms  cart",
            "by operation, own time:",
            "   90.0 %  9 ms  cart GET /cart  s1",
            "   10.0 %  1 ms  cart send  s2",
            "after s1 ended, until the last span did: 100 ms",
            "by service:",
            "   60.0 %  60 ms  (waiting)",
            "   30.0 %  30 ms  (no service)",
            "   10.0 %  10 ms  cart",
            "by operation, own time:",
            "   50.0 %  50 ms  (in queue before (no service) (no name))  s3",
            "   30.0 %  30 ms  (no service) (no name)  s3",
            "   10.0 %  10 ms  cart later  s4",
            "   10.0 %  10 ms  (waiting before cart later)  s4",
        ],
    ),
    "two roots": (
        trace(span("a"), span("b", at_ms=20)),
        [
            "critical path from the first start to the last end, as the trace has no one root:"
            " 30 ms",
            "by service:",
            "   66.7 %  20 ms  cart",
            "   33.3 %  10 ms  (nothing recorded)",
            "by operation, own time:",
            "   66.7 %  20 ms  cart GET /cart  x2, most in s1",
            "   33.3 %  10 ms  (nothing recorded)",
        ],
    ),
    "a child before the root": (
        trace(span("a"), span("b", "a", at_ms=-20, duration_ns=5 * MS)),
        [
            "critical path of s1 cart GET /cart: 10 ms",
            "by service:",
            "  100.0 %  10 ms  cart",
            "by operation, own time:",
            "  100.0 %  10 ms  cart GET /cart  s1",
            "before s1 began: 20 ms",
            "by service:",
            "   75.0 %  15 ms  (waiting)",
            "   25.0 %  5 ms  cart",
            "by operation, own time:",
            "   75.0 %  15 ms  (waiting before cart GET /cart)  s2",
            "   25.0 %  5 ms  cart GET /cart  s2",
        ],
    ),
    "no time": (
        trace(span("a", duration_ns=0)),
        ["no time passed between the first start and the last end"],
    ),
    "no spans": (trace(), []),
}  # fmt: skip


@pytest.mark.parametrize(("one", "lines"), TEXTS.values(), ids=TEXTS)
def test_the_time_is_told_by_service_and_operation(one: Trace, lines: list[str]) -> None:
    text = critical_text(read_closely(one))
    assert text.startswith(VERDICT)
    told = text.splitlines()[1:]
    assert [line for line in told if not line.startswith(("note: ", "finding: "))] == lines


def test_doubts_findings_and_the_notice_come_first() -> None:
    spans = [span("a", "gone", duration_ns=200 * MS)]
    spans += [span(f"q{n}", "a", name="GET q", kind="client", at_ms=10 * n) for n in range(12)]
    lines = critical_text(read_closely(trace(*spans)), notice="Demo data.").splitlines()
    assert [line.partition(" ")[0] for line in lines[1:5]] == ["Demo", "note:", "note:", "note:"]
    assert lines[5].startswith("finding: N+1: ")


def test_many_operations_are_one_line_so_that_all_add_up() -> None:
    spans = [span("root", duration_ns=100 * MS)]
    spans += [
        span(f"s{n}", "root", name=f"n{n}", at_ms=n, duration_ns=MS, start_ns=START_NS + n * MS)
        for n in range(100)
    ]
    text = critical_text(read_closely(trace(*spans)))
    assert f"  (other {100 - ROWS_MAX} operations)" in text
    assert len(text.splitlines()) == 1 + 3 + ROWS_MAX + 2


def test_one_operation_too_many_is_told_itself() -> None:
    spans = [span("root", duration_ns=26 * MS)]
    spans += [
        span(f"s{n}", "root", name=f"n{n}", at_ms=n, duration_ns=MS) for n in range(ROWS_MAX + 1)
    ]
    assert "(other" not in critical_text(read_closely(trace(*spans)))


def _sums(text: str) -> list[float]:
    sums: list[float] = []
    for line in text.splitlines():
        if line.startswith("by "):
            sums.append(0)
        elif match := re.match(r" +([\d.]+) %  ", line):
            sums[-1] += float(match[1])
    return sums


def test_a_recorded_job_adds_up() -> None:
    text = critical_text(read_closely(read_trace(recorded("131-trace-huge")[0])))
    assert _sums(text) == [pytest.approx(100), pytest.approx(100)]


@given(any_trace)
def test_each_table_of_any_trace_adds_up(one: Trace) -> None:
    for total in _sums(critical_text(read_closely(one), max_bytes=100_000)):
        assert total == pytest.approx(100)


@given(any_trace, st.integers(0, 3_000))
def test_any_size_is_kept(one: Trace, max_bytes: int) -> None:
    text = critical_text(read_closely(one), max_bytes=max_bytes, next_call="more()")
    assert len(text.encode()) <= max_bytes


def test_a_small_room_has_fewer_rows_that_still_add_up() -> None:
    spans = [span("root", duration_ns=100 * MS), span("late", "root", at_ms=200)]
    spans += [span(f"s{n}", "root", name=f"n{n}", at_ms=n, duration_ns=MS) for n in range(50)]
    text = critical_text(read_closely(trace(*spans)), max_bytes=1_000, next_call="more()")
    assert len(text.encode()) <= 1_000
    assert "(other " in text
    assert _sums(text) == [pytest.approx(100)] * 4
    tiny = critical_text(read_closely(trace(*spans)), max_bytes=400, next_call="more()")
    assert tiny.endswith(" lines. Next: more()")
