"""A share never looks like nothing or all when it is not."""

import pytest

from vtmcp.traces.share_text import percent

SHARES = {
    "nothing": (0, 10, "0 %"),
    "of nothing": (0, 0, "0 %"),
    "a part": (81, 1_000, "8.1 %"),
    "a small part": (5, 10_000, "0.05 %"),
    "a very small part": (1, 1_000_000, "<0.01 %"),
    "nearly all": (99_999, 100_000, ">99.9 %"),
    "all": (3, 3, "100.0 %"),
}


@pytest.mark.parametrize(("part", "whole", "text"), SHARES.values(), ids=SHARES)
def test_a_share(part: int, whole: int, text: str) -> None:
    assert percent(part, whole) == text
