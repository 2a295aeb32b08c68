"""Servers for a client in a shell: our own over HTTP, and others that say what a test has them say.

They run in a thread of their own, since a command has its event loop to itself.
"""

import json
import shlex
import ssl
import sys
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from typing import Any, NamedTuple

import anyio
from anyio.abc import ByteStream
from anyio.from_thread import start_blocking_portal
from anyio.streams.tls import TLSListener

from vtmcp.server import Server
from vtmcp.web import Web, WebOptions

GREETING = {
    "protocolVersion": "2025-11-25",
    "capabilities": {"tools": {}},
    "serverInfo": {"name": "tested", "version": "1"},
}
TOOL = {"name": "say", "inputSchema": {"type": "object", "properties": {"text": {}}}}


class Asked(NamedTuple):
    """One request over HTTP."""

    method: str
    headers: dict[str, str]
    message: Any

    @property
    def about(self) -> str:
        """The method of the message, or of HTTP where there is none."""
        return self.message.get("method", "") if self.message else self.method


Answer = Callable[[Asked], bytes]
"""The whole response to a request, as bytes on the wire."""


@contextmanager
def scripted(
    answer: Answer,
    *,
    tls: ssl.SSLContext | None = None,
    goes_on: Callable[[], bytes] | None = None,
    stays: bool = False,
) -> Iterator[tuple[str, list[Asked]]]:
    """A server by a script: its address, and what it is asked.

    With `goes_on`, each response is followed by what that returns, again and again; with `stays`
    by nothing, until the client leaves.
    """
    asked: list[Asked] = []

    async def handle(stream: ByteStream) -> None:
        try:
            async with stream:
                asked.append(await _asked(stream))
                await stream.send(answer(asked[-1]))
                if stays:
                    await stream.receive()
                while goes_on is not None:
                    await stream.send(goes_on())
        except (anyio.BrokenResourceError, anyio.EndOfStream):
            return

    @asynccontextmanager
    async def listening() -> AsyncIterator[int]:
        listener: Any = await anyio.create_tcp_listener(local_host="127.0.0.1")
        port = listener.listeners[0].extra(anyio.abc.SocketAttribute.local_port)
        if tls is not None:
            listener = TLSListener(listener, tls, standard_compatible=False)
        async with listener, anyio.create_task_group() as tasks:
            tasks.start_soon(listener.serve, handle)
            yield port
            tasks.cancel_scope.cancel()

    with start_blocking_portal() as portal, portal.wrap_async_context_manager(listening()) as port:
        scheme = "http" if tls is None else "https"
        yield f"{scheme}://localhost:{port}/mcp" if tls else f"http://127.0.0.1:{port}/mcp", asked


@contextmanager
def served(server: Server, options: WebOptions = WebOptions()) -> Iterator[str]:  # noqa: B008 - immutable
    """One of our own servers over HTTP; its address."""
    found: list[int] = []

    @asynccontextmanager
    async def listening() -> AsyncIterator[str]:
        told = options._replace(
            port=0,
            host="127.0.0.1",
            listening=lambda addresses, path: found.append(addresses[0].port),
        )
        web = Web(server, told)
        listening = await web.listen()
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(web.serve, listening)
            while not found:
                await anyio.lowlevel.checkpoint()
            yield f"http://127.0.0.1:{found[0]}"
            web.stop()

    with start_blocking_portal() as portal, portal.wrap_async_context_manager(listening()) as url:
        yield url


def http(body: bytes, status: str = "200 OK", **headers: str) -> bytes:
    """A response of a known length."""
    fields = {"Content-Type": "application/json", **headers, "Content-Length": str(len(body))}
    lines = "".join(f"{name.replace('_', '-')}: {value}\r\n" for name, value in fields.items())
    return f"HTTP/1.1 {status}\r\n{lines}\r\n".encode() + body


def stream(*events: bytes) -> bytes:
    """A response that is a stream, and ends with the connection."""
    head = b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n\r\n"
    return head + b"".join(events)


def event(message: Any, event_id: str = "") -> bytes:
    """An event with a message, or without any data for none."""
    data = json.dumps(message) if message is not None else ""
    return (f"id: {event_id}\n" if event_id else "").encode() + f"data: {data}\n\n".encode()


def result(asked: Asked, result: Any) -> bytes:
    """A response that is the answer to a request, and the acknowledgement of anything else."""
    if "id" not in asked.message:
        return http(b"", "202 Accepted")
    return http(json.dumps(answer_to(asked.message, result)).encode())


def answer_to(message: Any, result: Any) -> Any:
    return {"jsonrpc": "2.0", "id": message["id"], "result": result}


def legacy(call: Answer) -> Answer:
    """A server that must be greeted, with one tool; what it makes of a call is `call`."""

    def answer(asked: Asked) -> bytes:
        match asked.about:
            case "initialize":
                message = json.dumps(answer_to(asked.message, GREETING)).encode()
                return http(message, Mcp_Session_Id="s1")
            case "tools/list":
                return result(asked, {"tools": [TOOL]})
            case "tools/call" | "GET":
                return call(asked)
            case "DELETE":
                return http(b"", "204 No Content")
            case "server/discover":
                return http(b"what?", "400 Bad Request")
        return http(b"", "202 Accepted")

    return answer


def text(said: str, **more: Any) -> Any:
    """The result of a call."""
    return {"content": [{"type": "text", "text": said}], **more}


STDIO = """
import json, sys
def say(message): print(json.dumps(message), flush=True)
def hear():
    line = sys.stdin.readline()
    if not line: sys.exit()
    return json.loads(line)
def answer(message, result): say({"jsonrpc": "2.0", "id": message["id"], "result": result})
def greet():
    answer(hear(), GREETING)
    hear()
def list_tools(): answer(hear(), {"tools": [TOOL]})
"""


def stdio(server: str) -> str:
    """The command of a server over stdio, by its source; `hear`, `say`, `answer` are its words."""
    source = f"GREETING = {GREETING!r}\nTOOL = {TOOL!r}\n{STDIO}\n{server}"
    return shlex.join([sys.executable, "-c", source])


async def _asked(stream: ByteStream) -> Asked:
    got = bytearray()
    while b"\r\n\r\n" not in got:
        got += await stream.receive()
    head, _, body = bytes(got).partition(b"\r\n\r\n")
    first, *lines = head.decode().split("\r\n")
    headers = {name.lower(): value for name, _, value in (line.partition(": ") for line in lines)}
    while len(body) < int(headers.get("content-length", "0")):
        body += await stream.receive()
    return Asked(first.split(" ")[0], headers, json.loads(body) if body else None)
