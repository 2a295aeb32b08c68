"""Words to arguments, by the schema of a tool."""

from typing import Any

import pytest

from vtmcp.handlers.tools import tool_classes
from vtmcp.shell.arguments import read_arguments, read_json_arguments
from vtmcp.shell.faults import UsageError

PROPERTIES: dict[str, Any] = {
    "service": {"type": "string"},
    "minDuration": {"type": "string"},
    "limit": {"type": "integer"},
    "ratio": {"type": "number"},
    "errors_only": {"type": "boolean"},
    "start": {"type": ["string", "number"]},
    "format": {"enum": ["text", "json", 3, True]},
    "tags": {"type": "object", "additionalProperties": {"type": ["string", "number"]}},
    "sizes": {"type": "object", "additionalProperties": {"type": "integer"}},
    "spans": {"type": "array", "items": {"type": "string"}},
    "numbers": {"type": "array", "items": {"type": "integer"}},
    "points": {"type": "array", "items": {"type": "object"}},
    "handles": {"type": ["array", "string"], "items": {"type": "string"}},
    "depth": {"anyOf": [{"type": "integer"}, {"type": "null"}]},
    "free": {},
    "a_b": {"type": "string"},
    "a-b": {"type": "string"},
}
TOOL = {"name": "t", "inputSchema": {"type": "object", "properties": PROPERTIES}}

READ: dict[str, tuple[str, Any]] = {
    "a string": ("--service checkout", {"service": "checkout"}),
    "a string that looks like a number": ("--service 5.10", {"service": "5.10"}),
    "a value after an equals sign": ("--service=a=b", {"service": "a=b"}),
    "a value that begins with a dash": ("--service -x", {"service": "-x"}),
    "a value that begins with two": ("--service --x", {"service": "--x"}),
    "a value that is the name of a parameter": ("--service=--limit", {"service": "--limit"}),
    "an empty value": ("--service=", {"service": ""}),
    "an integer": ("--limit 5", {"limit": 5}),
    "a negative integer": ("--limit -5", {"limit": -5}),
    "a number": ("--ratio 1.5e3", {"ratio": 1500.0}),
    "a whole number": ("--ratio 2", {"ratio": 2}),
    "a flag alone": ("--errors_only", {"errors_only": True}),
    "a flag before another option": ("--errors_only --limit 1", {"errors_only": True, "limit": 1}),
    "a flag with its value": ("--errors_only false --limit 1", {"errors_only": False, "limit": 1}),
    "a flag that equals": ("--errors_only=TRUE", {"errors_only": True}),
    "a flag the other way round": ("--no-errors-only", {"errors_only": False}),
    "dashes for underscores": ("--errors-only", {"errors_only": True}),
    "dashes for capitals": ("--min-duration 5ms", {"minDuration": "5ms"}),
    "names that differ by a dash": ("--a-b x --a_b y", {"a-b": "x", "a_b": "y"}),
    "a time in words": ("--start now-1h", {"start": "now-1h"}),
    "a choice": ("--format json", {"format": "json"}),
    "a choice that is no string": ("--format 3", {"format": 3}),
    "a choice that is true": ("--format true", {"format": True}),
    "members of an object": ("--tags a=b --tags c=1.0", {"tags": {"a": "b", "c": "1.0"}}),
    "typed members": ("--sizes a=1", {"sizes": {"a": 1}}),
    "an object as JSON": ('--tags {"a":1}', {"tags": {"a": 1}}),
    "both, one after the other": ('--tags {"a":1} --tags b=2', {"tags": {"a": 1, "b": "2"}}),
    "two objects as JSON": ('--tags {"a":1} --tags {"b":2}', {"tags": {"a": 1, "b": 2}}),
    "a list with commas": ("--spans s1,s2", {"spans": ["s1", "s2"]}),
    "a list, repeated": ("--spans s1 --spans s2,s3", {"spans": ["s1", "s2", "s3"]}),
    "a list as JSON": ('--spans ["a,b"] --spans ["c"]', {"spans": ["a,b", "c"]}),
    "a list of integers": ("--numbers 1,2", {"numbers": [1, 2]}),
    "a list of objects": ('--points {"x":1,"y":2}', {"points": [{"x": 1, "y": 2}]}),
    "a list where a string would do": ("--handles s1,s2", {"handles": "s1,s2"}),
    "a list of JSON where a string would do": ('--handles ["s1"]', {"handles": ["s1"]}),
    "JSON that is none, where a string would do": ("--handles [s1", {"handles": "[s1"}),
    "nothing": ("--depth null", {"depth": None}),
    "anything as JSON": ("--free 5", {"free": 5}),
    "anything as text": ("--free a5", {"free": "a5"}),
}


