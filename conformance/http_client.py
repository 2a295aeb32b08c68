"""An HTTP/1.1 client on h11 and anyio: one request on a connection of its own.

Must not be here: any word of MCP.
"""

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager, suppress
from typing import TYPE_CHECKING, NamedTuple

import anyio
from anyio.abc import ByteStream

from vtmcp.conformance.peer import PeerClosedError

if TYPE_CHECKING:
    import ssl

    import h11

CHUNK_BYTES = 65_536
"""One read."""

CONNECT_S = 10.0
"""How long a connection may take to be made."""

BODY_BYTES_MAX = 64 * 1024 * 1024
"""A longer body is not kept: it is no message."""

Broken = (anyio.BrokenResourceError, anyio.ClosedResourceError, anyio.EndOfStream)


class Address(NamedTuple):
    """Where a server is; `path` is that of its endpoint, with the query."""

    scheme: str
    host: str
    port: int
    path: str

    @property
    def authority(self) -> str:
        """What stands in the Host header."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        default = {"http": 80, "https": 443}[self.scheme]
        return host if self.port == default else f"{host}:{self.port}"

    @property
    def is_loopback(self) -> bool:
        """Whether only this machine can reach it."""
        return self.host in ("localhost", "::1") or self.host.startswith("127.")

    @property
    def origin(self) -> str:
        """The scheme and the authority."""
        return f"{self.scheme}://{self.authority}"

    def path_of(self, reference: str) -> str:
        """The path that a reference leads to; empty when it leads to another server."""
        from urllib.parse import urljoin  # noqa: PLC0415 - only for servers that have an URL

        whole = urljoin(f"{self.origin}{self.path}", reference.strip())
        before, _, path = whole.partition(self.origin)
        return "" if before else path


def address_of(url: str) -> Address:
    """Read an URL.

    Raises:
        ValueError: when it is not one of HTTP.
    """
    from urllib.parse import urlsplit  # noqa: PLC0415 - only for servers that have an URL

    parts = urlsplit(url)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise ValueError(f"{url!r} is not an http:// or https:// address")
    port = parts.port or {"http": 80, "https": 443}[parts.scheme]
    path = parts.path or "/"
    return Address(
        parts.scheme, parts.hostname, port, f"{path}?{parts.query}" if parts.query else path
    )


class Reply:
    """The head of a response, and its body as it comes."""

    def __init__(self, stream: ByteStream, connection: "h11.Connection", head: object) -> None:
        import h11  # noqa: PLC0415 - only for servers that are spoken to over HTTP

        assert isinstance(head, h11.Response)
        self.status: int = head.status_code
        self.headers: dict[str, str] = {}
        for name, value in head.headers:
            key, text = name.decode().lower(), value.decode("latin-1")
            self.headers[key] = f"{self.headers[key]}, {text}" if key in self.headers else text
        self._stream = stream
        self._connection = connection

    @property
    def media_type(self) -> str:
        """The content type without its parameters."""
        return self.headers.get("content-type", "").partition(";")[0].strip().lower()

    async def chunks(self) -> AsyncIterator[bytes]:
        """The body's parts.

        Raises:
            PeerClosedError: when it breaks off, or is not HTTP.
        """
        import h11  # noqa: PLC0415 - as above

        while True:
            event = await _next_event(self._stream, self._connection)
            if not isinstance(event, h11.Data):
                return
            yield bytes(event.data)

    async def body(self) -> bytes:
        """The whole body.

        Raises:
            PeerClosedError: as `chunks`, and when it is too long.
        """
        whole = bytearray()
        async for chunk in self.chunks():
            whole += chunk
            if len(whole) > BODY_BYTES_MAX:
                raise PeerClosedError(f"a body is longer than {BODY_BYTES_MAX} bytes")
        return bytes(whole)


@asynccontextmanager
async def exchange(
    address: Address, method: str, path: str, headers: Mapping[str, str], body: bytes
) -> AsyncIterator[Reply]:
    """Send a request and wait for the head of the response; leaving closes the connection.

    Raises:
        PeerClosedError: when the server cannot be reached, closes, or does not speak HTTP.
    """
    import h11  # noqa: PLC0415 - as above

    connection = h11.Connection(our_role=h11.CLIENT, max_incomplete_event_size=CHUNK_BYTES)
    complete = {"Host": address.authority, "Connection": "close", **headers}
    if body or method not in ("GET", "DELETE", "HEAD"):
        complete.setdefault("Content-Length", str(len(body)))
    encoded = [(name.encode(), value.encode()) for name, value in complete.items()]
    try:
        head = h11.Request(method=method, target=path, headers=encoded)
    except h11.LocalProtocolError as error:
        raise PeerClosedError(f"a request of HTTP cannot say this: {error}") from error
    wire = connection.send(head) or b""
    wire += connection.send(h11.Data(data=body)) or b""
    wire += connection.send(h11.EndOfMessage()) or b""
    stream = await _connected(address)
    try:
        # A server may refuse before it has read everything; then its answer counts.
        with suppress(*Broken):
            await stream.send(wire)
        while True:
            event = await _next_event(stream, connection)
            if isinstance(event, h11.Response):
                yield Reply(stream, connection, event)
                return
            if not isinstance(event, h11.InformationalResponse):
                raise PeerClosedError("the server closed the connection without an answer")
    finally:
        with anyio.CancelScope(shield=True):
            await anyio.aclose_forcefully(stream)


async def _connected(address: Address) -> ByteStream:
    try:
        with anyio.fail_after(CONNECT_S):
            if address.scheme == "https":
                return await anyio.connect_tcp(
                    address.host,
                    address.port,
                    ssl_context=_trust(),
                    tls_standard_compatible=False,
                )
            return await anyio.connect_tcp(address.host, address.port)
    except (OSError, TimeoutError) as error:
        raise PeerClosedError(f"cannot connect to {address.origin}: {error}") from error


def _trust() -> "ssl.SSLContext":
    """Who signs the certificates of servers: certifi's list, or that of `SSL_CERT_FILE`."""
    import os  # noqa: PLC0415 - only for https
    import ssl  # noqa: PLC0415

    import certifi  # noqa: PLC0415

    file = os.environ.get("SSL_CERT_FILE") or certifi.where()
    try:
        return ssl.create_default_context(cafile=file)
    except OSError as error:
        text = "the file that SSL_CERT_FILE names holds no certificate in PEM"
        raise PeerClosedError(text) from error


async def _next_event(stream: ByteStream, connection: "h11.Connection") -> object:
    import h11  # noqa: PLC0415 - as above

    try:
        while True:
            event = connection.next_event()
            if event is not h11.NEED_DATA:
                return event
            try:
                received = await stream.receive(CHUNK_BYTES)
            except Broken:
                received = b""
            connection.receive_data(received)
    except h11.RemoteProtocolError as error:
        raise PeerClosedError(f"the server broke off, or does not speak HTTP: {error}") from error
