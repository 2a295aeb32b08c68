"""Check arguments against a JSON Schema (2020-12) and say what is wrong, in words.

jsonschema does the checking and is imported with the first check, never at start. Must not be
here: what a tool does with its arguments.
"""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from vtmcp.protocol.codec import encode
from vtmcp.protocol.errors import LocalProtocolError
from vtmcp.protocol.messages import Json

if TYPE_CHECKING:
    from jsonschema import Draft202012Validator

ValidationError = Any
"""`jsonschema.ValidationError`, whose members are typed too loosely to be of use."""

PROBLEMS_MAX = 5
"""How many faults one error names: enough to mend a call, short enough to read."""

VALUE_CHARS_MAX = 80
"""How much of a wrong value an error repeats."""


class ArgumentCheck:
    """One schema, compiled at its first use."""

    def __init__(self, schema: Json) -> None:
        if schema.get("type") != "object":
            raise LocalProtocolError('the root of an input schema must have "type": "object"')
        self._schema = schema
        self._validator: Draft202012Validator | None = None

    def problems(self, arguments: Json) -> list[str]:
        """What is wrong with `arguments`, a sentence each; empty when nothing is."""
        if self._validator is None:
            self._validator = _compile(self._schema)
        errors = []
        for error in self._validator.iter_errors(arguments):
            errors.append(error)
            if len(errors) == PROBLEMS_MAX:
                break
        return [sentence for error in errors for sentence in _sentences(error)]


def conforms(schema: Json, value: Any) -> bool:
    """Whether any JSON value is valid under any schema."""
    return bool(_compile(schema).is_valid(value))


def did_you_mean(name: str, known: list[str]) -> str:
    """`; did you mean X?` for the nearest known name, or nothing when none is near."""
    from difflib import get_close_matches  # noqa: PLC0415 - errors only

    near = get_close_matches(name[:VALUE_CHARS_MAX], known, n=1)
    return f"; did you mean {near[0]}?" if near else ""


def shown(value: Any) -> str:
    """A value as JSON, cut to what an error may repeat."""
    text = encode(value).decode()
    if len(text) <= VALUE_CHARS_MAX:
        return text
    return f"{text[:VALUE_CHARS_MAX]}... ({len(text)} characters)"


def _compile(schema: Json) -> "Draft202012Validator":
    from jsonschema import Draft202012Validator  # noqa: PLC0415 - heavy, first call only

    return Draft202012Validator(schema)


def _sentences(error: ValidationError) -> list[str]:
    if error.validator == "additionalProperties" and error.validator_value is False:
        return _unknown_names(error)
    where = ".".join(str(part) for part in error.absolute_path)
    name = f"argument {where}" if where else "arguments"
    explain = _EXPLANATIONS.get(str(error.validator))
    if explain is None:
        return [f"{name}: {shown(error.instance)} is not valid under {shown(error.schema)}"]
    return explain(name, error)


def _unknown_names(error: ValidationError) -> list[str]:
    import re  # noqa: PLC0415 - errors only

    known = sorted(error.schema.get("properties", {}))
    patterns = list(error.schema.get("patternProperties", {}))
    accepted = ", ".join([*known, *map(shown, patterns)]) or "no arguments"
    return [
        f"unknown argument {shown(name)}{did_you_mean(name, known)} (accepted: {accepted})"
        for name in error.instance
        if name not in known and not any(re.search(pattern, name) for pattern in patterns)
    ][:PROBLEMS_MAX]


def _missing(name: str, error: ValidationError) -> list[str]:
    # One error comes for each missing name; its message starts with the name in quotes.
    missing = [one for one in error.validator_value if error.message.startswith(repr(one) + " ")]
    prefix = "" if name == "arguments" else f"{name.removeprefix('argument ')}."
    return [f"missing argument {prefix}{one}" + _described(error, one) for one in missing]


def _described(error: ValidationError, name: str) -> str:
    member = error.schema.get("properties", {}).get(name, {})
    description = member.get("description") if isinstance(member, dict) else None
    return f" ({description})" if description else " (required)"


def _type(name: str, error: ValidationError) -> list[str]:
    wanted = error.validator_value
    kinds = " or ".join(wanted) if isinstance(wanted, list) else wanted
    return [f"{name}: {shown(error.instance)} is not of type {kinds}"]


def _enum(name: str, error: ValidationError) -> list[str]:
    values = error.validator_value
    near = ""
    if isinstance(error.instance, str):
        near = did_you_mean(error.instance, [v for v in values if isinstance(v, str)])
    accepted = ", ".join(shown(value) for value in values)
    return [f"{name}: {shown(error.instance)} is not one of {accepted}{near}"]


def _bound(words: str) -> Callable[[str, ValidationError], list[str]]:
    def explain(name: str, error: ValidationError) -> list[str]:
        return [f"{name}: {shown(error.instance)} {words} {shown(error.validator_value)}"]

    return explain


_EXPLANATIONS: dict[str, Callable[[str, ValidationError], list[str]]] = {
    "required": _missing,
    "type": _type,
    "enum": _enum,
    "const": _bound("must be"),
    "minimum": _bound("is less than the minimum"),
    "maximum": _bound("is more than the maximum"),
    "exclusiveMinimum": _bound("must be more than"),
    "exclusiveMaximum": _bound("must be less than"),
    "minLength": _bound("is shorter than the least length"),
    "maxLength": _bound("is longer than the greatest length"),
    "minItems": _bound("has fewer items than the least number"),
    "maxItems": _bound("has more items than the greatest number"),
    "pattern": _bound("does not match the pattern"),
    "multipleOf": _bound("is not a multiple of"),
}
