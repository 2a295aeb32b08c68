"""Pseudonyms: what is masked, what must not be, and how equal values stay equal."""

import re
from collections import Counter
from time import process_time

import pytest

from vtmcp.traces.masking import KINDS, Masking, is_card, notice

KEY = b"one process"
MASKING = Masking(KINDS, KEY)

_MARK = re.compile(r"\[(email|token|card):[0-9a-f]{8}\]")


def shape(text: str) -> str:
    """The masked text, with each pseudonym told by its kind alone."""
    return _MARK.sub(r"<\1>", MASKING.mask(text)[0])


JWT = "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0In0.c2lnbmF0dXJl-_"

MASKED = {
    "an e-mail address": ("from pay@shop.example, twice", "from <email>, twice"),
    "one with a plus and dots": ("a.b+c@mail.shop.example.", "<email>."),
    "one in a URL": ("/users?mail=pay%40shop.example&a=1", "/users?mail=<email>&a=1"),
    "one beyond ASCII": ("j\xfcrgen@b\xfccher.example", "<email>"),
    "one in quotes": ('user.email="pay@shop.example"', 'user.email="<email>"'),
    "a bearer token": ("Authorization: Bearer abc.def=", "Authorization: Bearer <token>"),
    "basic credentials": ("basic dTpwYXNz", "basic <token>"),
    "a JWT": (f"token {JWT}, so", "token <token>, so"),
    "a key of a code host": (f"{'gh'}p_{'a1' * 18}", "<token>"),
    "a key of a cloud": (f"id={'AK'}IA{'A1' * 8};", "id=<token>;"),
    "credentials in a URL": ("postgres://me:pw@db/shop", "postgres://<token>@db/shop"),
    "a card number": ("card 4111111111111111 declined", "card <card> declined"),
    "one in groups": ("4111 1111 1111 1111", "<card>"),
    "one with dashes": ("5500-0000-0000-0004.", "<card>."),
    "one of fifteen digits": ('"378282246310005"', '"<card>"'),
    "an address after an escaped line break": (r"a\npay@shop.example", r"a\n<email>"),
    "an address after a backslash": (r"\xavier@shop.example", r"\<email>"),
    "a card number after one": (r'"a\n4111111111111111\n"', r'"a\n<card>\n"'),
    "a key after one": (rf"\t{'gh'}p_{'a1' * 18}", r"\t<token>"),
    "several on one line": ("pay@shop.example 4111111111111111", "<email> <card>"),
}


@pytest.mark.parametrize(("text", "expected"), MASKED.values(), ids=MASKED)
def test_what_looks_like_it_is_masked(text: str, expected: str) -> None:
    assert shape(text) == expected


KEPT = {
    "a number that fails the check": "card 4111111111111112 declined",
    "a time in nanoseconds": "1795529103123456789",
    "a time in microseconds": "start=1795529103123456",
    "a trace id": "4bf92f3577b34da6a3ce929d0e0e4736",
    "digits inside a word": "x4111111111111111",
    "a part of a longer number": "41111111111111111111111",
    "a fraction": "0.4111111111111111",
    "an image": "registry/shop@sha256:0a1b",
    "a handle": "@shop and shop@",
    "an address without a dot": "root@localhost",
    "a URL with a port": "http://db:5432/a@b",
    "short text after bearer": "bearer of",
}


@pytest.mark.parametrize("text", KEPT.values(), ids=KEPT)
def test_what_only_resembles_it_is_kept(text: str) -> None:
    assert MASKING.mask(text) == (text, Counter())


EQUAL = {
    "an address in another case": ("Pay@Shop.example", "pay@shop.example"),
    "an address in a URL": ("pay%40shop.example", "pay@shop.example"),
    "a card in groups": ("4111 1111 1111 1111", "4111111111111111"),
}


@pytest.mark.parametrize(("one", "other"), EQUAL.values(), ids=EQUAL)
def test_equal_values_have_equal_pseudonyms(one: str, other: str) -> None:
    assert MASKING.mask(one)[0] == MASKING.mask(other)[0]


def test_other_values_and_other_processes_have_other_pseudonyms() -> None:
    values = ["a@shop.example", "b@shop.example"]
    names = {Masking(KINDS, key).mask(value)[0] for key in (b"1", b"2") for value in values}
    assert len(names) == 4


@pytest.mark.parametrize("kind", KINDS)
def test_only_what_is_asked_for_is_masked(kind: str) -> None:
    text = "pay@shop.example Bearer abcdef 4111111111111111"
    masked, counts = Masking([kind], KEY).mask(text)
    assert counts == {kind: 1}
    assert len(_MARK.findall(masked)) == 1


def test_the_answer_says_what_was_masked() -> None:
    _, counts = MASKING.mask("a@shop.example, b@shop.example: 4111111111111111")
    assert notice(counts) == (
        "Masked (MCP_MASK): 2 e-mail addresses, 1 card number; equal values have equal marks."
    )
    assert notice(Counter()) == ""


def test_a_check_digit_is_checked() -> None:
    assert [digit for digit in range(10) if is_card(f"7992739871{digit}")] == [3]


HOSTILE = {
    "many words before an at sign": "a." * 50_000,
    "many at signs": "a@" * 50_000,
    "many dots after one": "a@" + "a." * 50_000,
    "many dashes after one": "a@" + "a-" * 50_000 + "!",
    "many digits": "4 " * 50_000,
    "many schemes": "://:" * 30_000,
    "many bearers": "bearer " * 20_000,
}


@pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE)
def test_a_hostile_text_takes_no_time(text: str) -> None:
    started = process_time()
    MASKING.mask(text)
    assert process_time() - started < 1
