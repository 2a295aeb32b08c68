"""What the head of a request says: its target, its headers, and how its body is framed.

h11 judges the fields; what it lets pass and another reader of the same bytes could take
otherwise is refused here, before (RFC 9112, 11.2). Must not be here: reading from a stream.
"""

import re
from functools import lru_cache
from typing import NamedTuple

import h11

from vtmcp.transports.http_values import RefusalError, Request


class Head(NamedTuple):
    """A request whose body is still to come."""

    request: Request
    body_bytes: int
    is_chunked: bool
    expects_continue: bool
    """The client waits for our word before it sends the body."""

    is_last: bool
    """No further request may follow on this connection."""

    is_old: bool
    """HTTP/1.0: no chunks and no interim responses for this client."""


HALF_LINE_END = re.compile(rb"(?<!\r)\n|\r(?=[^\n])")
"""One half of a line's end. Some take it for a whole one, so nobody may send it."""

_ALLOWED = bytes([0x09, 0x0A, 0x0D, *range(0x20, 0x7F), *range(0x80, 0x100)])
"""All but the control characters."""

_VERSION = re.compile(rb"HTTP/[0-9](\.[0-9])?")
_HOST = re.compile(r"(?:\[[0-9A-Fa-f:.]+(?:%[\w.~-]+)?\]|[\w.~!$&'()*+,;=%-]+)(?::[0-9]*)?", re.A)
_ABSOLUTE = re.compile(r"(https?)://([^/?]*)([^?]*)(?:\?(.*))?", re.IGNORECASE)
_DEFAULT_PORTS = {"http": ":80", "https": ":443"}

_JUDGED = frozenset({"host", "connection", "content-length", "expect", "transfer-encoding"})
"""What decides about the connection and the body, not about the request."""


KEPT_MAX = 256
"""How many heads are remembered. A client says the same again and again, and to judge a head is a
third of what a small request costs."""

KEPT_BYTES_MAX = 2_048
"""A longer head is not remembered: all together they hold half a megabyte at most."""

_SECRET = re.compile(rb"\n(?:proxy-)?(?:authorization|cookie)[ \t]*:", re.IGNORECASE)
"""Heads with credentials are not remembered: nobody's token outlives its request here."""


def parse_head(raw: bytes, *, peer: str = "", is_tls: bool = False) -> Head:
    """Read a head without its empty line. Raises `RefusalError`."""
    if len(raw) > KEPT_BYTES_MAX or _SECRET.search(raw):
        head = _parse_head(raw)
    else:
        head = _remembered(raw)
    method, path, query, headers, *_ = head.request
    return head._replace(request=Request(method, path, query, headers, b"", peer, is_tls))


def _parse_head(raw: bytes) -> Head:
    lines = raw.split(b"\r\n")
    if raw.translate(None, _ALLOWED):
        raise RefusalError(400, "The head of the request has a control character in it.")
    if not raw.count(b"\n") == raw.count(b"\r") == len(lines) - 1:
        raise RefusalError(400, "Each line of the head must end with CR LF.")
    method, target, is_old = _request_line(lines[0])
    fields = [_field(line) for line in lines[1:]]
    _let_h11_judge(method, target, fields, b"1.0" if is_old else b"1.1")
    headers = []
    judged: dict[str, str] = {}
    for raw_name, raw_value in fields:
        name, value = raw_name.decode("ascii").lower(), raw_value.decode("latin-1")
        headers.append((name, value))
        if name in _JUDGED:
            judged[name] = f"{judged[name]},{value}" if name in judged else value
    path, query = _split_target(target.decode("ascii"), judged.get("host"))
    request = Request(method.decode("ascii"), path, query, tuple(headers))
    is_chunked = "transfer-encoding" in judged
    if is_chunked and (is_old or "content-length" in judged):
        raise RefusalError(400, "Transfer-Encoding goes with neither Content-Length nor HTTP/1.0.")
    body_bytes = _body_bytes(judged.get("content-length"))
    return Head(
        request,
        body_bytes,
        is_chunked,
        expects_continue=not is_old and _expects_continue(judged.get("expect")),
        is_last=is_old or _says_close(judged.get("connection")),
        is_old=is_old,
    )


_remembered = lru_cache(maxsize=KEPT_MAX)(_parse_head)


def _request_line(line: bytes) -> tuple[bytes, bytes, bool]:
    """Method, target, and whether it is of HTTP/1.0."""
    parts = line.split(b" ")
    if len(parts) != 3 or not parts[0] or not _VERSION.fullmatch(parts[2]):
        raise RefusalError(400, "The request line is malformed.")
    method, target, version = parts
    if version not in (b"HTTP/1.1", b"HTTP/1.0"):
        raise RefusalError(505, "This server speaks HTTP/1.1.")
    return method, target, version == b"HTTP/1.0"


def _field(line: bytes) -> tuple[bytes, bytes]:
    name, colon, value = line.partition(b":")
    if not colon:
        raise RefusalError(400, "A header line has no colon.")
    return name, value.strip(b" \t")


def _let_h11_judge(
    method: bytes, target: bytes, fields: list[tuple[bytes, bytes]], version: bytes
) -> None:
    """Refuse names, values, lengths, codings and numbers of hosts that HTTP does not have.

    A continuation line (obs-fold) fails as well: it begins with a blank, which no name has.
    """
    try:
        h11.Request(method=method, target=target, headers=fields, http_version=version)
    except h11.LocalProtocolError as error:
        status = error.error_status_hint
        text = "a transfer coding other than chunked" if status == 501 else "a malformed head"
        raise RefusalError(status, f"The request has {text}.") from None


def _split_target(target: str, host: str | None) -> tuple[str, str]:
    """Path and query, whichever form the target has."""
    if host is not None and not _HOST.fullmatch(host):
        raise RefusalError(400, "The Host header is malformed.")
    if "#" in target:
        raise RefusalError(400, "A request target has no fragment.")
    if target.startswith("/"):
        path, _, query = target.partition("?")
        return path, query
    absolute = _ABSOLUTE.fullmatch(target)
    if absolute is None:
        raise RefusalError(400, "The request target must be a path or an http URL.")
    scheme, authority, path, query = absolute.groups(default="")
    default_port = _DEFAULT_PORTS[scheme.lower()]
    if host is None or _bare(authority, default_port) != _bare(host, default_port):
        raise RefusalError(400, "The request target and the Host header disagree.")
    return path or "/", query


def _bare(authority: str, default_port: str) -> str:
    return authority.lower().removesuffix(default_port)


def _body_bytes(length: str | None) -> int:
    if length is None:
        return 0
    # h11 takes "5, 5" and a repeated header for one length; a proxy may not.
    if not (length.isascii() and length.isdigit()):
        raise RefusalError(400, "Content-Length must be given once, as one number.")
    return int(length)


def _expects_continue(expectation: str | None) -> bool:
    if expectation is None:
        return False
    if expectation.lower() != "100-continue":
        raise RefusalError(417, "The only expectation this server meets is 100-continue.")
    return True


def _says_close(connection: str | None) -> bool:
    if connection is None:
        return False
    return "close" in [option.strip() for option in connection.lower().split(",")]
