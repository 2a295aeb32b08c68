"""Lines over descriptors: in pieces, out in parts, held back by a reader that does not read."""

import os
import sys
from collections.abc import Iterator
from io import FileIO
from pathlib import Path

import anyio
import pytest

from tests.clients import settle
from tests.descriptors import standard_pipes
from vtmcp.protocol.framing import Document, Oversized
from vtmcp.transports import stdio
from vtmcp.transports.stdio import (
    OUTGOING_BYTES_MAX,
    WRITE_BYTES,
    LineChannel,
    reader_of,
    standard_channel,
    writer_of,
)

pytestmark = pytest.mark.anyio


class Pipes:
    """What a channel reads from and writes to, in a test's hands."""

    def __init__(self, *chunks: bytes) -> None:
        self._chunks = [*chunks]
        self.reading = anyio.Event()
        """Set it, and nothing more is read but the end."""
        self.writable = anyio.Event()
        self.writable.set()
        self.written: list[bytes] = []
        self.error: OSError | None = None

    async def read(self) -> bytes:
        if self._chunks:
            await anyio.lowlevel.checkpoint()
            return self._chunks.pop(0)
        await self.reading.wait()
        return b""

    async def write(self, part: bytes) -> None:
        await self.writable.wait()
        if self.error is not None:
            raise self.error
        self.written.append(part)

    def channel(self, **more: int) -> LineChannel:
        return LineChannel(self.read, self.write, **more)


def ended(*chunks: bytes) -> Pipes:
    pipes = Pipes(*chunks)
    pipes.reading.set()
    return pipes


RECEIVED: dict[str, tuple[tuple[bytes, ...], list[Document]]] = {
    "nothing": ((), []),
    "a line": ((b"{}\n",), [b"{}"]),
    "several lines at once": ((b"1\n2\n3\n",), [b"1", b"2", b"3"]),
    "a line in pieces": ((b"1", b"2\n3", b"\n"), [b"12", b"3"]),
    "a last line without an end": ((b"1\n2",), [b"1", b"2"]),
    "blank lines": ((b"\n\n", b" \n1\n\n"), [b"1"]),
    "a line that is too long": ((b"x" * 9, b"x\n1\n"), [Oversized(8), b"1"]),
}


@pytest.mark.parametrize(("chunks", "documents"), RECEIVED.values(), ids=RECEIVED)
async def test_received(chunks: tuple[bytes, ...], documents: list[Document]) -> None:
    channel = ended(*chunks).channel(document_bytes_max=8)
    found = [await channel.receive() for _ in range(len(documents) + 2)]
    assert found == [*documents, None, None]


async def test_an_input_that_breaks_has_ended() -> None:
    async def read() -> bytes:
        raise ConnectionResetError

    async def write(part: bytes) -> None:
        raise AssertionError

    assert await LineChannel(read, write).receive() is None


async def test_documents_go_out_as_lines_in_order_and_in_parts_that_never_block() -> None:
    pipes = Pipes()
    channel = pipes.channel()
    long = b"x" * (2 * WRITE_BYTES)
    with anyio.fail_after(5):
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(channel.write_out)
            await settle()
            assert not pipes.written
            await channel.send(b"1")
            await channel.send(long, "about")
            await channel.flush()
            assert b"".join(pipes.written) == b"1\n" + long + b"\n"
            assert max(map(len, pipes.written)) <= WRITE_BYTES
            await channel.send(b"2")
            await channel.flush()
            assert pipes.written[-1] == b"2\n"
            tasks.cancel_scope.cancel()


async def test_to_flush_nothing_is_done_at_once() -> None:
    with anyio.fail_after(5):
        await Pipes().channel().flush()


async def test_senders_wait_while_nobody_writes_out() -> None:
    pipes = Pipes()
    channel = pipes.channel()
    sent: list[int] = []

    async def send(number: int) -> None:
        await channel.send(b"%d" % number + b"x" * OUTGOING_BYTES_MAX)
        sent.append(number)

    with anyio.fail_after(5):
        async with anyio.create_task_group() as tasks:
            for number in range(4):
                tasks.start_soon(send, number)
            await settle()
            assert sent == [0]
            tasks.start_soon(channel.write_out)
            while len(sent) < 4:
                await anyio.lowlevel.checkpoint()
            await channel.flush()
            tasks.cancel_scope.cancel()
    lines = b"".join(pipes.written).splitlines()
    assert sorted(line[:1] for line in lines) == [b"0", b"1", b"2", b"3"]
    assert {len(line) for line in lines} == {OUTGOING_BYTES_MAX + 1}


async def test_when_nobody_reads_any_more_the_conversation_is_over() -> None:
    pipes = Pipes()
    pipes.writable = anyio.Event()
    pipes.error = BrokenPipeError()
    channel = pipes.channel()
    received: list[Document | None] = [b"nothing yet"]
    sent: list[bytes] = []

    async def receive() -> None:
        received.append(await channel.receive())

    async def send(document: bytes) -> None:
        await channel.send(document)
        sent.append(document)

    with anyio.fail_after(5):
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(receive)
            tasks.start_soon(channel.write_out)
            await channel.send(b"x" * (OUTGOING_BYTES_MAX + 1))
            tasks.start_soon(send, b"waits")
            tasks.start_soon(channel.flush)
            await settle()
            assert not sent
            pipes.writable.set()
        await send(b"does not wait")
        await channel.flush()
        assert await channel.receive() is None
    assert received == [b"nothing yet", None]
    assert sent == [b"waits", b"does not wait"]
    assert not pipes.written


