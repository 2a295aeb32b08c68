"""A connection whose client is a script, for tests of the server loop."""

import re
from collections.abc import Iterable

import anyio
from anyio.abc import ByteStream

from vtmcp.transports.http import Exchange, Handler, HttpLimits, HttpServer, Trouble
from vtmcp.transports.http_limits import DEFAULT_LIMITS
from vtmcp.transports.http_reading import CheckHead
from vtmcp.transports.http_values import Request, Response

NEXT = b"GET /next HTTP/1.1\r\nHost: h\r\n\r\n"
"""A request that follows another, and must never be seen if that was refused."""


class Script(ByteStream):
    """Gives its pieces one by one, then ends or stays silent; keeps what is sent."""

    def __init__(self, *pieces: bytes, stays: bool = False) -> None:
        self._pieces = [*pieces]
        self._stays = stays
        self.sent = bytearray()
        self.sends = 0
        self.has_sent_end = False
        self.is_closed = False
        self.on_close: Exception | None = None
        self.on_receive: Exception = anyio.EndOfStream()
        self.on_send: Exception | None = None
        self.silent = anyio.Event()
        """Nothing more will come."""

    async def receive(self, max_bytes: int = 65_536) -> bytes:
        await anyio.lowlevel.checkpoint()
        if self._pieces:
            return self._pieces.pop(0)
        self.silent.set()
        if self._stays:
            await anyio.sleep_forever()
        raise self.on_receive

    async def send(self, item: bytes) -> None:
        await anyio.lowlevel.checkpoint()
        if self.on_send is not None:
            raise self.on_send
        self.sent += item
        self.sends += 1

    async def send_eof(self) -> None:
        self.has_sent_end = True

    async def aclose(self) -> None:
        self.is_closed = True
        if self.on_close is not None:
            raise self.on_close

    def statuses(self) -> list[int]:
        return [int(status) for status in re.findall(rb"HTTP/1\.1 (\d{3}) ", self.sent)]


class Echo:
    """Answers each request with its own body, and remembers it."""

    def __init__(self) -> None:
        self.seen: list[Request] = []

    async def __call__(self, exchange: Exchange) -> None:
        self.seen.append(exchange.request)
        await exchange.respond(Response(200, exchange.request.body))

    def paths(self) -> list[str]:
        return [request.path for request in self.seen]


async def converse(
    script: Script,
    handler: Handler,
    *,
    limits: HttpLimits = DEFAULT_LIMITS,
    check_head: CheckHead | None = None,
    is_tls: bool = False,
) -> list[Trouble]:
    """Serve the script's connection to its end; say what went wrong."""
    troubles: list[Trouble] = []
    server = HttpServer(handler, limits, check_head=check_head, observe=troubles.append)
    with anyio.fail_after(5):
        await server.serve_connection(script, is_tls=is_tls)
    assert script.is_closed
    return troubles


def one_by_one(raw: bytes) -> Iterable[bytes]:
    return (raw[at : at + 1] for at in range(len(raw)))
