"""Legacy HTTP sessions: an id that any process with the same key can read, and what is live here.

The id is a signed token with revision, client and issue time (MCP 2025-11-25, basic/transports,
"Session Management"), so a restart loses no one. Only what needs this process (a call under way,
open streams, a log level) is kept in it. Must not be here: HTTP.
"""

import os
import time
from collections import OrderedDict
from collections.abc import Callable
from typing import Any

import anyio

from vtmcp.protocol.messages import Json
from vtmcp.protocol.requests import Client
from vtmcp.protocol.seal import seal, unseal
from vtmcp.protocol.session import Session
from vtmcp.protocol.versions import LEGACY_NAMES
from vtmcp.transports.base import Peer
from vtmcp.transports.events import EventLog, EventStore, read_event_id

SESSION_TTL_S = 86_400.0
"""How long a session may last: a day. Its client then opens another."""

LIVE_MAX = 10_000
"""How many sessions are kept in memory; the one that was idle for longest is let go first, and
comes back by its token when it is asked for again."""

ENDED_MAX = 100_000
"""How many ended sessions are remembered until their tokens expire."""

STREAMS_MAX = 16
"""How many streams of one session are kept for a client that comes back, but for those of calls
that are under way."""

CLIENT_BYTES_MAX = 1_024
"""A client that says more of itself than this is remembered without name and extras."""

_PURPOSE = "session"
_HOME = ".0"
"""How the name of a stream ends on which what belongs to no call is told."""
_AREAS = ("roots", "sampling", "elicitation")


class Live:
    """A session in this process."""

    def __init__(
        self, token: str, peer: Peer, *, caller: str, expires_s: float, store: EventStore
    ) -> None:
        self.token = token
        self.peer = peer
        self.caller = caller
        self.expires_s = expires_s
        self.in_use = 0
        """Exchanges that are open now; while there are any, the session is not let go."""
        # What another process, or this one before a restart, called its streams means nothing here.
        self._name = os.urandom(4).hex()
        self._store = store
        self._streams: dict[str, EventLog] = {}
        self._next = 1
        self.home = EventLog(f"{self._name}{_HOME}", store)

    @property
    def revision(self) -> str:
        """The revision that was agreed on."""
        return self.peer.session.revision.name

    def open_stream(self) -> EventLog:
        """A new stream of this session, to be found by the ids of its events."""
        log = EventLog(f"{self._name}.{self._next}", self._store)
        self._next += 1
        self._streams[log.name] = log
        if len(self._streams) > STREAMS_MAX:
            # One that goes on is never among those: calls under way have a bound of their own.
            ended = next((one for one in self._streams.values() if one.is_ended), None)
            if ended is not None:
                del self._streams[ended.name]
                ended.drop()
        return log

    def find(self, event_id: str) -> tuple[EventLog, int | None] | None:
        """The stream of an event, if it is still kept, and after which number to go on."""
        found = read_event_id(event_id)
        if found is None:
            return None
        name, number = found
        log = self.home if name == self.home.name else self._streams.get(name)
        if log is not None and not log.is_dropped:
            return log, number
        # What belongs to no call goes on here, whichever process began to tell it.
        return (self.home, None) if name.endswith(_HOME) else None

    def close(self) -> None:
        """End all streams."""
        self.home.drop()
        for log in self._streams.values():
            log.drop()


