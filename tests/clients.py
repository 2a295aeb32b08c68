"""The client's end of a conversation that is served in the same event loop, for tests."""

import json
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from typing import Any, NamedTuple

import anyio
from anyio.streams.memory import MemoryObjectSendStream

from tests.protocol.playbook import CAPABILITIES, INITIALIZED, initialize
from vtmcp.handlers.base import Prompt, Tool
from vtmcp.handlers.catalogue import Catalogue
from vtmcp.protocol.engine import Engine
from vtmcp.protocol.framing import Document
from vtmcp.protocol.messages import Json
from vtmcp.protocol.profile import Profile
from vtmcp.router import Router
from vtmcp.serve import Conversation, Limits
from vtmcp.states import RequestStates
from vtmcp.transports.base import Channel
from vtmcp.transports.memory import DOCUMENTS_MAX, MemoryChannel

KEY = b"k" * 32
PATIENT = Limits(room_wait_s=5, ask_timeout_s=5, shutdown_s=5)
"""Bounds that no test reaches: who waits in a test waits for something that will come."""

TTL_S = 600.0
"""How long the `requestState` of a test is good."""

HASTY = Limits(calls_max=1, room_wait_s=0, ask_timeout_s=0, shutdown_s=0)
"""Bounds that are reached at the first wait."""


class Client(NamedTuple):
    """The client's end: say messages, hear messages."""

    channel: MemoryChannel
    sending: MemoryObjectSendStream[Document]
    conversation: Conversation

    def end(self) -> None:
        """Say no more; what the server says is still heard."""
        self.sending.close()

    async def say(self, *messages: Any) -> None:
        for message in messages:
            await self.channel.send(json.dumps(message).encode())

    async def hear(self) -> Json:
        """The next message. Raises `EndOfStream` when none will come."""
        document = await self.channel.receive()
        if not isinstance(document, bytes):
            raise anyio.EndOfStream
        message: Json = json.loads(document)
        return message

    async def rest(self) -> list[Json]:
        """All messages until the server's end."""
        messages = []
        while True:
            try:
                messages.append(await self.hear())
            except anyio.EndOfStream:
                return messages

    async def greet(self, revision: str = "2025-11-25") -> None:
        """Open a legacy session; the client declares sampling and roots."""
        opening = initialize(revision)
        opening["params"]["capabilities"] = {"sampling": {}, "roots": {}}
        await self.say(opening, INITIALIZED)
        await self.hear()


def conversation(
    channel: Channel, handlers: Iterable[Tool | Prompt] = (), **more: Any
) -> Conversation:
    """A conversation on a channel; `more` is what `Conversation` takes beside it."""
    catalogue = Catalogue()
    for handler in handlers:
        catalogue.add(handler)
    clock = more.pop("clock", lambda: 0.0)
    states = RequestStates(more.pop("state_key", KEY), ttl_s=TTL_S, clock=clock)
    return Conversation(
        Engine(Profile({"name": "tested", "version": "1.0"}, CAPABILITIES)),
        Router(catalogue, cursor_key=b"c"),
        channel,
        **{"states": states, "limits": PATIENT, **more},
    )


@asynccontextmanager
async def serving(*handlers: Tool | Prompt, **more: Any) -> AsyncIterator[Client]:
    """A client of a server with these handlers. At the block's end the client has said all."""
    to_server, from_client = anyio.create_memory_object_stream[Document](DOCUMENTS_MAX)
    to_client, from_server = anyio.create_memory_object_stream[Document](DOCUMENTS_MAX)
    ours = MemoryChannel(from_client, to_client)
    theirs = MemoryChannel(from_server, to_server)
    client = Client(theirs, to_server, conversation(ours, handlers, **more))

    async def run() -> None:
        try:
            await client.conversation.run()
        finally:
            ours.close()

    try:
        with anyio.fail_after(5):
            async with anyio.create_task_group() as tasks:
                tasks.start_soon(run)
                yield client
                client.end()
                await client.rest()
    finally:
        ours.close()
        theirs.close()


async def settle() -> None:
    """Let every task go as far as it can without waiting for anything."""
    for _ in range(100):
        await anyio.lowlevel.checkpoint()
