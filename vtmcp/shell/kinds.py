"""What a tool's input schema says of one parameter, as far as a command line needs it.

Schemas come from strangers: what cannot be understood counts as "anything". Must not be here:
words of a command line (`arguments`), or a full check, which the server makes.
"""

from typing import Any, NamedTuple

from vtmcp.protocol.codec import encode
from vtmcp.protocol.messages import Json

DEPTH_MAX = 8
"""References and choices within choices; a schema that goes round in circles ends here."""

_ANY_OF = ("anyOf", "oneOf", "allOf")


class Kind(NamedTuple):
    """What values there may be."""

    types: tuple[str, ...] = ()
    """Names of JSON Schema without `null`; empty for anything."""
    choices: tuple[Any, ...] = ()
    """The only values, where they are listed."""
    may_be_null: bool = False


class Parameter(NamedTuple):
    """One parameter of a tool."""

    name: str
    schema: Json
    kind: Kind
    is_required: bool
    description: str

    @property
    def is_flag(self) -> bool:
        """Whether its name alone says enough."""
        return self.kind.types == ("boolean",)


def parameters_of(root: Any) -> dict[str, Parameter]:
    """The parameters of an input schema, in its order, those that are required first."""
    if not isinstance(root, dict) or not isinstance(root.get("properties"), dict):
        return {}
    required = root.get("required")
    wanted = set(map(str, required)) if isinstance(required, list) else set()
    found = [
        Parameter(
            name=name,
            schema=schema if isinstance(schema, dict) else {},
            kind=kind_of(schema, root),
            is_required=name in wanted,
            description=_text(schema, "description") or _text(schema, "title"),
        )
        for name, schema in root["properties"].items()
    ]
    return {each.name: each for each in sorted(found, key=lambda each: not each.is_required)}


def kind_of(schema: Any, root: Json, depth: int = 0) -> Kind:
    """What values a schema allows."""
    schema = resolved(schema, root)
    if not isinstance(schema, dict) or depth > DEPTH_MAX:
        return Kind()
    if "const" in schema or isinstance(schema.get("enum"), list):
        values = schema["enum"] if isinstance(schema.get("enum"), list) else [schema["const"]]
        choices = tuple(value for value in values if value is not None)
        return Kind(_unique(map(_type_name, choices)), choices, None in values)
    named = schema.get("type")
    if isinstance(named, str | list):
        names = _unique(str(name) for name in ([named] if isinstance(named, str) else named))
        return Kind(tuple(name for name in names if name != "null"), (), "null" in names)
    inner = [
        kind_of(each, root, depth + 1)
        for word in _ANY_OF
        for each in (schema[word] if isinstance(schema.get(word), list) else ())
    ]
    if inner:
        return _either(inner)
    shape = ("object",) if "properties" in schema else ("array",) if "items" in schema else ()
    return Kind(shape)


def member_schema(schema: Json, root: Json, name: str) -> Json:
    """The schema of one member of an object, or of the items of an array for an empty name."""
    found = resolved(schema, root)
    for option in (found, *_options(found, root)) if isinstance(found, dict) else ():
        if not name:
            inner: Any = option.get("items")
        else:
            properties = option.get("properties")
            inner = properties.get(name) if isinstance(properties, dict) else None
            inner = option.get("additionalProperties") if inner is None else inner
        if isinstance(inner, dict):
            return inner
    return {}


def resolved(schema: Any, root: Json) -> Any:
    """What a local reference leads to; anything else as it is."""
    for _ in range(DEPTH_MAX):
        reference = schema.get("$ref") if isinstance(schema, dict) else None
        if not isinstance(reference, str) or not reference.startswith("#/"):
            return schema
        schema = root
        for step in reference[2:].split("/"):
            name = step.replace("~1", "/").replace("~0", "~")  # RFC 6901.
            schema = schema.get(name) if isinstance(schema, dict) else None
    return {}


def told(kind: Kind, schema: Json) -> str:
    """A kind in a few words: `integer, 1 to 1000, default 20`."""
    if kind.choices:
        text = " | ".join(map(str, kind.choices))
    elif kind.types == ("object",):
        text = "NAME=VALUE, repeated, or JSON"
    elif kind.types == ("array",):
        text = "list, with commas between or repeated"
    else:
        text = " or ".join(kind.types) or "anything"
    least, most = schema.get("minimum"), schema.get("maximum")
    if least is not None and most is not None:
        text += f", {least} to {most}"
    elif least is not None or most is not None:
        text += f", at least {least}" if most is None else f", at most {most}"
    default = schema.get("default")
    return text if default is None else f"{text}, default {encode(default).decode()}"


def _options(schema: Json, root: Json) -> list[Json]:
    inner = [each for word in _ANY_OF for each in _list(schema.get(word))]
    return [found for each in inner if isinstance(found := resolved(each, root), dict)]


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []


def _either(kinds: list[Kind]) -> Kind:
    may_be_null = any(kind.may_be_null for kind in kinds)
    kinds = [kind for kind in kinds if kind.types or not kind.may_be_null]
    if any(not kind.types for kind in kinds):
        return Kind((), (), may_be_null)
    # Choices beside a free value are no limit.
    is_limited = all(kind.choices for kind in kinds)
    choices = tuple(each for kind in kinds for each in kind.choices) if is_limited else ()
    return Kind(_unique(name for kind in kinds for name in kind.types), choices, may_be_null)


def _type_name(value: Any) -> str:
    if isinstance(value, bool):
        return "boolean"
    names = {str: "string", int: "integer", float: "number", dict: "object", list: "array"}
    return names[type(value)]


def _unique(names: Any) -> tuple[str, ...]:
    return tuple(dict.fromkeys(names))


def _text(schema: Any, member: str) -> str:
    value = schema.get(member) if isinstance(schema, dict) else None
    return value if isinstance(value, str) else ""
