"""Event streams as text (WHATWG HTML, "Server-sent events"): written for clients, read for tests.

Knows nothing of HTTP, nor of what an event says. Must not be here: which stream has event ids.
"""

import re
from typing import NamedTuple

from vtmcp.protocol.errors import LocalProtocolError

EVENT_BYTES_MAX = 16 * 1024 * 1024
"""How long an event that is read may be, in bytes: above any answer, below what hurts a client."""

_RETRY_DIGITS_MAX = 9
"""Eleven days in milliseconds; whoever asks for a longer pause is not taken at his word."""

_LINE_END = re.compile(rb"\r\n|\r|\n")
_BYTE_ORDER_MARK = b"\xef\xbb\xbf"
_MESSAGE = "message"


class Event(NamedTuple):
    """One event as it came; `event_id` is the last one that the stream gave, then or before."""

    data: bytes
    name: str = _MESSAGE
    event_id: str = ""


def event(
    data: bytes, *, event_id: str = "", name: str = _MESSAGE, retry_ms: int | None = None
) -> bytes:
    """Write one event. A line end in `data` reads back as a line feed."""
    fields = [_field("id", event_id)] if event_id else []
    if name:
        fields.append(_field("event", name))
    if retry_ms is not None:
        fields.append(b"retry: %d\n" % retry_ms)
    fields.extend(b"data: %b\n" % line for line in _LINE_END.split(data))
    return b"".join(fields) + b"\n"


def priming(event_id: str, retry_ms: int | None = None) -> bytes:
    """Write the first event of a resumable stream: an id to come back with, and nothing else."""
    return event(b"", event_id=event_id, name="", retry_ms=retry_ms)


def comment(text: str) -> bytes:
    """Write what every reader passes over, and what keeps a quiet connection open."""
    return b"".join(b": %b\n" % line for line in _LINE_END.split(text.encode())) + b"\n"


class EventParser:
    """Feed bytes, get events. Holds at most `limit` bytes and one chunk."""

    def __init__(self, limit: int = EVENT_BYTES_MAX) -> None:
        self.last_event_id = ""
        """What a client sends as `Last-Event-ID` when it comes back."""
        self.retry_ms: int | None = None
        """How long the stream asks a client to wait before that."""
        self._limit = limit
        self._line = bytearray()
        self._after_return = False
        self._is_first_line = True
        self._data: list[bytes] = []
        self._data_bytes = 0
        self._name = ""
        self._event_id = ""

    def feed(self, chunk: bytes) -> list[Event]:
        """Take the next bytes and return the events they complete.

        Raises `ValueError` for an event above the limit; the stream is of no use after that.
        """
        # A line feed that comes alone may be the second half of an end that was seen before.
        rest = chunk[1:] if self._after_return and chunk.startswith(b"\n") else chunk
        if chunk:
            self._after_return = chunk.endswith(b"\r")
        *complete, rest = _LINE_END.split(rest)
        events = [found for line in complete if (found := self._close(line)) is not None]
        self._keep(rest)
        return events

    def _keep(self, part: bytes) -> None:
        self._line += part
        if len(self._line) + self._data_bytes > self._limit:
            raise ValueError(f"an event is longer than {self._limit:,} bytes")

    def _close(self, part: bytes) -> Event | None:
        self._keep(part)
        line = bytes(self._line)
        self._line.clear()
        if self._is_first_line:
            self._is_first_line = False
            line = line.removeprefix(_BYTE_ORDER_MARK)
        if not line:
            return self._dispatch()
        name, _, value = line.partition(b":")
        self._take(name, value.removeprefix(b" "))
        return None

    def _take(self, name: bytes, value: bytes) -> None:
        # A comment has an empty name; it passes by with all that is unknown.
        if name == b"data":
            self._data.append(value)
            # The line end counts too: else a stream of empty lines would have no bound.
            self._data_bytes += len(value) + 1
        elif name == b"event":
            self._name = value.decode(errors="replace")
        elif name == b"id" and b"\0" not in value:
            self._event_id = value.decode(errors="replace")
        elif name == b"retry" and value.isdigit() and len(value) <= _RETRY_DIGITS_MAX:
            self.retry_ms = int(value)

    def _dispatch(self) -> Event | None:
        self.last_event_id = self._event_id
        lines, name = self._data, self._name
        self._data, self._data_bytes, self._name = [], 0, ""
        return Event(b"\n".join(lines), name or _MESSAGE, self._event_id) if lines else None


def _field(name: str, value: str) -> bytes:
    if not value.isprintable():
        raise LocalProtocolError(f"the {name} of an event must be one line of printable text")
    return f"{name}: {value}\n".encode()
