"""A conversation with a server, in whichever era it speaks; one request at a time.

Must not be here: how documents travel, or how an answer is shown.
"""

from collections.abc import Mapping
from typing import Any, Protocol

import anyio

from vtmcp import __version__
from vtmcp.conformance.http_headers import encoded
from vtmcp.protocol.codec import encode
from vtmcp.protocol.errors import LocalProtocolError
from vtmcp.protocol.messages import Json
from vtmcp.protocol.requests import (
    CLIENT_CAPABILITIES,
    CLIENT_INFO,
    LOG_LEVEL,
    PROTOCOL_VERSION,
)
from vtmcp.protocol.versions import LATEST_LEGACY, LEGACY_NAMES, MODERN
from vtmcp.shell.faults import Fault, RefusedError, UnreachableError
from vtmcp.shell.links import Link
from vtmcp.shell.web_link import NOT_AUTHORIZED, StatusError

PROBE_S = 10.0
"""How long the first question of the stateless era is waited for; older servers may keep silent."""

PAGES_MAX = 200
"""A longer list is no list for a person, or has no end."""

CANCEL_S = 1.0
"""How long a cancelled call may take to be told to the server."""

IDENTITY = {"name": "vtmcp shell", "version": __version__}

_METHOD_NOT_FOUND = -32601


class Told(Protocol):
    """Who hears what a server says while it works."""

    def progress(self, text: str) -> None:
        """How far it is."""

    def log(self, level: str, text: str) -> None:
        """What it logs."""


class Client:
    """One conversation. Methods raise `RefusedError` for a no, `UnreachableError` for nonsense."""

    def __init__(self, link: Link, told: Told, *, log_level: str = "") -> None:
        self._link = link
        self._told = told
        self._log_level = log_level
        self._is_modern = False
        self._last_id = 0

    async def open(self) -> None:
        """Find the era that both speak: greet, or ask; and the other when that is refused."""
        if not self._link.greets:
            if not await self._discover():
                await self._initialize()
            return
        try:
            await self._initialize()
        except RefusedError as refused:
            if not await self._discover():
                raise refused from None

    async def request(
        self, method: str, params: Json, *, headers: Mapping[str, str] | None = None
    ) -> Json:
        """Send a request and return its result."""
        self._last_id += 1
        request_id = self._last_id
        meta: Json = {"progressToken": request_id} if method == "tools/call" else {}
        if self._is_modern:
            meta |= self._modern_meta()
        message = {"jsonrpc": "2.0", "id": request_id, "method": method}
        message["params"] = {**params, "_meta": meta} if meta else params
        try:
            await self._link.send(message, headers or {})
            result = await self._answer_to(request_id, method)
        except anyio.get_cancelled_exc_class():
            with anyio.move_on_after(CANCEL_S, shield=True):
                await self._cancel(request_id, method)
            raise
        kind = result.get("resultType", "complete")
        if kind == "input_required":
            asked = result.get("inputRequests")
            methods = _methods(asked) if isinstance(asked, dict) else ""
            raise RefusedError(f"the server asks back{methods}, which a shell cannot answer")
        if kind != "complete":
            raise RefusedError(f"the server answers with {kind!r}, which a shell cannot follow")
        return result

    async def list_all(self, method: str, member: str) -> list[Json]:
        """All pages of a list; only objects that have a name or an address."""
        found: list[Json] = []
        cursor: Any = None
        for _ in range(PAGES_MAX):
            result = await self.request(method, {} if cursor is None else {"cursor": cursor})
            items = result.get(member)
            if not isinstance(items, list):
                raise UnreachableError(f"the answer to {method} has no list of {member}")
            found += [each for each in items if isinstance(each, dict)]
            previous, cursor = cursor, result.get("nextCursor")
            if not isinstance(cursor, str):
                return found
            if cursor == previous:
                break
        raise UnreachableError(f"the answer to {method} has no end")

    async def call(self, tool: Json, arguments: Json) -> Json:
        """Call a tool that `tools/list` told of, and return the whole result."""
        headers = _parameter_headers(tool, arguments) if self._is_modern else {}
        params = {"name": tool["name"], "arguments": arguments}
        return await self.request("tools/call", params, headers=headers)

    async def _discover(self) -> bool:
        """Ask in the stateless era; whether that is spoken.

        Older servers make of it what they like: they refuse, keep silent, or answer nonsense.
        """
        self._is_modern = True
        try:
            with anyio.fail_after(PROBE_S):
                found = await self.request("server/discover", {})
            versions = found.get("supportedVersions")
            self._is_modern = isinstance(versions, list) and MODERN.name in versions
        except (Fault, TimeoutError) as error:
            if isinstance(error, StatusError) and error.status in NOT_AUTHORIZED:
                raise
            self._is_modern = False
        return self._is_modern

    async def _initialize(self) -> None:
        greeting = {
            "protocolVersion": LATEST_LEGACY,
            "capabilities": {},
            "clientInfo": IDENTITY,
        }
        result = await self.request("initialize", greeting)
        version = result.get("protocolVersion")
        if version not in LEGACY_NAMES:
            raise UnreachableError(f"the server speaks another revision of MCP: {version!r}")
        self._link.agree(version)
        await self._notify("notifications/initialized", {})
        capabilities = result.get("capabilities")
        if self._log_level and isinstance(capabilities, dict) and "logging" in capabilities:
            await self.request("logging/setLevel", {"level": self._log_level})

    async def _answer_to(self, request_id: int, method: str) -> Json:
        while True:
            received = await self._link.receive()
            for message in received if isinstance(received, list) else [received]:
                if not isinstance(message, dict):
                    raise UnreachableError("what the server says is no message of MCP")
                if "method" in message:
                    await self._heard(message, request_id)
                elif message.get("id") == request_id:
                    return _result(message, method)

    async def _heard(self, message: Json, request_id: int) -> None:
        """Take in what is no answer; of the server's own requests a shell only knows `ping`."""
        method, params = message["method"], message.get("params")
        if "id" in message:
            answer: Json = {"jsonrpc": "2.0", "id": message["id"]}
            if method == "ping":
                answer["result"] = {}
            else:
                answer["error"] = {"code": _METHOD_NOT_FOUND, "message": "A shell cannot do this"}
            await self._link.send(answer, {})
        elif not isinstance(params, dict):
            return
        elif method == "notifications/progress" and params.get("progressToken") == request_id:
            self._told.progress(_progress_text(params))
        elif method == "notifications/message":
            self._told.log(str(params.get("level")), _plain(params.get("data")))

    async def _notify(self, method: str, params: Json) -> None:
        await self._link.send({"jsonrpc": "2.0", "method": method, "params": params}, {})

    async def _cancel(self, request_id: int, method: str) -> None:
        # The greeting must not be cancelled, and what only lists is soon over.
        is_over = await self._link.let_go() and self._is_modern
        if is_over or method == "initialize":
            return
        try:
            await self._notify("notifications/cancelled", {"requestId": request_id})
        except UnreachableError:
            return

    def _modern_meta(self) -> Json:
        meta: Json = {
            PROTOCOL_VERSION: MODERN.name,
            CLIENT_CAPABILITIES: {},
            CLIENT_INFO: IDENTITY,
        }
        return {**meta, LOG_LEVEL: self._log_level} if self._log_level else meta


