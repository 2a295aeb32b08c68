"""Measure how soon the server answers and what it holds then, against the bare floor of its stack.

Usage: python benchmarks/start.py [--rounds N]. The floor is a Python that imports asyncio, anyio
and orjson, and ends: less than that no server on them can do. Ours is `python -m vtmcp` over
stdio, from before its start to its first answer to `tools/list`, on generated data and with a URL
that nobody contacts. Each round runs all of them once, so a busy machine is busy for all alike.
Everything runs from compiled bytecode, as after an installation, in a cache folder of its own.
"""

import argparse
import json
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

from benchmarks._processes import plain_environment

ROUNDS = 15

FLOOR = "import asyncio, anyio, orjson"

RATIO_AIMED = 1.5
"""Ours in times the floor: what the project wants of itself."""

RESIDENT_AIMED_MB = 38
"""What the established server holds; ours stays below until the first documentation search."""

SERVERS = {
    "vtmcp, generated data": {"VT_INSTANCE_ENTRYPOINT": "demo"},
    "vtmcp, a URL never contacted": {"VT_INSTANCE_ENTRYPOINT": "http://127.0.0.1:9"},
}

SESSION: tuple[dict[str, object], ...] = (
    {
        "jsonrpc": "2.0",
        "id": 1,
        "method": "initialize",
        "params": {
            "protocolVersion": "2025-11-25",
            "capabilities": {},
            "clientInfo": {"name": "start", "version": "1"},
        },
    },
    {"jsonrpc": "2.0", "method": "notifications/initialized"},
    {"jsonrpc": "2.0", "id": 2, "method": "tools/list"},
)


class Start(NamedTuple):
    """One start: the seconds it took, and the most memory it held till then."""

    seconds: float
    resident_kib: int


def main() -> None:
    """Print a row for the floor and one for each way to start."""
    parser = argparse.ArgumentParser(description="Measure the start against its floor.")
    parser.add_argument("--rounds", type=int, default=ROUNDS)
    rounds = parser.parse_args().rounds
    with tempfile.TemporaryDirectory() as cache:
        env = {**plain_environment(), "PYTHONPYCACHEPREFIX": cache}
        found = measure(env, rounds)
    floor = found.pop("floor")
    print(f"start to the first tools/list answer, medians of {rounds} (quickest in brackets)")
    print(f"  {FLOOR:30} {_shown(floor)}")
    for name, starts in found.items():
        ratio = _seconds(starts) / _seconds(floor)
        print(f"  {name:30} {_shown(starts)}  {ratio:.2f} x floor")
    print(f"  aimed at: {RATIO_AIMED} x floor, less than {RESIDENT_AIMED_MB} MB")


def measure(env: Mapping[str, str], rounds: int) -> dict[str, list[Start]]:
    """Starts of everything, in turns; the first of each only fills the bytecode cache."""
    found: dict[str, list[Start]] = {"floor": [], **{name: [] for name in SERVERS}}
    for _ in range(rounds + 1):
        found["floor"].append(start_floor(env))
        for name, setting in SERVERS.items():
            found[name].append(start_server({**env, **setting}))
    return {name: starts[1:] for name, starts in found.items()}


def start_floor(env: Mapping[str, str]) -> Start:
    """Run the floor from start to end; what it holds is asked of a second one that waits."""
    begun = time.perf_counter()
    subprocess.run([sys.executable, "-c", FLOOR], env=env, check=True)
    seconds = time.perf_counter() - begun
    waiting = f"{FLOOR}; print(flush=True); input()"
    with _child([sys.executable, "-c", waiting], env) as child:
        _answers(child, b"", 1)
        return Start(seconds, _finish(child))


def start_server(env: Mapping[str, str]) -> Start:
    """Start our server and talk to it until it has listed its tools."""
    said = b"".join(json.dumps(message).encode() + b"\n" for message in SESSION)
    begun = time.perf_counter()
    with _child([sys.executable, "-m", "vtmcp"], env) as child:
        answer = _answers(child, said, 2)
        seconds = time.perf_counter() - begun
        if not json.loads(answer)["result"]["tools"]:
            raise SystemExit("the server listed no tools")
        return Start(seconds, _finish(child))


def _child(command: list[str], env: Mapping[str, str]) -> "subprocess.Popen[bytes]":
    pipe = subprocess.PIPE
    return subprocess.Popen(command, stdin=pipe, stdout=pipe, stderr=subprocess.DEVNULL, env=env)


def _answers(child: "subprocess.Popen[bytes]", said: bytes, lines: int) -> bytes:
    """Say something and read so many lines; the last of them."""
    assert child.stdin is not None
    assert child.stdout is not None
    child.stdin.write(said)
    child.stdin.flush()
    return [child.stdout.readline() for _ in range(lines)][-1]


def _finish(child: "subprocess.Popen[bytes]") -> int:
    """The most that a child held so far, in KiB, or 0 where no /proc tells; then it ends."""
    status = Path(f"/proc/{child.pid}/status")
    lines = status.read_text().splitlines() if status.exists() else []
    child.communicate(b"\n")
    return next((int(line.split()[1]) for line in lines if line.startswith("VmHWM")), 0)


def _seconds(starts: list[Start]) -> float:
    return statistics.median(start.seconds for start in starts)


def _shown(starts: list[Start]) -> str:
    quickest_ms = min(start.seconds for start in starts) * 1e3
    resident_mb = statistics.median(start.resident_kib for start in starts) * 1024 / 1e6
    return f"{_seconds(starts) * 1e3:6.1f} ms ({quickest_ms:5.1f})  {resident_mb:5.1f} MB"


if __name__ == "__main__":
    main()
