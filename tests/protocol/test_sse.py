"""Event streams: what is written reads back, and what is read never depends on the pieces."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vtmcp.protocol.errors import LocalProtocolError
from vtmcp.protocol.sse import (
    EVENT_BYTES_MAX,
    Event,
    EventParser,
    comment,
    event,
    priming,
)

LIMIT = 40

WRITTEN: dict[str, tuple[bytes, bytes]] = {
    "a message": (event(b"{}"), b"event: message\ndata: {}\n\n"),
    "another name": (event(b"/m", name="endpoint"), b"event: endpoint\ndata: /m\n\n"),
    "no name": (event(b"{}", name=""), b"data: {}\n\n"),
    "an id": (event(b"{}", event_id="a-1"), b"id: a-1\nevent: message\ndata: {}\n\n"),
    "a pause": (event(b"{}", retry_ms=0), b"event: message\nretry: 0\ndata: {}\n\n"),
    "no data": (event(b""), b"event: message\ndata: \n\n"),
    "a line feed in the data": (event(b"1\n2", name=""), b"data: 1\ndata: 2\n\n"),
    "other line ends in the data": (event(b"1\r2\r\n3", name=""), b"data: 1\ndata: 2\ndata: 3\n\n"),
    "the first of a stream": (priming("a-0", 500), b"id: a-0\nretry: 500\ndata: \n\n"),
    "the first of a stream, without a pause": (priming("a-0"), b"id: a-0\ndata: \n\n"),
    "a comment": (comment("ping"), b": ping\n\n"),
    "a comment of two lines": (comment("a\r\nb"), b": a\n: b\n\n"),
}

REFUSED: dict[str, str] = {
    "a line feed": "a\nb",
    "a carriage return": "a\rb",
    "a null": "a\0b",
    "half a surrogate pair": "\ud800",
}

STREAMS: dict[str, tuple[bytes, list[Event]]] = {
    "nothing": (b"", []),
    "one event": (b"data: 1\n\n", [Event(b"1")]),
    "carriage returns": (b"data: 1\r\rdata: 2\r\r", [Event(b"1"), Event(b"2")]),
    "both": (b"data: 1\r\n\r\ndata: 2\r\n\r\n", [Event(b"1"), Event(b"2")]),
    "mixed line ends": (b"data: 1\r\n\ndata: 2\n\r\n", [Event(b"1"), Event(b"2")]),
    "a line feed, then a return, is two ends": (
        b"data: 1\n\rdata: 2\n\n",
        [Event(b"1"), Event(b"2")],
    ),
    "several lines": (b"data: 1\ndata: 2\n\n", [Event(b"1\n2")]),
    "one blank after the colon goes": (b"data:1\n\ndata:  2\n\n", [Event(b"1"), Event(b" 2")]),
    "a colon in the value": (b"data: a: b\n\n", [Event(b"a: b")]),
    "a field without a colon is empty": (b"data\n\n", [Event(b"")]),
    "two of them are a line end": (b"data\ndata\n\n", [Event(b"\n")]),
    "an end that never comes": (b"data: 1\n", []),
    "no blank line": (b"data: 1\n\ndata: 2\n", [Event(b"1")]),
    "comments are nothing": (b": a\n:\n\n:data: 1\ndata: 2\n\n", [Event(b"2")]),
    "unknown fields are nothing": (b"x: 1\n data: 3\nDATA: 4\ndata: 2\n\n", [Event(b"2")]),
    "a name": (b"event: endpoint\ndata: 1\n\n", [Event(b"1", "endpoint")]),
    "a name of its own event only": (
        b"event: a\ndata: 1\n\ndata: 2\n\n",
        [Event(b"1", "a"), Event(b"2")],
    ),
    "a name without data is nothing": (b"event: a\n\ndata: 1\n\n", [Event(b"1")]),
    "an empty name is none": (b"event\ndata: 1\n\n", [Event(b"1")]),
    "an id lasts": (
        b"data: 0\n\nid: a\ndata: 1\n\ndata: 2\n\n",
        [Event(b"0"), Event(b"1", event_id="a"), Event(b"2", event_id="a")],
    ),
    "an id without data lasts": (b"id: a\n\ndata: 1\n\n", [Event(b"1", event_id="a")]),
    "an empty id ends it": (b"id: a\n\nid\ndata: 1\n\n", [Event(b"1")]),
    "an id with a null is ignored": (
        b"id: a\nid: b\0c\ndata: 1\n\n",
        [Event(b"1", event_id="a")],
    ),
    "the first event of a stream": (b"id: a\nretry: 5\ndata: \n\n", [Event(b"", event_id="a")]),
    "a byte order mark at the start": (b"\xef\xbb\xbfdata: 1\n\n", [Event(b"1")]),
    "a byte order mark later": (b"\n\xef\xbb\xbfdata: 1\n\n", []),
    "two byte order marks": (b"\xef\xbb\xbf\xef\xbb\xbfdata: 1\n\n", []),
    "line ends of Unicode are text": (
        "data: \u2028\x85\x0b\n\n".encode(),
        [Event("\u2028\x85\x0b".encode())],
    ),
    "no UTF-8 in the data": (b"data: \xff\n\n", [Event(b"\xff")]),
    "no UTF-8 in a name": (b"event: \xff\ndata: 1\n\n", [Event(b"1", "\ufffd")]),
    "no UTF-8 in an id": (b"id: \xff\ndata: 1\n\n", [Event(b"1", event_id="\ufffd")]),
}

PAUSES: dict[str, tuple[bytes, int | None]] = {
    "none": (b"data: 1\n\n", None),
    "at once, before the event ends": (b"retry: 10\n", 10),
    "zero": (b"retry: 0\n", 0),
    "the last one counts": (b"retry: 1\nretry: 2\n\n", 2),
    "the longest": (b"retry: 999999999\n", 999_999_999),
    "longer than anyone waits": (b"retry: 1000000000\n", None),
    "nothing": (b"retry\n", None),
    "a sign": (b"retry: -1\n", None),
    "a fraction": (b"retry: 1.5\n", None),
    "a second blank": (b"retry:  1\n", None),
    "digits of another script": ("retry: \u0663\n".encode(), None),
}

BOUND: dict[str, tuple[bytes, bool]] = {
    "a line as long as may be": (b"data: " + b"x" * 34 + b"\n\n", True),
    "a line too long": (b"data: " + b"x" * 35 + b"\n\n", False),
    "a line too long that does not end": (b"x" * 41, False),
    "a comment too long": (b":" + b"x" * 40 + b"\n", False),
    "lines that are too long together": (b"data: 12345678\n" * 4, False),
    "lines that are short enough together": (b"data: 12345678\n" * 3, True),
    "empty lines without number": (b"data\n" * 50, False),
    "events without number": (b"data: 12345678\n\n" * 50, True),
    "comments without number": (b": 12345678\n" * 50, True),
}

lines = st.lists(
    st.sampled_from(
        [b"data: 1", b"data", b"id: a", b"id", b"event: e", b"retry: 7", b": c", b"\xff"]
    )
    | st.sampled_from([b"\n", b"\r", b"\r\n", b"\n\n", b"\xef\xbb\xbf"])
)


def read(pieces: list[bytes], limit: int = EVENT_BYTES_MAX) -> list[Event]:
    parser = EventParser(limit)
    return [found for piece in pieces for found in parser.feed(piece)]


def bytewise(stream: bytes) -> list[bytes]:
    return [stream[at : at + 1] for at in range(len(stream))]


@pytest.mark.parametrize(("written", "text"), WRITTEN.values(), ids=WRITTEN)
def test_written(written: bytes, text: bytes) -> None:
    assert written == text


@pytest.mark.parametrize("value", REFUSED.values(), ids=REFUSED)
def test_an_id_and_a_name_are_one_line(value: str) -> None:
    with pytest.raises(LocalProtocolError, match="the id of an event must be one line"):
        event(b"", event_id=value)
    with pytest.raises(LocalProtocolError, match="the event of an event must be one line"):
        event(b"", name=value)


@pytest.mark.parametrize(("stream", "events"), STREAMS.values(), ids=STREAMS)
def test_whole(stream: bytes, events: list[Event]) -> None:
    assert read([stream]) == events


@pytest.mark.parametrize(("stream", "events"), STREAMS.values(), ids=STREAMS)
def test_byte_by_byte_and_with_empty_pieces(stream: bytes, events: list[Event]) -> None:
    assert read(bytewise(stream)) == events
    assert read([piece for byte in bytewise(stream) for piece in (b"", byte, b"")]) == events


@pytest.mark.parametrize(("stream", "events"), STREAMS.values(), ids=STREAMS)
def test_in_two_pieces(stream: bytes, events: list[Event]) -> None:
    for cut in range(len(stream) + 1):
        assert read([stream[:cut], stream[cut:]]) == events


@given(st.lists(st.integers(0, 200)), lines.map(b"".join))
def test_the_cuts_make_no_difference(cuts: list[int], stream: bytes) -> None:
    edges = sorted([0, len(stream), *(min(cut, len(stream)) for cut in cuts)])
    pieces = [stream[start:end] for start, end in pairwise(edges)]
    whole, cut = EventParser(), EventParser()
    expected = whole.feed(stream)
    assert [found for piece in pieces for found in cut.feed(piece)] == expected
    assert (cut.last_event_id, cut.retry_ms) == (whole.last_event_id, whole.retry_ms)


@given(st.binary(), st.text("ab-1"), st.sampled_from(["message", "x"]), st.integers(0, 10**9 - 1))
def test_what_was_written_reads_back(data: bytes, event_id: str, name: str, retry_ms: int) -> None:
    stream = comment("ping") + event(data, event_id=event_id, name=name, retry_ms=retry_ms)
    parser = EventParser()
    one_line_end = data.replace(b"\r\n", b"\n").replace(b"\r", b"\n")
    assert parser.feed(stream) == [Event(one_line_end, name, event_id)]
    assert (parser.last_event_id, parser.retry_ms) == (event_id, retry_ms)


@pytest.mark.parametrize(("stream", "retry_ms"), PAUSES.values(), ids=PAUSES)
def test_how_long_to_wait(stream: bytes, retry_ms: int | None) -> None:
    parser = EventParser()
    parser.feed(stream)
    assert parser.retry_ms == retry_ms


def test_an_id_counts_once_its_event_is_complete() -> None:
    parser = EventParser()
    parser.feed(b"id: a\n\nid: b\n")
    assert parser.last_event_id == "a"
    parser.feed(b"\n")
    assert parser.last_event_id == "b"


@pytest.mark.parametrize(("stream", "fits"), BOUND.values(), ids=BOUND)
def test_no_event_passes_the_limit(stream: bytes, fits: bool) -> None:
    for pieces in ([stream], bytewise(stream)):
        if fits:
            read(pieces, LIMIT)
        else:
            with pytest.raises(ValueError, match="an event is longer than 40 bytes"):
                read(pieces, LIMIT)
