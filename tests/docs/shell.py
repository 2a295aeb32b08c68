"""One page's commands, run one after another in a folder of their own, as a reader would.

`export NAME=VALUE` lasts to the end of the page, a command with `&` at its end runs until then,
`# exit code N` behind a command says what else than 0 is right. Ports 8081 and 8082 are any free
ones. Must not be here: which page, or what an answer should look like.
"""

import os
import re
import shutil
import socket
import subprocess
import sys
import threading
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType
from typing import NamedTuple, Self

from tests.docs import clock
from tests.docs.looks import Ids
from tests.tidiness.source import ROOT

COMMAND_S = 60
"""No example takes longer, also where both cores are busy."""

PORTS = ("8081", "8082")
"""The ports that pages speak of; the first is where vtmcp listens unless it is told otherwise."""

READY = ("listening", "Listening")
"""What a server says once it can be asked."""

_EXPORT = re.compile(r"export ([A-Z_]+)=(\S+)(?: +#.*)?")
_SERVER = re.compile(r"(.*) &(?: +#.*)?")
_CODE = re.compile(r"# exit code (\d+)")


class Done(NamedTuple):
    """What a command said, both streams in one, and how it ended."""

    command: str
    code: int
    expected: int
    output: str


class Shell:
    """Use it in a `with` block: at its end, what still runs is ended."""

    def __init__(self, folder: Path, env: Mapping[str, str] | None = None) -> None:
        self.folder = folder
        self.ids = Ids()
        self._ports = {port: _free_port() for port in PORTS}
        self._running: list[subprocess.Popen[str]] = []
        self._waiting: list[threading.Thread] = []
        programs = folder / ".programs"
        programs.mkdir()
        _program(programs / "vtmcp", f'exec "{sys.executable}" "{clock.__file__}" "$@"')
        _program(programs / "python", f'exec "{sys.executable}" "$@"')
        self._env = {
            "PATH": f"{programs}{os.pathsep}{os.environ['PATH']}",
            "PYTHONPATH": str(ROOT),
            "PYTHONDONTWRITEBYTECODE": "1",
            "HOME": str(folder),
            "COLUMNS": "100",
            "MCP_LISTEN_ADDR": f"localhost:{self._ports[PORTS[0]]}",
            **(env or {}),
        }

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        for process in self._running:
            process.terminate()
            process.wait(COMMAND_S)
        for thread in self._waiting:
            if isinstance(thread, threading.Timer):
                thread.cancel()
            thread.join()
        for process in self._running:
            if process.stdout is not None:
                process.stdout.close()

    def write(self, name: str, text: str) -> None:
        """Save a file of the page."""
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(self._real(text), encoding="utf-8")

    def run(self, command: str) -> Done:
        """Run one command of the page."""
        if export := _EXPORT.fullmatch(command):
            self._env[export[1]] = self._real(export[2])
            return Done(command, 0, 0, "")
        if server := _SERVER.fullmatch(command):
            return Done(command, self._start(server[1]), 0, "")
        code = _CODE.search(command)
        done = subprocess.run(
            ["sh", "-c", self._real(command)],
            cwd=self.folder,
            env=self._env,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=COMMAND_S,
            check=False,
        )
        return Done(command, done.returncode, int(code[1]) if code else 0, done.stdout)

    def _real(self, text: str) -> str:
        text = self.ids.real(text)
        for port, free in self._ports.items():
            text = text.replace(port, free)
        return text

    def _start(self, command: str) -> int:
        """Start a server; 0 once it listens, 1 when it ends before."""
        process = subprocess.Popen(
            ["sh", "-c", f"exec env {self._real(command)}"],
            cwd=self.folder,
            env=self._env,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        self._running.append(process)
        late = threading.Timer(COMMAND_S, process.kill)
        late.daemon = True
        late.start()
        self._waiting.append(late)
        assert process.stdout is not None
        for line in process.stdout:
            if any(word in line for word in READY):
                reader = threading.Thread(target=process.stdout.read, daemon=True)
                reader.start()
                self._waiting.append(reader)
                return 0
        return 1


def commands(text: str) -> list[str]:
    """The commands of a block; a line that ends in a backslash goes on in the next."""
    lines = re.sub(r"\\\n\s*", " ", text).splitlines()
    return [line.strip() for line in lines if line.strip() and not line.lstrip().startswith("#")]


def is_there(command: str) -> bool:
    """Whether the program that a command begins with is on this machine."""
    words = [word for word in command.split() if "=" not in word]
    return words[0] in ("vtmcp", "python", "export") or shutil.which(words[0]) is not None


def _program(path: Path, text: str) -> None:
    path.write_text(f"#!/bin/sh\n{text}\n", encoding="utf-8")
    path.chmod(0o755)


def _free_port() -> str:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return str(free.getsockname()[1])
