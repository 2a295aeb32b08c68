"""Spans as the body of an OTLP export request, in JSON. Pure.

Source: OTLP 1.x, "JSON Protobuf Encoding": ids in hexadecimal, 64-bit numbers as strings, enums
as numbers, names in lowerCamelCase. Must not be here: where spans are from or where they go.
"""

from collections.abc import Iterable, Mapping
from typing import Any

import orjson

from vtmcp.traces.model import KINDS, STATUSES, Event, Link, Span

PATH = "/v1/traces"
"""What OTLP/HTTP appends to the endpoint of a collector."""

CONTENT_TYPE = ("content-type", "application/json")

SCOPE_NAME, SCOPE_VERSION = "otel.scope.name", "otel.scope.version"
"""The keys that stand for them among the attributes of a scope, as Jaeger has them."""

NUMBERS = frozenset(
    (
        *("http.response.status_code", "server.port", "process.pid", "network.peer.port"),
        *("db.response.returned_rows", "messaging.batch.message_count"),
    )
)
"""Attributes that the semantic conventions have as whole numbers; our model has texts only."""

Json = dict[str, Any]


def export_request(spans: Iterable[Span]) -> bytes:
    """The body of a request: the spans by resource, and in it by scope, each in their order."""
    resources: dict[int, tuple[Span, dict[int, list[Span]]]] = {}
    for span in spans:
        # Equal resources are nearly always one object; where they are not, one is told twice.
        _, scopes = resources.setdefault(id(span.resource), (span, {}))
        scopes.setdefault(id(span.scope), []).append(span)
    return orjson.dumps(
        {
            "resourceSpans": [
                {
                    "resource": {"attributes": _attributes(_resource(first))},
                    "scopeSpans": [_scope_spans(each) for each in scopes.values()],
                }
                for first, scopes in resources.values()
            ]
        }
    )


def _resource(span: Span) -> Mapping[str, str]:
    return {"service.name": span.service, **span.resource} if span.service else span.resource


def _scope_spans(spans: list[Span]) -> Json:
    own = dict(spans[0].scope)
    scope: Json = {"name": own.pop(SCOPE_NAME, ""), "version": own.pop(SCOPE_VERSION, "")}
    if own:
        scope["attributes"] = _attributes(own)
    return {"scope": scope, "spans": [_span(span) for span in spans]}


def _span(span: Span) -> Json:
    written: Json = {
        "traceId": span.trace_id,
        "spanId": span.span_id,
        "name": span.name,
        "kind": KINDS.index(span.kind),
        "startTimeUnixNano": str(span.start_ns),
        "endTimeUnixNano": str(span.end_ns),
        "attributes": _attributes(span.attributes),
        "status": {"code": STATUSES.index(span.status)},
    }
    if span.parent_span_id:
        written["parentSpanId"] = span.parent_span_id
    if span.status_message:
        written["status"]["message"] = span.status_message
    if span.events:
        written["events"] = [_event(event) for event in span.events]
    if span.links:
        written["links"] = [_link(link) for link in span.links]
    return written


def _event(event: Event) -> Json:
    return {
        "name": event.name,
        "timeUnixNano": str(event.time_ns),
        "attributes": _attributes(event.attributes),
    }


def _link(link: Link) -> Json:
    return {
        "traceId": link.trace_id,
        "spanId": link.span_id,
        "attributes": _attributes(link.attributes),
    }


def _attributes(attributes: Mapping[str, str]) -> list[Json]:
    return [{"key": key, "value": _value(key, value)} for key, value in attributes.items()]


def _value(key: str, value: str) -> Json:
    if key in NUMBERS and value.isascii() and value.isdigit():
        return {"intValue": value}
    return {"stringValue": value.encode("utf-8", "replace").decode()}
