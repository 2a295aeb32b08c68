"""The clients, as data: file, format, shape, and how each is told a secret.

The order is that of the README. Must not be here: anything that is done with them.
"""

from typing import NamedTuple

from vtmcp.clients.faults import WrongWords
from vtmcp.clients.paths import Templates
from vtmcp.clients.shapes import Shape, codex, common, goose, opencode

USER, PROJECT = "user", "project"

_CODE = {
    "linux": "{XDG_CONFIG_HOME:~/.config}/Code/User",
    "darwin": "~/Library/Application Support/Code/User",
    "win32": "{APPDATA:~/AppData/Roaming}/Code/User",
}
_CLINE = "globalStorage/saoudrizwan.claude-dev/settings/cline_mcp_settings.json"


class Client(NamedTuple):
    """One MCP client."""

    name: str
    title: str
    format: str
    """A key of `FORMATS`."""
    files: dict[str, tuple[Templates, ...]]
    """By scope: the file, and others that are taken where they are there."""
    parents: tuple[str, ...]
    """Where in the file the servers are."""
    shape: Shape
    reference: str = ""
    """How it refers to a variable; see `secrets.told`."""
    link: str = ""
    """The form of its one-click link; a key of `links.FORMS`."""
    aliases: tuple[str, ...] = ()
    no_url: str = ""
    """Why its file takes no URL; empty where it does."""
    hint: str = ""
    """What a person has to know beside the file."""


CLIENTS = (
    Client(
        "claude-desktop",
        "Claude Desktop",
        "json",
        {
            USER: (
                {
                    "linux": "{XDG_CONFIG_HOME:~/.config}/Claude/claude_desktop_config.json",
                    "darwin": "~/Library/Application Support/Claude/claude_desktop_config.json",
                    "win32": "{APPDATA:~/AppData/Roaming}/Claude/claude_desktop_config.json",
                },
            )
        },
        ("mcpServers",),
        common(),
        no_url="Claude Desktop takes URLs under Settings, Connectors, and not from its file",
        hint="restart Claude Desktop; vtmcp.mcpb installs without this file",
    ),
    Client(
        "claude-code",
        "Claude Code",
        "json",
        {USER: ("~/.claude.json",), PROJECT: (".mcp.json",)},
        ("mcpServers",),
        common(stdio={"type": "stdio"}, remote={"type": "http"}),
        reference="${{}}",
        aliases=("claude",),
    ),
    Client(
        "cursor",
        "Cursor",
        "json",
        {USER: ("~/.cursor/mcp.json",), PROJECT: (".cursor/mcp.json",)},
        ("mcpServers",),
        common(),
        reference="${env:{}}",
        link="cursor",
    ),
    Client(
        "vscode",
        "VS Code",
        "json",
        {
            USER: ({family: f"{folder}/mcp.json" for family, folder in _CODE.items()},),
            PROJECT: (".vscode/mcp.json",),
        },
        ("servers",),
        common(stdio={"type": "stdio"}, remote={"type": "http"}),
        reference="input",
        link="vscode",
        aliases=("vs-code", "code"),
    ),
    Client(
        "copilot-cli",
        "Copilot CLI",
        "json",
        {USER: ("{COPILOT_HOME:~/.copilot}/mcp-config.json",)},
        ("mcpServers",),
        common(stdio={"type": "local"}, remote={"type": "http"}, initial={"tools": ["*"]}),
        reference="${{}}",
        aliases=("copilot",),
    ),
    Client(
        "zed",
        "Zed",
        "json",
        {
            USER: (
                {
                    "linux": "{XDG_CONFIG_HOME:~/.config}/zed/settings.json",
                    "darwin": "~/.config/zed/settings.json",
                    "win32": "{APPDATA:~/AppData/Roaming}/Zed/settings.json",
                },
            ),
            PROJECT: (".zed/settings.json",),
        },
        ("context_servers",),
        common(stdio={"source": "custom"}),
    ),
    Client(
        "jetbrains",
        "JetBrains",
        "json",
        {USER: ("~/.junie/mcp/mcp.json",), PROJECT: (".junie/mcp/mcp.json",)},
        ("mcpServers",),
        common(),
        aliases=("junie",),
        no_url="Junie's file takes commands only; AI Assistant takes the URL as JSON (Settings, "
        "Tools, AI Assistant, Model Context Protocol)",
        hint="the file is Junie's; AI Assistant takes the same text under Settings, Tools, AI "
        "Assistant, Model Context Protocol, As JSON",
    ),
    Client(
        "windsurf",
        "Windsurf",
        "json",
        {USER: ("~/.codeium/windsurf/mcp_config.json",)},
        ("mcpServers",),
        common(url="serverUrl"),
        reference="${env:{}}",
    ),
    Client(
        "cline",
        "Cline",
        "json",
        {
            USER: (
                {family: f"{folder}/{_CLINE}" for family, folder in _CODE.items()},
                "~/.cline/data/settings/cline_mcp_settings.json",
            )
        },
        ("mcpServers",),
        common(remote={"type": "streamableHttp"}, initial={"disabled": False, "autoApprove": []}),
    ),
    Client(
        "gemini-cli",
        "Gemini CLI",
        "json",
        {USER: ("~/.gemini/settings.json",), PROJECT: (".gemini/settings.json",)},
        ("mcpServers",),
        common(url="httpUrl"),
        reference="${{}}",
        aliases=("gemini",),
    ),
    Client(
        "codex",
        "Codex CLI",
        "toml",
        {USER: ("{CODEX_HOME:~/.codex}/config.toml",), PROJECT: (".codex/config.toml",)},
        ("mcp_servers",),
        codex,
        reference="forward",
        aliases=("codex-cli",),
    ),
    Client(
        "goose",
        "Goose",
        "yaml",
        {
            USER: (
                {
                    "linux": "{XDG_CONFIG_HOME:~/.config}/goose/config.yaml",
                    "darwin": "~/.config/goose/config.yaml",
                    "win32": "{APPDATA:~/AppData/Roaming}/Block/goose/config/config.yaml",
                },
            )
        },
        ("extensions",),
        goose,
        reference="forward",
        link="goose",
    ),
    Client(
        "lm-studio",
        "LM Studio",
        "json",
        {USER: ("~/.lmstudio/mcp.json",)},
        ("mcpServers",),
        common(),
        link="lm-studio",
        aliases=("lmstudio",),
    ),
    Client(
        "opencode",
        "opencode",
        "json",
        {
            USER: (
                "{XDG_CONFIG_HOME:~/.config}/opencode/opencode.json",
                "{XDG_CONFIG_HOME:~/.config}/opencode/opencode.jsonc",
            ),
            PROJECT: ("opencode.json", "opencode.jsonc"),
        },
        ("mcp",),
        opencode,
        reference="{env:{}}",
    ),
)


def find_client(word: str) -> Client:
    """The client of that name or alias. Raises `WrongWords`."""
    plain = word.lower().replace("_", "-").replace(" ", "-")
    for client in CLIENTS:
        if plain in (client.name, *client.aliases):
            return client
    from vtmcp.protocol.schema import did_you_mean  # noqa: PLC0415 - errors only

    names = [client.name for client in CLIENTS]
    near = did_you_mean(plain, [*names, *(alias for each in CLIENTS for alias in each.aliases)])
    raise WrongWords(f"unknown client {word[:60]!r}{near} (accepted: {', '.join(names)})")
