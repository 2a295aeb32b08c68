"""Responses without our secrets: a proxy's error page may repeat the headers that it was sent.

Must not be here: which headers are sent (`headers.py`). Only what may end in an error is masked,
so nothing of this costs an ordinary answer anything.
"""

from collections.abc import Iterable
from urllib.parse import quote

import orjson

from vtmcp.victoriatraces.headers import Header
from vtmcp.victoriatraces.response import HttpResponse

SECRET_CHARS_MIN = 4
"""A shorter piece of a header is no secret, and masking it would garble the text."""

MASK = "(secret)"

_NO_SECRETS = frozenset({"accept", "accept-encoding", "accountid", "host", "projectid"}) | {
    "user-agent"
}


def masked(response: HttpResponse, sent: Iterable[Header]) -> HttpResponse:
    """Return the response without the values of the headers that were sent, and their words."""
    secrets = _secrets(sent)
    body, headers = response.body, list(response.headers)
    for secret in secrets:
        body = body.replace(secret.encode(), MASK.encode())
        headers = [(name, _replaced(value, secret)) for name, value in headers]
    return HttpResponse(response.status, tuple(headers), body)


def _replaced(value: str, secret: str) -> str:
    """Replace a secret in any case: the names of hosts are shown in lower case."""
    at = value.lower().find(secret.lower())
    while at >= 0:
        value = f"{value[:at]}{MASK}{value[at + len(secret) :]}"
        at = value.lower().find(secret.lower(), at + len(MASK))
    return value


def _secrets(sent: Iterable[Header]) -> list[str]:
    """Return what must not be repeated, longest first, also as JSON and URLs write it."""
    values = [value for name, value in sent if name.lower() not in _NO_SECRETS]
    words = {word for value in values for word in (value, *value.split())}
    spelt = {
        spelling for word in words if len(word) >= SECRET_CHARS_MIN for spelling in _spellings(word)
    }
    return sorted(spelt, key=len, reverse=True)


def _spellings(word: str) -> tuple[str, ...]:
    in_json = orjson.dumps(word)[1:-1].decode()
    return word, in_json, in_json.replace("/", r"\/"), quote(word, safe="")
