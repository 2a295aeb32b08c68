"""The question about a token to its issuer, and what the answer means (RFC 7662). Pure.

Sources: RFC 7662, 2.1 and 2.2; RFC 6749, 2.3.1; RFC 8707, 2; MCP, basic/authorization, "Token
Audience Binding". Must not be here: sending it, remembering it, and the refusal.
"""

from base64 import b64encode
from typing import Any, NamedTuple
from urllib.parse import quote_plus, urlencode, urlsplit

from vtmcp.access.policy import CLIENT, SUBJECT
from vtmcp.protocol.codec import decode
from vtmcp.protocol.errors import ParseError

NAME_CHARS_MAX = 255
"""The most characters of a subject (OpenID Connect Core, 2)."""

SKEW_S = 30
"""Clocks differ. Only the start of a token's life has this leeway, never its end."""


class Grant(NamedTuple):
    """What is known of one token. `caller` is empty for a token that is not valid here."""

    caller: str = ""
    scopes: frozenset[str] = frozenset()
    until_s: float = 0.0
    """When it expires, in Unix time; 0 where the issuer does not say."""


INVALID = Grant()


class Expected(NamedTuple):
    """What a token must be for: this resource, of this issuer."""

    resource: str
    issuer: str = ""
    """Compared where the answer names one; empty for any."""


def question(token: str) -> bytes:
    """The form to POST."""
    return urlencode({"token": token, "token_type_hint": "access_token"}).encode()


def credentials(client_id: str, secret: str) -> str:
    """The `Authorization` header of the question: each part is form-encoded first (RFC 6749)."""
    pair = f"{quote_plus(client_id)}:{quote_plus(secret)}"
    return f"Basic {b64encode(pair.encode()).decode()}"


def read_answer(body: bytes, expected: Expected, now_s: float) -> Grant:
    """What the answer says. Raises `ValueError` for what is no answer at all.

    Whatever is not plainly a valid token for this resource is `INVALID`.
    """
    try:
        answer = decode(body)
    except ParseError:
        raise ValueError("no JSON") from None
    if not isinstance(answer, dict) or not isinstance(answer.get("active"), bool):
        raise ValueError('no "active"')
    if not answer["active"] or not _is_for_us(answer, expected):
        return INVALID
    until_s = _time(answer, "exp", 0.0)
    from_s = _time(answer, "nbf", 0.0)
    if until_s is None or from_s is None or from_s > now_s + SKEW_S:
        return INVALID
    if "exp" in answer and until_s <= now_s:
        return INVALID
    scope = answer.get("scope", "")
    scopes = frozenset(scope.split()) if isinstance(scope, str) else frozenset[str]()
    return Grant(_caller(answer), scopes, until_s)


def canonical(uri: str) -> str:
    """A resource's URI in one spelling: small scheme and host, no slash at the end (RFC 8707)."""
    parts = urlsplit(uri)
    return f"{parts.scheme.lower()}://{parts.netloc.lower()}{parts.path.rstrip('/')}"


def _is_for_us(answer: dict[str, Any], expected: Expected) -> bool:
    # A token that is bound to its holder's key or certificate is no bearer token: it came in
    # without the proof (RFC 7800, RFC 8705).
    if "cnf" in answer:
        return False
    kind = answer.get("token_type", "Bearer")
    if not isinstance(kind, str) or kind.lower() not in ("bearer", "access_token"):
        return False
    issuer = answer.get("iss", expected.issuer)
    if expected.issuer and issuer != expected.issuer:
        return False
    audience = answer.get("aud")
    audiences = audience if isinstance(audience, list) else [audience]
    wanted = canonical(expected.resource)
    return any(isinstance(each, str) and _same(each, wanted) for each in audiences)


def _same(uri: str, wanted: str) -> bool:
    try:
        parts = urlsplit(uri)
    except ValueError:
        return False
    return not parts.query and not parts.fragment and canonical(uri) == wanted


def _time(answer: dict[str, Any], key: str, default: float) -> float | None:
    value = answer.get(key, default)
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    return float(value) if is_number else None


def _caller(answer: dict[str, Any]) -> str:
    """The name that sessions are bound to; two kinds of names cannot be taken for each other."""
    for key, kind in (("sub", SUBJECT), ("client_id", CLIENT)):
        name = answer.get(key)
        if isinstance(name, str) and 0 < len(name) <= NAME_CHARS_MAX:
            return kind + name
    return ""
