"""One POST over HTTP/1.1, on a connection of its own; bounded in time and size.

Redirects are not followed, and no proxy is asked. Must not be here: what is sent, and what the
answer means. No text of an exception leaves here: one may quote what was sent.
"""

import os
import re
import socket
from collections.abc import Iterable
from typing import TYPE_CHECKING, NamedTuple

import anyio
from anyio.abc import ByteStream

if TYPE_CHECKING:
    import ssl

    import h11

TOTAL_S = 5.0
"""Name, TCP, TLS and answer together."""

ANSWER_BYTES_MAX = 65_536
"""What answers a POST is a few hundred bytes; a longer answer is not one that we asked for."""

Header = tuple[str, str]

_HEAD_BYTES_MAX = 16_384
_READ_BYTES = 16_384
_PORTS = {"http": 80, "https": 443}
_LOOPBACK = re.compile(r"localhost\.?|127(?:\.(?:25[0-5]|2[0-4][0-9]|1?[0-9]?[0-9])){3}|::1")


class ExchangeError(Exception):
    """There is no answer. The text is one of few, for logs."""


class Answer(NamedTuple):
    """Status and body of a response."""

    status: int
    body: bytes


class Target(NamedTuple):
    """Where to POST to."""

    is_tls: bool
    host: str
    port: int
    authority: str
    path: str

    @property
    def is_private(self) -> bool:
        """Whether nobody on the way can read what is sent: by TLS, or as there is no way.

        Judged by how the host is written: a name that leads to this machine today may not
        tomorrow.
        """
        return self.is_tls or _LOOPBACK.fullmatch(self.host) is not None


def read_target(url: str) -> Target:
    """Take a URL apart. Raises `ValueError` with what is wrong, without its text."""
    from urllib.parse import urlsplit  # noqa: PLC0415 - 2 ms, only where there is a target

    try:
        parts = urlsplit(url)
        port = parts.port or _PORTS.get(parts.scheme, 0)
    except ValueError:
        raise ValueError("is not a URL") from None
    host = parts.hostname or ""
    plain = url.isascii() and url.isprintable() and " " not in url
    if parts.scheme not in _PORTS or not host or not plain:
        raise ValueError("is not an http or https URL")
    if "@" in parts.netloc or parts.fragment:
        raise ValueError("holds a user, a password or a fragment")
    path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    return Target(parts.scheme == "https", host, port, parts.netloc, path)


class Poster:
    """POSTs to one target. `ca_file` replaces certifi's list of authorities."""

    def __init__(self, target: Target, *, ca_file: str = "", total_s: float = TOTAL_S) -> None:
        self._target = target
        self._ca_file = ca_file
        self._total_s = total_s
        self._context: ssl.SSLContext | None = None

    async def post(self, body: bytes, headers: Iterable[Header]) -> Answer:
        """Send the body and return the whole answer. Raises `ExchangeError`.

        `headers` are those beside what frames the message.
        """
        import h11  # noqa: PLC0415 - the first POST only

        try:
            with anyio.fail_after(self._total_s):
                stream = await anyio.connect_tcp(self._target.host, self._target.port)
                try:
                    return await self._exchange(await self._secured(stream), body, headers)
                finally:
                    with anyio.CancelScope(shield=True):
                        await anyio.aclose_forcefully(stream)
        except TimeoutError:
            raise ExchangeError(f"no answer within {self._total_s:g} s") from None
        except h11.ProtocolError:
            raise ExchangeError("the answer is not HTTP/1.1") from None
        except (anyio.EndOfStream, anyio.BrokenResourceError, anyio.ClosedResourceError):
            raise ExchangeError("the connection was closed") from None
        except (OSError, UnicodeError) as error:
            raise ExchangeError(_reason(error)) from None

    async def _secured(self, stream: ByteStream) -> ByteStream:
        if not self._target.is_tls:
            return stream
        from anyio.streams.tls import TLSStream  # noqa: PLC0415 - loads ssl

        return await TLSStream.wrap(
            stream,
            hostname=self._target.host,
            ssl_context=self._tls(),
            standard_compatible=False,
        )

    def _tls(self) -> "ssl.SSLContext":
        if self._context is None:
            import ssl  # noqa: PLC0415 - 10 ms, only where there is TLS

            import certifi  # noqa: PLC0415

            # As OpenSSL does by itself, and as the client of the database does.
            named = self._ca_file or os.environ.get("SSL_CERT_FILE")
            try:
                self._context = ssl.create_default_context(cafile=named or certifi.where())
            except OSError:
                fault = "the file that SSL_CERT_FILE names holds no certificate in PEM"
                raise ExchangeError(fault) from None
            self._context.minimum_version = ssl.TLSVersion.TLSv1_2
        return self._context

    async def _exchange(self, stream: ByteStream, body: bytes, headers: Iterable[Header]) -> Answer:
        import h11  # noqa: PLC0415

        http = h11.Connection(h11.CLIENT, max_incomplete_event_size=_HEAD_BYTES_MAX)
        head = h11.Request(
            method="POST",
            target=self._target.path,
            headers=[
                ("host", self._target.authority),
                *headers,
                ("content-length", str(len(body))),
                ("accept", "application/json"),
                ("accept-encoding", "identity"),
                ("connection", "close"),
            ],
        )
        pieces = [http.send(event) or b"" for event in (head, h11.Data(body), h11.EndOfMessage())]
        await stream.send(b"".join(pieces))
        status, answer = 0, bytearray()
        while not isinstance(event := await _next_event(http, stream), h11.EndOfMessage):
            if isinstance(event, h11.Response):
                status = event.status_code
            elif isinstance(event, h11.Data):
                answer += event.data
            if len(answer) > ANSWER_BYTES_MAX:
                raise ExchangeError(f"the answer is larger than {ANSWER_BYTES_MAX} bytes")
        return Answer(status, bytes(answer))


async def _next_event(http: "h11.Connection", stream: ByteStream) -> object:
    import h11  # noqa: PLC0415

    while (event := http.next_event()) is h11.NEED_DATA:
        try:
            http.receive_data(await stream.receive(_READ_BYTES))
        except anyio.EndOfStream:
            http.receive_data(b"")
    return event


def _reason(error: OSError | UnicodeError) -> str:
    """A few words; certificates first, as those are what goes wrong most."""
    causes: list[BaseException | None] = [error, error.__cause__]
    names = [base.__name__ for cause in causes if cause for base in type(cause).__mro__]
    if "SSLError" in names:
        return "its TLS certificate or version is not accepted"
    if any(isinstance(cause, socket.gaierror | UnicodeError) for cause in causes):
        return "its name is not known"
    return "it cannot be connected to"
