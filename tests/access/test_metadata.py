"""What a client reads to find the authorization server."""

from collections.abc import Callable

import orjson
import pytest

from tests.transports.served import rest, served
from vtmcp.access.metadata import (
    answer,
    document,
    metadata_paths,
    metadata_url,
    read_issuer,
    read_resource,
    read_scopes,
)
from vtmcp.transports.http import Exchange
from vtmcp.transports.http_values import Request

ISSUER = "https://issuer.example/realm/"

URLS = {
    "https://mcp.example/mcp": "https://mcp.example/.well-known/oauth-protected-resource/mcp",
    "https://mcp.example/a/mcp": "https://mcp.example/.well-known/oauth-protected-resource/a/mcp",
    "https://mcp.example": "https://mcp.example/.well-known/oauth-protected-resource",
}


@pytest.mark.parametrize(("resource", "url"), URLS.items())
def test_the_metadata_is_at_a_well_known_place(resource: str, url: str) -> None:
    assert metadata_url(resource) == url


def test_the_metadata_names_the_resource_and_who_gives_tokens_for_it() -> None:
    assert orjson.loads(document("https://mcp.example/mcp", ISSUER, ("a", "offline_access"))) == {
        "resource": "https://mcp.example/mcp",
        "authorization_servers": [ISSUER],
        "bearer_methods_supported": ["header"],
        "scopes_supported": ["a"],
    }
    assert "scopes_supported" not in orjson.loads(document("https://mcp.example", ISSUER))


METHODS = {
    "GET": (200, "access-control-allow-origin"),
    "HEAD": (200, "cache-control"),
    "OPTIONS": (204, "access-control-allow-methods"),
    "POST": (405, "allow"),
}


@pytest.mark.parametrize(("method", "expected"), METHODS.items())
def test_anyone_may_read_it(method: str, expected: tuple[int, str]) -> None:
    status, header = expected
    found = answer(Request(method, "/", "", ()), b"{}")
    assert found.status == status
    assert header in dict(found.headers)
    assert dict(found.headers)["access-control-allow-origin"] == "*"


@pytest.mark.anyio
async def test_it_is_at_each_path_that_a_client_may_try() -> None:
    paths = metadata_paths("https://mcp.example/a/mcp", ISSUER, (), ("/mcp",))
    well_known = "/.well-known/oauth-protected-resource"
    assert set(paths) == {well_known, f"{well_known}/a/mcp", f"{well_known}/mcp"}

    async def route(exchange: Exchange) -> None:
        await paths[exchange.request.path](exchange)

    async with served(route) as server:
        for path in paths:
            stream = await server.connect()
            head = f"GET {path} HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n"
            await stream.send(head.encode())
            received = await rest(stream)
            await stream.aclose()
            assert received.startswith(b"HTTP/1.1 200")
            assert b"https://issuer.example/realm/" in received


GOOD: dict[str, tuple[Callable[[str], object], str, object]] = {
    "a resource": (read_resource, "HTTPS://MCP.example/mcp/", "https://mcp.example/mcp"),
    "one on this machine": (
        read_resource,
        "http://localhost:8081/mcp",
        "http://localhost:8081/mcp",
    ),
    "an issuer, letter by letter": (read_issuer, ISSUER, ISSUER),
    "scopes": (read_scopes, "traces:read  docs traces:read", ("traces:read", "docs")),
    "no scopes": (read_scopes, "", ()),
}


@pytest.mark.parametrize(("read", "text", "expected"), GOOD.values(), ids=GOOD)
def test_a_setting_is_read(read: Callable[[str], object], text: str, expected: object) -> None:
    assert read(text) == expected


BAD = {
    "mcp.example/mcp": "is not an https URL",
    "ftp://mcp.example": "is not an https URL",
    "https:///mcp": "is not an https URL",
    'https://mcp.example/"': "is not an https URL",
    "https://mcp.example/a b": "is not an https URL",
    "https://b\xfccher.example": "is not an https URL",
    "https://mcp.example:a": "is not a URL",
    "https://[": "is not a URL",
    "https://me:secret@mcp.example": "holds a user, a query or a fragment",
    "https://mcp.example/?a": "holds a user, a query or a fragment",
    "https://mcp.example/#a": "holds a user, a query or a fragment",
    "http://mcp.example/mcp": "is not encrypted",
}


@pytest.mark.parametrize("read", [read_resource, read_issuer])
@pytest.mark.parametrize(("url", "fault"), BAD.items(), ids=map(ascii, BAD))
def test_a_url_is_refused(read: Callable[[str], object], url: str, fault: str) -> None:
    with pytest.raises(ValueError, match=r".") as caught:
        read(url)
    assert str(caught.value).startswith(f"{fault}; accepted: an https URL")
    assert "secret" not in str(caught.value)


@pytest.mark.parametrize("text", ['a"b', "a\\b", "a\x00", "\xe9"])
def test_a_scope_cannot_leave_its_quotes(text: str) -> None:
    with pytest.raises(ValueError, match="accepted: scope names"):
        read_scopes(text)
