"""Listening for real: sockets of this machine, room for so many, TLS, and the stop."""

import errno
import socket
import ssl
from collections.abc import Awaitable, Callable
from contextlib import suppress
from pathlib import Path

import anyio
import pytest
import trustme
from anyio.abc import SocketAttribute
from anyio.streams.tls import TLSStream

from tests.transports.served import GET, rest, served, until
from vtmcp.transports import listening as listening_module
from vtmcp.transports.http import Exchange, HttpServer, Trouble
from vtmcp.transports.http_limits import DEFAULT_LIMITS
from vtmcp.transports.http_values import Response
from vtmcp.transports.listening import listen
from vtmcp.transports.listening_tls import server_context

pytestmark = pytest.mark.anyio

OK = b"HTTP/1.1 200 OK\r\ncontent-length: 4\r\n\r\ndone"
LAST = b"HTTP/1.1 200 OK\r\ncontent-length: 4\r\nconnection: close\r\n\r\ndone"


async def answer(exchange: Exchange) -> None:
    await exchange.respond(Response(200, b"done"))


class Holding:
    """Answers when it is told to."""

    def __init__(self) -> None:
        self.begun = anyio.Event()
        self.go_on = anyio.Event()
        self.is_cancelled = False

    async def __call__(self, exchange: Exchange) -> None:
        self.begun.set()
        try:
            await self.go_on.wait()
        except anyio.get_cancelled_exc_class():
            self.is_cancelled = True
            raise
        await answer(exchange)


async def test_many_requests_of_several_clients() -> None:
    async with served(answer) as server:
        clients = [await server.connect() for _ in range(3)]
        for _ in range(3):
            for client in clients:
                await client.send(GET)
            for client in clients:
                assert await until(client, b"done") == OK
        for client in clients:
            await client.aclose()


async def test_who_asks_and_how_is_told() -> None:
    seen: list[tuple[str, bool]] = []

    async def handler(exchange: Exchange) -> None:
        seen.append((exchange.request.peer, exchange.request.is_tls))
        await answer(exchange)

    async with served(handler) as server, await server.connect() as client:
        await client.send(GET)
        await until(client, b"done")
    assert seen == [("127.0.0.1", False)]


async def test_small_answers_are_not_held_back() -> None:
    delays: list[int] = []

    class Observed(HttpServer):
        async def serve_connection(self, stream: anyio.abc.ByteStream, **more: bool) -> None:
            server_side = stream.extra(SocketAttribute.raw_socket)
            delays.append(server_side.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY))
            await super().serve_connection(stream)

    listening = await listen(Observed(answer), "127.0.0.1", 0)
    with anyio.fail_after(5):
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(listening.serve)
            async with await anyio.connect_tcp(*listening.addresses[0]) as client:
                await client.send(GET)
                await until(client, b"done")
            listening.stop()
    assert delays == [1]


# ---- room -------------------------------------------------------------------------------------


async def test_over_the_bound_an_idle_connection_makes_room() -> None:
    async with served(answer, DEFAULT_LIMITS._replace(connections_max=1)) as server:
        first = await server.connect()
        await first.send(GET)
        await until(first, b"done")
        second = await server.connect()
        await second.send(GET)
        assert await until(second, b"done") == OK
        assert await rest(first) == b""
        await first.aclose()
        await second.aclose()


async def test_over_the_bound_and_with_nobody_idle_a_client_is_told_so() -> None:
    holding = Holding()
    async with served(holding, DEFAULT_LIMITS._replace(connections_max=1)) as server:
        first = await server.connect()
        await first.send(GET)
        await holding.begun.wait()
        second = await server.connect()
        await second.send(GET)
        assert (await rest(second)).startswith(b"HTTP/1.1 503 Service Unavailable\r\n")
        await second.aclose()
        holding.go_on.set()
        assert await until(first, b"done") == OK
        await first.aclose()
    assert [trouble.status for trouble in server.troubles] == [503]


