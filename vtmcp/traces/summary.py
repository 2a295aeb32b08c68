"""What a trace is in a few numbers, and where it first failed. Must not be here: text of an answer.

No tree is built: a list of a thousand traces needs a thousand summaries.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

from vtmcp.traces.model import Attributes, Span, Trace


@dataclass(frozen=True, slots=True)
class Summary:
    """A trace in numbers. `root` is None only for a trace without spans."""

    trace_id: str
    start_ns: int
    duration_ns: int
    root: Span | None
    span_count: int
    services: tuple[str, ...]
    failed_count: int


class Failure(NamedTuple):
    """What a span says of its failure; either text may be empty."""

    type: str
    message: str


def summarise(trace: Trace) -> Summary:
    """Return the numbers of a trace. It lasts from the first start to the last end."""
    spans = trace.spans
    start_ns = min((span.start_ns for span in spans), default=0)
    end_ns = max((max(span.start_ns, span.end_ns) for span in spans), default=start_ns)
    return Summary(
        trace.trace_id,
        start_ns,
        end_ns - start_ns,
        root_of(spans),
        len(spans),
        tuple(sorted({span.service for span in spans if span.service})),
        sum(span.failed for span in spans),
    )


def root_of(spans: Sequence[Span]) -> Span | None:
    """Return the earliest span without a parent, else with a missing one, else of all."""
    span_ids = {span.span_id for span in spans}

    def rank(span: Span) -> tuple[int, int]:
        if not span.parent_span_id:
            return 0, span.start_ns
        return (2 if span.parent_span_id in span_ids else 1), span.start_ns

    return min(spans, key=rank, default=None)


def origin_of_failure(spans: Sequence[Span]) -> Span | None:
    """Return the earliest failed span with no failed one below it, or None when nothing failed."""
    failed = [span for span in spans if span.failed]
    above = _ids_above(failed, spans)
    origins = [span for span in failed if span.span_id not in above]
    return min(origins or failed, key=lambda span: span.start_ns, default=None)


def exception_of(span: Span) -> Failure | None:
    """Return the first `exception` event's type and message, by OpenTelemetry's names."""
    for event in span.events:
        if event.name == "exception":
            attributes = event.attributes
            return Failure(
                attributes.get("exception.type", ""), attributes.get("exception.message", "")
            )
    return None


def failure_of(span: Span) -> Failure:
    """Return the type and the message of a failure, from whatever says them.

    The exception says more than the status; without one the error or the response gives the type.
    """
    exception = exception_of(span)
    attributes = span.attributes
    kind = (exception.type if exception else "") or attributes.get("exception.type", "")
    message = (exception.message if exception else "") or attributes.get("exception.message", "")
    kind = kind or attributes.get("error.type", "")
    http = _code(attributes, "http.response.status_code") or _code(attributes, "http.status_code")
    grpc = _code(attributes, "rpc.grpc.status_code")
    if (not kind or kind == http) and http:
        kind = f"HTTP {http}"
    if not kind and grpc:
        kind = f"gRPC {grpc}"
    return Failure(kind, message or span.status_message)


def _ids_above(below: Sequence[Span], spans: Sequence[Span]) -> frozenset[str]:
    """Return the ids of all ancestors; each is walked through once, so cycles end too."""
    parent_of: dict[str, str] = {}
    for span in spans:
        parent_of.setdefault(span.span_id, span.parent_span_id)
    above: set[str] = set()
    for span in below:
        here = span.parent_span_id
        while here and here != span.span_id and here not in above:
            above.add(here)
            here = parent_of.get(here, "")
    return frozenset(above)


def _code(attributes: Attributes, name: str) -> str:
    """Return a status code; 0 is written where there was no response, or no failure."""
    code = attributes.get(name, "")
    return "" if code == "0" else code
