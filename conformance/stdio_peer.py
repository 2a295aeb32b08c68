"""A server as a child process: lines in, lines out, and nothing known of what they say."""

import signal
from collections import deque
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager

import anyio
from anyio.abc import Process
from anyio.streams.memory import MemoryObjectReceiveStream, MemoryObjectSendStream

from vtmcp.conformance.peer import PeerClosedError

LINE_BYTES_MAX = 64 * 1024 * 1024
"""A longer line is no message: the peer is then treated as if it had closed its output."""

STDERR_LINES_MAX = 50
"""How much of the end of standard error is kept as evidence."""

LINES_WAITING_MAX = 10_000
"""Lines read ahead of the conversation; a server that floods is read no further."""


class StdioPeer:
    """One running server. Made by `started`."""

    def __init__(self, process: Process, lines: MemoryObjectReceiveStream[bytes]) -> None:
        self.transcript: list[str] = []
        self.stderr: deque[str] = deque(maxlen=STDERR_LINES_MAX)
        self._process = process
        self._lines = lines

    async def send(self, document: bytes) -> None:
        """Write bytes to the server's input.

        Raises:
            PeerClosedError: when the server has closed it.
        """
        assert self._process.stdin is not None
        try:
            await self._process.stdin.send(document)
        except (anyio.BrokenResourceError, anyio.ClosedResourceError) as error:
            raise PeerClosedError("the server takes no more input") from error

    async def receive(self) -> bytes:
        """Return the next line of the server's output, without its end.

        Raises:
            PeerClosedError: when there is no more.
        """
        try:
            return await self._lines.receive()
        except anyio.EndOfStream as error:
            raise PeerClosedError("the server closed its output") from error

    async def close_input(self) -> None:
        """Close the server's input; once is enough, more does no harm."""
        assert self._process.stdin is not None
        await self._process.stdin.aclose()

    def last_words(self) -> list[str]:
        """The end of standard error."""
        return list(self.stderr)

    def terminate(self) -> None:
        """Send SIGTERM."""
        self._process.send_signal(signal.SIGTERM)

    async def wait(self) -> int:
        """Wait for the end of the process and return its exit code; a signal's is negative."""
        return await self._process.wait()


@asynccontextmanager
async def started(command: Sequence[str], *, exit_s: float) -> AsyncIterator[StdioPeer]:
    """Start a server; at the end close its input, and kill it if it is not gone in `exit_s`.

    Raises:
        OSError: when the command cannot be started.
    """
    async with (
        await anyio.open_process(list(command)) as process,
        anyio.create_task_group() as tasks,
    ):
        send, receive = anyio.create_memory_object_stream[bytes](LINES_WAITING_MAX)
        peer = StdioPeer(process, receive)
        tasks.start_soon(_read_lines, process, send)
        tasks.start_soon(_read_stderr, process, peer.stderr)
        try:
            yield peer
        finally:
            with anyio.CancelScope(shield=True):
                await _end(peer, process, exit_s)
            tasks.cancel_scope.cancel()
            receive.close()


async def _end(peer: StdioPeer, process: Process, exit_s: float) -> None:
    await peer.close_input()
    with anyio.move_on_after(exit_s):
        await process.wait()
    if process.returncode is None:
        process.kill()
        await process.wait()


async def _read_lines(process: Process, lines: MemoryObjectSendStream[bytes]) -> None:
    """Pass on whole lines; what follows the last newline is passed on as it is."""
    assert process.stdout is not None
    waiting = bytearray()
    with lines:
        async for chunk in process.stdout:
            start = len(waiting)
            waiting += chunk
            if waiting.find(b"\n", start) >= 0:
                *whole, rest = waiting.split(b"\n")
                for line in whole:
                    await lines.send(bytes(line))
                waiting = bytearray(rest)
            if len(waiting) > LINE_BYTES_MAX:
                return
        if waiting:
            await lines.send(bytes(waiting))


async def _read_stderr(process: Process, kept: deque[str]) -> None:
    assert process.stderr is not None
    waiting = b""
    async for chunk in process.stderr:
        *whole, waiting = (waiting + chunk).split(b"\n")
        kept.extend(line.decode("utf-8", "replace") for line in whole)
        waiting = waiting[-LINE_BYTES_MAX:]