async def test_in_a_flood_clients_are_closed_without_a_word(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(listening_module, "TURNED_AWAY_MAX", 0)
    holding = Holding()
    async with served(holding, DEFAULT_LIMITS._replace(connections_max=1)) as server:
        first = await server.connect()
        await first.send(GET)
        await holding.begun.wait()
        second = await server.connect()
        assert await rest(second) == b""
        await second.aclose()
        holding.go_on.set()
        await until(first, b"done")
        await first.aclose()


async def test_when_the_system_cannot_accept_those_who_are_connected_are_served_on(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(listening_module, "ACCEPT_PAUSE_S", 0.001)
    troubles: list[Trouble] = []
    listening = await listen(HttpServer(answer, observe=troubles.append), "127.0.0.1", 0)
    listener = listening._listeners[0]
    accept = listener.accept
    failed = anyio.Event()

    async def fail_sometimes() -> anyio.abc.SocketStream:
        if len(troubles) < 2:
            raise OSError(errno.EMFILE, "too many") if not troubles else OSError
        failed.set()
        return await accept()

    monkeypatch.setattr(listener, "accept", fail_sometimes)
    with anyio.fail_after(5):
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(listening.serve)
            await failed.wait()
            async with await anyio.connect_tcp(*listening.addresses[0]) as client:
                await client.send(GET)
                assert await until(client, b"done") == OK
            listening.stop()
    assert troubles == [Trouble(0, "accept: EMFILE"), Trouble(0, "accept: OSError")]


async def test_an_error_of_a_socket_that_is_closed_ends_accepting(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    troubles: list[Trouble] = []
    listening = await listen(HttpServer(answer, observe=troubles.append), "127.0.0.1", 0)
    waiting = anyio.Event()

    async def fail_late() -> anyio.abc.SocketStream:
        waiting.set()
        await listening._stopping.wait()
        raise OSError(errno.EBADF, "closed")

    monkeypatch.setattr(listening._listeners[0], "accept", fail_late)
    with anyio.fail_after(5):
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(listening.serve)
            await waiting.wait()
            listening.stop()
    assert not troubles


# ---- stopping ---------------------------------------------------------------------------------


async def test_a_stop_lets_what_runs_end_and_takes_nothing_new() -> None:
    holding = Holding()
    async with served(holding) as server:
        idle, busy = await server.connect(), await server.connect()
        await busy.send(GET)
        await holding.begun.wait()
        server.listening.stop()
        assert await rest(idle) == b""
        with pytest.raises(OSError, match=r"(?i)connect"):
            await server.connect()
        holding.go_on.set()
        assert await rest(busy) == LAST
        await idle.aclose()
        await busy.aclose()
    assert not holding.is_cancelled


async def test_what_does_not_end_in_time_is_cancelled() -> None:
    holding = Holding()
    async with served(holding, drain_s=0) as server:
        busy = await server.connect()
        await busy.send(GET)
        await holding.begun.wait()
        server.listening.stop()
        assert await rest(busy) == b""
        await busy.aclose()
    assert holding.is_cancelled


async def test_to_cancel_is_to_stop_at_once() -> None:
    holding = Holding()
    listening = await listen(HttpServer(holding), "127.0.0.1", 0)
    with anyio.fail_after(5):
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(listening.serve)
            busy = await anyio.connect_tcp(*listening.addresses[0])
            await busy.send(GET)
            await holding.begun.wait()
            tasks.cancel_scope.cancel()
        assert await rest(busy) == b""
        await busy.aclose()
        with pytest.raises(OSError, match=r"(?i)connect"):
            await anyio.connect_tcp(*listening.addresses[0])


async def test_what_was_never_served_can_be_closed() -> None:
    listening = await listen(HttpServer(answer), "127.0.0.1", 0)
    await listening.aclose()
    with pytest.raises(OSError, match=r"(?i)connect"):
        await anyio.connect_tcp(*listening.addresses[0])


# ---- TLS --------------------------------------------------------------------------------------


class Tls:
    """A server's context, and one that trusts it."""

    def __init__(self, folder: Path) -> None:
        authority = trustme.CA()
        certificate = authority.issue_cert("127.0.0.1", "localhost")
        self.cert_file, self.key_file = folder / "cert.pem", folder / "key.pem"
        certificate.cert_chain_pems[0].write_to_path(self.cert_file)
        certificate.private_key_pem.write_to_path(self.key_file)
        self.server = server_context(str(self.cert_file), str(self.key_file))
        self.client = ssl.create_default_context()
        authority.configure_trust(self.client)

    async def wrap(self, stream: anyio.abc.ByteStream) -> TLSStream:
        return await TLSStream.wrap(stream, hostname="127.0.0.1", ssl_context=self.client)


@pytest.fixture(scope="module")
def tls(tmp_path_factory: pytest.TempPathFactory) -> Tls:
    return Tls(tmp_path_factory.mktemp("tls"))


async def test_over_tls(tls: Tls) -> None:
    seen: list[bool] = []

    async def handler(exchange: Exchange) -> None:
        seen.append(exchange.request.is_tls)
        await answer(exchange)

    async with served(handler, tls=tls.server) as server:
        client = await tls.wrap(await server.connect())
        for _ in range(2):
            await client.send(GET)
            assert await until(client, b"done") == OK
        # Told to go, and in TLS's own way.
        await client.send(GET.replace(b"\r\n\r\n", b"\r\nConnection: close\r\n\r\n"))
        assert await until(client, b"done") == LAST
        await client.aclose()
    assert seen == [True] * 3


async def test_over_tls_a_client_that_closes_is_gone_at_once(tls: Tls) -> None:
    begun, gone = anyio.Event(), anyio.Event()

    async def handler(exchange: Exchange) -> None:
        begun.set()
        await exchange.wait_gone()
        gone.set()

    async with served(handler, tls=tls.server) as server:
        client = await tls.wrap(await server.connect())
        await client.send(GET)
        await begun.wait()
        await anyio.aclose_forcefully(client)
        await gone.wait()


async def hello(stream: anyio.abc.ByteStream) -> None:
    await stream.send(GET)


async def silence(stream: anyio.abc.ByteStream) -> None:
    pass


async def farewell(stream: anyio.abc.ByteStream) -> None:
    await stream.aclose()


@pytest.mark.parametrize("act", [hello, silence, farewell])
async def test_a_handshake_that_fails_costs_its_own_connection_only(
    act: Callable[[anyio.abc.ByteStream], Awaitable[None]],
    tls: Tls,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(listening_module, "HANDSHAKE_S", 0.02 if act is silence else 5)
    async with served(answer, tls=tls.server) as server:
        client = await server.connect()
        await act(client)
        if act is not farewell:
            # A reset, for what was not read, may overtake the end.
            with suppress(anyio.BrokenResourceError):
                await rest(client)
        await client.aclose()
        monkeypatch.setattr(listening_module, "HANDSHAKE_S", 5)
        good = await tls.wrap(await server.connect())
        await good.send(GET)
        assert await until(good, b"done") == OK
        await good.aclose()
    assert not server.troubles


async def test_over_tls_no_handshake_is_spent_where_there_is_no_room(tls: Tls) -> None:
    holding = Holding()
    limits = DEFAULT_LIMITS._replace(connections_max=1)
    async with served(holding, limits, tls=tls.server) as server:
        first = await tls.wrap(await server.connect())
        await first.send(GET)
        await holding.begun.wait()
        second = await server.connect()
        assert await rest(second) == b""
        await second.aclose()
        holding.go_on.set()
        await until(first, b"done")
        await first.aclose()
