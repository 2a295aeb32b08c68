"""Spans and traces for the tables of this folder: short to write, recorded ones, and any shape."""

import gzip
from pathlib import Path
from typing import Any

import orjson
from hypothesis import strategies as st

from vtmcp.traces.model import Event, Span, Trace

RECORDINGS = Path(__file__).parent.parent / "recordings"
TRACE_ID = "0af7651916cd43dd8448eb211c80319c"
MS = 1_000_000
S = 1_000_000_000
START_NS = 1_795_343_613 * S
"""2026-11-22 10:33:33 UTC, when the recorded data was loaded."""


def span(span_id: str, parent: str = "", **more: Any) -> Span:
    """Return a span of 10 ms that starts with its trace; `at_ms` moves its start."""
    at_ms = more.pop("at_ms", 0)
    defaults = {
        "trace_id": TRACE_ID,
        "service": "cart",
        "name": "GET /cart",
        "start_ns": START_NS + at_ms * MS,
        "duration_ns": 10 * MS,
    }
    return Span(span_id=span_id, parent_span_id=parent, **(defaults | more))


def failed(span_id: str, parent: str = "", message: str = "deadlock", **more: Any) -> Span:
    return span(span_id, parent, status="error", status_message=message, **more)


def exception(kind: str, message: str) -> Event:
    attributes = {"exception.type": kind, "exception.message": message}
    return Event("exception", START_NS, attributes)


def trace(*spans: Span) -> Trace:
    return Trace(TRACE_ID, spans)


def recorded(name: str) -> list[dict[str, Any]]:
    """Return `data` of a recorded answer, packed or not."""
    plain = RECORDINGS / f"{name}.body"
    body = plain.read_bytes() if plain.exists() else gzip.decompress(packed(name))
    found: list[dict[str, Any]] = orjson.loads(body)["data"]
    return found


def packed(name: str) -> bytes:
    return (RECORDINGS / f"{name}.body.gz").read_bytes()


def batch_job(chunks: int, updates: int, failing_every: int = 0) -> Trace:
    """Return a job of many equal chunks with many equal updates; some updates fail."""
    spans = [span("job", service="batch", name="nightly", duration_ns=50 * S)]
    for chunk in range(chunks):
        chunk_id = f"c{chunk}"
        spans.append(span(chunk_id, "job", service="batch", name="chunk", at_ms=chunk))
        for update in range(updates):
            count = chunk * updates + update + 1
            make = failed if failing_every and count % failing_every == 0 else span
            spans.append(make(f"u{count}", chunk_id, service="batch", name="UPDATE", at_ms=chunk))
    return trace(*spans)


_IDS = st.sampled_from(["", "a", "b", "c", "d", "e", "f", "0123456789abcdef"])
_TEXTS = st.one_of(st.sampled_from(["", "cart", "GET /cart"]), st.text(max_size=300))
_EVENTS = st.builds(
    Event,
    st.sampled_from(["exception", "log"]),
    st.just(0),
    st.dictionaries(st.sampled_from(["exception.type", "exception.message"]), _TEXTS),
)

any_span = st.builds(
    Span,
    trace_id=st.just(TRACE_ID),
    span_id=_IDS,
    parent_span_id=_IDS,
    service=_TEXTS,
    name=_TEXTS,
    kind=st.sampled_from(["unspecified", "server", "client"]),
    start_ns=st.integers(-(2**63), 2**63),
    duration_ns=st.integers(-(2**63), 2**63),
    status=st.sampled_from(["unset", "ok", "error"]),
    status_message=_TEXTS,
    events=st.lists(_EVENTS, max_size=2).map(tuple),
)
any_trace = st.builds(Trace, _TEXTS, st.lists(any_span, max_size=30).map(tuple))
