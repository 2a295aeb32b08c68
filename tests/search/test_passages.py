"""Passages: where a page is cut, where never, and that nothing gets lost."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.search.samples import page
from vtmcp.search.passages import PASSAGE_BYTES_MAX, all_passages, passages_of

LONG = "word " * 230 + "end\n"
"""A paragraph of one line, a little shorter than a passage."""

HUGE = "word " * 1_000 + "end\n"

CODE = "```sh\n" + "# no heading\n" * 200 + "```\n"

ROW = "| " + "cell " * 200 + "|\n"

CUT: dict[str, tuple[str, list[tuple[tuple[str, ...], str]]]] = {
    "nothing": ("", []),
    "text without headings": ("one\n\ntwo\n", [((), "one\n\ntwo\n")]),
    "a passage a heading": (
        "lead\n## A\none\n## B\ntwo",
        [((), "lead\n"), (("A",), "## A\none\n"), (("B",), "## B\ntwo")],
    ),
    "headings below headings": (
        "## A\na\n### B\nb\n### C\nc\n## D\nd\n",
        [
            (("A",), "## A\na\n"),
            (("A", "B"), "### B\nb\n"),
            (("A", "C"), "### C\nc\n"),
            (("D",), "## D\nd\n"),
        ],
    ),
    "a heading without text opens the next section": (
        "## A\n\n### B\nb\n",
        [(("A", "B"), "## A\n\n### B\nb\n")],
    ),
    "a heading at the end": ("## A\na\n## B\n", [(("A",), "## A\na\n"), (("B",), "## B\n")]),
    "marks after a heading": ("## A ##\na\n", [(("A",), "## A ##\na\n")]),
    "no heading without a space": ("##A\na\n", [((), "##A\na\n")]),
    "no heading inside code": ("```\n## A\n```\n", [((), "```\n## A\n```\n")]),
    "no end of code by other marks": ("~~~\n```\n## A\n~~~\nb", [((), "~~~\n```\n## A\n~~~\nb")]),
    "code that does not end": ("a\n```\n## A\n", [((), "a\n```\n## A\n")]),
    "code in one line is text": ("```a```\n## A\nb", [((), "```a```\n"), (("A",), "## A\nb")]),
    "long paragraphs part": (
        f"## A\n{LONG}\n{LONG}",
        [(("A",), f"## A\n{LONG}\n"), (("A",), LONG)],
    ),
    "a long code block stays whole": (
        f"## A\n{LONG}{CODE}{LONG}",
        [(("A",), f"## A\n{LONG}"), (("A",), CODE), (("A",), LONG)],
    ),
    "a heading stays with what follows it, however long": (
        f"## A\n{CODE}",
        [(("A",), f"## A\n{CODE}")],
    ),
    "a table parts between rows": (ROW * 3, [((), ROW), ((), ROW), ((), ROW)]),
    "a table ends without a blank line": (f"{ROW}{LONG}", [((), ROW), ((), LONG)]),
    "list items part": (f"- {LONG}- {LONG}", [((), f"- {LONG}"), ((), f"- {LONG}")]),
    "numbered items part": (f"1. {LONG}2. {LONG}", [((), f"1. {LONG}"), ((), f"2. {LONG}")]),
    "a long paragraph of lines parts between lines": (LONG * 2, [((), LONG), ((), LONG)]),
}

PLAIN_LINES = st.sampled_from(["## A\n", "### B\n", "| a | b |\n", "- item\n", "\n", LONG, HUGE])
FENCES = st.sampled_from(["```\n", "~~~~\n", "```sh\n"])
LINES = st.one_of(PLAIN_LINES, FENCES)
# Three of them make no code block that is longer than an answer: such is cut (`test_listings`).
SHORT_LINES = st.one_of(PLAIN_LINES.filter(lambda line: line != HUGE), FENCES)
TEXTS = st.one_of(st.text(), st.lists(LINES).map("".join))


@pytest.mark.parametrize(("text", "expected"), CUT.values(), ids=CUT)
def test_a_page_is_cut(text: str, expected: list[tuple[tuple[str, ...], str]]) -> None:
    assert [(found.headings, found.text) for found in passages_of(page(text))] == expected


def test_a_very_long_line_parts_between_words() -> None:
    texts = [found.text for found in passages_of(page(HUGE))]
    assert len(texts) == 5
    assert {text.split()[0] for text in texts} == {"word"}


def test_a_word_that_is_too_long_stays_whole() -> None:
    word = "w" * 2 * PASSAGE_BYTES_MAX
    assert [found.text for found in passages_of(page(f"a {word} b"))] == ["a", f" {word}", " b"]


def test_an_address_is_the_path_and_a_number_from_one() -> None:
    pages = [page("## A\na\n## B\nb\n", "x/y.md"), page("c", "z.md")]
    addresses = [found.address for found in all_passages(pages)]
    assert addresses == ["docs://x/y.md#1", "docs://x/y.md#2", "docs://z.md#1"]


@given(st.one_of(st.lists(PLAIN_LINES), st.lists(SHORT_LINES, max_size=3)).map("".join))
def test_no_text_is_lost(text: str) -> None:
    assert "".join(found.text for found in passages_of(page(text))) == text


@given(st.lists(TEXTS, max_size=4))
def test_addresses_are_unique(texts: list[str]) -> None:
    pages = [page(text, f"{number}.md") for number, text in enumerate(texts)]
    addresses = [found.address for found in all_passages(pages)]
    assert len(addresses) == len(set(addresses))


@given(st.lists(PLAIN_LINES), st.integers(0, 400), st.lists(LINES))
def test_a_code_block_is_never_cut(before: list[str], lines: int, after: list[str]) -> None:
    code = "```\n" + "## CODE\n" * lines + "```\n"
    text = "".join([*before, code, *after])
    assert any(code in found.text for found in passages_of(page(text)))


@given(st.lists(PLAIN_LINES))
def test_a_passage_is_not_too_long(lines: list[str]) -> None:
    for found in passages_of(page("".join(lines))):
        text = "\n".join(line for line in found.text.splitlines() if not line.startswith("#"))
        assert len(text.strip().encode()) <= PASSAGE_BYTES_MAX
