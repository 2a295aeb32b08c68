"""Words such as `--limit 5 --tags region=eu --errors_only` to the arguments of a tool.

The tool's input schema says what type a word becomes. Must not be here: the check of a whole
call, which the server makes.
"""

import re
from collections.abc import Mapping, Sequence
from typing import Any

from vtmcp.protocol.codec import decode
from vtmcp.protocol.errors import ParseError
from vtmcp.protocol.messages import Json
from vtmcp.protocol.schema import did_you_mean
from vtmcp.shell.faults import UsageError
from vtmcp.shell.kinds import Kind, Parameter, kind_of, member_schema, parameters_of

_INTEGER = re.compile(r"[+-]?[0-9]{1,18}", re.ASCII)
_NUMBER = re.compile(r"[+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]{1,3})?", re.ASCII)
_BOOLEANS = {"true": True, "false": False}


def read_arguments(tool: Json, words: Sequence[str], given: Json) -> Json:
    """The arguments of a call: those `given` as JSON, and over them those of the words.

    Raises `UsageError` about a name, a value, or a required parameter that is not there.
    """
    reader = _Reader(tool)
    waiting = list(words)
    while waiting:
        reader.take(waiting)
    arguments = given | reader.arguments
    missing = [
        f"--{each.name}"
        for each in reader.parameters.values()
        if each.is_required and each.name not in arguments
    ]
    if missing:
        raise UsageError(f"{reader.tool} needs {', '.join(missing)}{_see(reader.tool)}")
    return arguments


def read_json_arguments(text: str) -> Json:
    """The value of `--args`. Raises `UsageError`."""
    try:
        value = decode(text.encode("utf-8", "surrogateescape"))
    except ParseError:
        raise UsageError("--args is not valid JSON") from None
    if not isinstance(value, dict):
        raise UsageError("--args must be a JSON object")
    return value


def typed(name: str, text: str, kind: Kind) -> Any:
    """A word as a value of a kind. Raises `UsageError`.

    Where a string is allowed too, it stays one: `5.10` may be a version, and a server that wants
    a number reads it from a string more often than it can undo a number.
    """
    if kind.choices:
        return _chosen(name, text, kind)
    value: Any = _UNREADABLE
    if not kind.types:
        value = _json(text)
        return text if value is _UNREADABLE else value
    if text[:1] in ("{", "[") and {"object", "array"} & set(kind.types):
        value = _json(text)
    if value is _UNREADABLE and "string" in kind.types:
        return text
    if value is _UNREADABLE:
        value = _scalar(text, kind)
    if value is _UNREADABLE:
        wanted = " or ".join(kind.types)
        raise UsageError(f"--{name}: {text[:100]!r} is no {wanted}")
    return value


