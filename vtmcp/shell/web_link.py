"""A server on Streamable HTTP: each message a POST, its answer a document or a stream.

One request is under way at a time. Must not be here: HTTP itself (`web`), what messages mean.
"""

from collections import deque
from collections.abc import Mapping
from typing import Any

import anyio

from vtmcp.conformance.http_client import Address
from vtmcp.conformance.http_headers import Standing, headers_for, session_headers
from vtmcp.protocol.codec import decode, encode
from vtmcp.protocol.errors import ParseError
from vtmcp.protocol.messages import Json
from vtmcp.protocol.sse import EventParser
from vtmcp.shell.faults import UnreachableError
from vtmcp.shell.web import Answer, request

RESUME_MAX = 20
"""How often the rest of one answer is asked for after the server closed its stream."""

PAUSE_S_MAX = 10.0
"""A server that asks for a longer pause before that is not taken at its word."""

END_S = 1.0
"""How long the end of a session is told; the answer is there already."""

SHOWN_CHARS_MAX = 300
"""How much of a body that is no message an error shows."""

NOT_AUTHORIZED = (401, 403)
"""These are about the caller, whatever was asked."""

_OLD = (
    "; if it is a server of the old HTTP+SSE transport, it is not spoken to here: use its"
    " Streamable HTTP address, or start it with --stdio"
)
_WHY = {
    401: "; give a token: MCP_AUTH_TOKEN, or --header 'Authorization=Bearer TOKEN'",
    404: "; is the path right? It often is /mcp",
    405: _OLD,
}


class StatusError(UnreachableError):
    """An answer of HTTP that is no message."""

    def __init__(self, status: int, text: str) -> None:
        said = f": {text[:SHOWN_CHARS_MAX]}" if text else ""
        super().__init__(f"the server answers with HTTP {status}{said}{_WHY.get(status, '')}")
        self.status = status


class WebLink:
    """A conversation at one address. Use it in an `async with` block."""

    greets = False

    def __init__(self, address: Address, headers: Mapping[str, str]) -> None:
        self._address = address
        self._headers = headers
        self._standing = Standing(is_modern=True)
        self._answer: Answer | None = None
        self._events = EventParser()
        self._waiting: deque[Any] = deque()
        self._resumed = 0

    async def send(self, message: Json, headers: Mapping[str, str]) -> None:
        """POST a message. Raises `StatusError` for an answer that is no message."""
        is_first = message.get("method") == "initialize"
        if is_first:
            self._standing = Standing(is_modern=False)
        wants_answer = "method" in message and "id" in message
        if wants_answer:
            await self._drop()
        posted = {**headers_for(message, self._standing), **headers}
        answer = await self._request("POST", posted, encode(message))
        if not wants_answer:
            await self._acknowledged(answer)
            return
        if is_first and (session_id := answer.headers.get("mcp-session-id")):
            self._standing = self._standing._replace(session_id=session_id)
        self._waiting.clear()
        self._resumed = 0
        await self._take(answer, message["id"])

    async def receive(self) -> Any:
        while not self._waiting:
            if self._answer is None:
                raise UnreachableError("the server's answer holds no answer to the question")
            chunk = await self._answer.chunk()
            if not chunk:
                await self._resume()
            for event in self._feed(chunk):
                # An event without data only says where the stream is.
                if event.strip():
                    self._waiting.append(_decoded(event))
        return self._waiting.popleft()

    def agree(self, version: str) -> None:
        self._standing = self._standing._replace(version=version)

    async def let_go(self) -> bool:
        """Close the stream of the answer, which in the stateless era cancels the call."""
        await self._drop()
        return self._standing.is_modern

    async def __aenter__(self) -> "WebLink":
        return self

    async def __aexit__(self, *error: object) -> None:
        """End the session, if there is one; whether the server likes that is no matter."""
        await self._drop()
        if self._standing.session_id is None:
            return
        with anyio.move_on_after(END_S, shield=True):
            try:
                answer = await self._request("DELETE", session_headers(self._standing))
            except UnreachableError:
                return
            await answer.aclose()

    async def _request(self, method: str, headers: Mapping[str, str], body: bytes = b"") -> Answer:
        ours = {name.lower() for name in headers}
        given = {name: value for name, value in self._headers.items() if name.lower() not in ours}
        return await request(self._address, method, {**given, **headers}, body)

    async def _acknowledged(self, answer: Answer) -> None:
        async with answer:
            if answer.status >= 400:
                text = (await answer.body()).decode("utf-8", "replace")
                raise StatusError(answer.status, text)

    async def _take(self, answer: Answer, request_id: object) -> None:
        """Make what can be received of an answer."""
        if answer.status < 300 and answer.media_type == "text/event-stream":
            self._answer, self._events = answer, EventParser()
            return
        async with answer:
            body = await answer.body()
        location = answer.headers.get("location")
        if answer.status < 300:
            said = _decoded(body)
        elif location and answer.status < 400:
            raise StatusError(answer.status, f"it is at {location} now")
        else:
            said = _refusal(answer.status, body, request_id)
        self._waiting.extend(said if isinstance(said, list) else [said])

    def _feed(self, chunk: bytes) -> list[bytes]:
        try:
            return [event.data for event in self._events.feed(chunk)]
        except ValueError as error:
            raise UnreachableError(str(error)) from None

    async def _resume(self) -> None:
        """Ask for what comes after the end of a stream. 2025-11-25 has servers close them early."""
        await self._drop()
        last = self._events.last_event_id
        self._resumed += 1
        if not last or self._standing.is_modern or self._resumed > RESUME_MAX:
            raise UnreachableError("the server closed the stream without an answer")
        await anyio.sleep(min((self._events.retry_ms or 0) / 1000, PAUSE_S_MAX))
        headers = {"Accept": "text/event-stream", "Last-Event-ID": last}
        answer = await self._request("GET", {**session_headers(self._standing), **headers})
        if answer.status != 200 or answer.media_type != "text/event-stream":
            await self._acknowledged(answer)
            raise UnreachableError("the server closed the stream without an answer")
        self._answer = answer

    async def _drop(self) -> None:
        answer, self._answer = self._answer, None
        if answer is not None:
            await answer.aclose()


def _decoded(document: bytes) -> Any:
    try:
        return decode(document)
    except ParseError:
        start = document[:SHOWN_CHARS_MAX].decode("utf-8", "replace") or "(nothing)"
        raise UnreachableError(f"what the server says is not JSON: {start}") from None


def _refusal(status: int, body: bytes, request_id: object) -> Any:
    """An error that is the answer to a request. Raises `StatusError` for any other body."""
    try:
        said = decode(body)
    except ParseError:
        said = None
    if isinstance(said, dict) and isinstance(said.get("error"), dict):
        if said.get("id") == request_id and status not in NOT_AUTHORIZED:
            return said
        message = said["error"].get("message")
        raise StatusError(status, message if isinstance(message, str) else "")
    raise StatusError(status, body.decode("utf-8", "replace").strip())
