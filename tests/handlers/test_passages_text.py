"""Passages as text: what stands above each, what fits, and what is said of the rest."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.handlers.pages import a_library
from vtmcp.handlers.library import Library
from vtmcp.handlers.passages_text import (
    CALL_BYTES_MAX,
    LIMIT_MAX,
    Question,
    answer_texts,
    fitted,
    page_text,
    passage_text,
)
from vtmcp.search.page import Page
from vtmcp.search.passages import Passage
from vtmcp.search.ranking import HITS_MAX

PASSAGES: dict[str, tuple[Passage, tuple[str, ...], str]] = {
    "headings are said once": (
        Passage("a.md", "A", ("B", "C"), "## B\n\n### C\n\nText.\n\n", 2),
        (),
        "A > B > C\ndocs://a.md#2\n\nText.",
    ),
    "a passage before any heading": (
        Passage("a.md", "A", (), "\nText.\n", 1),
        (),
        "A\ndocs://a.md#1\n\nText.",
    ),
    "a comment in code is no heading": (
        Passage("a.md", "A", ("B",), "```sh\n# C\n```\n", 3),
        (),
        "A > B\ndocs://a.md#3\n\n```sh\n# C\n```",
    ),
    "indentation stays": (
        Passage("a.md", "A", ("B",), "## B\n\n    code\n", 1),
        (),
        "A > B\ndocs://a.md#1\n\n    code",
    ),
    "nothing below its heading": (
        Passage("a.md", "A", ("B",), "## B", 1),
        (),
        "A > B\ndocs://a.md#1",
    ),
    "the same elsewhere": (
        Passage("a.md", "A", (), "Text.", 1),
        ("docs://b.md#1", "docs://c.md#9"),
        "A\ndocs://a.md#1\nMuch the same: docs://b.md#1, docs://c.md#9\n\nText.",
    ),
}


@pytest.fixture
def library(tmp_path: Path) -> Library:
    return a_library(tmp_path)


@pytest.mark.parametrize(("passage", "same", "text"), PASSAGES.values(), ids=PASSAGES)
def test_a_passage(passage: Passage, same: tuple[str, ...], text: str) -> None:
    assert passage_text(passage, same) == text


def test_a_page_has_its_title_and_what_it_holds_for() -> None:
    page = Page("a.md", "A", "On a", "v1 to v2", "2026-11-24", "\nText.\n")
    assert page_text(page) == "# A\n\nOn a. For v1 to v2; checked 2026-11-24.\n\nText.\n"


def test_no_more_is_asked_for_than_the_search_ranks() -> None:
    assert LIMIT_MAX == HITS_MAX


def test_nothing_is_said_of_the_rest_when_there_is_none(library: Library) -> None:
    assert answer_texts(library, Question("cleaning")) == [
        "Disks > Full disk > Cleaning\ndocs://disk.md#2\n\nRemove old spans."
    ]


def test_a_word_that_is_unknown_is_said_with_near_ones(library: Library) -> None:
    texts = answer_texts(library, Question("claening xyzzy"))
    assert texts[0].splitlines()[1] == "docs://disk.md#2"
    assert texts[1].startswith('Not in the documentation: "claening" (near: ')
    assert texts[1].endswith(', "xyzzy".')


def test_what_the_limit_leaves_out_is_counted_with_the_next_call(library: Library) -> None:
    texts = answer_texts(library, Question("spans disk", limit=1))
    assert len(texts) == 2
    assert texts[1] == (
        "Left out: 2 passages with some of the words, fitting less."
        ' Next: documentation(query="spans disk", limit=3)'
    )


def test_a_passage_that_does_not_fit_is_cut_and_its_address_said(library: Library) -> None:
    shown, note = answer_texts(library, Question("\u65e5\u672c", limit=1, max_bytes=1000))
    assert len(shown.encode()) + len(note.encode()) + 2 <= 1000
    assert shown.startswith("Nodes > Wide\ndocs://cluster/nodes.md#")
    assert shown.endswith("\u2026")
    assert note.splitlines()[0] == f"The last passage is cut; whole: {shown.splitlines()[1]}"


def test_a_long_question_is_not_written_out_in_the_next_call(library: Library) -> None:
    question = Question("spans disk " + "\u65e5" * CALL_BYTES_MAX, limit=1)
    note = answer_texts(library, question)[-1]
    assert note.endswith("Next: documentation(query=the same, limit=3)")


def test_nothing_found_lists_the_pages_that_fit(tmp_path: Path) -> None:
    pages = {f"{number:03}.md": (f"Title {number}", "Text.") for number in range(200)}
    (text,) = answer_texts(a_library(tmp_path, pages), Question("xyzzy", max_bytes=1000))
    lines = text.splitlines()
    shown = lines[3:-1]
    assert len(text.encode()) <= 1000
    assert shown[0] == "docs://000.md  Title 0"
    assert lines[-1].startswith(
        f'Left out: {200 - len(shown)} pages. Next: documentation(query="Title 0"), or'
    )


def test_only_words_that_mean_nothing_find_nothing(library: Library) -> None:
    (text,) = answer_texts(library, Question("how do I"))
    assert text.splitlines()[:2] == [
        'No passage of the documentation has a word of "how do I".',
        "The pages:",
    ]


@given(
    st.lists(st.text(min_size=1, max_size=300), min_size=1, max_size=8),
    st.text(max_size=200),
    st.integers(1000, 2000),
)
def test_texts_fit_whatever_they_are(texts: list[str], note: str, max_bytes: int) -> None:
    told: list[tuple[int, bool]] = []

    def noted(shown: int, is_cut: bool) -> str:
        told.append((shown, is_cut))
        return note if shown < len(texts) or is_cut else ""

    found = fitted(texts, noted, max_bytes)
    shown, is_cut = told[-1]
    assert sum(len(text.encode()) + 1 for text in found) <= max_bytes
    assert is_cut or found[:shown] == texts[:shown]
    assert shown == len(texts) or not note or found[-1] == note or is_cut
