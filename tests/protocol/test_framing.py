"""Bytes to documents: one a line, whatever the pieces they come in."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vtmcp.protocol.framing import DOCUMENT_BYTES_MAX, Document, LineFramer, Oversized

LIMIT = 8
TOO_LONG = Oversized(LIMIT)

STREAMS: dict[str, tuple[bytes, list[Document]]] = {
    "nothing": (b"", []),
    "one line": (b"{}\n", [b"{}"]),
    "two lines": (b"1\n2\n", [b"1", b"2"]),
    "a last line without an end": (b"1\n2", [b"1", b"2"]),
    "a carriage return before the line end": (b"1\r\n2\r\n", [b"1", b"2"]),
    "blank lines are nothing": (b"\n \n\t\r\n\n1\n", [b"1"]),
    "a blank end is nothing": (b"1\n  ", [b"1"]),
    "blanks round a document go": (b" 1 \n", [b"1"]),
    "only a line feed ends a line": (b"\xe2\x80\xa8\x0b\x0c\x85\n", [b"\xe2\x80\xa8\x0b\x0c\x85"]),
    "a carriage return alone ends nothing": (b"1\r2\n", [b"1\r2"]),
    "bytes that are no UTF-8 pass": (b"\xff\xfe\n", [b"\xff\xfe"]),
    "as long as may be": (b"12345678\n", [b"12345678"]),
    "a byte too long": (b"123456789\n", [TOO_LONG]),
    "much too long, and on with the next": (b"x" * 100 + b"\n1\n", [TOO_LONG, b"1"]),
    "two too long in a row": (b"x" * 9 + b"\n" + b"x" * 9 + b"\n", [TOO_LONG, TOO_LONG]),
    "too long at the end": (b"1\n" + b"x" * 9, [b"1", TOO_LONG]),
    "blanks count": (b" " * 9 + b"\n", [TOO_LONG]),
}


def frame(pieces: list[bytes]) -> list[Document]:
    framer = LineFramer(LIMIT)
    documents = [document for piece in pieces for document in framer.feed(piece)]
    return documents + framer.end()


def bytewise(stream: bytes) -> list[bytes]:
    return [stream[at : at + 1] for at in range(len(stream))]


@pytest.mark.parametrize(("stream", "documents"), STREAMS.values(), ids=STREAMS)
def test_whole(stream: bytes, documents: list[Document]) -> None:
    assert frame([stream]) == documents


@pytest.mark.parametrize(("stream", "documents"), STREAMS.values(), ids=STREAMS)
def test_byte_by_byte(stream: bytes, documents: list[Document]) -> None:
    assert frame(bytewise(stream)) == documents


@pytest.mark.parametrize(("stream", "documents"), STREAMS.values(), ids=STREAMS)
def test_with_bytes_left_over(stream: bytes, documents: list[Document]) -> None:
    for cut in range(len(stream) + 1):
        assert frame([stream[:cut], stream[cut:]]) == documents


def test_a_document_comes_with_its_line_end_and_not_later() -> None:
    framer = LineFramer()
    assert framer.feed(b"1") == []
    assert framer.feed(b"2\n3") == [b"12"]
    assert framer.end() == [b"3"]
    assert framer.end() == []


def test_after_an_end_the_framer_is_as_new() -> None:
    framer = LineFramer(LIMIT)
    framer.feed(b"x" * 100)
    assert framer.end() == [TOO_LONG]
    assert framer.feed(b"1\n") == [b"1"]


def test_without_a_word_the_limit_is_the_common_one() -> None:
    framer = LineFramer()
    assert framer.feed(b"x" * DOCUMENT_BYTES_MAX + b"\n") == [b"x" * DOCUMENT_BYTES_MAX]
    assert framer.feed(b"x" * DOCUMENT_BYTES_MAX + b"x\n") == [Oversized(DOCUMENT_BYTES_MAX)]


@given(st.lists(st.binary(max_size=12) | st.sampled_from([b"\n", b" ", b"123456789"])))
def test_the_pieces_make_no_difference(pieces: list[bytes]) -> None:
    stream = b"".join(pieces)
    assert frame(pieces) == frame([stream]) == frame(bytewise(stream))


@given(st.binary())
def test_no_document_holds_a_line_end_or_passes_the_limit(stream: bytes) -> None:
    for document in frame([stream]):
        assert isinstance(document, Oversized) or (
            0 < len(document) <= LIMIT and b"\n" not in document
        )
