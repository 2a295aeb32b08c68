"""Session ids: who may use one, for how long, and what is kept of a session here."""

from collections.abc import Iterable

import anyio
import pytest

from vtmcp.protocol.messages import Json
from vtmcp.protocol.requests import Client
from vtmcp.protocol.seal import seal
from vtmcp.protocol.session import Session
from vtmcp.protocol.versions import LEGACY_NAMES
from vtmcp.transports import sessions
from vtmcp.transports.base import Channel
from vtmcp.transports.events import EventLog
from vtmcp.transports.sessions import CLIENT_BYTES_MAX, STREAMS_MAX, Live, Sessions

pytestmark = pytest.mark.anyio

KEY = b"k" * 32
TTL_S = 100.0


class FakePeer:
    """A conversation that notes what is done with it."""

    def __init__(self, session: Session) -> None:
        self.home: Channel | None = None
        self.done: list[str] = []
        self.may_finish = anyio.Event()
        self.may_finish.set()
        self._session = session

    @property
    def session(self) -> Session:
        return self._session

    async def run(self) -> None:
        raise AssertionError

    async def exchange(self, value: object, channel: Channel) -> None:
        raise AssertionError

    async def finish(self) -> None:
        await self.may_finish.wait()
        self.done.append("finish")

    def join(self) -> None:
        self.done.append("join")

    def leave(self) -> None:
        self.done.append("leave")


class Place:
    """A process with its sessions and a clock that tests set."""

    def __init__(self, key: bytes = KEY) -> None:
        self.now_s = 1_000.0
        self.peers: list[FakePeer] = []
        self.sessions = Sessions(self._resume, key=key, ttl_s=TTL_S, clock=lambda: self.now_s)

    def open(
        self,
        caller: str = "",
        revision: str = "2025-11-25",
        client: Client = Client(),  # noqa: B008 - immutable
    ) -> Live:
        peer = self._resume(Session.resumed(revision, client))
        return self.sessions.open(peer, peer.session, caller)

    def _resume(self, session: Session, caller: str = "") -> FakePeer:
        self.peers.append(FakePeer(session))
        return self.peers[-1]


def tokens(live: Iterable[Live]) -> list[str]:
    return [one.token for one in live]


@pytest.mark.parametrize("revision", LEGACY_NAMES)
async def test_a_session_is_found_by_its_id(revision: str) -> None:
    place = Place()
    live = place.open(revision=revision)
    assert live.token.isascii()
    assert live.token.isprintable()
    assert place.sessions.find(live.token, "") is live
    assert live.revision == revision
    assert place.peers[0].done == ["join"]


@pytest.mark.parametrize("revision", LEGACY_NAMES)
async def test_a_session_is_found_by_another_process_with_the_same_key(revision: str) -> None:
    capabilities: Json = {"sampling": {"tools": {}}, "elicitation": {"url": {}, "x": 1}, "more": {}}
    live = Place().open("someone", revision, Client("it", "2", capabilities))
    found = Place().sessions.find(live.token, "someone")
    assert found is not None
    assert found is not live
    assert found.revision == revision
    assert found.peer.session.client == Client(
        "it", "2", {"sampling": {}, "elicitation": {"url": {}}}
    )
    assert found.peer.session.is_open
    assert found.expires_s == live.expires_s


def test_two_sessions_never_have_one_id() -> None:
    place = Place()
    assert place.open().token != place.open().token


async def test_an_id_is_of_no_use_where_it_is_not_known() -> None:
    place = Place()
    token = place.open("someone").token
    assert Place(b"x" * 32).sessions.find(token, "someone") is None
    # Here it is known, and that must not help another caller.
    assert place.sessions.find(token, "another") is None
    assert Place().sessions.find(token, "another") is None
    assert place.sessions.find(token, "someone") is not None


FORGED = {
    "nothing": "",
    "not base64": "?",
    "not ASCII": "\u00e4",
    "too short": "AAAA",
    "altered at its end": None,
    "with padding": "=",
}


@pytest.mark.parametrize("text", FORGED.values(), ids=FORGED)
async def test_a_forged_id_is_unknown(text: str | None) -> None:
    place = Place()
    token = place.open().token
    forged = token[:-1] + ("A" if token[-1] != "A" else "B") if text is None else text
    assert place.sessions.find(forged, "") is None
    if text == "=":
        assert place.sessions.find(token + text, "") is None


def test_an_id_for_another_purpose_is_unknown() -> None:
    state = {"revision": "2025-11-25", "client": ["", "", {}], "caller": "", "issued": 1_000}
    place = Place()
    assert place.sessions.find(seal(state, key=KEY, purpose="requestState"), "") is None
    assert place.sessions.find(seal(state, key=KEY, purpose="session"), "") is not None
    # A later version of this program may know more revisions.
    later = {**state, "revision": "2027-01-01"}
    assert place.sessions.find(seal(later, key=KEY, purpose="session"), "") is None


async def test_a_session_is_over_when_its_time_has_come() -> None:
    place, other = Place(), Place()
    live = place.open()
    place.now_s = other.now_s = 1_000 + TTL_S - 1
    assert place.sessions.find(live.token, "") is live
    assert other.sessions.find(live.token, "") is not None
    place.now_s = other.now_s = 1_000 + TTL_S
    assert place.sessions.find(live.token, "") is None
    assert other.sessions.find(live.token, "") is None
    assert (len(place.sessions), len(other.sessions)) == (0, 0)
    assert live.home.is_ended
    assert place.peers[0].done == ["join", "leave"]


