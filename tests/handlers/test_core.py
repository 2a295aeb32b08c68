"""One request, one handler: what is looked up, what is refused, what comes back."""

from collections.abc import Mapping
from typing import Any, ClassVar

import pytest

from tests.handlers.peer import a_call, a_context
from vtmcp.handlers.base import Prompt, Resource, ResourceTemplate, Tool
from vtmcp.handlers.catalogue import Catalogue
from vtmcp.handlers.context import Context
from vtmcp.handlers.core import (
    COMPLETION_VALUES_MAX,
    call_tool,
    complete,
    get_prompt,
    read_resource,
)
from vtmcp.protocol.errors import (
    InternalError,
    InvalidParams,
    ProtocolError,
    ResourceNotFound,
    ToolError,
)
from vtmcp.protocol.messages import Json
from vtmcp.protocol.results import ToolResult, blob_contents, text, text_contents

pytestmark = pytest.mark.anyio


OBJECT: Json = {"type": "object"}
SUM: Json = {"type": "object", "required": ["sum"]}
TERMS: Json = {
    "type": "object",
    "properties": {"a": {"type": "integer"}, "b": {"type": "integer"}},
    "required": ["a"],
    "additionalProperties": False,
}


class Add(Tool):
    name = "add"
    aliases = ("plus",)
    input_schema = TERMS

    def prepare(self, arguments: Json) -> Json:
        return {"b": 1, **arguments}

    async def call(self, arguments: Json, context: Context) -> str:
        return str(arguments["a"] + arguments["b"])


class Shaped(Tool):
    name = "shaped"
    output_schema = SUM
    input_schema = OBJECT

    async def call(self, arguments: Json, context: Context) -> ToolResult:
        structured = arguments.get("structured")
        return ToolResult([], structured, is_error=bool(arguments.get("is_error")))


class Greet(Prompt):
    name = "greet"
    description = "Say hello"
    arguments: ClassVar = (
        {"name": "who", "required": True},
        {"name": "how"},
    )

    async def get(self, arguments: Mapping[str, str], context: Context) -> str:
        return f"{arguments.get('how', 'Hello')}, {arguments['who']}!"

    async def complete(
        self, argument: str, value: str, arguments: Mapping[str, str], context: Context
    ) -> list[str]:
        if argument == "how":
            return [f"{value}{number}" for number in range(COMPLETION_VALUES_MAX + 1)]
        return [f"{value}{arguments.get('how', '')}"]


class Mute(Prompt):
    name = "mute"

    async def get(self, arguments: Mapping[str, str], context: Context) -> list[Json]:
        return []


class Note(Resource):
    uri = "note://a"
    name = "a"
    mime_type = "text/markdown"

    async def read(self, context: Context) -> str:
        return "# a"


class Plain(Resource):
    uri = "note://plain"
    name = "plain"

    async def read(self, context: Context) -> str:
        return "plain"


class Picture(Resource):
    uri = "note://picture"
    name = "picture"

    async def read(self, context: Context) -> list[Json]:
        return [blob_contents(self.uri, "AA==", "image/png")]


class Numbers(ResourceTemplate):
    uri_template = "number://{n}"
    name = "numbers"

    async def read(self, uri: str, variables: Mapping[str, str], context: Context) -> str | None:
        return variables["n"] if variables["n"].isdecimal() else None

    async def complete(
        self, argument: str, value: str, arguments: Mapping[str, str], context: Context
    ) -> list[str]:
        return [value + "0"]


class Words(Numbers):
    uri_template = "{any}://{n}"
    name = "words"
    mime_type = "text/html"

    async def read(self, uri: str, variables: Mapping[str, str], context: Context) -> str | None:
        return uri if variables["n"] != "none" else None


CATALOGUE = Catalogue(
    tools=[Add(), Shaped()],
    prompts=[Greet(), Mute()],
    resources=[Note(), Plain(), Picture()],
    templates=[Numbers(), Words()],
)
METHODS = {
    "tools/call": call_tool,
    "prompts/get": get_prompt,
    "resources/read": read_resource,
    "completion/complete": complete,
}


def completing(ref: Any, name: Any, value: Any = "", **more: Any) -> Json:
    return {"ref": ref, "argument": {"name": name, "value": value}, **more}


