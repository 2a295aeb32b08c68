"""The legacy session of one peer: what `initialize` agreed on, and what was set since.

The stateless era has no session, and nothing here. Must not be here: requests in flight, or how
an answer is written.
"""

from vtmcp.protocol import lifecycle, requests
from vtmcp.protocol.errors import InvalidParams
from vtmcp.protocol.lifecycle import State
from vtmcp.protocol.messages import Json
from vtmcp.protocol.subscriptions import LISTS, SUBSCRIPTIONS_MAX, Change, declares
from vtmcp.protocol.versions import LATEST_LEGACY, LOG_LEVELS, REVISIONS, Revision, negotiate

DEFAULT_LOG_LEVEL = "info"
"""What a session hears before it sends `logging/setLevel`."""


class Session:
    """State, revision, client, log level and watched resources."""

    def __init__(self) -> None:
        self.state = State.NEW
        self.revision: Revision = REVISIONS[LATEST_LEGACY]
        self.client = requests.Client()
        self._log_level = DEFAULT_LOG_LEVEL
        self._watched: set[str] = set()

    @classmethod
    def resumed(cls, revision: str, client: requests.Client) -> "Session":
        """A session that was opened elsewhere, such as by another process with the same key."""
        session = cls()
        session.state = State.OPEN
        session.revision = REVISIONS[revision]
        session.client = client
        return session

    @property
    def is_open(self) -> bool:
        """Whether the handshake was answered; only then the revision is agreed on."""
        return self.state in (State.GREETED, State.OPEN)

    def step(self, method: str) -> None:
        """Go on by `method`. Raises `InvalidRequest` where it may not be sent."""
        self.state = lifecycle.step(self.state, method)

    def greet(self, params: Json) -> Revision:
        """Take the parameters of `initialize`. Raises `InvalidParams` and is new again."""
        try:
            requested, self.client = requests.read_initialize(params)
        except InvalidParams:
            self.state = State.NEW
            raise
        self.revision = negotiate(requested)
        return self.revision

    def confirm(self) -> None:
        """Take `notifications/initialized`, which means something after the handshake only."""
        if self.state is State.GREETED:
            self.step("notifications/initialized")

    def set_level(self, params: Json) -> None:
        """Hear log messages of this level and above from now on."""
        self._log_level = requests.read_level(params.get("level"), '"level"')

    def hears_level(self, level: str) -> bool:
        return LOG_LEVELS.index(level) >= LOG_LEVELS.index(self._log_level)

    def watch(self, uri: str) -> None:
        """Hear of changes of this resource. Raises `InvalidParams` beyond the bound."""
        if len(self._watched) >= SUBSCRIPTIONS_MAX and uri not in self._watched:
            raise InvalidParams(f"At most {SUBSCRIPTIONS_MAX} resources may be subscribed to")
        self._watched.add(uri)

    def unwatch(self, uri: str) -> None:
        self._watched.discard(uri)

    def hears(self, change: Change, capabilities: Json) -> bool:
        """Whether the session is told of a change, given what the server declared."""
        if self.state is not State.OPEN:
            return False
        if change.uri:
            return change.uri in self._watched
        return any(
            method == change.method and declares(capabilities, area, feature)
            for method, area, feature in LISTS.values()
        )
