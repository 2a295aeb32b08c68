"""The endpoint of Streamable HTTP: who is answered, and by which era's rules.

The order of checks is that of MCP 2026-07-28, basic/transports/streamable-http, "Server
Validation". Must not be here: what a session is (`streamable_legacy`), or how a stateless request
is checked (`streamable_modern`).
"""

from functools import lru_cache
from typing import Any

import anyio

from vtmcp.protocol.codec import decode
from vtmcp.protocol.errors import InvalidRequest, ParseError
from vtmcp.protocol.requests import PROTOCOL_VERSION
from vtmcp.protocol.versions import LEGACY_NAMES
from vtmcp.transports.access import Access, Caller
from vtmcp.transports.base import Host, Kept, Siblings
from vtmcp.transports.guards import Guard, accepts, is_json, refusal
from vtmcp.transports.http import Exchange
from vtmcp.transports.http_values import Headers, Request, Response
from vtmcp.transports.minding import Minder
from vtmcp.transports.posts import Form, error_response
from vtmcp.transports.streamable_legacy import LegacyEndpoint
from vtmcp.transports.streamable_modern import ModernEndpoint, unserved

ALLOWED = "GET, POST, DELETE"


class StreamableEndpoint:
    """Answers exchanges at the endpoint's path."""

    def __init__(
        self,
        host: Host,
        *,
        guard: Guard,
        access: Access,
        minder: Minder,
        session_key: bytes,
        siblings: Siblings | None = None,
    ) -> None:
        self._guard = guard
        self._access = access
        self._legacy = LegacyEndpoint(
            host.conversation, minder=minder, key=session_key, siblings=siblings
        )
        self._modern = ModernEndpoint(
            lambda caller: host.conversation(None, None, caller),
            host.parameter_headers,
            minder=minder,
        )

    async def handle(self, exchange: Exchange) -> None:
        """Answer one request."""
        request = exchange.request
        refused = self._guard.check(request)
        if refused is not None:
            await exchange.respond(refused)
            return
        cors = self._guard.cors(request) if request.header("origin") is not None else ()
        if request.method == "OPTIONS" and cors:
            await exchange.respond(self._guard.preflight(request))
            return
        caller = await self._access.caller(request)
        if isinstance(caller, Response):
            await exchange.respond(caller._replace(headers=caller.headers + cors))
            return
        match request.method:
            case "POST":
                await self._post(exchange, caller, cors)
            case "GET" if not _names_modern(request):
                await self._legacy.get(exchange, caller, cors)
            case "DELETE" if not _names_modern(request):
                await self._legacy.delete(exchange, caller, cors)
            case "GET" | "DELETE":
                await exchange.respond(unserved(request, cors) or _not_allowed("POST", cors))
            case _:
                await exchange.respond(_not_allowed(ALLOWED, cors))

    @property
    def kept(self) -> Kept:
        """What is open now; the stateless era keeps nothing."""
        return self._legacy.kept

    async def finish(self) -> None:
        """End what is under way: calls in their time, and all streams."""
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(self._legacy.finish)
            tasks.start_soon(self._modern.finish)

    async def _post(self, exchange: Exchange, caller: Caller, cors: Headers) -> None:
        request = exchange.request
        form = _form(tuple(request.header_values("accept")))
        if not is_json(request):
            await exchange.respond(
                _refused(415, "Content-Type must be application/json in UTF-8", cors)
            )
            return
        if not (form.json or form.stream):
            wanted = "Accept must allow application/json or text/event-stream"
            await exchange.respond(_refused(406, wanted, cors))
            return
        try:
            value = decode(request.body)
        except ParseError as error:
            await exchange.respond(error_response(400, None, error, cors))
            return
        if _is_modern(request, value):
            await self._modern.post(exchange, value, form, caller, cors)
        else:
            await self._legacy.post(exchange, value, form, caller, cors)


def _is_modern(request: Request, value: Any) -> bool:
    if isinstance(value, dict):
        params = value.get("params")
        meta = params.get("_meta") if isinstance(params, dict) else None
        if isinstance(meta, dict) and PROTOCOL_VERSION in meta:
            return True
    return _names_modern(request)


def _names_modern(request: Request) -> bool:
    version = request.header("mcp-protocol-version")
    return version is not None and version not in LEGACY_NAMES


@lru_cache(maxsize=256)
def _form(accept: tuple[str, ...]) -> Form:
    request = Request("POST", "/", "", tuple(("accept", value) for value in accept))
    return Form(
        json=accepts(request, "application/json"), stream=accepts(request, "text/event-stream")
    )


def _refused(status: int, message: str, headers: Headers) -> Response:
    response = refusal(status, message)
    return response._replace(headers=response.headers + headers)


def _not_allowed(methods: str, cors: Headers) -> Response:
    error = InvalidRequest(f"Method not allowed; accepted: {methods}")
    return error_response(405, None, error, (("allow", methods), *cors))
