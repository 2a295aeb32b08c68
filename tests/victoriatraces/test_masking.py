"""What we sent is not repeated by an error, however a server spells it."""

import base64
from collections.abc import Callable

import pytest

from vtmcp.victoriatraces.masking import MASK, masked, masked_text, without_credentials
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
    "in another case": (TOKEN.upper(), MASK),
    "the scheme alone": ("Bearer", "Bearer"),
    "twice": (f"{TOKEN} {TOKEN}", f"{MASK} {MASK}"),
    "not at all": ("12345 of db.example.com, version 1", "12345 of db.example.com, version 1"),
}


@pytest.mark.parametrize(("body", "expected"), BODIES.values(), ids=BODIES)
def test_a_body_is_masked(body: str, expected: str) -> None:
    found = masked(HttpResponse(500, (), body.encode()), SENT)
    assert found.body.decode() == expected
    assert found.status == 500


@pytest.mark.parametrize("before", ["", "a", "ab", "abc"])
@pytest.mark.parametrize("encode", [base64.b64encode, base64.urlsafe_b64encode])
def test_base64_of_a_secret_is_masked_whatever_is_before_it(
    encode: Callable[[bytes], bytes], before: str
) -> None:
    body = encode(f"{before}{TOKEN}{before}".encode())
    found = masked(HttpResponse(500, (), body), SENT).body
    assert MASK.encode() in found
    assert len(found) - len(MASK) < 16


def test_a_password_is_masked_in_clear() -> None:
    sent = (("Authorization", f"Basic {base64.b64encode(b'me:passw0rd').decode()}"),)
    assert masked(HttpResponse(401, (), b"no passw0rd"), sent).body == f"no {MASK}".encode()
    for coded in ("Basic", "Basic !", f"Basic {base64.b64encode(bytes([255])).decode()}"):
        assert masked(HttpResponse(401, (), b"no"), (("Cookie", coded),)).body == b"no"


def test_an_ordinary_answer_keeps_all_but_credentials() -> None:
    sent = (*SENT, ("X-Team", "shopping"), ("X-Api-Key", "short"))
    plain = HttpResponse(200, (), b"shopping with a short way, Bearer")
    assert without_credentials(plain, sent) is plain
    found = without_credentials(HttpResponse(200, (), TOKEN.encode()), sent)
    assert found.body == MASK.encode()


def test_an_error_that_puts_a_credential_together_is_masked() -> None:
    assert masked_text(f"said {TOKEN.upper()}; set VT_INSTANCE_BEARER_TOKEN", SENT) == (
        f"said {MASK}; set VT_INSTANCE_BEARER_TOKEN"
    )


HEADERS = {
    "the name of a host": ("http://s3cret.evil/", f"http://{MASK}.evil/"),
    "in another case": ("http://S3CRET.evil/s3Cret", f"http://{MASK}.evil/{MASK}"),
    "nothing": ("http://evil/", "http://evil/"),
}


@pytest.mark.parametrize(("value", "expected"), HEADERS.values(), ids=HEADERS)
def test_headers_are_masked_in_any_case(value: str, expected: str) -> None:
    response = HttpResponse(302, (("location", value),), b"")
    assert masked(response, (("X-Key", "s3cret"),)).header("location") == expected
