"""The figures of a process, as the system's own files tell them."""

import os
import time
from pathlib import Path

import pytest

from vtmcp.process_figures import Figures, read_figures

FIELDS = "S 1 2 3 4 -1 5 6 7 8 9 250 50 0 0 20 0 1 0 12345 99999999 2000 0"
"""`stat` of proc(5) after the name: time of user and system, start, resident pages."""


def proc(folder: Path, stat: str, system: str = "cpu 1 2\nbtime 1700000000\n") -> str:
    (folder / "self" / "fd").mkdir(parents=True)
    (folder / "self" / "stat").write_text(stat)
    (folder / "stat").write_text(system)
    for number in range(4):
        (folder / "self" / "fd" / str(number)).touch()
    return str(folder)


@pytest.mark.skipif(not hasattr(os, "sysconf"), reason="no sizes of pages and ticks here")
@pytest.mark.parametrize("name", ["python", "a b", "odd) S 9 (name"])
def test_the_fields_of_proc(tmp_path: Path, name: str) -> None:
    ticks, page = os.sysconf("SC_CLK_TCK"), os.sysconf("SC_PAGE_SIZE")
    assert read_figures(proc(tmp_path, f"42 ({name}) {FIELDS}")) == Figures(
        300 / ticks, 2000 * page, 3, 1_700_000_000 + 12345 / ticks
    )


WITHOUT: dict[str, tuple[str, str]] = {
    "too few fields": ("42 (python) S 1 2", "btime 1"),
    "no numbers": (f"42 (python) {FIELDS.replace('250', 'x')}", "btime 1"),
    "no start of the system": (f"42 (python) {FIELDS}", "cpu 1"),
}


@pytest.mark.parametrize(("stat", "system"), WITHOUT.values(), ids=WITHOUT)
def test_there_are_none_where_the_files_are_others(tmp_path: Path, stat: str, system: str) -> None:
    assert read_figures(proc(tmp_path, stat, system)) is None


def test_there_are_none_without_the_files(tmp_path: Path) -> None:
    assert read_figures(str(tmp_path)) is None


@pytest.mark.skipif(not os.path.exists("/proc/self/stat"), reason="no such files here")
def test_the_figures_of_this_process_are_likely() -> None:
    found = read_figures()
    assert found is not None
    assert 0 < found.cpu_seconds < 86_400
    assert 2**20 < found.resident_bytes < 2**36
    assert 3 <= found.open_descriptors < 10_000
    assert time.time() - 86_400 < found.start_seconds <= time.time() + 1
