"""Stateless requests over HTTP (MCP 2026-07-28): checked against their headers, then served.

Each request is a peer of its own and nothing is remembered; closing the response cancels it.
Must not be here: sessions, or what a method does.
"""

from collections.abc import Callable, Mapping
from typing import Any

import anyio

from vtmcp.protocol import requests
from vtmcp.protocol.errors import InvalidRequest, RpcError, UnsupportedVersion
from vtmcp.protocol.headers import VERSION_HEADER, check_request_headers, check_version_header
from vtmcp.protocol.messages import Malformed, Notification, Request, read_message
from vtmcp.protocol.versions import MODERN_NAMES, REVISIONS
from vtmcp.transports import http_values
from vtmcp.transports.access import Caller
from vtmcp.transports.base import Peer
from vtmcp.transports.http import Exchange
from vtmcp.transports.http_values import Headers, Response
from vtmcp.transports.minding import Minder
from vtmcp.transports.posts import Form, PostChannel, error_response, stopped_response

STATUSES: Mapping[int, int] = {
    -32700: 400,
    -32600: 400,
    -32601: 404,
    -32020: 400,
    -32021: 400,
    -32022: 400,
    403: 403,
}
"""The status of an error, where it is not 200 (MCP 2026-07-28, basic, "Error Codes")."""

NO_HEADERS: Mapping[tuple[str, ...], str] = {}


class ModernEndpoint:
    """POSTs of the stateless era."""

    def __init__(
        self,
        new_peer: Callable[[str], Peer],
        parameter_headers: Callable[[str], Mapping[tuple[str, ...], str]],
        *,
        minder: Minder,
    ) -> None:
        self._new_peer = new_peer
        self._parameter_headers = parameter_headers
        self._minder = minder
        self._is_stopping = False
        self._open: dict[Peer, tuple[Exchange, anyio.CancelScope]] = {}

    async def post(
        self, exchange: Exchange, value: Any, form: Form, caller: Caller, cors: Headers
    ) -> None:
        """Answer one POST whose body was read."""
        message = read_message(value)
        if isinstance(message, Notification):
            # A notification of the stateless era has nothing to be about: it is taken and ignored.
            await exchange.respond(unserved(exchange.request, cors) or Response(202, b"", cors))
            return
        if not isinstance(message, Request):
            refused = message.error if isinstance(message, Malformed) else _NO_RESPONSES
            request_id = message.id if isinstance(message, Malformed) else None
            await exchange.respond(error_response(400, request_id, refused, cors))
            return
        try:
            self._check(exchange, message)
        except RpcError as error:
            await exchange.respond(error_response(400, message.id, error, cors))
            return
        if message.method == "subscriptions/listen" and not form.stream:
            refused = InvalidRequest("A subscription is answered by text/event-stream only")
            await exchange.respond(error_response(406, message.id, refused, cors))
            return
        await self._serve(exchange, value, form, caller, cors)

    async def finish(self) -> None:
        """End what is under way: calls in their time, subscriptions with their result."""
        self._is_stopping = True
        async with anyio.create_task_group() as tasks:
            for peer, (exchange, scope) in self._open.items():
                tasks.start_soon(self._finish, peer, exchange, scope)

    def _check(self, exchange: Exchange, message: Request) -> None:
        # The order is the specification's: a header that differs is told before a version that is
        # not served, and a version that is missing before both.
        values = exchange.request.header_values
        version = requests.read_version(message.params)
        check_version_header(values(VERSION_HEADER.lower()), version)
        requests.read_client(message.params)
        annotated = NO_HEADERS
        if message.method == "tools/call" and isinstance(message.params.get("name"), str):
            annotated = self._parameter_headers(message.params["name"])
        check_request_headers(values, message, annotated)

    async def _serve(
        self, exchange: Exchange, value: Any, form: Form, caller: Caller, cors: Headers
    ) -> None:
        channel = PostChannel(exchange, form, STATUSES, lambda: cors)
        peer, scope = self._new_peer(caller.name), anyio.CancelScope()

        def gone() -> None:
            channel.is_gone = True
            scope.cancel()

        self._open[peer] = exchange, scope
        minded = self._minder.begin(exchange, gone=gone, beat=channel.beat)
        try:
            with scope:
                await peer.exchange(value, channel)
        finally:
            del self._open[peer]
            await self._minder.end(minded)
        await channel.conclude(stopped_response(value, cors) if self._is_stopping else None)

    async def _finish(self, peer: Peer, exchange: Exchange, scope: anyio.CancelScope) -> None:
        await peer.finish()
        if exchange.is_ended:
            # A subscription was answered, and is held open by nothing else.
            scope.cancel()


def unserved(request: http_values.Request, cors: Headers) -> Response | None:
    """The refusal of a request whose header names a revision of neither era."""
    version = request.header(VERSION_HEADER.lower())
    if version is None or version in REVISIONS:
        return None
    error = UnsupportedVersion(version, list(MODERN_NAMES))
    return error_response(400, None, error, cors)


_NO_RESPONSES = InvalidRequest("Invalid request: this revision has no requests to the client")
