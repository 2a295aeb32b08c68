"""What a call or a resource brought, as text for a person.

Must not be here: where it is written.
"""

import base64
import binascii
from typing import Any

from vtmcp.protocol.messages import Json
from vtmcp.shell.faults import UnreachableError
from vtmcp.shell.terminal import json_text


def call_text(result: Json) -> str:
    """The text of a tool's result; what is no text is named."""
    content = result.get("content")
    if not isinstance(content, list):
        raise UnreachableError("the result of the call has no content")
    blocks = [_block(block) for block in content]
    if not blocks and "structuredContent" in result:
        return json_text(result["structuredContent"])
    return "\n".join(block.removesuffix("\n") for block in blocks) + "\n" if blocks else ""


def contents_of(result: Json) -> list[Json]:
    """The parts of a resource."""
    contents = result.get("contents")
    if not isinstance(contents, list) or not all(isinstance(each, dict) for each in contents):
        raise UnreachableError("the answer to resources/read has no contents")
    return contents


def contents_bytes(contents: list[Json]) -> bytes:
    """A resource as a file would have it: text in UTF-8, or the very bytes."""
    parts = []
    for each in contents:
        text = each.get("text")
        if isinstance(text, str):
            parts.append(text.encode("utf-8", "surrogatepass"))
        else:
            parts.append(_bytes(each.get("blob")))
    return b"".join(parts)


def contents_text(contents: list[Json]) -> str:
    """A resource for a person: text; what is no text is named."""
    parts = [_contents(each).removesuffix("\n") for each in contents]
    return "\n".join(parts) + "\n" if parts else ""


def _block(block: Any) -> str:
    kind = block.get("type") if isinstance(block, dict) else None
    if kind == "text" and isinstance(block.get("text"), str):
        return str(block["text"])
    if kind in ("image", "audio"):
        return _named(kind, block.get("mimeType"), block.get("data"))
    if kind == "resource_link":
        return f"[resource {block.get('uri')}: vtmcp read shows it]"
    if kind == "resource" and isinstance(block.get("resource"), dict):
        return _contents(block["resource"])
    return f"[{kind}: --json shows it]"


def _contents(contents: Json) -> str:
    text = contents.get("text")
    if isinstance(text, str):
        return text
    return _named(str(contents.get("uri")), contents.get("mimeType"), contents.get("blob"))


def _named(what: str, media_type: Any, data: Any) -> str:
    kind = media_type if isinstance(media_type, str) else "of no known type"
    return f"[{what}: {kind}, {len(_bytes(data)):,} bytes]"


def _bytes(data: Any) -> bytes:
    try:
        return base64.b64decode(data if isinstance(data, str) else "", validate=True)
    except binascii.Error:
        raise UnreachableError("what the server sent is not base64") from None
