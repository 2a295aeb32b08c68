"""From settings to a door and a gate, and what stops a start."""

from hashlib import sha256
from pathlib import Path
from typing import Any

import anyio
import pytest

from tests.access.issuer import RESOURCE, issuer
from tests.access.requests import challenge, request
from vtmcp.access.door import Refused
from vtmcp.access.gate import BusyError
from vtmcp.access.permissions import EVERYTHING
from vtmcp.access.settings import AccessSettings, Opened, open_access, open_gate
from vtmcp.transports.access import Caller, OpenAccess

pytestmark = pytest.mark.anyio

SECRET = "never-shown"

OAUTH: dict[str, Any] = {
    "introspection_url": "https://issuer.example/introspect",
    "issuer": "https://issuer.example",
    "resource": RESOURCE,
    "client_id": "we",
    "client_secret": SECRET,
}


class Told:
    """What was reported and refused."""

    def __init__(self) -> None:
        self.reports: list[str] = []
        self.refused: list[Refused] = []

    def open(self, host: str = "localhost", **settings: Any) -> Opened:
        return open_access(
            AccessSettings(**settings),
            host,
            endpoint_paths=("/mcp",),
            read_tenant=lambda text: text,
            report=self.reports.append,
            observe=self.refused.append,
        )


async def name(opened: Opened, token: str) -> str:
    found = await opened.access.caller(request(f"Bearer {token}"))
    return found.name if isinstance(found, Caller) else str(challenge(found)[0])


async def test_on_loopback_anyone_may_do_all_unless_told_otherwise() -> None:
    opened = Told().open()
    assert isinstance(opened.access, OpenAccess)
    assert opened.permissions("") == EVERYTHING
    assert opened.paths == {}


@pytest.mark.parametrize("host", ["", "0.0.0.0", "::", "mcp.example"])
async def test_elsewhere_a_start_without_authentication_is_refused(host: str) -> None:
    with pytest.raises(ValueError, match="MCP_ALLOW_UNAUTHENTICATED=1"):
        Told().open(host)
    assert isinstance(Told().open(host, allows_unauthenticated=True).access, OpenAccess)
    assert await name(Told().open(host, token="abc"), "abc") == "bearer"


async def test_one_token_opens_the_door() -> None:
    told = Told()
    opened = told.open(token="abc")
    assert await name(opened, "abc") == "bearer"
    assert await name(opened, "abd") == "401"
    assert told.refused == [Refused("bad_token")]


TWICE: dict[str, tuple[dict[str, Any], str]] = {
    "a token": ({"token": SECRET, "token_file": "a"}, "MCP_AUTH_TOKEN: set beside MCP_AUTH_TOKEN_"),
    "a client secret": (
        {**OAUTH, "client_secret_file": "a"},
        "MCP_OAUTH_CLIENT_SECRET: set beside MCP_OAUTH_CLIENT_SECRET_FILE; accepted: one",
    ),
    "a client secret of no use": (
        {"client_secret": SECRET, "client_secret_file": "a"},
        "MCP_OAUTH_CLIENT_SECRET: set beside MCP_OAUTH_CLIENT_SECRET_FILE; accepted: one",
    ),
}


@pytest.mark.parametrize(("settings", "told"), TWICE.values(), ids=TWICE)
def test_two_of_one_secret_are_refused(settings: dict[str, Any], told: str) -> None:
    with pytest.raises(ValueError, match=f"^{told}") as caught:
        Told().open(**settings)
    assert SECRET not in str(caught.value)


@pytest.mark.parametrize("name", [*list(OAUTH)[1:], "client_secret_file", "scopes"])
def test_half_of_oauth_is_no_open_door(name: str) -> None:
    half = {name: OAUTH.get(name, "a")}
    told = f"^MCP_OAUTH_INTROSPECTION_URL: not set; MCP_OAUTH_{name.upper()} needs it$"
    for others in ({}, {"token": "abc"}):
        with pytest.raises(ValueError, match=told):
            Told().open(**half, **others)


async def test_a_policy_says_who_may_do_what(tmp_path: Path) -> None:
    file = tmp_path / "policy.toml"
    file.write_text(
        f'[callers.agent]\ntoken_sha256 = "{sha256(b"abc").hexdigest()}"\n'
        'tools = ["trace"]\ntenants = ["7:0"]\ncalls_per_minute = 1\n'
    )
    told = Told()
    opened = told.open(policy_file=str(file))
    assert await name(opened, "abc") == "agent"
    assert not opened.permissions("agent").allows_tool("traces")
    async with opened.gate.turn("agent"):
        pass
    # What the gate has counted, the door knows.
    assert await name(opened, "abc") == "429"
    with pytest.raises(BusyError):
        async with opened.gate.turn("agent"):
            pass
    file.write_text("[callers")
    assert await name(opened, "abc") == "429"
    assert len(told.reports) == 1
    assert told.reports[0].startswith("MCP_AUTH_FILE: the file is not TOML")


