"""Callers of the product over HTTP: who is let in, which tools and tenants each may use."""

import hashlib
import io
import json
import os
import re
import subprocess
import sys
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.protocol.playbook import meta
from tests.test_metrics import parsed
from vtmcp.access.gate import BusyError
from vtmcp.app_callers import REFUSALS, open_callers
from vtmcp.config import Config, ConfigError
from vtmcp.logs import Log
from vtmcp.protocol.messages import Json
from vtmcp.traces.tenant import Tenant
from vtmcp.transports.http_values import Request, Response

VERSION = "2026-07-28"
TOKEN = "the-token-of-the-agent"
OWNER = "the-token-of-the-owner"

POLICY = f"""
[callers.agent]
token_sha256 = "{hashlib.sha256(TOKEN.encode()).hexdigest()}"
tools = ["services", "trace"]
tenants = ["7:3"]
deployments = ["us"]
"""


@pytest.fixture(scope="module")
def endpoint(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The product with a policy and an owner's token, on generated data."""
    policy = tmp_path_factory.mktemp("policy") / "callers.toml"
    policy.write_text(POLICY)
    env = {
        "PATH": os.environ["PATH"],
        "VT_INSTANCE_ENTRYPOINT": "demo",
        "MCP_SERVER_MODE": "http",
        "MCP_LISTEN_ADDR": "127.0.0.1:0",
        "MCP_AUTH_FILE": str(policy),
        "MCP_AUTH_TOKEN": OWNER,
    }
    server = subprocess.Popen([sys.executable, "-m", "vtmcp"], env=env, stderr=subprocess.PIPE)
    assert server.stderr is not None
    try:
        for line in server.stderr:
            if found := re.search(rb"url=(http://\S+/mcp)", line):
                yield found[1].decode()
                break
    finally:
        server.terminate()
        rest = server.stderr.read()
        server.stderr.close()
        assert server.wait(10) == 0
        assert TOKEN.encode() not in rest
        assert OWNER.encode() not in rest


def ask(endpoint: str, token: str, method: str, **params: Any) -> tuple[int, Json, str]:
    """Status, body and challenge of the answer to one stateless request."""
    said = {"jsonrpc": "2.0", "id": 1, "method": method, "params": {**params, "_meta": meta()}}
    headers = {
        "Content-Type": "application/json",
        "Accept": "application/json",
        "MCP-Protocol-Version": VERSION,
        "Mcp-Method": method,
        **({"Mcp-Name": params["name"]} if "name" in params else {}),
        **({"Authorization": f"Bearer {token}"} if token else {}),
    }
    request = urllib.request.Request(endpoint, json.dumps(said).encode(), headers)
    try:
        with urllib.request.urlopen(request, timeout=10) as answer:
            return answer.status, json.load(answer), ""
    except urllib.error.HTTPError as error:
        with error:
            challenge = error.headers.get("www-authenticate", "")
            return error.code, json.loads(error.read() or b"{}"), challenge


def called(endpoint: str, token: str, tool: str, **arguments: Any) -> tuple[int, str]:
    status, body, _ = ask(endpoint, token, "tools/call", name=tool, arguments=arguments)
    if "error" in body:
        return status, body["error"]["message"]
    return status, body["result"]["content"][0]["text"]


@pytest.mark.parametrize("token", ["", "wrong", TOKEN[:-1], f"{TOKEN}x"])
def test_nobody_is_let_in_without_a_token(endpoint: str, token: str) -> None:
    status, body, challenge = ask(endpoint, token, "tools/list")
    assert status == 401
    assert challenge.startswith("Bearer")
    assert "result" not in body


def test_a_caller_sees_and_calls_the_tools_of_its_policy(endpoint: str) -> None:
    _, body, _ = ask(endpoint, TOKEN, "tools/list")
    assert [tool["name"] for tool in body["result"]["tools"]] == ["services", "trace"]
    assert called(endpoint, TOKEN, "services", tenant="7:3")[0] == 200
    status, text = called(endpoint, TOKEN, "dependencies", tenant="7:3")
    assert (status, "not allowed" in text) == (403, True)


@pytest.mark.parametrize("tenant", [{}, {"tenant": "0:0"}, {"tenant": "0"}, {"tenant": "7:4"}])
def test_a_caller_reads_the_tenants_of_its_policy(endpoint: str, tenant: dict[str, str]) -> None:
    status, text = called(endpoint, TOKEN, "services", **tenant)
    assert status == 200
    assert re.fullmatch(r"services: tenant \d+:\d+ is not allowed to this caller", text)


def test_the_owner_may_do_everything(endpoint: str) -> None:
    _, body, _ = ask(endpoint, OWNER, "tools/list")
    assert len(body["result"]["tools"]) > 2
    assert "12 services" in called(endpoint, OWNER, "services")[1]


WRONG = {
    "a policy that is not there": {"MCP_AUTH_FILE": "no/such/file"},
    "a token file that is not there": {"MCP_AUTH_TOKEN_FILE": "no/such/file"},
    "OAuth without an issuer": {"MCP_OAUTH_INTROSPECTION_URL": "https://auth.example/introspect"},
    "an open listener": {"MCP_LISTEN_ADDR": "0.0.0.0:0"},
}


@pytest.mark.parametrize("env", WRONG.values(), ids=WRONG)
def test_what_cannot_be_held_stops_the_start(env: dict[str, str]) -> None:
    base = {"VT_INSTANCE_ENTRYPOINT": "demo", "MCP_SERVER_MODE": "http"}
    log = Log(io.StringIO(), level="debug", format="text")
    with pytest.raises(ConfigError, match=r"^MCP_"):
        open_callers(Config.from_env(base | env), log)


def test_the_policy_decides_by_the_name_of_a_caller(tmp_path: Path) -> None:
    policy = tmp_path / "callers.toml"
    policy.write_text(POLICY)
    env = {
        "VT_INSTANCE_ENTRYPOINT": "demo",
        "MCP_SERVER_MODE": "http",
        "MCP_AUTH_FILE": str(policy),
    }
    log = Log(io.StringIO(), level="debug", format="text")
    opened = open_callers(Config.from_env(env), log)
    assert opened.callers.rules.allows_tool("agent", "trace")
    assert not opened.callers.rules.allows_tool("nobody", "trace")
    assert opened.callers.allows_deployment("agent", "us")
    assert not opened.callers.allows_deployment("agent", "asia")
    assert opened.callers.may_read("agent", Tenant(7, 3))
    assert not opened.callers.may_read("agent", Tenant(7, 4))


def test_the_metadata_is_about_the_endpoint_that_a_token_is_for() -> None:
    oauth = {
        "MCP_OAUTH_INTROSPECTION_URL": "https://auth.example/introspect",
        "MCP_OAUTH_ISSUER": "https://auth.example",
        "MCP_OAUTH_CLIENT_ID": "we",
        "MCP_OAUTH_CLIENT_SECRET": "s3cret",
    }
    for mode, path in (("http", "/mcp"), ("sse", "/sse")):
        env = {"VT_INSTANCE_ENTRYPOINT": "demo", "MCP_SERVER_MODE": mode, **oauth}
        env["MCP_OAUTH_RESOURCE"] = f"https://mcp.example{path}"
        log = Log(io.StringIO(), level="debug", format="text")
        paths = open_callers(Config.from_env(env), log).door.paths
        well_known = "/.well-known/oauth-protected-resource"
        assert set(paths) == {well_known, f"{well_known}{path}"}


@pytest.mark.anyio
async def test_refusals_are_counted(tmp_path: Path) -> None:
    policy = tmp_path / "callers.toml"
    policy.write_text(POLICY)
    env = {
        "VT_INSTANCE_ENTRYPOINT": "demo",
        "MCP_SERVER_MODE": "http",
        "MCP_AUTH_FILE": str(policy),
        "MCP_TOTAL_RATE_LIMIT": "1",
    }
    counted: list[tuple[str, str]] = []
    log = Log(io.StringIO(), level="debug", format="text")
    opened = open_callers(
        Config.from_env(env), log, lambda what, reason: counted.append((what, reason))
    )
    bearer = (("authorization", "Bearer wrong"),)
    for headers in ((), bearer):
        refused = await opened.door.access.caller(Request("POST", "/mcp", "", headers))
        assert isinstance(refused, Response)
    assert not opened.callers.allows_tenant("agent", Tenant(0, 0))
    assert opened.callers.allows_tenant("agent", Tenant(7, 3))
    async with opened.callers.rules.turn("agent"):
        pass
    with pytest.raises(BusyError):
        async with opened.callers.rules.turn("agent"):
            raise AssertionError
    assert counted == [
        ("caller", "no_token"),
        ("caller", "bad_token"),
        ("tenant", "not_allowed"),
        ("call", "busy"),
    ]
    assert all(reason in REFUSALS[what] for what, reason in counted)


def scraped(endpoint: str) -> dict[tuple[str, tuple[tuple[str, str], ...]], float]:
    """The metrics of the process, which anyone may read."""
    with urllib.request.urlopen(endpoint.replace("/mcp", "/metrics"), timeout=10) as answer:
        assert answer.headers["content-type"] == "text/plain; version=0.0.4; charset=utf-8"
        return parsed(answer.read().decode())


def test_a_scrape_tells_of_refusals_and_of_no_caller(endpoint: str) -> None:
    def refused(what: str, reason: str) -> float:
        return scraped(endpoint)["vtmcp_refused_total", (("reason", reason), ("what", what))]

    before = refused("tool", "not_allowed"), refused("tenant", "not_allowed")
    assert called(endpoint, TOKEN, "dependencies", tenant="7:3")[0] == 403
    called(endpoint, TOKEN, "services", tenant="7:4")
    assert refused("tool", "not_allowed") == before[0] + 1
    assert refused("tenant", "not_allowed") == before[1] + 1
    found = scraped(endpoint)
    error = (("error", "forbidden"), ("method", "tools/call"))
    assert found["mcp_victoriatraces_error_total", error] >= 1
    assert found["vtmcp_open_connections", ()] >= 1
    assert not [labels for _, labels in found if "agent" in str(labels) or "7:4" in str(labels)]
