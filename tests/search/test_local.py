"""An operator's own folder: what is read, what is left out and why, and that nothing else is."""

import os
from pathlib import Path

import pytest

from vtmcp.search import local
from vtmcp.search.local import LocalFolderError, read_local_pages


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    root = tmp_path / "docs"
    (root / "deep" / "deeper").mkdir(parents=True)
    (root / "a.md").write_text("# Runbook\n\nCall Ada.\n", "utf-8")
    (root / "deep" / "b.MARKDOWN").write_text("no heading", "utf-8")
    (root / "deep" / "deeper" / "c.md").write_bytes(b"\xef\xbb\xbf---\r\ntitle: C\r\n---\r\nc\r\n")
    (root / "notes.txt").write_text("no page", "utf-8")
    (root / ".hidden.md").write_text("no page", "utf-8")
    (root / ".git").mkdir()
    (root / ".git" / "d.md").write_text("no page", "utf-8")
    (tmp_path / "secret.md").write_text("secret", "utf-8")
    return root


def paths(folder: Path) -> list[str]:
    return [page.path for page in read_local_pages(folder).pages]


def left_out(folder: Path) -> list[tuple[str, str]]:
    return [tuple(found) for found in read_local_pages(folder).left_out]  # type: ignore[misc]


def test_markdown_is_read_with_or_without_front_matter(folder: Path) -> None:
    pages = read_local_pages(folder).pages
    assert [(page.path, page.title, page.text) for page in pages] == [
        ("local/a.md", "Runbook", "# Runbook\n\nCall Ada.\n"),
        ("local/deep/b.MARKDOWN", "b.MARKDOWN", "no heading"),
        ("local/deep/deeper/c.md", "C", "c\n"),
    ]
    assert left_out(folder) == []


def test_an_address_is_quoted(folder: Path) -> None:
    (folder / "run book #1?.md").write_text("x", "utf-8")
    (folder / os.fsdecode(b"\xff.md")).write_bytes(b"\xff")
    assert paths(folder)[-2:] == ["local/run%20book%20%231%3F.md", "local/%FF.md"]
    assert read_local_pages(folder).pages[-1][1:] == ("\ufffd.md", "", "", "", "\ufffd")


def test_a_link_that_stays_inside_is_followed(folder: Path) -> None:
    (folder / "link.md").symlink_to(folder / "deep" / "b.MARKDOWN")
    assert "local/link.md" in paths(folder)


OUTSIDE = {
    "a file": "../secret.md",
    "an absolute path": "/etc/hostname",
    "nowhere": "none.md",
    "itself": "link.md",
    "up and down again": "../../docs/../secret.md",
}


@pytest.mark.parametrize("target", OUTSIDE.values(), ids=OUTSIDE)
def test_a_link_that_leads_outside_is_refused(folder: Path, target: str) -> None:
    (folder / "link.md").symlink_to(target)
    assert "local/link.md" not in paths(folder)
    assert left_out(folder) == [("link.md", "a link that leads out of the folder")]


def test_links_to_folders_are_passed_over(folder: Path, tmp_path: Path) -> None:
    (folder / "up").symlink_to(tmp_path)
    (folder / "up.md").symlink_to(folder / "deep")
    assert len(paths(folder)) == 3
    assert left_out(folder) == [("up.md", "not a regular file")]


def test_a_folder_that_became_a_link_leads_nowhere(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Between looking and reading: the folder is exchanged for a link to the world outside."""
    (tmp_path / "outside").mkdir()
    (tmp_path / "outside" / "b.MARKDOWN").write_text("secret", "utf-8")
    content = local._content

    def exchange_first(root_fd: int, real: Path) -> bytes:
        if real.name == "b.MARKDOWN":
            (folder / "deep").rename(tmp_path / "gone")
            (folder / "deep").symlink_to(tmp_path / "outside")
        return content(root_fd, real)

    monkeypatch.setattr(local, "_content", exchange_first)
    found = read_local_pages(folder)
    assert [page.path for page in found.pages] == ["local/a.md"]
    assert [path for path, _ in found.left_out] == ["deep/b.MARKDOWN", "deep/deeper/c.md"]


def test_a_pipe_does_not_hold_up_the_reader(folder: Path) -> None:
    os.mkfifo(folder / "pipe.md")
    assert left_out(folder) == [("pipe.md", "not a regular file")]


def test_the_folder_itself_may_be_a_link(folder: Path, tmp_path: Path) -> None:
    (tmp_path / "link").symlink_to(folder)
    assert len(paths(tmp_path / "link")) == 3


BOUNDS: dict[str, tuple[str, int, list[str], list[tuple[str, str]]]] = {
    "files": ("FILES_MAX", 2, ["a", "b"], [("deep/deeper/c.md", "more than 2 files")]),
    "bytes of a file": ("FILE_BYTES_MAX", 20, ["b"], [
        ("a.md", "larger than 20 bytes"),
        ("deep/deeper/c.md", "larger than 20 bytes"),
    ]),
    "bytes in all": ("TOTAL_BYTES_MAX", 33, ["a", "b"], [
        ("deep/deeper/c.md", "more than 33 bytes in all"),
    ]),
    "depth": ("DEPTH_MAX", 2, ["a", "b"], [("deep/deeper", "more than 2 folders deep")]),
}  # fmt: skip


@pytest.mark.parametrize("bound", BOUNDS.values(), ids=BOUNDS)
def test_what_is_read_is_bounded(
    folder: Path,
    monkeypatch: pytest.MonkeyPatch,
    bound: tuple[str, int, list[str], list[tuple[str, str]]],
) -> None:
    name, value, names, reasons = bound
    monkeypatch.setattr(local, name, value)
    found = read_local_pages(folder)
    assert [Path(page.path).stem for page in found.pages] == names
    assert [tuple(each) for each in found.left_out] == reasons


def test_the_number_of_names_is_bounded(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(local, "ENTRIES_MAX", 2)
    found = read_local_pages(folder)
    assert len(found.pages) <= 2
    assert [reason for _, reason in found.left_out] == ["more than 2 names"]


def test_a_file_that_cannot_be_read_is_left_out(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    opened = os.open

    def failing(path: str, flags: int, *, dir_fd: int | None = None) -> int:
        if path == "a.md":
            raise PermissionError(13, "Permission denied")
        return opened(path, flags, dir_fd=dir_fd)

    monkeypatch.setattr(os, "open", failing)
    assert left_out(folder) == [("a.md", "Permission denied")]


def test_a_folder_that_vanished_is_left_out(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    scandir = os.scandir

    def failing(path: Path) -> object:
        if Path(path).name == "deep":
            raise PermissionError(13, "Permission denied")
        return scandir(path)

    monkeypatch.setattr(os, "scandir", failing)
    assert left_out(folder) == [("deep/", "Permission denied")]


BAD = {"no such folder": "none", "a file": "docs/a.md", "a NUL": "a\0b"}


@pytest.mark.parametrize("name", BAD.values(), ids=BAD)
def test_what_is_no_folder_is_refused_by_name(folder: Path, name: str) -> None:
    with pytest.raises(LocalFolderError, match="cannot be read as a folder"):
        read_local_pages(folder.parent / name)


def test_a_large_file_is_read_whole_up_to_its_bound(folder: Path) -> None:
    (folder / "a.md").write_bytes(b"x" * local.FILE_BYTES_MAX)
    assert len(read_local_pages(folder).pages[0].text) == local.FILE_BYTES_MAX
