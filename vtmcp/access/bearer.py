"""The bearer token of a request: only from its one `Authorization` header (RFC 6750, 2.1).

A token in the query or in the body is never looked for: those end up in logs (MCP, basic/
authorization, "Access Token Usage"). Must not be here: whether the token is good.
"""

import re
from typing import NamedTuple

from vtmcp.transports.http_values import Request

TOKEN_CHARS_MAX = 8_192
"""Tokens of an issuer that puts groups into them have a few thousand characters."""

_TOKEN = re.compile(r"[A-Za-z0-9._~+/-]+=*")  # RFC 6750, 2.1, b64token
_STATIC = re.compile(r"[!-~]+")


class Bearer(NamedTuple):
    """What the header holds. `token` is empty where there is none."""

    token: str = ""
    is_malformed: bool = False
    """There is a bearer token that cannot be one."""


def read_bearer(request: Request) -> Bearer:
    """Read the header. Another scheme is no token; two headers, or a broken one, are malformed."""
    values = request.header_values("authorization")
    if not values:
        return Bearer()
    if len(values) > 1:
        return Bearer(is_malformed=True)
    scheme, _, rest = values[0].partition(" ")
    if scheme.lower() != "bearer":
        return Bearer()
    token = rest.strip(" ")
    if len(token) > TOKEN_CHARS_MAX or not _STATIC.fullmatch(token):
        return Bearer(is_malformed=True)
    return Bearer(token)


def is_issued(token: str) -> bool:
    """Whether an authorization server can have issued it; a static token may hold more."""
    return _TOKEN.fullmatch(token) is not None
