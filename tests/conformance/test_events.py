"""Event streams: what a block of lines is, wherever the bytes are cut."""

import pytest

from vtmcp.conformance import events
from vtmcp.conformance.events import EventReader, EventTooLongError, ServerEvent


def event(
    data: bytes = b"", *, kind: str = "message", id: str | None = None, retry_ms: int | None = None
) -> ServerEvent:
    return ServerEvent(kind, data, id, retry_ms)


STREAMS: dict[str, tuple[bytes, list[ServerEvent]]] = {
    "one event": (b"data: {}\n\n", [event(b"{}")]),
    "no blank after the colon": (b"data:{}\n\n", [event(b"{}")]),
    "a name, an id and a retry": (
        b"event: endpoint\nid: 7\nretry: 100\ndata: x\n\n",
        [event(b"x", kind="endpoint", id="7", retry_ms=100)],
    ),
    "several lines of data": (b"data: a\ndata: b\n\n", [event(b"a\nb")]),
    "an id without data": (b"id: 1\ndata:\n\n", [event(b"", id="1")]),
    "a retry that is no number": (b"retry: soon\ndata: x\n\n", [event(b"x")]),
    "an empty name": (b"event:\ndata: x\n\n", [event(b"x")]),
    "comments": (b": ping\n\n:\n\ndata: x\n: more\n\n", [event(b"x")]),
    "unknown fields": (b"colour: blue\n\n", []),
    "other ends of lines": (
        b"data: a\r\n\r\ndata: b\r\rdata: c\n\n",
        [*map(event, (b"a", b"b", b"c"))],
    ),
    "a byte order mark": (b"\xef\xbb\xbfdata: x\n\n", [event(b"x")]),
    "an event that is not whole": (b"data: a\n\ndata: b\n", [event(b"a")]),
    "a separator that is none": ("data: a\u2028b\n\n".encode(), [event("a\u2028b".encode())]),
}


@pytest.mark.parametrize(("text", "found"), STREAMS.values(), ids=STREAMS.keys())
def test_a_stream_is_cut_into_events(text: bytes, found: list[ServerEvent]) -> None:
    reader = EventReader()
    assert list(reader.feed(text)) == found


@pytest.mark.parametrize(("text", "found"), STREAMS.values(), ids=STREAMS.keys())
def test_where_the_bytes_are_cut_does_not_matter(text: bytes, found: list[ServerEvent]) -> None:
    reader = EventReader()
    assert [event for byte in text for event in reader.feed(bytes([byte]))] == found


def test_an_event_without_end_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(events, "EVENT_BYTES_MAX", 10)
    reader = EventReader()
    assert list(reader.feed(b"data: 1\n")) == []
    with pytest.raises(EventTooLongError):
        list(reader.feed(b"data: 23"))
