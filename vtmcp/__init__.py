"""vtmcp: a hand-written MCP engine, and on it the MCP server for VictoriaTraces.

The public API of the engine, for embedders; each name is imported when it is first used.
"""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from vtmcp.handlers.base import Prompt, Resource, ResourceTemplate, Tool
    from vtmcp.handlers.context import Context
    from vtmcp.protocol.errors import (
        InternalError,
        InvalidParams,
        InvalidRequest,
        MissingCapability,
        ResourceNotFound,
        RpcError,
        ToolError,
        UrlElicitationRequired,
    )
    from vtmcp.protocol.questions import Elicitation, Roots, Sampling, UrlElicitation
    from vtmcp.protocol.results import (
        ToolResult,
        audio,
        blob_contents,
        embedded,
        image,
        resource_link,
        text,
        text_contents,
    )
    from vtmcp.protocol.subscriptions import resource_updated
    from vtmcp.server import Server

__version__ = "0.1.0"

_HOMES = {
    "vtmcp.server": ("Server",),
    "vtmcp.handlers.base": ("Prompt", "Resource", "ResourceTemplate", "Tool"),
    "vtmcp.handlers.context": ("Context",),
    "vtmcp.protocol.errors": (
        "InternalError",
        "InvalidParams",
        "InvalidRequest",
        "MissingCapability",
        "ResourceNotFound",
        "RpcError",
        "ToolError",
        "UrlElicitationRequired",
    ),
    "vtmcp.protocol.questions": ("Elicitation", "Roots", "Sampling", "UrlElicitation"),
    "vtmcp.protocol.results": (
        "ToolResult",
        "audio",
        "blob_contents",
        "embedded",
        "image",
        "resource_link",
        "text",
        "text_contents",
    ),
    "vtmcp.protocol.subscriptions": ("resource_updated",),
}

__all__ = [
    "Context",
    "Elicitation",
    "InternalError",
    "InvalidParams",
    "InvalidRequest",
    "MissingCapability",
    "Prompt",
    "Resource",
    "ResourceNotFound",
    "ResourceTemplate",
    "Roots",
    "RpcError",
    "Sampling",
    "Server",
    "Tool",
    "ToolError",
    "ToolResult",
    "UrlElicitation",
    "UrlElicitationRequired",
    "__version__",
    "audio",
    "blob_contents",
    "embedded",
    "image",
    "resource_link",
    "resource_updated",
    "text",
    "text_contents",
]


def __getattr__(name: str) -> Any:
    from importlib import import_module  # noqa: PLC0415 - part of the lazy look-up

    for home, names in _HOMES.items():
        if name in names:
            return getattr(import_module(home), name)
    raise AttributeError(f"module 'vtmcp' has no attribute {name!r}")
