"""The old transport, HTTP+SSE (MCP 2024-11-05): one stream per client, and POSTs beside it.

The stream's first event says where to POST; everything the server says goes out on the stream,
and its end is the end of the session. Must not be here: how a document is understood.
"""

import os
from collections.abc import Callable
from contextlib import suppress
from urllib.parse import parse_qs

import anyio
from anyio.streams.memory import MemoryObjectReceiveStream, MemoryObjectSendStream

from vtmcp.protocol.codec import decode
from vtmcp.protocol.errors import InvalidRequest, ParseError
from vtmcp.protocol.framing import Document
from vtmcp.protocol.messages import RequestId
from vtmcp.protocol.session import Session
from vtmcp.protocol.sse import event
from vtmcp.transports.access import Access, Caller
from vtmcp.transports.base import Channel, Kept, Peer
from vtmcp.transports.guards import Guard, accepts, is_json
from vtmcp.transports.http import Exchange
from vtmcp.transports.http_values import Headers, PeerGoneError, Response
from vtmcp.transports.minding import Minder
from vtmcp.transports.posts import HEARTBEAT, STREAM_HEADERS, error_response

STREAM_PATH = "/sse"
MESSAGE_PATH = "/message"

WAITING_MAX = 100
"""How many POSTed documents may wait for their session; then a POST waits."""

FIELDS_MAX = 10
"""How many fields a query may have: there is one of ours, and a proxy may add some."""

STREAMS_MAX = 5_000
"""How many streams may be open; each holds a connection and a session."""

_Posted = tuple[bytes, Headers]


class SseEndpoints:
    """Answers exchanges at both paths."""

    def __init__(
        self,
        conversation: Callable[[Channel | None, Session | None, str], Peer],
        *,
        guard: Guard,
        access: Access,
        minder: Minder,
    ) -> None:
        self._conversation = conversation
        self._guard = guard
        self._access = access
        self._minder = minder
        self._open: dict[str, _StreamChannel] = {}

    async def stream(self, exchange: Exchange) -> None:
        """`GET /sse`: a new session, for as long as its stream is read."""
        caller, cors = await self._admit(exchange, "GET")
        if caller is None:
            return
        if not accepts(exchange.request, "text/event-stream"):
            await _refuse(exchange, 406, "Accept must allow text/event-stream", cors)
            return
        if len(self._open) >= STREAMS_MAX:
            await _refuse(exchange, 503, "Too many sessions are open; try again later", cors)
            return
        name = os.urandom(16).hex()
        address = f"{MESSAGE_PATH}?sessionId={name}".encode()
        channel = self._open[name] = _StreamChannel(exchange, caller)
        try:
            await exchange.start_stream(
                STREAM_HEADERS + cors, first=event(address, name="endpoint")
            )
            await self._serve(exchange, channel)
        finally:
            del self._open[name]
            channel.drop()

    async def message(self, exchange: Exchange) -> None:
        """`POST /message?sessionId=...`: one document; what it leads to goes out on the stream."""
        caller, cors = await self._admit(exchange, "POST")
        if caller is None:
            return
        request = exchange.request
        name = _session_name(request.query)
        if not name:
            await _refuse(exchange, 400, "sessionId is missing: open the stream first", cors)
            return
        channel = self._open.get(name)
        if channel is None or channel.caller != caller:
            await _refuse(exchange, 404, "Session not found: open the stream again", cors)
            return
        if not is_json(request):
            await _refuse(exchange, 415, "Content-Type must be application/json in UTF-8", cors)
            return
        try:
            decode(request.body)
        except ParseError as error:
            await exchange.respond(error_response(400, None, error, cors))
            return
        if not await channel.deliver(request.body, request.headers):
            await _refuse(exchange, 404, "Session not found: it has just ended", cors)
            return
        headers = (("content-type", "text/plain"), *cors)
        await exchange.respond(Response(202, b"Accepted", headers))

    @property
    def kept(self) -> Kept:
        """What is open now: each session is its stream."""
        return Kept(len(self._open), len(self._open))

    async def finish(self) -> None:
        """Let every session end."""
        for channel in list(self._open.values()):
            channel.close()

    async def _admit(self, exchange: Exchange, method: str) -> tuple[Caller | None, Headers]:
        request = exchange.request
        refused = self._guard.check(request)
        if refused is not None:
            await exchange.respond(refused)
            return None, ()
        cors = self._guard.cors(request) if request.header("origin") is not None else ()
        if request.method == "OPTIONS" and cors:
            await exchange.respond(self._guard.preflight(request, ("GET", "POST")))
            return None, ()
        caller = await self._access.caller(request)
        if isinstance(caller, Response):
            await exchange.respond(caller._replace(headers=caller.headers + cors))
            return None, ()
        if request.method != method:
            headers = (("allow", method), *cors)
            await _refuse(exchange, 405, f"Method not allowed; accepted: {method}", headers)
            return None, ()
        return caller, cors

    async def _serve(self, exchange: Exchange, channel: "_StreamChannel") -> None:
        minded = self._minder.begin(exchange, gone=channel.drop, beat=channel.beat)
        try:
            await self._conversation(channel, None, channel.caller.name).run()
        finally:
            await self._minder.end(minded)
        if not channel.is_gone:
            with suppress(PeerGoneError):
                await exchange.end()


class _StreamChannel:
    """The stream of one session, and the documents that were POSTed to it."""

    def __init__(self, exchange: Exchange, caller: Caller) -> None:
        self.caller = caller
        self.is_gone = False
        self.request_headers: Headers = ()
        self._exchange = exchange
        self._posted: MemoryObjectSendStream[_Posted]
        self._incoming: MemoryObjectReceiveStream[_Posted]
        self._posted, self._incoming = anyio.create_memory_object_stream[_Posted](WAITING_MAX)

    async def receive(self) -> Document | None:
        try:
            document, self.request_headers = await self._incoming.receive()
        except (anyio.EndOfStream, anyio.ClosedResourceError):
            return None
        return document

    async def send(
        self, document: bytes, about: RequestId | None = None, reply: int | None = None
    ) -> None:
        if self.is_gone:
            return
        try:
            await self._exchange.write(event(document))
        except PeerGoneError:
            self.drop()

    async def release(self) -> None:
        """Nothing: there is no way back to a stream of this transport."""

    async def deliver(self, document: bytes, headers: Headers) -> bool:
        """Hand over a document with its request's headers; False when the session has ended."""
        try:
            await self._posted.send((document, headers))
        except (anyio.BrokenResourceError, anyio.ClosedResourceError):
            return False
        return True

    async def beat(self) -> None:
        await self._exchange.write(HEARTBEAT)

    def close(self) -> None:
        """Take no more documents; what runs may still be answered."""
        self._posted.close()

    def drop(self) -> None:
        """The client is gone, or the session is over."""
        self.is_gone = True
        self._posted.close()
        self._incoming.close()


def _session_name(query: str) -> str:
    """The one `sessionId` of a query; empty for none, for several, and for what is no query."""
    try:
        names = parse_qs(query, max_num_fields=FIELDS_MAX).get("sessionId", [])
    except ValueError:
        return ""
    return names[0] if len(names) == 1 else ""


async def _refuse(exchange: Exchange, status: int, message: str, headers: Headers) -> None:
    await exchange.respond(error_response(status, None, InvalidRequest(message), headers))
