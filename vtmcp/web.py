"""A server on HTTP: endpoints put together, listened on, and ended in good order.

Must not be here: a rule of the protocol, or where the settings come from.
"""

import os
from collections.abc import Awaitable, Callable, Coroutine, Mapping, Sequence
from signal import SIGINT, SIGTERM
from typing import TYPE_CHECKING, NamedTuple, Protocol

import anyio
from anyio.abc import TaskGroup, TaskStatus

from vtmcp.transports.access import METADATA_PATH, Access, OpenAccess
from vtmcp.transports.base import Host, Kept, Siblings
from vtmcp.transports.binding import Address, adopt
from vtmcp.transports.guards import Guard
from vtmcp.transports.http import Exchange, Handler, HttpServer, Trouble
from vtmcp.transports.http_limits import DEFAULT_LIMITS, HttpLimits
from vtmcp.transports.http_values import text_response
from vtmcp.transports.listening import DRAIN_S, Listening, listen
from vtmcp.transports.minding import Minder
from vtmcp.transports.sse import MESSAGE_PATH, STREAM_PATH, SseEndpoints
from vtmcp.transports.streamable import StreamableEndpoint

if TYPE_CHECKING:
    import socket
    import ssl

ENDPOINT_PATH = "/mcp"

HEARTBEAT_S = 30.0
"""How often a quiet stream shows that it is alive: twice in the minute that proxies wait."""


KEY_BYTES = 32
"""The length of a key made at start: that of the hash it is used with."""


class WebHost(Host, Protocol):
    """A server whose peers can all be ended."""

    async def finish(self) -> None:
        """End every conversation in good order."""


class Open(NamedTuple):
    """What clients hold open."""

    connections: int
    sessions: int
    streams: int
    """Streams for what belongs to no call."""


class WebOptions(NamedTuple):
    """How a server is to be reached over HTTP."""

    host: str = "localhost"
    """A name or an address of this machine; empty for all interfaces."""

    port: int = 8081
    """0 for any free one."""

    sockets: "Sequence[socket.socket]" = ()
    """Bound already and listened on by several processes; then host and port say nothing."""

    is_old: bool = False
    """Serve HTTP+SSE at `/sse` and `/message`, in place of Streamable HTTP at `/mcp`."""

    session_key: bytes = b""
    """Signs session ids: the same on each replica. Empty for one made at start, which no other
    process knows."""

    heartbeat_s: float = HEARTBEAT_S
    """How long a stream may be quiet before it shows that it is alive; 0 for any time."""

    guard: Guard = Guard()
    """Which names of ours and which pages are accepted (`Host`, `Origin`)."""

    access: Access = OpenAccess()
    """Who may ask, by credentials. Sessions belong to the caller that it names."""

    limits: HttpLimits = DEFAULT_LIMITS
    """What one client may cost."""

    drain_s: float = DRAIN_S
    """How long exchanges may take to end after a stop. Calls are cancelled sooner, after the
    `shutdown_s` of the server's own limits, so that their streams can still be ended."""

    tls: "ssl.SSLContext | None" = None
    """Serve HTTPS with this certificate, in place of HTTP."""

    more: Mapping[str, Handler] = {}
    """Further paths: health, metrics, metadata. They are served without `guard` and `access`."""

    listening: Callable[[list[Address], str], None] = lambda addresses, path: None
    """Told once where the server listens."""

    stopping: Callable[[], None] = lambda: None
    """Told once that no new work is taken any more."""

    trouble: Callable[[Trouble], None] = lambda trouble: None
    """Told of each connection that ended before its time."""

    counting: Callable[[Callable[[], Open]], None] = lambda count: None
    """Told once how to count what is open."""

    siblings: Siblings | None = None
    """Other processes that serve the same sessions."""

    attend: Callable[[Callable[[], None]], Coroutine[object, object, None]] | None = None
    """Runs from when the server listens until it has ended; what it is given stops the server."""