def _result(message: Json, method: str) -> Json:
    error, result = message.get("error"), message.get("result")
    if isinstance(error, dict):
        text = error.get("message")
        said = text if isinstance(text, str) and text else f"error {error.get('code')}"
        raise RefusedError(f"{method}: {said}")
    if not isinstance(result, dict):
        raise UnreachableError(f"the answer to {method} has neither a result nor an error")
    return result


def _parameter_headers(tool: Json, arguments: Json) -> dict[str, str]:
    """The arguments that are repeated in headers (`x-mcp-header`).

    Raises `RefusedError` for a tool that breaks the rules of it: it must not be called.
    """
    from vtmcp.protocol.headers import parameter_headers  # noqa: PLC0415 - calls only

    try:
        paths = parameter_headers(tool.get("inputSchema", {}))
    except LocalProtocolError as error:
        raise RefusedError(f"the schema of {tool['name']} is unusable: {error}") from None
    headers = {}
    for path, name in paths.items():
        value: Any = arguments
        for step in path:
            value = value.get(step) if isinstance(value, dict) else None
        if isinstance(value, str | int | float):
            headers[name] = encoded(_plain(value))
    return headers


def _methods(asked: Json) -> str:
    methods = {str(each.get("method")) for each in asked.values() if isinstance(each, dict)}
    return f" ({', '.join(sorted(methods))})" if methods else ""


def _progress_text(params: Json) -> str:
    """`3/10 reading`, as far as it is said."""
    done, total, said = params.get("progress"), params.get("total"), params.get("message")
    count = f"{done:g}" if isinstance(done, int | float) else ""
    if count and isinstance(total, int | float):
        count += f"/{total:g}"
    return " ".join(each for each in (count, said) if isinstance(each, str) and each)


def _plain(value: Any) -> str:
    """A string as it is, anything else as JSON."""
    return value if isinstance(value, str) else encode(value).decode()
