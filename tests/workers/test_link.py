"""A worker's end of the control socket, with the test as its supervisor."""

import os
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import anyio
import pytest

from vtmcp.metrics import Registry, Snapshot
from vtmcp.protocol.messages import Json
from vtmcp.workers import frames, link
from vtmcp.workers.control import Control
from vtmcp.workers.frames import KIND, Frame, write_frame
from vtmcp.workers.link import Link, LinkError, begin

pytestmark = [
    pytest.mark.anyio,
    pytest.mark.skipif(os.name != "posix", reason="sockets are handed on there only"),
]

KEY = "k" * 20


def counted(calls: int) -> Snapshot:
    registry = Registry()
    registry.counter("calls_total", "Calls.").add(amount=calls)
    return registry.snapshot()


class Supervisor:
    """The other end."""

    def __init__(self, worker: Link, end: socket.socket) -> None:
        self.link = worker
        self.stops = 0
        self.heard: list[Json] = []
        self.last: list[Frame] = []
        self._end = end
        self._frames: AsyncIterator[Frame] | None = None

    async def begin(self) -> None:
        self.control = await Control.over(self._end)
        self._frames = self.control.frames()

    async def hear(self, kind: str) -> Frame:
        """The next frame of a kind."""
        assert self._frames is not None
        async for frame in self._frames:
            if frame[KIND] == kind:
                return frame
        raise EOFError

    async def rest(self) -> list[Frame]:
        """All frames until the end."""
        assert self._frames is not None
        return [frame async for frame in self._frames]

    def stop(self) -> None:
        self.stops += 1

    async def take(self, note: Json) -> None:
        self.heard.append(note)


@asynccontextmanager
async def linked() -> AsyncIterator[Supervisor]:
    """A worker that runs while the block does."""
    listener = socket.create_server(("127.0.0.1", 0))
    ours, theirs = socket.socketpair()
    first = write_frame(frames.BEGIN, number=3, sockets=[listener.detach()], key=KEY)
    # What follows the first word is kept for later.
    ours.sendall(first + write_frame(frames.COUNT))
    worker = begin(theirs.detach())
    worker.follow(lambda: counted(5))
    supervisor = Supervisor(worker, ours)
    worker.hear(supervisor.take)
    await supervisor.begin()
    try:
        with anyio.fail_after(5):
            async with anyio.create_task_group() as tasks:
                tasks.start_soon(worker.run, supervisor.stop)
                yield supervisor
                tasks.cancel_scope.cancel()
    finally:
        supervisor.last = await supervisor.rest()
        await supervisor.control.aclose()
        for each in worker.sockets:
            each.close()


async def test_a_worker_is_told_who_it_is_and_says_that_it_serves() -> None:
    async with linked() as supervisor:
        assert supervisor.link.number == 3
        assert supervisor.link.key == KEY
        assert supervisor.link.sockets[0].getsockname()[0] == "127.0.0.1"
        assert not supervisor.link.sockets[0].get_inheritable()
        await supervisor.hear(frames.READY)
        found = [await supervisor.hear(frames.COUNTS) for _ in range(2)]
    assert {frame.get("asked") for frame in found} == {None, True}
    assert found[0]["counts"] == counted(5)


async def test_counts_are_told_again_and_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(link, "TELL_S", 0)
    async with linked() as supervisor:
        for _ in range(5):
            await supervisor.hear(frames.COUNTS)


async def test_the_last_counts_are_told_at_the_end() -> None:
    async with linked() as supervisor:
        await supervisor.hear(frames.READY)
        supervisor.link.follow(lambda: counted(7))
    assert supervisor.last[-1] == {KIND: frames.COUNTS, "counts": counted(7)}


async def test_a_worker_stops_when_it_is_told_and_goes_on_to_answer() -> None:
    async with linked() as supervisor:
        await supervisor.hear(frames.READY)
        await supervisor.control.send("a word of a later version")
        await supervisor.control.send(frames.STOP)
        await supervisor.control.send(frames.COUNT)
        while not (await supervisor.hear(frames.COUNTS)).get("asked") or not supervisor.stops:
            pass
        assert supervisor.stops == 1


