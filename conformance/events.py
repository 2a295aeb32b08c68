"""The text of a server-sent event stream, taken apart (WHATWG HTML, server-sent events).

Must not be here: where the bytes come from, and what the data of an event means.
"""

import re
from collections.abc import Iterator
from typing import NamedTuple

EVENT_BYTES_MAX = 64 * 1024 * 1024
"""A longer event is no message; the stream is then given up."""


class EventTooLongError(Exception):
    """A single event is longer than `EVENT_BYTES_MAX`."""


class ServerEvent(NamedTuple):
    """One block of a stream. One with an id or a retry but without data is kept, too."""

    kind: str
    data: bytes
    id: str | None
    retry_ms: int | None


class EventReader:
    """Bytes in, events out; comments are passed over."""

    def __init__(self) -> None:
        self._waiting = b""
        self._block: list[bytes] = []
        self._is_first = True

    def feed(self, chunk: bytes) -> Iterator[ServerEvent]:
        """Take in more bytes; return the events that are whole now.

        Raises:
            EventTooLongError: when an event does not end.
        """
        self._waiting += chunk
        # A carriage return at the end may be the first half of the line's end.
        held = b"\r" if self._waiting.endswith(b"\r") else b""
        whole = self._waiting[: len(self._waiting) - len(held)]
        *lines, rest = re.split(rb"\r\n|\n|\r", whole)
        self._waiting = rest + held
        if len(self._waiting) + sum(map(len, self._block)) > EVENT_BYTES_MAX:
            raise EventTooLongError(f"an event is longer than {EVENT_BYTES_MAX} bytes")
        for line in lines:
            text = line.removeprefix(b"\xef\xbb\xbf") if self._is_first else line
            self._is_first = False
            if text:
                self._block.append(text)
                continue
            block, self._block = self._block, []
            if event := _event(block):
                yield event


def _event(block: list[bytes]) -> ServerEvent | None:
    fields = [line.partition(b":") for line in block if not line.startswith(b":")]
    pairs = [(name, value.removeprefix(b" ")) for name, _, value in fields]
    known = {name: value for name, value in pairs if name in (b"event", b"id", b"retry")}
    data = [value for name, value in pairs if name == b"data"]
    if not known and not data:
        return None
    retry = known.get(b"retry", b"")
    return ServerEvent(
        kind=known.get(b"event", b"").decode("utf-8", "replace") or "message",
        data=b"\n".join(data),
        id=known[b"id"].decode("utf-8", "replace") if b"id" in known else None,
        retry_ms=int(retry) if retry.isdigit() else None,
    )