class Web:
    """One server's endpoints. `serve` runs until `stop`."""

    def __init__(self, host: WebHost, options: WebOptions) -> None:
        self._host = host
        self._options = options
        self._minder = Minder(options.heartbeat_s)
        self._stopping = anyio.Event()
        self._endings: list[Callable[[], Awaitable[None]]] = []
        self._kept: Callable[[], Kept] = lambda: Kept(0, 0)
        self.paths: dict[str, Handler] = dict(options.more)
        self.paths |= self._old_paths() if options.is_old else self._new_paths()

    async def listen(self) -> Listening:
        """Bind the address; who connects waits for `serve`. Raises `ListenError`."""
        options = self._options
        http = HttpServer(self._handle, options.limits, observe=options.trouble)
        options.counting(lambda: Open(http.connections, *self._kept()))
        if options.sockets:
            bound = await adopt(options.sockets)
            return Listening(http, bound, tls=options.tls, drain_s=options.drain_s, is_shared=True)
        return await listen(
            http, options.host, options.port, tls=options.tls, drain_s=options.drain_s
        )

    async def serve(self, listening: Listening) -> None:
        """Serve until `stop`, and close what is listened on."""
        path = STREAM_PATH if self._options.is_old else ENDPOINT_PATH
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(self._minder.run)
            tasks.start_soon(self._end_in_order, listening)
            self._options.listening(listening.addresses, path)
            if self._options.attend is not None:
                tasks.start_soon(self._options.attend, self.stop)
            await listening.serve()
            tasks.cancel_scope.cancel()

    def stop(self) -> None:
        """Take no new work, let what runs end, close the streams."""
        self._stopping.set()

    async def _end_in_order(self, listening: Listening) -> None:
        await self._stopping.wait()
        self._options.stopping()
        listening.stop()
        for end in self._endings:
            await end()
        await self._host.finish()

    async def _handle(self, exchange: Exchange) -> None:
        handler = self.paths.get(exchange.request.path)
        if handler is None:
            await exchange.respond(text_response(404, "Not found"))
        else:
            await handler(exchange)

    def _new_paths(self) -> dict[str, Handler]:
        endpoint = StreamableEndpoint(
            self._host,
            guard=self._options.guard,
            access=self._options.access,
            minder=self._minder,
            session_key=self._options.session_key or os.urandom(KEY_BYTES),
            siblings=self._options.siblings,
        )
        self._endings.append(endpoint.finish)
        self._kept = lambda: endpoint.kept
        return {ENDPOINT_PATH: endpoint.handle}

    def _old_paths(self) -> dict[str, Handler]:
        endpoints = SseEndpoints(
            self._host.conversation,
            guard=self._options.guard,
            access=self._options.access,
            minder=self._minder,
        )
        self._endings.append(endpoints.finish)
        self._kept = lambda: endpoints.kept
        return {STREAM_PATH: endpoints.stream, MESSAGE_PATH: endpoints.message}


async def serve_until_signal(web: Web) -> None:
    """Serve until SIGTERM or SIGINT; a second one ends at once. Raises `ListenError`."""
    listening = await web.listen()
    async with anyio.create_task_group() as tasks:
        # Whoever is told that we listen may end us at once.
        await tasks.start(_stop_on_signal, web, tasks)
        await web.serve(listening)
        tasks.cancel_scope.cancel()


async def _stop_on_signal(
    web: Web, tasks: TaskGroup, *, task_status: TaskStatus[None] = anyio.TASK_STATUS_IGNORED
) -> None:
    try:
        with anyio.open_signal_receiver(SIGINT, SIGTERM) as signals:
            task_status.started()
            stopped = False
            async for _ in signals:
                if stopped:
                    tasks.cancel_scope.cancel()
                    return
                web.stop()
                stopped = True
    except NotImplementedError:
        # Windows has no such receiver: Ctrl-C ends the process there.
        task_status.started()


__all__ = ["ENDPOINT_PATH", "METADATA_PATH", "Web", "WebOptions", "serve_until_signal"]
