"""What a person sees: colour on a terminal only, and nothing that acts on one.

Must not be here: what is said.
"""

import os
import re
import sys
from collections.abc import Mapping
from typing import TextIO

BOLD, DIM, RED = "1", "2", "31"
"""Of the codes of SGR (ECMA-48) those that are read on a light and on a dark ground."""

_ACTING = re.compile(r"[^\n\t -~]")
"""All that may not be plain: what of it cannot be printed is looked at in `_escaped`."""


class Terminal:
    """One stream: a terminal, a pipe or a file."""

    def __init__(self, stream: TextIO, env: Mapping[str, str] = os.environ) -> None:
        self.stream = stream
        self.is_terminal = stream.isatty()
        self._is_coloured = (
            self.is_terminal and not env.get("NO_COLOR") and env.get("TERM") != "dumb"
        )

    def styled(self, text: str, style: str) -> str:
        """The text in a colour, where colours are shown."""
        return f"\033[{style}m{text}\033[0m" if self._is_coloured and text else text

    def harmless(self, text: str) -> str:
        """Text of a stranger: as it is for a program, visible throughout for a person."""
        return visible(text) if self.is_terminal else text

    def write(self, text: str) -> None:
        """Write text, also where the stream's encoding lacks a character."""
        encoding = self.stream.encoding or "utf-8"
        self.stream.write(text.encode(encoding, "backslashreplace").decode(encoding))
        self.stream.flush()

    def line(self, text: str) -> None:
        """Write a line."""
        self.write(text if text.endswith("\n") else f"{text}\n")


def visible(text: str) -> str:
    r"""Text with `\u001b` in place of each character that could act instead of being shown.

    In a JSON document that is the same document.
    """
    return _ACTING.sub(_escaped, text.replace("\r\n", "\n"))


def one_line(text: str) -> str:
    """The same on one line."""
    return visible(" ".join(text.split()))


def json_text(value: object) -> str:
    """A value as JSON on lines, with nothing in it that acts on a terminal."""
    import json  # noqa: PLC0415 - only where it is asked for

    return visible(json.dumps(value, indent=2, ensure_ascii=False)) + "\n"


def say_error(text: str) -> None:
    """One sentence on standard error."""
    terminal = Terminal(sys.stderr)
    terminal.line(f"{terminal.styled('vtmcp:', RED)} {visible(text)}")


def _escaped(found: re.Match[str]) -> str:
    character = found[0]
    if character.isprintable():
        return character
    units = character.encode("utf-16-be", "surrogatepass")
    return "".join(f"\\u{units[at : at + 2].hex()}" for at in range(0, len(units), 2))
