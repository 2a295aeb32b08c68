"""A client's side that writes down what a call says to it, and calls to say it in."""

from typing import Any

from vtmcp.handlers.context import Context
from vtmcp.protocol.actions import Call
from vtmcp.protocol.messages import Json
from vtmcp.protocol.requests import Client
from vtmcp.protocol.subscriptions import Change
from vtmcp.protocol.versions import REVISIONS

LEGACY = "2025-11-25"
MODERN = "2026-07-28"


class NotedPeer:
    """A `Peer`: what was said to it is in `said`; asks are answered from `replies`, in order."""

    def __init__(self, *replies: Json) -> None:
        self.said: list[tuple[Any, ...]] = []
        self._replies = list(replies)

    async def progress(
        self, call: Call, progress: float, total: float | None, message: str | None
    ) -> None:
        self.said.append(("progress", call.id, progress, total, message))

    async def log(self, call: Call, level: str, data: Any, logger: str | None) -> None:
        self.said.append(("log", call.id, level, data, logger))

    async def ask(self, call: Call, method: str, params: Json) -> Json:
        self.said.append(("ask", call.id, method, params))
        return self._replies.pop(0)

    async def publish(self, change: Change) -> None:
        self.said.append(("publish", change))

    async def release(self, call: Call) -> None:
        self.said.append(("release", call.id))


def a_call(
    method: str = "tools/call",
    params: Json | None = None,
    *,
    revision: str = LEGACY,
    capabilities: Json | None = None,
) -> Call:
    client = Client("client", "1", capabilities or {})
    return Call(1, method, params or {}, REVISIONS[revision], client)


def a_context(call: Call | None = None, peer: NotedPeer | None = None, **known: Any) -> Context:
    return Context(call or a_call(), peer or NotedPeer(), **known)
