"""JSON that can be seen: exact, on one line, and harmless."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vtmcp.handlers.visible_json import visible_json

WRITTEN: dict[str, tuple[Any, str]] = {
    "words stay": ("GET /cart", '"GET /cart"'),
    "letters of any script stay": ("\u65e5\u672c\u00e9", '"\u65e5\u672c\u00e9"'),
    "a bidi override": ("\u202ea", r'"\u202ea"'),
    "a zero width space": ("a\u200bb", r'"a\u200bb"'),
    "a tag beyond 16 bits": ("\U000e0041", r'"\udb40\udc41"'),
    "a colour": ("\x1b[31m", r'"\u001b[31m"'),
    "a control character that JSON leaves": ("\x9b", r'"\u009b"'),
    "half a surrogate pair": ("\ud800", r'"\ud800"'),
    "a new line": ("a\n", r'"a\n"'),
    "structure": ({"a": [1, None, True]}, '{"a":[1,null,true]}'),
}


@pytest.mark.parametrize(("value", "text"), WRITTEN.values(), ids=WRITTEN)
def test_written(value: Any, text: str) -> None:
    assert visible_json(value) == text


@given(st.text())
def test_it_is_exact_and_printable(value: str) -> None:
    text = visible_json(value)
    assert json.loads(text) == value
    assert text.isprintable()
