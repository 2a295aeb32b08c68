"""Messages of one kind have one pattern, and messages of two kinds have two."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vtmcp.traces.messages import MESSAGE_CHARS_MAX, operation_of, pattern_of

PATTERNS = {
    "a message without anything that differs": ("deadline exceeded", "deadline exceeded"),
    "nothing": ("", ""),
    "a number": ("card 4111 declined", "card <n> declined"),
    "a number with its unit": ("timeout after 1500ms", "timeout after <n>ms"),
    "a number with parts": ("took 1,234.5 of 7", "took <n> of <n>"),
    "an id after a word": ("order-123 of ord_98765", "order-<n> of ord_<n>"),
    "an id that a word begins": ("user12345 is gone", "user<n> is gone"),
    "names with a version": ("s3 over http2 in v1.2.3", "s3 over http2 in v1.2.3"),
    "a UUID": ("no 7f3a9c2e-1b2c-4d5e-8f90-1234567890ab here", "no <uuid> here"),
    "hexadecimal digits": ("trace 0af7651916cd43dd8448eb211c80319c", "trace <hex>"),
    "a word of the letters of hexadecimal digits": ("deadbeef facade", "deadbeef facade"),
    "an address in memory": ("at 0xdeadbeef", "at <hex>"),
    "an e-mail": ("bob.b+x@mail.example.com is blocked", "<email> is blocked"),
    "an address": ("dial 10.0.3.17:8080: refused", "dial <ip>: refused"),
    "a time": ("since 2026-11-24T14:05:03.123Z", "since <time>"),
    "a date": ("since 2026-11-24, twice", "since <time>, twice"),
    "a value in double quotes": ('unique constraint "a_pkey"', "unique constraint <value>"),
    "a value in single quotes": ("key 'a b' isn't there", "key <value> isn't there"),
    "a value in back quotes": ("column `x`", "column <value>"),
    "words with an apostrophe": ("can't and don't", "can't and don't"),
    "the end of a pod's name": ("pod pay-7d9f5b4-x2x9z gone", "pod pay-<id>-<id> gone"),
    "an id in a path": ("GET /api/v2/users/42 timed out", "GET /api/v2/users/<n> timed out"),
    "the status of a response": ("HTTP 503 from 7", "HTTP 503 from <n>"),
    "another status": ("status code 404, code=502", "status code 404, code=502"),
    "what is no status": ("code 14", "code <n>"),
    "lines and spaces": (" a\n\t b ", "a b"),
    "a long text": ("ab " * 1_000, ("ab " * 1_000)[:MESSAGE_CHARS_MAX].strip()),
}

OPERATIONS = {
    "a number": ("GET /users/42/cart", "GET /users/<id>/cart"),
    "a UUID": ("GET /a/7f3a9c2e-1b2c-4d5e-8f90-1234567890ab?x=1", "GET /a/<id>?x=1"),
    "hexadecimal digits": ("GET /t/0af7651916cd43dd", "GET /t/<id>"),
    "a version": ("GET /v2/cart", "GET /v2/cart"),
    "a statement": ("SELECT orders_2024", "SELECT orders_2024"),
}


@pytest.mark.parametrize(("message", "pattern"), PATTERNS.values(), ids=PATTERNS)
def test_what_differs_gives_way_to_placeholders(message: str, pattern: str) -> None:
    assert pattern_of(message) == pattern


@pytest.mark.parametrize(("name", "pattern"), OPERATIONS.values(), ids=OPERATIONS)
def test_ids_in_the_path_of_an_operation_give_way(name: str, pattern: str) -> None:
    assert operation_of(name) == pattern


@given(st.text(max_size=2_000))
def test_any_text_has_a_pattern_on_one_line(message: str) -> None:
    assert "\n" not in pattern_of(message)
    operation_of(message)


@given(st.integers(0, 10**12), st.uuids(), st.integers(0, 10**12), st.uuids())
def test_messages_that_differ_in_ids_alone_are_of_one_kind(
    number: int, uuid: object, other: int, another: object
) -> None:
    text = "order {} of customer {} not found"
    assert pattern_of(text.format(number, uuid)) == pattern_of(text.format(other, another))
