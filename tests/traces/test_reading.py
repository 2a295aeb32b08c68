"""A close reading: everything in one place, with the times of right clocks."""

from hypothesis import given
from hypothesis import strategies as st

from tests.traces.samples import MS, START_NS, S, any_trace, recorded, span, trace
from vtmcp.traces.jaeger import read_trace
from vtmcp.traces.model import Trace
from vtmcp.traces.reading import read_closely


def test_a_wrong_clock_is_noted_and_out_of_all_times() -> None:
    reading = read_closely(read_trace(recorded("121-trace-clock_skew")[0]))
    assert [note.partition(" ")[0] for note in reading.notes] == ["1", "clock"]
    assert reading.tree.spans[0].name == "GET /skew"
    assert reading.summary.start_ns == reading.tree.spans[0].start_ns
    moved = [one.name for one in reading.tree.spans if id(one) in reading.moved]
    assert moved == ["skewed", "instant"]


def test_a_right_clock_leaves_all_spans_as_they_are() -> None:
    one = trace(span("a"), span("b", "a", at_ms=2, duration_ns=MS))
    reading = read_closely(one)
    assert {id(found) for found in reading.tree.spans} == {id(found) for found in one.spans}
    assert reading.moved == frozenset()
    assert reading.notes == ()


def test_what_is_missing_is_noted_before_all_else() -> None:
    one = trace(span("a", "gone"))
    reading = read_closely(one, now_ns=START_NS + 5 * S, expected_count=2, is_partial=True)
    assert [note[:15] for note in reading.notes] == [
        "partial answer:",
        "the database co",
        "last span ended",
        "no root span: l",
        "1 span names a ",
        "what called s1 ",
    ]


def test_an_empty_trace_can_be_read() -> None:
    reading = read_closely(trace(), now_ns=0)
    assert reading.findings == ()
    assert reading.notes == ()


@given(any_trace, st.randoms(use_true_random=False))
def test_handles_and_findings_do_not_depend_on_the_order_of_the_spans(
    one: Trace, random: object
) -> None:
    shuffled = list(one.spans)
    random.shuffle(shuffled)  # type: ignore[attr-defined]
    reading, again = read_closely(one), read_closely(Trace(one.trace_id, tuple(shuffled)))
    looks = [(one.start_ns, one.span_id, one.duration_ns) for one in reading.tree.spans]
    assert looks == [(one.start_ns, one.span_id, one.duration_ns) for one in again.tree.spans]
    assert len(reading.tree.spans) == len(one.spans)
