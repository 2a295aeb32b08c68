"""What a conversation needs of a server, whatever the transport.

Must not be here: how a transport does it (`stdio_peer`, `http_peer`, `sse_peer`).
"""

from typing import NamedTuple, Protocol


class PeerClosedError(Exception):
    """The server closed its output, or no longer takes input; the text says which."""


class Refused(NamedTuple):
    """An answer of HTTP that is no message of JSON-RPC, or one that belongs to no request."""

    status: int
    text: str
    is_modern: bool

    def __str__(self) -> str:
        return f"HTTP {self.status} without an answer of its own: {self.text[:300] or '(empty)'}"


class Peer(Protocol):
    """One server, for one conversation."""

    transcript: list[str]
    """What both sides said, one line each; the peer adds what its transport says."""

    async def send(self, document: bytes) -> None:
        """Say something.

        Raises:
            PeerClosedError: when the server takes no more.
        """

    async def receive(self) -> bytes | Refused:
        """Return the next thing the server says.

        Raises:
            PeerClosedError: when there is no more.
        """

    async def close_input(self) -> None:
        """Say that no more will be said; once is enough, more does no harm."""

    def last_words(self) -> list[str]:
        """The end of the server's standard error, where there is one."""
