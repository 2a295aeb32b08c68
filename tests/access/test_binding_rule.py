"""Where a server may listen without authentication."""

import pytest

from vtmcp.access.binding_rule import is_loopback, refused_address

LOOPBACK = ("localhost", "LOCALHOST", "127.0.0.1", "127.8.9.10", "::1", "[::1]", "0:0:0:0:0:0:0:1")

OTHERS = (
    *("", "0.0.0.0", "::", "[::]", "10.0.0.1", "mcp.example", "localhost.evil.example"),
    *("127.0.0.1.evil.example", "127.1", "0127.0.0.1", "::ffff:10.0.0.1", "fe80::1", "a b"),
    *("127.0.0.1:80", "127.0.0.256"),
)


@pytest.mark.parametrize("host", LOOPBACK)
def test_only_this_machine_reaches(host: str) -> None:
    assert is_loopback(host)
    assert refused_address(host, is_authenticated=False, allows_unauthenticated=False) == ""


@pytest.mark.parametrize("host", OTHERS)
def test_others_may_reach(host: str) -> None:
    assert not is_loopback(host)
    told = refused_address(host, is_authenticated=False, allows_unauthenticated=False)
    assert told.startswith("MCP_LISTEN_ADDR: ")
    assert "MCP_ALLOW_UNAUTHENTICATED=1" in told
    assert "MCP_AUTH_TOKEN" in told


@pytest.mark.parametrize(("authenticated", "allowed"), [(True, False), (False, True)])
def test_authentication_or_its_owner_s_word_opens_an_address(
    authenticated: bool, allowed: bool
) -> None:
    told = refused_address(
        "0.0.0.0", is_authenticated=authenticated, allows_unauthenticated=allowed
    )
    assert told == ""
