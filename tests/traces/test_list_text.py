"""The text of a list of traces: one line each, newest first, never cut silently."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.traces.samples import TRACE_ID, any_trace, failed, recorded, span, trace
from vtmcp.traces.jaeger import read_trace
from vtmcp.traces.list_text import trace_line, traces_text
from vtmcp.traces.model import Trace
from vtmcp.traces.summary import summarise

START = f"{TRACE_ID}  2026-11-22 10:33:33.000Z"

LINES = {
    "a trace that went well": (
        trace(span("a"), span("b", "a", service="stock")),
        f"{START}  10 ms  cart GET /cart  2 spans  2 services  ok",
    ),
    "a trace with failures": (
        trace(span("a"), failed("b", "a"), failed("c", "b")),
        f"{START}  10 ms  cart GET /cart  3 spans  1 service  2 errors",
    ),
    "a trace without spans": (
        trace(),
        f"{TRACE_ID}  1970-01-01 00:00:00.000Z  0 s  (no spans)  0 spans  0 services  ok",
    ),
    "an id from a stranger": (
        Trace("a b\n\x1b[31m", ()),
        r'"a b\n"  1970-01-01 00:00:00.000Z  0 s  (no spans)  0 spans  0 services  ok',
    ),
}


@pytest.mark.parametrize(("one", "line"), LINES.values(), ids=LINES)
def test_a_trace_is_a_line(one: Trace, line: str) -> None:
    assert trace_line(summarise(one)) == line


def test_a_list_has_a_header_and_the_newest_first() -> None:
    traces = [trace(span(name, name=name, at_ms=at_ms)) for name, at_ms in (("b", 5), ("c", 9))]
    traces.append(trace(failed("a", name="a")))
    header, *lines = traces_text(traces, subject="service cart").splitlines()
    assert header == "3 traces for service cart, 1 with errors, newest first."
    assert [line.split("  ")[3] for line in lines] == ["cart c", "cart b", "cart a"]


def test_a_list_without_traces_is_a_sentence() -> None:
    assert traces_text([]) == "0 traces."
    assert traces_text([], subject="service cart", notice="demo data") == (
        "0 traces for service cart.\ndemo data"
    )


def test_what_does_not_fit_is_counted_with_the_next_call() -> None:
    traces = [trace(span("a", at_ms=n)) for n in range(1_000)]
    text = traces_text(
        traces, max_bytes=1_000, notice="This is demo data.", next_call="traces(max_bytes=2000)"
    )
    lines = text.splitlines()
    assert len(text.encode()) <= 1_000
    assert lines[:2] == ["1,000 traces, 0 with errors, newest first.", "This is demo data."]
    shown = len(lines) - 3
    assert shown > 5
    assert lines[-1] == f"Left out: {1_000 - shown} older traces. Next: traces(max_bytes=2000)"


def test_recorded_traces_are_listed() -> None:
    names = ("115-trace-checkout_declined", "117-trace-unicode", "126-trace-no_service")
    traces = [read_trace(recorded(name)[0]) for name in names]
    assert traces_text(traces).splitlines() == [
        "3 traces, 1 with errors, newest first.",
        "5788b5fc5db3f7755de1ec2f0d61510d  2026-11-22 10:26:33.194Z  9 ms"
        "  (no service) nameless  1 span  0 services  ok",
        "4aabd087bda8a7738493ccb0f8ee2581  2026-11-22 10:18:33.194Z  90 ms"
        "  каталог-サービス-🛒 GET /поиск/検索 🔎  2 spans  2 services  ok",
        "d777a4774c66e0a8a013ac6ededa4e16  2026-11-22 09:34:16.480Z  306 ms"
        "  frontend POST /checkout  18 spans  5 services  6 errors",
    ]


@given(st.lists(any_trace, max_size=8), st.integers(0, 2_000))
def test_any_list_keeps_its_size_and_counts_what_is_missing(
    traces: list[Trace], max_bytes: int
) -> None:
    text = traces_text(traces, max_bytes=max_bytes)
    assert len(text.encode()) <= max_bytes
    assert not {"\x1b", "\u202e", "\u200b", "\x00"} & set(text)
    if max_bytes >= 200:
        lines = text.splitlines()
        left_out = re.fullmatch(r"Left out: (\d+) older traces\.", lines[-1])
        missing = int(left_out[1]) if left_out else 0
        assert len(lines) - 1 - bool(left_out) + missing == len(traces)
