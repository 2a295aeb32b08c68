"""Where the pages are found, and that nothing outside of the corpus can be read."""

from pathlib import Path

import pytest

from vtmcp.search import corpus
from vtmcp.search.corpus import (
    INDEX,
    UnknownPageError,
    corpus_folder,
    list_pages,
    load_index,
    load_page,
    load_pages,
)

FRONT = "---\ntitle: {}\ndescription: About\napplies_to: v1\nchecked: 2026-11-24\n---\n"

OUTSIDE = {
    "a folder up": "../secret.md",
    "an absolute path": "/etc/passwd",
    "by way of a folder": "deep/../a.md",
    "with a dot": "./a.md",
    "notes for authors": "README.md",
    "not markdown": "notes.txt",
    "two levels down": "deep/deeper/d.md",
    "a folder": "deep",
    "nothing": "",
    "a NUL": "a.md\0",
}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    root = tmp_path / "corpus"
    (root / "deep" / "deeper").mkdir(parents=True)
    for path in ("b.md", "a.md", "deep/c.md", "deep/deeper/d.md", "README.md", "../secret.md"):
        (root / path).write_text(FRONT.format(path) + "Text\n", "utf-8")
    (root / "notes.txt").write_text("no page", "utf-8")
    return root


def test_pages_are_listed_by_path(folder: Path) -> None:
    assert [(entry.path, entry.title) for entry in list_pages(folder)] == [
        ("a.md", "a.md"),
        ("b.md", "b.md"),
        ("deep/c.md", "deep/c.md"),
    ]


def test_a_list_does_not_read_whole_pages(folder: Path) -> None:
    (folder / "a.md").write_bytes(FRONT.format("a").encode() + b"\n" * 9_000 + b"\xff not UTF-8")
    assert len(list_pages(folder)) == 3


def test_pages_are_loaded_in_the_order_of_the_list(folder: Path) -> None:
    pages = load_pages(folder)
    assert [page.path for page in pages] == [entry.path for entry in list_pages(folder)]
    assert {page.text for page in pages} == {"Text\n"}


def test_one_page_is_loaded_by_its_path(folder: Path) -> None:
    assert load_page("deep/c.md", folder).title == "deep/c.md"


@pytest.mark.parametrize("path", OUTSIDE.values(), ids=OUTSIDE)
def test_only_listed_pages_can_be_read(folder: Path, path: str) -> None:
    with pytest.raises(UnknownPageError, match="no documentation page"):
        load_page(path, folder)


def test_the_index_is_read_when_there_is_one(folder: Path) -> None:
    assert load_index(folder) == b""
    (folder / INDEX).write_bytes(b"weights")
    assert load_index(folder) == b"weights"


def test_the_corpus_of_the_package_is_found() -> None:
    assert load_page("flags.md").title == "Command-line flags"
    assert Path(corpus_folder(), "README.md").is_file()


def test_without_a_link_the_folder_beside_the_package_is_taken(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    package = tmp_path / "vtmcp"
    package.mkdir()
    (package / "corpus").write_text("../corpus")  # What a link becomes where there are none.
    (package / "search").mkdir()
    monkeypatch.setattr(corpus, "__file__", str(package / "search" / "corpus.py"))
    assert corpus_folder() == str(tmp_path / "corpus")
