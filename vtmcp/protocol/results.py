"""Content and results: how a handler writes them, and how each revision reads them.

A handler always writes the newest form; `shape` takes away what a peer does not know, so that
nothing is sent that its schema does not have. Must not be here: who asked, or why.
"""

from collections.abc import Callable
from typing import Any, NamedTuple

from vtmcp.protocol.codec import encode
from vtmcp.protocol.messages import Json
from vtmcp.protocol.versions import CONTENT_SINCE, Revision, known_fields


class ToolResult(NamedTuple):
    """What a tool returns. `structured` is any JSON value, `meta` goes into `_meta`."""

    content: list[Json]
    structured: Any = None
    is_error: bool = False
    meta: Json | None = None

    def wire(self) -> Json:
        """The result as the newest revision writes it."""
        result: Json = {"content": self.content}
        if self.structured is not None:
            result["structuredContent"] = self.structured
            if not self.content:
                # Clients that predate structured content read the same data as text.
                result["content"] = [text(encode(self.structured).decode())]
        if self.is_error:
            result["isError"] = True
        if self.meta:
            result["_meta"] = self.meta
        return result


class InputRequired(BaseException):
    """Raised by `Context.ask` when the stateless era must ask its client and be called again.

    Not an `Exception`, so that a handler's own `except Exception` does not swallow it.
    """

    def __init__(self, requests: dict[str, Json], answers: Json) -> None:
        super().__init__("input required")
        self.requests = requests
        self.answers = answers


def text(value: str, *, annotations: Json | None = None) -> Json:
    """A text block."""
    return _block({"type": "text", "text": value}, annotations)


def image(data: str, mime_type: str, *, annotations: Json | None = None) -> Json:
    """An image block; `data` is base64."""
    return _block({"type": "image", "data": data, "mimeType": mime_type}, annotations)


def audio(data: str, mime_type: str, *, annotations: Json | None = None) -> Json:
    """An audio block; `data` is base64."""
    return _block({"type": "audio", "data": data, "mimeType": mime_type}, annotations)


def resource_link(uri: str, name: str, **fields: Any) -> Json:
    """A link to a resource; `fields` are those of a resource, such as `mimeType`."""
    return {"type": "resource_link", "uri": uri, "name": name, **fields}


def embedded(contents: Json) -> Json:
    """A resource's contents inside a message."""
    return {"type": "resource", "resource": contents}


def text_contents(uri: str, value: str, mime_type: str = "text/plain") -> Json:
    """The contents of a text resource."""
    return {"uri": uri, "mimeType": mime_type, "text": value}


def blob_contents(uri: str, data: str, mime_type: str) -> Json:
    """The contents of a binary resource; `data` is base64."""
    return {"uri": uri, "mimeType": mime_type, "blob": data}


def shape(revision: Revision, method: str, result: Json) -> Json:
    """`result` of `method` as a peer of `revision` knows it."""
    if result.get("resultType", "complete") != "complete":
        # A pause, or what an extension defines: not a result of the method yet.
        return result
    shaper = _SHAPERS.get(method)
    shaped = result if shaper is None else shaper(revision, result)
    return known_fields(revision, "cached result", shaped)


def shape_content(revision: Revision, block: Json) -> Json:
    """One content block: what the revision lacks becomes text with the same meaning."""
    since = CONTENT_SINCE.get(block["type"])
    if since is not None and revision.name < since:
        return _as_text(block)
    block = known_fields(revision, "content", block)
    if "annotations" in block:
        annotations = known_fields(revision, "annotations", block["annotations"])
        block = {**block, "annotations": annotations}
    if "resource" in block:
        contents = known_fields(revision, "resource contents", block["resource"])
        block = {**block, "resource": contents}
    return block


def _block(block: Json, annotations: Json | None) -> Json:
    if annotations is not None:
        block["annotations"] = annotations
    return block


def _as_text(block: Json) -> Json:
    if block["type"] == "resource_link":
        return text(f"{block['name']}: {block['uri']}")
    return text(f"[{block['mimeType']} of {len(block['data'])} base64 characters left out]")


def _call_result(revision: Revision, result: Json) -> Json:
    content = [shape_content(revision, block) for block in result["content"]]
    shaped = {**result, "content": content}
    structured = shaped.get("structuredContent")
    if revision.structured_objects_only and not isinstance(structured, dict):
        shaped.pop("structuredContent", None)
    return known_fields(revision, "call result", shaped)


def _prompt_result(revision: Revision, result: Json) -> Json:
    messages = [
        {**message, "content": shape_content(revision, message["content"])}
        for message in result["messages"]
    ]
    return {**result, "messages": messages}


def _read_result(revision: Revision, result: Json) -> Json:
    contents = [known_fields(revision, "resource contents", each) for each in result["contents"]]
    return {**result, "contents": contents}


def _tool(revision: Revision, tool: Json) -> Json:
    output = tool.get("outputSchema")
    if output is not None and revision.structured_objects_only and output.get("type") != "object":
        tool = {name: member for name, member in tool.items() if name != "outputSchema"}
    return known_fields(revision, "tool", tool)


def _prompt(revision: Revision, prompt: Json) -> Json:
    if "arguments" in prompt:
        arguments = [known_fields(revision, "prompt argument", a) for a in prompt["arguments"]]
        prompt = {**prompt, "arguments": arguments}
    return known_fields(revision, "prompt", prompt)


def _resource(revision: Revision, resource: Json) -> Json:
    if "annotations" in resource:
        annotations = known_fields(revision, "annotations", resource["annotations"])
        resource = {**resource, "annotations": annotations}
    return known_fields(revision, "resource", resource)


def _each(
    member: str, shaper: Callable[[Revision, Json], Json]
) -> Callable[[Revision, Json], Json]:
    def shape_list(revision: Revision, result: Json) -> Json:
        return {**result, member: [shaper(revision, item) for item in result[member]]}

    return shape_list


_SHAPERS: dict[str, Callable[[Revision, Json], Json]] = {
    "tools/list": _each("tools", _tool),
    "tools/call": _call_result,
    "prompts/list": _each("prompts", _prompt),
    "prompts/get": _prompt_result,
    "resources/list": _each("resources", _resource),
    "resources/templates/list": _each("resourceTemplates", _resource),
    "resources/read": _read_result,
}
