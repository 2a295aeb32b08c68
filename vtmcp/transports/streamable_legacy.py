"""Sessions over HTTP (MCP 2025-03-26 to 2025-11-25): POST, the GET stream, DELETE, resumption.

A connection that breaks cancels nothing; what is said meanwhile is kept for a client that comes
back. Must not be here: what a token is (`sessions`), or what a method does.
"""

from collections.abc import Callable, Mapping
from typing import Any

import anyio

from vtmcp.protocol.errors import InvalidRequest
from vtmcp.protocol.framing import Document
from vtmcp.protocol.messages import Json, RequestId
from vtmcp.protocol.session import Session
from vtmcp.transports.access import Caller
from vtmcp.transports.base import Channel, Kept, Peer, Siblings
from vtmcp.transports.events import EventLog
from vtmcp.transports.guards import accepts
from vtmcp.transports.http import Exchange
from vtmcp.transports.http_values import Headers, PeerGoneError, Response
from vtmcp.transports.minding import Minder
from vtmcp.transports.posts import (
    HEARTBEAT,
    STREAM_HEADERS,
    Form,
    PostChannel,
    ResumableChannel,
    error_response,
    stopped_response,
)
from vtmcp.transports.sessions import Live, Sessions

SESSION_HEADER = "mcp-session-id"

STATUSES: Mapping[int, int] = {-32700: 400, -32600: 400, 403: 403}
"""The status of an error, where it is not 200."""

PRIMED = ("2025-11-25",)
"""Revisions whose clients know an event without data; older ones would take it for JSON."""


