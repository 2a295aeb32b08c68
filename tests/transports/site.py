"""An HTTP server in the same event loop and clients of it, without sockets, for tests."""

import json
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any, NamedTuple

import anyio
from anyio.abc import ByteStream, TaskGroup
from anyio.streams.memory import MemoryObjectReceiveStream, MemoryObjectSendStream

from tests.clients import KEY, settle
from tests.protocol.playbook import INITIALIZED, PREFIX, meta, request
from vtmcp.protocol.messages import Json
from vtmcp.protocol.sse import Event, EventParser
from vtmcp.server import Server
from vtmcp.transports.access import Access, OpenAccess
from vtmcp.transports.base import Siblings
from vtmcp.transports.guards import Guard
from vtmcp.transports.http import Handler, HttpServer, Trouble
from vtmcp.transports.minding import Minder
from vtmcp.transports.streamable import StreamableEndpoint

BOTH = "application/json, text/event-stream"
JSON_ONLY = "application/json"
STREAM_ONLY = "text/event-stream"
MODERN = "2026-07-28"

PIPE_PARTS = 1_000
"""How many writes a pipe takes before whoever writes must wait."""


class Pipe(ByteStream):
    """One end of a connection in memory."""

    def __init__(
        self, incoming: MemoryObjectReceiveStream[bytes], outgoing: MemoryObjectSendStream[bytes]
    ) -> None:
        self._incoming = incoming
        self._outgoing = outgoing

    async def receive(self, max_bytes: int = 65_536) -> bytes:
        return await self._incoming.receive()

    async def send(self, item: bytes) -> None:
        await self._outgoing.send(bytes(item))

    async def send_eof(self) -> None:
        self._outgoing.close()

    async def aclose(self) -> None:
        self._outgoing.close()
        self._incoming.close()


def pipe(parts: int = PIPE_PARTS) -> tuple[Pipe, Pipe]:
    """Two ends of one connection; `parts` bounds what the first has written and nobody read."""
    to_client, from_server = anyio.create_memory_object_stream[bytes](parts)
    to_server, from_client = anyio.create_memory_object_stream[bytes](PIPE_PARTS)
    return Pipe(from_client, to_client), Pipe(from_server, to_server)


class CutError(Exception):
    """The connection ended in the midst of a response."""


class Answer(NamedTuple):
    """One whole response."""

    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)

    @property
    def events(self) -> list[Event]:
        return EventParser().feed(self.body)

    @property
    def messages(self) -> list[Any]:
        """What was said, in whichever form."""
        if not self.body:
            return []
        if self.headers.get("content-type") == STREAM_ONLY:
            return [json.loads(event.data) for event in self.events if event.data]
        return [self.json]

    @property
    def code(self) -> int:
        """The code of the one error."""
        (message,) = self.messages
        code: int = message["error"]["code"]
        return code


class Connection:
    """A client's connection, with one request under way."""

    def __init__(self, stream: ByteStream) -> None:
        self.status = 0
        self.headers: dict[str, str] = {}
        self.heard = b""
        """The body as far as it came."""
        self.parser = EventParser()
        self._stream = stream
        self._buffer = bytearray()
        self._events: list[Event] = []

    async def send(
        self, method: str, body: bytes, headers: dict[str, str], path: str = "/mcp"
    ) -> None:
        fields = {"Host": "localhost", "Content-Length": str(len(body)), **headers}
        lines = "".join(f"{name}: {value}\r\n" for name, value in fields.items())
        await self._stream.send(f"{method} {path} HTTP/1.1\r\n{lines}\r\n".encode() + body)

    async def head(self) -> int:
        """The status, once the head has come."""
        head = (await self._until(b"\r\n\r\n")).decode()
        first, *lines = head.split("\r\n")
        self.status = int(first.split(" ")[1])
        if self.status == 100:
            return await self.head()
        self.headers = {}
        for line in lines:
            name, _, value = line.partition(": ")
            assert name not in self.headers, f"{name} is there twice"
            self.headers[name] = value
        return self.status

    async def answer(self, *, is_head: bool = False) -> Answer:
        """The whole response."""
        if not self.status:
            await self.head()
        if "transfer-encoding" in self.headers:
            while (chunk := await self._chunk()) is not None:
                self.heard += chunk
        elif not is_head:
            self.heard = await self._take(int(self.headers.get("content-length", "0")))
        status, self.status = self.status, 0
        return Answer(status, self.headers, self.heard)

    async def event(self) -> Event:
        """The next event. Raises `EndOfStream` at the proper end, else `CutError`."""
        if not self.status:
            await self.head()
            assert self.headers["content-type"] == STREAM_ONLY, await self.answer()
        while not self._events:
            chunk = await self._chunk()
            if chunk is None:
                raise anyio.EndOfStream
            self.heard += chunk
            self._events = self.parser.feed(chunk)
        return self._events.pop(0)

    async def message(self) -> Json:
        """The next message of the stream; an event without data is none."""
        while not (event := await self.event()).data:
            pass
        message: Json = json.loads(event.data)
        return message

    async def rest(self) -> list[Json]:
        """All messages until the proper end of the stream."""
        messages = []
        while True:
            try:
                messages.append(await self.message())
            except anyio.EndOfStream:
                return messages

    async def leave(self) -> None:
        """Go away."""
        await self._stream.aclose()

    async def _chunk(self) -> bytes | None:
        size = int(await self._until(b"\r\n"), 16)
        chunk = await self._take(size + 2)
        return chunk[:-2] if size else None

    async def _until(self, end: bytes) -> bytes:
        while (at := self._buffer.find(end)) < 0:
            await self._more()
        found = bytes(self._buffer[:at])
        del self._buffer[: at + len(end)]
        return found

    async def _take(self, count: int) -> bytes:
        while len(self._buffer) < count:
            await self._more()
        found = bytes(self._buffer[:count])
        del self._buffer[:count]
        return found

    async def _more(self) -> None:
        try:
            self._buffer += await self._stream.receive()
        except (anyio.EndOfStream, anyio.BrokenResourceError):
            raise CutError(bytes(self._buffer)) from None


