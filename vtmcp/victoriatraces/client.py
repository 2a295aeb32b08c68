"""Sends requests to one database: a bounded pool of connections, and the limits on time.

Must not be here: what a request asks and what a response means. Redirects are not followed:
they would carry credentials to another host.
"""

from typing import TYPE_CHECKING

import anyio
from anyio.abc import ByteStream, SocketStream

from vtmcp.victoriatraces import dialling
from vtmcp.victoriatraces.connection import Connection, StaleError
from vtmcp.victoriatraces.entrypoint import parse_entrypoint
from vtmcp.victoriatraces.failures import CONNECT_ERRORS, EXCHANGE_ERRORS, Failures
from vtmcp.victoriatraces.hosts import Hosts
from vtmcp.victoriatraces.patience import Limits, Patience
from vtmcp.victoriatraces.requests import HttpRequest
from vtmcp.victoriatraces.response import HttpResponse
from vtmcp.victoriatraces.settings import Settings
from vtmcp.victoriatraces.watched_file import FileFaultError

if TYPE_CHECKING:
    import ssl

    from vtmcp.victoriatraces.tls import Trust

IDLE_S_MAX = 50.0
"""VictoriaTraces closes a connection after a minute of silence; firewalls drop it unseen."""


class Client:
    """Sends from many tasks at once. Raises `SourceError` and nothing else."""

    def __init__(self, settings: Settings, on_refused: dialling.OnRefused | None = None) -> None:
        """Raises `ValueError` when the address or an allowed host cannot be read."""
        self._settings = settings
        self._entrypoint = parse_entrypoint(settings.entrypoint)
        self._hosts = Hosts.of(settings, self._entrypoint)
        self._on_refused = on_refused
        self._failures = Failures(settings, self._entrypoint)
        self._limits = Limits(settings)
        # A free place is taken without a turn of the loop; the exchange gives way to others.
        self._slots = anyio.Semaphore(settings.connections_max, fast_acquire=True)
        self._idle: list[Connection] = []
        self._trust: Trust | None = None
        self._is_closed = False

    async def send(self, request: HttpRequest) -> HttpResponse:
        """Send the request and return the whole response, whatever its status.

        A cancelled call closes its connection, which ends the query in the database too.
        """
        patience = Patience(self._limits.total)
        with patience.scope:
            async with self._slots:
                return await self._exchange(request, patience)
        if patience.is_waiting:
            raise self._failures.no_connection_free()
        raise self._failures.timeout(patience.ran_out_on)

    async def aclose(self) -> None:
        """Close the idle connections; one in use is closed as soon as its call ends."""
        self._is_closed = True
        while self._idle:
            await self._idle.pop().aclose()

    async def _exchange(self, request: HttpRequest, patience: Patience) -> HttpResponse:
        """Use an idle connection if there is one, and a new one if that turns out to be dead."""
        connection = await self._take_idle()
        if connection is not None:
            try:
                return await self._use(connection, request, patience)
            except StaleError:
                pass
        return await self._use(await self._connect(patience), request, patience)

    async def _take_idle(self) -> Connection | None:
        """Return the connection used last; drop what was idle for too long or is closed."""
        while self._idle:
            connection = self._idle.pop()
            idle_s = anyio.current_time() - connection.idle_since_s
            if idle_s < IDLE_S_MAX and connection.is_quiet():
                return connection
            await connection.aclose()
        return None

    async def _use(
        self, connection: Connection, request: HttpRequest, patience: Patience
    ) -> HttpResponse:
        """Do one exchange, then keep the connection or close it."""
        try:
            return await connection.exchange(
                request, patience, body_bytes_max=self._settings.response_bytes_max
            )
        except EXCHANGE_ERRORS as error:
            raise self._failures.exchanging(error) from None
        finally:
            await self._put_back(connection)

    async def _put_back(self, connection: Connection) -> None:
        """Keep the connection if its exchange came to an end, which a cancelled one did not."""
        if self._is_closed or not connection.make_reusable():
            await connection.aclose()
        else:
            connection.idle_since_s = anyio.current_time()
            self._idle.append(connection)

    async def _connect(self, patience: Patience) -> Connection:
        try:
            context = self._tls_context()
            tcp = await self._dial(patience)
            stream = await self._secure(tcp, context, patience)
        except FileFaultError as error:
            raise self._failures.file(error) from None
        except dialling.RefusedError as error:
            raise self._failures.refused(error.reason) from None
        except CONNECT_ERRORS as error:
            raise self._failures.connecting(error) from None
        return Connection(stream, self._limits)

    async def _dial(self, patience: Patience) -> SocketStream:
        """Connect to an address that was checked; the name is not looked up a second time."""
        patience.begin(self._limits.look_up)
        addresses = await dialling.look_up(self._entrypoint.host, self._entrypoint.port)
        allowed = dialling.choose(addresses, self._hosts, self._on_refused)
        patience.begin(self._limits.connect)
        return await dialling.connect(allowed, self._entrypoint.port)

    def _tls_context(self) -> "ssl.SSLContext | None":
        if self._entrypoint.scheme == "http":
            return None
        if self._trust is None:
            from vtmcp.victoriatraces.tls import Trust  # noqa: PLC0415 - https only

            self._trust = Trust(self._settings)
        return self._trust.context()

    async def _secure(
        self, stream: ByteStream, context: "ssl.SSLContext | None", patience: Patience
    ) -> ByteStream:
        """Return the stream with TLS on it, or as it is without a context. Closes it on failure."""
        if context is None:
            return stream
        patience.begin(self._limits.tls)
        from vtmcp.victoriatraces.tls import shake_hands  # noqa: PLC0415 - https only

        secured = None
        try:
            secured = await shake_hands(stream, self._entrypoint.host, context)
        finally:
            if secured is None:
                with anyio.CancelScope(shield=True):
                    await anyio.aclose_forcefully(stream)
        return secured
