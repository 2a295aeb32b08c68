"""Listens on addresses and gives each connection to an `HttpServer`, until told to stop.

Must not be here: HTTP, and where the settings come from.
"""

import errno
from typing import TYPE_CHECKING

import anyio
from anyio.abc import ByteStream, SocketListener, SocketStream, TaskGroup, TaskStatus

from vtmcp.transports.binding import address_of, bind, close_all
from vtmcp.transports.descriptors import raise_descriptor_limit
from vtmcp.transports.http import HttpServer, Trouble
from vtmcp.transports.http_wire import CLOSED_ERRORS

if TYPE_CHECKING:
    import ssl

DRAIN_S = 10.0
"""How long running exchanges may take to end after a stop. Orchestrators kill after 30 s."""

HANDSHAKE_S = 10.0
"""How long TLS may take to agree. Two round trips and a signature."""

TURNED_AWAY_MAX = 64
"""How many connections without room are told so at a time; more are closed without a word."""

ACCEPT_PAUSE_S = 0.1
"""How long not to accept after the system could not: out of descriptors, mostly."""

SHARED_PAUSE_S = 0.001
"""How long not to accept after having accepted, where other processes accept from the same
sockets: else the first to wake would take all that wait, and keep them for as long as they stay."""


async def listen(
    server: HttpServer,
    host: str,
    port: int,
    *,
    tls: "ssl.SSLContext | None" = None,
    drain_s: float = DRAIN_S,
) -> "Listening":
    """Bind the host and port; what `Listening.serve` does not accept yet waits.

    No host is all interfaces, in both families. Port 0 is any free one, the same in both.
    Raises `ListenError`.
    """
    return Listening(server, await bind(host, port), tls=tls, drain_s=drain_s)


class Listening:
    """Bound sockets. `serve` runs until `stop`; both close them.

    Where they are `is_shared` with other processes, those get their part of the clients.
    """

    def __init__(
        self,
        server: HttpServer,
        listeners: list[SocketListener],
        *,
        tls: "ssl.SSLContext | None",
        drain_s: float,
        is_shared: bool = False,
    ) -> None:
        self.addresses = [address_of(listener) for listener in listeners]
        self._server = server
        self._listeners = listeners
        self._tls = tls
        self._drain_s = drain_s
        self._pause_s = SHARED_PAUSE_S if is_shared else 0.0
        self._connections_max = raise_descriptor_limit(server.limits.connections_max)
        self._open = 0
        self._turned_away = 0
        self._stopping = anyio.Event()
        self._emptied = anyio.Event()

    async def serve(self, *, task_status: TaskStatus[None] = anyio.TASK_STATUS_IGNORED) -> None:
        """Accept and serve connections until `stop`, and then end as it says there."""
        try:
            async with anyio.create_task_group() as tasks:
                tasks.start_soon(self._server.keep_time)
                for listener in self._listeners:
                    tasks.start_soon(self._accept, listener, tasks)
                task_status.started()
                await self._stopping.wait()
                await self._drain()
                tasks.cancel_scope.cancel()
        finally:
            await self.aclose()

    def stop(self) -> None:
        """Accept no more; close idle connections; let running exchanges end for `drain_s`.

        What still runs then is cancelled, and `serve` returns. A signal handler may call it.
        """
        self._stopping.set()

    async def aclose(self) -> None:
        """Close the sockets that are listened on."""
        with anyio.CancelScope(shield=True):
            await close_all(self._listeners)

    async def _drain(self) -> None:
        await self.aclose()
        self._server.begin_stop()
        with anyio.move_on_after(self._drain_s):
            while self._open:
                self._emptied = anyio.Event()
                await self._emptied.wait()

    async def _accept(self, listener: SocketListener, tasks: TaskGroup) -> None:
        while True:
            try:
                stream = await listener.accept()
            except anyio.ClosedResourceError:
                return
            except OSError as error:
                if self._stopping.is_set():
                    return
                # Those who are connected are served on; the others wait in the queue.
                name = errno.errorcode.get(error.errno or 0, "OSError")
                self._server.observe(Trouble(0, f"accept: {name}"))
                await anyio.sleep(ACCEPT_PAUSE_S)
                continue
            self._open += 1
            tasks.start_soon(self._serve, stream)
            if self._pause_s:
                await anyio.sleep(self._pause_s)

    async def _serve(self, stream: SocketStream) -> None:
        try:
            if self._open > self._connections_max and not self._server.make_room():
                await self._turn_away(stream)
            elif self._tls is None:
                await self._server.serve_connection(stream)
            elif (secured := await _secure(stream, self._tls)) is not None:
                await self._server.serve_connection(secured, is_tls=True)
        finally:
            self._open -= 1
            if not self._open:
                self._emptied.set()

    async def _turn_away(self, stream: SocketStream) -> None:
        """Say that there is no room, which a client takes better than a reset.

        Over TLS that would cost a handshake, and in a flood a task each: then only close.
        """
        if self._tls is not None or self._turned_away >= TURNED_AWAY_MAX:
            await anyio.aclose_forcefully(stream)
            return
        self._turned_away += 1
        try:
            await self._server.turn_away(stream)
        finally:
            self._turned_away -= 1


async def _secure(stream: SocketStream, context: "ssl.SSLContext") -> ByteStream | None:
    """Agree on TLS, in time; None when that failed, with the stream closed."""
    from anyio.streams.tls import TLSStream  # noqa: PLC0415 - imports ssl, for TLS only

    secured = None
    try:
        with anyio.move_on_after(HANDSHAKE_S):
            secured = await TLSStream.wrap(stream, server_side=True, ssl_context=context)
    except CLOSED_ERRORS:
        pass
    finally:
        if secured is None:
            with anyio.CancelScope(shield=True):
                await anyio.aclose_forcefully(stream)
    return secured
