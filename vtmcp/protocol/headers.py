"""What the headers of a modern HTTP request must say, compared with its body.

Sources: MCP 2026-07-28, basic/transports/streamable-http, "Request Metadata" and "Server
Validation"; server/tools, "x-mcp-header". Must not be here: HTTP itself, the names of tools, or
rules for the legacy revisions, to which none of this applies.
"""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from vtmcp.protocol.errors import LocalProtocolError, RpcError
from vtmcp.protocol.messages import Json, Request
from vtmcp.protocol.schema import shown

HeaderValues = Callable[[str], Sequence[str]]
"""All values of a header, by its name in lower case; empty when it is not there."""

VERSION_HEADER = "MCP-Protocol-Version"
METHOD_HEADER = "Mcp-Method"
NAME_HEADER = "Mcp-Name"
PARAMETER_PREFIX = "Mcp-Param-"

ANNOTATION = "x-mcp-header"
"""The keyword in a property's schema that names the header its argument is repeated in."""

_NAMED_BY = {"tools/call": "name", "prompts/get": "name", "resources/read": "uri"}
_TASK_METHODS = ("tasks/get", "tasks/update", "tasks/cancel")
# Others of that kind are gone, and what does not exist is not asked for a name.

_SENTINEL_START, _SENTINEL_END = "=?base64?", "?="

_FIELD_VALUE = re.compile(r"[\t\x20-\x7e]*")
_TOKEN = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")

# Forty digits are far more than the 16 that an integer may have here, and `int` stays quick.
_WHOLE_NUMBER = re.compile(r"(-?[0-9]{1,40})(?:\.0{1,40})?")

_MIRRORED_TYPES = ("string", "integer", "boolean")

# The keywords of JSON Schema that hold schemas (2020-12, and those of draft-07 that it dropped).
# What stands under any other keyword is data: a `default` may well have a member of that name.
_MAPS_OF_SCHEMAS = (
    *("properties", "patternProperties", "dependentSchemas", "$defs"),
    *("definitions", "dependencies"),
)
_SCHEMAS = (
    *("items", "prefixItems", "additionalItems", "unevaluatedItems", "contains"),
    *("additionalProperties", "unevaluatedProperties", "propertyNames", "contentSchema"),
    *("allOf", "anyOf", "oneOf", "not", "if", "then", "else"),
)


class HeaderMismatchError(RpcError):
    """A header is missing, malformed, or says something else than the body."""

    code = -32020

    def __init__(self, header: str, problem: str) -> None:
        super().__init__(f"Header mismatch: {header} {problem}")


def check_version_header(values: Sequence[str], version: str) -> None:
    """Compare the values of `MCP-Protocol-Version` with the version that `_meta` names."""
    if _only_value(VERSION_HEADER, values) != version:
        raise HeaderMismatchError(VERSION_HEADER, f"must be {shown(version)}, as in params._meta")


def check_request_headers(
    header_values: HeaderValues,
    message: Request,
    parameter_headers: Mapping[tuple[str, ...], str],
) -> None:
    """Compare the headers of one request with its body. Raises `HeaderMismatchError`.

    `parameter_headers` are those of the tool that is called; empty for any other request.
    """
    if _only_value(METHOD_HEADER, _read(header_values, METHOD_HEADER)) != message.method:
        raise HeaderMismatchError(METHOD_HEADER, f"must be {shown(message.method)}, the method")
    _check_name(header_values, message)
    arguments = message.params.get("arguments")
    for path, name in parameter_headers.items():
        _check_parameter(name, _read(header_values, name), _at(arguments, path), ".".join(path))


def parameter_headers(input_schema: Json) -> dict[tuple[str, ...], str]:
    """The path of each annotated property with the name of its header, `Mcp-Param-...`.

    Raises `LocalProtocolError` when an annotation breaks the rules: clients would drop the tool.
    """
    found: dict[tuple[str, ...], str] = {}
    for path, schema in _annotated(input_schema, ()):
        name = _header_name(path, schema)
        if any(name.lower() == other.lower() for other in found.values()):
            raise LocalProtocolError(f"{ANNOTATION}: two properties share the header {name}")
        found[path] = name
    return found


def decode_sentinel(value: str) -> str:
    """What a value between `=?base64?` and `?=` stands for; any other value stands for itself.

    Raises `ValueError` unless it is base64 of UTF-8 in the one form that an encoder writes.
    """
    is_literal = len(value) < len(_SENTINEL_START) + len(_SENTINEL_END)
    if is_literal or not (value.startswith(_SENTINEL_START) and value.endswith(_SENTINEL_END)):
        return value
    from base64 import b64decode, b64encode  # noqa: PLC0415 - start-up does without it

    payload = value[len(_SENTINEL_START) : -len(_SENTINEL_END)]
    try:
        decoded = b64decode(payload, validate=True)
        # The decoder passes over bits that no byte needs; only the canonical text counts.
        if b64encode(decoded).decode("ascii") != payload:
            raise ValueError
        return decoded.decode("utf-8")
    except ValueError:
        raise ValueError("not base64 of UTF-8 text") from None


