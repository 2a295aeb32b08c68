"""The channels of one POST: JSON when the answer is ready at once, a stream when there is more.

Sources: MCP, basic/transports, "Streamable HTTP" of 2025-03-26 to 2026-07-28. Must not be here:
which requests are served, and by whom.
"""

from collections.abc import Callable, Mapping
from typing import Any

import anyio

from vtmcp.protocol.codec import decode, encode
from vtmcp.protocol.errors import InternalError, RpcError, ToolError
from vtmcp.protocol.framing import Document
from vtmcp.protocol.messages import RequestId, error_message
from vtmcp.protocol.sse import comment, event
from vtmcp.protocol.versions import LATEST_LEGACY
from vtmcp.transports.events import EventLog
from vtmcp.transports.http import Exchange
from vtmcp.transports.http_values import Headers, PeerGoneError, Response

JSON_TYPE = ("content-type", "application/json")
STREAM_HEADERS: Headers = (
    ("content-type", "text/event-stream"),
    ("cache-control", "no-cache"),
    # Nginx would keep events until its buffer is full.
    ("x-accel-buffering", "no"),
)
HEARTBEAT = comment("heartbeat")


def error_response(
    status: int, request_id: RequestId | None, error: RpcError, headers: Headers = ()
) -> Response:
    """A JSON-RPC error as a response; an id that could not be read is left out."""
    message = error_message(request_id, error.body(LATEST_LEGACY))
    return Response(status, encode(message), (JSON_TYPE, *headers))


def stopped_response(value: Any, headers: Headers = ()) -> Response:
    """What is said of a request that was cut off because the server stops."""
    request_id = value.get("id") if isinstance(value, dict) else None
    error = InternalError("The server is stopping: send this again in a moment")
    return error_response(503, request_id, error, (("retry-after", "1"), *headers))


class Form:
    """In which forms a client takes an answer, by its `Accept`."""

    __slots__ = ("json", "stream")

    def __init__(self, *, json: bool, stream: bool) -> None:
        self.json = json
        self.stream = stream


class PostChannel:
    """One POST and its response. `statuses` are those of errors; every other answer is a 200."""

    def __init__(
        self,
        exchange: Exchange,
        form: Form,
        statuses: Mapping[int, int],
        headers: Callable[[], Headers],
    ) -> None:
        self._exchange = exchange
        self._form = form
        self._statuses = statuses
        self._headers = headers
        self._turn: anyio.Lock | None = None
        """Who writes on the stream; there is none before the stream is."""
        self.is_gone = False

    @property
    def request_headers(self) -> Headers:
        return self._exchange.request.headers

    async def receive(self) -> Document | None:
        """Nothing: the one document of a POST is handed over by the transport."""
        return None

    async def send(
        self, document: bytes, about: RequestId | None = None, reply: int | None = None
    ) -> None:
        """Raises `ToolError` for a question to a client that could not hear it."""
        try:
            if self._turn is not None:
                await self._write(self._written(document), self._turn)
            elif self._exchange.started:
                return
            elif reply is not None and (whole := self._whole(document, reply)) is not None:
                await self._exchange.respond(whole)
                return
            elif not self._form.stream:
                _refuse_question(document)
                return
            else:
                await self.open_stream(document)
            if reply is not None:
                await self.close_stream()
        except PeerGoneError:
            self.is_gone = True

    async def release(self) -> None:
        """Nothing: without event ids the client cannot come back."""

    async def beat(self) -> None:
        """Show that the exchange is alive; begin the stream for that, where one is wanted.

        Raises `PeerGoneError`.
        """
        if self._turn is not None:
            await self._write(HEARTBEAT, self._turn)
        elif self._form.stream and not self._exchange.started:
            await self._start(HEARTBEAT)

    async def open_stream(self, document: bytes) -> None:
        """Begin the stream with its first document."""
        await self._start(self._written(document))

    async def close_stream(self) -> None:
        """End the stream; where nothing was said, say by the response that this is all."""
        try:
            if self._turn is None:
                if self._exchange.started:
                    return
                if not self._form.stream:
                    await self._exchange.respond(Response(202, b"", self._headers()))
                    return
                await self._start(b"")
            await self._end()
        except PeerGoneError:
            self.is_gone = True

    async def conclude(self, stopped: Response | None) -> None:
        """End what its call has not ended: with `stopped`, where the server stopped before that.

        A call that was cancelled has no answer: its stream ends without one.
        """
        if self._exchange.is_ended or self.is_gone:
            return
        if stopped is not None and not self._exchange.started:
            await self._exchange.respond(stopped)
        else:
            await self.close_stream()

    async def _start(self, first: bytes) -> None:
        # Others may have something to say before the head is written: they wait for their turn.
        self._turn = anyio.Lock(fast_acquire=True)
        async with self._turn:
            await self._exchange.start_stream(STREAM_HEADERS + self._headers(), first=first)

    async def _write(self, data: bytes, turn: anyio.Lock) -> None:
        async with turn:
            if not self._exchange.is_ended:
                await self._exchange.write(data)

    async def _end(self) -> None:
        assert self._turn is not None
        async with self._turn:
            if not self._exchange.is_ended:
                await self._exchange.end()

    def _whole(self, document: bytes, reply: int) -> Response | None:
        """The answer as a response of its own, for who takes it; an error's status tells more."""
        status = self._statuses.get(reply, 200) if reply else 200
        if status == 200 and not self._form.json:
            return None
        return Response(status, document, (JSON_TYPE, *self._headers()))

    def _written(self, document: bytes) -> bytes:
        return event(document)


class ResumableChannel(PostChannel):
    """A POST of a session whose events are kept, so that its client may come back for them."""

    def __init__(
        self,
        exchange: Exchange,
        form: Form,
        statuses: Mapping[int, int],
        headers: Callable[[], Headers],
        *,
        open_log: Callable[[], EventLog],
        primes: bool,
    ) -> None:
        super().__init__(exchange, form, statuses, headers)
        self._open_log = open_log
        self._primes = primes
        self._log: EventLog | None = None
        self._is_released = False

    async def send(
        self, document: bytes, about: RequestId | None = None, reply: int | None = None
    ) -> None:
        if self._is_away:
            # Its client may come back and read on where it was.
            self.log.add(document)
        else:
            await super().send(document, about, reply)
        if reply is not None and self._log is not None:
            self._log.end()

    async def release(self) -> None:
        if not self._primes or not self._form.stream or self._is_away:
            return
        try:
            if self._turn is None:
                await self._start(b"")
            self._is_released = True
            await self._end()
        except PeerGoneError:
            self.is_gone = True

    def finish(self) -> None:
        """Nothing more will be said; what was never answered is not worth coming back for."""
        self._primes = False
        if self._log is not None and not self._log.is_ended:
            self._log.drop()

    @property
    def log(self) -> EventLog:
        """The stream's events; there is no stream before the first of them."""
        if self._log is None:
            self._log = self._open_log()
        return self._log

    @property
    def _is_away(self) -> bool:
        """Whether its client reads elsewhere, or may do so."""
        return self._is_released or (self._log is not None and (self.is_gone or self._log.is_read))

    async def _start(self, first: bytes) -> None:
        await super()._start(self.log.priming(after=0) + first if self._primes else first)

    def _written(self, document: bytes) -> bytes:
        written = self.log.add(document)
        self.log.taken()
        return written


def _refuse_question(document: bytes) -> None:
    """Whoever takes no stream cannot be told anything on the way; what is lost by that is only a
    notice, unless it is a request, whose answer would be waited for in vain."""
    if "id" in decode(document):
        raise ToolError("The client cannot be asked: its request accepts no event stream")
