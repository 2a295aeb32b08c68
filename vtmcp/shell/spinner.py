"""A sign of life on standard error while a person waits; nothing where no person looks.

Must not be here: the answer.
"""

import shutil
import sys
import time

import anyio

from vtmcp.shell.terminal import DIM, Terminal, one_line

SHOWS_AFTER_S = 0.3
"""What is quicker needs no sign of life."""

TURNS_S = 0.1
FRAMES = "|/-\\"

TEXT_CHARS_MAX = 60
"""How much of what a server says of its progress is shown: it must stay on one line."""

_CLEARED = "\r\033[K"


class Spinner:
    """Hears what a server says while it works. `run` shows it, until it is cancelled."""

    def __init__(self, what: str, *, is_verbose: bool = False) -> None:
        self._terminal = Terminal(sys.stderr)
        self._what = what
        self._text = ""
        self._is_shown = False
        self._is_verbose = is_verbose

    def progress(self, text: str) -> None:
        """How far the server is; where no person looks, that is told to nobody."""
        self._text = one_line(text)[:TEXT_CHARS_MAX]

    def log(self, level: str, text: str) -> None:
        """What the server logs, for those who want it."""
        if self._is_verbose:
            self.clear()
            self._terminal.line(one_line(f"{level}: {text}"))

    async def run(self) -> None:
        """Turn, and take everything back at the end."""
        if not self._terminal.is_terminal:
            return
        started = time.monotonic()
        await anyio.sleep(SHOWS_AFTER_S)
        try:
            while True:
                self._show(time.monotonic() - started)
                await anyio.sleep(TURNS_S)
        finally:
            self.clear()

    def clear(self) -> None:
        """Take back what is shown."""
        if self._is_shown:
            self._terminal.write(_CLEARED)
        self._is_shown = False

    def _show(self, seconds: float) -> None:
        frame = FRAMES[int(seconds / TURNS_S) % len(FRAMES)]
        text = f"{frame} {self._what} {seconds:.0f} s {self._text}".rstrip()
        # A line that wraps could not be taken back.
        shown = text[: shutil.get_terminal_size().columns - 1]
        self._terminal.write(f"{_CLEARED}{self._terminal.styled(shown, DIM)}")
        self._is_shown = True
