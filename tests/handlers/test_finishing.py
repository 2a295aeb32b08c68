"""The last hand on an answer: marks for values, lines at the end, and JSON that stays JSON."""

import json
from collections import Counter
from typing import Any

import pytest

from vtmcp.handlers.finishing import LINES_BYTES, answer_bytes, finished, no_mask
from vtmcp.protocol.messages import Json
from vtmcp.protocol.results import ToolResult, image, text
from vtmcp.traces.masking import KINDS, Masking

MASKING = Masking(KINDS, b"key")
MAIL = MASKING.mask("pay@shop.example")[0]
CARD = MASKING.mask("4111111111111111")[0]
ONE = "Masked (MCP_MASK): 1 e-mail address; equal values have equal marks."
HERE = "Deployment eu."

TEXTS: dict[str, tuple[str, str, str]] = {
    "nothing to mask": ("3 traces", "", "3 traces"),
    "a line on the place": ("3 traces", HERE, f"3 traces\n{HERE}"),
    "a value": ("user pay@shop.example", "", f"user {MAIL}\n{ONE}"),
    "both": ("user pay@shop.example", HERE, f"user {MAIL}\n{HERE}\n{ONE}"),
    "nothing at all": ("", HERE, HERE),
    "what only begins like JSON": ("[1] pay@shop.example", "", f"[1] {MAIL}\n{ONE}"),
}


@pytest.mark.parametrize(("answer", "said", "whole"), TEXTS.values(), ids=TEXTS)
def test_a_text_is_masked_and_gets_its_last_lines(answer: str, said: str, whole: str) -> None:
    assert finished(answer, said, MASKING.mask) == whole


def test_without_masks_a_text_is_left_as_it_is() -> None:
    assert finished("user pay@shop.example", HERE) == f"user pay@shop.example\n{HERE}"
    assert no_mask("pay@shop.example") == ("pay@shop.example", Counter())


DATA: dict[str, Any] = {
    "mail": "line\npay@shop.example",
    "pay@shop.example": ["4111111111111111", 4111111111111111, 1795529103123456, 1.5, True, None],
}
MASKED_DATA: dict[str, Any] = {
    "mail": f"line\n{MAIL}",
    MAIL: [CARD, CARD, 1795529103123456, 1.5, True, None],
}


def test_json_is_masked_value_by_value_and_stays_json() -> None:
    answer = ToolResult([text(json.dumps(DATA)), text("1 trace")])
    whole = finished(answer, HERE, MASKING.mask)
    assert isinstance(whole, ToolResult)
    data, words = (block["text"] for block in whole.content)
    assert json.loads(data) == MASKED_DATA
    assert words.split("\n") == [
        "1 trace",
        HERE,
        "Masked (MCP_MASK): 2 e-mail addresses, 2 card numbers; equal values have equal marks.",
    ]


def test_what_programs_get_is_masked_too_and_counted_once() -> None:
    answer = ToolResult([text("pay@shop.example")], structured=DATA, meta={"ui": DATA["mail"]})
    whole = finished(answer, "", MASKING.mask)
    assert isinstance(whole, ToolResult)
    assert whole.content == [text(f"{MAIL}\n{ONE}")]
    assert whole.structured == MASKED_DATA
    assert whole.meta == {"ui": f"line\n{MAIL}"}


CONTENTS: dict[str, tuple[list[Json], list[Json]]] = {
    "lines go to the last text": ([text("a"), text("b")], [text("a"), text(f"b\n{HERE}")]),
    "JSON gets no lines": ([text('{"a":1}')], [text('{"a":1}'), text(HERE)]),
    "a picture gets no lines": ([image("aa", "i")], [image("aa", "i"), text(HERE)]),
    "nothing": ([], [text(HERE)]),
}


@pytest.mark.parametrize(("content", "whole"), CONTENTS.values(), ids=CONTENTS)
def test_where_the_last_lines_go(content: list[Json], whole: list[Json]) -> None:
    assert finished(ToolResult(content), HERE) == ToolResult(whole)
    assert finished(ToolResult(content), "", MASKING.mask) == ToolResult(content)


def test_structured_content_alone_is_counted_in_a_line() -> None:
    whole = finished(ToolResult([], structured=["pay@shop.example"]), "", MASKING.mask)
    assert whole == ToolResult([text(ONE)], structured=[MAIL])


def test_the_lines_have_their_bound() -> None:
    every = "pay@shop.example 4111111111111111 Bearer abcdef "
    whole = finished(every * 1_000, "x" * 1_000, MASKING.mask)
    assert isinstance(whole, str)
    said, masked = whole.split("\n")[-2:]
    assert said.endswith("…")
    assert "1,000 e-mail addresses, 1,000 tokens, 1,000 card numbers" in masked
    assert len(f"{said}\n{masked}\n".encode()) <= LINES_BYTES


def test_the_size_is_that_of_the_texts() -> None:
    assert answer_bytes("ü") == 2
    assert answer_bytes(ToolResult([text("ü"), image("aaaa", "i"), text("ab")])) == 4