async def test_a_worker_stops_when_its_supervisor_is_gone() -> None:
    async with linked() as supervisor:
        await supervisor.hear(frames.READY)
        await supervisor.control.aclose()
        while not supervisor.stops:
            await anyio.lowlevel.checkpoint()
        # Nobody is there to be told; that is no fault.
        supervisor.link.tell({"session": "s"})
        assert await supervisor.link.text() == ""


async def test_the_counts_of_all_are_asked_for() -> None:
    async with linked() as supervisor:
        await supervisor.hear(frames.READY)
        texts: list[str] = []

        async def scrape() -> None:
            texts.append(await supervisor.link.text())

        async with anyio.create_task_group() as tasks:
            for _ in range(2):
                tasks.start_soon(scrape)
            asks = [await supervisor.hear(frames.ASK) for _ in range(2)]
            assert all(ask["counts"] == counted(5) for ask in asks)
            # One that nobody waits for is no fault.
            for number in (99, *(ask["number"] for ask in reversed(asks))):
                await supervisor.control.send(frames.TOTAL, number=number, counts=counted(number))
    assert texts == [
        f"# HELP calls_total Calls.\n# TYPE calls_total counter\ncalls_total {ask['number']}\n"
        for ask in reversed(asks)
    ]


async def test_counts_that_do_not_come_are_none(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(link, "ASK_S", 0.01)
    async with linked() as supervisor:
        assert await supervisor.link.text() == ""
        await supervisor.hear(frames.READY)
        assert await supervisor.link.text() == ""


async def test_counts_that_are_waited_for_at_the_end_are_none() -> None:
    async with linked() as supervisor:
        texts: list[str] = []

        async def scrape() -> None:
            texts.append(await supervisor.link.text())

        await supervisor.hear(frames.READY)
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(scrape)
            await supervisor.hear(frames.ASK)
            await supervisor.control.aclose()
    assert texts == [""]


async def test_notes_are_passed_on_both_ways() -> None:
    async with linked() as supervisor:
        supervisor.link.tell({"session": "a", "ended": True})
        assert (await supervisor.hear(frames.NOTE))["note"] == {"session": "a", "ended": True}
        await supervisor.control.send(frames.NOTE, note={"session": "b", "ended": True})
        while not supervisor.heard:
            await anyio.lowlevel.checkpoint()
        assert supervisor.heard == [{"session": "b", "ended": True}]


async def test_notes_without_room_are_dropped(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(link, "NOTES_MAX", 2)
    async with linked() as supervisor:
        for number in range(5):
            supervisor.link.tell({"number": number})
        assert [(await supervisor.hear(frames.NOTE))["note"]["number"] for _ in range(2)] == [0, 1]
        supervisor.link.tell({"number": 9})
        assert (await supervisor.hear(frames.NOTE))["note"]["number"] == 9


def descriptor(said: bytes) -> int:
    """A socket on which so much was said."""
    ours, theirs = socket.socketpair()
    with ours:
        ours.sendall(said)
    return theirs.detach()


def a_file() -> int:
    return os.open(os.devnull, os.O_RDONLY)


STRANGERS: dict[str, Any] = {
    "nothing": lambda: -1,
    "no socket": a_file,
    "silence": lambda: descriptor(b""),
    "half a word": lambda: descriptor(b'{"kind":'),
    "no word": lambda: descriptor(b"hello\n"),
    "another word": lambda: descriptor(write_frame(frames.STOP)),
    "a word without a key": lambda: descriptor(write_frame(frames.BEGIN, number=0, sockets=[])),
}


@pytest.mark.parametrize("other", STRANGERS.values(), ids=STRANGERS)
def test_a_stranger_is_no_supervisor(other: Any) -> None:
    with pytest.raises(LinkError, match="MCP_WORKERS"):
        begin(other())
