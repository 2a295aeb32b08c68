"""Shares that add up to the whole as they are shown."""

from hypothesis import given
from hypothesis import strategies as st

from vtmcp.traces.shares import shares


def test_shares_are_rounded_so_that_they_add_up() -> None:
    assert shares([1, 1, 1]) == ["33.4 %", "33.3 %", "33.3 %"]
    assert shares([999, 1]) == ["99.9 %", "0.1 %"]
    assert shares([7]) == ["100.0 %"]
    assert shares([0, 0]) == ["0 %", "0 %"]
    assert shares([]) == []


@given(st.lists(st.integers(0, 10**18), min_size=1, max_size=60))
def test_any_parts_are_a_hundred_per_cent_together(parts: list[int]) -> None:
    tenths = [round(float(share.removesuffix(" %")) * 10) for share in shares(parts)]
    assert sum(tenths) == (1_000 if sum(parts) else 0)
    for part, tenth in zip(parts, tenths, strict=True):
        assert abs(tenth - 1_000 * part / (sum(parts) or 1)) <= 1
