"""One POST of a form over HTTP/1.1, on a connection of its own; bounded in time and size.

Redirects are not followed. Must not be here: what is asked, and what the answer means. No text
of an exception leaves here: one may quote what was sent.
"""

import socket
from typing import TYPE_CHECKING, NamedTuple
from urllib.parse import urlsplit

import anyio
from anyio.abc import ByteStream

from vtmcp.access.binding_rule import is_loopback

if TYPE_CHECKING:
    import ssl

    import h11

TOTAL_S = 5.0
"""Name, TCP, TLS and answer together. Whoever calls waits for this, then for the call itself."""

ANSWER_BYTES_MAX = 65_536
"""The answer about a token has a few hundred bytes; groups may make it thousands."""

_HEAD_BYTES_MAX = 16_384
_READ_BYTES = 16_384
_PORTS = {"http": 80, "https": 443}


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


def read_target(url: str) -> Target:
    """Read the URL of an endpoint. Raises `ValueError` with what is accepted.

    What is sent there are tokens, so it is https, or http on this machine.
    """
    accepted = "an https URL such as https://issuer.example/introspect, or http on localhost"
    try:
        parts = urlsplit(url)
        port = parts.port or _PORTS.get(parts.scheme, 0)
    except ValueError:
        raise ValueError(f"is not a URL; accepted: {accepted}") from None
    host = parts.hostname or ""
    if not port or not host or not url.isascii() or not url.isprintable() or " " in url:
        raise ValueError(f"is not an https URL; accepted: {accepted}")
    if "@" in parts.netloc or parts.fragment:
        raise ValueError(f"holds a user, a password or a fragment; accepted: {accepted}")
    if parts.scheme != "https" and not is_loopback(host):
        raise ValueError(f"would send tokens unencrypted; accepted: {accepted}")
    path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    return Target(parts.scheme == "https", host, port, parts.netloc, path)


class FormClient:
    """POSTs forms to one target. `ca_file` replaces certifi's list of authorities."""

    def __init__(self, target: Target, *, ca_file: str = "", total_s: float = TOTAL_S) -> None:
        self._target = target
        self._ca_file = ca_file
        self._total_s = total_s
        self._context: ssl.SSLContext | None = None

    async def post(self, form: bytes, authorization: str) -> Answer:
        """Send the form and return the whole answer. Raises `ExchangeError`."""
        import h11  # noqa: PLC0415 - only where tokens are introspected

        try:
            with anyio.fail_after(self._total_s):
                stream = await anyio.connect_tcp(self._target.host, self._target.port)
                try:
                    return await self._exchange(await self._secured(stream), form, authorization)
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

            self._context = ssl.create_default_context(cafile=self._ca_file or certifi.where())
            self._context.minimum_version = ssl.TLSVersion.TLSv1_2
        return self._context

    async def _exchange(self, stream: ByteStream, form: bytes, authorization: str) -> Answer:
        import h11  # noqa: PLC0415

        http = h11.Connection(h11.CLIENT, max_incomplete_event_size=_HEAD_BYTES_MAX)
        head = h11.Request(
            method="POST",
            target=self._target.path,
            headers=[
                ("host", self._target.authority),
                ("authorization", authorization),
                ("content-type", "application/x-www-form-urlencoded"),
                ("content-length", str(len(form))),
                ("accept", "application/json"),
                ("accept-encoding", "identity"),
                ("connection", "close"),
            ],
        )
        pieces = [http.send(event) or b"" for event in (head, h11.Data(form), h11.EndOfMessage())]
        await stream.send(b"".join(pieces))
        status, body = 0, bytearray()
        while not isinstance(event := await _next_event(http, stream), h11.EndOfMessage):
            if isinstance(event, h11.Response):
                status = event.status_code
            elif isinstance(event, h11.Data):
                body += event.data
            if len(body) > ANSWER_BYTES_MAX:
                raise ExchangeError(f"the answer is larger than {ANSWER_BYTES_MAX} bytes")
        return Answer(status, bytes(body))


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
