"""Where a server is on the web, and what was said to it: what both peers over HTTP have in common.

Must not be here: which requests are made (`http_peer`, `sse_peer`, `http_script`).
"""

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager

from anyio.abc import TaskGroup

from vtmcp.conformance.events import EventReader, ServerEvent
from vtmcp.conformance.http_client import Address, Reply, exchange
from vtmcp.conformance.http_headers import Standing
from vtmcp.conformance.patterns import Json


class Endpoint:
    """An address, the headers that the user gives to each request, and the transcript."""

    def __init__(
        self, address: Address, headers: Mapping[str, str], tasks: TaskGroup, standing: Standing
    ) -> None:
        self.transcript: list[str] = []
        self.address = address
        self.extra = dict(headers)
        self.tasks = tasks
        self.standing = standing

    @asynccontextmanager
    async def exchange(
        self,
        method: str,
        path: str,
        headers: Mapping[str, str],
        body: bytes,
        *,
        as_is: bool = False,
    ) -> AsyncIterator[Reply]:
        """One request to the endpoint, or to another path; with `as_is` without the user's headers.

        Raises:
            PeerClosedError: when the server cannot be reached, closes, or does not speak HTTP.
        """
        sent = dict(headers) if as_is else self.with_extra(headers)
        where = path or self.address.path
        async with exchange(self.address, method, where, sent, body) as reply:
            self.note(f"{method} {where} -> {reply.status} {reply.media_type}".rstrip())
            yield reply

    def with_extra(self, headers: Mapping[str, str]) -> dict[str, str]:
        """Headers, and those of the user that are not among them."""
        names = {name.lower() for name in headers}
        extra = {name: value for name, value in self.extra.items() if name.lower() not in names}
        return {**extra, **headers}

    def authorization(self) -> str:
        """What the user authorizes requests with; empty when nothing is needed."""
        names = (name for name in self.extra if name.lower() == "authorization")
        return next((self.extra[name] for name in names), "")

    def last_words(self) -> list[str]:
        """Nothing: a server with an URL tells nobody what it logs."""
        return []

    def note(self, text: str) -> None:
        """Write down what HTTP said."""
        self.transcript.append(f"# {text}")

    def learn(self, message: Json, answer: Json, reply: Reply) -> None:
        """After a handshake: keep the session's id, and the version that was agreed."""
        is_first = isinstance(message, dict) and message.get("method") == "initialize"
        result = answer.get("result") if isinstance(answer, dict) else None
        if is_first and isinstance(result, dict) and not self.standing.is_modern:
            version = result.get("protocolVersion")
            self.standing = Standing(
                is_modern=False,
                session_id=reply.headers.get("mcp-session-id"),
                version=version if isinstance(version, str) else None,
            )


async def events_of(reply: Reply) -> AsyncIterator[ServerEvent]:
    """The events of a stream as they come.

    Raises:
        PeerClosedError: when the stream breaks off.
        EventTooLongError: when an event does not end.
    """
    reader = EventReader()
    async for chunk in reply.chunks():
        for event in reader.feed(chunk):
            yield event
