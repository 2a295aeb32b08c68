"""A file is replaced whole, with a copy beside it; rights and links stay; races are noticed."""

import os
import stat
from datetime import datetime
from pathlib import Path

import pytest

from vtmcp.clients import files
from vtmcp.clients.faults import BrokenFile, FileRefused

NOW = datetime(2025, 11, 25, 8, 9, 10)


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def test_a_new_file_gets_its_folders_and_no_copy(tmp_path: Path) -> None:
    path = tmp_path / "a" / "b.json"
    assert files.read(path) is None
    assert files.replace(path, None, "é", NOW, private=False) is None
    assert path.read_bytes() == "é".encode()
    assert [*path.parent.iterdir()] == [path]


@pytest.mark.parametrize(("private", "rights"), [(True, 0o600), (False, 0o640)])
def test_a_new_file_with_a_secret_is_for_its_owner_only(
    private: bool, rights: int, tmp_path: Path
) -> None:
    before = os.umask(0o026)
    try:
        files.replace(tmp_path / "x", None, "", NOW, private=private)
    finally:
        os.umask(before)
    assert mode(tmp_path / "x") == rights


@pytest.mark.parametrize("private", [True, False])
def test_a_file_keeps_its_rights_and_so_does_its_copy(private: bool, tmp_path: Path) -> None:
    path = tmp_path / "x.json"
    path.write_text("one\r\n", newline="")
    path.chmod(0o604)
    copy = files.replace(path, "one\r\n", "two\r\n", NOW, private=private)
    assert copy == tmp_path / "x.json.bak-20251125-080910"
    assert (path.read_bytes(), copy.read_bytes()) == (b"two\r\n", b"one\r\n")
    assert (mode(path), mode(copy)) == (0o604, 0o604)


def test_copies_of_one_second_do_not_replace_each_other(tmp_path: Path) -> None:
    path = tmp_path / "x"
    path.write_text("0")
    copies = [files.replace(path, str(n), str(n + 1), NOW, private=False) for n in range(3)]
    assert [copy.read_text() for copy in copies if copy] == ["0", "1", "2"]


def test_copies_without_end_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(files, "COPIES_MAX", 1)
    path = tmp_path / "x"
    path.write_text("0")
    files.replace(path, "0", "1", NOW, private=False)
    with pytest.raises(FileRefused, match="copies of this second"):
        files.replace(path, "1", "2", NOW, private=False)
    assert path.read_text() == "1"


def test_a_link_stays_a_link(tmp_path: Path) -> None:
    real, link = tmp_path / "dotfiles" / "mcp.json", tmp_path / "mcp.json"
    real.parent.mkdir()
    real.write_text("one")
    link.symlink_to(real)
    copy = files.replace(link, "one", "two", NOW, private=False)
    assert link.is_symlink()
    assert real.read_text() == "two"
    assert copy is not None
    assert copy.parent == tmp_path


def test_a_link_to_nothing_is_not_a_new_file(tmp_path: Path) -> None:
    link = tmp_path / "x"
    link.symlink_to(tmp_path / "nowhere")
    with pytest.raises(FileRefused, match="not a file"):
        files.read(link)


def test_a_file_that_changed_meanwhile_is_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "x"
    path.write_text("theirs")
    for before in ("ours", None):
        with pytest.raises(FileRefused, match="another program wrote it"):
            files.replace(path, before, "new", NOW, private=False)
    assert [*tmp_path.iterdir()] == [path]
    assert path.read_text() == "theirs"


def test_a_write_that_fails_leaves_nothing_behind(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*paths: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "replace", full)
    path = tmp_path / "x"
    with pytest.raises(FileRefused, match="cannot be written: No space left"):
        files.replace(path, None, "new", NOW, private=False)
    assert [*tmp_path.iterdir()] == []


def test_what_is_no_text_file_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(FileRefused, match="not a file"):
        files.read(tmp_path)
    bad = tmp_path / "x"
    bad.write_bytes(b"a\nb\xff")
    with pytest.raises(BrokenFile, match="line 2, column 2: a byte that is not UTF-8"):
        files.read(bad)
    monkeypatch.setattr(files, "FILE_BYTES_MAX", 3)
    with pytest.raises(FileRefused, match="larger than 3 bytes"):
        files.read(bad)


def test_a_file_that_cannot_be_read_says_why(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refused(path: Path) -> bytes:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "read_bytes", refused)
    (tmp_path / "x").touch()
    with pytest.raises(FileRefused, match="cannot be read: Permission denied"):
        files.read(tmp_path / "x")