def _check_name(header_values: HeaderValues, message: Request) -> None:
    is_task = message.method in _TASK_METHODS
    source = "taskId" if is_task else _NAMED_BY.get(message.method)
    if source is None:
        return
    expected = message.params.get(source)
    # Without a name in the body there is nothing to compare: that is a fault of the parameters.
    if isinstance(expected, str):
        text = _decoded(NAME_HEADER, _only_value(NAME_HEADER, _read(header_values, NAME_HEADER)))
        if text != expected:
            problem = f"must be {shown(expected)}, as in params.{source}"
            raise HeaderMismatchError(NAME_HEADER, problem)


def _check_parameter(name: str, values: Sequence[str], argument: Any, where: str) -> None:
    if argument is None:
        # A client must leave the header out. Where one is there all the same, something on the
        # way may have acted on a value that this request does not carry.
        if values:
            raise HeaderMismatchError(name, f"must be absent, as is the argument {where}")
    elif isinstance(argument, str | int | float):
        if not _says(_decoded(name, _only_value(name, values)), argument):
            problem = f"must be {shown(argument)}, the argument {where}"
            raise HeaderMismatchError(name, problem)
    elif values:
        # A list or an object has no form as a header; the check of the arguments will refuse it.
        raise HeaderMismatchError(name, f"cannot repeat the argument {where}, which is no scalar")


def _says(text: str, argument: str | int | float) -> bool:
    """Whether a header's text is this value; integers are compared as numbers, `42.0` is 42."""
    if isinstance(argument, str):
        return text == argument
    if isinstance(argument, bool):
        return text == ("true" if argument else "false")
    if isinstance(argument, float) and not argument.is_integer():
        return text == repr(argument)
    number = _WHOLE_NUMBER.fullmatch(text)
    return number is not None and int(number[1]) == argument


def _only_value(name: str, values: Sequence[str]) -> str:
    """The one value of a header, without the blanks round it, which are not part of it."""
    if len(values) != 1:
        raise HeaderMismatchError(name, "is given more than once" if values else "is required")
    if _FIELD_VALUE.fullmatch(values[0]) is None:
        raise HeaderMismatchError(name, "holds characters other than visible ASCII and blanks")
    return values[0].strip(" \t")


def _decoded(name: str, value: str) -> str:
    try:
        return decode_sentinel(value)
    except ValueError as fault:
        raise HeaderMismatchError(name, f"is {fault} between =?base64? and ?=") from None


def _read(header_values: HeaderValues, name: str) -> Sequence[str]:
    return header_values(name.lower())


def _at(value: Any, path: tuple[str, ...]) -> Any:
    for name in path:
        value = value.get(name) if isinstance(value, dict) else None
    return value


def _header_name(path: tuple[str, ...], schema: Json) -> str:
    name = schema[ANNOTATION]
    if not isinstance(name, str) or _TOKEN.fullmatch(name) is None:
        raise LocalProtocolError(f"{ANNOTATION}: {shown(name)} is not the name of a header")
    if not path:
        raise LocalProtocolError(
            f"{ANNOTATION}: {name} must stand in a property, reached by `properties` alone"
        )
    if schema.get("type") not in _MIRRORED_TYPES:
        accepted = ", ".join(_MIRRORED_TYPES)
        raise LocalProtocolError(
            f'{ANNOTATION}: the "type" of {".".join(path)} must be one of {accepted}'
        )
    return PARAMETER_PREFIX + name


def _annotated(schema: Any, path: tuple[str, ...] | None) -> Iterator[tuple[tuple[str, ...], Json]]:
    """Each annotated schema within one; an empty path where more than properties lead to it."""
    if not isinstance(schema, dict):
        return
    if ANNOTATION in schema:
        yield path or (), schema
    for keyword in _MAPS_OF_SCHEMAS:
        members = schema.get(keyword)
        reached = path if keyword == "properties" else None
        for name, member in members.items() if isinstance(members, dict) else ():
            yield from _annotated(member, None if reached is None else (*reached, name))
    for keyword in _SCHEMAS:
        inner = schema.get(keyword)
        for member in inner if isinstance(inner, list) else [inner]:
            yield from _annotated(member, None)
