"""What a command line makes of a parameter's schema, whoever wrote it."""

from typing import Any

import pytest

from vtmcp.shell.kinds import Kind, kind_of, member_schema, parameters_of, resolved, told

ROOT: dict[str, Any] = {
    "$defs": {
        "Level": {"enum": ["low", "high"]},
        "a/b": {"type": "integer"},
        "Round": {"$ref": "#/$defs/Round"},
        "Deep": {"anyOf": [{"$ref": "#/$defs/Deep"}]},
    }
}
LEVEL = {"$ref": "#/$defs/Level"}

KINDS: dict[str, tuple[Any, Kind]] = {
    "a type": ({"type": "integer"}, Kind(("integer",))),
    "several types": ({"type": ["string", "number"]}, Kind(("string", "number"))),
    "one that may be null": ({"type": ["null", "boolean"]}, Kind(("boolean",), (), True)),
    "choices": ({"enum": ["a", 1, None]}, Kind(("string", "integer"), ("a", 1), True)),
    "choices of all sorts": (
        {"enum": [True, 1.5, {}, []]},
        Kind(("boolean", "number", "object", "array"), (True, 1.5, {}, [])),
    ),
    "one choice": ({"const": "a"}, Kind(("string",), ("a",))),
    "a reference": (LEVEL, Kind(("string",), ("low", "high"))),
    "a reference with a slash in it": ({"$ref": "#/$defs/a~1b"}, Kind(("integer",))),
    "a reference to nothing": ({"$ref": "#/$defs/None/at/all"}, Kind()),
    "a reference elsewhere": ({"$ref": "https://example.com/x"}, Kind()),
    "a reference to itself": ({"$ref": "#/$defs/Round"}, Kind()),
    "choices within choices for ever": ({"$ref": "#/$defs/Deep"}, Kind()),
    "an optional, as pydantic writes it": (
        {"anyOf": [{"type": "integer"}, {"type": "null"}]},
        Kind(("integer",), (), True),
    ),
    "optional choices": (
        {"anyOf": [LEVEL, {"type": "null"}]},
        Kind(("string",), ("low", "high"), True),
    ),
    "choices beside a free value": (
        {"oneOf": [LEVEL, {"type": "integer"}]},
        Kind(("string", "integer")),
    ),
    "a type beside anything": ({"anyOf": [{"type": "integer"}, {}]}, Kind()),
    "the shape of an object": ({"properties": {}}, Kind(("object",))),
    "the shape of an array": ({"items": {}}, Kind(("array",))),
    "nothing": ({}, Kind()),
    "no schema": (True, Kind()),
    "types that are none": ({"type": 7, "anyOf": 7}, Kind()),
}


@pytest.mark.parametrize(("schema", "kind"), KINDS.values(), ids=KINDS)
def test_a_schema_is_read_as_far_as_needed(schema: Any, kind: Kind) -> None:
    assert kind_of(schema, ROOT) == kind


def test_the_required_parameters_come_first() -> None:
    root = {
        "properties": {
            "b": {"title": "B"},
            "a": {"type": "boolean", "description": "A flag."},
            "c": False,
        },
        "required": ["a"],
    }
    found = parameters_of(root)
    assert list(found) == ["a", "b", "c"]
    assert (found["a"].is_required, found["a"].is_flag) == (True, True)
    assert (found["a"].description, found["b"].description) == ("A flag.", "B")
    assert found["c"].schema == {}


@pytest.mark.parametrize("root", [None, [], {}, {"properties": []}, {"properties": None}])
def test_a_schema_without_properties_has_no_parameters(root: Any) -> None:
    assert parameters_of(root) == {}


def test_names_that_are_required_may_be_nonsense() -> None:
    assert list(parameters_of({"properties": {"a": {}}, "required": 7})) == ["a"]


MEMBERS: dict[str, tuple[Any, str, Any]] = {
    "a property": ({"properties": {"x": {"type": "integer"}}}, "x", {"type": "integer"}),
    "any other": (
        {"properties": {}, "additionalProperties": {"type": "null"}},
        "x",
        {"type": "null"},
    ),
    "without properties": ({"additionalProperties": {"type": "null"}}, "x", {"type": "null"}),
    "items": ({"items": {"type": "string"}}, "", {"type": "string"}),
    "of an optional": ({"anyOf": [7, {"items": {"type": "string"}}]}, "", {"type": "string"}),
    "unknown": ({"additionalProperties": True}, "x", {}),
    "of what is no schema": ({"$ref": "#/none"}, "x", {}),
}


@pytest.mark.parametrize(("schema", "name", "member"), MEMBERS.values(), ids=MEMBERS)
def test_the_schema_of_a_member_is_found(schema: Any, name: str, member: Any) -> None:
    assert member_schema(schema, ROOT, name) == member


def test_what_is_no_reference_stays_as_it_is() -> None:
    assert resolved(7, ROOT) == 7


TOLD: dict[str, tuple[dict[str, Any], str]] = {
    "a range and a default": (
        {"type": "integer", "minimum": 1, "maximum": 9, "default": 5},
        "integer, 1 to 9, default 5",
    ),
    "a default that is nothing": ({"type": "integer", "default": None}, "integer"),
    "a default that is text": ({"type": "string", "default": "a"}, 'string, default "a"'),
    "a least value": ({"type": "integer", "minimum": 1}, "integer, at least 1"),
    "a most value": ({"type": "integer", "maximum": 9}, "integer, at most 9"),
    "choices": ({"enum": ["a", "b"]}, "a | b"),
    "an object": ({"type": "object"}, "NAME=VALUE, repeated, or JSON"),
    "a list": ({"type": "array"}, "list, with commas between or repeated"),
    "several": ({"type": ["string", "number"]}, "string or number"),
    "anything": ({}, "anything"),
}


@pytest.mark.parametrize(("schema", "text"), TOLD.values(), ids=TOLD)
def test_a_kind_is_told_in_a_few_words(schema: dict[str, Any], text: str) -> None:
    assert told(kind_of(schema, {}), schema) == text
