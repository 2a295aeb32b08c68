"""What the tests of clients share: entries, sample files, and readers that are not ours."""

import json
import re
import tomllib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import yaml

from vtmcp.clients.entry import Entry, Secret
from vtmcp.clients.formats import BOM, FORMATS, merge
from vtmcp.clients.secrets import Way, told
from vtmcp.clients.table import find_client
from vtmcp.clients.wanted import wanted

FILES = Path(__file__).with_name("files")

SAMPLES = {
    "claude-code": "claude_code.json",
    "claude-desktop": "claude_desktop.json",
    "codex": "codex.toml",
    "goose": "goose.yaml",
    "opencode": "opencode.jsonc",
    "vscode": "vscode.json",
    "zed": "zed.json",
}
"""By client: a file as a person has it, with other servers, comments and odd indentation."""

TOKEN = "t0ken-of-nobody"

STDIO = Entry(
    name="victoriatraces",
    command=("uvx", "vtmcp"),
    env={
        "VT_INSTANCE_ENTRYPOINT": "https://vt.example.com",
        "VT_INSTANCE_BEARER_TOKEN": Secret("VT_INSTANCE_BEARER_TOKEN", TOKEN, meaning="A token"),
        "VT_DEFAULT_TENANT_ID": "1:2",
    },
)
REMOTE = Entry(
    name="victoriatraces",
    url="https://mcp.example.com/mcp",
    headers={"X-Team": "shop", "Authorization": Secret("MCP_AUTH_TOKEN", TOKEN, "Bearer ", "T")},
)


def sample(client: str) -> str:
    """The text of a client's sample file."""
    return (FILES / SAMPLES[client]).read_bytes().decode()


def added(client: str, text: str, entry: Entry, way: Way = Way.WRITTEN) -> str:
    """A file's text with the entry in it, as `--write` makes it."""
    known = find_client(client)
    how = told(entry, known.reference, way)
    want = wanted(known, entry, how, FORMATS[known.format].parse(text.removeprefix(BOM)))
    return merge(known.format, text, want.values, want.stale)


def printed(client: str, entry: Entry, way: Way = Way.SHOWN) -> str:
    """The entry alone, as it is printed."""
    known = find_client(client)
    how = told(entry, known.reference, way)
    return FORMATS[known.format].render(wanted(known, entry, how).values)


def read(client: str, text: str) -> Any:
    """The values of a text, by a reader that knows nothing of ours."""
    readers: dict[str, Callable[[str], Any]] = {
        "json": read_jsonc,
        "toml": tomllib.loads,
        "yaml": yaml.safe_load,
    }
    return readers[find_client(client).format](text)


def read_jsonc(text: str) -> Any:
    """JSON without its comments and trailing commas."""
    tokens = re.compile(r'("(?:[^"\\]|\\.)*")|//[^\n]*|/\*.*?\*/', re.DOTALL)
    bare = tokens.sub(lambda found: found[1] or " ", text.lstrip("\ufeff"))
    commas = re.compile(r'("(?:[^"\\]|\\.)*")|,(?=\s*[}\]])')
    return json.loads(commas.sub(lambda found: found[1] or "", bare))
