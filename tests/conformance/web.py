"""A server of HTTP that answers as it is told: a function from a request to parts of bytes.

`HOLD` as a part keeps the connection open until the client closes it; the closing is counted.
"""

import json
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager, suppress
from typing import Any, NamedTuple

import anyio
from anyio.abc import SocketAttribute, SocketStream

HOLD = b"\x00hold"

REASON = {200: "OK"}


class Received(NamedTuple):
    """A request, taken apart."""

    method: str
    path: str
    headers: dict[str, str]
    body: bytes

    @property
    def message(self) -> Any:
        """The body as JSON, or an empty object."""
        try:
            return json.loads(self.body)
        except ValueError:
            return {}


Answers = Callable[[Received], Sequence[bytes]]


class Web:
    """Where the server is, what it was asked, and how many answers the client closed."""

    def __init__(self, answer: Answers) -> None:
        self.answer = answer
        self.received: list[Received] = []
        self.origin = ""
        self.closed = 0
        self.has_closed = anyio.Event()

    async def serve(self, stream: SocketStream) -> None:
        """One connection, one request."""
        with suppress(anyio.BrokenResourceError, anyio.EndOfStream):
            async with stream:
                received = await _read(stream)
                self.received.append(received)
                for part in self.answer(received):
                    if part == HOLD:
                        await self._hold(stream)
                    else:
                        await stream.send(part)

    async def _hold(self, stream: SocketStream) -> None:
        with suppress(anyio.BrokenResourceError, anyio.EndOfStream):
            await stream.receive()
        self.closed += 1
        self.has_closed.set()


@asynccontextmanager
async def web(answer: Answers) -> AsyncIterator[Web]:
    """Serve on a free port."""
    server = Web(answer)
    async with (
        await anyio.create_tcp_listener(local_host="127.0.0.1") as listener,
        anyio.create_task_group() as tasks,
    ):
        server.origin = f"http://127.0.0.1:{listener.extra(SocketAttribute.local_port)}"
        tasks.start_soon(listener.serve, server.serve)
        yield server
        tasks.cancel_scope.cancel()


def head(status: int = 200, /, **headers: str) -> bytes:
    """The head of an answer; underscores in names stand for dashes."""
    lines = [f"HTTP/1.1 {status} {REASON.get(status, 'Status')}"]
    lines += [f"{name.replace('_', '-')}: {value}" for name, value in headers.items()]
    return "\r\n".join([*lines, "", ""]).encode()


def document(value: Any, status: int = 200, **headers: str) -> list[bytes]:
    """An answer that is one document."""
    body = value if isinstance(value, bytes) else json.dumps(value).encode()
    length = str(len(body))
    return [head(status, content_type="application/json", content_length=length, **headers), body]


def accepted(status: int = 202) -> list[bytes]:
    """An answer without a body."""
    return [head(status, content_length="0")]


def stream(*events: Any, **headers: str) -> list[bytes]:
    """An answer that is a stream; each event is a message, or its text as it is, or `HOLD`."""
    parts = [head(content_type="text/event-stream", **headers)]
    for event in events:
        text = event if isinstance(event, bytes) else f"data: {json.dumps(event)}\n\n".encode()
        parts.append(text)
    return parts


def result(received: Received, **members: Any) -> dict[str, Any]:
    """A result for the request in the body."""
    return {"jsonrpc": "2.0", "id": received.message.get("id"), "result": members}


async def _read(stream: SocketStream) -> Received:
    data = b""
    while b"\r\n\r\n" not in data:
        data += await stream.receive()
    before, _, body = data.partition(b"\r\n\r\n")
    first, *lines = before.decode().split("\r\n")
    pairs = (line.partition(":") for line in lines)
    headers = {name.lower(): value.strip() for name, _, value in pairs}
    while len(body) < int(headers.get("content-length", 0)):
        body += await stream.receive()
    method, path, _ = first.split(" ")
    return Received(method, path, headers, body)
