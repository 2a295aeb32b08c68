"""Listings: how a code block that is longer than an answer becomes passages."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.search.samples import page
from vtmcp.search.listings import CODE_BYTES_MAX, listing_parts
from vtmcp.search.passages import PASSAGE_BYTES_MAX, passages_of

OPTIONS = "".join(
    f"  -flag{number} string\n    \tWhat it does, at some length: {'word ' * 60}\n"
    for number in range(20)
)

HELP = f"```shell\nusage of it\n{OPTIONS}```\n"

JSON = "```json\n" + '{"key": "' + "value " * 2_000 + '"}\n' + "```\n"

LINES = "~~~\n" + "a line of a very long log\n" * 400 + "~~~\n"

UNCUT = {
    "a block without lines": "```\n```\n",
    "a row of a table": "| " + "cell " * 2_000 + "|\n",
    "code that does not end": "```\n" + "line\n" * 2_000,
    "other marks at the end": "```\n" + "line\n" * 2_000 + "~~~\n",
}


def test_each_option_is_a_part_by_its_name() -> None:
    parts = listing_parts(HELP, PASSAGE_BYTES_MAX)
    assert [name for name, _ in parts] == ["", *(f"-flag{number}" for number in range(20))]
    assert parts[0][1] == "```shell\nusage of it\n```\n"
    assert parts[1][1].startswith("```shell\n  -flag0 string\n")


@pytest.mark.parametrize("block", [HELP, JSON, LINES, HELP.rstrip()], ids=range(4))
def test_each_part_is_fenced_and_short_and_none_is_lost(block: str) -> None:
    parts = [text for _, text in listing_parts(block, PASSAGE_BYTES_MAX)]
    fence = block[:3]
    assert all(part.startswith(fence) and part.endswith(f"\n{fence}\n") for part in parts)
    assert all(len(part.encode()) <= PASSAGE_BYTES_MAX + 20 for part in parts)
    bodies = [part.split("\n", 1)[1].rsplit("\n", 2)[0] for part in parts]
    whole = block.strip().split("\n", 1)[1].rsplit("\n", 1)[0]
    assert "".join(bodies).replace("\n", "") == whole.replace("\n", "")


@pytest.mark.parametrize("block", UNCUT.values(), ids=UNCUT)
def test_what_is_not_between_fences_is_not_cut(block: str) -> None:
    assert listing_parts(block, PASSAGE_BYTES_MAX) == []
    assert [found.text for found in passages_of(page(block))] == [block]


def test_a_listing_stands_apart_from_the_text_around_it() -> None:
    found = passages_of(page(f"## Flags\nBefore.\n\n{HELP}After.\n"))
    assert found[0].text == "## Flags\nBefore.\n\n"
    assert found[0].headings == ("Flags",)
    assert found[2].headings == ("Flags", "-flag0")
    assert found[-1].text == "After.\n"
    assert [passage.number for passage in found] == list(range(1, len(found) + 1))


def test_a_block_that_fits_an_answer_stays_whole() -> None:
    block = "```\n" + "x" * (CODE_BYTES_MAX - 10) + "\n```\n"
    assert [found.text for found in passages_of(page(block))] == [block]


@given(st.lists(st.text(alphabet="ab -\U0001f600\n", max_size=3_000), max_size=4))
def test_any_block_is_cut_into_fenced_parts(texts: list[str]) -> None:
    block = "```\n" + "\n".join(texts) + "\n```\n"
    for _, part in listing_parts(block, PASSAGE_BYTES_MAX):
        assert part.startswith("```\n")
        assert part.endswith("\n```\n")
        assert len(part.encode()) <= PASSAGE_BYTES_MAX + 20
