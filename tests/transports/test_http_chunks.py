"""Chunked bodies: whole, byte by byte, and with more behind them."""

from collections.abc import Iterable

import pytest

from tests.transports.scripted import one_by_one
from vtmcp.transports.http_chunks import CHUNK_LINE_BYTES_MAX, TRAILER_BYTES_MAX, ChunkedBody
from vtmcp.transports.http_values import RefusalError

BODY_BYTES_MAX = 20
LINE = CHUNK_LINE_BYTES_MAX

BODIES: dict[str, tuple[bytes, bytes]] = {
    "nothing": (b"0\r\n\r\n", b""),
    "one chunk": (b"3\r\nabc\r\n0\r\n\r\n", b"abc"),
    "several": (b"1\r\na\r\n2\r\nbc\r\n0\r\n\r\n", b"abc"),
    "line ends as data": (b"4\r\n\r\n\r\n\r\n0\r\n\r\n", b"\r\n\r\n"),
    "hexadecimal sizes": (b"a\r\n0123456789\r\nA\r\n0123456789\r\n0\r\n\r\n", b"0123456789" * 2),
    "zeros before the size": (b"0000000000000001\r\na\r\n000\r\n\r\n", b"a"),
    "extensions": (b'1;a\r\na\r\n1 ; b="c\td\xe9"\r\nb\r\n0;z=\r\n\r\n', b"ab"),
    "a long extension": (b"1;" + b"x" * (LINE - 2) + b"\r\na\r\n0\r\n\r\n", b"a"),
    "trailers": (b"0\r\nA: b\r\nContent-Length: 99\r\nC:\r\n\r\n", b""),
    "long trailers": (b"0\r\nA:" + b"b" * (TRAILER_BYTES_MAX - 4) + b"\r\n\r\n", b""),
}


def feed(body: ChunkedBody, pieces: Iterable[bytes]) -> bytes | None:
    """Give the pieces one by one; return what is left behind the whole body."""
    buffer = bytearray()
    pieces = iter(pieces)
    for piece in pieces:
        buffer += piece
        if body.feed(buffer):
            return bytes(buffer) + b"".join(pieces)
    return None


@pytest.mark.parametrize("more", [b"", b"GET /"], ids=["alone", "with more behind"])
@pytest.mark.parametrize(("raw", "data"), BODIES.values(), ids=BODIES)
def test_taken(raw: bytes, data: bytes, more: bytes) -> None:
    for pieces in ([raw + more], one_by_one(raw + more)):
        body = ChunkedBody(BODY_BYTES_MAX)
        assert feed(body, pieces) == more
        assert body.data == data


REFUSED: dict[str, tuple[bytes, int]] = {
    "no size": (b"\r\n", 400),
    "a size that is none": (b"x\r\n", 400),
    "a size with a prefix": (b"0x1\r\n", 400),
    "a negative size": (b"-1\r\n", 400),
    "a size with a sign": (b"+1\r\n", 400),
    "a size with an underscore": (b"1_0\r\n", 400),
    "a blank before the size": (b" 1\r\n", 400),
    "a blank after the size": (b"1 \r\n", 400),
    "a size of too many digits": (b"0" * 17 + b"\r\n", 400),
    "a size in other digits": (b"\xb2\r\n", 400),
    "a size that ends with LF": (b"1\na\n", 400),
    "a size that ends with LF among others": (b"1\nab\r\n", 400),
    "a size that ends with CR": (b"1\rab\r\n", 400),
    "a size that ends with CR CR LF": (b"1\r\r\na\r\n", 400),
    "an extension with LF": (b"1;a\nb\r\na\r\n", 400),
    "an extension with CR": (b"1;a\rb\r\na\r\n", 400),
    "an extension with NUL": (b"1;a\x00\r\na\r\n", 400),
    "a line too long": (b"1;" + b"x" * (LINE - 1) + b"\r\n", 400),
    "a line that never ends": (b"1;" + b"x" * LINE, 400),
    "data longer than its size": (b"1\r\nab\r\n", 400),
    "data longer than its size by LF": (b"1\r\na\n0\r\n\r\n", 400),
    "data longer than its size by CR": (b"1\r\na\r0\r\n\r\n", 400),
    "data shorter than its size": (b"3\r\na\r\n0\r\n\r\n", 400),
    "a chunk too large": (b"15\r\n", 413),
    "a chunk far too large": (b"FFFFFFFFFFFFFFFF\r\n", 413),
    "chunks too large together": (b"a\r\n0123456789\r\nb\r\n", 413),
    "an end with LF": (b"0\r\n\n", 400),
    "an end with LF only": (b"0\n\n", 400),
    "a trailer with LF": (b"0\r\nA: b\n\r\n", 400),
    "a trailer with CR": (b"0\r\nA: b\rc\r\n\r\n", 400),
    "a trailer without a colon": (b"0\r\nGET / HTTP/1.1\r\n", 400),
    "a trailer without a name": (b"0\r\n: a\r\n", 400),
    "a trailer with a blank in its name": (b"0\r\nA : b\r\n", 400),
    "a continued trailer": (b"0\r\nA: b\r\n c\r\n", 400),
    "a trailer too long": (b"0\r\nA: " + b"b" * TRAILER_BYTES_MAX + b"\r\n\r\n", 431),
    "a trailer that never ends": (b"0\r\nA: " + b"b" * TRAILER_BYTES_MAX, 431),
    "too many trailers": (b"0\r\n" + b"A: b\r\n" * (TRAILER_BYTES_MAX // 6 + 1), 431),
}


@pytest.mark.parametrize(("raw", "status"), REFUSED.values(), ids=REFUSED)
def test_refused(raw: bytes, status: int) -> None:
    for pieces in ([raw], one_by_one(raw)):
        with pytest.raises(RefusalError) as refusal:
            feed(ChunkedBody(BODY_BYTES_MAX), pieces)
        assert refusal.value.status == status