class LegacyEndpoint:
    """The endpoint for the revisions that have sessions."""

    def __init__(
        self,
        conversation: Callable[[Channel | None, Session | None, str], Peer],
        *,
        minder: Minder,
        key: bytes,
        siblings: Siblings | None = None,
    ) -> None:
        self._conversation = conversation
        self._siblings = siblings
        if siblings is not None:
            siblings.hear(self._hear)
        self._minder = minder
        self._is_stopping = False
        self._streams = 0
        self.sessions = Sessions(lambda *known: conversation(None, *known), key=key)

    async def post(
        self, exchange: Exchange, value: Any, form: Form, caller: Caller, cors: Headers
    ) -> None:
        """Answer one POST whose body was read."""
        if SESSION_HEADER not in dict(exchange.request.headers) and _opens(value):
            await self._open(exchange, value, form, caller, cors)
            return
        live = await self._find(exchange, caller, cors)
        if live is None:
            return
        if not _has_request(value):
            await self._take(exchange, value, live, cors)
            return
        channel = ResumableChannel(
            exchange,
            form,
            STATUSES,
            lambda: cors,
            open_log=live.open_stream,
            primes=live.revision in PRIMED,
        )
        await self._serve(exchange, value, live, channel, cors)

    async def get(self, exchange: Exchange, caller: Caller, cors: Headers) -> None:
        """Open the stream for what belongs to no call, or go on with one that broke."""
        if not accepts(exchange.request, "text/event-stream"):
            error = InvalidRequest("GET opens a stream: Accept must allow text/event-stream")
            await exchange.respond(error_response(406, None, error, cors))
            return
        live = await self._find(exchange, caller, cors)
        if live is None:
            return
        log: EventLog = live.home
        after: int | None = None
        last = exchange.request.header("last-event-id")
        if last is not None:
            found = live.find(last)
            if found is None:
                error = InvalidRequest("Last-Event-ID names no stream that is kept")
                await exchange.respond(error_response(400, None, error, cors))
                return
            log, after = found
        await self._follow(exchange, live, log, after, cors)

    async def delete(self, exchange: Exchange, caller: Caller, cors: Headers) -> None:
        """End the session."""
        live = await self._find(exchange, caller, cors)
        if live is not None:
            if self._siblings is not None:
                self._siblings.tell({"session": live.token, "ended": True})
            await self.sessions.end(live)
            await exchange.respond(Response(204, b"", cors))

    @property
    def kept(self) -> Kept:
        """What is open now."""
        return Kept(len(self.sessions), self._streams)

    async def finish(self) -> None:
        """End what is under way: calls in their time, and all streams."""
        self._is_stopping = True
        await self.sessions.finish()

    async def _open(
        self, exchange: Exchange, value: Any, form: Form, caller: Caller, cors: Headers
    ) -> None:
        peer = self._conversation(None, None, caller.name)

        def headers() -> Headers:
            if not peer.session.is_open:
                return cors
            live = self.sessions.open(peer, peer.session, caller.name)
            peer.home = _Home(live.home)
            return (("mcp-session-id", live.token), *cors)

        # Only this engine's own word ends it, and that comes at once.
        await peer.exchange(value, PostChannel(exchange, form, STATUSES, headers))

    async def _find(self, exchange: Exchange, caller: Caller, cors: Headers) -> Live | None:
        """The session that a request names; without one the request is answered here."""
        tokens = exchange.request.header_values(SESSION_HEADER)
        if not tokens:
            error = InvalidRequest("Mcp-Session-Id is missing: send initialize first")
            await exchange.respond(error_response(400, None, error, cors))
            return None
        live = self.sessions.find(tokens[0], caller.name) if len(tokens) == 1 else None
        if live is None:
            error = InvalidRequest("Session not found: send initialize to open another")
            await exchange.respond(error_response(404, None, error, cors))
            return None
        if live.peer.home is None:
            live.peer.home = _Home(live.home)
        return live

    async def _take(self, exchange: Exchange, value: Any, live: Live, cors: Headers) -> None:
        """Notifications and answers to our own questions: nothing is said to them."""
        channel = PostChannel(exchange, _JSON, STATUSES, lambda: cors)
        if self._siblings is not None:
            # The call may run elsewhere. Answers to our questions are not passed on: each process
            # counts its questions for itself, so that one id may stand for two of them.
            for item in filter(_cancels, value if isinstance(value, list) else [value]):
                self._siblings.tell({"session": live.token, "said": item})
        await live.peer.exchange(value, channel)
        if not exchange.started:
            await exchange.respond(Response(202, b"", cors))

    async def _hear(self, note: Json) -> None:
        """What another process was told of a session."""
        token = note["session"]
        if note.get("ended"):
            await self.sessions.end_told(token)
        elif (live := self.sessions.live(token)) is not None:
            await live.peer.exchange(note["said"], _Home(live.home))

    async def _serve(
        self,
        exchange: Exchange,
        value: Any,
        live: Live,
        channel: ResumableChannel,
        cors: Headers,
    ) -> None:
        minded = self._minder.begin(exchange, gone=_stay, beat=channel.beat)
        live.in_use += 1
        try:
            await live.peer.exchange(value, channel)
        finally:
            live.in_use -= 1
            channel.finish()
            await self._minder.end(minded)
        await channel.conclude(stopped_response(value, cors) if self._is_stopping else None)

    async def _follow(
        self, exchange: Exchange, live: Live, log: EventLog, after: int | None, cors: Headers
    ) -> None:
        first = log.priming() if live.revision in PRIMED and after is None else HEARTBEAT
        live.in_use += 1
        self._streams += 1
        try:
            await exchange.start_stream(STREAM_HEADERS + cors, first=first)
            scope = anyio.CancelScope()
            minded = self._minder.begin(
                exchange, gone=scope.cancel, beat=lambda: exchange.write(HEARTBEAT)
            )
            try:
                with scope:
                    await log.follow(exchange.write, after)
            finally:
                await self._minder.end(minded)
            if not scope.cancel_called:
                await exchange.end()
        except PeerGoneError:
            pass
        finally:
            live.in_use -= 1
            self._streams -= 1


class _Home:
    """The channel for what belongs to no call: it is kept until a GET stream takes it."""

    request_headers: Headers = ()
    """None: no document comes in here."""

    def __init__(self, log: EventLog) -> None:
        self._log = log

    async def receive(self) -> Document | None:
        return None

    async def send(
        self, document: bytes, about: RequestId | None = None, reply: int | None = None
    ) -> None:
        if about is None and reply is None:
            self._log.add(document)

    async def release(self) -> None:
        """Nothing: no connection is held."""


_JSON = Form(json=True, stream=False)


def _stay() -> None:
    """A client that has gone cancels nothing: it may come back, or had only asked."""


def _opens(value: Any) -> bool:
    return isinstance(value, dict) and value.get("method") == "initialize" and "id" in value


def _cancels(value: Any) -> bool:
    return isinstance(value, dict) and value.get("method") == "notifications/cancelled"


def _has_request(value: Any) -> bool:
    """Whether a body may be answered: by a result, or by an error with an id of its own."""
    items = value if isinstance(value, list) else [value]
    return not items or any(
        isinstance(item, dict) and "id" in item and "method" in item for item in items
    )
