"""A server that listens on this machine, and clients of it, for tests."""

import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import anyio
from anyio.abc import ByteStream

from vtmcp.transports.http import Handler, HttpLimits, HttpServer, Trouble
from vtmcp.transports.http_limits import DEFAULT_LIMITS
from vtmcp.transports.listening import Listening, listen

GET = b"GET / HTTP/1.1\r\nHost: h\r\n\r\n"
POST = b"POST / HTTP/1.1\r\nHost: h\r\n"


class Served:
    """What listens, and what went wrong."""

    def __init__(self, listening: Listening, troubles: list[Trouble]) -> None:
        self.listening = listening
        self.troubles = troubles

    async def connect(self) -> ByteStream:
        address = self.listening.addresses[0]
        return await anyio.connect_tcp(address.host, address.port)


@asynccontextmanager
async def served(
    handler: Handler,
    limits: HttpLimits = DEFAULT_LIMITS,
    *,
    host: str = "127.0.0.1",
    tls: ssl.SSLContext | None = None,
    drain_s: float = 5,
) -> AsyncIterator[Served]:
    """Listen while the block runs, and stop in the proper way after it."""
    troubles: list[Trouble] = []
    server = HttpServer(handler, limits, observe=troubles.append)
    listening = await listen(server, host, 0, tls=tls, drain_s=drain_s)
    with anyio.fail_after(5):
        async with anyio.create_task_group() as tasks:
            await tasks.start(lambda *, task_status: listening.serve(task_status=task_status))
            yield Served(listening, troubles)
            listening.stop()


async def rest(stream: ByteStream) -> bytes:
    """All that comes until the end."""
    got = bytearray()
    try:
        while True:
            got += await stream.receive()
    except anyio.EndOfStream:
        return bytes(got)


async def until(stream: ByteStream, end: bytes) -> bytes:
    """All that comes until it ends with `end`."""
    got = bytearray()
    while not got.endswith(end):
        got += await stream.receive()
    return bytes(got)
