"""Jaeger JSON of a trace as an OTLP request in protobuf, written by hand.

Every version of VictoriaTraces takes protobuf; the oldest take no JSON. Must not be here: the
product's own reader of traces, which is what the loaded spans are to test.
"""

from collections import defaultdict
from collections.abc import Iterable

from tests.integration.stories import Json, parent_of

KINDS = ("", "internal", "server", "client", "producer", "consumer")
STATUSES = {"unset": 0, "false": 1, "true": 2}
"""The numbers of OTLP for what Jaeger's tags `span.kind` and `error` say."""

_VARINT, _FIXED64, _BYTES = 0, 1, 2

_KIND, _ERROR, _MESSAGE = "span.kind", "error", "otel.status_description"
_SCOPE_NAME, _SCOPE_VERSION = "otel.scope.name", "otel.scope.version"
_SCOPE_PREFIX = "scope_attr:"
_OF_THE_SPAN_ITSELF = (_KIND, _ERROR, _MESSAGE, _SCOPE_NAME, _SCOPE_VERSION)


def export_request(trace: Json) -> bytes:
    """The body of `POST /v1/traces` for one element of a Jaeger answer's `data`."""
    by_process: defaultdict[str, list[Json]] = defaultdict(list)
    for span in trace["spans"]:
        by_process[span["processID"]].append(span)
    return b"".join(
        _field(1, _resource(trace["processes"][process]) + _scopes(spans))
        for process, spans in by_process.items()
    )


def _resource(process: Json) -> bytes:
    tags = _tags(process["tags"])
    if process["serviceName"]:
        tags["service.name"] = process["serviceName"]
    return _field(1, _attributes(1, tags))


def _scopes(spans: Iterable[Json]) -> bytes:
    return b"".join(
        _field(2, _scope(_tags(span["tags"])) + _field(2, _span(span))) for span in spans
    )


def _scope(tags: dict[str, str]) -> bytes:
    own = {
        name.removeprefix(_SCOPE_PREFIX): value
        for name, value in tags.items()
        if name.startswith(_SCOPE_PREFIX)
    }
    name, version = tags.get(_SCOPE_NAME, ""), tags.get(_SCOPE_VERSION, "")
    return _field(1, _text(1, name) + _text(2, version) + _attributes(3, own))


def _span(span: Json) -> bytes:
    tags = _tags(span["tags"])
    start_ns = span["startTime"] * 1_000
    own = {
        name: value
        for name, value in tags.items()
        if name not in _OF_THE_SPAN_ITSELF and not name.startswith(_SCOPE_PREFIX)
    }
    status = _text(2, tags.get(_MESSAGE, "")) + _number(3, STATUSES[tags.get(_ERROR, "unset")])
    return b"".join(
        (
            _field(1, bytes.fromhex(span["traceID"])),
            _field(2, bytes.fromhex(span["spanID"])),
            _field(4, bytes.fromhex(parent_of(span))),
            _text(5, span["operationName"]),
            _number(6, KINDS.index(tags.get(_KIND, ""))),
            _fixed(7, start_ns),
            _fixed(8, start_ns + span["duration"] * 1_000),
            _attributes(9, own),
            *(_field(11, _event(event)) for event in span["logs"]),
            _links(span["references"]),
            _field(15, status),
        )
    )


def _links(references: Iterable[Json]) -> bytes:
    return b"".join(
        _field(
            13, _field(1, bytes.fromhex(one["traceID"])) + _field(2, bytes.fromhex(one["spanID"]))
        )
        for one in references
        if one["refType"] != "CHILD_OF"
    )


def _event(event: Json) -> bytes:
    tags = _tags(event["fields"])
    name = tags.pop("event", "")
    return _fixed(1, event["timestamp"] * 1_000) + _text(2, name) + _attributes(3, tags)


def _tags(tags: Iterable[Json]) -> dict[str, str]:
    return {tag["key"]: tag["value"] for tag in tags}


def _attributes(number: int, values: dict[str, str]) -> bytes:
    return b"".join(
        _field(number, _text(1, name) + _field(2, _text(1, value)))
        for name, value in values.items()
    )


def _text(number: int, value: str) -> bytes:
    return _field(number, value.encode())


def _field(number: int, value: bytes) -> bytes:
    return _varint(number << 3 | _BYTES) + _varint(len(value)) + value


def _number(number: int, value: int) -> bytes:
    return _varint(number << 3 | _VARINT) + _varint(value)


def _fixed(number: int, value: int) -> bytes:
    return _varint(number << 3 | _FIXED64) + value.to_bytes(8, "little")


def _varint(value: int) -> bytes:
    written = bytearray()
    while value > 0x7F:
        written.append(value & 0x7F | 0x80)
        value >>= 7
    written.append(value)
    return bytes(written)
