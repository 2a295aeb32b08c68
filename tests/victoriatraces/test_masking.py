"""What we sent is not repeated by an error, however a server spells it."""

import pytest

from vtmcp.victoriatraces.masking import MASK, masked
from vtmcp.victoriatraces.response import HttpResponse

SENT = (
    ("Host", "db.example.com"),
    ("AccountID", "12345"),
    ("Authorization", 'Bearer t0ken/"of\\mine'),
    ("X-Version", "1"),
)
TOKEN = 't0ken/"of\\mine'

BODIES = {
    "as it is": (TOKEN, MASK),
    "with the word before it": (f"Bearer {TOKEN}", MASK),
    "in JSON": ('{"error":"t0ken/\\"of\\\\mine"}', f'{{"error":"{MASK}"}}'),
    "in JSON of PHP": ('{"error":"t0ken\\/\\"of\\\\mine"}', f'{{"error":"{MASK}"}}'),
    "in a URL": ("/?a=t0ken%2F%22of%5Cmine&b", f"/?a={MASK}&b"),
    "twice": (f"{TOKEN} {TOKEN}", f"{MASK} {MASK}"),
    "not at all": ("12345 of db.example.com, version 1", "12345 of db.example.com, version 1"),
}


@pytest.mark.parametrize(("body", "expected"), BODIES.values(), ids=BODIES)
def test_a_body_is_masked(body: str, expected: str) -> None:
    found = masked(HttpResponse(500, (), body.encode()), SENT)
    assert found.body.decode() == expected
    assert found.status == 500


HEADERS = {
    "the name of a host": ("http://s3cret.evil/", f"http://{MASK}.evil/"),
    "in another case": ("http://S3CRET.evil/s3Cret", f"http://{MASK}.evil/{MASK}"),
    "nothing": ("http://evil/", "http://evil/"),
}


@pytest.mark.parametrize(("value", "expected"), HEADERS.values(), ids=HEADERS)
def test_headers_are_masked_in_any_case(value: str, expected: str) -> None:
    response = HttpResponse(302, (("location", value),), b"")
    assert masked(response, (("X-Key", "s3cret"),)).header("location") == expected
