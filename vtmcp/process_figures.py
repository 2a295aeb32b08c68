"""What the system says of this process: time on the processor, memory, descriptors, its start.

Must not be here: what the figures are called where they are shown.
"""

import os
from typing import NamedTuple

PROC = "/proc"

_USER, _SYSTEM, _START, _RESIDENT = 11, 12, 19, 21
"""Places in `stat` (proc(5)), counted from the field after the name of the program."""


class Figures(NamedTuple):
    """The figures of one process, now."""

    cpu_seconds: float
    resident_bytes: int
    open_descriptors: int
    start_seconds: float
    """Unix time."""


def read_figures(proc: str = PROC) -> Figures | None:
    """The figures of this process; None where the system has no such files (macOS, Windows)."""
    try:
        fields = _text(f"{proc}/self/stat").rpartition(")")[2].split()
        ticks, page_bytes = os.sysconf("SC_CLK_TCK"), os.sysconf("SC_PAGE_SIZE")
        # The listing has a descriptor of its own.
        descriptors = len(os.listdir(f"{proc}/self/fd")) - 1
        booted = next(
            line.split()[1]
            for line in _text(f"{proc}/stat").splitlines()
            if line.startswith("btime ")
        )
        return Figures(
            (int(fields[_USER]) + int(fields[_SYSTEM])) / ticks,
            int(fields[_RESIDENT]) * page_bytes,
            descriptors,
            int(booted) + int(fields[_START]) / ticks,
        )
    except (OSError, ValueError, AttributeError, LookupError, StopIteration):
        return None


def _text(path: str) -> str:
    with open(path, encoding="utf-8", errors="replace") as file:
        return file.read()
