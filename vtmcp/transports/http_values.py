"""The values that HTTP handlers take and give. Must not be here: sockets, limits, what MCP says."""

from functools import cache
from http import HTTPStatus
from typing import NamedTuple

Headers = tuple[tuple[str, str], ...]
"""Names and values in the order in which they stand on the wire."""


class Request(NamedTuple):
    """One request with its whole body."""

    method: str
    """As sent: methods are case-sensitive (RFC 9110, 9.1)."""

    path: str
    """Percent-encoded, without the query; always starts with a slash."""

    query: str
    """As sent, without the question mark; empty where there is none."""

    headers: Headers
    """Names in lower case, values without blanks at their ends."""

    body: bytes = b""
    peer: str = ""
    """The client's address, for logs only."""

    is_tls: bool = False

    def header(self, name: str) -> str | None:
        """The first value of that name, which is given in lower case."""
        for found, value in self.headers:
            if found == name:
                return value
        return None

    def header_values(self, name: str) -> list[str]:
        """Each value of that name, which is given in lower case."""
        return [value for found, value in self.headers if found == name]


class Response(NamedTuple):
    """One whole response. What frames it (lengths, codings, `Connection`) is the server's."""

    status: int
    body: bytes = b""
    headers: Headers = ()


class RefusalError(Exception):
    """The request is not served: `status` and a fixed text say why; the connection ends."""

    def __init__(self, status: int, text: str, headers: Headers = ()) -> None:
        super().__init__(text)
        self.status = status
        self.text = text
        self.headers = headers


class PeerGoneError(Exception):
    """The client has closed the connection, or has not read from it for too long."""


def text_response(status: int, text: str, headers: Headers = ()) -> Response:
    """A response for a person to read."""
    fields = (("content-type", "text/plain; charset=utf-8"), *headers)
    return Response(status, f"{text}\n".encode(), fields)


def encode_head(status: int, headers: Headers, framing: str, *, is_last: bool) -> bytes:
    """The bytes before a body. `framing` is one header line with its end, or empty.

    Raises `ValueError` for a header that would break its line: nothing of it is sent then.
    """
    fields = "".join([f"{name}: {value}\r\n" for name, value in headers])
    if fields.count("\n") != len(headers) or fields.count("\r") != len(headers):
        raise ValueError("a header with a line break in it")
    last = "connection: close\r\n" if is_last else ""
    return f"{_status_line(status)}{fields}{framing}{last}\r\n".encode("latin-1")


@cache
def _status_line(status: int) -> str:
    try:
        phrase = HTTPStatus(status).phrase
    except ValueError:
        phrase = ""
    return f"HTTP/1.1 {status} {phrase}\r\n"
