"""A file that is read again when it changes, and whose last good value stays."""

import os
from pathlib import Path

import pytest

from vtmcp.access.watched_file import FILE_BYTES_MAX, SETTLED_NS, WatchedFile


def read(data: bytes) -> str:
    if data == b"bad":
        raise ValueError("is bad")
    return data.decode()


class Watched:
    """One file, how often it was understood, and what was reported of it."""

    def __init__(self, folder: Path, *, later_ns: int = 0) -> None:
        self.path = folder / "secret-name"
        self.path.write_bytes(b"one")
        self.reports: list[str] = []
        self.read_count = 0
        changed_ns = self.path.stat().st_ctime_ns
        self.file = WatchedFile(
            "A_FILE",
            str(self.path),
            self._read,
            report=self.reports.append,
            clock_ns=lambda: changed_ns + later_ns,
        )

    def _read(self, data: bytes) -> str:
        self.read_count += 1
        return read(data)


def test_the_value_is_that_of_the_file(tmp_path: Path) -> None:
    watched = Watched(tmp_path)
    assert watched.file.current() == "one"
    for text in ("two", "3", "two"):
        watched.path.write_text(text)
        assert watched.file.current() == text
    assert not watched.reports


def test_a_file_in_another_s_place_is_read(tmp_path: Path) -> None:
    watched = Watched(tmp_path, later_ns=SETTLED_NS)
    other = tmp_path / "new"
    other.write_text("two")
    os.replace(other, watched.path)
    assert watched.file.current() == "two"


def test_a_link_that_is_turned_is_followed(tmp_path: Path) -> None:
    for name in ("one", "two"):
        (tmp_path / name).write_text(name)
    link = tmp_path / "link"
    link.symlink_to("one")
    file = WatchedFile("A_FILE", str(link), read)
    link.unlink()
    link.symlink_to("two")
    assert file.current() == "two"


def test_a_file_that_stays_is_understood_once(tmp_path: Path) -> None:
    watched = Watched(tmp_path)
    assert [watched.file.current() for _ in range(5)] == ["one"] * 5
    assert watched.read_count == 1


def test_a_change_within_one_tick_of_the_clock_is_seen(tmp_path: Path) -> None:
    watched = Watched(tmp_path, later_ns=SETTLED_NS - 1)
    before = watched.path.stat()
    watched.path.write_bytes(b"two")
    os.utime(watched.path, ns=(before.st_atime_ns, before.st_mtime_ns))
    assert watched.file.current() == "two"


def test_a_file_that_has_settled_is_not_opened_again(tmp_path: Path) -> None:
    watched = Watched(tmp_path, later_ns=SETTLED_NS)
    assert watched.file.current() == "one"
    opened: list[str] = []

    def refuse(path: str, flags: int) -> int:
        opened.append(path)
        raise OSError(13, "Permission denied")

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(os, "open", refuse)
        assert watched.file.current() == "one"
    assert not opened


def test_a_file_that_goes_bad_is_told_of_once_and_what_was_good_stays(tmp_path: Path) -> None:
    watched = Watched(tmp_path)
    stays = "; what was read before stays in force"
    watched.path.write_bytes(b"bad")
    assert [watched.file.current() for _ in range(3)] == ["one"] * 3
    assert watched.reports == [f"A_FILE: the file is bad{stays}"]
    watched.path.unlink()
    assert [watched.file.current() for _ in range(3)] == ["one"] * 3
    gone = f"A_FILE: the file cannot be read: No such file or directory{stays}"
    assert watched.reports[1:] == [gone]
    watched.path.write_bytes(b"two")
    assert watched.file.current() == "two"
    watched.path.unlink()
    assert watched.file.current() == "two"
    assert watched.reports[2:] == [gone]


def test_reports_are_not_needed(tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.write_text("one")
    file = WatchedFile("A_FILE", str(path), read)
    path.unlink()
    assert file.current() == "one"


def fill(path: Path) -> None:
    path.write_bytes(b"a" * (FILE_BYTES_MAX + 1))


def make_pipe(path: Path) -> None:
    os.mkfifo(path)


UNUSABLE = {
    "is missing": (lambda path: None, "cannot be read: No such file or directory"),
    "is a folder": (lambda path: path.mkdir(), "cannot be read: Is a directory"),
    "is a pipe": (make_pipe, "is not a regular file"),
    "is too large": (fill, f"is larger than {FILE_BYTES_MAX} bytes"),
    "is bad": (lambda path: path.write_bytes(b"bad"), "is bad"),
}


@pytest.mark.parametrize(("make", "reason"), UNUSABLE.values(), ids=UNUSABLE)
def test_a_start_is_refused_when_the_file(tmp_path: Path, make: object, reason: str) -> None:
    path = tmp_path / "secret-name"
    assert callable(make)
    make(path)
    with pytest.raises(ValueError, match=r".") as caught:
        WatchedFile("A_FILE", str(path), read)
    assert str(caught.value) == f"A_FILE: the file {reason}"


def test_the_largest_file_is_read(tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.write_bytes(b"a" * FILE_BYTES_MAX)
    assert len(WatchedFile("A_FILE", str(path), read).current()) == FILE_BYTES_MAX
