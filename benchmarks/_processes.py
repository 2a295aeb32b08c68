"""Child processes of a benchmark: started, asked for their port, watched, and ended.

Must not be here: what they serve, what is measured.
"""

import os
import re
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import IO, NamedTuple

HERE = Path(__file__).parent

_PORT = re.compile(r"(?:^|://[\w.]+:)(\d+)(?:/mcp|$)")

END_S = 10.0
"""How long a server may take to end before it is killed."""


class Serving(NamedTuple):
    """A server that listens."""

    pid: int
    port: int

    def cpu_s(self) -> float:
        """The processor time it has used, in ticks of a hundredth of a second."""
        fields = Path(f"/proc/{self.pid}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def resident_mb(self) -> float:
        """The memory that it holds now."""
        lines = Path(f"/proc/{self.pid}/status").read_text().splitlines()
        kib = next(int(line.split()[1]) for line in lines if line.startswith("VmRSS"))
        return kib * 1024 / 1e6


@contextmanager
def serving(
    command: Sequence[str], env: Mapping[str, str] | None = None, *, told_on: str = "stdout"
) -> Iterator[Serving]:
    """Run a server while the block does.

    It tells where it listens by a line with a port alone on standard output, or by a line with
    its URL on standard error.
    """
    streams: dict[str, int | None] = {"stdout": subprocess.DEVNULL, "stderr": None}
    streams[told_on] = subprocess.PIPE
    child = subprocess.Popen(
        command,
        env={**plain_environment(), **(env or {})},
        text=True,
        stdout=streams["stdout"],
        stderr=streams["stderr"],
    )
    told = child.stdout if told_on == "stdout" else child.stderr
    assert told is not None
    try:
        yield Serving(child.pid, _port(told, command))
    finally:
        child.terminate()
        try:
            child.wait(END_S)
        except subprocess.TimeoutExpired:
            child.kill()
        told.close()


def plain_environment() -> dict[str, str]:
    """This environment without what changes how a server or Python behaves."""
    changing = ("PYTHON", "MCP_", "VT_")
    return {name: value for name, value in os.environ.items() if not name.startswith(changing)}


def _port(told: IO[str], command: Sequence[str]) -> int:
    for line in told:
        if match := _PORT.search(line):
            return int(match[1])
    raise SystemExit(f"{command} does not serve")


def ours(name: str) -> list[str]:
    """The command for a server of `_servers.py`."""
    return [sys.executable, str(HERE / "_servers.py"), name]
