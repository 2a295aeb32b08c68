"""A server over HTTP+SSE of 2024-11-05: one stream for what it says, POSTs for what it is told.

Must not be here: what the messages mean.
"""

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager

import anyio
from anyio.abc import TaskGroup
from anyio.streams.memory import MemoryObjectReceiveStream, MemoryObjectSendStream

from vtmcp.conformance.endpoint import Endpoint, events_of
from vtmcp.conformance.events import EventTooLongError
from vtmcp.conformance.http_client import Address, Reply
from vtmcp.conformance.http_headers import Standing
from vtmcp.conformance.http_peer import ACKNOWLEDGE_S, WAITING_MAX
from vtmcp.conformance.patterns import Json
from vtmcp.conformance.peer import PeerClosedError, Refused
from vtmcp.conformance.posting import Posting

OPEN_S = 10.0
"""How long the event that names the address for messages may take."""


class SsePeer(Endpoint):
    """One stream and the address that belongs to it. Made by `opened`."""

    def __init__(self, address: Address, headers: Mapping[str, str], tasks: TaskGroup) -> None:
        super().__init__(address, headers, tasks, Standing(is_modern=False))
        self.post_path = ""
        self._scope = anyio.CancelScope()
        self._opened = anyio.Event()
        self._push: MemoryObjectSendStream[bytes | Refused]
        self._pull: MemoryObjectReceiveStream[bytes | Refused]
        self._push, self._pull = anyio.create_memory_object_stream(WAITING_MAX)

    async def open(self) -> None:
        """Open the stream and wait for the address for messages."""
        self.tasks.start_soon(self._read)
        with anyio.move_on_after(OPEN_S):
            await self._opened.wait()

    async def send(self, document: bytes) -> None:
        """POST a message and wait for the acknowledgement.

        Raises:
            PeerClosedError: when there is no address for it, or the connection breaks.
        """
        if not self.post_path:
            raise PeerClosedError("the stream did not begin with an `endpoint` event")
        posting = Posting(document.removesuffix(b"\n"))
        headers = {"Content-Type": "application/json"}
        with anyio.move_on_after(ACKNOWLEDGE_S):
            async with self.exchange("POST", self.post_path, headers, posting.document) as reply:
                text = (await reply.body()).decode("utf-8", "replace")
            if reply.status >= 300 and not posting.needs_no_answer:
                await self._push.send(Refused(reply.status, text, is_modern=False))

    async def receive(self) -> bytes | Refused:
        """Return the next thing the server says.

        Raises:
            PeerClosedError: when the stream has ended.
        """
        try:
            return await self._pull.receive()
        except anyio.EndOfStream as error:
            raise PeerClosedError("the stream has ended") from error

    async def close_input(self) -> None:
        """Close the stream, and with it the session."""
        self._scope.cancel()

    def learn(self, message: Json, answer: Json, reply: Reply) -> None:
        """Nothing is agreed in headers here."""

    async def _read(self) -> None:
        with self._scope, self._push:
            try:
                async with self.exchange("GET", "", {"Accept": "text/event-stream"}, b"") as reply:
                    async for event in events_of(reply):
                        if event.kind == "endpoint" and not self.post_path:
                            self.post_path = self.address.path_of(
                                event.data.decode("utf-8", "replace")
                            )
                            self._opened.set()
                        elif event.data:
                            await self._push.send(event.data)
            except (PeerClosedError, EventTooLongError) as error:
                self.note(str(error))
        self._opened.set()


@asynccontextmanager
async def opened(address: Address, headers: Mapping[str, str]) -> AsyncIterator[SsePeer]:
    """A conversation with a server; at the end its stream is closed.

    Where there is no such stream, the first message says so.
    """
    async with anyio.create_task_group() as tasks:
        peer = SsePeer(address, headers, tasks)
        try:
            await peer.open()
            yield peer
        finally:
            tasks.cancel_scope.cancel()
            peer._pull.close()
