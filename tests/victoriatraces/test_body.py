"""Bodies come out whole, decompressed and never larger than the bound."""

import gzip
import zlib
from collections.abc import Callable, Iterable

import pytest

from vtmcp.victoriatraces.body import Body, BodyTooLargeError, BodyUnreadableError

TEXT = b'{"data": "' + bytes(range(32, 127)) * 40 + b'"}'
PACKED = gzip.compress(TEXT)
BOMB = gzip.compress(bytes(50_000_000))
NOTHING = gzip.compress(b"")


def read(encoding: str, pieces: Iterable[bytes], bytes_max: int = 1_000_000) -> bytes:
    body = Body(encoding, bytes_max)
    for piece in pieces:
        body.feed(piece)
    return body.finish()


CUTS: dict[str, Callable[[bytes], list[bytes]]] = {
    "whole": lambda body: [body],
    "one byte at a time": lambda body: [body[at : at + 1] for at in range(len(body))],
    "in two": lambda body: [body[: len(body) // 2], body[len(body) // 2 :]],
}

WHOLE = {
    "plain": ("", TEXT, TEXT),
    "called identity": ("Identity", TEXT, TEXT),
    "gzip": ("gzip", PACKED, TEXT),
    "gzip by its old name, in upper case": (" X-GZIP ", PACKED, TEXT),
    "gzip of several members": ("gzip", PACKED + NOTHING + PACKED, TEXT + TEXT),
    "no bytes at all": ("", b"", b""),
    "no bytes at all where gzip was said": ("gzip", b"", b""),
    "gzip of nothing": ("gzip", NOTHING, b""),
}


@pytest.mark.parametrize("cut", CUTS.values(), ids=CUTS)
@pytest.mark.parametrize(("encoding", "sent", "expected"), WHOLE.values(), ids=WHOLE)
def test_a_body_is_the_same_however_it_comes(
    encoding: str, sent: bytes, expected: bytes, cut: Callable[[bytes], list[bytes]]
) -> None:
    assert read(encoding, cut(sent)) == expected


def test_a_body_of_many_steps_is_whole() -> None:
    large = bytes(5_000_000) + TEXT
    assert read("gzip", [gzip.compress(large)], bytes_max=len(large)) == large


LARGE = {
    "a plain body": ("", [b"x" * 600] * 2, 1_000),
    "a bomb": ("gzip", [BOMB], 2_000_000),
    "a compressed body that unpacks to nothing": ("gzip", [NOTHING] * 51, 1_000),
}


@pytest.mark.parametrize(("encoding", "pieces", "bytes_max"), LARGE.values(), ids=LARGE)
def test_a_body_stops_at_the_bound(encoding: str, pieces: list[bytes], bytes_max: int) -> None:
    with pytest.raises(BodyTooLargeError):
        read(encoding, pieces, bytes_max)


def test_the_bound_itself_is_allowed() -> None:
    assert read("", [b"x" * 1_000], 1_000) == b"x" * 1_000


UNREADABLE = {
    "an encoding that was not asked for": ("br", b"x", "not asked for"),
    "no gzip": ("gzip", b"{}", "damaged"),
    "gzip with a wrong checksum": ("gzip", PACKED[:-8] + bytes(8), "damaged"),
    "gzip that breaks off": ("gzip", PACKED[:-20], "breaks off"),
    "gzip with something after it": ("gzip", PACKED + b"garbage", "damaged"),
    "zlib called gzip": ("gzip", zlib.compress(TEXT), "damaged"),
}


@pytest.mark.parametrize(("encoding", "sent", "why"), UNREADABLE.values(), ids=UNREADABLE)
def test_what_cannot_be_unpacked_says_why(encoding: str, sent: bytes, why: str) -> None:
    with pytest.raises(BodyUnreadableError, match=why):
        read(encoding, [sent])
