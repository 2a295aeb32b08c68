"""What is to be configured: a server that a client starts, or one that it reaches by URL.

Must not be here: any client, or how a secret is told to one.
"""

from dataclasses import dataclass, field
from typing import NamedTuple


class Secret(NamedTuple):
    """A value that is not shown: `prefix` and then the text of a variable."""

    variable: str
    """Empty for a text that no variable holds."""
    text: str
    prefix: str = ""
    meaning: str = ""

    @property
    def raw(self) -> str:
        """The value itself."""
        return self.prefix + self.text


Value = str | Secret


@dataclass(frozen=True, kw_only=True)
class Entry:
    """One MCP server. `url` is empty for one that is started."""

    name: str
    command: tuple[str, ...] = ()
    env: dict[str, Value] = field(default_factory=dict)
    url: str = ""
    headers: dict[str, Value] = field(default_factory=dict)

    @property
    def values(self) -> dict[str, Value]:
        """What is told to it: headers of a URL, variables of a command."""
        return self.headers if self.url else self.env
