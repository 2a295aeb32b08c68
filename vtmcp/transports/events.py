"""The events of one stream of a session, kept for a client that comes back for them.

Source: MCP 2025-03-26 to 2025-11-25, basic/transports, "Resumability and Redelivery". Each event
goes to one reader only. Must not be here: connections, and who may read.
"""

from collections import OrderedDict
from collections.abc import Awaitable, Callable

import anyio

from vtmcp.protocol.sse import event, priming

STREAM_EVENTS_MAX = 1_000
"""How many events of one stream are kept; beyond it the oldest are gone."""

STREAM_BYTES_MAX = 4 * 1024 * 1024
"""How many bytes of one stream are kept, but for one event that is longer."""

KEPT_BYTES_MAX = 64 * 1024 * 1024
"""How many bytes of all streams are kept together: what a process can spare for those who may
come back. Beyond it, the stream that was added to longest ago loses its oldest events."""

RETRY_MS = 1_000
"""How long a client is asked to wait before it comes back."""

Write = Callable[[bytes], Awaitable[None]]


class EventStore:
    """What all streams keep, counted; holds them to one bound."""

    def __init__(self, bytes_max: int = KEPT_BYTES_MAX) -> None:
        self.kept_bytes = 0
        self._bytes_max = bytes_max
        self._logs: OrderedDict[EventLog, None] = OrderedDict()
        """Those that keep anything; who was added to longest ago stands first."""

    def __len__(self) -> int:
        return len(self._logs)

    def grow(self, log: "EventLog", count: int) -> None:
        """Take note of bytes that a stream keeps, and make room for them."""
        self.kept_bytes += count
        self._logs[log] = None
        self._logs.move_to_end(log)
        while self.kept_bytes > self._bytes_max:
            next(iter(self._logs)).drop_oldest()

    def shrink(self, log: "EventLog", count: int, *, is_empty: bool) -> None:
        """Take note of bytes that a stream keeps no longer."""
        self.kept_bytes -= count
        if is_empty:
            self._logs.pop(log, None)


class EventLog:
    """One stream: what was said on it, and how far it was delivered."""

    __slots__ = (
        *("_bytes", "_changed", "_events", "_first", "_readers", "_sent", "_store"),
        *("is_dropped", "is_ended", "name"),
    )

    def __init__(self, name: str, store: EventStore) -> None:
        self.name = name
        self.is_ended = False
        """Nothing more will be said."""
        self.is_dropped = False
        """Nothing of it is kept for anyone who comes from now on."""
        self._store = store
        # There are many of these and most stay empty; a list is small, and short enough to pop.
        self._events: list[bytes] = []
        self._bytes = 0
        self._first = 1
        """The number of the oldest event that is kept."""
        self._sent = 0
        """The number of the newest event that a reader was given."""
        self._readers: list[object] = []
        self._changed: anyio.Event | None = None

    @property
    def is_read(self) -> bool:
        """Whether somebody follows it."""
        return bool(self._readers)

    def add(self, document: bytes) -> bytes:
        """Keep a document, and return it as the event to write."""
        written = event(document, event_id=f"{self.name}-{self._last + 1}")
        if self.is_dropped:
            return written
        self._events.append(written)
        self._bytes += len(written)
        while len(self._events) > 1 and (
            len(self._events) > STREAM_EVENTS_MAX or self._bytes > STREAM_BYTES_MAX
        ):
            self.drop_oldest()
        self._store.grow(self, len(written))
        self._notify()
        return written

    def taken(self) -> None:
        """What was added last has been written by whoever added it."""
        self._sent = self._last

    def end(self) -> None:
        """Nothing more will be said."""
        self.is_ended = True
        self._notify()

    def drop(self) -> None:
        """End it, and keep nothing but what those who read it have not been given yet."""
        self.is_dropped = True
        self.end()
        self._forget()

    def drop_oldest(self) -> None:
        """Keep one event less."""
        self._cut(1)

    def priming(self, after: int | None = None) -> bytes:
        """The event without data by which a client can come back before the first real one."""
        number = self._sent if after is None else after
        return priming(f"{self.name}-{number}", RETRY_MS)

    async def follow(self, write: Write, after: int | None = None) -> None:
        """Write what comes after event number `after`, or after what was delivered, to the end.

        Of several readers the newest is given what comes.
        """
        reader = object()
        self._readers.append(reader)
        if after is not None:
            self._sent = min(after, self._last)
        try:
            while True:
                if self._changed is None or self._changed.is_set():
                    self._changed = anyio.Event()
                changed = self._changed
                if self._readers[-1] is reader:
                    await self._write_new(write, reader)
                    if self.is_ended and self._readers[-1] is reader:
                        return
                await changed.wait()
        finally:
            self._readers.remove(reader)
            self._notify()
            self._forget()

    @property
    def _last(self) -> int:
        """The number of the newest event."""
        return self._first + len(self._events) - 1

    async def _write_new(self, write: Write, reader: object) -> None:
        while self._readers[-1] is reader:
            number = max(self._sent + 1, self._first)
            if number > self._last:
                return
            # It counts as given before it is, so that nobody else gives it meanwhile.
            before, self._sent = self._sent, number
            is_written = False
            try:
                await write(self._events[number - self._first])
                is_written = True
            finally:
                if not is_written and self._sent == number:
                    self._sent = before

    def _forget(self) -> None:
        if self.is_dropped and not self._readers:
            self._cut(len(self._events))

    def _cut(self, count: int) -> None:
        gone = sum(map(len, self._events[:count]))
        del self._events[:count]
        self._first += count
        self._bytes -= gone
        self._store.shrink(self, gone, is_empty=not self._events)

    def _notify(self) -> None:
        if self._changed is not None:
            self._changed.set()


def read_event_id(text: str) -> tuple[str, int] | None:
    """The name of the stream and the number of the event; None for what was never an id."""
    name, dash, number = text.rpartition("-")
    if not dash or not number.isascii() or not number.isdecimal() or len(number) > 15:
        return None
    return name, int(number)
