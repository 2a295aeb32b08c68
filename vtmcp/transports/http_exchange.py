"""One request and its response, as a handler sees them. Must not be here: reading requests."""

import anyio
from anyio.lowlevel import checkpoint_if_cancelled

from vtmcp.transports.http_gone import wait_gone
from vtmcp.transports.http_values import Headers, Request, Response, encode_head
from vtmcp.transports.http_wire import Wire

_WITHOUT_BODY = (204, 304)
"""Statuses after which no body and no length may come (RFC 9110, 6.4.1)."""

_CHUNKED = "transfer-encoding: chunked\r\n"


class Exchange:
    """Answer it once: with `respond`, or with `start_stream`, `write`s and `end`."""

    def __init__(self, request: Request, wire: Wire, *, is_old: bool = False) -> None:
        self.request = request
        self.is_ended = False
        """The response is whole."""
        self._wire = wire
        self._is_old = is_old
        self._turn: anyio.Lock | None = None

    @property
    def started(self) -> bool:
        """Whether anything of the response was written."""
        return not self._wire.is_owed

    async def respond(self, response: Response) -> None:
        """Send a whole response; to HEAD without its body. Raises `PeerGoneError`."""
        status, body, headers = response
        framing = "" if status in _WITHOUT_BODY else f"content-length: {len(body)}\r\n"
        head = encode_head(status, headers, framing, is_last=self._wire.is_last)
        if self.request.method == "HEAD" or not framing:
            body = b""
        self._start()
        await self._wire.send(head + body)
        self.is_ended = True

    async def start_stream(
        self, headers: Headers = (), status: int = 200, *, first: bytes = b""
    ) -> None:
        """Send the head of a response whose length is not known yet, and `first` with it.

        To HTTP/1.0, which knows no chunks, the end of the connection is the end of the stream.
        """
        self._wire.is_last |= self._is_old
        framing = "" if self._is_old else _CHUNKED
        head = encode_head(status, headers, framing, is_last=self._wire.is_last)
        self._start()
        self._turn = anyio.Lock(fast_acquire=True)
        async with self._turn:
            await self._wire.send(head + self._chunk(first))

    async def write(self, data: bytes) -> None:
        """Send one part of the stream; any task may. Raises `PeerGoneError`.

        It waits while the client does not read. Cancelled in the midst of a part, it breaks the
        connection: what follows could not be understood.
        """
        await self._send(self._chunk(data))

    async def end(self) -> None:
        """End the stream; the client then knows that it is whole."""
        await self._send(b"" if self._has_no_chunks else b"0\r\n\r\n")
        self.is_ended = True

    async def wait_gone(self) -> None:
        """Return when the client is gone; one task at a time may wait.

        A client that has ended its sending side only may still get its answer, and is not gone
        while nothing of that is written. Once a stream is started, it is.
        """
        await wait_gone(self._wire, self._may_ask)

    def _start(self) -> None:
        if self.started:
            raise RuntimeError("a second response to one request")
        self._wire.is_owed = False

    async def _send(self, data: bytes) -> None:
        if self._turn is None or self.is_ended:
            raise RuntimeError("a part of a stream that is not open")
        # A task that is cancelled already must not break what others write.
        await checkpoint_if_cancelled()
        async with self._turn:
            if self.is_ended:
                # Another task has ended the stream while this one waited for its turn.
                return
            await self._wire.send(data)

    def _chunk(self, data: bytes) -> bytes:
        if self.request.method == "HEAD":
            return b""
        if self._is_old or not data:
            return data
        return b"%x\r\n%b\r\n" % (len(data), data)

    @property
    def _has_no_chunks(self) -> bool:
        return self._is_old or self.request.method == "HEAD"

    def _may_ask(self) -> bool:
        return not self._is_old and not self.started
