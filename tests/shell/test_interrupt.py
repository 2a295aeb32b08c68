"""Ctrl-C: the call is cancelled at the server, and the exit code says so."""

import os
import select
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from tests.shell.site import stdio

SERVER = """
def told(word):
    with open(PIPE, "w") as pipe: pipe.write(word + "\\n")
greet(); list_tools()
told(hear()["method"])
cancelled = hear()
told(f"{cancelled['method']} {cancelled['params']['requestId']}")
"""


def _interruptible() -> None:
    signal.signal(signal.SIGINT, signal.SIG_DFL)


class Pipe:
    """Where the server tells the test what it heard."""

    def __init__(self, path: Path) -> None:
        os.mkfifo(path)
        self._descriptor = os.open(path, os.O_RDWR | os.O_NONBLOCK)

    def line(self) -> str:
        ready, _, _ = select.select([self._descriptor], [], [], 30)
        assert ready, "the server told nothing"
        return os.read(self._descriptor, 1000).decode()

    def close(self) -> None:
        os.close(self._descriptor)


@pytest.mark.long
def test_an_interrupt_cancels_the_call(tmp_path: Path) -> None:
    pipe = Pipe(tmp_path / "pipe")
    server = stdio(f"PIPE = {str(tmp_path / 'pipe')!r}\n{SERVER}")
    shell = subprocess.Popen(
        [sys.executable, "-m", "vtmcp", "call", "--stdio", server, "say"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        start_new_session=True,
        # A build server may have started us with interrupts ignored, which would be inherited.
        preexec_fn=_interruptible,  # noqa: PLW1509 - no threads here
    )
    try:
        assert pipe.line() == "tools/call\n"
        # As a terminal does it: to the whole group, of which the server is no member.
        os.killpg(shell.pid, signal.SIGINT)
        assert pipe.line() == "notifications/cancelled 3\n"
        out, err = shell.communicate(timeout=30)
    finally:
        shell.kill()
        shell.communicate()
        pipe.close()
    assert (shell.returncode, out, err) == (130, b"", b"")
