"""Callers by static tokens."""

import hmac
from hashlib import sha256

import pytest

from vtmcp.access.tokens import (
    BEARER,
    TokenHash,
    caller_of,
    hash_token,
    read_secret_file,
    read_token_file,
)

KNOWN = [hash_token(f"token-{name}", name) for name in ("first", "second", "third")]

TOKENS = {
    "the first": ("token-first", "first"),
    "the last": ("token-third", "third"),
    "none": ("token-fourth", ""),
    "the beginning of one": ("token-firs", ""),
    "more than one": ("token-first ", ""),
    "an empty one": ("", ""),
    "one beyond ASCII": ("t\xf6ken", ""),
    "the hash of one": (sha256(b"token-first").hexdigest(), ""),
}


@pytest.mark.parametrize(("token", "caller"), TOKENS.values(), ids=TOKENS)
def test_a_token_has_its_caller(token: str, caller: str) -> None:
    assert caller_of(token, KNOWN) == caller


@pytest.mark.parametrize("token", ["token-first", "token-third", "unknown"])
def test_all_are_compared_in_constant_time_wherever_the_token_stands(
    monkeypatch: pytest.MonkeyPatch, token: str
) -> None:
    compared: list[tuple[bytes, bytes]] = []

    def compare(one: bytes, other: bytes) -> bool:
        compared.append((one, other))
        return one == other

    monkeypatch.setattr(hmac, "compare_digest", compare)
    caller_of(token, KNOWN)
    assert [one for one, _ in compared] == [known.digest for known in KNOWN]
    assert {other for _, other in compared} == {sha256(token.encode()).digest()}


def test_no_token_is_kept_in_clear() -> None:
    assert hash_token("abc") == TokenHash(sha256(b"abc").digest(), BEARER)
    assert read_token_file(b" abc\n") == hash_token("abc")


BAD_TOKEN_FILES = {
    "is empty": b" \n",
    "holds two tokens": b"secret-one\nsecret-two",
    "holds no text": b"\xff\xfe",
}


@pytest.mark.parametrize("data", BAD_TOKEN_FILES.values(), ids=BAD_TOKEN_FILES)
def test_a_token_file_is_refused_that(data: bytes) -> None:
    with pytest.raises(ValueError, match="accepted: one token") as caught:
        read_token_file(data)
    assert "secret" not in str(caught.value)


def test_a_secret_may_hold_blanks() -> None:
    assert read_secret_file(b"a b\xc3\xa9\n") == "a b\xe9"


@pytest.mark.parametrize("data", [b"", b"\n", b"secret\nmore", b"secret\x00"])
def test_a_secret_file_holds_one_line(data: bytes) -> None:
    with pytest.raises(ValueError, match="accepted: one line") as caught:
        read_secret_file(data)
    assert "secret" not in str(caught.value)
