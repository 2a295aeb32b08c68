"""One-click links: each client's own scheme, and where there is one the page that hands on to it.

Pages such as a README keep only `https` links, so that form is given too. Must not be here: a
secret; a link is copied and kept.
"""

import base64
import json
from collections.abc import Callable
from typing import Any
from urllib.parse import quote

from vtmcp.clients.entry import Entry, Secret
from vtmcp.clients.secrets import Told
from vtmcp.clients.shapes import DESCRIPTION, GOOSE_TIMEOUT_S

Form = Callable[[Entry, Told, dict[str, Any]], list[str]]


def _cursor(entry: Entry, told: Told, value: dict[str, Any]) -> list[str]:
    query = f"name={_quoted(entry.name)}&config={_packed(value)}"
    return [
        f"cursor://anysphere.cursor-deeplink/mcp/install?{query}",
        f"https://cursor.com/install-mcp?{query}",
    ]


def _lm_studio(entry: Entry, told: Told, value: dict[str, Any]) -> list[str]:
    query = f"name={_quoted(entry.name)}&config={_packed(value)}"
    return [f"lmstudio://add_mcp?{query}", f"https://lmstudio.ai/install-mcp?{query}"]


def _vscode(entry: Entry, told: Told, value: dict[str, Any]) -> list[str]:
    inputs = list(told.inputs)
    whole = {"name": entry.name, **value, **({"inputs": inputs} if inputs else {})}
    more = f"&inputs={_quoted(_json(inputs))}" if inputs else ""
    query = f"name={_quoted(entry.name)}&config={_quoted(_json(value))}{more}"
    return [
        f"vscode:mcp/install?{_quoted(_json(whole))}",
        f"https://vscode.dev/redirect/mcp/install?{query}",
    ]


def _goose(entry: Entry, told: Told, value: dict[str, Any]) -> list[str]:
    """Goose asks for each variable that its link names."""
    if entry.url:
        words = [("url", entry.url), ("type", "streamable_http")]
    else:
        words = [("cmd", entry.command[0]), *(("arg", word) for word in entry.command[1:])]
    words += [("timeout", str(GOOSE_TIMEOUT_S)), ("id", entry.name), ("name", entry.name)]
    words.append(("description", DESCRIPTION))
    if not entry.url:
        for name, given in entry.env.items():
            words.append(("env", f"{name}={given.meaning if isinstance(given, Secret) else given}"))
    return ["goose://extension?" + "&".join(f"{key}={_quoted(word)}" for key, word in words)]


FORMS: dict[str, Form] = {
    "cursor": _cursor,
    "vscode": _vscode,
    "lm-studio": _lm_studio,
    "goose": _goose,
}


def _packed(value: dict[str, Any]) -> str:
    return _quoted(base64.b64encode(_json(value).encode()).decode())


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def _quoted(text: str) -> str:
    return quote(text, safe="")
