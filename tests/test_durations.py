"""Durations: what is read, what is refused, how they look."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vtmcp.durations import (
    DURATION_NS_MAX,
    format_duration,
    format_go_duration,
    parse_duration_ns,
)

S = 1_000_000_000

READ = {
    "zero needs no unit": ("0", 0),
    "nanoseconds": ("12ns", 12),
    "microseconds": ("850us", 850_000),
    "microseconds with the micro sign": ("850\N{MICRO SIGN}s", 850_000),
    "microseconds with the Greek letter": ("850\N{GREEK SMALL LETTER MU}s", 850_000),
    "milliseconds": ("250ms", 250_000_000),
    "a fraction": ("1.5s", 3 * S // 2),
    "a fraction without a leading digit": (".5s", S // 2),
    "a fraction without a digit after it": ("2.s", 2 * S),
    "several parts": ("1m30s", 90 * S),
    "hours": ("2h", 7_200 * S),
    "days": ("7d", 7 * 86_400 * S),
    "weeks": ("1w", 7 * 86_400 * S),
    "white space around": (" 5s\n", 5 * S),
    "the text that we write": ("3 min 20 s", 200 * S),
    "a fraction that a float cannot hold": ("9007199.254740993s", 9_007_199_254_740_993),
    "the longest": (f"{DURATION_NS_MAX}ns", DURATION_NS_MAX),
}

REFUSED = {
    "an empty text": "",
    "a number without a unit": "15",
    "a unit without a number": "s",
    "a sign": "-5s",
    "an unknown unit": "1y",
    "an unknown unit after a known one": "1s2y",
    "two fractions": "1.2.3s",
    "an exponent": "1e3s",
    "digits of another script": "٣s",
    "two spaces": "1h  5m",
    "more than the database can count": f"{DURATION_NS_MAX + 1}ns",
    "a very long text": "1s" * 51,
}

WRITTEN = {
    "nothing": (0, "0 s"),
    "nanoseconds": (12, "12 ns"),
    "the last of the nanoseconds": (999, "999 ns"),
    "one microsecond": (1_000, "1 us"),
    "microseconds": (850_000, "850 us"),
    "rounding up to the next unit": (999_960, "1 ms"),
    "milliseconds": (41_000_000, "41 ms"),
    "three digits": (41_250_000, "41.3 ms"),
    "seconds": (1_240_000_000, "1.24 s"),
    "the last of the seconds": (59_949_999_999, "59.9 s"),
    "rounding up to a minute": (59_970_000_000, "1 min"),
    "minutes and seconds": (200 * S, "3 min 20 s"),
    "whole minutes": (180 * S, "3 min"),
    "rounding up to an hour": (3_599_600_000_000, "1 h"),
    "hours and minutes": (7_500 * S, "2 h 5 min"),
    "rounding up to a day": (86_399 * S, "1 d"),
    "days and hours": (90_000 * S, "1 d 1 h"),
    "the longest, rounded down": (DURATION_NS_MAX, "106751 d 23 h"),
    "longer than the database can count": (2 * DURATION_NS_MAX, "213504 d"),
    "less than nothing": (-5_000_000, "-5 ms"),
}


@pytest.mark.parametrize(("text", "ns"), READ.values(), ids=READ)
def test_a_duration_is_read(text: str, ns: int) -> None:
    assert parse_duration_ns(text) == ns


@pytest.mark.parametrize("text", REFUSED.values(), ids=REFUSED)
def test_what_is_no_duration_is_refused_with_what_is_accepted(text: str) -> None:
    with pytest.raises(ValueError, match=r"is not a duration; accepted: .*1m30s"):
        parse_duration_ns(text)


@pytest.mark.parametrize(("ns", "text"), WRITTEN.values(), ids=WRITTEN)
def test_a_duration_is_written(ns: int, text: str) -> None:
    assert format_duration(ns) == text


@given(st.integers(0, DURATION_NS_MAX))
def test_a_go_duration_is_exact(ns: int) -> None:
    assert parse_duration_ns(format_go_duration(ns)) == ns


@given(st.integers(0, DURATION_NS_MAX))
def test_what_we_write_is_read_back_within_its_precision(ns: int) -> None:
    read_back = parse_duration_ns(format_duration(ns))
    assert abs(read_back - ns) <= ns / 48
    assert format_duration(read_back) == format_duration(ns)


@given(st.text())
def test_reading_raises_nothing_but_value_error(text: str) -> None:
    try:
        duration_ns = parse_duration_ns(text)
    except ValueError as error:
        refusal = str(error)
    else:
        refusal = ""
        assert 0 <= duration_ns <= DURATION_NS_MAX
    assert "\n" not in refusal
