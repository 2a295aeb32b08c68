"""The two directions of one connection, with their limits on time. Must not be here: HTTP.

A limit on time is a number that `HttpServer.keep_time` looks at, not a timer: setting a number
costs nothing, and a request sets four.
"""

import math
from contextlib import suppress
from time import monotonic
from typing import TYPE_CHECKING

import anyio
from anyio.abc import ByteStream, SocketAttribute

from vtmcp.transports.http_limits import (
    CLOSE_S,
    LINGER_BYTES_MAX,
    LINGER_S,
    PIECE_BYTES,
    READ_BYTES,
)
from vtmcp.transports.http_values import PeerGoneError

if TYPE_CHECKING:
    import socket

CLOSED_ERRORS = (
    anyio.EndOfStream,
    anyio.BrokenResourceError,
    anyio.ClosedResourceError,
    OSError,  # What breaks in a socket, and `ssl.SSLError`.
)
"""The client is gone, or talks nonsense below HTTP; for us that is the same."""


class Wire:
    """Bytes in, bytes out. One task reads and one writes at a time."""

    def __init__(self, stream: ByteStream, *, write_stall_s: float, is_tls: bool = False) -> None:
        self.buffer = bytearray()
        """What came and is not taken yet."""
        self.peer = _peer(stream)
        self.is_tls = is_tls
        self.is_ended = False
        """The client sends no more. It may still read."""
        self.is_broken = False
        """Nothing can be sent any more, or the client would not know what it reads."""
        self.is_last = False
        """The connection ends with the answer at hand."""
        self.is_owed = False
        """A request was read, and nothing of its answer is written."""
        self.life = anyio.CancelScope()
        """All that happens here; cancelled when reading takes too long."""
        self.deadline_s = math.inf
        """When `cut` shall be called, on the clock of `monotonic`."""
        self._stream = stream
        self._write_stall_s = write_stall_s
        self._is_writing = False
        self._is_cut = False

    async def receive(self) -> bool:
        """Add what comes to the buffer; False when nothing will come any more."""
        if self.is_ended:
            return False
        try:
            self.buffer += await self._stream.receive(READ_BYTES)
        except anyio.EndOfStream:
            self.is_ended = True
        except CLOSED_ERRORS:
            self.is_ended = self.is_broken = True
        return not self.is_ended

    async def send(self, data: bytes) -> None:
        """Send all of it. Raises `PeerGoneError`; cancelled within, it breaks the connection."""
        if self.is_broken:
            raise PeerGoneError
        # Until all of it is sent, the client could not tell what comes next.
        self.is_broken = self._is_writing = True
        try:
            for start in range(0, len(data), PIECE_BYTES):
                self.deadline_s = monotonic() + self._write_stall_s
                await self._stream.send(data[start : start + PIECE_BYTES])
            # Some versions of anyio end a send without an error when it is cut off.
            self.is_broken = self._is_cut
        except CLOSED_ERRORS:
            raise PeerGoneError from None
        finally:
            self._is_writing = False
            self.deadline_s = math.inf
        if self.is_broken:
            raise PeerGoneError

    async def cut(self) -> None:
        """End what takes too long: reading is cancelled, writing fails."""
        self.deadline_s = math.inf
        if not self._is_writing:
            self.life.cancel()
            return
        self._is_cut = True
        await _abort(self._stream)

    async def linger(self) -> None:
        """Let the client read our last answer before a reset can overtake it."""
        left_bytes = LINGER_BYTES_MAX
        with anyio.move_on_after(LINGER_S):
            # TLS over anyio cannot close one side alone.
            with suppress(NotImplementedError, *CLOSED_ERRORS):
                await self._stream.send_eof()
            while left_bytes > 0 and await self.receive():
                left_bytes -= len(self.buffer)
                self.buffer.clear()

    async def aclose(self) -> None:
        """Close, politely if that can be done soon. Also when the calling task is cancelled."""
        with anyio.CancelScope(shield=True):
            if not self.is_broken:
                with anyio.move_on_after(CLOSE_S), suppress(*CLOSED_ERRORS):
                    await self._stream.aclose()
                    return
            await _abort(self._stream)

    def socket(self) -> "socket.socket | None":
        """The socket, where a client would understand what is written to it directly."""
        return None if self.is_tls else self._stream.extra(SocketAttribute.raw_socket, None)


async def _abort(stream: ByteStream) -> None:
    # TLS's farewell may find another task writing; the socket below is closed all the same.
    with suppress(anyio.BusyResourceError, *CLOSED_ERRORS):
        await anyio.aclose_forcefully(stream)


def _peer(stream: ByteStream) -> str:
    address = stream.extra(SocketAttribute.remote_address, "")
    return address if isinstance(address, str) else address[0]
