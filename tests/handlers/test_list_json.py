"""Objects as JSON keep to the budget, whole or not at all, and what is missing is counted."""

import json
from typing import Any

import pytest

from vtmcp.handlers.list_json import list_json

ITEMS = [{"a": "x" * 50, "n": number} for number in range(100)]


def parts(**more: Any) -> tuple[dict[str, Any], str]:
    items = more.pop("items", ITEMS)
    result = list_json("rows", items, words="100 rows.", **{"max_bytes": 100_000, **more})
    data, words = (item["text"] for item in result.content)
    return json.loads(data), words


def test_all_that_fits_is_given_with_the_words() -> None:
    data, words = parts(notice="Demo data.")
    assert data == {"rows": ITEMS}
    assert words == "100 rows.\nDemo data."


def test_what_is_beyond_the_items_is_counted() -> None:
    assert parts(unlisted=7)[1] == "100 rows.\nLeft out: 7 more."


@pytest.mark.parametrize("max_bytes", [1_000, 2_000, 5_000])
def test_what_does_not_fit_is_counted_with_the_next_call(max_bytes: int) -> None:
    data, words = parts(max_bytes=max_bytes, unlisted=5, next_call="query(max_bytes=9)")
    kept = len(data["rows"])
    assert 0 < kept < 100
    assert data["rows"] == ITEMS[:kept]
    assert words.endswith(f"Left out: {105 - kept} more. Next: query(max_bytes=9)")
    size = len(json.dumps(data, separators=(",", ":")).encode()) + len(words.encode())
    assert size <= max_bytes


def test_words_never_push_out_all_of_the_data() -> None:
    data, words = parts(max_bytes=1_000, notice="n" * 5_000)
    assert data["rows"]
    assert words.endswith("…")
