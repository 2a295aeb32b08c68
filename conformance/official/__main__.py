"""Run every leg of the official suite and print a table: `python -m ... NODE SUITE OUT`.

NODE is a Node.js, SUITE the suite's script, OUT a folder for its results. Must not be here: what
has to pass (`verdicts`, `legs`), how the suite gets onto this machine (`.ci/conformance`).
"""

import os
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from vtmcp.conformance.official.legs import LEGS, Leg
from vtmcp.conformance.official.verdicts import Judgement, judge

LEG_S = 120.0
"""A leg takes four seconds; a suite that hangs must not hold up a build."""

SCENARIO_MS = 15_000
"""For one scenario. The longest takes two seconds; those the product has no fixtures for fail."""

START_S = 20.0
"""How long a server may take until it can be connected to, on a busy machine."""

SHOWN_CHARS_MAX = 300
"""So much of a problem is shown; the rest is in its file."""

COMMANDS: dict[str, tuple[str, ...]] = {
    "fixtures": ("conformance", "serve", "--transport", "http", "--listen"),
    "product": (),
}


def main(node: str, suite: str, out: Path) -> int:
    """Run all legs; 0 only if nothing failed, warned or is missing."""
    shutil.rmtree(out, ignore_errors=True)
    print(f"{'server':9} {'leg':20} {'scenarios':>9} {'checks':>7} {'skipped':>8}  verdict")
    problems = []
    for leg in LEGS:
        folder = out / f"{leg.server} {leg.name}".replace(" ", "-")
        judgement = run_leg(leg, [node, suite], folder)
        found = judgement.problems
        print(_row(leg, judgement, "passed" if not found else f"{len(found)} PROBLEMS"), flush=True)
        problems += [f"{leg.server} {leg.name}: {problem}" for problem in found]
    for problem in problems:
        print(" ".join(problem.split())[:SHOWN_CHARS_MAX])
    if problems:
        print(f"The suite's own files: {out}")
    return 1 if problems else 0


def run_leg(leg: Leg, suite: list[str], folder: Path) -> Judgement:
    """Run one leg against a server of its own: what one leg leaves behind troubles no other."""
    folder.mkdir(parents=True)
    timeout = ("--timeout", str(SCENARIO_MS))
    with serving(leg.server, folder) as url:
        ran = subprocess.run(
            [*suite, "server", "--url", url, *leg.options, *timeout, "-o", str(folder)],
            capture_output=True,
            encoding="utf-8",
            timeout=LEG_S,
            check=False,
        )
    (folder / "output.txt").write_text(ran.stdout + ran.stderr, encoding="utf-8")
    return judge(folder, ran.stdout, leg.only, leg.excused)


@contextmanager
def serving(server: str, folder: Path) -> Iterator[str]:
    """Start a server on a free port of this machine; its URL while the block runs."""
    address = f"127.0.0.1:{_free_port()}"
    command = [sys.executable, "-m", "vtmcp", *COMMANDS[server]]
    env = {name: text for name, text in os.environ.items() if not name.startswith(("MCP_", "VT_"))}
    env |= {"VT_INSTANCE_ENTRYPOINT": "demo", "MCP_SERVER_MODE": "http", "MCP_LISTEN_ADDR": address}
    command += [address] if server == "fixtures" else []
    with (folder / "server.log").open("wb") as log:
        child = subprocess.Popen(command, env=env, stderr=log)
    try:
        _wait_for(address, child)
        yield f"http://{address}/mcp"
    finally:
        child.terminate()
        child.wait(START_S)


def _wait_for(address: str, child: "subprocess.Popen[bytes]") -> None:
    host, _, port = address.partition(":")
    until = time.monotonic() + START_S
    while True:
        try:
            socket.create_connection((host, int(port)), timeout=START_S).close()
            return
        except OSError as error:
            if child.poll() is not None or time.monotonic() > until:
                raise SystemExit(f"{child.args!r} does not serve: {error}") from error
            time.sleep(0.02)


def _free_port() -> int:
    with closing(socket.create_server(("127.0.0.1", 0))) as listener:
        return int(listener.getsockname()[1])


def _row(leg: Leg, judgement: Judgement, verdict: str) -> str:
    skipped = sum(scenario.was_skipped for scenario in judgement.scenarios)
    row = f"{len(judgement.scenarios) - skipped:9} {judgement.count('SUCCESS'):7} {skipped:8}"
    ignored = f"; {len(judgement.ignored)} not counted" if judgement.ignored else ""
    return f"{leg.server:9} {leg.name:20} {row}  {verdict}{ignored}"


if __name__ == "__main__":
    sys.exit(main(sys.argv[1], sys.argv[2], Path(sys.argv[3])))
