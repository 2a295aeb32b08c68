"""What is sent to a real database is what OpenTelemetry would send."""

from typing import Any

from tests.integration.otlp import export_request

Fields = list[tuple[int, Any]]

ID = "0102030405060708090a0b0c0d0e0f10"

TRACE: dict[str, Any] = {
    "traceID": ID,
    "processes": {
        "p1": {"serviceName": "cart", "tags": [{"key": "host.name", "value": "h"}]},
        "p2": {"serviceName": "", "tags": []},
    },
    "spans": [
        {
            "traceID": ID,
            "spanID": "1112131415161718",
            "processID": "p1",
            "operationName": "GET /",
            "startTime": 1_000_000,
            "duration": 300,
            "references": [
                {"refType": "FOLLOWS_FROM", "traceID": "aa" * 16, "spanID": "bb" * 8},
                {"refType": "CHILD_OF", "traceID": ID, "spanID": "2122232425262728"},
            ],
            "tags": [
                {"key": "span.kind", "value": "client"},
                {"key": "error", "value": "true"},
                {"key": "otel.status_description", "value": "no"},
                {"key": "otel.scope.name", "value": "lib"},
                {"key": "scope_attr:team", "value": "a"},
                {"key": "long", "value": "x" * 200},
            ],
            "logs": [{"timestamp": 1_000_100, "fields": [{"key": "event", "value": "e"}]}],
        },
        {
            "traceID": ID,
            "spanID": "3132333435363738",
            "processID": "p2",
            "operationName": "",
            "startTime": 1,
            "duration": 0,
            "references": [],
            "tags": [{"key": "error", "value": "unset"}],
            "logs": [],
        },
    ],
}


def test_a_trace_becomes_resources_scopes_and_spans() -> None:
    first, second = (fields(value) for _, value in fields(export_request(TRACE)))
    assert attributes(fields(of(first, 1)), 1) == {"host.name": "h", "service.name": "cart"}
    assert attributes(fields(of(second, 1)), 1) == {}
    scope = fields(of(fields(of(first, 2)), 1))
    assert (of(scope, 1), attributes(scope, 3)) == (b"lib", {"team": "a"})
    span = fields(of(fields(of(first, 2)), 2))
    assert [of(span, number).hex() for number in (1, 2, 4)] == [
        ID,
        "1112131415161718",
        "2122232425262728",
    ]
    assert (of(span, 5), of(span, 6)) == (b"GET /", 3)
    assert (of(span, 7), of(span, 8)) == (1_000_000_000, 1_000_300_000)
    assert attributes(span, 9) == {"long": "x" * 200}
    assert fields(of(span, 11)) == [(1, 1_000_100_000), (2, b"e")]
    assert fields(of(span, 13)) == [(1, b"\xaa" * 16), (2, b"\xbb" * 8)]
    assert fields(of(span, 15)) == [(2, b"no"), (3, 2)]


def test_a_span_linked_to_its_parent_has_both_parent_and_link() -> None:
    parent = {"refType": "FOLLOWS_FROM", "traceID": ID, "spanID": "2122232425262728"}
    linked = {**TRACE["spans"][0], "references": [parent]}
    (resource,) = (value for _, value in fields(export_request({**TRACE, "spans": [linked]})))
    span = fields(of(fields(of(fields(resource), 2)), 2))
    assert of(span, 4).hex() == parent["spanID"]
    assert of(fields(of(span, 13)), 2).hex() == parent["spanID"]


def fields(data: bytes) -> Fields:
    """Take one protobuf message apart: numbers of fields, and their values."""
    found: Fields = []
    while data:
        tag, data = varint(data)
        if tag & 7 == 0:
            value: Any
            value, data = varint(data)
        elif tag & 7 == 1:
            value, data = int.from_bytes(data[:8], "little"), data[8:]
        else:
            length, data = varint(data)
            value, data = data[:length], data[length:]
        found.append((tag >> 3, value))
    return found


def varint(data: bytes) -> tuple[int, bytes]:
    value = 0
    for place, byte in enumerate(data):
        value |= (byte & 0x7F) << 7 * place
        if byte < 0x80:
            return value, data[place + 1 :]
    raise AssertionError("a number without an end")


def of(message: Fields, number: int) -> Any:
    """The one field of that number."""
    (value,) = (value for found, value in message if found == number)
    return value


def attributes(message: Fields, number: int) -> dict[str, str]:
    """The key-value pairs under that number."""
    pairs = [fields(value) for found, value in message if found == number]
    return {of(pair, 1).decode(): of(fields(of(pair, 2)), 1).decode() for pair in pairs}
