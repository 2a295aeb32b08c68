"""Which headers a message carries over Streamable HTTP, by the era that it is of.

Must not be here: sending it.
"""

import base64
from typing import NamedTuple

from vtmcp.conformance.patterns import RESERVED, Json
from vtmcp.conformance.vectors import MODERN

JSON_AND_STREAM = "application/json, text/event-stream"

NAMED_BY = {
    "tools/call": "name",
    "prompts/get": "name",
    "resources/read": "uri",
    "tasks/get": "taskId",
    "tasks/update": "taskId",
    "tasks/cancel": "taskId",
}
"""Methods that are mirrored with a name: the member of the params that it is."""


class Standing(NamedTuple):
    """What the peer knows by now: the session and the version that were agreed."""

    is_modern: bool
    session_id: str | None = None
    version: str | None = None


def headers_for(said: Json, standing: Standing) -> dict[str, str]:
    """The headers of a POST. `said` is the message, or None if it cannot be read."""
    headers = {"Content-Type": "application/json", "Accept": JSON_AND_STREAM}
    message = said if isinstance(said, dict) else {}
    version = modern_version(message)
    if version is not None or (standing.is_modern and message.get("method") != "initialize"):
        return headers | _modern(message, version or MODERN)
    if message.get("method") != "initialize":
        headers |= session_headers(standing)
    return headers


def session_headers(standing: Standing) -> dict[str, str]:
    """The headers of each request within a session: its id, and the version that was agreed."""
    headers = {}
    if standing.session_id is not None:
        headers["Mcp-Session-Id"] = standing.session_id
    if standing.version is not None and standing.version >= "2025-06-18":
        headers["MCP-Protocol-Version"] = standing.version
    return headers


def modern_version(message: dict[str, Json]) -> str | None:
    """The version that a request of the modern era names, or None."""
    params = message.get("params")
    meta = params.get("_meta") if isinstance(params, dict) else None
    version = meta.get(f"{RESERVED}protocolVersion") if isinstance(meta, dict) else None
    return version if isinstance(version, str) else None


def encoded(value: str) -> str:
    """A value as a header carries it: as it is, or in Base64 between the two markers."""
    is_plain = value == value.strip() and all(" " <= letter <= "~" for letter in value)
    is_marked = value.startswith("=?base64?") and value.endswith("?=")
    if is_plain and not is_marked:
        return value
    return f"=?base64?{base64.b64encode(value.encode()).decode()}?="


def _modern(message: dict[str, Json], version: str) -> dict[str, str]:
    headers = {"MCP-Protocol-Version": encoded(version)}
    method, params = message.get("method"), message.get("params")
    if isinstance(method, str) and method.isascii() and method.isprintable():
        headers["Mcp-Method"] = method
        name = params.get(NAMED_BY.get(method, "")) if isinstance(params, dict) else None
        if isinstance(name, str):
            headers["Mcp-Name"] = encoded(name)
    return headers