def values(*found: str) -> Json:
    return {"completion": {"values": list(found), "total": len(found), "hasMore": False}}


def said(value: str) -> Json:
    return {"messages": [{"role": "user", "content": text(value)}]}


GREET = {"type": "ref/prompt", "name": "greet"}
HELLO = {"description": "Say hello", **said("Hello, you!")}
NUMBERS = {"type": "ref/resource", "uri": "number://{n}"}

DONE: dict[str, tuple[str, Json, Json]] = {
    "a tool": (
        "tools/call",
        {"name": "add", "arguments": {"a": 1, "b": 2}},
        {"content": [text("3")]},
    ),
    "a tool by its older name": (
        "tools/call",
        {"name": "plus", "arguments": {"a": 1, "b": 2}},
        {"content": [text("3")]},
    ),
    "arguments are prepared before they are checked": (
        "tools/call",
        {"name": "add", "arguments": {"a": 1}},
        {"content": [text("2")]},
    ),
    "a structured result that is as promised": (
        "tools/call",
        {"name": "shaped", "arguments": {"structured": {"sum": 1}}},
        {"content": [text('{"sum":1}')], "structuredContent": {"sum": 1}},
    ),
    "an error promises nothing": (
        "tools/call",
        {"name": "shaped", "arguments": {"is_error": True}},
        {"content": [], "isError": True},
    ),
    "a prompt": ("prompts/get", {"name": "greet", "arguments": {"who": "you"}}, HELLO),
    "a prompt without a description or arguments": (
        "prompts/get",
        {"name": "mute"},
        {"messages": []},
    ),
    "a resource": (
        "resources/read",
        {"uri": "note://a"},
        {"contents": [text_contents("note://a", "# a", "text/markdown")]},
    ),
    "a resource of no type is plain text": (
        "resources/read",
        {"uri": "note://plain"},
        {"contents": [text_contents("note://plain", "plain", "text/plain")]},
    ),
    "a resource that says its contents itself": (
        "resources/read",
        {"uri": "note://picture"},
        {"contents": [blob_contents("note://picture", "AA==", "image/png")]},
    ),
    "a template": (
        "resources/read",
        {"uri": "number://7"},
        {"contents": [text_contents("number://7", "7")]},
    ),
    "the next template, where the first has nothing": (
        "resources/read",
        {"uri": "number://x"},
        {"contents": [text_contents("number://x", "number://x", "text/html")]},
    ),
    "a prompt's argument": (
        "completion/complete",
        completing(GREET, "who", "y"),
        values("y"),
    ),
    "with what is known": (
        "completion/complete",
        completing(GREET, "who", "y", context={"arguments": {"how": "!"}}),
        values("y!"),
    ),
    "more values than may be sent": (
        "completion/complete",
        completing(GREET, "how", ""),
        {
            "completion": {
                "values": [str(number) for number in range(COMPLETION_VALUES_MAX)],
                "total": COMPLETION_VALUES_MAX + 1,
                "hasMore": True,
            }
        },
    ),
    "a template's variable": ("completion/complete", completing(NUMBERS, "n", "1"), values("10")),
    "a template by a uri of its kind": (
        "completion/complete",
        completing({"type": "ref/resource", "uri": "number://1"}, "n", "1"),
        values("10"),
    ),
    "a resource has nothing to complete": (
        "completion/complete",
        completing({"type": "ref/resource", "uri": "note:///a/b"}, "n"),
        values(),
    ),
}