@pytest.mark.parametrize(("line", "arguments"), READ.values(), ids=READ)
def test_words_become_what_the_schema_says(line: str, arguments: Any) -> None:
    assert read_arguments(TOOL, line.split(), {}) == arguments


REFUSED: dict[str, tuple[str, str]] = {
    "a name that is not there": ("--servce x", r"t has no parameter --servce; did you mean --serv"),
    "and what is": ("--xyzzy x", r"\(accepted: --service, --minDuration"),
    "a name that could be two": ("--ab x", "t has no parameter --ab"),
    "a flag turned round that is none": ("--no-limit", "t has no parameter --no-limit"),
    "a word without a name": ("checkout", "'checkout' needs a name before it, such as --service"),
    "only dashes": ("--", "'--' needs a name before it"),
    "no value at the end": ("--service", "--service needs a value"),
    "no value before an option": ("--service --limit 5", "written --service=VALUE"),
    "a word for an integer": ("--limit many", "--limit: 'many' is no integer"),
    "half an integer": ("--limit 1.5", "--limit: '1.5' is no integer"),
    "a word for a flag": ("--errors_only=maybe", "--errors_only: 'maybe' is no boolean"),
    "another choice": ("--format xml", "--format: 'xml' is not accepted; accepted: text, json"),
    "half a member": ("--tags a", "--tags: 'a' is neither NAME=VALUE nor JSON"),
    "a member without a name": ("--tags =a", "neither NAME=VALUE nor JSON"),
    "half an object": ("--tags {a", "--tags: '{a' is no object"),
    "a member of another type": ("--sizes a=x", "--sizes a: 'x' is no integer"),
    "an item of another type": ("--numbers 1,x", "--numbers: 'x' is no integer"),
    "one value twice": ("--limit 1 --limit 2", "--limit is given twice"),
}


@pytest.mark.parametrize(("line", "told"), REFUSED.values(), ids=REFUSED)
def test_other_words_are_refused(line: str, told: str) -> None:
    with pytest.raises(UsageError, match=told):
        read_arguments(TOOL, line.split(), {})


def test_what_is_missing_is_named() -> None:
    schema = {"properties": {"a": {}, "b": {}, "c": {}}, "required": ["a", "b"]}
    tool = {"name": "t", "inputSchema": schema}
    with pytest.raises(UsageError, match=r"t needs --b \(vtmcp tools t shows all\)"):
        read_arguments(tool, ["--a", "1"], {})
    assert read_arguments(tool, ["--a", "1"], {"a": 0, "b": 2}) == {"a": 1, "b": 2}


@pytest.mark.parametrize("tool", [{"name": "t"}, {"name": "t", "inputSchema": {"type": "object"}}])
def test_a_tool_that_says_nothing_takes_everything(tool: Any) -> None:
    assert read_arguments(tool, ["--x", "1", "--y=z"], {}) == {"x": 1, "y": "z"}
    with pytest.raises(UsageError, match="such as --NAME"):
        read_arguments(tool, ["x"], {})


def test_a_tool_without_parameters_takes_none() -> None:
    tool = {"name": "t", "inputSchema": {"properties": {}, "additionalProperties": False}}
    with pytest.raises(UsageError, match=r"t has no parameter --x \(accepted: none\)"):
        read_arguments(tool, ["--x", "1"], {})


def test_arguments_may_come_as_json() -> None:
    assert read_json_arguments('{"a": 1}') == {"a": 1}
    with pytest.raises(UsageError, match="not valid JSON"):
        read_json_arguments("{")
    with pytest.raises(UsageError, match="must be a JSON object"):
        read_json_arguments("[]")


@pytest.mark.parametrize("tool", tool_classes(), ids=lambda tool: tool.name)
def test_each_parameter_of_our_own_tools_can_be_said(tool: Any) -> None:
    schema = {"properties": tool.properties, "additionalProperties": False}
    for name, member in tool.properties.items():
        kinds = member.get("type", "string")
        value = {"integer": "5", "boolean": "true", "object": "a=b", "array": "a"}.get(
            kinds if isinstance(kinds, str) else kinds[0], "x"
        )
        value = str(member["enum"][0]) if "enum" in member else value
        said = read_arguments({"name": "t", "inputSchema": schema}, [f"--{name}", value], {})
        assert list(said) == [name]
