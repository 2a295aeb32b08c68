"""Limits on time: a slow or silent client loses its own connection, and only that."""

from collections.abc import Awaitable, Callable

import anyio
import pytest
from anyio.abc import ByteStream

from tests.transports.scripted import Script
from tests.transports.served import GET, POST, rest, served, until
from vtmcp.transports import http_wire
from vtmcp.transports.http import Exchange, HttpLimits, HttpServer, PeerGoneError
from vtmcp.transports.http_values import Response

pytestmark = pytest.mark.anyio

LONG_S = 60.0
SHORT_S = 0.02


PATIENT = HttpLimits(idle_s=LONG_S, header_read_s=LONG_S, body_read_s=LONG_S, write_stall_s=LONG_S)
IDLE = PATIENT._replace(idle_s=SHORT_S)
HEADER = PATIENT._replace(header_read_s=SHORT_S)
BODY = PATIENT._replace(body_read_s=SHORT_S)
STALL = PATIENT._replace(write_stall_s=SHORT_S)


async def answer(exchange: Exchange) -> None:
    await exchange.respond(Response(200, exchange.request.body))


SLOW: dict[str, tuple[HttpLimits, bytes, bytes]] = {
    "says nothing": (IDLE, b"", b""),
    "says nothing more": (IDLE, GET, b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n"),
    "does not end its head": (HEADER, GET[:-1], b"HTTP/1.1 408 Request Timeout\r\n"),
    "does not end its body": (
        BODY,
        POST + b"Content-Length: 3\r\n\r\nab",
        b"HTTP/1.1 408 Request Timeout\r\n",
    ),
    "does not end its chunks": (
        BODY,
        POST + b"Transfer-Encoding: chunked\r\n\r\n2\r\nab\r\n",
        b"HTTP/1.1 408 Request Timeout\r\n",
    ),
}


@pytest.mark.parametrize(("limits", "said", "heard"), SLOW.values(), ids=SLOW)
async def test_a_client_that(limits: HttpLimits, said: bytes, heard: bytes) -> None:
    async with served(answer, limits) as server:
        client = await server.connect()
        if said:
            await client.send(said)
        got = await rest(client)
        assert got.startswith(heard)
        assert bool(got) == bool(heard)
        await client.aclose()


async def test_a_client_that_sends_its_head_drop_by_drop_has_no_more_time() -> None:
    async with served(answer, HEADER) as server:
        client = await server.connect()
        got: list[bytes] = []

        async def hear() -> None:
            got.append(await rest(client))

        async with anyio.create_task_group() as tasks:
            tasks.start_soon(hear)
            while not got:
                try:
                    await client.send(b"G")
                except anyio.BrokenResourceError:
                    break
                await anyio.sleep(0)
        assert got[0].startswith(b"HTTP/1.1 408 ")
        await client.aclose()


async def test_a_call_takes_as_long_as_it_takes() -> None:
    limits = HttpLimits(
        idle_s=LONG_S, header_read_s=SHORT_S, body_read_s=SHORT_S, write_stall_s=SHORT_S
    )

    async def handler(exchange: Exchange) -> None:
        # Long enough for the keeper of time to have looked several times.
        await anyio.sleep(SHORT_S * 3)
        await answer(exchange)

    server = HttpServer(handler, limits)
    script = Script(GET)
    with anyio.fail_after(5):
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(server.keep_time)
            await server.serve_connection(script)
            tasks.cancel_scope.cancel()
    assert script.statuses() == [200]


async def respond_much(exchange: Exchange) -> None:
    await exchange.respond(Response(200, b"x" * 50_000_000))


async def stream_much(exchange: Exchange) -> None:
    await exchange.start_stream()
    while True:
        await exchange.write(b"x" * 1_000_000)


@pytest.mark.parametrize("handler", [respond_much, stream_much])
async def test_a_client_that_does_not_read_is_dropped(
    handler: Callable[[Exchange], Awaitable[None]],
) -> None:
    gone = anyio.Event()

    async def observed(exchange: Exchange) -> None:
        try:
            await handler(exchange)
        except PeerGoneError:
            gone.set()
            raise

    async with served(observed, STALL) as server:
        client = await server.connect()
        await client.send(GET)
        await gone.wait()
        other: ByteStream = await server.connect()
        await other.aclose()
        await client.aclose()
    assert not server.troubles


async def test_a_cut_that_looks_like_a_success_is_none() -> None:
    """Some versions of anyio return from a send that was cut off."""
    raised = anyio.Event()

    class Cut(Script):
        async def send(self, item: bytes) -> None:
            while not self.is_closed:
                await anyio.lowlevel.checkpoint()

    async def handler(exchange: Exchange) -> None:
        try:
            await answer(exchange)
        except PeerGoneError:
            raised.set()
            raise

    server = HttpServer(handler, STALL)
    with anyio.fail_after(5):
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(server.keep_time)
            await server.serve_connection(Cut(GET))
            tasks.cancel_scope.cancel()
    assert raised.is_set()


async def test_who_talks_on_after_the_last_answer_is_heard_only_so_long(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(http_wire, "LINGER_S", SHORT_S)
    last = GET.replace(b"\r\n\r\n", b"\r\nConnection: close\r\n\r\n")
    async with served(answer) as server:
        client = await server.connect()
        await client.send(last)
        assert await rest(client)
        # Its own side is open still; the server closes nevertheless, and `served` returns.
    await client.aclose()


async def test_who_talks_on_after_the_last_answer_is_heard_only_so_much(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(http_wire, "LINGER_BYTES_MAX", 1)
    last = GET.replace(b"\r\n\r\n", b"\r\nConnection: close\r\n\r\n")
    script = Script(last, b"more", b"and more")
    with anyio.fail_after(5):
        await HttpServer(answer).serve_connection(script)
    assert not script.silent.is_set()


async def test_a_farewell_takes_only_so_long(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(http_wire, "CLOSE_S", 0)

    class Slow(Script):
        async def aclose(self) -> None:
            await super().aclose()
            await anyio.sleep_forever()

    script = Slow(GET)
    with anyio.fail_after(5):
        await HttpServer(answer).serve_connection(script)
    assert script.is_closed


async def test_other_clients_notice_nothing() -> None:
    async with served(answer, HEADER) as server:
        slow, quick = await server.connect(), await server.connect()
        await slow.send(GET[:-1])
        await rest(slow)
        await quick.send(GET)
        assert await until(quick, b"\r\n\r\n")
        await slow.aclose()
        await quick.aclose()
