"""One request over HTTP/1.1, and its answer as it comes, within bounds.

Must not be here: any word of MCP.
"""

from collections.abc import Mapping
from contextlib import suppress
from typing import TYPE_CHECKING, Self

import anyio
from anyio.abc import ByteStream

from vtmcp.conformance.http_client import Address
from vtmcp.shell.faults import UnreachableError, UsageError

if TYPE_CHECKING:
    import ssl

    import h11

CHUNK_BYTES = 65_536
"""One read, and the longest head of an answer."""

CONNECT_S = 10.0
"""How long a connection with its TLS may take to be made."""

BODY_BYTES_MAX = 64 * 1024 * 1024
"""All that one answer may be, streams included: four of the longest documents."""

_CLOSED = (anyio.BrokenResourceError, anyio.ClosedResourceError, anyio.EndOfStream)


class Answer:
    """The head of a response, and its body. Use it in an `async with` block, or close it.

    Every method raises `UnreachableError` only.
    """

    def __init__(self, stream: ByteStream, connection: "h11.Connection") -> None:
        self.status = 0
        self.headers: dict[str, str] = {}
        self._stream = stream
        self._connection = connection
        self._bytes = 0

    @property
    def media_type(self) -> str:
        """The content type without its parameters."""
        return self.headers.get("content-type", "").partition(";")[0].strip().lower()

    async def begin(self) -> None:
        """Wait for the head; what comes before it (1xx) is only news."""
        import h11  # noqa: PLC0415 - only for servers with a URL

        event = await self._next()
        while not isinstance(event, h11.Response):
            event = await self._next()
        self.status = event.status_code
        self.headers = {
            name.decode().lower(): value.decode("latin-1") for name, value in event.headers
        }

    async def chunk(self) -> bytes:
        """The next part of the body; empty at its end."""
        import h11  # noqa: PLC0415 - as above

        event = await self._next()
        if not isinstance(event, h11.Data):
            return b""
        self._bytes += len(event.data)
        if self._bytes > BODY_BYTES_MAX:
            raise UnreachableError(f"the answer is longer than {BODY_BYTES_MAX:,} bytes")
        # An empty part would be taken for the end.
        return bytes(event.data) or await self.chunk()

    async def body(self) -> bytes:
        """The whole body."""
        whole = bytearray()
        while chunk := await self.chunk():
            whole += chunk
        return bytes(whole)

    async def aclose(self) -> None:
        """Close the connection at once: neither side has more to say on it."""
        with anyio.CancelScope(shield=True):
            await self._stream.aclose()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *error: object) -> None:
        await self.aclose()

    async def _next(self) -> object:
        import h11  # noqa: PLC0415 - as above

        has_ended = False
        try:
            while (event := self._connection.next_event()) is h11.NEED_DATA:
                try:
                    received = await self._stream.receive(CHUNK_BYTES)
                except _CLOSED:
                    received, has_ended = b"", True
                self._connection.receive_data(received)
        except h11.RemoteProtocolError as error:
            if not has_ended:
                raise UnreachableError(f"the server does not speak HTTP: {error}") from None
            when = "in the midst of its answer" if self.status else "without an answer"
            raise UnreachableError(f"the server closed the connection {when}") from None
        return event


async def request(
    address: Address, method: str, headers: Mapping[str, str], body: bytes = b""
) -> Answer:
    """Send a request on a connection of its own and wait for the head of the answer.

    Raises `UnreachableError`, or `UsageError` for headers that HTTP cannot carry.
    """
    import h11  # noqa: PLC0415 - only for servers with a URL

    connection = h11.Connection(h11.CLIENT, max_incomplete_event_size=CHUNK_BYTES)
    complete = {"Host": address.authority, "Connection": "close", **headers}
    if body:
        complete["Content-Length"] = str(len(body))
    try:
        head = h11.Request(
            method=method,
            target=address.path,
            headers=[(name.encode(), value.encode()) for name, value in complete.items()],
        )
    except h11.LocalProtocolError as error:
        raise UsageError(f"HTTP cannot carry this request: {error}") from None
    wire = (connection.send(head) or b"") + (connection.send(h11.Data(data=body)) or b"")
    wire += connection.send(h11.EndOfMessage()) or b""
    stream = await _connected(address)
    answer = Answer(stream, connection)
    try:
        # A server may refuse before it has read everything; then its answer counts.
        with suppress(*_CLOSED):
            await stream.send(wire)
        await answer.begin()
    finally:
        if not answer.status:
            await answer.aclose()
    return answer


async def _connected(address: Address) -> ByteStream:
    import ssl  # noqa: PLC0415 - only for servers with a URL

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
    except ssl.SSLCertVerificationError as error:
        reason = f"its certificate is not trusted: {error.verify_message}"
    except TimeoutError:
        reason = f"no connection within {CONNECT_S:g} s"
    except OSError as error:
        reason = _reason(error)
    raise UnreachableError(f"cannot reach {address.origin}: {reason}")


def _reason(error: OSError) -> str:
    """Why there is no connection; of several attempts, the first says it."""
    import os  # noqa: PLC0415 - only where there is none

    attempts = getattr(error.__cause__, "exceptions", ())
    cause = attempts[0] if attempts else error.__cause__ or error
    if isinstance(cause, ConnectionError) and cause.errno:
        return os.strerror(cause.errno)
    return getattr(cause, "strerror", "") or str(cause)


def _trust() -> "ssl.SSLContext":
    """Who signs the certificates of servers: certifi's list, or that of `SSL_CERT_FILE`."""
    import os  # noqa: PLC0415 - only for https
    import ssl  # noqa: PLC0415

    import certifi  # noqa: PLC0415

    file = os.environ.get("SSL_CERT_FILE") or certifi.where()
    try:
        return ssl.create_default_context(cafile=file)
    except OSError:
        raise UsageError("the file that SSL_CERT_FILE names holds no certificate in PEM") from None
