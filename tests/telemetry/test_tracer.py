"""Spans that begin and end: places in a trace, times, and what is not recorded."""

from collections.abc import Iterator

import pytest

from vtmcp.protocol.trace_context import RANDOM, SAMPLED, TraceContext
from vtmcp.telemetry.sampling import read_sampler
from vtmcp.telemetry.tracer import Tracer
from vtmcp.traces.model import Span

PARENT = TraceContext("ab" * 16, "cd" * 8, SAMPLED, "a=1")


def tracer(sampler: str = "", *, zeros: bool = False) -> tuple[Tracer, list[Span]]:
    spans: list[Span] = []
    ticks: Iterator[int] = iter(range(100, 1_000, 7))
    numbers = iter(range(1, 100))
    return (
        Tracer(
            read_sampler(sampler, ""),
            spans.append,
            service="vtmcp",
            resource={"r": "1"},
            scope={"s": "2"},
            random=lambda size: b"\0" * size if zeros else bytes([next(numbers)]) * size,
            now_ns=lambda: 5_000,
            tick_ns=lambda: next(ticks),
        ),
        spans,
    )


def test_a_call_without_a_trace_begins_one_and_what_it_asks_is_below_it() -> None:
    made, spans = tracer()
    call = made.begin(None)
    asked = made.begin_below(call.context)
    made.end(asked, "services db", "client", {"a": "b"}, failed=True)
    made.end(call, "tools/call", "server", {}, failed=False)
    below, above = spans
    assert above == Span(
        trace_id="01" * 16,
        span_id="01" * 8,
        service="vtmcp",
        name="tools/call",
        kind="server",
        start_ns=5_000,
        duration_ns=21,
        resource={"r": "1"},
        scope={"s": "2"},
    )
    assert (below.trace_id, below.parent_span_id) == (above.trace_id, above.span_id)
    assert (below.span_id, below.status, below.attributes) == ("02" * 8, "error", {"a": "b"})
    assert asked.context.traceparent() == f"00-{'01' * 16}-{'02' * 8}-03"
    assert asked.context.flags == SAMPLED | RANDOM


def test_a_call_takes_its_place_in_the_clients_trace() -> None:
    made, spans = tracer()
    call = made.begin(PARENT)
    assert call.context == PARENT._replace(span_id="01" * 8)
    made.end(call, "tools/call", "server", {}, failed=False)
    assert [(span.trace_id, span.parent_span_id) for span in spans] == [("ab" * 16, "cd" * 8)]


UNRECORDED: dict[str, tuple[str, TraceContext | None]] = {
    "what the client does not record": ("", PARENT._replace(flags=RANDOM)),
    "what a sampler leaves out": ("always_off", PARENT),
    "a new trace that it leaves out": ("always_off", None),
}


@pytest.mark.parametrize(("sampler", "parent"), UNRECORDED.values(), ids=UNRECORDED)
def test_passed_on_as_not_recorded(sampler: str, parent: TraceContext | None) -> None:
    made, spans = tracer(sampler)
    call = made.begin(parent)
    below = made.begin_below(call.context)
    for begun in (call, below):
        assert not begun.context.is_sampled
        made.end(begun, "a", "server", {}, failed=False)
    assert call.context.state == (parent.state if parent else "")
    assert not spans


def test_an_id_is_never_all_zeros() -> None:
    made, _ = tracer(zeros=True)
    assert made.begin(None).context[:2] == ("0" * 31 + "1", "0" * 15 + "1")
