"""One request of HTTP that a vector writes itself, and its answer as vectors see it.

Must not be here: what the answer must be (`http_script`).
"""

import json
from typing import NamedTuple

import anyio

from vtmcp.conformance.endpoint import Endpoint, events_of
from vtmcp.conformance.events import EventTooLongError, ServerEvent
from vtmcp.conformance.http_client import Reply
from vtmcp.conformance.patterns import Json, same, shown
from vtmcp.conformance.peer import PeerClosedError

TEXT_MAX = 2000
"""So many characters of a body are kept as evidence."""


class Request(NamedTuple):
    """What is sent. Of several paths the first counts that has something."""

    method: str
    paths: tuple[str, ...]
    headers: dict[str, str]
    body: bytes
    said: Json
    """The message in the body, if there is one."""

    stays_open: bool
    """Whether an answer that is a stream is read event by event, to its end."""


class Stream:
    """An answer: its head as a record, and its events as they come."""

    def __init__(self) -> None:
        self.scope = anyio.CancelScope()
        self.head: Json = None
        self.has_head = anyio.Event()
        self.has_ended = anyio.Event()
        self.has_more = anyio.Event()
        self.events: list[Json] = []
        self.unseen: list[Json] = []
        """Messages that nobody has held against what must never be said."""

        self.problem = ""
        self._count = 0

    async def run(self, endpoint: Endpoint, request: Request) -> None:
        """Send the request and read the answer."""
        with self.scope:
            try:
                for path in request.paths:
                    if await self._run_one(endpoint, request, path) == 200:
                        break
            except (PeerClosedError, EventTooLongError) as error:
                self.problem = str(error)
        self.has_head.set()
        self.has_ended.set()
        self.has_more.set()

    async def _run_one(self, endpoint: Endpoint, request: Request, path: str) -> int:
        where = endpoint.address.path_of(path) if path else ""
        async with endpoint.exchange(
            request.method, where, request.headers, request.body, as_is=True
        ) as reply:
            self.head = {"status": reply.status, "headers": reply.headers}
            if reply.media_type != "text/event-stream":
                await self._read_document(endpoint, request, reply)
                return reply.status
            self.head |= {"events": self.events}
            if request.stays_open:
                self.has_head.set()
            if request.stays_open or request.method == "POST":
                await self._read_stream(endpoint, request, reply)
            return reply.status

    async def _read_document(self, endpoint: Endpoint, request: Request, reply: Reply) -> None:
        text = (await reply.body()).decode("utf-8", "replace")
        endpoint.transcript.append(f"< {text[:TEXT_MAX]}")
        self.head["text"] = text
        try:
            message = json.loads(text)
        except (ValueError, RecursionError):
            return
        self.head["message"] = message
        # Whoever reads event by event reads a document as one.
        self._add({"event": "document", "text": text, "message": message})
        endpoint.learn(request.said, message, reply)

    async def _read_stream(self, endpoint: Endpoint, request: Request, reply: Reply) -> None:
        """Read to the end; where nobody reads on, the answer to the request is the end."""
        async for event in events_of(reply):
            record = record_of(event)
            endpoint.transcript.append(f"< {shown(record, TEXT_MAX)}")
            self._add(record)
            message = record.get("message")
            if _answers(message, request.said):
                self.head["message"] = message
                endpoint.learn(request.said, message, reply)
                if not request.stays_open:
                    return

    def _add(self, record: dict[str, Json]) -> None:
        self.events.append({"at": self._count, **record})
        self._count += 1
        if "message" in record:
            self.unseen.append(record["message"])
        self.has_more.set()
        self.has_more = anyio.Event()


def record_of(event: ServerEvent) -> dict[str, Json]:
    """An event as vectors see it: `event`, `text`, and where they are there `id`, `retry`, and
    `message`, the data as JSON.
    """
    text = event.data.decode("utf-8", "replace")
    record: dict[str, Json] = {"event": event.kind, "text": text}
    if event.id is not None:
        record["id"] = event.id
    if event.retry_ms is not None:
        record["retry"] = event.retry_ms
    try:
        record["message"] = json.loads(event.data)
    except (ValueError, RecursionError):
        return record
    return record


def _answers(message: Json, said: Json) -> bool:
    if not isinstance(message, dict) or "method" in message or not isinstance(said, dict):
        return False
    return "id" not in said or same(message.get("id"), said["id"])
