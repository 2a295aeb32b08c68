"""The servers that are measured: `python _servers.py NAME`; the port comes on standard output.

    echo-anyio, echo-asyncio   an h11 loop that sends each body back: the floor of our stack
    adder                      one tool on our engine
    upstream                   what stands for a database: two services, to whatever is asked

Must not be here: the clients, what is measured. `_sdk_server.py` has the official SDK's adder.
"""

import asyncio
import sys
from collections.abc import Callable

import anyio
import anyio.abc
import h11

from vtmcp import Context, Server, Tool
from vtmcp.protocol.messages import Json
from vtmcp.transports.binding import Address
from vtmcp.transports.guards import Guard
from vtmcp.web import WebOptions

HOST = "127.0.0.1"

READ_BYTES = 65_536

SERVICES = b'{"data":["checkout","frontend"],"total":2,"limit":0,"offset":0,"errors":null}'

UPSTREAM_ANSWER = (
    b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n%s"
    % (len(SERVICES), SERVICES)
)


class Echo:
    """One connection of an h11 server that knows no path, no header and no error."""

    def __init__(self) -> None:
        self._http = h11.Connection(h11.SERVER)
        self._body = b""

    def receive(self, chunk: bytes) -> bytes:
        """Take what came in; the answers to what is complete."""
        self._http.receive_data(chunk)
        answers = b""
        while True:
            event = self._http.next_event()
            if isinstance(event, h11.Data):
                self._body += event.data
            elif isinstance(event, h11.EndOfMessage):
                answers += self._answer()
            elif not isinstance(event, h11.Request):
                return answers

    def _answer(self) -> bytes:
        body, self._body = self._body, b""
        headers = [(b"content-type", b"application/json"), (b"content-length", b"%d" % len(body))]
        parts: tuple[h11.Event, ...] = (
            h11.Response(status_code=200, headers=headers),
            h11.Data(data=body),
            h11.EndOfMessage(),
        )
        answer = b"".join(self._http.send(part) or b"" for part in parts)
        self._http.start_next_cycle()
        return answer


async def echo_anyio() -> None:
    """The floor on anyio's streams, which our server reads and writes too."""

    async def serve(stream: anyio.abc.SocketStream) -> None:
        echo = Echo()
        async with stream:
            try:
                while True:
                    if answer := echo.receive(await stream.receive(READ_BYTES)):
                        await stream.send(answer)
            except (anyio.EndOfStream, anyio.BrokenResourceError):
                return

    listener = await anyio.create_tcp_listener(local_host=HOST)
    tell(listener.extra(anyio.abc.SocketAttribute.local_port))
    await listener.serve(serve)


async def echo_asyncio() -> None:
    """The floor on asyncio's streams."""

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        echo = Echo()
        try:
            while chunk := await reader.read(READ_BYTES):
                if answer := echo.receive(chunk):
                    writer.write(answer)
                    await writer.drain()
        except ConnectionError:
            pass
        finally:
            writer.close()

    server = await asyncio.start_server(serve, HOST, 0)
    tell(server.sockets[0].getsockname()[1])
    await server.serve_forever()


class Upstream(asyncio.Protocol):
    """Answers each request with the same: requests without a body, one at a time."""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport
        self._received = b""

    def data_received(self, chunk: bytes) -> None:
        self._received += chunk
        while (end := self._received.find(b"\r\n\r\n")) >= 0:
            self._received = self._received[end + 4 :]
            self._transport.write(UPSTREAM_ANSWER)


async def upstream() -> None:
    """A database that costs as little as can be, so that the server before it is measured."""
    server = await asyncio.get_running_loop().create_server(Upstream, HOST, 0)
    tell(server.sockets[0].getsockname()[1])
    await server.serve_forever()


class Add(Tool):
    """Two numbers in, their sum out."""

    name = "add"
    description = "Add two whole numbers."
    input_schema: Json = {  # noqa: RUF012 - the tool's own, and never changed
        "type": "object",
        "properties": {"a": {"type": "integer"}, "b": {"type": "integer"}},
        "required": ["a", "b"],
    }

    async def call(self, arguments: Json, context: Context) -> str:
        return str(arguments["a"] + arguments["b"])


def adder() -> None:
    """One tool, no limits changed, as an embedder would have it."""

    def told(addresses: list[Address], path: str) -> None:
        tell(addresses[0].port)

    guard = Guard(is_loopback=True)
    Server("adder", tools=[Add()]).run_http(
        WebOptions(host=HOST, port=0, session_key=b"k" * 32, guard=guard, listening=told)
    )


def tell(port: int) -> None:
    """Say where the server listens to whoever started it."""
    sys.stdout.write(f"{port}\n")
    sys.stdout.flush()


SERVERS: dict[str, Callable[[], object]] = {
    "echo-anyio": lambda: anyio.run(echo_anyio),
    "echo-asyncio": lambda: asyncio.run(echo_asyncio()),
    "adder": adder,
    "upstream": lambda: asyncio.run(upstream()),
}

if __name__ == "__main__":
    SERVERS[sys.argv[1]]()
