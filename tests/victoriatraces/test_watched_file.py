"""A file is read once, and again when it has changed; an error tells neither path nor content."""

import os
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from vtmcp.victoriatraces import watched_file
from vtmcp.victoriatraces.watched_file import FILE_BYTES_MAX, FileFaultError, WatchedFile, reason_of

VARIABLE = "VT_SOME_FILE"


def settle(path: Path) -> None:
    """Make the file look as if nobody had touched it for long."""
    old_ns = time.time_ns() - 10 * watched_file.UNSETTLED_NS
    os.utime(path, ns=(old_ns, old_ns))


def rewrite(path: Path) -> None:
    path.write_text("second")


def replace(path: Path) -> None:
    beside = path.with_name("beside")
    beside.write_text("second")
    beside.replace(path)


def relink(path: Path) -> None:
    """Do as Kubernetes does: the name points to another file."""
    target = path.with_name("target")
    target.write_text("second")
    path.unlink()
    path.symlink_to(target)


@pytest.mark.parametrize("change", [rewrite, replace, relink])
def test_a_change_is_seen(tmp_path: Path, change: Callable[[Path], None]) -> None:
    path = tmp_path / "secret"
    path.write_text("first")
    file = WatchedFile(str(path), VARIABLE)
    assert file.text() == "first"
    change(path)
    assert file.text() == "second"


def test_a_change_within_one_tick_of_the_clock_is_seen(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "secret"
    path.write_text("first!")
    file = WatchedFile(str(path), VARIABLE)
    assert file.text() == "first!"
    path.write_text("second")
    monkeypatch.setattr(watched_file, "stamp_of", lambda _: file._stamp)
    assert file.text() == "second"


def test_a_file_that_does_not_change_is_read_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "secret"
    path.write_text("first")
    settle(path)
    file = WatchedFile(str(path), VARIABLE)
    first = file.text()
    monkeypatch.setattr(WatchedFile, "_read", lambda _: pytest.fail("read again"))
    assert file.text() is first


def test_an_unchanged_text_is_the_same_object(tmp_path: Path) -> None:
    path = tmp_path / "secret"
    path.write_text("first")
    file = WatchedFile(str(path), VARIABLE)
    first = file.text()
    os.utime(path)
    assert file.text() is first


def missing(path: Path) -> None:
    path.unlink()


def folder(path: Path) -> None:
    path.unlink()
    path.mkdir()


def pipe(path: Path) -> None:
    path.unlink()
    os.mkfifo(path)


def large(path: Path) -> None:
    path.write_bytes(b"s3cret" * FILE_BYTES_MAX)


def binary(path: Path) -> None:
    path.write_bytes(b"s3cret\xff")


FAULTS: dict[str, tuple[Callable[[Path], None], str]] = {
    "it is gone": (missing, "cannot be read: No such file or directory"),
    "it is a folder": (folder, "is not a regular file"),
    "it is a pipe that nobody writes to": (pipe, "is not a regular file"),
    "it is large": (large, "has more than 65536 bytes"),
    "it is no text": (binary, "is not UTF-8"),
}


@pytest.mark.parametrize(("change", "fault"), FAULTS.values(), ids=FAULTS)
def test_a_file_that_can_no_longer_be_read(
    tmp_path: Path, change: Callable[[Path], None], fault: str
) -> None:
    path = tmp_path / "secret"
    path.write_text("first")
    file = WatchedFile(str(path), VARIABLE)
    assert file.text() == "first"
    change(path)
    for _ in range(2):
        with pytest.raises(FileFaultError, match=f"^the file that VT_SOME_FILE names {fault}$"):
            file.text()
    if path.is_dir():
        path.rmdir()
    else:
        path.unlink(missing_ok=True)
    path.write_text("again")
    assert file.text() == "again"


def test_the_system_s_own_words_are_used_where_there_are_some() -> None:
    assert reason_of(OSError("at /some/path")) == "no reason given"
