"""Sessions over HTTP: who may go on with one, streams and coming back, calls and their ends."""

import gc
import weakref
from typing import Any

import anyio
import pytest

from tests.clients import settle
from tests.protocol.playbook import INITIALIZED, cancelled, notification, request
from tests.transports.site import (
    JSON_ONLY,
    STREAM_ONLY,
    Connection,
    CutError,
    StreamableSite,
    call,
    opening,
    said,
    streamable,
    until,
)
from tests.transports.tools import Gate, talkative
from vtmcp.protocol.messages import Json
from vtmcp.protocol.versions import LEGACY_NAMES
from vtmcp.serve import Limits
from vtmcp.transports import http_wire, minding, sessions
from vtmcp.transports.access import Access, Caller
from vtmcp.transports.events import RETRY_MS
from vtmcp.transports.http_values import Request, Response

pytestmark = pytest.mark.anyio

ROOTS: Json = {"roots": [{"uri": "file:///a"}, {"uri": "file:///b"}]}
CHANGED = notification("notifications/tools/list_changed")


@pytest.fixture(autouse=True)
def soon(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(minding, "MIND_AFTER_S", 0.001)
    monkeypatch.setattr(http_wire, "LINGER_S", 0.01)


class Named(Access):
    """Believes who says who he is."""

    async def caller(self, request: Request) -> Caller | Response:
        return Caller(request.header("authorization") or "")


async def announce(site: StreamableSite, session: str, **arguments: Any) -> None:
    answer = await site.post(call("a", "announce", **arguments), session=session)
    assert said(answer.messages[-1]) == "announced"


async def hearing(site: StreamableSite, session: str, **more: Any) -> Connection:
    """A GET stream that is open."""
    stream = await site.begin("GET", session=session, accept=STREAM_ONLY, **more)
    assert await stream.head() == 200
    await settle()
    return stream


# ---- who may go on ------------------------------------------------------------------------------


@pytest.mark.parametrize("revision", LEGACY_NAMES)
async def test_a_session_is_opened_used_and_ended(revision: str) -> None:
    async with streamable(talkative()) as site:
        answer = await site.post(opening(revision))
        session = answer.headers["mcp-session-id"]
        assert answer.json["result"]["protocolVersion"] == revision
        assert all(0x21 <= ord(letter) <= 0x7E for letter in session)
        assert (await site.post(INITIALIZED, session=session)).status == 202
        assert (await site.post(request(1, "ping"), session=session)).json["result"] == {}
        assert (await site.ask("DELETE", session=session)).status == 204
        for method, message in (("POST", request(1, "ping")), ("GET", None), ("DELETE", None)):
            answer = await site.ask(method, message, session=session)
            assert (answer.status, answer.code) == (404, -32600)
        assert await site.greet(revision) != session


async def test_an_opening_that_fails_opens_nothing() -> None:
    async with streamable(talkative()) as site:
        answer = await site.post(request(1, "initialize", protocolVersion="2025-11-25"))
        assert answer.code == -32602
        assert "mcp-session-id" not in answer.headers
        assert len(site.endpoint._legacy.sessions) == 0


async def test_another_process_with_the_same_key_goes_on_and_so_does_a_restarted_one() -> None:
    async with streamable(talkative()) as site, streamable(talkative()) as other:
        session = await site.greet("2025-03-26")
        answer = await other.post(call(1, "say", text="x"), session=session)
        assert said(answer.json) == "x"
        # The revision goes along: this is the one that has batches.
        batch = await other.post([request(1, "ping"), request(2, "ping")], session=session)
        assert [message["id"] for message in batch.json] == [1, 2]
    async with streamable(talkative()) as again, streamable(talkative(), key=b"x" * 32) as stranger:
        assert (await again.post(request(1, "ping"), session=session)).status == 200
        assert (await stranger.post(request(1, "ping"), session=session)).status == 404


async def test_an_id_is_of_use_to_its_caller_alone() -> None:
    async with streamable(talkative(), access=Named()) as site:
        session = await site.greet(authorization="Ann")
        for method, message in (("POST", request(1, "ping")), ("GET", None), ("DELETE", None)):
            answer = await site.ask(method, message, session=session, authorization="Bob")
            assert answer.status == 404
        answer = await site.post(request(1, "ping"), session=session, authorization="Ann")
        assert answer.status == 200


async def test_an_id_that_stands_there_twice_is_none() -> None:
    async with streamable(talkative()) as site:
        session = await site.greet()
        connection = site.connect()
        twice = {"Mcp-Session-Id": session, "mcp-session-id": session, "accept": STREAM_ONLY}
        await connection.send("GET", b"", twice)
        assert await connection.head() == 404


async def test_sessions_hear_nothing_of_each_other() -> None:
    gate = Gate()
    async with streamable(talkative(gate)) as site:
        ann, bob = await site.greet(), await site.greet()
        anns = await site.begin("POST", call(1, "gate", name="ann"), session=ann)
        bobs = await site.begin("POST", call(1, "gate", name="bob"), session=bob)
        await until(lambda: len(gate.entered) == 2)
        # A cancellation of the one is none of the other, though the ids are equal.
        assert (await site.post(cancelled(1), session=ann)).status == 202
        assert (await anns.answer()).messages == []
        gate.open("bob")
        assert said((await bobs.answer()).json) == "bob"
        level = request(2, "logging/setLevel", level="error")
        assert (await site.post(level, session=ann)).json["result"] == {}
        for session, count in ((ann, 1), (bob, 3)):
            answer = await site.post(call(3, "chat", name="x"), session=session)
            assert len(answer.messages) == count
        watched = request(4, "resources/subscribe", uri="x:1")
        assert (await site.post(watched, session=ann)).json["result"] == {}
        heard = [await hearing(site, session) for session in (ann, bob)]
        await announce(site, bob, uri="x:1")
        await announce(site, bob)
        assert await heard[0].message() == notification(
            "notifications/resources/updated", uri="x:1"
        )
        assert [await one.message() for one in heard] == [CHANGED, CHANGED]
    assert gate.cancelled == ["ann"]


# ---- one POST -----------------------------------------------------------------------------------


@pytest.mark.parametrize("revision", LEGACY_NAMES)
async def test_a_stream_is_primed_for_those_who_know_that(revision: str) -> None:
    async with streamable(talkative()) as site:
        session = await site.greet(revision)
        answer = await site.post(call(1, "chat", progress=1, name="x"), session=session)
        assert answer.headers["content-type"] == STREAM_ONLY
        first, rest = answer.body.split(b"\n\n", 1)
        name = first.split(b"\n")[0].removeprefix(b"id: ").rpartition(b"-")[0]
        primes = revision == "2025-11-25"
        assert (first == b"id: %b-0\nretry: %d\ndata: " % (name, RETRY_MS)) == primes
        ids = [event.event_id for event in answer.events]
        assert ids == [f"{name.decode()}-{number}" for number in range(0 if primes else 1, 6)]
        assert said(answer.messages[-1]) == "x"
        assert len(answer.messages) == 5
        # Only the priming event has no data: older clients would take that for JSON.
        assert (b"data: \n" in rest) is False


async def test_progress_and_logs_come_on_the_stream_of_their_own_call() -> None:
    async with streamable(talkative()) as site:
        session = await site.greet()
        home = await hearing(site, session)
        streams = [
            await site.begin("POST", call(name, "chat", progress=name, name=name), session=session)
            for name in ("a", "b", "c")
        ]
        for name, stream in zip(("a", "b", "c"), streams, strict=True):
            *told, answer = await stream.rest()
            assert (answer["id"], said(answer)) == (name, name)
            assert [
                message["params"].get("progressToken") or message["params"]["data"]
                for message in told
            ] == [name, f"{name} 0", name, f"{name} 1"]
        await announce(site, session)
        assert await home.message() == CHANGED


async def test_what_several_tasks_of_one_call_say_at_once_all_arrives() -> None:
    async with streamable(talkative()) as site:
        session = await site.greet()
        message = call(1, "chat", name="x", at_once=True, count=20)
        answer = await site.post(message, session=session)
        *told, last = answer.messages
        assert sorted(one["params"]["data"] for one in told) == sorted(f"x {n}" for n in range(20))
        assert said(last) == "x"


async def test_one_id_twice_at_once_is_answered_on_each_connection() -> None:
    gate = Gate()
    async with streamable(talkative(gate)) as site:
        session = await site.greet()
        first = await site.begin("POST", call(1, "gate", name="a"), session=session)
        await until(lambda: gate.entered)
        second = await site.post(call(1, "gate", name="b"), session=session)
        assert (second.status, second.code, second.json["id"]) == (400, -32600, 1)
        # An id of another type is another id.
        third = await site.post(call("1", "say", text="c"), session=session)
        assert said(third.json) == "c"
        gate.open("a")
        assert said((await first.answer()).json) == "a"
        assert gate.entered == ["a"]


class Case:
    """What is expected of a cancelled call's response."""

    def __init__(self, accept: str, tells: bool, status: int, count: int) -> None:
        self.accept = accept
        self.tells = tells
        self.status = status
        self.count = count


CANCELLED: dict[str, Case] = {
    "a stream that was not begun": Case("", False, 200, 0),
    "a stream that was": Case("", True, 200, 1),
    "no stream, for who takes none": Case(JSON_ONLY, True, 202, 0),
}


@pytest.mark.parametrize("case", CANCELLED.values(), ids=CANCELLED)
async def test_a_cancelled_call_ends_without_an_answer(case: Case) -> None:
    gate = Gate()
    async with streamable(talkative(gate)) as site:
        session = await site.greet()
        message = call(1, "gate", progress=1, name="a", tells=case.tells)
        calling = await site.begin("POST", message, session=session, accept=case.accept)
        await until(lambda: gate.entered)
        assert (await site.post(cancelled(1), session=session)).status == 202
        answer = await calling.answer()
        assert answer.status == case.status
        assert len(answer.messages) == case.count
        # There is nothing to come back for.
        for event in answer.events:
            back = await site.ask("GET", session=session, last_event_id=event.event_id)
            assert back.status == 400
        # The id is free again.
        answer = await site.post(call(1, "say", text="x"), session=session)
        assert said(answer.json) == "x"
        assert site.endpoint._legacy.sessions.store.kept_bytes == 0
    assert gate.cancelled == ["a"]


async def test_a_client_that_goes_away_cancels_nothing() -> None:
    gate = Gate()
    async with streamable(talkative(gate)) as site:
        session = await site.greet()
        going = await site.begin("POST", call(1, "gate", name="a"), session=session)
        await until(lambda: gate.entered)
        await going.leave()
        for _ in range(20):
            await settle()
        assert not gate.cancelled
        gate.open("a")
        await until(lambda: not site.open)


async def test_a_released_connection_ends_and_the_answer_waits() -> None:
    gate = Gate()
    async with streamable(talkative(gate), heartbeat_s=0.001) as site:
        session = await site.greet()
        message = call(1, "gate", progress=1, name="a", tells=True, releases=True)
        calling = await site.begin("POST", message, session=session)
        (told,) = await calling.rest()
        assert told["method"] == "notifications/progress"
        # The call is looked after all the time, and its connection is none that could beat.
        for _ in range(20):
            await settle()
        gate.open("a")
        back = await site.ask("GET", session=session, last_event_id=calling.parser.last_event_id)
        progress, answer = back.messages
        assert progress["params"]["progress"] == 2
        assert said(answer) == "a"


RELEASES: dict[str, tuple[str, str]] = {
    "an older client": ("2025-06-18", ""),
    "who takes no stream": ("2025-11-25", JSON_ONLY),
}


@pytest.mark.parametrize(("revision", "accept"), RELEASES.values(), ids=RELEASES)
async def test_who_could_not_come_back_is_not_let_go(revision: str, accept: str) -> None:
    gate = Gate()
    gate.open("a")
    async with streamable(talkative(gate)) as site:
        session = await site.greet(revision)
        message = call(1, "gate", name="a", releases=True)
        answer = await site.post(message, session=session, accept=accept)
        assert answer.headers["content-type"] == JSON_ONLY
        assert said(answer.json) == "a"


async def test_a_quiet_call_beats_and_a_client_that_went_away_is_no_harm() -> None:
    gate = Gate()
    async with streamable(talkative(gate), heartbeat_s=0.001) as site:
        session = await site.greet()
        quiet = await site.begin("POST", call(1, "gate", name="a"), session=session)
        going = await site.begin("POST", call(2, "gate", name="b"), session=session)
        home = await hearing(site, session)
        for one in (quiet, going, home):
            if one is not home:
                assert await one.head() == 200
            assert (await one._chunk() or b"").startswith(b"id: ")
            assert await one._chunk() == b": heartbeat\n\n"
        await going.leave()
        await home.leave()
        for _ in range(20):
            await settle()
        gate.open("a")
        gate.open("b")
        assert said((await quiet.rest())[-1]) == "a"


# ---- coming back --------------------------------------------------------------------------------


async def broken(site: StreamableSite, gate: Gate, session: str) -> str:
    """Break a call's connection after its first message; return the id of that."""
    message = call(1, "gate", progress=1, name="a", tells=True)
    calling = await site.begin("POST", message, session=session)
    await calling.message()
    await until(lambda: gate.entered)
    await calling.leave()
    return calling.parser.last_event_id


@pytest.mark.parametrize("revision", ["2025-03-26", "2025-06-18", "2025-11-25"])
@pytest.mark.parametrize("is_late", [False, True], ids=["while it runs", "after its end"])
async def test_a_client_comes_back_for_the_rest_of_a_call(revision: str, is_late: bool) -> None:
    gate = Gate()
    async with streamable(talkative(gate)) as site:
        session = await site.greet(revision)
        last = await broken(site, gate, session)
        if is_late:
            gate.open("a")
            await until(lambda: not site.open)
        back = await hearing(site, session, last_event_id=last)
        gate.open("a")
        progress, answer = await back.rest()
        assert progress["params"]["progress"] == 2
        assert said(answer) == "a"
        # And again from the start, had it not arrived; from the end there is nothing to tell.
        again = await site.ask("GET", session=session, last_event_id=last)
        assert again.messages == [progress, answer]
        nothing = await site.ask("GET", session=session, last_event_id=back.parser.last_event_id)
        assert (nothing.status, nothing.messages) == (200, [])


async def test_who_comes_back_is_told_the_rest_though_the_old_connection_looks_alive() -> None:
    gate = Gate()
    async with streamable(talkative(gate)) as site:
        session = await site.greet()
        message = call(1, "gate", progress=1, name="a", tells=True)
        old = await site.begin("POST", message, session=session)
        await old.message()
        back = await hearing(site, session, last_event_id=old.parser.last_event_id)
        gate.open("a")
        assert said((await back.rest())[-1]) == "a"
        # Nothing is told twice, and the old stream ends as it should.
        assert await old.rest() == []


UNKNOWN = {
    "no id": "x",
    "a stream that never was": "abc.7-1",
    "an id with a blank": "a b",
    "a long one": "x" * 5_000,
}


@pytest.mark.parametrize("event_id", UNKNOWN.values(), ids=UNKNOWN)
async def test_who_comes_back_for_what_is_not_kept_is_told_so(event_id: str) -> None:
    async with streamable(talkative()) as site:
        session = await site.greet()
        answer = await site.ask("GET", session=session, last_event_id=event_id)
        assert (answer.status, answer.code) == (400, -32600)


async def test_no_session_reads_the_streams_of_another() -> None:
    async with streamable(talkative()) as site:
        ann, bob = await site.greet(), await site.greet()
        answer = await site.post(call(1, "chat", progress=1, name="ann"), session=ann)
        for event in answer.events:
            back = await site.ask("GET", session=bob, last_event_id=event.event_id)
            assert back.status == 400


async def test_a_restarted_process_does_not_replay_another_stream() -> None:
    async with streamable(talkative()) as site:
        session = await site.greet()
        old = await site.post(call(1, "chat", progress=1, name="old"), session=session)
        home = await hearing(site, session)
        await announce(site, session)
        await home.message()
    async with streamable(talkative()) as again:
        await again.post(call(1, "chat", progress=1, name="new"), session=session)
        back = await again.ask("GET", session=session, last_event_id=old.events[0].event_id)
        assert back.status == 400
        # The stream for what belongs to no call goes on.
        heard = await hearing(again, session, last_event_id=home.parser.last_event_id)
        await announce(again, session)
        assert await heard.message() == CHANGED


async def test_what_belongs_to_no_call_waits_for_a_stream_and_is_told_once() -> None:
    async with streamable(talkative()) as site:
        session = await site.greet()
        await announce(site, session)
        first = await hearing(site, session)
        assert await first.message() == CHANGED
        seen = first.parser.last_event_id
        second = await hearing(site, session)
        await announce(site, session)
        await announce(site, session)
        assert [await second.message(), await second.message()] == [CHANGED, CHANGED]
        # The newest stream ends; the one before it is told what comes then.
        await second.leave()
        await settle()
        await announce(site, session)
        assert await first.message() == CHANGED
        await first.leave()
        await settle()
        # Who comes back is told all that followed, whichever stream told it then.
        third = await hearing(site, session, last_event_id=seen)
        assert [await third.message() for _ in range(3)] == [CHANGED] * 3
        heard = [first.heard, second.heard, third.heard]
        await settle()
        assert [first.heard, second.heard, third.heard] == heard


@pytest.mark.parametrize("revision", ["2025-06-18", "2025-11-25"])
async def test_a_stream_for_what_belongs_to_no_call_begins_at_once(revision: str) -> None:
    async with streamable(talkative()) as site:
        session = await site.greet(revision)
        stream = await hearing(site, session)
        first = await stream._chunk() or b""
        assert first.startswith(b"id: " if revision == "2025-11-25" else b": ")
        assert stream.headers["cache-control"] == "no-cache"


# ---- questions to the client --------------------------------------------------------------------


async def test_a_question_comes_on_the_stream_of_its_call_and_is_answered_by_a_post() -> None:
    async with streamable(talkative()) as site:
        ann, bob = await site.greet(), await site.greet()
        streams = [await site.begin("POST", call(1, "ask"), session=one) for one in (ann, bob)]
        asked = [await stream.message() for stream in streams]
        assert [one["method"] for one in asked] == ["roots/list", "roots/list"]
        # Both questions may well have one id: they are told apart by their sessions.
        for session, question, uri in ((bob, asked[1], "b:"), (ann, asked[0], "a:")):
            reply = {"jsonrpc": "2.0", "id": question["id"], "result": {"roots": [{"uri": uri}]}}
            answer = await site.post(reply, session=session)
            assert (answer.status, answer.body) == (202, b"")
        assert [said((await stream.rest())[-1]) for stream in streams] == ["a:", "b:"]


async def test_a_client_may_refuse_a_question() -> None:
    async with streamable(talkative()) as site:
        session = await site.greet()
        stream = await site.begin("POST", call(1, "ask", sampling=True), session=session)
        question = await stream.message()
        error = {"code": -1, "message": "not today"}
        reply = {"jsonrpc": "2.0", "id": question["id"], "error": error}
        assert (await site.post(reply, session=session)).status == 202
        (answer,) = await stream.rest()
        assert answer["result"]["isError"]
        assert "not today" in said(answer)


async def test_a_client_that_takes_no_stream_cannot_be_asked_and_need_not_wait() -> None:
    async with streamable(talkative(limits=Limits(ask_timeout_s=60))) as site:
        session = await site.greet()
        answer = await site.post(call(1, "ask", sampling=True), session=session, accept=JSON_ONLY)
        assert answer.json["result"]["isError"]
        assert "accepts no event stream" in said(answer.json)


async def test_a_question_reaches_a_client_that_comes_back() -> None:
    async with streamable(talkative()) as site:
        session = await site.greet()
        calling = await site.begin("POST", call(1, "ask"), session=session)
        question = await calling.message()
        await calling.leave()
        back = await hearing(site, session, last_event_id=calling.parser.last_event_id)
        reply = {"jsonrpc": "2.0", "id": question["id"], "result": ROOTS}
        assert (await site.post(reply, session=session)).status == 202
        assert said((await back.rest())[-1]) == "file:///a, file:///b"


# ---- batches ------------------------------------------------------------------------------------


BATCHES: dict[str, tuple[list[Any], int, list[Any]]] = {
    "requests": ([request(1, "ping"), call(2, "say", text="x")], 200, [1, 2]),
    "a request and a notification": ([request(1, "ping"), notification("x")], 200, [1]),
    "notifications": ([notification("x"), notification("y")], 202, []),
    "an answer": ([{"jsonrpc": "2.0", "id": 7, "result": {}}], 202, []),
    "what is no message": ([1, request(1, "ping")], 200, [None, 1]),
    "nothing but what is no message": ([1, 2], 200, [None, None]),
    "initialize": ([opening(), request(1, "ping")], 200, [0, 1]),
    "one id twice": ([call(1, "say", text="x"), request(1, "ping")], 200, [1, 1]),
}


@pytest.mark.parametrize(("batch", "status", "ids"), BATCHES.values(), ids=BATCHES)
async def test_an_array_is_answered_by_an_array(
    batch: list[Any], status: int, ids: list[Any]
) -> None:
    async with streamable(talkative()) as site:
        session = await site.greet("2025-03-26")
        answer = await site.post(batch, session=session)
        assert answer.status == status
        found = answer.json if answer.body else []
        assert sorted(map(str, (one.get("id") for one in found))) == sorted(map(str, ids))


async def test_an_empty_array_is_refused() -> None:
    async with streamable(talkative()) as site:
        answer = await site.post([], session=await site.greet("2025-03-26"))
        assert (answer.status, answer.code) == (400, -32600)


async def test_all_that_an_array_leads_to_comes_on_its_stream() -> None:
    async with streamable(talkative()) as site:
        session = await site.greet("2025-03-26")
        batch = [call(name, "chat", progress=name, name=name) for name in ("a", "b")]
        calling = await site.begin("POST", [*batch, call(3, "ask")], session=session)
        told: list[Any] = [await calling.message() for _ in range(9)]
        (question,) = [one for one in told if one["method"] == "roots/list"]
        reply = {"jsonrpc": "2.0", "id": question["id"], "result": ROOTS}
        assert (await site.post([reply], session=session)).status == 202
        answers: Any = await calling.message()
        assert sorted(map(said, answers)) == ["a", "b", "file:///a, file:///b"]
        assert await calling.rest() == []


async def test_one_call_of_an_array_is_cancelled() -> None:
    gate = Gate()
    async with streamable(talkative(gate)) as site:
        session = await site.greet("2025-03-26")
        batch = [call(1, "gate", name="a"), call(2, "gate", name="b")]
        calling = await site.begin("POST", batch, session=session)
        await until(lambda: len(gate.entered) == 2)
        assert (await site.post(cancelled(1), session=session)).status == 202
        gate.open("b")
        assert [one["id"] for one in (await calling.answer()).json] == [2]


# ---- ends ---------------------------------------------------------------------------------------


async def test_the_end_of_a_session_ends_all_that_is_its_own() -> None:
    gate = Gate()
    async with streamable(talkative(gate)) as site:
        ann, bob = await site.greet(), await site.greet()
        home, others = await hearing(site, ann), await hearing(site, bob)
        message = call(1, "gate", progress=1, name="a", tells=True)
        calling = await site.begin("POST", message, session=ann)
        await calling.message()
        last = await broken(site, gate, bob)
        following = await hearing(site, bob, last_event_id=last)
        assert (await site.ask("DELETE", session=ann)).status == 204
        assert await home.rest() == []
        assert await calling.rest() == []
        assert gate.cancelled == ["a"]
        # The other session goes on, and its own end ends those who came back for a call.
        assert (await site.ask("DELETE", session=bob)).status == 204
        assert await following.rest() == []
        assert await others.rest() == []
        store = site.endpoint._legacy.sessions.store
        assert (store.kept_bytes, len(store)) == (0, 0)


async def test_a_stop_ends_streams_at_once_and_calls_in_their_time() -> None:
    gate = Gate()
    async with streamable(talkative(gate)) as site:
        session = await site.greet()
        home = await hearing(site, session)
        calls = {
            "quick": await site.begin("POST", call(1, "gate", name="quick"), session=session),
            "slow": await site.begin("POST", call(2, "gate", name="slow"), session=session),
            "asking": await site.begin("POST", call(3, "ask"), session=session),
        }
        await calls["asking"].message()
        await until(lambda: len(gate.entered) == 2)
        site.http.begin_stop()
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(site.endpoint.finish)
            assert await home.rest() == []
            gate.open("quick")
            assert said((await calls["quick"].answer()).json) == "quick"
            # Nobody could answer it any more.
            assert (await calls["asking"].rest())[-1]["result"]["isError"]
        answer = await calls["slow"].answer()
        assert (answer.status, answer.code, answer.json["id"]) == (503, -32603, 2)
        await until(lambda: not site.open)
    assert gate.cancelled == ["slow"]
    async with streamable(talkative()) as again:
        assert (await again.post(request(1, "ping"), session=session)).status == 200


async def test_a_stop_ends_those_who_came_back_for_a_call() -> None:
    gate = Gate()
    async with streamable(talkative(gate)) as site:
        session = await site.greet()
        following = await hearing(site, session, last_event_id=await broken(site, gate, session))
        await site.endpoint.finish()
        assert await following.rest() == []


async def test_finished_exchanges_leave_nothing_behind() -> None:
    gate = Gate()
    server = talkative(gate)
    async with streamable(server) as site:
        found = site.endpoint._legacy.sessions
        kept: list[weakref.ref[Any]] = []
        for _ in range(5):
            session = await site.greet()
            live = found.find(session, "")
            assert live is not None
            kept += [weakref.ref(live), weakref.ref(live.peer)]
            await broken(site, gate, session)
            gate.open("a")
            home = await hearing(site, session)
            await site.post(call(2, "chat", progress=1, name="x"), session=session)
            await site.post(call(3, "none"), session=session)
            await home.leave()
            await until(lambda: site.open == 0)
            assert live.in_use == 0
            assert not live.peer._places  # type: ignore[attr-defined]
            assert len(live.peer.engine._calls) == 0  # type: ignore[attr-defined]
            assert (await site.ask("DELETE", session=session)).status == 204
            del live
        assert len(found) == 0
        assert (found.store.kept_bytes, len(found.store)) == (0, 0)
        assert not server._conversations
        await until(lambda: not site.open)
        assert not site.http._wires
        gc.collect()
        assert [one() for one in kept] == [None] * len(kept)


async def test_a_session_that_made_room_comes_back(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sessions, "LIVE_MAX", 2)
    async with streamable(talkative()) as site:
        ann = await site.greet()
        others = [await site.greet() for _ in range(3)]
        assert len(site.endpoint._legacy.sessions) == 2
        for session in (ann, *others):
            assert (await site.post(request(1, "ping"), session=session)).status == 200
        home = await hearing(site, ann)
        assert len(site.endpoint._legacy.sessions) == 2
        for _ in range(3):
            await site.greet()
        # Whoever is connected is not let go.
        await announce(site, ann)
        assert await home.message() == CHANGED


async def test_a_stream_ends_when_its_client_cannot_be_written_to() -> None:
    async with streamable(talkative(), heartbeat_s=0.001) as site:
        session = await site.greet()
        live = site.endpoint._legacy.sessions.find(session, "")
        assert live is not None
        # It reads nothing and goes away, which the next thing that is written shows.
        stream = await site.begin("GET", session=session, accept=STREAM_ONLY, parts=0)
        await until(lambda: live.in_use)
        await stream.leave()
        await until(lambda: not live.in_use)
        assert not live.home.is_read


async def test_what_belongs_to_a_call_that_has_gone_is_not_told_to_others() -> None:
    async with streamable(talkative()) as site:
        session = await site.greet()
        live = site.endpoint._legacy.sessions.find(session, "")
        assert live is not None
        home = live.peer.home
        assert home is not None
        assert await home.receive() is None
        await home.release()
        await home.send(b"1", 1)
        await home.send(b"2", None, 0)
        await home.send(b"3")
        stream = await hearing(site, session)
        assert (await stream.event()).data == b""
        assert (await stream.event()).data == b"3"


async def test_a_connection_that_breaks_within_a_stream_is_told_from_its_end() -> None:
    """The tests above rely on it: `rest` is the proper end, and this is the other one."""
    gate = Gate()
    async with streamable(talkative(gate)) as site:
        session = await site.greet()
        home = await hearing(site, session)
        for wire in list(site.http._wires):
            wire.life.cancel()
        with pytest.raises(CutError):
            await home.rest()
