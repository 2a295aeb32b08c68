"""Why a command ends without an answer, each with the exit code of the process.

Must not be here: how it is told.
"""

from typing import ClassVar


class Fault(Exception):
    """The text is for a person, one sentence; what a server said in it is not yet made visible."""

    code: ClassVar[int]


class RefusedError(Fault):
    """The server answered, and the answer is no."""

    code = 1


class UsageError(Fault):
    """The command line, or a setting, is wrong."""

    code = 2


class UnreachableError(Fault):
    """There is no server, it does not speak MCP, or it took too long."""

    code = 3
