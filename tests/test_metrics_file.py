"""The file with the metrics: whole at the end and at each signal, and never the end of anything."""

import os
import signal
from pathlib import Path

import pytest

from vtmcp.metrics_file import kept_in, write

has_signal = pytest.mark.skipif(not hasattr(signal, "SIGUSR1"), reason="no such signal here")


def never(problem: str) -> None:
    raise AssertionError(problem)


def test_it_is_written_at_the_end(tmp_path: Path) -> None:
    path = tmp_path / "vtmcp.prom"
    with kept_in(str(path), lambda: "a 1\n", never):
        assert not path.exists()
    assert path.read_text() == "a 1\n"
    assert [each.name for each in tmp_path.iterdir()] == ["vtmcp.prom"]


def test_it_is_written_when_the_block_ends_badly(tmp_path: Path) -> None:
    path = tmp_path / "vtmcp.prom"
    with pytest.raises(KeyError), kept_in(str(path), lambda: "a 1\n", never):
        raise KeyError
    assert path.exists()


@has_signal
def test_it_is_written_at_each_signal(tmp_path: Path) -> None:
    path, before = tmp_path / "vtmcp.prom", signal.getsignal(signal.SIGUSR1)
    numbers = iter(range(3))
    with kept_in(str(path), lambda: f"a {next(numbers)}\n", never):
        for number in range(2):
            os.kill(os.getpid(), signal.SIGUSR1)
            assert path.read_text() == f"a {number}\n"
    assert path.read_text() == "a 2\n"
    assert signal.getsignal(signal.SIGUSR1) is before


def test_without_the_signal_it_is_written_at_the_end(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delattr(signal, "SIGUSR1", raising=False)
    path = tmp_path / "vtmcp.prom"
    with kept_in(str(path), lambda: "a 1\n", never):
        pass
    assert path.exists()


@has_signal
def test_beside_the_main_thread_it_is_written_at_the_end(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(number: int, handler: object) -> None:
        raise ValueError("signal only works in main thread of the main interpreter")

    monkeypatch.setattr(signal, "signal", refuse)
    path = tmp_path / "vtmcp.prom"
    with kept_in(str(path), lambda: "a 1\n", never):
        pass
    assert path.exists()


def test_what_cannot_be_written_is_told_and_left_as_it_was(tmp_path: Path) -> None:
    told: list[str] = []
    write(str(tmp_path / "no" / "vtmcp.prom"), lambda: "a 1\n", told.append)
    taken = tmp_path / "taken"
    taken.mkdir()
    write(str(taken), lambda: "a 1\n", told.append)
    assert told == ["No such file or directory", "Is a directory"]
    assert [each.name for each in tmp_path.iterdir()] == ["taken"]


def test_what_stood_there_is_replaced_and_never_written_through(tmp_path: Path) -> None:
    path, elsewhere = tmp_path / "vtmcp.prom", tmp_path / "elsewhere"
    elsewhere.write_text("mine")
    path.symlink_to(elsewhere)
    write(str(path), lambda: "a 1\n", never)
    assert (path.read_text(), elsewhere.read_text()) == ("a 1\n", "mine")
