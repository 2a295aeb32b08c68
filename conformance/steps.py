"""What a conversation is made of: steps of any transport, and steps of HTTP.

Must not be here: how steps are written down (`notation`), and how they are carried out
(`conversation`, `http_script`).
"""

from typing import NamedTuple, TypeAlias

from vtmcp.conformance.patterns import Json


class Open(NamedTuple):
    """Shake hands at the case's revision; the modern one only remembers the capabilities."""

    capabilities: dict[str, Json]


class Say(NamedTuple):
    """Send a message, completed with what its era demands of every message."""

    message: Json
    era: str


class SayRaw(NamedTuple):
    """Send bytes as they are."""

    document: bytes


class Expect(NamedTuple):
    """Wait for messages. `how` is `next`, `all` (any order), `either` or `maybe`."""

    patterns: tuple[Json, ...]
    how: str


class Never(NamedTuple):
    """From here on no message may be like this."""

    pattern: Json


class Quiet(NamedTuple):
    """Ask something harmless: its answer must come, and no other answer before it."""


class Close(NamedTuple):
    """Close the server's input."""


class Terminate(NamedTuple):
    """Send SIGTERM to the server."""


class Exits(NamedTuple):
    """Wait for the server's end."""


class Ask(NamedTuple):
    """Send an HTTP request. With a name its answer may stay open, and is read event by event."""

    request: dict[str, Json]
    name: str


class Answer(NamedTuple):
    """The answer to the request before fits one of these patterns."""

    patterns: tuple[Json, ...]


class Event(NamedTuple):
    """The next event of a named answer fits this pattern."""

    pattern: Json
    name: str


class Drop(NamedTuple):
    """Close the connection of a named answer."""

    name: str


class Ends(NamedTuple):
    """The server ends a named answer."""

    name: str


class Silent(NamedTuple):
    """No message that was not looked at has come with a named answer."""

    name: str


class Counted(NamedTuple):
    """A message comes so many times on several named answers together."""

    message: Json
    names: tuple[str, ...]
    times: int


HttpStep: TypeAlias = Ask | Answer | Event | Drop | Ends | Silent | Counted
PlainStep: TypeAlias = Open | Say | SayRaw | Expect | Never | Quiet | Close | Terminate | Exits
Step: TypeAlias = PlainStep | HttpStep
