"""One message on its way over HTTP, and what is known of its answer.

Must not be here: sending it (`http_peer`, `sse_peer`).
"""

import json

import anyio

from vtmcp.conformance.patterns import Json, same


class Posting:
    """A message, the requests in it that wait for an answer, and where its stream stands."""

    def __init__(self, document: bytes) -> None:
        self.document = document
        self.said = read_json(document)
        self.scope = anyio.CancelScope()
        self.settled = anyio.Event()
        self.last_event_id = ""
        self.retry_ms = 0
        messages = self.said if isinstance(self.said, list) else [self.said]
        self.unanswered: list[Json] = [
            one["id"] for one in messages if isinstance(one, dict) and _is_request(one)
        ]
        self.needs_no_answer = bool(messages) and all(map(_needs_no_answer, messages))

    @property
    def method(self) -> str:
        """The method of the message, if it is a single one."""
        return str(self.said.get("method", "")) if isinstance(self.said, dict) else ""

    def has_come(self, answer: Json) -> None:
        """Take note of an answer."""
        if isinstance(answer, dict) and "method" not in answer:
            left = (one for one in self.unanswered if not same(one, answer.get("id")))
            self.unanswered = list(left)


def read_json(document: bytes) -> Json:
    """A document as JSON, or None when it is none."""
    try:
        return json.loads(document)
    except (ValueError, RecursionError):
        return None


def _is_request(message: dict[str, Json]) -> bool:
    has_id = "id" in message and type(message["id"]) in (int, str)
    return has_id and "result" not in message and "error" not in message


def _needs_no_answer(message: Json) -> bool:
    """Whether it is a notification, or an answer."""
    if not isinstance(message, dict):
        return False
    if isinstance(message.get("method"), str):
        return "id" not in message
    return "result" in message or "error" in message
