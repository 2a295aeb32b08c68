"""The HTTP/1.1 server loop: reads requests from connections and lets a handler answer them.

h11 judges the head of each request; the framing of bodies and responses is ours, in prepared
bytes, one write a response. Must not be here: what is served, and which sockets are listened on.
"""

import gc
import math
from collections.abc import Awaitable, Callable
from contextlib import suppress
from time import monotonic
from typing import NamedTuple

import anyio
from anyio.abc import ByteStream

from vtmcp.transports.http_exchange import Exchange
from vtmcp.transports.http_limits import CROWD_MIN, DEFAULT_LIMITS, TICK_S_MAX, HttpLimits
from vtmcp.transports.http_reading import CheckHead, read_request, wait_for_request
from vtmcp.transports.http_values import PeerGoneError, RefusalError, encode_head, text_response
from vtmcp.transports.http_wire import Wire

__all__ = ["Exchange", "Handler", "HttpLimits", "HttpServer", "PeerGoneError", "Trouble"]

Handler = Callable[[Exchange], Awaitable[None]]


class Trouble(NamedTuple):
    """What ended a connection before its time; nothing that a client sent is in it."""

    status: int
    """What the client was told."""

    reason: str
    """A fixed text, or type and place of an error: `KeyError:handle:12`."""


