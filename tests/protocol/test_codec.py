"""JSON in and out, exactly: no number loses a digit and no string its halves of pairs."""

import json
import math
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vtmcp.protocol.codec import decode, encode
from vtmcp.protocol.errors import ParseError

READ: dict[str, tuple[bytes, Any]] = {
    "an object": (b'{"a": [1, 2.5, true, null, "x"]}', {"a": [1, 2.5, True, None, "x"]}),
    "white space around": (b" \t\r 1 ", 1),
    "above 2^53": (b"9007199254740993", 2**53 + 1),
    "above 2^63": (b"9223372036854775809", 2**63 + 1),
    "above 2^64": (b"18446744073709551617", 2**64 + 1),
    "far below": (b"-123456789012345678901234567890", -123456789012345678901234567890),
    "digits in a string stay a string": (b'"123456789012345678901"', "123456789012345678901"),
    "a pair of surrogates": (b'"\\ud83d\\ude00"', "\U0001f600"),
    "half a pair": (b'"\\ud83d"', "\ud83d"),
    "the other half, in capitals": (b'"\\uDE00"', "\ude00"),
    "text in UTF-8": ('"h\u00e9"'.encode(), "h\u00e9"),
    "the line separator": ('"\u2028"'.encode(), "\u2028"),
    "a member twice: the last counts": (b'{"a":1,"a":2}', {"a": 2}),
    "fractions stay fractions": (b"1.0", 1.0),
}

REFUSED: dict[str, bytes] = {
    "nothing": b"",
    "no JSON": b"{nope",
    "two values": b"{} {}",
    "not a number": b"[NaN]",
    "infinity": b"[Infinity]",
    "not a number beside a long number": b"[NaN, 1234567890123456789]",
    "less than all beside a long number": b"[-Infinity, 1234567890123456789]",
    "no UTF-8": b'"\xff"',
    "no UTF-8 beside half a pair": b'"\xff\\ud800"',
    "a surrogate in UTF-8": b'"\xed\xa0\x80"',
    "a byte order mark": b"\xef\xbb\xbf{}",
    "too deep": b"[" * 100_000,
    "too deep beside a long number": b"[1234567890123456789," * 100_000,
    "more digits than Python reads": b"1" * 5_000,
    "a number that no float holds": b"1e400",
    "single quotes": b"{'a': 1}",
    "a control character in a string": b'"\x00"',
}

values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.integers(min_value=2**60, max_value=2**70)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text()
    | st.text(st.characters(min_codepoint=0xDC00, max_codepoint=0xDFFF), max_size=3),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=20,
)
"""JSON values, with numbers beyond 64 bits and with surrogates that never make a pair."""


@pytest.mark.parametrize(("document", "value"), READ.values(), ids=READ)
def test_read(document: bytes, value: Any) -> None:
    found = decode(document)
    assert found == value
    assert type(found) is type(value)


@pytest.mark.parametrize("document", REFUSED.values(), ids=REFUSED)
def test_refused(document: bytes) -> None:
    with pytest.raises(ParseError, match="not valid JSON in UTF-8"):
        decode(document)


def test_a_number_that_no_float_holds_is_refused_on_the_exact_path_too() -> None:
    with pytest.raises(ParseError):
        decode(b"[1e400, 1234567890123456789]")


@given(values)
def test_there_and_back(value: Any) -> None:
    document = encode(value)
    assert b"\n" not in document
    assert decode(document) == value
    assert json.loads(document) == value


@given(st.integers())
def test_integers_keep_each_digit(value: int) -> None:
    assert encode(value) == str(value).encode()
    assert decode(encode([value, "\ud800"])) == [value, "\ud800"]


@given(st.binary())
def test_any_bytes_are_read_or_refused(document: bytes) -> None:
    try:
        value = decode(document)
    except ParseError:
        return
    assert decode(encode(value)) == value


def test_text_goes_out_as_utf8() -> None:
    assert encode({"a": "h\u00e9\n"}) == '{"a":"h\u00e9\\n"}'.encode()


def test_what_json_cannot_hold_is_a_type_error() -> None:
    with pytest.raises(TypeError):
        encode({"a": object()})


@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf], ids=str)
def test_what_is_not_a_number_goes_out_as_null(value: float) -> None:
    assert encode({"a": value}) == b'{"a":null}'


CIRCLE: list[Any] = []
CIRCLE.append(CIRCLE)


@pytest.mark.parametrize("value", [[2**70, math.nan], CIRCLE], ids=["nan", "a circle"])
def test_the_exact_path_has_type_errors_only(value: Any) -> None:
    with pytest.raises(TypeError):
        encode(value)