async def test_what_was_received_before_is_still_there_after_a_broken_pipe() -> None:
    pipes = Pipes(b"1\n2\n")
    pipes.error = BrokenPipeError()
    channel = pipes.channel()
    with anyio.fail_after(5):
        assert await channel.receive() == b"1"
        await channel.send(b"x")
        await channel.write_out()
        assert [await channel.receive() for _ in range(2)] == [b"2", None]


# ---- descriptors ------------------------------------------------------------------------------


@pytest.fixture(params=[True, False], ids=["polled", "in a thread, as on Windows"])
def polls(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> bool:
    polled: bool = request.param
    monkeypatch.setattr(stdio, "_POLLS", polled)
    return polled


@pytest.fixture
def pipe() -> Iterator[tuple[FileIO, FileIO]]:
    """The reading and the writing end of a pipe."""
    reading, writing = os.pipe()
    with FileIO(reading, "r") as source, FileIO(writing, "w") as sink:
        yield source, sink


@pytest.mark.usefixtures("polls")
async def test_a_pipe_is_read_until_its_end(pipe: tuple[FileIO, FileIO]) -> None:
    read = reader_of(pipe[0].fileno())
    with anyio.fail_after(5):
        pipe[1].write(b"1\n")
        assert await read() == b"1\n"
        pipe[1].close()
        assert await read() == b""


@pytest.mark.usefixtures("polls")
async def test_a_reader_that_waits_may_be_cancelled(pipe: tuple[FileIO, FileIO]) -> None:
    read = reader_of(pipe[0].fileno())

    async def wait() -> None:
        await read()

    with anyio.fail_after(5):
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(wait)
            await settle()
            tasks.cancel_scope.cancel()
    # A thread that still reads ends with this, and not after the test.
    pipe[1].write(b"x")


@pytest.mark.usefixtures("polls")
async def test_a_pipe_takes_more_than_it_holds_while_it_is_read(
    pipe: tuple[FileIO, FileIO],
) -> None:
    read, write = reader_of(pipe[0].fileno()), writer_of(pipe[1].fileno())
    part = b"x" * WRITE_BYTES
    parts = 50
    got = 0

    async def write_all() -> None:
        for _ in range(parts):
            await write(part)

    with anyio.fail_after(5):
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(write_all)
            while got < parts * WRITE_BYTES:
                got += len(await read())


@pytest.mark.usefixtures("polls")
async def test_a_pipe_that_nobody_reads_is_an_error(pipe: tuple[FileIO, FileIO]) -> None:
    pipe[0].close()
    with anyio.fail_after(5), pytest.raises(BrokenPipeError):
        await writer_of(pipe[1].fileno())(b"x")


@pytest.mark.usefixtures("polls")
async def test_a_regular_file_is_read_and_written(tmp_path: Path) -> None:
    path = tmp_path / "file"
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT)
    try:
        with anyio.fail_after(5):
            await writer_of(descriptor)(b"1\n")
            os.lseek(descriptor, 0, os.SEEK_SET)
            assert await reader_of(descriptor)() == b"1\n"
            assert await reader_of(descriptor)() == b""
    finally:
        os.close(descriptor)


@pytest.mark.usefixtures("polls")
async def test_the_null_device_has_nothing_and_takes_everything() -> None:
    descriptor = os.open(os.devnull, os.O_RDWR)
    try:
        with anyio.fail_after(5):
            assert await reader_of(descriptor)() == b""
            await writer_of(descriptor)(b"x")
    finally:
        os.close(descriptor)


# ---- this process's own -----------------------------------------------------------------------


def same(one: int, other: int) -> bool:
    """Whether two descriptors are of the same open thing."""
    left, right = os.fstat(one), os.fstat(other)
    return (left.st_dev, left.st_ino) == (right.st_dev, right.st_ino)


async def test_standard_input_and_output_are_the_protocols_alone() -> None:
    with standard_pipes() as ends, anyio.fail_after(5):
        spoken = sys.stdout
        output = os.dup(1)
        async with standard_channel() as channel:
            ends.to_server.write(b"1\n")
            assert await channel.receive() == b"1"
            assert same(1, 2)
            assert os.read(0, 1) == b""
            assert sys.stdout is sys.stderr
            await channel.send(b"2")
        assert sys.stdout is spoken
        assert same(1, output)
        os.close(output)
        assert ends.from_server.read(10) == b"2\n"


async def test_a_document_may_be_only_so_long() -> None:
    with standard_pipes() as ends, anyio.fail_after(5):
        async with standard_channel(document_bytes_max=3) as channel:
            ends.to_server.write(b"1234\n")
            assert await channel.receive() == Oversized(3)


async def test_the_end_does_not_wait_for_a_reader_that_does_not_read(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(stdio, "FLUSH_S", 0)
    with standard_pipes(), anyio.fail_after(5):
        async with standard_channel() as channel:
            await channel.send(b"x" * OUTGOING_BYTES_MAX)


async def test_descriptors_come_back_after_an_error() -> None:
    with standard_pipes():
        output = os.dup(1)
        with pytest.raises(ExceptionGroup):
            async with standard_channel():
                raise ValueError
        assert same(1, output)
        os.close(output)
