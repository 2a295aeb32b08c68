"""The configured credentials and headers, from settings and files, as they are now.

Must not be here: which of them a request carries (`headers.py`). No value is in an error.
"""

import re

from vtmcp.victoriatraces.headers import Header, header_fault
from vtmcp.victoriatraces.settings import Settings
from vtmcp.victoriatraces.watched_file import WatchedFile

_TOKEN = re.compile(r"[!-~]+")
_BEARER_VARIABLE = "VT_INSTANCE_BEARER_TOKEN"
_HEADERS_VARIABLE = "VT_INSTANCE_HEADERS"


class Credentials:
    """What the owner configured to be sent with every request."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._token_file = _watched(settings.bearer_token_file, f"{_BEARER_VARIABLE}_FILE")
        self._headers_file = _watched(settings.headers_file, f"{_HEADERS_VARIABLE}_FILE")
        self._texts: tuple[str, str] | None = None
        self._headers: tuple[Header, ...] = ()

    def __repr__(self) -> str:
        return "Credentials()"

    def headers(self) -> tuple[Header, ...]:
        """Return the headers, the same object until one has changed.

        Raises `ValueError`, which names the variable, for what cannot be sent or read.
        """
        texts = (
            self._token_file.text() if self._token_file else "",
            self._headers_file.text() if self._headers_file else "",
        )
        if texts != self._texts:
            self._headers = self._compose(*texts)
            self._texts = texts
        return self._headers

    @property
    def last(self) -> tuple[Header, ...]:
        """What `headers` gave last, without a look at the files."""
        return self._headers

    def _compose(self, token_text: str, headers_text: str) -> tuple[Header, ...]:
        """Join what the four settings say; a header that two of them set is a mistake."""
        settings, set_by, joined = self._settings, dict[str, str](), list[Header]()
        if settings.bearer_token and self._token_file:
            raise ValueError(
                f"{_BEARER_VARIABLE} and {_BEARER_VARIABLE}_FILE are both set; accepted: one"
            )
        token = settings.bearer_token
        token_variable = _BEARER_VARIABLE
        if self._token_file:
            token, token_variable = token_text.strip(), f"{_BEARER_VARIABLE}_FILE"
        parts = [
            (token_variable, _token_headers(token, token_variable, must=bool(self._token_file))),
            (_HEADERS_VARIABLE, list(settings.headers)),
            (f"{_HEADERS_VARIABLE}_FILE", _read_lines(headers_text)),
        ]
        for variable, headers in parts:
            for name, value in headers:
                fault = header_fault(name, value)
                if not fault and name.lower() in set_by:
                    fault = f"names {name}, which {set_by[name.lower()]} sets"
                if fault:
                    raise ValueError(f"{variable} {fault}")
                set_by[name.lower()] = variable
                joined.append((name, value))
        return tuple(joined)


def _watched(path: str, variable: str) -> WatchedFile | None:
    return WatchedFile(path, variable) if path else None


def _token_headers(token: str, variable: str, *, must: bool) -> list[Header]:
    if not token and not must:
        return []
    if not token:
        raise ValueError(f"the file that {variable} names is empty; accepted: the token alone")
    if not _TOKEN.fullmatch(token):
        raise ValueError(
            f"{variable} holds a space or a character that no header can carry; "
            "accepted: the token alone, in visible ASCII, without the word Bearer"
        )
    return [("Authorization", f"Bearer {token}")]


def _read_lines(text: str) -> list[Header]:
    """Read `Name: value` lines; empty ones and those that begin with `#` mean nothing."""
    headers = []
    for number, line in enumerate(text.split("\n"), start=1):
        if not line.strip() or line.startswith("#"):
            continue
        name, colon, value = line.partition(":")
        if not colon:
            raise ValueError(
                f"line {number} of the file that {_HEADERS_VARIABLE}_FILE names has no colon; "
                "accepted: a header a line, such as X-Team: shop"
            )
        headers.append((name, value.strip()))
    return headers
