"""Documents to a server and back: in this process, or through the pipes of a child.

Must not be here: what the documents say, or HTTP (`web_link`).
"""

from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager, suppress
from typing import Any, Protocol

import anyio
from anyio.abc import Process

from vtmcp.protocol.codec import decode, encode
from vtmcp.protocol.errors import ParseError
from vtmcp.protocol.framing import Document, LineFramer, Oversized
from vtmcp.protocol.messages import Json
from vtmcp.server import Server
from vtmcp.shell.faults import UnreachableError, UsageError
from vtmcp.transports.memory import MemoryChannel, channel_pair

DOCUMENT_BYTES_MAX = 16 * 1024 * 1024
"""The longest document that is read: above any answer, below what hurts a person's machine."""

CHILD_BYTES_MAX = 4 * DOCUMENT_BYTES_MAX
"""All that a child may say in one conversation; one that floods is read no further."""

NOISE_LINES_MAX = 20
"""Lines that are no JSON, such as a greeting, are passed over; a server of more speaks no MCP."""

LAST_WORDS_BYTES = 2_000
"""How much of the end of a child's standard error is kept as evidence."""

END_S = 2.0
"""How long a child may take to end once its input is closed, and again once it is told to."""


class Link(Protocol):
    """A way to one server. Every method raises `UnreachableError` only."""

    greets: bool
    """Whether a server is greeted before it is asked for what the stateless era knows. A server
    at the end of pipes may end itself over anything else than a greeting."""

    async def send(self, message: Json, headers: Mapping[str, str]) -> None:
        """Say something; `headers` repeat parts of it where there are headers."""

    async def receive(self) -> Any:
        """The next thing that the server says: a decoded document."""

    def agree(self, version: str) -> None:
        """From here on, this legacy revision is spoken."""

    async def let_go(self) -> bool:
        """Stop waiting for an answer of the stateless era; False if that needs words."""


class PipeLink:
    """Documents one after the other, both ways."""

    greets = True

    def __init__(self, channel: "MemoryChannel | ChildChannel") -> None:
        self._channel = channel
        self._noise = 0

    async def send(self, message: Json, headers: Mapping[str, str]) -> None:
        await self._channel.send(encode(message))

    async def receive(self) -> Any:
        while True:
            document = await self._channel.receive()
            if document is None:
                raise UnreachableError("the server ended without an answer")
            if isinstance(document, Oversized):
                raise UnreachableError(f"the server said more than {document.limit:,} bytes")
            try:
                return decode(document)
            except ParseError:
                self._noise += 1
            if self._noise > NOISE_LINES_MAX:
                start = document[:100].decode("utf-8", "replace")
                raise UnreachableError(f"what the server says is not JSON: {start}")

    def agree(self, version: str) -> None:
        """Nothing: pipes need no name of a revision."""

    async def let_go(self) -> bool:
        """False: the pipe is that of all requests."""
        return False


@asynccontextmanager
async def in_process(server: Server) -> AsyncIterator[PipeLink]:
    """Serve in this process for as long as the block runs."""
    here, there = channel_pair()
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(server.conversation(there).run)
        try:
            yield PipeLink(here)
        finally:
            here.close()
            there.close()
            tasks.cancel_scope.cancel()


class ChildChannel:
    """The pipes of a child process."""

    def __init__(self, process: Process) -> None:
        self._process = process
        self._framer = LineFramer(DOCUMENT_BYTES_MAX)
        self._waiting: list[Document] = []
        self._last_words = bytearray()
        self._bytes = 0
        self.is_heard = anyio.Event()
        """Standard error has been read to its end."""

    async def send(self, document: bytes) -> None:
        assert self._process.stdin is not None
        # Of a server that takes no more, the end of its output tells.
        with suppress(anyio.BrokenResourceError, anyio.ClosedResourceError):
            await self._process.stdin.send(document + b"\n")

    async def receive(self) -> Document | None:
        assert self._process.stdout is not None
        while not self._waiting:
            try:
                chunk = await self._process.stdout.receive()
            except (anyio.EndOfStream, anyio.BrokenResourceError):
                self._waiting = self._framer.end()
                if not self._waiting:
                    await self._tell_end()
                continue
            self._bytes += len(chunk)
            if self._bytes > CHILD_BYTES_MAX:
                raise UnreachableError(f"the server said more than {CHILD_BYTES_MAX:,} bytes")
            self._waiting = self._framer.feed(chunk)
        return self._waiting.pop(0)

    async def read_stderr(self) -> None:
        """Keep the end of what it says there."""
        if self._process.stderr is not None:
            async for chunk in self._process.stderr:
                self._last_words += chunk
                del self._last_words[:-LAST_WORDS_BYTES]
        self.is_heard.set()

    async def _tell_end(self) -> None:
        """Raise `UnreachableError` with what the child said last."""
        with anyio.move_on_after(END_S):
            await self.is_heard.wait()
        said = self._last_words.decode("utf-8", "replace").strip()
        last = f"; its last words:\n{said}" if said else ""
        raise UnreachableError(f"the server ended without an answer{last}")


@asynccontextmanager
async def child(command: Sequence[str], *, is_verbose: bool) -> AsyncIterator[PipeLink]:
    """Start a server, and end it after the block.

    It is no member of the terminal's group: on an interrupt it is first told that the call is
    cancelled. Raises `UsageError` when the command cannot be started.
    """
    from subprocess import PIPE  # noqa: PLC0415 - only for a child

    try:
        process = await anyio.open_process(
            list(command), stderr=None if is_verbose else PIPE, start_new_session=True
        )
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", "") or str(error)
        raise UsageError(f"cannot start {command[0]}: {reason}") from None
    channel = ChildChannel(process)
    async with process, anyio.create_task_group() as tasks:
        tasks.start_soon(channel.read_stderr)
        try:
            yield PipeLink(channel)
        finally:
            with anyio.CancelScope(shield=True):
                await _end(process)
            tasks.cancel_scope.cancel()


async def _end(process: Process) -> None:
    """Close its input, then tell it to end, then make it."""
    assert process.stdin is not None
    await process.stdin.aclose()
    for stop in (None, process.terminate, process.kill):
        if stop is not None:
            with suppress(ProcessLookupError):
                stop()
        with anyio.move_on_after(END_S):
            # What it still says is thrown away: a child that must write could not end.
            await _drained(process)
            await process.wait()
            return


async def _drained(process: Process) -> None:
    assert process.stdout is not None
    with suppress(anyio.BrokenResourceError, anyio.ClosedResourceError):
        async for _ in process.stdout:
            pass
