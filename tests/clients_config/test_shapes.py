"""Each client's entry has the shape that the client documents: a command, and a URL."""

from typing import Any

import pytest

from tests.clients_config.setting import REMOTE, STDIO, TOKEN, printed, read
from vtmcp.clients.secrets import Way
from vtmcp.clients.table import CLIENTS

ENTRYPOINT = {"VT_INSTANCE_ENTRYPOINT": "https://vt.example.com"}
TENANT = {"VT_DEFAULT_TENANT_ID": "1:2"}
STARTED = {"command": "uvx", "args": ["vtmcp"]}
URL = "https://mcp.example.com/mcp"


def env(token: str) -> dict[str, str]:
    return {**ENTRYPOINT, "VT_INSTANCE_BEARER_TOKEN": token, **TENANT}


def headers(token: str) -> dict[str, str]:
    return {"X-Team": "shop", "Authorization": f"Bearer {token}"}


def asked(name: str, meaning: str) -> dict[str, Any]:
    return {"type": "promptString", "id": name, "description": meaning, "password": True}


def servers(value: dict[str, Any], key: str = "mcpServers") -> dict[str, Any]:
    return {key: {"victoriatraces": value}}


PLACEHOLDER = "<VT_INSTANCE_BEARER_TOKEN>"
ABOUT = {"name": "victoriatraces", "description": "Distributed traces, from VictoriaTraces"}

STDIO_SHAPES: dict[str, Any] = {
    "claude-desktop": servers({**STARTED, "env": env(PLACEHOLDER)}),
    "claude-code": servers({"type": "stdio", **STARTED, "env": env("${VT_INSTANCE_BEARER_TOKEN}")}),
    "cursor": servers({**STARTED, "env": env("${env:VT_INSTANCE_BEARER_TOKEN}")}),
    "vscode": {
        "inputs": [asked("victoriatraces-vt-instance-bearer-token", "A token")],
        **servers(
            {
                "type": "stdio",
                **STARTED,
                "env": env("${input:victoriatraces-vt-instance-bearer-token}"),
            },
            "servers",
        ),
    },
    "copilot-cli": servers(
        {
            **{"type": "local", **STARTED, "env": env("${VT_INSTANCE_BEARER_TOKEN}")},
            "tools": ["*"],
        }
    ),
    "zed": servers({"source": "custom", **STARTED, "env": env(PLACEHOLDER)}, "context_servers"),
    "jetbrains": servers({**STARTED, "env": env(PLACEHOLDER)}),
    "windsurf": servers({**STARTED, "env": env("${env:VT_INSTANCE_BEARER_TOKEN}")}),
    "cline": servers({**STARTED, "env": env(PLACEHOLDER), "disabled": False, "autoApprove": []}),
    "gemini-cli": servers({**STARTED, "env": env("${VT_INSTANCE_BEARER_TOKEN}")}),
    "codex": servers(
        {**STARTED, "env_vars": ["VT_INSTANCE_BEARER_TOKEN"], "env": {**ENTRYPOINT, **TENANT}},
        "mcp_servers",
    ),
    "goose": servers(
        {
            **{"type": "stdio", **ABOUT, "cmd": "uvx", "args": ["vtmcp"]},
            **{"envs": {**ENTRYPOINT, **TENANT}, "env_keys": ["VT_INSTANCE_BEARER_TOKEN"]},
            **{"enabled": True, "timeout": 300},
        },
        "extensions",
    ),
    "lm-studio": servers({**STARTED, "env": env(PLACEHOLDER)}),
    "opencode": servers(
        {
            **{"type": "local", "command": ["uvx", "vtmcp"]},
            **{"environment": env("{env:VT_INSTANCE_BEARER_TOKEN}"), "enabled": True},
        },
        "mcp",
    ),
}

NAMED = {"url": URL, "headers": headers("<MCP_AUTH_TOKEN>")}

URL_SHAPES: dict[str, Any] = {
    "claude-code": servers({"type": "http", "url": URL, "headers": headers("${MCP_AUTH_TOKEN}")}),
    "cursor": servers({"url": URL, "headers": headers("${env:MCP_AUTH_TOKEN}")}),
    "vscode": {
        "inputs": [asked("victoriatraces-mcp-auth-token", "T")],
        **servers(
            {
                **{"type": "http", "url": URL},
                "headers": headers("${input:victoriatraces-mcp-auth-token}"),
            },
            "servers",
        ),
    },
    "copilot-cli": servers(
        {"type": "http", "url": URL, "headers": headers("${MCP_AUTH_TOKEN}"), "tools": ["*"]}
    ),
    "zed": servers(NAMED, "context_servers"),
    "windsurf": servers({"serverUrl": URL, "headers": headers("${env:MCP_AUTH_TOKEN}")}),
    "cline": servers({"type": "streamableHttp", **NAMED, "disabled": False, "autoApprove": []}),
    "gemini-cli": servers({"httpUrl": URL, "headers": headers("${MCP_AUTH_TOKEN}")}),
    "codex": servers(
        {
            **{"url": URL, "bearer_token_env_var": "MCP_AUTH_TOKEN"},
            "http_headers": {"X-Team": "shop"},
        },
        "mcp_servers",
    ),
    "goose": servers(
        {
            **{"type": "streamable_http", **ABOUT, "uri": URL},
            **{"headers": headers("${MCP_AUTH_TOKEN}"), "env_keys": ["MCP_AUTH_TOKEN"]},
            **{"enabled": True, "timeout": 300},
        },
        "extensions",
    ),
    "lm-studio": servers(NAMED),
    "opencode": servers(
        {
            **{"type": "remote", "url": URL, "headers": headers("{env:MCP_AUTH_TOKEN}")},
            "enabled": True,
        },
        "mcp",
    ),
}


@pytest.mark.parametrize(("client", "shape"), STDIO_SHAPES.items(), ids=STDIO_SHAPES)
def test_a_command_has_the_clients_shape(client: str, shape: dict[str, Any]) -> None:
    text = printed(client, STDIO)
    assert read(client, text) == shape
    assert TOKEN not in text


@pytest.mark.parametrize(("client", "shape"), URL_SHAPES.items(), ids=URL_SHAPES)
def test_a_url_has_the_clients_shape(client: str, shape: dict[str, Any]) -> None:
    text = printed(client, REMOTE)
    assert read(client, text) == shape
    assert TOKEN not in text


def test_each_client_has_a_shape_for_a_command_and_one_for_a_url_where_it_takes_any() -> None:
    assert [client.name for client in CLIENTS] == list(STDIO_SHAPES)
    assert [client.name for client in CLIENTS if not client.no_url] == list(URL_SHAPES)


@pytest.mark.parametrize("client", STDIO_SHAPES)
def test_with_secrets_the_token_itself_is_there(client: str) -> None:
    text = printed(client, STDIO, Way.RAW)
    assert text.count(TOKEN) == 1
    assert "promptString" not in text


def test_other_secret_headers_of_codex_are_named_by_variable() -> None:
    secret = REMOTE.headers["Authorization"]
    assert not isinstance(secret, str)
    entry = type(REMOTE)(
        name="victoriatraces", url=URL, headers={"X-Token": secret._replace(prefix="")}
    )
    value = read("codex", printed("codex", entry))["mcp_servers"]["victoriatraces"]
    assert value == {"url": URL, "env_http_headers": {"X-Token": "MCP_AUTH_TOKEN"}}
