"""The size of an answer: what is kept, what gives way, and that nothing is cut silently."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vtmcp.traces.budget import (
    CUT_MARK,
    DEFAULT_ANSWER_BYTES,
    Budget,
    closing_line,
    cut_to_bytes,
    size_bytes,
)

LINE = "x" * 9
"""With its line break a line of 10 bytes."""

CUT = {
    "a text that fits": ("abc", 3, "abc"),
    "a text that does not": ("abcdef", 5, "ab…"),
    "a character of several bytes is not torn": ("aéé", 5, "aéé"),
    "nor when it stands at the cut": ("aéééé", 6, "aé…"),
    "no more room than for the mark": ("abcdef", 3, "…"),
    "no room for the mark": ("abcdef", 2, ""),
    "less than no room": ("abcdef", -5, ""),
}


@pytest.mark.parametrize(("text", "max_bytes", "cut"), CUT.values(), ids=CUT)
def test_a_text_is_cut_with_a_mark(text: str, max_bytes: int, cut: str) -> None:
    assert cut_to_bytes(text, max_bytes) == cut


def test_a_size_counts_bytes_and_the_line_break() -> None:
    assert [size_bytes(line) for line in ("", "abc", "é…")] == [1, 4, 6]


def test_what_fits_is_told_whole_and_without_a_closing() -> None:
    budget = Budget()
    budget.head("verdict")
    assert [budget.add("a"), budget.add("b")] == [True, True]
    assert budget.room_bytes == DEFAULT_ANSWER_BYTES - len("verdict\na\nb\n")
    assert budget.text() == "verdict\na\nb"
    assert budget.left_out == 0


def test_the_closing_counts_what_is_missing_and_names_the_next_call() -> None:
    budget = Budget(80, closing=closing_line("traces(limit=5)", "older traces"))
    taken = [budget.add(LINE) for _ in range(2_000)]
    text = budget.text()
    assert taken == [True] * 8 + [False] * 1_992
    assert text == f"{LINE}\n{LINE}\nLeft out: 1,998 older traces. Next: traces(limit=5)"


def test_without_a_next_call_the_closing_only_counts() -> None:
    assert closing_line()(3) == "Left out: 3 lines."
    assert closing_line("next()")(0) == ""


def test_a_line_that_fits_to_the_last_byte_stays_without_a_closing() -> None:
    budget = Budget(30, closing=lambda left_out: f"{left_out}" if left_out else "")
    assert [budget.add(LINE) for _ in range(3)] == [True] * 3
    assert budget.text() == "\n".join([LINE] * 3)


def test_after_a_line_that_does_not_fit_no_other_is_taken() -> None:
    budget = Budget(60)
    assert budget.add("a")
    assert not budget.add("x" * 100, items=5)
    assert not budget.add("b")
    budget.leave_out(4)
    assert budget.text() == "a\nLeft out: 10 lines."


def test_a_line_that_gives_way_counts_for_all_that_it_stands_for() -> None:
    budget = Budget(40)
    budget.add(LINE, items=1)
    budget.add(LINE, items=100)
    budget.add(LINE, items=1_000)
    budget.add(LINE, items=10_000)
    budget.add(LINE)
    assert budget.text() == f"{LINE}\nLeft out: 11,101 lines."


def test_a_head_without_room_is_cut_with_a_mark_and_the_closing_stays() -> None:
    budget = Budget(40)
    budget.head("x" * 100)
    assert budget.room_bytes == 0
    budget.add("a line")
    assert budget.text() == f"{'x' * 18}{CUT_MARK}\nLeft out: 1 lines."


def test_a_closing_without_room_is_cut_with_a_mark() -> None:
    budget = Budget(10, closing=lambda _: "y" * 100)
    budget.head("verdict")
    assert budget.text() == f"{'y' * 7}{CUT_MARK}"


_LINES = st.lists(st.tuples(st.text("aé☃", max_size=30), st.integers(1, 5_000)), max_size=30)


@given(st.integers(0, 400), _LINES, st.sampled_from(["", "the verdict", "v" * 90]))
def test_no_answer_is_larger_than_its_budget_and_all_is_shown_or_counted(
    max_bytes: int, lines: list[tuple[str, int]], head: str
) -> None:
    counts: list[int] = []

    def closing(left_out: int) -> str:
        counts.append(left_out)
        return closing_line("next()")(left_out)

    budget = Budget(max_bytes, closing=closing)
    if head:
        budget.head(head)
    for number, (line, items) in enumerate(lines):
        budget.add(f"{number}. {line}", items)
    text = budget.text()
    assert len(text.encode()) <= max_bytes
    assert counts[-1] == budget.left_out
    shown = sum(items for n, (_, items) in enumerate(lines) if f"\n{n}. " in f"\n{text}")
    assert budget.left_out + shown == sum(items for _, items in lines)
