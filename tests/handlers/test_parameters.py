"""What a model writes for a value, and what is understood of it."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vtmcp.handlers.parameters import (
    ANSWER_BYTES_MAX,
    ANSWER_BYTES_MIN,
    FORMAT,
    MAX_BYTES,
    TENANT,
    duration,
    object_schema,
    time,
    understood,
)
from vtmcp.protocol.schema import ArgumentCheck

SCHEMA = object_schema(
    {
        "count": {"type": "integer"},
        "name": {"type": "string"},
        "flag": {"type": "boolean"},
        "tags": {"type": "object"},
        "when": {"type": ["string", "number"]},
        "free": {},
    },
    ("name",),
)

UNDERSTOOD: dict[str, tuple[dict[str, Any], dict[str, Any]]] = {
    "nothing": ({}, {}),
    "null is nothing": ({"count": None, "name": None}, {}),
    "an empty text is nothing": ({"when": "", "count": "", "unknown": ""}, {}),
    "but for what is required": ({"name": ""}, {"name": ""}),
    "a number in a text": ({"count": "10"}, {"count": 10}),
    "with blanks round it": ({"count": " 10 "}, {"count": 10}),
    "a whole float": ({"count": 10.0}, {"count": 10}),
    "a fraction stays": ({"count": 1.5}, {"count": 1.5}),
    "a word for a number stays": ({"count": "ten"}, {"count": "ten"}),
    "a power in a text stays": ({"count": "\u00b2"}, {"count": "\u00b2"}),
    "a number for a text": ({"name": 7}, {"name": "7"}),
    "true for a text stays": ({"name": True}, {"name": True}),
    "a fraction for a text stays": ({"name": 1.5}, {"name": 1.5}),
    "true in a text": ({"flag": "true"}, {"flag": True}),
    "false in a text": ({"flag": "false"}, {"flag": False}),
    "true": ({"flag": True}, {"flag": True}),
    "yes stays": ({"flag": "yes"}, {"flag": "yes"}),
    "a list for true stays": ({"flag": []}, {"flag": []}),
    "an object in a text": ({"tags": '{"a": "b"}'}, {"tags": {"a": "b"}}),
    "an object": ({"tags": {"a": 1}}, {"tags": {"a": 1}}),
    "no object in a text stays": ({"tags": "a=b"}, {"tags": "a=b"}),
    "half a surrogate pair stays": ({"tags": "\ud800"}, {"tags": "\ud800"}),
    "one of two types stays": ({"when": "10"}, {"when": "10"}),
    "what has no type stays": ({"free": "10"}, {"free": "10"}),
    "what is unknown stays": ({"unknown": "10"}, {"unknown": "10"}),
}

json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=5,
)


@pytest.mark.parametrize(("written", "meant"), UNDERSTOOD.values(), ids=UNDERSTOOD)
def test_understood(written: dict[str, Any], meant: dict[str, Any]) -> None:
    found = understood(SCHEMA, written)
    assert found == meant
    assert {name: type(value) for name, value in found.items()} == {
        name: type(value) for name, value in meant.items()
    }


@given(st.dictionaries(st.sampled_from([*SCHEMA["properties"], "unknown"]), json_values))
def test_what_is_right_is_not_changed(written: dict[str, Any]) -> None:
    check = ArgumentCheck(SCHEMA)
    found = understood(SCHEMA, written)
    if not check.problems(written):
        kept = {name: v for name, v in written.items() if v is not None and v != ""}
        assert {name: found[name] for name in kept} == kept
        assert not check.problems(found)


def test_more_digits_than_can_be_read_stay() -> None:
    assert understood(SCHEMA, {"count": "9" * 5000}) == {"count": "9" * 5000}


def test_a_schema_takes_no_other_parameters() -> None:
    assert object_schema({"a": {}}) == {
        "type": "object",
        "properties": {"a": {}},
        "additionalProperties": False,
    }
    assert object_schema({"a": {}}, ("a",))["required"] == ["a"]


def test_a_point_in_time_says_how_it_may_be_written() -> None:
    parameter = time("Start")
    assert parameter["type"] == ["string", "number"]
    assert parameter["description"].startswith("Start: RFC 3339, now-1h, ")


def test_a_duration_says_how_it_may_be_written() -> None:
    assert duration("At least") == {
        "type": "string",
        "description": "At least, such as 250ms, 1.5s or 1m30s",
    }


def test_the_common_parameters() -> None:
    assert (MAX_BYTES["minimum"], MAX_BYTES["maximum"]) == (ANSWER_BYTES_MIN, ANSWER_BYTES_MAX)
    assert FORMAT["enum"] == ["text", "json"]
    assert TENANT["type"] == "string"
