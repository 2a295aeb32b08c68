"""The parameters that several tools share, and what a client may write instead of them.

Models write `"10"` for 10, `null` for nothing and JSON in strings; where the meaning is plain it
is taken, everything else is left for the schema to refuse. Must not be here: what a tool does
with a value.
"""

import re
from typing import Any

from vtmcp.protocol.codec import decode
from vtmcp.protocol.errors import ParseError
from vtmcp.protocol.messages import Json

_INTEGER = re.compile(r"\s*[+-]?[0-9]{1,18}\s*", re.ASCII)
"""A number in a text. More digits are no number of anything here, and cost time to read."""

ANSWER_BYTES_MIN = 1_000
ANSWER_BYTES_MAX = 1_000_000
"""The bounds of `max_bytes`: room for a verdict at least, and no more than a client could show."""

TENANT: Json = {
    "type": "string",
    "description": "AccountID[:ProjectID], only if the user names one",
}
MAX_BYTES: Json = {
    "type": "integer",
    "minimum": ANSWER_BYTES_MIN,
    "maximum": ANSWER_BYTES_MAX,
    "description": "Largest answer",
}
FORMAT: Json = {
    "type": "string",
    "enum": ["text", "json"],
    "description": "text (default), or json: the data behind it",
}
TIME_FORMS = "RFC 3339, now-1h, 14:05 Europe/Berlin, Unix time (s, ms, us, ns)"
DURATION_FORMS = "such as 250ms, 1.5s or 1m30s"


def time(meaning: str) -> Json:
    """A parameter that is a point in time."""
    return {"type": ["string", "number"], "description": f"{meaning}: {TIME_FORMS}"}


def duration(meaning: str) -> Json:
    """A parameter that is a length of time."""
    return {"type": "string", "description": f"{meaning}, {DURATION_FORMS}"}


def object_schema(properties: Json, required: tuple[str, ...] = ()) -> Json:
    """The input schema of a tool with these parameters and no others."""
    schema: Json = {"type": "object", "properties": properties, "additionalProperties": False}
    if required:
        schema["required"] = list(required)
    return schema


def understood(schema: Json, arguments: Json) -> Json:
    """`arguments` with nothing in place of `null`, and values in the type that `schema` wants."""
    required = schema.get("required", ())
    understood: Json = {}
    for name, value in arguments.items():
        if value is None or (value == "" and name not in required):
            continue
        kind = schema["properties"].get(name, {}).get("type")
        understood[name] = _as_kind(kind, value)
    return understood


def _as_kind(kind: Any, value: Any) -> Any:
    if kind == "integer" and isinstance(value, str) and _INTEGER.fullmatch(value):
        return int(value)
    if kind == "integer" and isinstance(value, float) and value.is_integer():
        return int(value)
    if kind == "string" and isinstance(value, int) and not isinstance(value, bool):
        return str(value)
    if kind == "boolean" and value in ("true", "false"):
        return value == "true"
    if kind == "object" and isinstance(value, str):
        return _as_object(value)
    return value


def _as_object(value: str) -> Any:
    try:
        return decode(value.encode())
    except (ParseError, UnicodeEncodeError):
        return value
