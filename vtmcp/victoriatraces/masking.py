"""Responses without our secrets: a proxy's error page may repeat the headers that it was sent.

Must not be here: which headers are sent (`headers.py`). What may end in an error is masked with
care, in every spelling that is known; an ordinary answer only where it holds a credential as it
is, which is looked up in no time.
"""

import base64
import binascii
from collections.abc import Iterable, Iterator
from functools import lru_cache
from urllib.parse import quote

import orjson

from vtmcp.victoriatraces.headers import Header, is_credential
from vtmcp.victoriatraces.response import HttpResponse

SECRET_CHARS_MIN = 4
"""A shorter piece of a header is no secret, and masking it would garble the text."""

CREDENTIAL_CHARS_MIN = 8
"""A shorter credential may be a word of the data, which it would garble."""

ENCODED_CHARS_MIN = 8
"""Fewer digits of base64 stand for too little to be told by."""

WHO_KEPT_MAX = 64
"""Askers whose credentials are taken apart once; each has few."""

MASK = "(secret)"

_NO_SECRETS = frozenset({"accept", "accept-encoding", "accountid", "host", "projectid"}) | {
    "user-agent"
}
_SCHEMES = frozenset({"basic", "bearer", "digest"})


def masked(response: HttpResponse, sent: Iterable[Header]) -> HttpResponse:
    """Return the response without the values of the headers that were sent, and their words."""
    secrets = _secrets(sent)
    body, headers = response.body, list(response.headers)
    lower = body.lower()
    for secret in secrets:
        if secret.lower().encode() in lower:
            body = _body_without(body, secret.lower().encode())
            lower = body.lower()
        headers = [(name, _replaced(value, secret)) for name, value in headers]
    return HttpResponse(response.status, tuple(headers), body)


def masked_text(text: str, sent: Iterable[Header]) -> str:
    """Return an error without credentials: what was told may put pieces of one together."""
    for secret in _credentials(tuple(header for header in sent if is_credential(header[0]))):
        text = _replaced(text, secret.decode())
    return text


def without_credentials(response: HttpResponse, sent: Iterable[Header]) -> HttpResponse:
    """Return an ordinary answer without the credentials that came with its question.

    Only as they are and only what is one by its name: data may hold any other word.
    """
    body = response.body
    for secret in _credentials(tuple(header for header in sent if is_credential(header[0]))):
        if secret in body:
            body = body.replace(secret, MASK.encode())
    if body is response.body:
        return response
    return HttpResponse(response.status, response.headers, body)


@lru_cache(WHO_KEPT_MAX)
def _credentials(sent: tuple[Header, ...]) -> tuple[bytes, ...]:
    words = {word for _, value in sent for word in _words(value)}
    found = {
        spelling.encode()
        for word in words
        if len(word) >= CREDENTIAL_CHARS_MIN
        for spelling in _spellings(word)
    }
    return tuple(sorted(found, key=len, reverse=True))


def _body_without(body: bytes, secret: bytes) -> bytes:
    """Replace a secret, which is in lower case, in any case."""
    lower, parts, at = body.lower(), [], 0
    while (found := lower.find(secret, at)) >= 0:
        parts.append(body[at:found])
        at = found + len(secret)
    return MASK.encode().join((*parts, body[at:]))


def _replaced(value: str, secret: str) -> str:
    """Replace a secret in any case: the names of hosts are shown in lower case."""
    at = value.lower().find(secret.lower())
    while at >= 0:
        value = f"{value[:at]}{MASK}{value[at + len(secret) :]}"
        at = value.lower().find(secret.lower(), at + len(MASK))
    return value


def _secrets(sent: Iterable[Header]) -> list[str]:
    """Return what must not be repeated, longest first, also as JSON and URLs write it."""
    words = {
        word for name, value in sent if name.lower() not in _NO_SECRETS for word in _words(value)
    }
    spelt = {
        spelling
        for word in words
        if len(word) >= SECRET_CHARS_MIN
        for spelling in (*_spellings(word), *_encoded(word))
    }
    return sorted(spelt, key=len, reverse=True)


def _words(value: str) -> set[str]:
    """The value of a header and its parts, but for the word that says how it is meant."""
    words = {value, *value.split(), *_in_clear(value)}
    return {word for word in words if word.lower() not in _SCHEMES}


def _spellings(word: str) -> tuple[str, ...]:
    in_json = orjson.dumps(word)[1:-1].decode()
    return word, in_json, in_json.replace("/", r"\/"), quote(word, safe="")


def _encoded(word: str) -> Iterator[str]:
    """The word in base64, whatever stands before it and after it: all digits that are its own."""
    for before in range(3):
        whole = base64.b64encode(b"\0" * before + word.encode())
        own = whole[4 if before else 0 : len(whole) - 4].decode()
        if len(own) >= ENCODED_CHARS_MIN:
            yield from (own, own.replace("+", "-").replace("/", "_"))


def _in_clear(value: str) -> tuple[str, ...]:
    """A user's name and password, which a server that refuses them knows in clear."""
    scheme, _, coded = value.partition(" ")
    if scheme.lower() != "basic":
        return ()
    try:
        clear = base64.b64decode(coded, validate=True).decode()
    except (binascii.Error, UnicodeDecodeError):
        return ()
    return clear, clear.partition(":")[2]
