"""What handlers declare of themselves, and which URIs a template takes."""

from typing import Any, ClassVar

import anyio
import pytest

from tests.handlers.peer import a_context
from vtmcp.handlers.base import NO_ARGUMENTS, Prompt, Resource, ResourceTemplate, Tool
from vtmcp.protocol.messages import Json

NEEDS_A: Json = {"type": "object", "required": ["a"]}
OBJECT: Json = {"type": "object"}
READS: Json = {"readOnlyHint": True}
ICONS: list[Json] = [{"src": "http://x/"}]
FORBIDDEN: Json = {"taskSupport": "forbidden"}
META: Json = {"a/b": 1}
EMPTY: Json = {}


class BareTool(Tool):
    name = "bare"


class FullTool(Tool):
    name = "full"
    description = "d"
    title = "t"
    input_schema = NEEDS_A
    output_schema = OBJECT
    annotations = READS
    icons = ICONS
    execution = FORBIDDEN
    meta = META
    aliases = ("old",)


class BarePrompt(Prompt):
    name = "bare"


class FullPrompt(Prompt):
    name = "full"
    description = "d"
    title = "t"
    arguments: ClassVar = ({"name": "a", "required": True},)
    icons = ICONS
    meta = EMPTY


class BareResource(Resource):
    uri = "a://b"
    name = "b"


class FullResource(BareResource):
    title = "t"
    description = "d"
    mime_type = "text/plain"
    size = 0
    annotations = READS
    icons = ICONS
    meta = EMPTY


class Traces(ResourceTemplate):
    uri_template = "trace://{service}/{id}.json"
    name = "traces"


DECLARED: dict[str, tuple[Tool | Prompt | Resource | ResourceTemplate, Json]] = {
    "a bare tool": (
        BareTool(),
        {"name": "bare", "description": "", "inputSchema": NO_ARGUMENTS},
    ),
    "a full tool, without its aliases": (
        FullTool(),
        {
            "name": "full",
            "title": "t",
            "description": "d",
            "inputSchema": NEEDS_A,
            "outputSchema": OBJECT,
            "annotations": READS,
            "icons": ICONS,
            "execution": FORBIDDEN,
            "_meta": META,
        },
    ),
    "a bare prompt": (BarePrompt(), {"name": "bare", "description": ""}),
    "a full prompt": (
        FullPrompt(),
        {
            "name": "full",
            "title": "t",
            "description": "d",
            "arguments": [{"name": "a", "required": True}],
            "icons": ICONS,
            "_meta": EMPTY,
        },
    ),
    "a bare resource": (BareResource(), {"uri": "a://b", "name": "b"}),
    "a full resource": (
        FullResource(),
        {
            "uri": "a://b",
            "name": "b",
            "title": "t",
            "description": "d",
            "mimeType": "text/plain",
            "annotations": READS,
            "icons": ICONS,
            "_meta": EMPTY,
            "size": 0,
        },
    ),
    "a template": (
        Traces(),
        {"uriTemplate": "trace://{service}/{id}.json", "name": "traces"},
    ),
}

MATCHES: dict[str, tuple[str, str, dict[str, str] | None]] = {
    # A template, a URI, what is found in it.
    "a variable": ("a://{b}", "a://x", {"b": "x"}),
    "two variables": ("a://{b}/{c}.json", "a://x/y.json", {"b": "x", "c": "y"}),
    "no variable": ("a://b", "a://b", {}),
    "percent-encoded": ("a://{b}", "a://x%2Fy%20%C3%A9", {"b": "x/y \u00e9"}),
    "nothing for a variable": ("a://{b}", "a://", None),
    "a slash is not part of a variable": ("a://{b}", "a://x/y", None),
    "a slash is part of a variable with a plus": (
        *("a://{+b}/{c}", "a://x/y/z"),
        {"b": "x/y", "c": "z"},
    ),
    "a variable with a plus is not nothing": ("a://{+b}/{c}", "a://x", None),
    "a query is not part of a variable": ("a://{b}", "a://x?y", None),
    "a fragment is not part of a variable": ("a://{b}", "a://x#y", None),
    "something before": ("a://{b}", "ba://x", None),
    "something after": ("a://{b}/c", "a://x/cd", None),
    "a line end after": ("a://{b}/c", "a://x/c\n", None),
    "what is special in a pattern is not in a template": ("a://.{b}+", "a://.x+", {"b": "x"}),
    "and means itself": ("a://.{b}", "a://zx", None),
}


def template(pattern: str) -> ResourceTemplate:
    made = ResourceTemplate()
    made.uri_template = pattern
    return made


@pytest.mark.parametrize(("handler", "declared"), DECLARED.values(), ids=DECLARED)
def test_declarations(
    handler: Tool | Prompt | Resource | ResourceTemplate, declared: dict[str, Any]
) -> None:
    assert handler.declare() == declared


@pytest.mark.parametrize(("pattern", "uri", "found"), MATCHES.values(), ids=MATCHES)
def test_matches(pattern: str, uri: str, found: dict[str, str] | None) -> None:
    assert template(pattern).match(uri) == found


@pytest.mark.parametrize("name", ["user.id", "1st", "trace-id"])
def test_a_variable_may_have_a_name_that_python_has_not(name: str) -> None:
    assert template(f"a://{{{name}}}").match("a://x") == {name: "x"}


def test_variables() -> None:
    assert template("a://{b}/{c}.json").variables == ["b", "c"]
    assert template("a://b").variables == []


def test_a_tool_checks_its_arguments_with_a_check_made_once() -> None:
    tool = FullTool()
    assert tool.check() is tool.check()
    assert tool.check() is not FullTool().check()
    assert tool.check().problems({}) == ["missing argument a (required)"]


def test_arguments_are_checked_as_they_came() -> None:
    arguments: Json = {"a": 1}
    assert BareTool().prepare(arguments) is arguments


def test_nothing_to_complete_is_no_fault() -> None:
    context = a_context()
    assert anyio.run(BarePrompt().complete, "a", "", {}, context) == []
    assert anyio.run(Traces().complete, "id", "", {}, context) == []


def test_a_handler_must_do_something() -> None:
    context = a_context()
    with pytest.raises(NotImplementedError):
        anyio.run(BareTool().call, {}, context)
    with pytest.raises(NotImplementedError):
        anyio.run(BarePrompt().get, {}, context)
    with pytest.raises(NotImplementedError):
        anyio.run(BareResource().read, context)
    with pytest.raises(NotImplementedError):
        anyio.run(Traces().read, "a://b", {}, context)
