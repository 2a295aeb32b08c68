"""The supervisor as a worker sees it: says who the worker is, takes its counts, tells it to stop.

Must not be here: what the worker serves.
"""

import os
import socket
from collections.abc import Callable, Coroutine
from contextlib import ExitStack, suppress
from itertools import count
from typing import NamedTuple

import anyio
from anyio.abc import TaskGroup

from vtmcp.metrics import Snapshot, render
from vtmcp.protocol.messages import Json
from vtmcp.workers import frames
from vtmcp.workers.control import GONE, Control
from vtmcp.workers.frames import FRAME_BYTES_MAX, KIND, Frame, read_frame

TELL_S = 1.0
"""How often counts are told without being asked for: a worker that is killed loses so much."""

ASK_S = 3.0
"""How long the counts of all may take: those of one that hangs are waited for by `GATHER_S`."""

NOTES_MAX = 1_000
"""How many notes may wait to be told: cancellations, and ends of sessions."""

LAST_S = 1.0
"""How long the last counts may take to be told."""


Take = Callable[[Json], Coroutine[object, object, None]]


class LinkError(ValueError):
    """There is no supervisor at the other end."""


class Begun(NamedTuple):
    """What a worker is told at its start."""

    number: int
    sockets: list[int]
    key: str


class Link:
    """A worker's end of the control socket. `run` lasts as long as the worker serves."""

    def __init__(self, end: socket.socket, begun: Begun) -> None:
        self.number = begun.number
        self.key = begun.key
        self.sockets = [_adopted(descriptor) for descriptor in begun.sockets]
        self._end = end
        self._control: Control | None = None
        self._snapshot: Callable[[], Snapshot] = list
        self._numbers = count(1)
        self._asks: dict[int, _Ask] = {}
        self._notes, self._noted = anyio.create_memory_object_stream[Json](NOTES_MAX)
        self._take: Take | None = None

    def follow(self, snapshot: Callable[[], Snapshot]) -> None:
        """Tell the supervisor of these counts."""
        self._snapshot = snapshot

    def tell(self, note: Json) -> None:
        """Tell the other workers; a note that finds no room is dropped."""
        with suppress(anyio.WouldBlock, *GONE):
            self._notes.send_nowait(note)

    def hear(self, take: Take) -> None:
        """Hand over to `take` what the others tell."""
        self._take = take

    async def text(self) -> str:
        """The counts of all workers, as Prometheus reads them; nothing if they did not come."""
        if self._control is None:
            return ""
        number, ask = next(self._numbers), _Ask()
        self._asks[number] = ask
        try:
            with anyio.move_on_after(ASK_S):
                await self._control.send(frames.ASK, number=number, counts=self._snapshot())
                await ask.answered.wait()
        finally:
            del self._asks[number]
        return render([ask.total])

    async def run(self, stop: Callable[[], None]) -> None:
        """Say that the worker serves, and obey; a supervisor that is gone says stop, too."""
        self._control = control = await Control.over(self._end)
        try:
            async with anyio.create_task_group() as tasks:
                await control.send(frames.READY)
                tasks.start_soon(self._tell_counts, control)
                tasks.start_soon(self._tell_notes, control)
                async for frame in control.frames():
                    await self._obey(frame, control, stop, tasks)
                stop()
                tasks.cancel_scope.cancel()
        finally:
            self._control = None
            for ask in self._asks.values():
                ask.answered.set()
            self._notes.close()
            self._noted.close()
            with anyio.CancelScope(shield=True), anyio.move_on_after(LAST_S):
                await control.send(frames.COUNTS, counts=self._snapshot())
                await control.aclose()

    async def _obey(
        self, frame: Frame, control: Control, stop: Callable[[], None], tasks: TaskGroup
    ) -> None:
        match frame[KIND]:
            case frames.STOP:
                stop()
            case frames.COUNT:
                await control.send(frames.COUNTS, counts=self._snapshot(), asked=True)
            case frames.TOTAL:
                ask = self._asks.get(frame["number"])
                if ask is not None:
                    ask.total = frame["counts"]
                    ask.answered.set()
            case frames.NOTE if self._take is not None:
                tasks.start_soon(self._take, frame["note"])

    async def _tell_notes(self, control: Control) -> None:
        async for note in self._noted:
            await control.send(frames.NOTE, note=note)

    async def _tell_counts(self, control: Control) -> None:
        while True:
            await control.send(frames.COUNTS, counts=self._snapshot())
            await anyio.sleep(TELL_S)


def begin(descriptor: int) -> Link:
    """The link of this process, by the number of its control socket. Raises `LinkError`."""
    with ExitStack() as closing:
        try:
            end = closing.enter_context(_adopted(descriptor))
            link = Link(end, _first_word(end))
        except (OSError, KeyError):
            raise LinkError("this is started by the server itself, for MCP_WORKERS") from None
        closing.pop_all()
        return link


class _Ask:
    """A client of this worker that wants the counts of all."""

    def __init__(self) -> None:
        self.answered = anyio.Event()
        self.total: Snapshot = []


def _first_word(end: socket.socket) -> Begun:
    """What the supervisor says at the start, and not a byte more: the rest is for `run`."""
    line = bytearray()
    while not line.endswith(b"\n"):
        byte = end.recv(1)
        if not byte or len(line) >= FRAME_BYTES_MAX:
            raise OSError("no first word")
        line += byte
    frame = read_frame(bytes(line)) or {KIND: ""}
    if frame[KIND] != frames.BEGIN:
        raise OSError("another first word")
    return Begun(frame["number"], frame["sockets"], frame["key"])


def _adopted(descriptor: int) -> socket.socket:
    # Whatever this process may start has no business with it.
    os.set_inheritable(descriptor, False)
    return socket.socket(fileno=descriptor)
