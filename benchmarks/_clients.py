"""Clients that cost little: raw HTTP on asyncio, so that the server is what is measured.

Must not be here: processes, what is measured.
"""

import asyncio
import json
import re
import time
from collections.abc import Mapping
from functools import partial
from typing import Any, NamedTuple

HOST = "127.0.0.1"

LEGACY = "2025-11-25"
MODERN = "2026-07-28"

CONNECTIONS = 16

FIRST_ID = 1_000
"""The id in each request, until `numbered` gives it another of the same length."""

WARM_S = 0.2
"""Runs before counting: first calls load what only calls need."""

ANSWER_S = 10.0
"""So long the last answers may take."""

ANSWER_BYTES_MAX = 4 * 1024 * 1024
"""No answer here is near it; a server that never ends one is found out."""

_LENGTH = re.compile(rb"\r\ncontent-length: *(\d+)", re.IGNORECASE)
_SESSION = re.compile(rb"\r\nmcp-session-id: *(\S+)", re.IGNORECASE)


class Rate(NamedTuple):
    """What a load came to, between two instants."""

    requests: int
    seconds: float
    requests_in_all: int
    """With those before and after: what processor time has to be shared among."""
    refused: bytes
    """The beginning of an answer that was no result, if there was one."""

    @property
    def per_second(self) -> float:
        """Requests answered a second."""
        return self.requests / self.seconds


class Caller(asyncio.Protocol):
    """One connection that asks again as soon as it is answered."""

    def __init__(self, request: bytes) -> None:
        self.answered = 0
        self.refused = b""
        self.is_over = False
        self.is_idle = asyncio.Event()
        self._request = request
        self._received = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self.transport = transport
        transport.write(self._request)

    def data_received(self, chunk: bytes) -> None:
        self._received += chunk
        while (length := answer_bytes(self._received)) is not None:
            self.answered += 1
            if not is_good(self._received[:length]):
                self.refused = self._received[:length]
            self._received = self._received[length:]
            if self.is_over:
                self.is_idle.set()
            else:
                self.transport.write(self._request)


def answer_bytes(received: bytes) -> int | None:
    """The length of the whole answer that these bytes begin with, or None."""
    end = received.find(b"\r\n\r\n")
    if end < 0:
        return None
    match = _LENGTH.search(received, 0, end)
    if match is None or int(match[1]) > ANSWER_BYTES_MAX:
        raise ValueError(f"an answer without a length that is usable: {received[:end]!r}")
    length = end + 4 + int(match[1])
    return length if len(received) >= length else None


def is_good(answer: bytes) -> bool:
    """Whether an answer is a result: its status 200, no error and no failed tool in it."""
    return (
        answer.startswith(b"HTTP/1.1 200")
        and b'"error":{' not in answer
        and b'"isError":true' not in answer
    )


async def load(port: int, request: bytes, seconds: float) -> Rate:
    """Ask on all connections at once, each without a pause, and count the answers."""
    loop = asyncio.get_running_loop()
    connecting = (
        loop.create_connection(partial(Caller, numbered(request, number)), HOST, port)
        for number in range(CONNECTIONS)
    )
    callers = [caller for _, caller in await asyncio.gather(*connecting)]
    await asyncio.sleep(WARM_S)
    before, begun = sum(caller.answered for caller in callers), time.perf_counter()
    await asyncio.sleep(seconds)
    counted, ended = sum(caller.answered for caller in callers), time.perf_counter()
    # What is under way is waited for: some servers end a session whose request is cut off.
    for caller in callers:
        caller.is_over = True
    async with asyncio.timeout(ANSWER_S):
        await asyncio.gather(*(caller.is_idle.wait() for caller in callers))
    for caller in callers:
        caller.transport.close()
    refused = next((caller.refused[:500] for caller in callers if caller.refused), b"")
    in_all = sum(caller.answered for caller in callers)
    return Rate(counted - before, ended - begun, in_all, refused)


async def ask(port: int, request: bytes) -> bytes:
    """The whole answer to one request on a connection of its own."""
    reader, writer = await asyncio.open_connection(HOST, port)
    writer.write(request)
    received = b""
    while (length := answer_bytes(received)) is None:
        chunk = await reader.read(65_536)
        if not chunk:
            raise ValueError(f"the connection ended after {received[:200]!r}")
        received += chunk
    writer.close()
    return received[:length]


async def open_session(port: int) -> str:
    """Open a legacy session; its id."""
    params = {
        "protocolVersion": LEGACY,
        "capabilities": {},
        "clientInfo": {"name": "benchmark", "version": "1"},
    }
    match = _SESSION.search(await ask(port, post(port, "initialize", params)))
    assert match is not None, "the server opened no session"
    session = match[1].decode()
    # Its answer is 202 without a body, which is what some servers give no length for.
    reader, writer = await asyncio.open_connection(HOST, port)
    writer.write(legacy(port, session, "notifications/initialized"))
    await reader.readuntil(b"\r\n\r\n")
    writer.close()
    return session


def legacy(port: int, session: str, method: str, params: Any = None) -> bytes:
    """A request, or a notification, in a session."""
    headers = {"Mcp-Session-Id": session, "MCP-Protocol-Version": LEGACY}
    return post(port, method, params, headers)


def modern(port: int, method: str, params: Mapping[str, Any], name: str = "") -> bytes:
    """A request that stands for itself."""
    meta = {
        "io.modelcontextprotocol/protocolVersion": MODERN,
        "io.modelcontextprotocol/clientInfo": {"name": "benchmark", "version": "1"},
        "io.modelcontextprotocol/clientCapabilities": {},
    }
    headers = {"MCP-Protocol-Version": MODERN, "Mcp-Method": method}
    if name:
        headers["Mcp-Name"] = name
    return post(port, method, {**params, "_meta": meta}, headers)


def post(
    port: int, method: str, params: Any = None, headers: Mapping[str, str] | None = None
) -> bytes:
    """One POST as bytes."""
    message: dict[str, Any] = {"jsonrpc": "2.0", "method": method}
    if not method.startswith("notifications/"):
        message["id"] = FIRST_ID
    if params is not None:
        message["params"] = params
    body = json.dumps(message, separators=(",", ":")).encode()
    all_headers = {
        "Host": f"{HOST}:{port}",
        "Accept": "application/json, text/event-stream",
        "Content-Type": "application/json",
        "User-Agent": "benchmark",
        **(headers or {}),
        "Content-Length": str(len(body)),
    }
    lines = "".join(f"{name}: {value}\r\n" for name, value in all_headers.items())
    return f"POST /mcp HTTP/1.1\r\n{lines}\r\n".encode() + body


def numbered(request: bytes, number: int) -> bytes:
    """A request with an id of its own: in a session no two under way may have the same."""
    return request.replace(b'"id":%d' % FIRST_ID, b'"id":%d' % (FIRST_ID + number))


def get(port: int, session: str) -> bytes:
    """The request for a session's own stream."""
    return (
        f"GET /mcp HTTP/1.1\r\nHost: {HOST}:{port}\r\nAccept: text/event-stream\r\n"
        f"Mcp-Session-Id: {session}\r\nMCP-Protocol-Version: {LEGACY}\r\n\r\n"
    ).encode()
