"""Which token a request brings."""

import pytest

from tests.access.requests import request
from vtmcp.access.bearer import TOKEN_CHARS_MAX, Bearer, is_issued, read_bearer

MALFORMED = Bearer(is_malformed=True)

HEADERS: dict[str, tuple[tuple[str, ...], Bearer]] = {
    "no header is no token": ((), Bearer()),
    "a token": (("Bearer abc.def-1=",), Bearer("abc.def-1=")),
    "the scheme in any case, more blanks": (("bEaReR   abc",), Bearer("abc")),
    "another scheme is no token": (("Basic abc",), Bearer()),
    "an empty header is no token": (("",), Bearer()),
    "a token without its scheme is none": (("abc",), Bearer()),
    "no token after the scheme": (("Bearer",), MALFORMED),
    "blanks after the scheme": (("Bearer   ",), MALFORMED),
    "two words after the scheme": (("Bearer a b",), MALFORMED),
    "a character beyond ASCII": (("Bearer a\xe9",), MALFORMED),
    "a control character": (("Bearer a\x00",), MALFORMED),
    "two headers, of which one is good": (("Bearer a", "Bearer b"), MALFORMED),
    "the longest token": ((f"Bearer {'a' * TOKEN_CHARS_MAX}",), Bearer("a" * TOKEN_CHARS_MAX)),
    "a longer one": ((f"Bearer {'a' * (TOKEN_CHARS_MAX + 1)}",), MALFORMED),
}


@pytest.mark.parametrize(("values", "expected"), HEADERS.values(), ids=HEADERS)
def test_the_header_says(values: tuple[str, ...], expected: Bearer) -> None:
    assert read_bearer(request(*values)) == expected


def test_a_token_in_the_query_or_the_body_is_none() -> None:
    asked = request(body=b"access_token=abc")._replace(query="access_token=abc")
    assert read_bearer(asked) == Bearer()


@pytest.mark.parametrize(("token", "expected"), [("a.b~c+d/e==", True), ("a!b", False)])
def test_an_issued_token_has_few_kinds_of_characters(token: str, expected: bool) -> None:
    assert is_issued(token) is expected
