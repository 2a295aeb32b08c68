"""A real server on loopback that answers each request as its script says, valid HTTP or not."""

import gzip
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field

import anyio
import h11
from anyio.abc import ByteStream, SocketAttribute
from anyio.streams.tls import TLSStream

from vtmcp.traces.model import SourceError

CLOSE = "close"
"""Close the connection."""

LISTEN = "listen"
"""Say nothing until the client hangs up."""

FLOOD = "flood"
"""Repeat the bytes before it until the client hangs up."""

Step = bytes | str | anyio.Event
"""What to do next for a request; an event is waited for."""

GONE = (OSError, anyio.EndOfStream, anyio.BrokenResourceError, anyio.ClosedResourceError)


@dataclass
class Peer:
    """What the server was asked, and by how many connections."""

    script: list[tuple[Step, ...]]
    port: int = 0
    speaks_http: bool = True
    """If not, whatever comes first is taken for a request."""
    requests: list[h11.Request] = field(default_factory=list)
    opened: int = 0
    open_now: int = 0
    open_most: int = 0
    hung_up: anyio.Event = field(default_factory=anyio.Event)
    """Set once a client has closed a connection, or an answer's script has."""

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def targets(self) -> list[str]:
        return [request.target.decode() for request in self.requests]

    async def serve(self, stream: ByteStream) -> None:
        self.opened += 1
        self.open_now += 1
        self.open_most = max(self.open_most, self.open_now)
        try:
            with suppress(*GONE):
                while True:
                    await self._answer(stream, await self._read_request(stream))
        finally:
            self.open_now -= 1
            await anyio.aclose_forcefully(stream)
            self.hung_up.set()

    async def _read_request(self, stream: ByteStream) -> h11.Request:
        http = h11.Connection(h11.SERVER)
        if not self.speaks_http:
            await stream.receive()
            return h11.Request(method="GET", target="/", headers=[("Host", "unknown")])
        while not isinstance(event := http.next_event(), h11.Request):
            http.receive_data(await stream.receive())
        assert isinstance(http.next_event(), h11.EndOfMessage)
        return event

    async def _answer(self, stream: ByteStream, request: h11.Request) -> None:
        self.requests.append(request)
        steps = self.script[min(len(self.requests), len(self.script)) - 1]
        for step, before in zip(steps, (b"", *steps), strict=False):
            if step is CLOSE:
                raise anyio.EndOfStream
            if step is FLOOD:
                while isinstance(before, bytes):
                    await stream.send(before)
            elif isinstance(step, anyio.Event):
                await step.wait()
            elif isinstance(step, bytes):
                await stream.send(step)
            else:
                await stream.receive()


@asynccontextmanager
async def peer(
    *script: tuple[Step, ...],
    tls: ssl.SSLContext | None = None,
    host: str = "127.0.0.1",
    speaks_http: bool = True,
) -> AsyncIterator[Peer]:
    """Serve on a free port. Each request takes the next row of the script; the last row stays."""
    listener = await anyio.create_tcp_listener(local_host=host)
    server = Peer(list(script), listener.extra(SocketAttribute.local_port), speaks_http)
    failure: SourceError | None = None

    async def handle(stream: ByteStream) -> None:
        if tls is None:
            await server.serve(stream)
            return
        async with stream:
            with suppress(*GONE):
                await server.serve(
                    await TLSStream.wrap(
                        stream, server_side=True, ssl_context=tls, standard_compatible=False
                    )
                )

    async with listener, anyio.create_task_group() as tasks:
        tasks.start_soon(listener.serve, handle)
        try:
            yield server
        except SourceError as error:  # Raised below: a task group would wrap it.
            failure = error
        tasks.cancel_scope.cancel()
    if failure is not None:
        raise failure


def head(status: int, *headers: str) -> bytes:
    """The start of a response, with the empty line after it."""
    return "\r\n".join((f"HTTP/1.1 {status} Whatever", *headers, "", "")).encode()


def sized(body: bytes, *headers: str, status: int = 200) -> bytes:
    """A JSON response with its length."""
    return (
        head(status, "Content-Type: application/json", f"Content-Length: {len(body)}", *headers)
        + body
    )


def gzipped(body: bytes, *headers: str) -> bytes:
    """A compressed JSON response with its length."""
    return sized(gzip.compress(body), "Content-Encoding: gzip", *headers)


def chunk(body: bytes) -> bytes:
    """One chunk of a chunked body; an empty one is the end."""
    return b"%x\r\n%s\r\n" % (len(body), body)
