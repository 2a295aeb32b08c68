"""The socket between a supervisor and one worker: frames both ways, until one side is gone.

Must not be here: what the frames mean.
"""

import socket
from collections.abc import AsyncIterator
from contextlib import suppress

import anyio
from anyio.abc import ByteStream, SocketStream

from vtmcp.workers.frames import Frame, FrameReader, write_frame

GONE = (anyio.BrokenResourceError, anyio.ClosedResourceError, anyio.EndOfStream)
"""The other side is gone, or we have closed our own."""


WAITING_MAX = 100
"""How many frames may wait for the other side to read before what can be spared is dropped."""


class Control:
    """One end. Whoever ends, and however, the other end notices: the system closes it."""

    def __init__(self, stream: ByteStream) -> None:
        self._stream = stream
        self._turn = anyio.Lock()

    @classmethod
    async def over(cls, end: socket.socket) -> "Control":
        """One end of a pair of sockets."""
        return cls(await SocketStream.from_socket(end))

    @property
    def is_behind(self) -> bool:
        """Whether so much waits to be sent that only what must be said is worth adding."""
        return self._turn.statistics().tasks_waiting >= WAITING_MAX

    async def send(self, kind: str, **more: object) -> None:
        """Say a frame; what is said to one that is gone is dropped."""
        async with self._turn:
            with suppress(*GONE):
                await self._stream.send(write_frame(kind, **more))

    async def frames(self) -> AsyncIterator[Frame]:
        """What the other side says, until it is gone."""
        reader = FrameReader()
        while True:
            try:
                chunk = await self._stream.receive()
            except GONE:
                return
            for frame in reader.feed(chunk):
                yield frame

    async def aclose(self) -> None:
        """Let go of the socket."""
        await self._stream.aclose()
