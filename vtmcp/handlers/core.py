"""Run one handler for one request: tools/call, prompts/get, resources/read, completion/complete.

What is wrong with a request's names and shapes is an `RpcError`; what is wrong with a tool's
arguments is a result that the model reads (MCP 2025-11-25, server/tools, "Error Handling").
Must not be here: anything about one tool.
"""

from vtmcp.handlers.base import Prompt, ResourceTemplate, Tool
from vtmcp.handlers.catalogue import Catalogue
from vtmcp.handlers.context import Context
from vtmcp.handlers.visible_json import visible
from vtmcp.protocol.errors import (
    Forbidden,
    InternalError,
    InvalidParams,
    ResourceNotFound,
    ToolError,
)
from vtmcp.protocol.messages import Json
from vtmcp.protocol.requests import read_object, read_string
from vtmcp.protocol.results import ToolResult, text, text_contents
from vtmcp.protocol.schema import conforms, did_you_mean
from vtmcp.protocol.schema import shown as shown_json

COMPLETION_VALUES_MAX = 100
"""The most values one completion may carry (MCP, server/utilities/completion)."""


def shown(value: str) -> str:
    """A text from a client as an error repeats it: short, in quotes, all of it to be seen."""
    return visible(shown_json(value))


async def call_tool(catalogue: Catalogue, params: Json, context: Context) -> Json:
    """`tools/call`."""
    name = read_string(params, "name")
    tool = catalogue.tool(name)
    if tool is not None and not context.rules.allows_tool(context.caller, tool.name):
        raise Forbidden(f"Tool {shown(name)} is not allowed to this caller")
    if tool is None:
        near = did_you_mean(name, list(allowed_tools(catalogue, context)))
        raise InvalidParams(f"Unknown tool: {shown(name)}{near}")
    arguments = tool.prepare(read_object(params, "arguments"))
    if problems := tool.check().problems(arguments):
        # A name or a value that is wrong is repeated, and it may come from a span.
        raise ToolError(visible(f"{name}: " + "; ".join(problems)))
    async with context.rules.turn(context.caller):
        returned = await tool.call(arguments, context)
    result = ToolResult([text(returned)]) if isinstance(returned, str) else returned
    _check_output(tool, result)
    return result.wire()


def allowed_tools(catalogue: Catalogue, context: Context) -> dict[str, Tool]:
    """The tools that the caller may use, by name."""
    return {
        name: tool
        for name, tool in catalogue.tools.items()
        if context.rules.allows_tool(context.caller, name)
    }


async def get_prompt(catalogue: Catalogue, params: Json, context: Context) -> Json:
    """`prompts/get`."""
    prompt = _prompt(catalogue, read_string(params, "name"))
    arguments = _strings(read_object(params, "arguments"), "arguments")
    for argument in prompt.arguments:
        if argument.get("required") and argument["name"] not in arguments:
            raise InvalidParams(f"Prompt {prompt.name}: missing argument {argument['name']}")
    messages = await prompt.get(arguments, context)
    if isinstance(messages, str):
        messages = [{"role": "user", "content": text(messages)}]
    described = {"description": prompt.description} if prompt.description else {}
    return {**described, "messages": messages}


async def read_resource(catalogue: Catalogue, params: Json, context: Context) -> Json:
    """`resources/read`."""
    uri = read_string(params, "uri")
    resource = catalogue.resources.get(uri)
    if resource is not None:
        return _contents(uri, resource.mime_type, await resource.read(context))
    for template in catalogue.templates.values():
        variables = template.match(uri)
        if variables is None:
            continue
        found = await template.read(uri, variables, context)
        if found is not None:
            return _contents(uri, template.mime_type, found)
    raise ResourceNotFound(uri)


async def complete(catalogue: Catalogue, params: Json, context: Context) -> Json:
    """`completion/complete`."""
    argument = read_object(params, "argument")
    name, value = read_string(argument, "name"), read_string(argument, "value")
    known = read_object(read_object(params, "context"), "arguments")
    arguments = _strings(known, "context.arguments")
    target, names = _completable(catalogue, read_object(params, "ref"))
    if target is None:
        return _completion([])
    if name not in names:
        accepted = ", ".join(names) or "none"
        raise InvalidParams(f"Unknown argument {shown(name)} (accepted: {accepted})")
    return _completion(await target.complete(name, value, arguments, context))


def _completable(
    catalogue: Catalogue, ref: Json
) -> tuple[Prompt | ResourceTemplate | None, list[str]]:
    kind = ref.get("type")
    if kind == "ref/prompt":
        prompt = _prompt(catalogue, read_string(ref, "name"))
        return prompt, [argument["name"] for argument in prompt.arguments]
    if kind != "ref/resource":
        text = 'Invalid params: "ref.type" must be ref/prompt or ref/resource'
        raise InvalidParams(text)
    uri = read_string(ref, "uri")
    for template in catalogue.templates.values():
        if uri == template.uri_template or template.match(uri) is not None:
            return template, template.variables
    if uri in catalogue.resources:
        return None, []
    raise InvalidParams(f"Unknown resource or template: {shown(uri)}")


def _completion(values: list[str]) -> Json:
    return {
        "completion": {
            "values": values[:COMPLETION_VALUES_MAX],
            "total": len(values),
            "hasMore": len(values) > COMPLETION_VALUES_MAX,
        }
    }


def _prompt(catalogue: Catalogue, name: str) -> Prompt:
    prompt = catalogue.prompts.get(name)
    if prompt is None:
        near = did_you_mean(name, list(catalogue.prompts))
        raise InvalidParams(f"Unknown prompt: {shown(name)}{near}")
    return prompt


def _strings(values: Json, name: str) -> dict[str, str]:
    for key, value in values.items():
        if not isinstance(value, str):
            raise InvalidParams(f'Invalid params: "{name}.{key}" must be a string')
    return values


def _contents(uri: str, mime_type: str | None, found: list[Json] | str) -> Json:
    if isinstance(found, str):
        found = [text_contents(uri, found, mime_type or "text/plain")]
    return {"contents": found}


def _check_output(tool: Tool, result: ToolResult) -> None:
    if tool.output_schema is None or result.is_error:
        return
    if not conforms(tool.output_schema, result.structured):
        raise InternalError(f"Tool {tool.name} broke its own output schema")
