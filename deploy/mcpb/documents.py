"""Write `server.json` and `manifest.json` from the code: versions, variables and tools are its own.

    python deploy/mcpb/documents.py

Run it after a change of those; a test compares. Must not be here: what a bundle holds (`build.py`).
"""

import json
import re
from pathlib import Path
from typing import Any

from vtmcp import __version__
from vtmcp.clients.settings import ENTRYPOINT, ENTRYPOINT_USUAL, LISTENER
from vtmcp.config_variable import Variable
from vtmcp.config_variables import VARIABLES
from vtmcp.handlers.tools import tool_classes

HERE = Path(__file__).resolve().parent
SERVER, MANIFEST = HERE.parents[1] / "server.json", HERE / "manifest.json"

REGISTRY_NAME = "io.github.OWNER/vtmcp"
"""OWNER stands for whoever publishes it: the registry checks that it is theirs."""

SCHEMA = "https://static.modelcontextprotocol.io/schemas/2025-12-11/server.schema.json"

TITLE = "VictoriaTraces"
DESCRIPTION = "Read distributed traces in VictoriaTraces: errors, slow spans, dependencies, docs."
LONG_DESCRIPTION = (
    "Finds what failed and what got slow in distributed traces, with evidence and the next question"
    " to ask. All tools only read. Set the entrypoint to `demo` to try it without a database."
)

ASKED: dict[str, tuple[str, str]] = {
    "VT_INSTANCE_ENTRYPOINT": ("string", "Address of VictoriaTraces"),
    "VT_ALLOW_INSECURE_ENTRYPOINT": ("boolean", "Plain HTTP to another machine"),
    "VT_INSTANCE_BEARER_TOKEN": ("string", "Bearer token"),
    "VT_INSTANCE_BEARER_TOKEN_FILE": ("file", "File with the bearer token"),
    "VT_INSTANCE_HEADERS": ("string", "More headers"),
    "VT_TLS_CA_FILE": ("file", "Certificate authorities"),
    "VT_DEFAULT_TENANT_ID": ("string", "Tenant"),
    "VT_DOCS_DIR": ("directory", "Documentation of your own"),
    "MCP_MASK": ("string", "What answers show marks for"),
    "MCP_DISABLED_TOOLS": ("string", "Tools to leave out"),
}
"""The variables that a form asks for, with its type and title. Others have good defaults."""


def server() -> dict[str, Any]:
    """The entry of the MCP registry."""
    package = {
        "registryType": "pypi",
        "identifier": "vtmcp",
        "version": __version__,
        "runtimeHint": "uvx",
        "transport": {"type": "stdio"},
        "environmentVariables": [
            _variable(variable) for variable in VARIABLES if variable.name not in LISTENER
        ],
    }
    return {
        "$schema": SCHEMA,
        "name": REGISTRY_NAME,
        "title": TITLE,
        "description": DESCRIPTION,
        "version": __version__,
        "packages": [package],
    }


def manifest() -> dict[str, Any]:
    """What a desktop client reads of the bundle."""
    by_name = {variable.name: variable for variable in VARIABLES}
    return {
        "manifest_version": "0.4",
        "name": "vtmcp",
        "display_name": TITLE,
        "version": __version__,
        "description": DESCRIPTION,
        "long_description": LONG_DESCRIPTION,
        "author": {"name": "The vtmcp authors"},
        "license": "Apache-2.0",
        "keywords": ["victoriatraces", "opentelemetry", "distributed-tracing", "observability"],
        "server": {
            "type": "uv",
            "entry_point": "src/main.py",
            "mcp_config": {
                "command": "uv",
                "args": ["run", "--directory", "${__dirname}", "src/main.py"],
                "env": {name: f"${{user_config.{name.lower()}}}" for name in ASKED},
            },
        },
        "tools": [
            {"name": tool.name, "description": _first_sentence(tool.description)}
            for tool in tool_classes()
        ],
        "prompts_generated": True,
        "compatibility": {"platforms": ["darwin", "linux"], "runtimes": {"python": ">=3.11"}},
        "user_config": {name.lower(): _asked(by_name[name]) for name in ASKED},
    }


def written(document: dict[str, Any]) -> str:
    """A document as it stands in its file."""
    return json.dumps(document, indent=2, ensure_ascii=False) + "\n"


def _variable(variable: Variable) -> dict[str, Any]:
    name = variable.name
    found: dict[str, Any] = {"name": name, "description": _plain(variable.meaning)}
    if name.endswith(("_FILE", "_DIR")):
        found["format"] = "filepath"
    if variable.default:
        found["default"] = variable.default
    choices = getattr(variable.read, "keywords", {}).get("choices")
    if choices:
        found["choices"] = list(choices)
    if name == ENTRYPOINT:
        found |= {"isRequired": True, "placeholder": ENTRYPOINT_USUAL}
    return found | ({"isSecret": True} if variable.secret else {})


def _asked(variable: Variable) -> dict[str, Any]:
    kind, title = ASKED[variable.name]
    found: dict[str, Any] = {
        "type": kind,
        "title": title,
        "description": _plain(variable.meaning),
        "required": variable.name == ENTRYPOINT,
    }
    if variable.secret:
        found["sensitive"] = True
    if variable.name == ENTRYPOINT:
        found["default"] = ENTRYPOINT_USUAL
    if kind == "boolean":
        found["default"] = False
    return found


def _plain(text: str) -> str:
    return text.replace("`", "")


def _first_sentence(text: str) -> str:
    return re.split(r"(?<=[.:])\s", _plain(text), maxsplit=1)[0].rstrip(":")


if __name__ == "__main__":
    SERVER.write_text(written(server()), encoding="utf-8")
    MANIFEST.write_text(written(manifest()), encoding="utf-8")
