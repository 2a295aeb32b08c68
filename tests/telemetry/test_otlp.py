"""Spans as OTLP in JSON: each part in its place, as the specification writes it."""

from typing import Any

import orjson
import pytest

from tests.telemetry.protobuf import to_protobuf
from vtmcp.telemetry.otlp import export_request
from vtmcp.traces.model import KINDS, STATUSES, Event, Link, Span

TRACE, SPAN, ABOVE = "ab" * 16, "cd" * 8, "ef" * 8
SCOPE = {"otel.scope.name": "a", "otel.scope.version": "1", "b": "c"}
POD = {"k8s.pod.name": "p"}


def a_span(**more: Any) -> Span:
    start_ns = 1_700_000_000_123_456_789
    needed = {"trace_id": TRACE, "span_id": SPAN, "service": "cart", "name": "add"}
    return Span(**{**needed, "start_ns": start_ns, "duration_ns": 11, **more})


def written(*spans: Span) -> list[dict[str, Any]]:
    body = export_request(spans)
    to_protobuf(body)  # Fails where there is a member that OTLP does not have.
    found: list[dict[str, Any]] = orjson.loads(body)["resourceSpans"]
    return found


def the_span(span: Span) -> dict[str, Any]:
    [[one]] = [scope["spans"] for resource in written(span) for scope in resource["scopeSpans"]]
    assert isinstance(one, dict)
    return one


def text(key: str, value: str) -> dict[str, Any]:
    return {"key": key, "value": {"stringValue": value}}


def test_a_span_with_everything() -> None:
    span = a_span(
        parent_span_id=ABOVE,
        kind="server",
        status="error",
        status_message="no",
        attributes={"a": "b"},
        resource=POD,
        scope=SCOPE,
        events=(Event("exception", 5, {"exception.type": "E"}),),
        links=(Link(TRACE, ABOVE, {"l": "m"}),),
    )
    [resource] = written(span)
    assert resource["resource"] == {
        "attributes": [text("service.name", "cart"), text("k8s.pod.name", "p")]
    }
    [scope] = resource["scopeSpans"]
    assert scope["scope"] == {"name": "a", "version": "1", "attributes": [text("b", "c")]}
    assert scope["spans"] == [
        {
            "traceId": TRACE,
            "spanId": SPAN,
            "parentSpanId": ABOVE,
            "name": "add",
            "kind": 2,
            "startTimeUnixNano": "1700000000123456789",
            "endTimeUnixNano": "1700000000123456800",
            "attributes": [text("a", "b")],
            "status": {"code": 2, "message": "no"},
            "events": [
                {
                    "name": "exception",
                    "timeUnixNano": "5",
                    "attributes": [text("exception.type", "E")],
                }
            ],
            "links": [{"traceId": TRACE, "spanId": ABOVE, "attributes": [text("l", "m")]}],
        }
    ]


def test_what_is_not_there_is_not_written() -> None:
    assert set(the_span(a_span())) == {
        *("traceId", "spanId", "name", "kind", "startTimeUnixNano", "endTimeUnixNano"),
        *("attributes", "status"),
    }
    assert written(a_span(service=""))[0]["resource"] == {"attributes": []}
    assert written() == []


@pytest.mark.parametrize(("number", "kind"), list(enumerate(KINDS)))
def test_kinds_are_numbers(number: int, kind: str) -> None:
    assert the_span(a_span(kind=kind))["kind"] == number


@pytest.mark.parametrize(("number", "status"), list(enumerate(STATUSES)))
def test_statuses_are_numbers(number: int, status: str) -> None:
    assert the_span(a_span(status=status))["status"] == {"code": number}


VALUES: dict[str, tuple[str, str, dict[str, str]]] = {
    "a text": ("a", "80", {"stringValue": "80"}),
    "what is a number by convention": ("server.port", "80", {"intValue": "80"}),
    "and has none in it": ("server.port", "http", {"stringValue": "http"}),
    "half of a surrogate pair": ("a", "x\ud800", {"stringValue": "x?"}),
}


@pytest.mark.parametrize(("key", "value", "expected"), VALUES.values(), ids=VALUES)
def test_a_value(key: str, value: str, expected: dict[str, str]) -> None:
    assert the_span(a_span(attributes={key: value}))["attributes"] == [
        {"key": key, "value": expected}
    ]


def test_spans_of_one_resource_and_scope_stand_together() -> None:
    other = {"k8s.pod.name": "q"}
    plain: dict[str, str] = {}
    resources = written(
        a_span(name="1", resource=POD, scope=SCOPE),
        a_span(name="2", resource=other, scope=SCOPE),
        a_span(name="3", resource=POD, scope=SCOPE),
        a_span(name="4", resource=POD, scope=plain),
    )
    names = [
        [[span["name"] for span in scope["spans"]] for scope in resource["scopeSpans"]]
        for resource in resources
    ]
    assert names == [[["1", "3"], ["4"]], [["2"]]]
