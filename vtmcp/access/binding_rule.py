"""Where a server may listen: without authentication, only where this machine alone can reach it.

Must not be here: binding itself (`transports/binding`).
"""

from vtmcp.transports.guards import parse_host

ALLOW_VARIABLE = "MCP_ALLOW_UNAUTHENTICATED"
ADDRESS_VARIABLE = "MCP_LISTEN_ADDR"
AUTH_VARIABLES = "MCP_AUTH_TOKEN, MCP_AUTH_TOKEN_FILE, MCP_AUTH_FILE or MCP_OAUTH_INTROSPECTION_URL"


def is_loopback(host: str) -> bool:
    """Whether only this machine can reach a listener there. No host is all interfaces.

    Judged by how it is written: a name that happens to lead to this machine today may not
    tomorrow.
    """
    bare = host.removeprefix("[").removesuffix("]")
    found = parse_host(f"[{bare}]" if ":" in bare else bare)
    return found is not None and found.is_loopback


def refused_address(host: str, *, is_authenticated: bool, allows_unauthenticated: bool) -> str:
    """Why a server must not listen there, with what would change that; nothing where it may."""
    if is_authenticated or allows_unauthenticated or is_loopback(host):
        return ""
    where = host or "all interfaces"
    return (
        f"{ADDRESS_VARIABLE}: {where} can be reached from other machines, and anyone there could"
        f" read every trace; accepted: set {AUTH_VARIABLES}, or listen on localhost, or set"
        f" {ALLOW_VARIABLE}=1 where something in front checks who calls"
    )
