"""Standard input and output as a channel: one document a line (MCP, basic/transports, stdio).

Bytes only: no text mode, no locale, no buffering by Python. While a channel is open, file
descriptors 0 and 1 are /dev/null and standard error, so that a stray `print` or a child process
cannot speak in the protocol's place. Must not be here: what a document says.
"""

import os
import sys
from collections import deque
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager, suppress

import anyio

from vtmcp.protocol.framing import DOCUMENT_BYTES_MAX, Document, LineFramer
from vtmcp.protocol.messages import RequestId

CHUNK_BYTES = 65_536
"""One read: the capacity of a pipe on Linux."""

WRITE_BYTES = 4_096
"""One write. POSIX promises that a pipe reported writable takes PIPE_BUF bytes without waiting;
more could block the whole process on a client that does not read."""

OUTGOING_BYTES_MAX = 1024 * 1024
"""What may wait to be written; beyond it senders wait, and so does reading."""

FLUSH_S = 1.0
"""How long the last answers may take to be written after the end of the conversation."""

Read = Callable[[], Awaitable[bytes]]
Write = Callable[[bytes], Awaitable[None]]


class LineChannel:
    """Documents over a byte source and a byte sink, one a line."""

    request_headers = ()

    def __init__(
        self, read: Read, write: Write, *, document_bytes_max: int = DOCUMENT_BYTES_MAX
    ) -> None:
        self._read = read
        self._write = write
        self._framer = LineFramer(document_bytes_max)
        self._received: deque[Document] = deque()
        self._ended = False
        self._reading = anyio.CancelScope()
        self._outgoing = bytearray()
        self._filled = anyio.Event()
        self._emptied = anyio.Event()
        self._broken = False

    async def receive(self) -> Document | None:
        while not self._received:
            if self._ended:
                return None
            chunk = b""
            with self._reading, suppress(OSError):
                # An input that breaks has ended.
                chunk = await self._read()
            self._ended = not chunk
            self._received += self._framer.feed(chunk) if chunk else self._framer.end()
        return self._received.popleft()

    async def send(
        self, document: bytes, about: RequestId | None = None, reply: int | None = None
    ) -> None:
        while len(self._outgoing) > OUTGOING_BYTES_MAX and not self._broken:
            await self._emptied.wait()
        self._outgoing += document
        self._outgoing += b"\n"
        self._filled.set()

    async def release(self) -> None:
        """Nothing: the pipes are there for as long as the client is."""

    async def write_out(self) -> None:
        """Write what `send` queued, until cancelled or the reader of our output is gone."""
        try:
            while True:
                await self._filled.wait()
                await self._write_queued()
        except OSError:
            # Nobody reads any more: there is no one to tell, and the conversation is over.
            self._broken = True
            self._emptied.set()
            self._reading.cancel()

    async def flush(self) -> None:
        """Wait until all that was sent is written."""
        while self._outgoing and not self._broken:
            await self._emptied.wait()

    async def _write_queued(self) -> None:
        self._filled = anyio.Event()
        while self._outgoing:
            part = bytes(self._outgoing[:WRITE_BYTES])
            await self._write(part)
            del self._outgoing[: len(part)]
            emptied, self._emptied = self._emptied, anyio.Event()
            emptied.set()


@asynccontextmanager
async def standard_channel(
    *, document_bytes_max: int = DOCUMENT_BYTES_MAX
) -> AsyncIterator[LineChannel]:
    """This process's standard input and output as a channel, while the block runs."""
    with _private_descriptors() as (source, sink):
        channel = LineChannel(
            reader_of(source), writer_of(sink), document_bytes_max=document_bytes_max
        )
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(channel.write_out)
            yield channel
            with anyio.move_on_after(FLUSH_S):
                await channel.flush()
            tasks.cancel_scope.cancel()


def reader_of(descriptor: int) -> Read:
    """How to read from a descriptor without holding up the event loop; empty bytes at its end."""

    async def read() -> bytes:
        await _ready(anyio.wait_readable, descriptor)
        return os.read(descriptor, CHUNK_BYTES)

    async def read_in_thread() -> bytes:
        return await anyio.to_thread.run_sync(
            os.read, descriptor, CHUNK_BYTES, abandon_on_cancel=True
        )

    return read if _POLLS else read_in_thread


def writer_of(descriptor: int) -> Write:
    """How to write all of a part of at most `WRITE_BYTES` without holding up the event loop."""

    async def write(part: bytes) -> None:
        while part:
            await _ready(anyio.wait_writable, descriptor)
            part = part[os.write(descriptor, part) :]

    async def write_in_thread(part: bytes) -> None:
        while part:
            written = await anyio.to_thread.run_sync(
                os.write, descriptor, part, abandon_on_cancel=True
            )
            part = part[written:]

    return write if _POLLS else write_in_thread


_POLLS = sys.platform != "win32"
"""Windows cannot wait for a pipe in its event loop; there a thread does."""


async def _ready(wait: Callable[[int], Awaitable[None]], descriptor: int) -> None:
    try:
        await wait(descriptor)
    except PermissionError:
        # A regular file or /dev/null cannot be polled, and needs not be: it never waits.
        await anyio.lowlevel.checkpoint()


@contextmanager
def _private_descriptors() -> Iterator[tuple[int, int]]:
    source, sink = os.dup(0), os.dup(1)
    null = os.open(os.devnull, os.O_RDONLY)
    spoken = sys.stdout
    try:
        os.dup2(null, 0)
        os.dup2(2, 1)
        sys.stdout = sys.stderr
        yield source, sink
    finally:
        sys.stdout = spoken
        os.dup2(source, 0)
        os.dup2(sink, 1)
        for descriptor in (source, sink, null):
            os.close(descriptor)
