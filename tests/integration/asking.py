"""One question to one tool of the whole product, as a client in the same process asks it."""

import io
from typing import Any, NamedTuple

import anyio

from tests.protocol.playbook import INITIALIZED, initialize, request
from vtmcp.app import build
from vtmcp.config import Config
from vtmcp.logs import Log
from vtmcp.protocol.codec import decode, encode
from vtmcp.transports.memory import MemoryChannel, channel_pair

ANSWER_S_MAX = 30
"""A real database looks for an unknown id through all that it keeps."""

ROOM = 1_000_000
"""The largest answer there is: what a test looks for must not be left out for its length."""


class Answer(NamedTuple):
    """What a tool said: the items of its content that are text."""

    texts: list[str]
    is_error: bool

    @property
    def text(self) -> str:
        return "\n".join(self.texts)

    @property
    def lines(self) -> list[str]:
        return self.text.split("\n")


async def ask(
    entrypoint: str, tool: str, *, default_tenant: str = "0:0", **arguments: Any
) -> Answer:
    """Build the server for that database, shake hands, call the tool, and end it all."""
    env = {"VT_INSTANCE_ENTRYPOINT": entrypoint, "VT_DEFAULT_TENANT_ID": default_tenant}
    server, source = build(Config.from_env(env), Log(io.StringIO(), level="error"))
    ours, theirs = channel_pair()
    with anyio.fail_after(ANSWER_S_MAX):
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(server.conversation(theirs).run)
            for message in (initialize(), INITIALIZED):
                await ours.send(encode(message))
            arguments = {"max_bytes": ROOM, **arguments}
            await ours.send(encode(request(1, "tools/call", name=tool, arguments=arguments)))
            answer = await _answer_to(1, ours)
            ours.close()
        theirs.close()
        await source.aclose()
    result = answer["result"]
    texts = [item["text"] for item in result["content"] if item["type"] == "text"]
    return Answer(texts, result.get("isError", False))


async def _answer_to(request_id: int, channel: MemoryChannel) -> dict[str, Any]:
    while isinstance(document := await channel.receive(), bytes):
        message = decode(document)
        if isinstance(message, dict) and message.get("id") == request_id:
            return message
    raise EOFError("the server ended without an answer")
