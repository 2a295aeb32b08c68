"""The text of a comparison: verdict, doubts of both, a line a change, the size."""

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from tests.traces.samples import MS, TRACE_ID, any_trace, exception, failed, span
from vtmcp.traces.compare import compare
from vtmcp.traces.compare_text import LEVELS_MAX, comparison_text
from vtmcp.traces.model import Span, Trace
from vtmcp.traces.reading import read_closely

OTHER_ID = "f" * 32
AT = "2026-11-22 10:33:33.000Z"


def text_of(one: list[Span], other: list[Span], **more: Any) -> str:
    readings = (
        read_closely(Trace(TRACE_ID, tuple(one))),
        read_closely(Trace(OTHER_ID, tuple(other))),
    )
    return comparison_text(*readings, compare(*readings), **more)


ROOT = span("root", duration_ns=100 * MS, service="web", name="GET /")
PAY: dict[str, Any] = {"service": "pay", "kind": "client", "attributes": {"server.address": "bank"}}


def test_each_change_is_a_line_with_both_sides() -> None:
    boom = (exception("E", "m"),)
    one = [
        span("root", duration_ns=900 * MS, service="web", name="GET /"),
        failed("p1", "root", name="POST", at_ms=1, duration_ns=300 * MS, events=boom, **PAY),
        failed("p2", "root", name="POST", at_ms=400, duration_ns=300 * MS, events=boom, **PAY),
        failed("p3", "root", name="POST", at_ms=800, duration_ns=90 * MS, events=boom, **PAY),
        failed("n", "root", "new one", name="audit", at_ms=890, duration_ns=2 * MS),
        span("m", "n", name="write", at_ms=890, duration_ns=MS),
    ]
    other = [
        ROOT,
        span("p1", "root", name="POST", at_ms=1, duration_ns=20 * MS, **PAY),
        span("c", "root", name="cache", at_ms=30, duration_ns=40 * MS),
    ]
    assert text_of(one, other, chosen="kin", notice="Demo.").splitlines() == [
        f"trace {TRACE_ID} (900 ms, 6 spans, 4 failed, {AT}) is 800 ms slower than"
        f" trace {OTHER_ID} (100 ms, 3 spans, {AT})",
        "kin",
        "Demo.",
        "finding: retry storm: x3 pay POST (s2 to s4), 3 failed, pauses 99 ms to 100 ms,"
        " 889 ms of the trace's 900 ms below s1 web GET /",
        "4 changes beside 2 paths that both have, failures first, then by time;"
        " sN is a span of this trace, other sN of the other",
        "failed, repeated, slower:  pay POST to bank, called by web  x3 690 ms (s2)"
        '  against 20 ms (other s2)  own time +670 ms  x3 ERROR E "deadlock" (s2)',
        'new:  cart audit, called by web  2 ms (s5)  and 1 span below  ERROR "new one" (s5)',
        "slower:  web GET /  900 ms (s1)  against 100 ms (other s1)  own time +168 ms",
        "missing:  cart cache, called by web  40 ms (other s3)",
    ]


def test_a_faster_trace_and_an_equal_one() -> None:
    quick = [span("root", duration_ns=10 * MS, service="web", name="GET /")]
    text = text_of(quick, [ROOT])
    assert "is 90 ms faster than" in text
    assert "own time -90 ms" in text
    equal = text_of([ROOT], [ROOT])
    assert "is as fast as" in equal
    assert "\n0 changes beside 1 path that both have" in equal


def test_doubts_of_both_are_told_apart() -> None:
    text = text_of([ROOT, span("x", "gone")], [ROOT, span("y")])
    assert "\nnote on this: 1 span names a parent" in text
    assert "\nnote on other: 2 roots" in text


def test_the_way_to_a_change_is_told_for_some_levels() -> None:
    way = [span("s0", service="a", duration_ns=10 * MS)]
    way += [
        span(f"s{n}", f"s{n - 1}", service="abcdefg"[n], duration_ns=10 * MS) for n in range(1, 7)
    ]
    assert "g GET /cart, called by f < e < d  10 ms" in text_of(way, way[:-1])
    deep = [span("s0", service="far")]
    deep += [span(f"s{n}", f"s{n - 1}", service="near") for n in range(1, LEVELS_MAX + 5)]
    last = span("x", deep[-1].span_id, service="near", name="x")
    assert "new:  near x  10 ms" in text_of([*deep, last], deep)


def test_what_does_not_fit_is_counted_with_the_next_call() -> None:
    more = [ROOT, *(span(f"n{n}", "root", name=f"n{n}") for n in range(300))]
    text = text_of(more, [ROOT], max_bytes=2_000, next_call="more()")
    assert len(text.encode()) <= 2_000
    assert text.endswith(" changes. Next: more()")


@given(any_trace, any_trace, st.integers(0, 3_000))
def test_any_two_traces_keep_the_size(one: Trace, other: Trace, max_bytes: int) -> None:
    text = text_of(list(one.spans), list(other.spans), max_bytes=max_bytes)
    assert len(text.encode()) <= max_bytes
    assert not set(text) & set("\r\x1b\u202e\u200b\x00")
