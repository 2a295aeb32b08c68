"""The text of a list of traces: a head that sums them up, one line each, never cut silently."""

import re
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.traces.samples import (
    MS,
    START_NS,
    TRACE_ID,
    S,
    any_trace,
    failed,
    recorded,
    span,
    trace,
)
from vtmcp.traces.jaeger import read_trace
from vtmcp.traces.list_text import Listing, trace_line, traces_text
from vtmcp.traces.model import Trace
from vtmcp.traces.summary import summarise
from vtmcp.traces.trace_set import TraceSet

START = f"{TRACE_ID}  2026-11-22 10:33:33.000Z"
LISTING = Listing("service cart", START_NS - 3600 * S, START_NS + 3600 * S, 20)

LINES = {
    "a trace that went well": (
        trace(span("a"), span("b", "a", service="stock")),
        f"{START}  10 ms  cart GET /cart  2 spans  2 services  ok",
    ),
    "a trace with failures": (
        trace(span("a"), failed("b", "a"), failed("c", "b")),
        f"{START}  10 ms  cart GET /cart  3 spans  1 service  2 errors",
    ),
    "a trace without a root": (
        trace(span("a", "lost")),
        f"{START}  10 ms  cart GET /cart (no root span)  1 span  1 service  ok",
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


def found(*traces: Trace, total: int = 0) -> TraceSet:
    return TraceSet(tuple(map(summarise, traces)), max(total, len(traces)))


def lines(traces: TraceSet, *, notice: str = "", **more: Any) -> list[str]:
    return traces_text(traces, LISTING._replace(**more), notice=notice).splitlines()


@pytest.mark.parametrize(("one", "line"), LINES.values(), ids=LINES)
def test_a_trace_is_a_line(one: Trace, line: str) -> None:
    assert trace_line(summarise(one)) == line


THREE = found(
    trace(span("b", name="b", at_ms=5, duration_ns=3 * MS)),
    trace(span("c", name="c", at_ms=9, duration_ns=1 * MS)),
    trace(failed("a", name="a", duration_ns=2 * S)),
)

ORDERS = {
    "the newest first": (False, "Newest first:", ["cart c", "cart b", "cart a"]),
    "the longest first": (True, "Longest first:", ["cart a", "cart b", "cart c"]),
}


@pytest.mark.parametrize(("slowest", "words", "roots"), ORDERS.values(), ids=ORDERS)
def test_the_head_sums_up_what_is_listed(slowest: bool, words: str, roots: list[str]) -> None:
    head, notice, common, order, *listed = lines(THREE, notice="Demo data.", slowest=slowest)
    assert head == "3 traces for service cart: 1 with errors, p50 3 ms, max 2 s."
    assert notice == "Demo data."
    assert common == "Entry points: cart a x1, cart b x1, cart c x1. Services: cart x3."
    assert order == words
    assert [line.split("  ")[3] for line in listed] == roots


def test_of_many_entry_points_and_services_the_most_frequent_are_named() -> None:
    traces = [trace(span("a", service=f"s{n}", name=f"GET /{n}")) for n in range(8)]
    common = lines(found(*traces))[1]
    assert common.endswith("Services: s0 x1, s1 x1, s2 x1, s3 x1, s4 x1, 3 more.")
    assert "s4 GET /4 x1, 3 more. " in common


def test_services_that_nobody_named_are_none() -> None:
    nameless = [trace(span("a", service="")), trace(span("b", service=""))]
    assert lines(found(*nameless))[1].endswith("Services: none named.")


def test_one_trace_has_nothing_in_common_with_others() -> None:
    head, order, _ = lines(found(trace(span("a"))))
    assert head == "1 trace for service cart: 0 with errors, p50 10 ms, max 10 ms."
    assert order == "Newest first:"


KNOWN = {
    "of the newest": (False, "of the newest 3, 1 with errors", "Newest first:"),
    "of the slowest": (
        True,
        "of the 3 with the slowest fitting spans, 1 with errors",
        "Longest first of the 3 with the slowest fitting spans:",
    ),
}


@pytest.mark.parametrize(("slowest", "head", "order"), KNOWN.values(), ids=KNOWN)
def test_a_sum_over_a_part_says_so(slowest: bool, head: str, order: str) -> None:
    text = lines(replace(THREE, total=1_234), slowest=slowest, more_call="traces(limit=1000)")
    assert text[0].startswith(f"1,234 traces for service cart: {head}, p50 ")
    assert order in text
    assert text[-1] == (
        "Not listed: 1,231 more traces that fit; limit 20 reached. Next: traces(limit=1000)"
    )


def test_a_limit_cuts_the_list_and_not_the_sum() -> None:
    text = lines(THREE, limit=1)
    assert text[0].startswith("3 traces for service cart: 1 with errors")
    assert text[-1] == "Not listed: 2 more traces that fit; limit 1 reached."
    assert len(text) == 5


BEYOND = {
    "none": (LISTING, 0, ""),
    "one before": (
        LISTING._replace(start_ns=START_NS + 1),
        1,
        "1 reaches beyond the window: spans up to 10 min outside it are counted.",
    ),
    "all behind": (
        LISTING._replace(end_ns=START_NS),
        3,
        "3 reach beyond the window: spans up to 10 min outside it are counted.",
    ),
}


@pytest.mark.parametrize(("listing", "count", "words"), BEYOND.values(), ids=BEYOND)
def test_traces_that_the_window_cuts_are_counted(listing: Listing, count: int, words: str) -> None:
    text = traces_text(THREE, listing)
    assert ("beyond the window" in text) is (count > 0)
    assert words in text


def test_a_list_without_traces_is_a_sentence() -> None:
    assert lines(found())[0] == "0 traces for service cart."


def test_what_does_not_fit_is_counted_with_the_next_call() -> None:
    traces = found(*(trace(span("a", at_ms=n)) for n in range(1_000)))
    listing = LISTING._replace(limit=900, wider_call="traces(max_bytes=4000)")
    text = traces_text(traces, listing, max_bytes=1_000, notice="This is demo data.")
    told = text.splitlines()
    assert len(text.encode()) <= 1_000
    assert told[1] == "This is demo data."
    shown = sum(line.startswith(TRACE_ID) for line in told)
    assert shown > 5
    left_out = f"Left out: {900 - shown} more traces, for want of room."
    assert told[-2] == f"{left_out} Next: traces(max_bytes=4000)"
    assert told[-1] == "Not listed: 100 more traces that fit; limit 900 reached."


def test_recorded_traces_are_listed() -> None:
    names = ("115-trace-checkout_declined", "117-trace-unicode", "126-trace-no_service")
    traces = found(*(read_trace(recorded(name)[0]) for name in names))
    assert lines(traces, start_ns=0)[1:] == [
        "Entry points: (no service) nameless x1, frontend POST /checkout x1,"
        " каталог-サービス-🛒 GET /поиск/検索 🔎 x1. Services: cart x1, checkout x1,"
        ' frontend x1, inventory x1, "legacy/billing v2?x=1#frag" x1, 2 more.',
        "Newest first:",
        "5788b5fc5db3f7755de1ec2f0d61510d  2026-11-22 10:26:33.194Z  9 ms"
        "  (no service) nameless  1 span  0 services  ok",
        "4aabd087bda8a7738493ccb0f8ee2581  2026-11-22 10:18:33.194Z  90 ms"
        "  каталог-サービス-🛒 GET /поиск/検索 🔎  2 spans  2 services  ok",
        "d777a4774c66e0a8a013ac6ededa4e16  2026-11-22 09:34:16.480Z  306 ms"
        "  frontend POST /checkout  18 spans  5 services  6 errors",
    ]


@given(
    st.lists(any_trace, max_size=8),
    st.integers(0, 2_000),
    st.integers(1, 9),
    st.integers(0, 20),
    st.booleans(),
)
def test_any_list_keeps_its_size_and_counts_what_is_missing(
    traces: list[Trace], max_bytes: int, limit: int, total: int, slowest: bool
) -> None:
    known = found(*traces, total=total)
    listing = LISTING._replace(limit=limit, slowest=slowest)
    text = traces_text(known, listing, max_bytes=max_bytes)
    assert len(text.encode()) <= max_bytes
    assert not {"\x1b", "\u202e", "\u200b", "\x00"} & set(text)
    whole = traces_text(known, listing, max_bytes=1_000_000).splitlines()
    if traces:
        order = next(at for at, line in enumerate(whole) if re.match("Newest|Longest", line))
        whole = whole[order + 1 :]
        missing = re.fullmatch(r"Not listed: (\d+) more traces? that fit; .*", whole[-1])
        assert len(whole) - bool(missing) == min(limit, len(traces))
        assert int(missing[1] if missing else 0) == known.total - min(limit, len(traces))
