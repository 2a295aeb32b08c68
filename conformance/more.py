"""Fixture tools beyond the official suite's, for rules that it leaves untested."""

from typing import Any

import anyio

from vtmcp import Context, Tool, ToolResult, UrlElicitation, resource_link, resource_updated

WAIT_S_MAX = 60
"""The longest that `test_wait` waits."""


class HeaderParameter(Tool):
    name = "test_x_mcp_header"
    description = "Has a parameter that is mirrored in an HTTP header."
    input_schema = {  # noqa: RUF012
        "type": "object",
        "properties": {"region": {"type": "string", "x-mcp-header": "Region"}},
    }

    async def call(self, arguments: dict[str, Any], context: Context) -> str:
        return f"Region: {arguments.get('region', 'none')}"


class StructuredContent(Tool):
    name = "test_structured_content"
    description = "Returns structured content under an output schema."
    output_schema = {  # noqa: RUF012
        "type": "object",
        "properties": {"answer": {"type": "integer"}},
        "required": ["answer"],
    }

    async def call(self, arguments: dict[str, Any], context: Context) -> ToolResult:
        return ToolResult([], structured={"answer": 42})


class ResourceLink(Tool):
    name = "test_resource_link"
    description = "Returns a link to a resource."

    async def call(self, arguments: dict[str, Any], context: Context) -> ToolResult:
        return ToolResult([resource_link("test://static-text", "static-text")])


class Echo(Tool):
    name = "test_echo"
    description = "Returns its text."
    input_schema = {  # noqa: RUF012
        "type": "object",
        "properties": {
            "text": {"type": "string", "description": "What to return"},
            "times": {"type": "integer", "minimum": 1, "maximum": 10},
        },
        "required": ["text"],
        "additionalProperties": False,
    }

    async def call(self, arguments: dict[str, Any], context: Context) -> str:
        return str(arguments["text"]) * int(arguments.get("times", 1))


class Wait(Tool):
    name = "test_wait"
    description = "Waits before it answers, so that it can be cancelled."
    input_schema = {  # noqa: RUF012
        "type": "object",
        "properties": {"seconds": {"type": "number", "minimum": 0, "maximum": WAIT_S_MAX}},
        "required": ["seconds"],
    }

    async def call(self, arguments: dict[str, Any], context: Context) -> str:
        await anyio.sleep(arguments["seconds"])
        return "Waited."


class UrlElicitationTool(Tool):
    name = "test_url_elicitation"
    description = "Sends the user to a page."

    async def call(self, arguments: dict[str, Any], context: Context) -> str:
        question = UrlElicitation("Please sign in", "https://example.com/sign-in", "sign-in-1")
        answer = await context.ask(question, key="sign_in")
        return f"User response: action={answer['action']}"


class TriggerResourceUpdate(Tool):
    name = "test_trigger_resource_update"
    description = "Announces that the watched resource has changed."

    async def call(self, arguments: dict[str, Any], context: Context) -> str:
        await context.publish(resource_updated("test://watched-resource"))
        return "Announced."


TOOLS = (
    HeaderParameter(),
    StructuredContent(),
    ResourceLink(),
    Echo(),
    Wait(),
    UrlElicitationTool(),
    TriggerResourceUpdate(),
)
