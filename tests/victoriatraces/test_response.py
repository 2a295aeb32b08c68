"""A response knows what kind of body it has, however little the sender said about it."""

import pytest

from vtmcp.victoriatraces.response import TEXT_BYTES_MAX, HttpResponse


def response(kind: str, body: bytes) -> HttpResponse:
    return HttpResponse(200, (("content-type", kind),) if kind else (), body)


KINDS = {
    "JSON": ("application/json", b"{}", True, False),
    "JSON with a charset, in upper case": ("Application/JSON; charset=utf-8", b"{}", True, False),
    "JSON of a problem": ("application/problem+json", b"{}", True, False),
    "nothing said": ("", b"{}", True, False),
    "plain text": ("text/plain", b"no", False, False),
    "a web page": ("text/html", b"", False, True),
    "a web page that says nothing of itself": ("", b" \n<!DOCTYPE html>", False, True),
    "a web page called plain": ("text/plain", b"<HTML lang=en>", False, True),
}


@pytest.mark.parametrize(("kind", "body", "is_json", "is_html"), KINDS.values(), ids=KINDS)
def test_the_kind_of_a_body(kind: str, body: bytes, is_json: bool, is_html: bool) -> None:
    assert (response(kind, body).is_json, response(kind, body).is_html) == (is_json, is_html)


def test_the_first_header_of_a_name_counts() -> None:
    several = HttpResponse(200, (("a", "1"), ("b", "2"), ("a", "3")), b"")
    assert [several.header(name) for name in ("a", "b", "c")] == ["1", "2", ""]


def test_text_is_one_line_of_the_start() -> None:
    assert response("", b" a\r\n\tb\xff ").text == "a b\N{REPLACEMENT CHARACTER}"
    assert len(response("", b"x" * 2 * TEXT_BYTES_MAX).text) == TEXT_BYTES_MAX
