"""The scripts for shells, in the shells that this machine has."""

import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from vtmcp import cli
from vtmcp.shell.completion import SCRIPTS

Complete = Callable[[str, str], list[str]]


@pytest.fixture
def complete(tmp_path: Path) -> Complete:
    """What a shell makes of a script; `vtmcp` is on its path, and this is its Python."""
    program = tmp_path / "vtmcp"
    program.write_text(f'#!/bin/sh\nexec {sys.executable} -m vtmcp "$@"\n')
    program.chmod(0o755)

    def ran(shell: str, script: str) -> list[str]:
        found = shutil.which(shell)
        if found is None:
            pytest.skip(f"there is no {shell} here")
        path = f"{tmp_path}{os.pathsep}{os.environ['PATH']}"
        env = {**os.environ, "PATH": path, "PYTHONPATH": os.getcwd(), "HOME": str(tmp_path)}
        done = subprocess.run(
            [found, "-c", script], env=env, capture_output=True, text=True, timeout=30, check=True
        )
        assert done.stderr == ""
        return done.stdout.split()

    return ran


LINES: dict[str, tuple[str, list[str]]] = {
    "a command": ("vtmcp comp", ["completion"]),
    "a tool": ("vtmcp call tra", ["traces", "trace"]),
    "a parameter": ("vtmcp call traces --err", ["--errors_only"]),
    "a value": ("vtmcp call traces --format ", ["text", "json"]),
    "an address": ("vtmcp read docs://flags/q", ["docs://flags/query.md"]),
    "nothing": ("vtmcp call traces --service ", []),
}


@pytest.mark.parametrize(("line", "found"), LINES.values(), ids=LINES)
@pytest.mark.parametrize("breaks", [" ", " :="])
def test_bash_completes(line: str, found: list[str], breaks: str, complete: Complete) -> None:
    script = (
        f'set -eu; {SCRIPTS["bash"]}\nCOMP_WORDBREAKS="{breaks}"; COMP_LINE="{line}";'
        f' COMP_POINT={len(line)}; _vtmcp vtmcp; printf "%s\\n" "${{COMPREPLY[@]:-}}"'
    )
    # What stands before the last of its word breaks bash does not take from a function.
    cut = line.rsplit(" ", maxsplit=1)[-1].rpartition(":")[0] if ":" in breaks else ""
    expected = [each.removeprefix(f"{cut}:" if cut else "") for each in found]
    assert complete("bash", script) == expected


def test_bash_knows_both_names_of_the_command(complete: Complete) -> None:
    told = complete("bash", f"{SCRIPTS['bash']}\ncomplete -p vtmcp mcp-victoriatraces")
    assert told == [
        "complete",
        "-F",
        "_vtmcp",
        "vtmcp",
        "complete",
        "-F",
        "_vtmcp",
        "mcp-victoriatraces",
    ]


@pytest.mark.parametrize(("line", "found"), LINES.values(), ids=LINES)
def test_fish_completes(line: str, found: list[str], complete: Complete) -> None:
    script = f"{SCRIPTS['fish']}\ncomplete -C'{line}' | string split -f1 \\t; true"
    assert sorted(complete("fish", script)) == sorted(found)


def test_zsh_can_read_its_script(complete: Complete) -> None:
    script = f"compdef() {{ print $*; }}\n{SCRIPTS['zsh']}\nwhence -w _vtmcp"
    assert complete("zsh", script) == [
        "_vtmcp",
        "vtmcp",
        "mcp-victoriatraces",
        "_vtmcp:",
        "function",
    ]


@pytest.mark.parametrize("shell", SCRIPTS)
def test_the_command_prints_the_script(shell: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["completion", shell]) == 0
    assert capsys.readouterr().out == SCRIPTS[shell]