REFUSED: dict[str, tuple[str, Json, type[ProtocolError], str]] = {
    "no tool": ("tools/call", {}, InvalidParams, '"name" is required'),
    "a tool that is a number": ("tools/call", {"name": 1}, InvalidParams, "must be a string"),
    "an unknown tool": (
        "tools/call",
        {"name": "ad"},
        InvalidParams,
        'Unknown tool: "ad"; did you mean add?',
    ),
    "arguments in a list": (
        "tools/call",
        {"name": "add", "arguments": []},
        InvalidParams,
        '"arguments" must be an object',
    ),
    "arguments that are null": (
        "tools/call",
        {"name": "add", "arguments": None},
        InvalidParams,
        '"arguments" must be an object',
    ),
    "arguments that break the schema are for the model": (
        "tools/call",
        {"name": "add", "arguments": {"c": 1}},
        ToolError,
        r"^add: .*missing argument a \(required\)",
    ),
    "absent arguments are none": ("tools/call", {"name": "add"}, ToolError, "missing argument a"),
    "a tool that breaks its promise": (
        "tools/call",
        {"name": "shaped"},
        InternalError,
        "shaped broke its own output schema",
    ),
    "no prompt": ("prompts/get", {}, InvalidParams, '"name" is required'),
    "an unknown prompt": (
        "prompts/get",
        {"name": "gret"},
        InvalidParams,
        'Unknown prompt: "gret"; did you mean greet?',
    ),
    "a prompt's argument is missing": (
        "prompts/get",
        {"name": "greet", "arguments": {"how": "Hi"}},
        InvalidParams,
        "greet: missing argument who",
    ),
    "a prompt's argument is a number": (
        "prompts/get",
        {"name": "greet", "arguments": {"who": 1}},
        InvalidParams,
        '"arguments.who" must be a string',
    ),
    "no uri": ("resources/read", {}, InvalidParams, '"uri" is required'),
    "an unknown uri": ("resources/read", {"uri": "note:none"}, ResourceNotFound, "note:none"),
    "a uri that no template has anything for": (
        "resources/read",
        {"uri": "number://none"},
        ResourceNotFound,
        "number://none",
    ),
    "nothing to complete": ("completion/complete", {}, InvalidParams, '"name" is required'),
    "a value that is a number": (
        "completion/complete",
        completing(GREET, "who", 1),
        InvalidParams,
        '"value" must be a string',
    ),
    "no reference": ("completion/complete", completing({}, "who"), InvalidParams, '"ref.type"'),
    "an unknown kind of reference": (
        "completion/complete",
        completing({"type": "ref/tool", "name": "add"}, "a"),
        InvalidParams,
        '"ref.type" must be ref/prompt or ref/resource',
    ),
    "a prompt to complete that is unknown": (
        "completion/complete",
        completing({"type": "ref/prompt", "name": "x"}, "who"),
        InvalidParams,
        "Unknown prompt",
    ),
    "a resource to complete that is unknown": (
        "completion/complete",
        completing({"type": "ref/resource", "uri": "x"}, "n"),
        InvalidParams,
        "Unknown resource or template",
    ),
    "an argument that a prompt has not": (
        "completion/complete",
        completing(GREET, "where"),
        InvalidParams,
        r'Unknown argument "where" \(accepted: who, how\)',
    ),
    "an argument where none is": (
        "completion/complete",
        completing({"type": "ref/prompt", "name": "mute"}, "x"),
        InvalidParams,
        "accepted: none",
    ),
    "a known argument that is a number": (
        "completion/complete",
        completing(GREET, "who", "", context={"arguments": {"how": 1}}),
        InvalidParams,
        '"context.arguments.how" must be a string',
    ),
}


class Slashed(Resource):
    uri = "note:///a/b"
    name = "no template takes this URI"


CATALOGUE.add(Slashed())


async def run(method: str, params: Json) -> Json:
    return await METHODS[method](CATALOGUE, params, a_context(a_call(method, params)))


@pytest.mark.parametrize(("method", "params", "result"), DONE.values(), ids=DONE)
async def test_done(method: str, params: Json, result: Json) -> None:
    assert await run(method, params) == result


@pytest.mark.parametrize(("method", "params", "error", "words"), REFUSED.values(), ids=REFUSED)
async def test_refused(method: str, params: Json, error: type[ProtocolError], words: str) -> None:
    with pytest.raises(error, match=words):
        await run(method, params)


@pytest.mark.parametrize("method", ["tools/call", "prompts/get", "completion/complete"])
async def test_a_name_that_is_very_long_is_not_repeated_as_a_whole(method: str) -> None:
    name = "n" * 9999
    params = {**completing({"type": "ref/prompt", "name": name}, "a"), "name": name}
    with pytest.raises(InvalidParams) as refused:
        await run(method, params)
    assert len(refused.value.message) < 200
