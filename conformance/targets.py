"""Servers that can be tested: a command, an endpoint of Streamable HTTP, one of HTTP+SSE.

Must not be here: what is said to them.
"""

from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from typing import Protocol

from vtmcp.conformance import http_peer, sse_peer, stdio_peer
from vtmcp.conformance.http_client import Address
from vtmcp.conformance.http_headers import JSON_AND_STREAM
from vtmcp.conformance.http_peer import HttpPeer
from vtmcp.conformance.peer import Peer
from vtmcp.conformance.sse_peer import SsePeer
from vtmcp.conformance.vectors import HTTP, MODERN, SSE, STDIO


class Target(Protocol):
    """A server under test."""

    transport: str

    def opened(self, revision: str, *, listens: bool) -> AbstractAsyncContextManager[Peer]:
        """A conversation of its own. With `listens`, what belongs to no request is read, too."""

    async def facts(self, peer: Peer) -> set[str]:
        """What the transport offers, learnt from a conversation that may end by it."""


class StdioTarget:
    """A command; each conversation starts it anew.

    `exit_s` is how long it may take to end.
    """

    transport = STDIO

    def __init__(self, command: Sequence[str], *, exit_s: float) -> None:
        self._command = command
        self._exit_s = exit_s

    def opened(self, revision: str, *, listens: bool) -> AbstractAsyncContextManager[Peer]:
        """Start it."""
        return stdio_peer.started(self._command, exit_s=self._exit_s)

    async def facts(self, peer: Peer) -> set[str]:
        """Nothing that differs from server to server."""
        return set()


class HttpTarget:
    """An endpoint of Streamable HTTP, and the headers that the user gives to each request."""

    transport = HTTP

    def __init__(self, address: Address, headers: Mapping[str, str]) -> None:
        self._address = address
        self._headers = headers

    @asynccontextmanager
    async def opened(self, revision: str, *, listens: bool) -> AsyncIterator[Peer]:
        """Begin a conversation; a connection is made with each message."""
        async with http_peer.opened(
            self._address, self._headers, is_modern=revision == MODERN, listens=listens
        ) as peer:
            yield peer

    async def facts(self, peer: Peer) -> set[str]:
        """`sessions`, `get stream`, `event ids`, `delete`, `auth`, `loopback`."""
        assert isinstance(peer, HttpPeer)
        is_in_session = peer.standing.session_id is not None
        offers = {
            "auth": await is_guarded(peer, "POST", JSON_AND_STREAM),
            "loopback": peer.address.is_loopback,
            "get stream": peer.offers_stream,
            "event ids": peer.offers_event_ids,
            "sessions": is_in_session,
            "delete": is_in_session and 200 <= await peer.end_session(peer.standing) < 300,
        }
        return {word for word, is_there in offers.items() if is_there}


class SseTarget:
    """A stream of HTTP+SSE, and the headers that the user gives to each request."""

    transport = SSE

    def __init__(self, address: Address, headers: Mapping[str, str]) -> None:
        self._address = address
        self._headers = headers

    @asynccontextmanager
    async def opened(self, revision: str, *, listens: bool) -> AsyncIterator[Peer]:
        """Open a stream."""
        async with sse_peer.opened(self._address, self._headers) as peer:
            yield peer

    async def facts(self, peer: Peer) -> set[str]:
        """`auth`, `loopback`."""
        assert isinstance(peer, SsePeer)
        found = {"auth"} if await is_guarded(peer, "GET", "text/event-stream") else set()
        return found | ({"loopback"} if peer.address.is_loopback else set())


async def is_guarded(peer: HttpPeer | SsePeer, method: str, accept: str) -> bool:
    """Whether a request without the user's headers is not authorized."""
    headers = {"Accept": accept, "Content-Type": "application/json"}
    body = b'{"jsonrpc":"2.0","id":"who","method":"ping"}' if method == "POST" else b""
    async with peer.exchange(method, "", headers, body, as_is=True) as reply:
        status = reply.status
    return status == 401
