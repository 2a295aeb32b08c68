"""What one caller may do, and when: the rules that a server is run under.

An embedder brings its own; without any, everyone may do everything at once. Must not be here: who
a caller is, which the transport knows.
"""

from contextlib import AbstractAsyncContextManager, nullcontext
from typing import Protocol


class Rules(Protocol):
    """Asked for each call; a caller is a name, empty where nobody was asked for one."""

    def allows_tool(self, caller: str, tool: str) -> bool:
        """Whether the caller may see and call the tool."""

    def turn(self, caller: str) -> AbstractAsyncContextManager[None]:
        """A place for one call, held while it runs. Raises `ToolError` when there is none."""


class NoRules:
    """Everyone may do everything at once."""

    def allows_tool(self, caller: str, tool: str) -> bool:
        return True

    def turn(self, caller: str) -> AbstractAsyncContextManager[None]:
        return nullcontext()
