"""What an argument check says, in words that a model can act on."""

from typing import Any

import pytest

from vtmcp.protocol.errors import LocalProtocolError
from vtmcp.protocol.schema import (
    PROBLEMS_MAX,
    VALUE_CHARS_MAX,
    ArgumentCheck,
    conforms,
    did_you_mean,
    shown,
)

MEMBERS: dict[str, Any] = {
    "service": {"type": "string", "description": "Which service", "minLength": 2},
    "limit": {"type": "integer", "minimum": 1, "maximum": 10},
    "ratio": {"type": "number", "exclusiveMinimum": 0, "exclusiveMaximum": 1},
    "step": {"multipleOf": 5},
    "when": {"type": ["string", "number"]},
    "level": {"enum": ["debug", "info", 3]},
    "fixed": {"const": True},
    "tags": {"type": "array", "minItems": 1, "maxItems": 2, "items": {"type": "string"}},
    "id": {"type": "string", "pattern": "^[0-9a-f]+$", "maxLength": 4},
    "inner": {"type": "object", "properties": {"a": {}}, "required": ["a"]},
    "either": {"anyOf": [{"type": "integer"}, {"type": "boolean"}]},
}
SCHEMA = {
    "type": "object",
    "properties": MEMBERS,
    "required": ["service"],
    "additionalProperties": False,
}
ACCEPTED = ", ".join(sorted(MEMBERS))

PROBLEMS: dict[str, tuple[dict[str, Any], list[str]]] = {
    "nothing is wrong": ({}, []),
    "a type": ({"limit": "x"}, ['argument limit: "x" is not of type integer']),
    "one of several types": (
        {"when": None},
        ["argument when: null is not of type string or number"],
    ),
    "too small": ({"limit": 0}, ["argument limit: 0 is less than the minimum 1"]),
    "too large": ({"limit": 11}, ["argument limit: 11 is more than the maximum 10"]),
    "not above": ({"ratio": 0}, ["argument ratio: 0 must be more than 0"]),
    "not below": ({"ratio": 1}, ["argument ratio: 1 must be less than 1"]),
    "not a multiple": ({"step": 3}, ["argument step: 3 is not a multiple of 5"]),
    "too short": ({"service": "x"}, ['argument service: "x" is shorter than the least length 2']),
    "too long": ({"id": "abcde"}, ['argument id: "abcde" is longer than the greatest length 4']),
    "too few": ({"tags": []}, ["argument tags: [] has fewer items than the least number 1"]),
    "too many": (
        {"tags": ["a", "b", "c"]},
        ['argument tags: ["a","b","c"] has more items than the greatest number 2'],
    ),
    "a pattern": ({"id": "x"}, ['argument id: "x" does not match the pattern "^[0-9a-f]+$"']),
    "a constant": ({"fixed": 1}, ["argument fixed: 1 must be true"]),
    "a choice, with one near": (
        {"level": "inof"},
        ['argument level: "inof" is not one of "debug", "info", 3; did you mean info?'],
    ),
    "a choice, with none near": (
        {"level": "zz"},
        ['argument level: "zz" is not one of "debug", "info", 3'],
    ),
    "a choice, and no text": ({"level": 4}, ['argument level: 4 is not one of "debug", "info", 3']),
    "an item is named by its place": ({"tags": [1]}, ["argument tags.0: 1 is not of type string"]),
    "an unknown name, with one near": (
        {"limmit": 1},
        [f'unknown argument "limmit"; did you mean limit? (accepted: {ACCEPTED})'],
    ),
    "an unknown name, with none near": (
        {"zzz": 1},
        [f'unknown argument "zzz" (accepted: {ACCEPTED})'],
    ),
    "a member of a member": ({"inner": {}}, ["missing argument inner.a (required)"]),
    "a rule without words of its own": (
        {"either": "x"},
        [
            'argument either: "x" is not valid under'
            ' {"anyOf":[{"type":"integer"},{"type":"boolean"}]}'
        ],
    ),
}

ANY_VALUE: dict[str, tuple[dict[str, Any], Any, bool]] = {
    "an object": ({"type": "object"}, {}, True),
    "a list": ({"type": "array"}, [], True),
    "null": ({"type": "object"}, None, False),
    "an empty schema": ({}, 1, True),
}