async def test_a_client_that_says_much_of_itself_is_remembered_in_brief() -> None:
    long = Client("n" * CLIENT_BYTES_MAX, "1", {"sampling": {"x": 1}, "elicitation": {"form": {}}})
    token = Place().open(client=long).token
    assert len(token) < CLIENT_BYTES_MAX
    found = Place().sessions.find(token, "")
    assert found is not None
    assert found.peer.session.client == Client("", "", {"sampling": {}, "elicitation": {}})


async def test_an_ended_session_is_unknown_and_its_streams_end() -> None:
    place = Place()
    live = place.open()
    stream = live.open_stream()
    stream.add(b"1")
    await place.sessions.end(live)
    assert place.sessions.find(live.token, "") is None
    assert len(place.sessions) == 0
    assert live.home.is_ended
    assert stream.is_ended
    assert place.sessions.store.kept_bytes == 0
    assert place.peers[0].done == ["join", "leave", "finish"]
    # Twice at once is no harm: two clients may have the id.
    await place.sessions.end(live)


async def test_ended_sessions_are_forgotten_when_nobody_could_use_their_ids() -> None:
    place = Place()
    first = place.open()
    await place.sessions.end(first)
    place.now_s += TTL_S - 1
    second = place.open()
    await place.sessions.end(second)
    assert tokens([first, second]) == list(place.sessions._ended)
    place.now_s += 1
    third = place.open()
    await place.sessions.end(third)
    assert tokens([second, third]) == list(place.sessions._ended)


async def test_only_so_many_ended_sessions_are_remembered(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sessions, "ENDED_MAX", 2)
    place = Place()
    live = [place.open() for _ in range(4)]
    for one in [*live, live[2]]:
        await place.sessions.end(one)
    assert list(place.sessions._ended) == tokens([live[3], live[2]])


async def test_a_clock_that_goes_back_forgets_no_end() -> None:
    place = Place()
    first, second = place.open(), place.open()
    await place.sessions.end(first)
    place.now_s -= 50
    await place.sessions.end(second)
    assert place.sessions.find(first.token, "") is None
    assert place.sessions.find(second.token, "") is None


async def test_the_session_that_was_idle_for_longest_makes_room(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(sessions, "LIVE_MAX", 3)
    place = Place()
    first, second, third = (place.open() for _ in range(3))
    first.in_use = 1
    assert place.sessions.find(second.token, "") is second
    fourth = place.open()
    assert list(place.sessions._live) == tokens([first, second, fourth])
    assert third.home.is_ended
    assert place.peers[2].done == ["join", "leave"]
    # It comes back by its id, as it would in another process.
    found = place.sessions.find(third.token, "")
    assert found is not None
    assert found is not third
    assert len(place.sessions) == 3


async def test_the_newest_session_stays_when_all_others_are_in_use(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(sessions, "LIVE_MAX", 1)
    place = Place()
    first = place.open()
    first.in_use = 1
    second = place.open()
    assert list(place.sessions._live) == tokens([first, second])
    assert not second.home.is_ended


async def test_at_the_end_all_sessions_end_at_once_and_their_ids_stay_good() -> None:
    place = Place()
    live = [place.open() for _ in range(3)]
    place.peers[0].may_finish = anyio.Event()
    stream = live[0].open_stream()
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(place.sessions.finish)
        with anyio.fail_after(5):
            while place.peers[2].done[-1] != "finish":
                await anyio.lowlevel.checkpoint()
        # A call that still runs may answer on its stream; what waits for nothing has ended.
        assert live[0].home.is_ended
        assert not stream.is_ended
        late = place.open()
        place.peers[0].may_finish.set()
    assert stream.is_ended
    assert late.home.is_ended
    assert len(place.sessions) == 0
    assert Place().sessions.find(live[0].token, "") is not None


def test_streams_are_found_by_the_ids_of_their_events() -> None:
    live = Place().open()
    first, second = live.open_stream(), live.open_stream()
    assert live.find(event_id(first, 3)) == (first, 3)
    assert live.find(event_id(second, 0)) == (second, 0)
    assert live.find(event_id(live.home, 7)) == (live.home, 7)
    second.drop()
    assert live.find(event_id(second, 0)) is None
    assert live.find("nothing") is None


def test_the_id_of_another_life_is_not_taken_for_one_of_this() -> None:
    live = Place().open()
    live.open_stream()
    resumed = Place().sessions.find(live.token, "")
    assert resumed is not None
    stream = resumed.open_stream()
    assert live.find(event_id(stream, 1)) is None
    # What belongs to no call is told from where it is now.
    assert resumed.find(event_id(live.home, 5)) == (resumed.home, None)


def test_only_so_many_ended_streams_are_kept() -> None:
    place = Place()
    live = place.open()
    going_on = live.open_stream()
    logs = [live.open_stream() for _ in range(STREAMS_MAX + 2)]
    # All of them go on: there are as many as there are calls.
    assert all(live.find(event_id(log, 0)) for log in [going_on, *logs])
    for log in logs:
        log.add(b"1")
        log.end()
    kept_bytes = place.sessions.store.kept_bytes
    live.open_stream()
    assert live.find(event_id(logs[0], 0)) is None
    assert live.find(event_id(logs[1], 0)) is not None
    assert live.find(event_id(going_on, 0)) is not None
    assert place.sessions.store.kept_bytes == kept_bytes - kept_bytes // len(logs)


def event_id(log: EventLog, number: int) -> str:
    return f"{log.name}-{number}"
