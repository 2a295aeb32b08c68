"""Points in time: what is read, what is refused, how they look."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vtmcp.traces.times import TIME_NS_MAX, format_time, format_window, parse_time_ns

S = 1_000_000_000
NOW_NS = 1_795_530_303 * S + 123_000_000
"""2026-11-24 14:25:03.123 UTC."""

AT_NS = 1_795_343_613 * S
"""2026-11-22 10:33:33 UTC."""

READ: dict[str, tuple[str | int | float, int]] = {
    "seconds": (1_795_343_613, AT_NS),
    "milliseconds": (1_795_343_613_000, AT_NS),
    "microseconds": (1_795_343_613_000_000, AT_NS),
    "nanoseconds": (AT_NS + 1, AT_NS + 1),
    "seconds with a fraction": (1_795_343_613.5, AT_NS + S // 2),
    "a float of nanoseconds": (1.8e18, 1_800_000_000 * S),
    "zero": (0, 0),
    "a text of seconds": ("1795343613", AT_NS),
    "a text of milliseconds": ("1795343613000", AT_NS),
    "a text of microseconds": ("1795343613000000", AT_NS),
    "a text of nanoseconds": ("1795343613000000001", AT_NS + 1),
    "a text of milliseconds with a fraction": ("1795343613000.25", AT_NS + 250_000),
    "a float of milliseconds": (1_795_343_613_000.0, AT_NS),
    "a float of microseconds": (1_795_343_613_000_000.0, AT_NS),
    "a float in an exponent": (1.795343613e9, AT_NS),
    "the largest number of seconds": (9_223_372_036, 9_223_372_036 * S),
    "the smallest number of milliseconds": (10**11, 10**8 * S),
    "the smallest number of microseconds": (10**14, 10**8 * S),
    "the smallest number of nanoseconds": (10**17, 10**17),
    "white space around": (" 1795343613\n", AT_NS),
    "a text with a fraction": ("1795343613.000000001", AT_NS + 1),
    "RFC 3339": ("2026-11-22T10:33:33Z", AT_NS),
    "lower case letters": ("2026-11-22t10:33:33z", AT_NS),
    "a space between": ("2026-11-22 10:33:33Z", AT_NS),
    "a fraction": ("2026-11-22T10:33:33.5Z", AT_NS + S // 2),
    "a fraction of nine digits": ("2026-11-22T10:33:33.000000001Z", AT_NS + 1),
    "an offset east": ("2026-11-22T12:33:33+02:00", AT_NS),
    "an offset west": ("2026-11-22T05:03:33-0530", AT_NS),
    "no offset is UTC": ("2026-11-22T10:33:33", AT_NS),
    "no seconds": ("2026-11-22 10:33", AT_NS - 33 * S),
    "UTC in letters": ("2026-11-22 10:33:33 UTC", AT_NS),
    "a date is its midnight": ("2026-11-22", AT_NS - 38_013 * S),
    "now": ("now", NOW_NS),
    "now in another case": (" Now ", NOW_NS),
    "before now": ("now-1h", NOW_NS - 3_600 * S),
    "before now in milliseconds": ("now-250ms", NOW_NS - S // 4),
    "before now with spaces": ("now - 1h30m", NOW_NS - 5_400 * S),
    "after now": ("now+5m", NOW_NS + 300 * S),
    "a negative duration": ("-2h", NOW_NS - 7_200 * S),
    "ago": ("2h ago", NOW_NS - 7_200 * S),
    "ago in words that we write": ("3 min 20 s ago", NOW_NS - 200 * S),
    "a clock is the last one before now, in UTC": ("14:05", NOW_NS // S * S - 1_203 * S),
    "a clock later than now was yesterday": ("14:30:00", NOW_NS // S * S + 297 * S - 86_400 * S),
    "a clock of one digit and its zone": ("9:25:03 America/New_York", NOW_NS // S * S),
    "a clock in a zone": ("15:05 Europe/Berlin", NOW_NS // S * S - 1_203 * S),
    "a clock in a zone that is already in tomorrow": (
        "01:25:03 Pacific/Kiritimati",
        NOW_NS // S * S - 10_800 * S,
    ),
    "a date and a clock in a zone": ("2026-11-22 11:33:33 Europe/Berlin", AT_NS),
    "a date in summer": ("2026-07-01T14:05 Europe/Berlin", 1_782_907_500 * S),
    "the last moment": (TIME_NS_MAX, TIME_NS_MAX),
}

REFUSED: dict[str, str | int | float] = {
    "an empty text": "",
    "a word": "yesterday",
    "a duration could be either way": "1h",
    "no duration after now": "now-",
    "no duration before ago": "long ago",
    "a bad duration": "now-1y",
    "a month that is not": "2026-13-01",
    "a day that is not": "2026-02-30T00:00:00Z",
    "an hour that is not": "2026-11-22T24:00:01Z",
    "an offset that is not": "2026-11-22T10:33:33+25:00",
    "a clock that is not": "24:30",
    "a clock of one digit": "9:5",
    "a zone that is not": "10:33 Europe/Atlantis",
    "a zone that is a path": "10:33 ../../etc/passwd",
    "a day that is not, in a zone": "2026-02-30 10:33 Europe/Berlin",
    "a negative number": -5,
    "a negative text": "-5",
    "before 1970": "1969-12-31",
    "before 1970 from now": "now-3000w",
    "after 2262": "2262-04-12T00:00:00Z",
    "seconds after 2262": 5 * 10**10,
    "milliseconds after 2262": 5 * 10**13,
    "microseconds after 2262": 5 * 10**16,
    "nanoseconds after 2262": 10**19,
    "a number beyond all units": 10**20,
    "a text beyond all units": "9" * 50,
    "a boolean": True,
    "infinity": float("inf"),
    "not a number": float("nan"),
    "a very long text": "1" * 5_000,
    "an integer beyond all floats": 10**400,
    "an integer that Python does not write": 10**5_000,
    "two signs": "now--1h",
    "ago of a time": "2026-11-22 ago",
    "line breaks and marks": "now\n\u202e1h",
}

WINDOWS = {
    "on one day": (
        AT_NS,
        AT_NS + 3_600 * S,
        "2026-11-22 10:33:33Z to 11:33:33Z (1 h)",
    ),
    "over midnight, with milliseconds": (
        AT_NS + 5_000_000,
        AT_NS + 86_400 * S,
        "2026-11-22 10:33:33.005Z to 2026-11-23 10:33:33Z (1 d)",
    ),
}


@pytest.mark.parametrize(("value", "ns"), READ.values(), ids=READ)
def test_a_time_is_read(value: str | int | float, ns: int) -> None:
    assert parse_time_ns(value, now_ns=NOW_NS) == ns


@pytest.mark.parametrize("value", REFUSED.values(), ids=REFUSED)
def test_what_is_no_time_is_refused_with_what_is_accepted(value: str | int | float) -> None:
    with pytest.raises(ValueError, match="is not a time; accepted: Unix seconds") as refusal:
        parse_time_ns(value, now_ns=NOW_NS)
    assert len(str(refusal.value)) < 400
    assert str(refusal.value).isprintable()


def test_a_time_is_written_to_the_millisecond() -> None:
    assert format_time(AT_NS + 123_999_999) == "2026-11-22 10:33:33.123Z"
    assert format_time(AT_NS) == "2026-11-22 10:33:33.000Z"


def test_a_time_beyond_the_calendar_is_written_as_a_number() -> None:
    assert format_time(10**30) == f"{10**30} ns since 1970"


@pytest.mark.parametrize(("start_ns", "end_ns", "text"), WINDOWS.values(), ids=WINDOWS)
def test_a_window_is_written(start_ns: int, end_ns: int, text: str) -> None:
    assert format_window(start_ns, end_ns) == text


@given(st.integers(0, TIME_NS_MAX))
def test_what_we_write_is_read_back_to_the_millisecond(ns: int) -> None:
    assert parse_time_ns(format_time(ns), now_ns=NOW_NS) == ns - ns % 1_000_000


@given(st.one_of(st.text(), st.integers(), st.floats()))
def test_reading_raises_nothing_but_value_error(value: str | int | float) -> None:
    try:
        time_ns = parse_time_ns(value, now_ns=NOW_NS)
    except ValueError as error:
        refusal = str(error)
    else:
        refusal = "accepted"
        assert 0 <= time_ns <= TIME_NS_MAX
    assert "accepted" in refusal
