"""The text of attributes and of values: counts, shares, and what is missing."""

from typing import Any

import pytest

from vtmcp.traces.attributes_text import Closing, names_text, percent, values_text
from vtmcp.traces.spans import ROWS_MAX, Counted

CLOSING = Closing("names", wider_call="a(max_bytes=9)", more_call="a(limit=9)", then="b()")
COMMON: dict[str, Any] = {"subject": "errors only", "max_bytes": 5_000, "notice": "Demo data."}

SHARES = {
    "none": (0, 9, "0 %"),
    "of none": (0, 0, "0 %"),
    "nearly none": (1, 1_000, "<1 %"),
    "one": (1, 100, "1 %"),
    "half": (1, 2, "50 %"),
    "nearly all": (999, 1_000, ">99 %"),
    "all": (7, 7, "100 %"),
}


@pytest.mark.parametrize(("part", "whole", "text"), SHARES.values(), ids=SHARES)
def test_a_share_in_percent(part: int, whole: int, text: str) -> None:
    assert percent(part, whole) == text


def test_names_come_with_counts_and_some_values() -> None:
    values = [Counted(each, 1) for each in ("a", "b " * 30, "c", "d")]
    text = names_text(
        [Counted("http.route", 30), Counted("user id", 10), Counted("z", 1)],
        60,
        examples={"http.route": values, "kind": [Counted("server", 60)]},
        listed=2,
        closing=CLOSING,
        **COMMON,
    )
    assert text.splitlines() == [
        "3 attributes in 60 spans: errors only.",
        "Demo data.",
        'kind  every span  "server" x60',
        f'http.route  30 spans (50 %)  "a" x1, "{"b " * 20}"…(+20 chars) x1, "c" x1, ...',
        '"user id"  10 spans (17 %)',
        "Not listed, beyond the limit: 1 names. Next: a(limit=9)",
        "Next: b()",
    ]


def test_as_many_names_as_there_can_be_are_perhaps_not_all() -> None:
    names = [Counted(f"a{number}", 1) for number in range(ROWS_MAX)]
    text = names_text(names, 9, examples={}, listed=1, closing=CLOSING, **COMMON)
    assert text.startswith("at least 1,000 attributes in 9 spans")


def test_values_are_quoted_with_their_share_of_all_spans() -> None:
    values = [Counted("/a\n", 3), Counted("b", 1)]
    text = values_text("http.route", values, 8, listed=9, closing=CLOSING, **COMMON)
    assert text.splitlines() == [
        "http.route: 2 values in 4 of 8 spans (50 %): errors only.",
        "Demo data.",
        r'"/a\n"  3 spans (38 %)',
        '"b"  1 span (12 %)',
        "Next: b()",
    ]


def test_more_values_than_are_counted_are_said_to_be_more() -> None:
    values = [Counted(f"v{number}", 1) for number in range(ROWS_MAX + 1)]
    text = values_text("user.id", values, 5_000, listed=1, closing=CLOSING, **COMMON)
    assert text.startswith("user.id: more than 1,000 values: errors only, 5,000 spans.")


def test_what_has_no_room_is_counted_with_the_call_that_shows_it() -> None:
    values = [Counted(f"v{number}", 1) for number in range(100)]
    closing = Closing("values", wider_call="a(max_bytes=9)", more_call="", then="")
    more = COMMON | {"max_bytes": 400, "notice": ""}
    text = values_text("user.id", values, 100, listed=90, closing=closing, **more)
    assert len(text.encode()) <= 400
    shown = text.count('"v')
    *_, left_out, unlisted = text.splitlines()
    assert left_out == (f"Left out, for want of room: {90 - shown} values. Next: a(max_bytes=9)")
    assert unlisted == "Not listed, beyond the limit: 10 values."