SHOWN: dict[str, tuple[Any, str]] = {
    "a text": ("a", '"a"'),
    "a value": ({"a": [None, True]}, '{"a":[null,true]}'),
    "as much as may be": ("x" * 78, f'"{"x" * 78}"'),
    "more than may be": ("x" * 79, f'"{"x" * 79}... (81 characters)'),
    "half a surrogate pair": ("\ud800", '"\\ud800"'),
}

NEAR: dict[str, tuple[str, list[str], str]] = {
    "near": ("servcie", ["service", "limit"], "; did you mean service?"),
    "far": ("xyz", ["service"], ""),
    "nothing known": ("a", [], ""),
    "so long that comparing would take its time": ("a" * 1_000_000, ["service"], ""),
}


@pytest.mark.parametrize(("arguments", "problems"), PROBLEMS.values(), ids=PROBLEMS)
def test_problems(arguments: dict[str, Any], problems: list[str]) -> None:
    check = ArgumentCheck(SCHEMA)
    assert check.problems({"service": "checkout", **arguments}) == problems


def test_a_missing_argument_is_told_with_its_description() -> None:
    assert ArgumentCheck(SCHEMA).problems({}) == ["missing argument service (Which service)"]


def test_each_missing_argument_is_told_once() -> None:
    check = ArgumentCheck({"type": "object", "required": ["a", "b"], "properties": {"b": True}})
    assert check.problems({}) == ["missing argument a (required)", "missing argument b (required)"]


def test_a_tool_without_arguments_says_so() -> None:
    check = ArgumentCheck({"type": "object", "additionalProperties": False})
    assert check.problems({"a": 1}) == ['unknown argument "a" (accepted: no arguments)']


def test_only_the_first_faults_are_told() -> None:
    names = [f"n{number}" for number in range(PROBLEMS_MAX + 3)]
    many = {"type": "object", "properties": {name: {"type": "string"} for name in names}}
    assert len(ArgumentCheck(many).problems(dict.fromkeys(names, 1))) == PROBLEMS_MAX
    none = {"type": "object", "additionalProperties": False}
    assert len(ArgumentCheck(none).problems(dict.fromkeys(names, 1))) == PROBLEMS_MAX


def test_a_schema_for_the_rest_is_a_rule_like_any_other() -> None:
    check = ArgumentCheck({"type": "object", "additionalProperties": {"type": "string"}})
    assert check.problems({"a": 1}) == ["argument a: 1 is not of type string"]


def test_a_name_that_a_pattern_allows_is_not_called_unknown() -> None:
    check = ArgumentCheck(
        {"type": "object", "patternProperties": {"^x-": {}}, "additionalProperties": False}
    )
    problems = check.problems({"x-a": 1, "b": 2})
    assert len(problems) == 1
    assert problems[0].startswith('unknown argument "b"')


def test_a_check_is_used_again() -> None:
    check = ArgumentCheck(SCHEMA)
    assert check.problems({}) == check.problems({})


@pytest.mark.parametrize("schema", [{}, {"type": "array"}, {"type": ["object"]}], ids=str)
def test_the_root_must_be_an_object(schema: dict[str, Any]) -> None:
    with pytest.raises(LocalProtocolError, match='"type": "object"'):
        ArgumentCheck(schema)


@pytest.mark.parametrize(("schema", "value", "good"), ANY_VALUE.values(), ids=ANY_VALUE)
def test_any_value_under_any_schema(schema: dict[str, Any], value: Any, good: bool) -> None:
    assert conforms(schema, value) is good


@pytest.mark.parametrize(("value", "text"), SHOWN.values(), ids=SHOWN)
def test_values_shown(value: Any, text: str) -> None:
    assert shown(value) == text
    assert len(text) <= VALUE_CHARS_MAX + len("... (81 characters)")


@pytest.mark.parametrize(("name", "known", "text"), NEAR.values(), ids=NEAR)
def test_near_names(name: str, known: list[str], text: str) -> None:
    assert did_you_mean(name, known) == text
