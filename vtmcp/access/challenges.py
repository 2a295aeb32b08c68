"""Every refusal by name: its status, its text and its headers.

Sources: RFC 6750, 3; RFC 9728, 5.1; RFC 6585, 4; MCP 2025-06-18 and later, basic/authorization.
Must not be here: when to refuse. Nothing that the client sent is repeated.
"""

import math

from vtmcp.protocol.codec import encode
from vtmcp.transports.http_values import Headers, Response

UNAVAILABLE_S = 5
"""When to try again while the authorization server does not answer."""

_INVALID_REQUEST = -32600


class Challenges:
    """The refusals of one resource. Without OAuth there is no metadata to point to."""

    def __init__(self, metadata_url: str = "", scopes: tuple[str, ...] = ()) -> None:
        self._where = {"resource_metadata": metadata_url} if metadata_url else {"realm": "vtmcp"}
        self._scope = {"scope": " ".join(scopes)} if scopes else {}

    def no_token(self) -> Response:
        """401 that says how to get in, without an error: nothing was wrong yet."""
        return self._challenge(401, "", "Unauthorized: a bearer token is needed")

    def bad_token(self) -> Response:
        """401 for a token that is unknown, expired, or for somebody else."""
        return self._challenge(401, "invalid_token", "Unauthorized: this token is not valid here")

    def malformed(self) -> Response:
        """400 for a header that cannot be read."""
        text = "Bad request: Authorization must be given once, as Bearer and one token"
        return self._challenge(400, "invalid_request", text)

    def insufficient_scope(self) -> Response:
        """403 for a good token that lacks a scope; the challenge names all that are needed."""
        text = "Forbidden: this token lacks a scope that is needed here"
        return self._challenge(403, "insufficient_scope", text)

    def unknown_caller(self) -> Response:
        """403 for a caller that is known to the issuer and not to the policy."""
        return _refusal(403, "Forbidden: the policy of this server does not name this caller")

    def unavailable(self) -> Response:
        """503 while the token cannot be checked: never open."""
        text = "Unavailable: tokens cannot be checked right now; try again later"
        return _refusal(503, text, (("retry-after", str(UNAVAILABLE_S)),))

    def too_many(self, wait_s: float) -> Response:
        """429 for a caller over its rate."""
        seconds = max(1, math.ceil(wait_s))
        text = f"Too many calls: try again in {seconds} s"
        return _refusal(429, text, (("retry-after", str(seconds)),))

    def _challenge(self, status: int, error: str, text: str) -> Response:
        fields = {**({"error": error} if error else {}), **self._scope, **self._where}
        challenge = ", ".join(f'{name}="{value}"' for name, value in fields.items())
        return _refusal(status, text, (("www-authenticate", f"Bearer {challenge}"),))


def _refusal(status: int, text: str, headers: Headers = ()) -> Response:
    error = {"code": _INVALID_REQUEST, "message": text}
    body = encode({"jsonrpc": "2.0", "error": error})
    fields = (("content-type", "application/json"), ("cache-control", "no-store"), *headers)
    return Response(status, body, fields)
