"""Who may use an HTTP endpoint: anyone, or whoever brings the bearer token.

Sources: MCP 2025-06-18 and later, basic/authorization; RFC 6750; RFC 9728. Must not be here: what
a caller may do once it is known.
"""

import hmac
from collections.abc import Callable
from typing import NamedTuple, Protocol

from vtmcp.protocol.codec import encode
from vtmcp.transports.http_values import Headers, Request, Response

METADATA_PATH = "/.well-known/oauth-protected-resource"
"""Where the metadata of a protected resource is (RFC 9728, 3.1), with the resource's path."""


class Caller(NamedTuple):
    """Who asks. Sessions and states belong to their caller."""

    name: str = ""


class Access(Protocol):
    """What decides on each request."""

    async def caller(self, request: Request) -> Caller | Response:
        """Who asks, or the refusal: 401 with a challenge, or 403."""


class OpenAccess:
    """Anyone may ask; the listener is the boundary."""

    async def caller(self, request: Request) -> Caller | Response:
        return _ANYONE


class TokenAccess:
    """One bearer token, compared in constant time."""

    def __init__(self, token: str, *, metadata_url: Callable[[Request], str]) -> None:
        self._token = token.encode()
        self._metadata_url = metadata_url

    async def caller(self, request: Request) -> Caller | Response:
        values = request.header_values("authorization")
        if not values:
            return self._challenge(request, "")
        scheme, _, token = values[0].partition(" ")
        is_good = hmac.compare_digest(token.strip().encode(), self._token)
        if len(values) == 1 and scheme.lower() == "bearer" and is_good:
            return _BEARER
        return self._challenge(request, "invalid_token")

    def _challenge(self, request: Request, error: str) -> Response:
        # The address may hold the name by which the client calls us, which is only a client's word.
        url = self._metadata_url(request).replace("\\", "%5C").replace('"', "%22")
        challenge = f'Bearer resource_metadata="{url}"'
        if error:
            challenge += f', error="{error}"'
        return unauthorized(challenge)


def unauthorized(challenge: str) -> Response:
    """A 401 with its challenge (RFC 9110, 15.5.2)."""
    body: dict[str, object] = {
        "jsonrpc": "2.0",
        "error": {"code": -32600, "message": "Unauthorized: a valid bearer token is needed"},
    }
    headers: Headers = (("content-type", "application/json"), ("www-authenticate", challenge))
    return Response(401, encode(body), headers)


def metadata(resource: str, authorization_servers: list[str]) -> Response:
    """The metadata document of a protected resource (RFC 9728, 3.2), for anyone to read."""
    document = {
        "resource": resource,
        "authorization_servers": authorization_servers,
        "bearer_methods_supported": ["header"],
    }
    headers: Headers = (
        ("content-type", "application/json"),
        ("access-control-allow-origin", "*"),
    )
    return Response(200, encode(document), headers)


_ANYONE = Caller()
_BEARER = Caller("bearer")
