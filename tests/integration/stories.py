"""The recorded traces that are told to a real database again, and a plain reader of Jaeger JSON.

Must not be here: the product's reader. What the tools say is compared with what this one reads.
"""

import json
from collections.abc import Callable, Iterable
from typing import Any, NamedTuple

from tests.victoriatraces.recordings import recorded_body

Json = dict[str, Any]

US_PER_S = 1_000_000

TRACES = {
    "an error with exceptions": "115-trace-checkout_declined",
    "one query for each row": "116-trace-checkout_nplus1",
    "names of all scripts": "117-trace-unicode",
    "attributes of all types": "118-trace-attr_types",
    "parents that are not there": "119-trace-orphan",
    "two roots": "120-trace-two_roots",
    "a clock that is wrong": "121-trace-clock_skew",
    "a circle of parents": "123-trace-cycle",
    "a span that came twice": "124-trace-dup_span",
    "a span that is its own parent": "125-trace-self_parent",
    "a span of no service": "126-trace-no_service",
    "a span of no kind": "127-trace-kind0_ok",
    "three hundred levels": "128-trace-deep_300",
    "six thousand spans": "131-trace-huge",
}
"""The recordings of one trace each, of the first tenant."""

TRACE_OF_ANOTHER = "141-trace-tenant73"
"""The recording of a trace of the second tenant."""

SEARCHES = (
    "055-traces-op",
    "075-traces-min1s",
    "083-traces-tags-error",
    "094-traces-tags-resource",
)
"""Recordings of searches. Their traces are told too, so that a search has more to leave out."""


class Row(NamedTuple):
    """What is compared of a span."""

    span_id: str
    parent_span_id: str
    service: str
    name: str
    start_us: int
    duration_us: int
    kind: str
    status: str
    message: str
    tags: frozenset[tuple[str, str]]
    resource: frozenset[tuple[str, str]]
    events: int


def traces_of(name: str) -> list[Json]:
    """The traces of a recorded answer."""
    traces: list[Json] = json.loads(recorded_body(name))["data"]
    return traces


def rows(trace: Json) -> list[Row]:
    """The spans of a trace, sorted, so that two readings can be compared."""
    return sorted(_row(span, trace["processes"][span["processID"]]) for span in trace["spans"])


def matching(traces: Iterable[Json], condition: Callable[[Row], bool]) -> set[str]:
    """The ids of the traces that have a span for which the condition holds."""
    return {trace["traceID"] for trace in traces if any(map(condition, rows(trace)))}


def retold(trace: Json, *, trace_id: str, suffix: str, end_us: int) -> Json:
    """The same story under new names: another id, other services, and its last span ends then."""
    shift_us = end_us - max(span["startTime"] + span["duration"] for span in trace["spans"])
    old_id = trace["traceID"]
    told: Json = json.loads(json.dumps(trace).replace(old_id, trace_id))
    for process in told["processes"].values():
        process["serviceName"] = process["serviceName"] and process["serviceName"] + suffix
    for span in told["spans"]:
        span["startTime"] += shift_us
        for event in span["logs"]:
            event["timestamp"] += shift_us
    return told


def parent_of(span: Json) -> str:
    """The id of the parent: a link that names it too hides it as `FOLLOWS_FROM`."""
    own = [one for one in span["references"] if one["traceID"] == span["traceID"]]
    own.sort(key=lambda one: one["refType"] != "CHILD_OF")
    return str(own[0]["spanID"]) if own else ""


def _row(span: Json, process: Json) -> Row:
    tags = {tag["key"]: tag["value"] for tag in span["tags"]}
    return Row(
        span["spanID"],
        parent_of(span),
        process["serviceName"],
        span["operationName"],
        span["startTime"],
        span["duration"],
        tags.pop("span.kind", ""),
        {"unset": "unset", "false": "ok", "true": "error"}[tags.pop("error")],
        tags.pop("otel.status_description", ""),
        frozenset(tags.items()),
        frozenset((tag["key"], tag["value"]) for tag in process["tags"]),
        len(span["logs"]),
    )
