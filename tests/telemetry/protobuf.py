"""OTLP in JSON as OTLP in protobuf, for databases before v0.3.0, which take nothing else.

Reads strictly: a member that the specification does not have is an error, so a test that goes
through here also says that the JSON is OTLP.
"""

from collections.abc import Callable
from typing import Any

import orjson

from tests.integration.otlp import _field, _fixed, _number, _text

Write = Callable[[int, Any], bytes]


def to_protobuf(body: bytes) -> bytes:
    """The same export request."""
    return _message(_REQUEST, orjson.loads(body))


def _message(members: dict[str, tuple[int, Write]], value: dict[str, Any]) -> bytes:
    return b"".join(members[key][1](members[key][0], value[key]) for key in value)


def _of(members: dict[str, tuple[int, Write]]) -> Write:
    return lambda number, value: _field(number, _message(members, value))


def _each(write: Write) -> Write:
    return lambda number, values: b"".join(write(number, value) for value in values)


def _hex(number: int, value: str) -> bytes:
    return _field(number, bytes.fromhex(value))


def _nanoseconds(number: int, value: str) -> bytes:
    assert isinstance(value, str)  # 64 bits do not fit into a number of JSON
    return _fixed(number, int(value))


def _whole(number: int, value: str) -> bytes:
    assert isinstance(value, str)
    return _number(number, int(value))


_VALUE: dict[str, tuple[int, Write]] = {"stringValue": (1, _text), "intValue": (3, _whole)}
_PAIR: dict[str, tuple[int, Write]] = {"key": (1, _text), "value": (2, _of(_VALUE))}
_ATTRIBUTES = _each(_of(_PAIR))
_EVENT: dict[str, tuple[int, Write]] = {
    "timeUnixNano": (1, _nanoseconds),
    "name": (2, _text),
    "attributes": (3, _ATTRIBUTES),
}
_LINK: dict[str, tuple[int, Write]] = {
    "traceId": (1, _hex),
    "spanId": (2, _hex),
    "attributes": (4, _ATTRIBUTES),
}
_STATUS: dict[str, tuple[int, Write]] = {"message": (2, _text), "code": (3, _number)}
_SPAN: dict[str, tuple[int, Write]] = {
    "traceId": (1, _hex),
    "spanId": (2, _hex),
    "parentSpanId": (4, _hex),
    "name": (5, _text),
    "kind": (6, _number),
    "startTimeUnixNano": (7, _nanoseconds),
    "endTimeUnixNano": (8, _nanoseconds),
    "attributes": (9, _ATTRIBUTES),
    "events": (11, _each(_of(_EVENT))),
    "links": (13, _each(_of(_LINK))),
    "status": (15, _of(_STATUS)),
}
_SCOPE: dict[str, tuple[int, Write]] = {
    "name": (1, _text),
    "version": (2, _text),
    "attributes": (3, _ATTRIBUTES),
}
_SCOPE_SPANS: dict[str, tuple[int, Write]] = {
    "scope": (1, _of(_SCOPE)),
    "spans": (2, _each(_of(_SPAN))),
}
_RESOURCE: dict[str, tuple[int, Write]] = {"attributes": (1, _ATTRIBUTES)}
_RESOURCE_SPANS: dict[str, tuple[int, Write]] = {
    "resource": (1, _of(_RESOURCE)),
    "scopeSpans": (2, _each(_of(_SCOPE_SPANS))),
}
_REQUEST: dict[str, tuple[int, Write]] = {"resourceSpans": (1, _each(_of(_RESOURCE_SPANS)))}
