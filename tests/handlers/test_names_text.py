"""A list of names: head, notice, one name a line, and what did not fit."""

from hypothesis import given
from hypothesis import strategies as st

from vtmcp.handlers.names_text import names_text


def test_one_name_a_line_below_head_and_notice() -> None:
    text = names_text("2 names", ["a", "b c"], max_bytes=1000, notice="Demo.", next_call="x()")
    assert text == "2 names\nDemo.\na\nb c"


def test_what_does_not_fit_is_counted_with_the_next_call() -> None:
    names = [f"name-{number}" for number in range(100)]
    text = names_text("100 names", names, max_bytes=200, notice="", next_call="x(max_bytes=9)")
    lines = text.splitlines()
    assert lines[1:-1] == names[: len(lines) - 2]
    assert lines[-1] == f"Left out: {102 - len(lines)} names. Next: x(max_bytes=9)"


@given(st.lists(st.text(max_size=50), max_size=50), st.integers(200, 2000))
def test_any_names_fit_and_none_makes_a_line_of_its_own(names: list[str], max_bytes: int) -> None:
    text = names_text("head", names, max_bytes=max_bytes, notice="", next_call="x()")
    assert len(text.encode()) <= max_bytes
    assert len(text.splitlines()) <= 1 + len(names) + 1
