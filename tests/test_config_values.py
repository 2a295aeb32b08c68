"""The readers of settings, where `test_config.py` does not reach: what they show of a value."""

import pytest

from vtmcp.config_values import is_unset, read_choice, shown

SHOWN = {
    "a short value is quoted": ("often", "'often'"),
    "a line feed stays on the line": ("a\nb", r"'a\nb'"),
    "a character beyond ASCII is escaped": ("caf\xe9\u202e", r"'caf\xe9\u202e'"),
    "a long value is cut": ("x" * 61, f"'{'x' * 60}'..."),
}


@pytest.mark.parametrize(("text", "expected"), SHOWN.values(), ids=SHOWN)
def test_a_wrong_value_is_shown_on_one_line(text: str, expected: str) -> None:
    assert shown(text) == expected


UNSET = {
    "nothing": ("", True),
    "a literal": ("${X}", True),
    "two literals are a value": ("${X}${Y}", False),
    "a literal and more is a value": ("${X}/a", False),
    "another sign is a value": ("$X", False),
}


@pytest.mark.parametrize(("text", "expected"), UNSET.values(), ids=UNSET)
def test_only_a_whole_literal_is_unset(text: str, expected: bool) -> None:
    assert is_unset(text) is expected


def test_the_last_choice_is_told_with_or() -> None:
    with pytest.raises(ValueError, match=r"^'c' is not known; accepted: a or b$"):
        read_choice("c", choices=("a", "b"))