class Site:
    """What is served, and how clients reach it."""

    def __init__(self, handler: Handler, tasks: TaskGroup) -> None:
        self.troubles: list[Trouble] = []
        self.http = HttpServer(handler, observe=self.troubles.append)
        self.open = 0
        """Connections that are served now."""
        self._tasks = tasks
        self._left: list[Connection] = []

    def connect(self, parts: int = PIPE_PARTS) -> Connection:
        ours, theirs = pipe(parts)
        self._tasks.start_soon(self._serve, ours)
        connection = Connection(theirs)
        self._left.append(connection)
        return connection

    async def begin(
        self,
        method: str,
        message: Any = None,
        *,
        session: str = "",
        accept: str = BOTH,
        path: str = "/mcp",
        parts: int = PIPE_PARTS,
        **headers: Any,
    ) -> Connection:
        """Send a request on a connection of its own. `a_b="c"` is the header `a-b: c`."""
        connection = self.connect(parts)
        body = message if isinstance(message, bytes) else b""
        if message is not None and not isinstance(message, bytes):
            body = json.dumps(message).encode()
        fields = {"accept": accept, "mcp-session-id": session}
        if method == "POST":
            fields["content-type"] = "application/json"
        fields |= {name.replace("_", "-"): value for name, value in headers.items()}
        sent = {name: value for name, value in fields.items() if value}
        await connection.send(method, body, sent, path)
        return connection

    async def ask(self, method: str, message: Any = None, **more: Any) -> Answer:
        """Send a request, and take the whole response to it."""
        connection = await self.begin(method, message, **more)
        answer = await connection.answer(is_head=method == "HEAD")
        await connection.leave()
        return answer

    async def post(self, message: Any, **more: Any) -> Answer:
        return await self.ask("POST", message, **more)

    async def greet(
        self, revision: str = "2025-11-25", capabilities: Json | None = None, **more: Any
    ) -> str:
        """Open a session and return its id."""
        declared = {"roots": {}, "sampling": {}} if capabilities is None else capabilities
        answer = await self.post(opening(revision, declared), **more)
        assert answer.status == 200, answer
        session = answer.headers["mcp-session-id"]
        assert (await self.post(INITIALIZED, session=session, **more)).status == 202
        return session

    async def leave(self) -> None:
        """All clients go away."""
        for connection in self._left:
            await connection.leave()

    async def _serve(self, stream: Pipe) -> None:
        self.open += 1
        try:
            await self.http.serve_connection(stream)
        finally:
            self.open -= 1


class StreamableSite(Site):
    """A site with the endpoint of Streamable HTTP."""

    def __init__(self, endpoint: StreamableEndpoint, tasks: TaskGroup) -> None:
        super().__init__(endpoint.handle, tasks)
        self.endpoint = endpoint


@asynccontextmanager
async def streamable(
    server: Server,
    *,
    key: bytes = KEY,
    guard: Guard = Guard(),  # noqa: B008 - immutable
    access: Access = OpenAccess(),  # noqa: B008 - immutable
    heartbeat_s: float = 0,
    troubles: bool = False,
    siblings: Siblings | None = None,
) -> AsyncIterator[StreamableSite]:
    """A server behind Streamable HTTP, while the block runs."""
    minder = Minder(heartbeat_s)
    endpoint = StreamableEndpoint(
        server, guard=guard, access=access, minder=minder, session_key=key, siblings=siblings
    )
    with anyio.fail_after(5):
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(minder.run)
            site = StreamableSite(endpoint, tasks)
            try:
                yield site
            finally:
                await site.leave()
            await until(lambda: not site.open)
            tasks.cancel_scope.cancel()
    assert troubles or not site.troubles


def opening(revision: str = "2025-11-25", capabilities: Json | None = None) -> Json:
    """The first request of a session."""
    return request(
        0,
        "initialize",
        protocolVersion=revision,
        capabilities=capabilities or {},
        clientInfo={"name": "client", "version": "2"},
    )


def call(request_id: Any, tool: str, *, progress: Any = None, **arguments: Any) -> Json:
    """A call of a tool; `progress` is the token to tell progress with."""
    message = request(request_id, "tools/call", name=tool, arguments=arguments)
    if progress is not None:
        message["params"]["_meta"] = {"progressToken": progress}
    return message


def stateless(message: Json, **more: Any) -> tuple[Json, dict[str, str]]:
    """A request as the stateless era has it, and the headers that go with it."""
    params = message.get("params", {})
    keys = {**params.get("_meta", {}), **meta(**more)}
    version = keys[PREFIX + "protocolVersion"]
    headers = {"mcp_protocol_version": version, "mcp_method": message["method"]}
    name = params.get("name", params.get("uri"))
    if name is not None:
        headers["mcp_name"] = name
    return {**message, "params": {**params, "_meta": keys}}, headers


def said(message: Json) -> str:
    """The text of a tool's result."""
    text: str = message["result"]["content"][0]["text"]
    return text


async def until(
    happened: Callable[[], Any], *, wait: Callable[[], Awaitable[None]] = settle
) -> None:
    """Go on once that is so."""
    while not happened():
        await wait()