async def test_a_token_file_opens_the_door(tmp_path: Path) -> None:
    file = tmp_path / "token"
    file.write_text("abc\n")
    opened = Told().open(token_file=str(file))
    assert await name(opened, "abc") == "bearer"
    file.write_text("xyz\n")
    assert [await name(opened, token) for token in ("abc", "xyz")] == ["401", "bearer"]


async def test_an_authorization_server_is_asked() -> None:
    async with issuer(bob={"sub": "bob", "scope": "read"}) as server:
        opened = Told().open("0.0.0.0", **{**OAUTH, "introspection_url": server.url}, scopes="read")
        assert [await name(opened, token) for token in ("bob", "bob", "eve")] == [
            *("user:bob", "user:bob", "401")
        ]
    assert len(server.asked) == 2
    # It is gone by now, and what was said of bob is still believed.
    assert [await name(opened, token) for token in ("bob", "new")] == ["user:bob", "503"]
    assert "/.well-known/oauth-protected-resource/mcp" in opened.paths


async def test_the_secret_may_come_from_a_file(tmp_path: Path) -> None:
    file = tmp_path / "secret"
    file.write_text("one\n")
    async with issuer() as server:
        settings = {**OAUTH, "introspection_url": server.url, "client_secret": ""}
        opened = Told().open(**settings, client_secret_file=str(file))
        await name(opened, "a")
        file.write_text("two\n")
        await name(opened, "b")
    sent = [asked.header("authorization") for asked in server.asked]
    assert sent == ["Basic d2U6b25l", "Basic d2U6dHdv"]


_NEEDS = "not set; MCP_OAUTH_INTROSPECTION_URL needs it"

FAULTS: dict[str, tuple[dict[str, Any], str]] = {
    "no issuer": ({**OAUTH, "issuer": ""}, f"MCP_OAUTH_ISSUER: {_NEEDS}"),
    "no resource": ({**OAUTH, "resource": ""}, f"MCP_OAUTH_RESOURCE: {_NEEDS}"),
    "no client": ({**OAUTH, "client_id": ""}, f"MCP_OAUTH_CLIENT_ID: {_NEEDS}"),
    "no secret": ({**OAUTH, "client_secret": ""}, f"MCP_OAUTH_CLIENT_SECRET: {_NEEDS}"),
    "tokens in clear": (
        {**OAUTH, "introspection_url": "http://issuer.example"},
        "MCP_OAUTH_INTROSPECTION_URL: would send tokens unencrypted",
    ),
    "a bad issuer": ({**OAUTH, "issuer": "issuer"}, "MCP_OAUTH_ISSUER: is not an https URL"),
    "a bad resource": ({**OAUTH, "resource": "mcp"}, "MCP_OAUTH_RESOURCE: is not an https URL"),
    "a bad scope": ({**OAUTH, "scopes": '"'}, "MCP_OAUTH_SCOPES: holds a scope"),
    "no token file": ({"token_file": "missing"}, "MCP_AUTH_TOKEN_FILE: the file cannot be read"),
    "no policy": ({"policy_file": "missing"}, "MCP_AUTH_FILE: the file cannot be read"),
    "no secret file": (
        {**OAUTH, "client_secret": "", "client_secret_file": "missing"},
        "MCP_OAUTH_CLIENT_SECRET_FILE: the file cannot be read",
    ),
}


@pytest.mark.parametrize(("settings", "fault"), FAULTS.values(), ids=FAULTS)
async def test_a_start_is_refused_for(settings: dict[str, Any], fault: str) -> None:
    with pytest.raises(ValueError, match=r".") as caught:
        Told().open(**settings)
    assert str(caught.value).startswith(fault)
    assert SECRET not in str(caught.value)


async def test_no_secret_is_in_the_text_of_settings() -> None:
    assert SECRET not in repr(AccessSettings(token=SECRET, client_secret=SECRET))


async def test_without_a_door_the_gate_has_the_usual_limits() -> None:
    gate = open_gate(AccessSettings(calls_at_once=1, queue_calls=0))
    with anyio.fail_after(5):
        async with gate.turn(""):
            with pytest.raises(BusyError):
                async with gate.turn(""):
                    pass
