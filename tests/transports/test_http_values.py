"""Values, and the bytes of a response's head."""

import pytest

from vtmcp.transports.http_values import Request, Response, encode_head, text_response


def test_headers_are_found_by_name() -> None:
    request = Request("GET", "/", "", (("a", "1"), ("b", "2"), ("a", "3")))
    assert request.header("a") == "1"
    assert request.header("c") is None
    assert request.header_values("a") == ["1", "3"]
    assert request.header_values("c") == []


def test_a_text_response_is_for_people() -> None:
    headers = (("content-type", "text/plain; charset=utf-8"), ("x", "y"))
    assert text_response(404, "Nö.", (("x", "y"),)) == Response(404, "Nö.\n".encode(), headers)


HEADS: dict[str, tuple[bytes, bytes]] = {
    "the shortest": (encode_head(200, (), "", is_last=False), b"HTTP/1.1 200 OK\r\n\r\n"),
    "an unknown status": (encode_head(299, (), "", is_last=False), b"HTTP/1.1 299 \r\n\r\n"),
    "all of it": (
        encode_head(404, (("a", "\xe9"),), "f: g\r\n", is_last=True),
        b"HTTP/1.1 404 Not Found\r\na: \xe9\r\nf: g\r\nconnection: close\r\n\r\n",
    ),
}


@pytest.mark.parametrize(("head", "expected"), HEADS.values(), ids=HEADS)
def test_heads(head: bytes, expected: bytes) -> None:
    assert head == expected


BREAKING: dict[str, tuple[str, str]] = {
    "a line break in a value": ("a", "b\r\nc: d"),
    "LF in a value": ("a", "b\nc: d"),
    "CR in a value": ("a", "b\rc"),
    "a line break in a name": ("a\r\nb", "c"),
    "a character that no header can hold": ("a", "\N{EURO SIGN}"),
}


@pytest.mark.parametrize("header", BREAKING.values(), ids=BREAKING)
def test_a_header_cannot_break_its_line(header: tuple[str, str]) -> None:
    with pytest.raises(ValueError, match=r"line break|latin-1"):
        encode_head(200, (header,), "", is_last=False)
