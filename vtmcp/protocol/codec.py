"""JSON documents to values and back, exactly. Knows nothing of JSON-RPC.

orjson does the work. It reads integers beyond 64 bits as floats and refuses lone surrogates,
so a document that shows either goes through the standard library, which keeps them.
"""

import re
from typing import Any, NoReturn

import orjson

from vtmcp.protocol.errors import ParseError

_NEEDS_EXACT = re.compile(rb"[0-9]{19}|\\u[dD][89a-fA-F]")
"""A number of 19 digits may pass 2^63; `\\uD8..` to `\\uDF..` is half of a surrogate pair."""


def decode(document: bytes) -> Any:
    """Read one JSON document (RFC 8259, UTF-8). Raises `ParseError`."""
    try:
        if _NEEDS_EXACT.search(document) is None:
            return orjson.loads(document)
        return _decode_exactly(document)
    except (ValueError, RecursionError):
        raise ParseError("Parse error: the message is not valid JSON in UTF-8") from None


def encode(value: Any) -> bytes:
    """Write one JSON document on one line. Raises `TypeError` for what JSON cannot hold."""
    try:
        return orjson.dumps(value)
    except TypeError:
        return _encode_exactly(value)


def _decode_exactly(document: bytes) -> Any:
    import json  # noqa: PLC0415 - the rare path only

    text = document.decode("utf-8")
    return json.loads(text, parse_constant=_refuse, parse_float=_finite)


def _encode_exactly(value: Any) -> bytes:
    import json  # noqa: PLC0415 - the rare path only

    try:
        return json.dumps(value, separators=(",", ":"), allow_nan=False).encode("ascii")
    except ValueError:
        raise TypeError("JSON cannot hold this value") from None


def _finite(text: str) -> float:
    value = float(text)
    if value in (float("inf"), float("-inf")):
        raise ValueError("no float holds this number")
    return value


def _refuse(constant: str) -> NoReturn:
    raise ValueError(f"{constant} is not JSON")
