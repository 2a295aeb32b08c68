"""One connection to the database: h11 on an anyio stream, one exchange after the other.

Must not be here: which connection is used for what (`client.py`), and what a response means.
"""

import select

import anyio
import h11
from anyio.abc import ByteStream, SocketAttribute

from vtmcp.victoriatraces.body import Body
from vtmcp.victoriatraces.failures import CLOSED_ERRORS
from vtmcp.victoriatraces.patience import Limits, Patience
from vtmcp.victoriatraces.requests import HttpRequest
from vtmcp.victoriatraces.response import HttpResponse

READ_BYTES = 65_536
"""One read takes no more: anyio's own default, and a good size for sockets."""

HEAD_BYTES_MAX = 65_536
"""Status line and headers together. The database sends about 300 bytes, a proxy a few thousand."""

_Event = h11.Event | type[h11.NEED_DATA] | type[h11.PAUSED]


class StaleError(Exception):
    """A connection that had served before was closed before any byte of an answer came."""


class Connection:
    """An open connection. `exchange` may raise; the connection is then of no more use."""

    def __init__(self, stream: ByteStream, limits: Limits) -> None:
        self._stream = stream
        self._limits = limits
        self._socket = stream.extra(SocketAttribute.raw_socket)
        self._http = h11.Connection(h11.CLIENT, max_incomplete_event_size=HEAD_BYTES_MAX)
        self._sent: tuple[tuple[tuple[str, str], ...], h11.Request] | None = None
        self._has_served = False
        self._has_heard = False
        self.idle_since_s = 0.0

    async def exchange(
        self, request: HttpRequest, patience: Patience, *, body_bytes_max: int
    ) -> HttpResponse:
        """Send the request and return the whole response, redirects included.

        Raises `StaleError` when another connection may try the same, or one of
        `failures.EXCHANGE_ERRORS`; cancelled by `patience` when it takes too long.
        """
        self._has_heard = False
        outgoing = self._encode(request)
        try:
            patience.begin(self._limits.first_byte)
            await self._stream.send(outgoing)
            head = await self._receive_head(patience)
        except CLOSED_ERRORS:
            if self._has_served and not self._has_heard:
                raise StaleError from None
            raise
        headers = tuple((name.decode(), value.decode("latin-1")) for name, value in head.headers)
        response = HttpResponse(head.status_code, headers, b"")
        body = Body(response.header("content-encoding"), body_bytes_max)
        while isinstance(event := await self._next_event(patience), h11.Data):
            body.feed(bytes(event.data))
        self._has_served = True
        return HttpResponse(head.status_code, headers, body.finish())

    def make_reusable(self) -> bool:
        """Prepare for the next exchange; False when the connection cannot have one."""
        if self._http.our_state is not h11.DONE or self._http.their_state is not h11.DONE:
            return False
        if self._http.trailing_data[0]:  # Bytes that nobody asked for belong to no answer.
            return False
        self._http.start_next_cycle()
        return True

    def is_quiet(self) -> bool:
        """Whether it is open, and nothing has come since the last answer."""
        if self._socket.fileno() < 0:
            return False
        poll = select.poll()
        poll.register(self._socket, select.POLLIN)
        return not poll.poll(0)

    async def aclose(self) -> None:
        """Close at once. Also closes when the calling task is being cancelled."""
        with anyio.CancelScope(shield=True):
            await anyio.aclose_forcefully(self._stream)

    def _encode(self, request: HttpRequest) -> bytes:
        """Write the request. Headers that were checked for the last one are not checked again."""
        if self._sent is not None and self._sent[0] is request.headers:
            headers = self._sent[1].headers
            event = h11.Request(method=request.method, target=request.target, headers=headers)
        else:
            given = [(name.encode(), value.encode()) for name, value in request.headers]
            event = h11.Request(method=request.method, target=request.target, headers=given)
            self._sent = (request.headers, event)
        return (self._http.send(event) or b"") + (self._http.send(h11.EndOfMessage()) or b"")

    async def _receive_head(self, patience: Patience) -> h11.Response:
        """Return the head of the final response; whatever comes before is only news (1xx)."""
        while True:
            event = await self._next_event(patience)
            if isinstance(event, h11.Response):
                return event

    async def _next_event(self, patience: Patience) -> _Event:
        while (event := self._http.next_event()) is h11.NEED_DATA:
            data = await self._receive(patience)
            self._http.receive_data(data)
            if not data:
                return self._last_event()
        return event

    def _last_event(self) -> _Event:
        """Return what the end of the stream means: the end of a body without a length, or a break.

        h11 calls a break a fault in the protocol, like garbage; it is not the same for a reader.
        """
        try:
            return self._http.next_event()
        except h11.RemoteProtocolError:
            raise anyio.EndOfStream from None

    async def _receive(self, patience: Patience) -> bytes:
        """Return the next bytes, or none at the end."""
        if self._has_heard:
            patience.begin(self._limits.read)
        try:
            data = await self._stream.receive(READ_BYTES)
        except anyio.EndOfStream:
            if not self._has_heard:
                raise
            return b""
        self._has_heard = True
        return data
