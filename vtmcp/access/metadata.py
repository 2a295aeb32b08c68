"""What a client reads to find the authorization server: RFC 9728, for anyone, without a token.

Must not be here: the authorization server's own metadata, which it serves itself.
"""

from collections.abc import Awaitable, Callable
from typing import Any
from urllib.parse import urlsplit

from vtmcp.access.binding_rule import is_loopback
from vtmcp.access.introspection import canonical
from vtmcp.protocol.codec import encode
from vtmcp.transports.access import METADATA_PATH
from vtmcp.transports.http_exchange import Exchange
from vtmcp.transports.http_values import Headers, Request, Response

CACHED_S = 3_600
"""An hour: who issues the tokens changes about never."""

_OFFLINE = "offline_access"
"""A client must not be told to ask a resource for it (MCP, basic/authorization)."""

_ALLOWED = "GET, HEAD, OPTIONS"

_OPEN: Headers = (("access-control-allow-origin", "*"),)


def read_resource(url: str) -> str:
    """The canonical URI of this server. Raises `ValueError` with what is accepted."""
    return _read(url, "https://mcp.example.com/mcp")


def read_issuer(url: str) -> str:
    """The issuer, spelled as it is: it is compared letter by letter (RFC 8414, 3.3)."""
    _read(url, "https://issuer.example.com")
    return url


def read_scopes(text: str) -> tuple[str, ...]:
    """Scopes with blanks between. Raises `ValueError`."""
    scopes = tuple(dict.fromkeys(text.split()))
    for scope in scopes:
        # RFC 6749, 3.3; anything else could leave the quotes of a challenge.
        if not scope.isascii() or not scope.isprintable() or set(scope) & set('"\\'):
            raise ValueError('holds a scope with " or \\ or beyond ASCII; accepted: scope names')
    return scopes


def metadata_url(resource: str) -> str:
    """Where the metadata of a resource is: the well-known part goes before its path."""
    parts = urlsplit(resource)
    return f"{parts.scheme}://{parts.netloc}{METADATA_PATH}{parts.path}"


def document(resource: str, issuer: str, scopes: tuple[str, ...] = ()) -> bytes:
    """The metadata as JSON."""
    found: dict[str, Any] = {
        "resource": resource,
        "authorization_servers": [issuer],
        "bearer_methods_supported": ["header"],
    }
    named = [scope for scope in scopes if scope != _OFFLINE]
    return encode({**found, **({"scopes_supported": named} if named else {})})


def metadata_paths(
    resource: str, issuer: str, scopes: tuple[str, ...], endpoint_paths: tuple[str, ...]
) -> dict[str, Callable[[Exchange], Awaitable[None]]]:
    """Handlers by path: with nothing after the well-known part, with the resource's path, and
    with each endpoint's own, which a proxy before us may have shortened."""
    body = document(resource, issuer, scopes)

    async def handle(exchange: Exchange) -> None:
        await exchange.respond(answer(exchange.request, body))

    suffixes = ("", urlsplit(resource).path, *endpoint_paths)
    return {METADATA_PATH + suffix: handle for suffix in suffixes}


def answer(request: Request, body: bytes) -> Response:
    """The response to one request for the metadata."""
    if request.method == "OPTIONS":
        return Response(204, b"", (("access-control-allow-methods", _ALLOWED), *_OPEN))
    if request.method not in ("GET", "HEAD"):
        return Response(405, b"", (("allow", _ALLOWED), *_OPEN))
    cached = ("cache-control", f"public, max-age={CACHED_S}")
    return Response(200, body, (("content-type", "application/json"), cached, *_OPEN))


def _read(url: str, example: str) -> str:
    accepted = f"an https URL such as {example}, or http on localhost"
    try:
        parts = urlsplit(url)
        host, _ = parts.hostname or "", parts.port
    except ValueError:
        raise ValueError(f"is not a URL; accepted: {accepted}") from None
    is_plain = url.isascii() and url.isprintable() and not set(url) & set(' "\\<>')
    if not is_plain or not host or parts.scheme not in ("http", "https"):
        raise ValueError(f"is not an https URL; accepted: {accepted}")
    if "@" in parts.netloc or "?" in url or "#" in url:
        raise ValueError(f"holds a user, a query or a fragment; accepted: {accepted}")
    if parts.scheme == "http" and not is_loopback(host):
        raise ValueError(f"is not encrypted; accepted: {accepted}")
    return canonical(url)