class Sessions:
    """All sessions that this process knows of."""

    def __init__(
        self,
        resume: Callable[[Session, str], Peer],
        *,
        key: bytes,
        ttl_s: float = SESSION_TTL_S,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self.store = EventStore()
        self._resume = resume
        self._key = key
        self._ttl_s = ttl_s
        self._clock = clock
        self._live: OrderedDict[str, Live] = OrderedDict()
        """Who was asked for longest ago stands first."""
        self._ended: OrderedDict[str, float] = OrderedDict()

    def __len__(self) -> int:
        return len(self._live)

    def open(self, peer: Peer, session: Session, caller: str) -> Live:
        """Give a peer that has been greeted its id."""
        client = session.client
        state: Json = {
            "id": os.urandom(9).hex(),
            "revision": session.revision.name,
            "client": [client.name, client.version, _kept(client.capabilities)],
            "caller": caller,
            "issued": int(self._clock()),
        }
        if sum(len(str(value)) for value in state["client"]) > CLIENT_BYTES_MAX:
            state["client"] = ["", "", {area: {} for area in _AREAS if area in client.capabilities}]
        return self._keep(seal(state, key=self._key, purpose=_PURPOSE), state, peer)

    def find(self, token: str, caller: str) -> Live | None:
        """The session of an id; None for one that is forged, expired, ended or another's."""
        live = self._live.get(token)
        if live is not None and self._is_over(live.expires_s):
            self._drop(live)
        elif live is not None:
            # It was checked when it was opened, or when it first came here.
            self._live.move_to_end(token)
            return live if live.caller == caller else None
        state = self._read(token)
        if state is None or token in self._ended or state["caller"] != caller:
            return None
        session = Session.resumed(state["revision"], Client(*state["client"]))
        return self._keep(token, state, self._resume(session, state["caller"]))

    async def end(self, live: Live) -> None:
        """End a session for good, with what is under way in it."""
        self._note_end(live.token)
        self._live.pop(live.token, None)
        await _finish(live)

    async def end_told(self, token: str) -> None:
        """Another process has ended a session, which may be live here too."""
        self._note_end(token)
        live = self._live.pop(token, None)
        if live is not None:
            await _finish(live)

    def live(self, token: str) -> Live | None:
        """A session if it is live here; whoever asks knows that its client may."""
        return self._live.get(token)

    async def finish(self) -> None:
        """End what is under way in all sessions; their tokens stay good elsewhere."""
        # A request that came in before the stop may open one more meanwhile.
        while self._live:
            live, self._live = self._live, OrderedDict()
            async with anyio.create_task_group() as tasks:
                for one in live.values():
                    tasks.start_soon(_finish, one)

    def _keep(self, token: str, state: Json, peer: Peer) -> Live:
        expires_s = state["issued"] + self._ttl_s
        live = Live(token, peer, caller=state["caller"], expires_s=expires_s, store=self.store)
        self._live[token] = live
        peer.join()
        if len(self._live) > LIVE_MAX:
            self._make_room(live)
        return live

    def _make_room(self, newest: Live) -> None:
        for live in self._live.values():
            if not live.in_use and live is not newest:
                self._drop(live)
                return

    def _drop(self, live: Live) -> None:
        del self._live[live.token]
        live.peer.leave()
        live.close()

    def _read(self, token: str) -> Json | None:
        try:
            state: Json = unseal(token, key=self._key, purpose=_PURPOSE)
        except ValueError:
            return None
        if state["revision"] not in LEGACY_NAMES or self._is_over(state["issued"] + self._ttl_s):
            return None
        return state

    def _note_end(self, token: str) -> None:
        now_s = self._clock()
        self._ended[token] = now_s + self._ttl_s
        self._ended.move_to_end(token)
        # The entry that was just made stays, so there always is a first one to look at.
        while len(self._ended) > ENDED_MAX or next(iter(self._ended.values())) <= now_s:
            self._ended.popitem(last=False)

    def _is_over(self, end_s: float) -> bool:
        return end_s <= self._clock()


async def _finish(live: Live) -> None:
    """End a session here: at once what waits for nothing, and running calls in their time."""
    live.peer.leave()
    live.home.end()
    await live.peer.finish()
    live.close()


def _kept(capabilities: Json) -> dict[str, Any]:
    """What of a client's capabilities decides what it may be asked."""
    kept: dict[str, Any] = {}
    for area in _AREAS:
        value = capabilities.get(area)
        if isinstance(value, dict):
            kept[area] = {name: {} for name in ("form", "url") if name in value}
    return kept