class HttpServer:
    """Serves connections, each on its own; none can end another.

    `check_head` may refuse a request before its body is waited for; it is not asked where there
    is nothing to wait for. Limits on time hold while `keep_time` runs.
    """

    def __init__(
        self,
        handler: Handler,
        limits: HttpLimits = DEFAULT_LIMITS,
        *,
        check_head: CheckHead | None = None,
        observe: Callable[[Trouble], None] = lambda trouble: None,
    ) -> None:
        self.limits = limits
        self.observe = observe
        self._handler = handler
        self._check_head = check_head
        self._wires: set[Wire] = set()
        self._idle: dict[Wire, None] = {}
        """Those that wait for a request; who has waited longest stands first."""
        self._reading: dict[Wire, None] = {}
        """Those whose request is not whole yet, in the same order."""
        self._crowd = 0
        self._is_stopping = False

    @property
    def connections(self) -> int:
        """How many clients are connected."""
        return len(self._wires)

    async def serve_connection(self, stream: ByteStream, *, is_tls: bool = False) -> None:
        """Answer the requests of one client, in order, until either side ends it."""
        wire = self._open(stream, is_tls=is_tls)
        try:
            await self._serve(wire)
        except Exception as error:
            if not _is_gone(error):
                await self._end(wire, _FAILED, _place(error))
        finally:
            await self._close(wire)

    async def turn_away(self, stream: ByteStream) -> None:
        """Answer a connection for which there is no room."""
        wire = self._open(stream, is_tls=False)
        wire.is_owed = True
        try:
            await self._end(wire, _FULL)
        finally:
            await self._close(wire)

    def make_room(self) -> bool:
        """Close the connection that is idle for longest, or else the one whose request is longest
        on its way; False if all are being answered."""
        for waiting in (self._idle, self._reading):
            for wire in waiting:
                del waiting[wire]
                # It gets no answer: that would take the time that is missing.
                wire.is_owed = False
                wire.life.cancel()
                return True
        return False

    def begin_stop(self) -> None:
        """Close idle connections now, and each other one with the answer that it waits for."""
        self._is_stopping = True
        for wire in self._wires:
            wire.is_last = True
        for wire in self._idle:
            wire.life.cancel()

    async def keep_time(self) -> None:
        """Cut off whoever exceeds a limit on time, until cancelled."""
        limits = self.limits
        shortest_s = min(limits.idle_s, limits.header_read_s, limits.body_read_s)
        tick_s = min(TICK_S_MAX, shortest_s / 4, limits.write_stall_s / 4)
        while True:
            await anyio.sleep(tick_s)
            now_s = monotonic()
            for wire in [wire for wire in self._wires if wire.deadline_s < now_s]:
                await wire.cut()
            self._clear_up()

    def _clear_up(self) -> None:
        """Give memory back after a crowd has left.

        Each transport of asyncio refers to itself, and the collector would take a process that
        serves little for one that has little to collect: 60 MB after ten thousand clients.
        """
        now = len(self._wires)
        self._crowd = max(self._crowd, now)
        if self._crowd >= CROWD_MIN and now <= self._crowd // 2:
            self._crowd = now
            gc.collect()

    def _open(self, stream: ByteStream, *, is_tls: bool) -> Wire:
        wire = Wire(stream, write_stall_s=self.limits.write_stall_s, is_tls=is_tls)
        wire.is_last = self._is_stopping
        self._wires.add(wire)
        return wire

    async def _close(self, wire: Wire) -> None:
        try:
            await wire.aclose()
        finally:
            self._wires.discard(wire)

    async def _serve(self, wire: Wire) -> None:
        try:
            with wire.life:
                while await self._has_request(wire):
                    await self._exchange(wire)
                if not (wire.is_ended or wire.is_broken):
                    await wire.linger()
        except RefusalError as refusal:
            await self._end(wire, refusal)
        # Silence is not answered, half a request is.
        if wire.life.cancel_called and wire.is_owed:
            await self._end(wire, _TOO_SLOW)

    async def _has_request(self, wire: Wire) -> bool:
        """Whether the beginning of one more is there, after waiting for it."""
        if wire.is_last or wire.is_broken:
            return False
        if wire.buffer:
            return True
        self._idle[wire] = None
        try:
            return await wait_for_request(wire, self.limits)
        finally:
            self._idle.pop(wire, None)

    async def _exchange(self, wire: Wire) -> None:
        wire.is_owed = True
        self._reading[wire] = None
        try:
            head = await read_request(wire, self.limits, self._check_head)
        finally:
            self._reading.pop(wire, None)
        wire.deadline_s = math.inf
        exchange = Exchange(head.request, wire, is_old=head.is_old)
        await self._handler(exchange)
        if not exchange.is_ended:
            if wire.is_owed and not wire.is_ended:
                raise RuntimeError("the handler gave no answer")
            # Half an answer, or none for a client that is gone: closing is all that is left.
            raise PeerGoneError

    async def _end(self, wire: Wire, refusal: RefusalError, reason: str = "") -> None:
        """Say why the connection ends, if nothing else is being said."""
        self.observe(Trouble(refusal.status, reason or refusal.text))
        if not wire.is_owed or wire.is_broken:
            return
        wire.is_owed = False
        status, body, headers = text_response(refusal.status, refusal.text, refusal.headers)
        head = encode_head(status, headers, f"content-length: {len(body)}\r\n", is_last=True)
        with suppress(PeerGoneError):
            await wire.send(head + body)
            await wire.linger()


_FAILED = RefusalError(500, "This failed unexpectedly on the server's side.")
_FULL = RefusalError(503, "The server has no room for more connections.", (("retry-after", "1"),))
_TOO_SLOW = RefusalError(408, "The request took too long to arrive.")


def _is_gone(error: Exception) -> bool:
    """Whether nothing happened but that the client went away, perhaps seen by several tasks."""
    if isinstance(error, ExceptionGroup):
        return all(map(_is_gone, error.exceptions))
    return isinstance(error, PeerGoneError)


def _place(error: Exception) -> str:
    """Type and place of an error; its text may hold what must not be told."""
    while isinstance(error, ExceptionGroup):
        error = error.exceptions[0]
    trace = error.__traceback__
    while trace is not None and trace.tb_next is not None:
        trace = trace.tb_next
    line = "" if trace is None else f":{trace.tb_frame.f_code.co_name}:{trace.tb_lineno}"
    return type(error).__name__ + line
