"""Why a client's configuration was not made, each with the exit code of the process.

Must not be here: how it is told.
"""

from typing import ClassVar


class ConfigFault(Exception):
    """The text is for a person: one sentence, without the name of the file."""

    code: ClassVar[int]


class WrongWords(ConfigFault):
    """The command line, or a variable of the environment, is wrong."""

    code = 2


class FileRefused(ConfigFault):
    """The file cannot be read or written, or not without the risk of losing something."""

    code = 1


class CannotEdit(FileRefused):
    """The file may well be right, but is written in a way that is not edited here."""


class BrokenFile(FileRefused):
    """The file is not what its format says."""

    def __init__(self, problem: str, text: str, offset: int) -> None:
        line, column = place(text, offset)
        super().__init__(f"line {line}, column {column}: {problem}")
        self.line, self.column = line, column


def place(text: str, offset: int) -> tuple[int, int]:
    """Line and column of an offset, both from 1."""
    before = text[:offset]
    return before.count("\n") + 1, offset - (before.rfind("\n") + 1) + 1
