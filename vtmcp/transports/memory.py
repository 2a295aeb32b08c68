"""A channel within one process, for tests and for embedding a client beside its server."""

from contextlib import suppress

import anyio
from anyio.streams.memory import MemoryObjectReceiveStream, MemoryObjectSendStream

from vtmcp.protocol.framing import Document
from vtmcp.protocol.messages import RequestId

DOCUMENTS_MAX = 100
"""How many documents may wait in each direction; then a sender waits."""


class MemoryChannel:
    """One end of a pair made by `channel_pair`."""

    request_headers = ()

    def __init__(
        self,
        incoming: MemoryObjectReceiveStream[Document],
        outgoing: MemoryObjectSendStream[Document],
    ) -> None:
        self._incoming = incoming
        self._outgoing = outgoing

    async def receive(self) -> Document | None:
        try:
            return await self._incoming.receive()
        except (anyio.EndOfStream, anyio.ClosedResourceError):
            return None

    async def send(
        self, document: Document, about: RequestId | None = None, reply: int | None = None
    ) -> None:
        with suppress(anyio.BrokenResourceError, anyio.ClosedResourceError):
            await self._outgoing.send(document)

    async def release(self) -> None:
        """Nothing: there is no connection to let go of."""

    def close(self) -> None:
        """End this side: the other end receives None after what is on its way."""
        self._outgoing.close()
        self._incoming.close()


def channel_pair() -> tuple[MemoryChannel, MemoryChannel]:
    """Two ends: what is sent on one is received on the other."""
    here, there = (anyio.create_memory_object_stream[Document](DOCUMENTS_MAX) for _ in range(2))
    return MemoryChannel(here[1], there[0]), MemoryChannel(there[1], here[0])
