"""Clients that go away while their call runs, and such as only stop sending."""

import os
import socket
import struct

import anyio
import pytest
from anyio.abc import ByteStream, SocketAttribute

from tests.transports.scripted import NEXT, Script, converse
from tests.transports.served import GET, rest, served
from vtmcp.transports import http_gone
from vtmcp.transports.http import Exchange
from vtmcp.transports.http_gone import INTERIM
from vtmcp.transports.http_limits import PIPELINED_BYTES_MAX
from vtmcp.transports.http_values import Response

pytestmark = pytest.mark.anyio


class Waiting:
    """A handler that waits for its client to go, or to be told to answer."""

    def __init__(self, *, streams: bool = False) -> None:
        self.begun = anyio.Event()
        self.gone = anyio.Event()
        self.go_on = anyio.Event()
        self._streams = streams

    async def __call__(self, exchange: Exchange) -> None:
        if self._streams:
            await exchange.start_stream()
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(self._watch, exchange)
            self.begun.set()
            await self.go_on.wait()
            tasks.cancel_scope.cancel()
        if not self._streams:
            await exchange.respond(Response(200, b"done"))

    async def _watch(self, exchange: Exchange) -> None:
        await exchange.wait_gone()
        self.gone.set()


@pytest.fixture(autouse=True)
def no_grace(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(http_gone, "HALF_CLOSE_GRACE_S", 0.01)


def reset(stream: ByteStream) -> None:
    """Make the client's system answer with a reset, now and to all that follows."""
    client = stream.extra(SocketAttribute.raw_socket)
    client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))


@pytest.mark.parametrize("streams", [False, True], ids=["before its answer", "within its stream"])
@pytest.mark.parametrize("resets", [False, True], ids=["by closing", "by a reset"])
@pytest.mark.parametrize("version", [b"1.1", b"1.0"])
async def test_a_client_goes_away(streams: bool, resets: bool, version: bytes) -> None:
    handler = Waiting(streams=streams)
    async with served(handler) as server:
        client = await server.connect()
        await client.send(GET.replace(b"1.1", version))
        await handler.begun.wait()
        if resets:
            reset(client)
        await client.aclose()
        await handler.gone.wait()
        handler.go_on.set()
    assert not server.troubles


async def test_a_client_that_only_stops_sending_is_not_gone() -> None:
    handler = Waiting()
    async with served(handler) as server:
        client = await server.connect()
        await client.send(GET)
        await client.send_eof()
        # It is asked, and it hears that: then it was not taken for gone.
        assert await client.receive() == INTERIM
        assert not handler.gone.is_set()
        handler.go_on.set()
        assert (await rest(client)).endswith(b"\r\n\r\ndone")
        await client.aclose()


async def test_a_client_that_stopped_sending_may_go_away_later() -> None:
    handler = Waiting()
    async with served(handler) as server:
        client = await server.connect()
        await client.send(GET)
        await client.send_eof()
        assert await client.receive() == INTERIM
        reset(client)
        await client.aclose()
        await handler.gone.wait()
        handler.go_on.set()


async def test_requests_that_come_meanwhile_are_served_afterwards() -> None:
    handler = Waiting()
    async with served(handler) as server:
        client = await server.connect()
        await client.send(GET)
        await handler.begun.wait()
        await client.send(NEXT)
        await client.send(NEXT)
        await client.send_eof()
        handler.go_on.set()
        assert (await rest(client)).count(b"\r\n\r\ndone") == 3
        await client.aclose()


async def test_only_so_much_is_kept_of_what_comes_meanwhile() -> None:
    taken: list[bytes] = []

    class Flood(Script):
        async def receive(self, max_bytes: int = 65_536) -> bytes:
            await anyio.lowlevel.checkpoint()
            taken.append(b"x" * 10_000 if taken else NEXT)
            return taken[-1]

    async def handler(exchange: Exchange) -> None:
        with anyio.CancelScope() as scope:
            async with anyio.create_task_group() as tasks:
                tasks.start_soon(exchange.wait_gone)
                for _ in range(100):
                    await anyio.lowlevel.checkpoint()
                assert sum(map(len, taken)) < PIPELINED_BYTES_MAX + 10_000
                scope.cancel()
        await exchange.respond(Response(200))

    script = Flood()
    await converse(script, handler)
    assert script.statuses() == [200, 431]


ERRORS: dict[str, tuple[OSError, bool]] = {
    "the buffers are full": (BlockingIOError(), False),
    "the connection is broken": (BrokenPipeError(), True),
}


@pytest.mark.parametrize(("error", "is_gone"), ERRORS.values(), ids=ERRORS)
async def test_a_client_that_cannot_be_asked(
    error: OSError, is_gone: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = anyio.Event()

    def write(descriptor: int, data: bytes) -> int:
        asked.set()
        raise error

    monkeypatch.setattr(os, "write", write)
    handler = Waiting()
    async with served(handler) as server:
        client = await server.connect()
        await client.send(GET)
        await client.send_eof()
        await asked.wait()
        if is_gone:
            await handler.gone.wait()
        assert handler.gone.is_set() == is_gone
        handler.go_on.set()
        assert (await rest(client)).endswith(b"done")
        await client.aclose()