class _Reader:
    """Words in, arguments out."""

    def __init__(self, tool: Json) -> None:
        root = tool.get("inputSchema")
        self.root: Json = root if isinstance(root, dict) else {}
        self.tool = str(tool["name"])
        self.parameters = parameters_of(self.root)
        self.is_open = self.root.get("additionalProperties", True) is not False
        self.arguments: Json = {}

    def take(self, waiting: list[str]) -> None:
        """Take one option with its value off the words."""
        word = waiting.pop(0)
        written, equals, value = word.partition("=")
        if not written.startswith("--") or written == "--":
            first = next((each.name for each in self.parameters.values()), "NAME")
            raise UsageError(f"{word[:100]!r} needs a name before it, such as --{first}")
        parameter = find_parameter(written[2:], self.parameters)
        if parameter is None:
            parameter = self._other(written, equals, waiting)
            if parameter is None:
                return
        if equals:
            self._set(parameter, value)
        elif parameter.is_flag and not (waiting and waiting[0] in _BOOLEANS):
            self.arguments[parameter.name] = True
        elif not waiting or self._is_option(waiting[0]):
            raise UsageError(
                f"--{parameter.name} needs a value{_see(self.tool)}; one that looks like an"
                f" option is written --{parameter.name}=VALUE"
            )
        else:
            self._set(parameter, waiting.pop(0))

    def _other(self, written: str, equals: str, waiting: list[str]) -> Parameter | None:
        """A name that the schema does not have: `--no-FLAG`, or what an open schema allows."""
        name = written[2:]
        if name.startswith(("no-", "no_")) and not equals:
            flag = find_parameter(name[3:], self.parameters)
            if flag is not None and flag.is_flag:
                self.arguments[flag.name] = False
                return None
        known = {f"--{each}": each for each in self.parameters}
        if self.parameters or not self.is_open:
            accepted = ", ".join(known) or "none"
            raise UsageError(
                f"{self.tool} has no parameter {written[:100]}"
                f"{did_you_mean(written, list(known))} (accepted: {accepted})"
            )
        # A schema without properties says nothing: then words are taken as they come.
        return Parameter(name, {}, Kind(), False, "")

    def _is_option(self, word: str) -> bool:
        name = word.partition("=")[0]
        return name.startswith("--") and find_parameter(name[2:], self.parameters) is not None

    def _set(self, parameter: Parameter, text: str) -> None:
        name, types = parameter.name, parameter.kind.types
        if "object" in types and not text.startswith("{") and "string" not in types:
            self._set_member(parameter, text)
        elif "array" in types and not text.startswith("[") and "string" not in types:
            items = self.arguments.setdefault(name, [])
            items += self._items(parameter, text)
        else:
            value = typed(name, text, parameter.kind)
            before = self.arguments.get(name)
            if isinstance(value, dict) and isinstance(before, dict):
                value = before | value
            elif isinstance(value, list) and isinstance(before, list):
                value = before + value
            elif name in self.arguments:
                raise UsageError(f"--{name} is given twice")
            self.arguments[name] = value

    def _set_member(self, parameter: Parameter, text: str) -> None:
        key, equals, value = text.partition("=")
        if not equals or not key:
            raise UsageError(f"--{parameter.name}: {text[:100]!r} is neither NAME=VALUE nor JSON")
        kind = kind_of(member_schema(parameter.schema, self.root, key), self.root)
        members = self.arguments.setdefault(parameter.name, {})
        members[key] = typed(f"{parameter.name} {key}", value, kind)

    def _items(self, parameter: Parameter, text: str) -> list[Any]:
        kind = kind_of(member_schema(parameter.schema, self.root, ""), self.root)
        parts = [text] if {"object", "array"} & set(kind.types) else text.split(",")
        return [typed(parameter.name, part.strip(), kind) for part in parts]


def find_parameter(written: str, parameters: Mapping[str, Parameter]) -> Parameter | None:
    """The parameter of that name; dashes, underscores and capitals make no difference."""
    if written in parameters:
        return parameters[written]
    near = [each for each in parameters.values() if _plain(each.name) == _plain(written)]
    return near[0] if len(near) == 1 else None


class _Unreadable:
    """What a text is that is no value of a kind; None is a value."""


_UNREADABLE = _Unreadable()


def _plain(name: str) -> str:
    return name.replace("-", "").replace("_", "").lower()


def _chosen(name: str, text: str, kind: Kind) -> Any:
    for choice in kind.choices:
        if text == (str(choice).lower() if isinstance(choice, bool) else str(choice)):
            return choice
    accepted = ", ".join(map(str, kind.choices))
    raise UsageError(f"--{name}: {text[:100]!r} is not accepted; accepted: {accepted}")


def _scalar(text: str, kind: Kind) -> Any:
    types = kind.types
    if _INTEGER.fullmatch(text) and {"integer", "number"} & set(types):
        return int(text)
    if "number" in types and _NUMBER.fullmatch(text):
        return float(text)
    if "boolean" in types and text.lower() in _BOOLEANS:
        return _BOOLEANS[text.lower()]
    if kind.may_be_null and text == "null":
        return None
    return _UNREADABLE


def _json(text: str) -> Any:
    try:
        return decode(text.encode("utf-8", "surrogateescape"))
    except ParseError:
        return _UNREADABLE


def _see(tool: str) -> str:
    return f" (vtmcp tools {tool} shows all)"
