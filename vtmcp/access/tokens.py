"""Callers by static tokens: only hashes are kept, and every one is compared each time.

Must not be here: what a caller may do.
"""

import hmac
import re
from collections.abc import Iterable
from hashlib import sha256
from typing import NamedTuple

BEARER = "bearer"
"""The name of whoever brings the one token of `MCP_AUTH_TOKEN`."""

_TOKEN = re.compile(r"[!-~]+")


class TokenHash(NamedTuple):
    """A token's SHA-256, and whose it is."""

    digest: bytes
    caller: str


def hash_token(token: str, caller: str = BEARER) -> TokenHash:
    """What is kept of a token."""
    return TokenHash(sha256(token.encode()).digest(), caller)


def caller_of(token: str, known: Iterable[TokenHash]) -> str:
    """Whose token it is, or nothing.

    Each comparison takes the same time and all are made, so that the time of an answer tells
    neither how much of a token was right nor where in the list it stands.
    """
    digest = sha256(token.encode()).digest()
    found = ""
    for each in known:
        found = each.caller if hmac.compare_digest(each.digest, digest) else found
    return found


def read_token_file(data: bytes) -> TokenHash:
    """The hash of the one token in a file. Raises `ValueError`."""
    token = data.decode("utf-8", "replace").strip()
    if not token:
        raise ValueError("is empty; accepted: one token")
    if not _TOKEN.fullmatch(token):
        raise ValueError("holds more than one word; accepted: one token in visible ASCII")
    return hash_token(token)


def read_secret_file(data: bytes) -> str:
    """The one secret in a file, without the line's end. Raises `ValueError`."""
    secret = data.decode("utf-8", "replace").strip()
    if not secret or not secret.isprintable():
        raise ValueError("is empty or holds control characters; accepted: one line")
    return secret
