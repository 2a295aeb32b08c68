"""What a transport is: something that yields channels. Knows documents, not what is in them.

`Peer` is how a transport of many exchanges hands them over; `vtmcp.serve` implements it.
"""

from collections.abc import Callable, Coroutine, Mapping
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol

from vtmcp.protocol.framing import Document
from vtmcp.protocol.messages import Json, RequestId
from vtmcp.protocol.session import Session

if TYPE_CHECKING:
    # Only the type: stdio does without what is about HTTP.
    from vtmcp.transports.http_values import Headers


class Kept(NamedTuple):
    """What clients keep open at an endpoint."""

    sessions: int
    streams: int
    """Streams for what belongs to no call."""


class Channel(Protocol):
    """One exchange with a peer: an answer leaves where its question came in."""

    @property
    def request_headers(self) -> "Headers":
        """The headers of the HTTP request that brought the last document; elsewhere none."""

    async def receive(self) -> Document | None:
        """The next document, or None once no more will come."""

    async def send(
        self, document: bytes, about: RequestId | None = None, reply: int | None = None
    ) -> None:
        """Deliver one document, whole. Safe to call from several tasks at once.

        `about` is the request that it belongs to; `reply` is set on what ends a request: 0 for a
        result, else the code of the error. Waits while the peer does not read; what is said to a
        peer that is gone is dropped without an error.
        """

    async def release(self) -> None:
        """Let go of the connection, where the peer can pick up later what is said meanwhile."""


class Peer(Protocol):
    """One conversation, to which a transport hands what comes in by its exchanges."""

    home: Channel | None

    @property
    def session(self) -> Session:
        """The legacy session, as far as it is open."""

    async def run(self) -> None:
        """Serve `home` until it ends."""

    async def exchange(self, value: Any, channel: Channel) -> None:
        """Take one decoded document; return when all that it began has ended."""

    async def finish(self) -> None:
        """End in good order."""

    def join(self) -> None:
        """Be told of changes from now on."""

    def leave(self) -> None:
        """Be told of changes no longer."""


class Siblings(Protocol):
    """Other processes that serve the same sessions, as far as they can be told anything."""

    def tell(self, note: Json) -> None:
        """Tell all of them, soon; a note that finds no room is dropped."""

    def hear(self, take: Callable[[Json], Coroutine[object, object, None]]) -> None:
        """Hand over to `take` what any of them tells from now on."""


class Host(Protocol):
    """What serves the peers that a transport meets; `vtmcp.server.Server` does."""

    def conversation(
        self, home: Channel | None = None, session: Session | None = None, caller: str = ""
    ) -> Peer:
        """A new peer, or one in a session that was opened elsewhere; `caller` is who it is."""

    def parameter_headers(self, tool: str) -> Mapping[tuple[str, ...], str]:
        """The headers that repeat arguments of a tool, by the paths of the arguments."""
