"""Stateless requests: checks in their order, subscriptions, and clients that go away."""

import re
from typing import Any

import anyio
import pytest

from tests.clients import settle
from tests.protocol.playbook import PREFIX, cancelled, notification, request
from tests.transports.site import (
    JSON_ONLY,
    MODERN,
    STREAM_ONLY,
    StreamableSite,
    call,
    said,
    stateless,
    streamable,
    until,
)
from tests.transports.tools import Gate, talkative
from vtmcp.handlers.base import Tool
from vtmcp.handlers.context import Context
from vtmcp.protocol.messages import Json
from vtmcp.protocol.questions import Elicitation
from vtmcp.server import Server
from vtmcp.transports import http_wire, minding
from vtmcp.transports.access import Access, Caller
from vtmcp.transports.http_values import Request, Response

pytestmark = pytest.mark.anyio

SAY = call(1, "say", text="x")
_SAY, SAY_HEADERS = stateless(SAY)


@pytest.fixture(autouse=True)
def soon(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(minding, "MIND_AFTER_S", 0.001)
    monkeypatch.setattr(http_wire, "LINGER_S", 0.01)


def with_meta(message: Json, **changes: Any) -> Json:
    """The message with other values under the prefix; None takes a key away."""
    keys = {**_SAY["params"]["_meta"]}
    for name, value in changes.items():
        keys[PREFIX + name] = value
    kept = {name: value for name, value in keys.items() if value is not None}
    return {**message, "params": {**message["params"], "_meta": kept}}


REFUSED: dict[str, tuple[Any, dict[str, str], int, int]] = {
    "an array": ([_SAY], {}, 400, -32600),
    "an answer": ({"jsonrpc": "2.0", "id": 1, "result": {}}, {}, 400, -32600),
    "a bad id": ({**_SAY, "id": None}, {}, 400, -32600),
    "no version in the body": (with_meta(SAY, protocolVersion=None), {}, 400, -32602),
    "a version that is no text": (with_meta(SAY, protocolVersion=1), {}, 400, -32602),
    "no capabilities": (with_meta(SAY, clientCapabilities=None), {}, 400, -32602),
    "an unknown log level": (with_meta(SAY, logLevel="loud"), {}, 400, -32602),
    "no version in the headers": (_SAY, {"mcp_protocol_version": ""}, 400, -32020),
    "another version in the headers": (
        *(with_meta(SAY, protocolVersion="v999"), {"mcp_protocol_version": MODERN}),
        *(400, -32020),
    ),
    "a version that is not served": (
        *(with_meta(SAY, protocolVersion="v999"), {"mcp_protocol_version": "v999"}),
        *(400, -32022),
    ),
    "no method in the headers": (_SAY, {"mcp_method": ""}, 400, -32020),
    "another method in the headers": (_SAY, {"mcp_method": "tools/list"}, 400, -32020),
    "no name in the headers": (_SAY, {"mcp_name": ""}, 400, -32020),
    "another name in the headers": (_SAY, {"mcp_name": "SAY"}, 400, -32020),
    "a parameter's header that differs": (
        *(
            stateless(call(1, "place", region="x"))[0],
            {"mcp_name": "place", "mcp_param_region": "y"},
        ),
        *(400, -32020),
    ),
    "a name that is no text": (
        *({**_SAY, "params": {**_SAY["params"], "name": 1}}, {"mcp_name": ""}),
        *(200, -32602),
    ),
}


class Place(Tool):
    """Has an argument that a header repeats."""

    name = "place"
    input_schema = {  # noqa: RUF012
        "type": "object",
        "properties": {"region": {"type": "string", "x-mcp-header": "Region"}},
    }

    async def call(self, arguments: Json, context: Context) -> str:
        return str(arguments.get("region"))


@pytest.mark.parametrize(("message", "headers", "status", "code"), REFUSED.values(), ids=REFUSED)
async def test_a_request_is_refused(
    message: Any, headers: dict[str, str], status: int, code: int
) -> None:
    async with streamable(Server("tested", tools=[Place()])) as site:
        answer = await site.post(message, **{**SAY_HEADERS, **headers})
        assert (answer.status, answer.code) == (status, code)
        if isinstance(message, dict) and message.get("id") and "method" in message:
            assert answer.json["id"] == message["id"]
        else:
            assert "id" not in answer.json


async def test_a_parameter_is_repeated_in_its_header() -> None:
    async with streamable(Server("tested", tools=[Place()])) as site:
        for arguments, region in (({"region": "x"}, "x"), ({}, "")):
            message, headers = stateless(call(1, "place", **arguments))
            answer = await site.post(message, **headers, mcp_param_region=region)
            assert said(answer.json) == str(arguments.get("region"))


async def test_nothing_of_an_older_transport_is_looked_at() -> None:
    async with streamable(talkative()) as site:
        answer = await site.post(_SAY, **SAY_HEADERS, session="x", last_event_id="y")
        assert said(answer.json) == "x"
        assert "mcp-session-id" not in answer.headers


@pytest.mark.parametrize("method", ["notifications/cancelled", "notifications/x"])
async def test_a_notification_is_taken_and_ignored(method: str) -> None:
    async with streamable(talkative()) as site:
        answer = await site.post(notification(method), mcp_protocol_version=MODERN)
        assert (answer.status, answer.body) == (202, b"")


async def test_what_is_said_on_the_way_comes_on_a_plain_stream() -> None:
    async with streamable(talkative()) as site:
        message, headers = stateless(call(7, "chat", progress="p", name="x"), logLevel="info")
        answer = await site.post(message, **headers)
        assert answer.headers["content-type"] == STREAM_ONLY
        assert answer.headers["cache-control"] == "no-cache"
        assert answer.headers["x-accel-buffering"] == "no"
        methods = [message.get("method", message.get("id")) for message in answer.messages]
        pair = ["notifications/progress", "notifications/message"]
        assert methods == [*pair, *pair, 7]
        # Nobody can come back to it, so there is nothing to come back with.
        assert not re.search(rb"^(id|retry):", answer.body, re.MULTILINE)


async def test_logs_come_only_to_who_asked_for_them_in_this_request() -> None:
    async with streamable(talkative()) as site:
        for level, count in (("info", 2), ("error", 0), (None, 0)):
            keys = {} if level is None else {"logLevel": level}
            message, headers = stateless(call(1, "chat", name="x"), **keys)
            answer = await site.post(message, **headers)
            assert len(answer.messages) == count + 1


async def test_who_takes_no_stream_gets_the_answer_alone() -> None:
    async with streamable(talkative()) as site:
        message, headers = stateless(call(1, "chat", progress=1, name="x"), logLevel="info")
        answer = await site.post(message, accept=JSON_ONLY, **headers)
        assert said(answer.json) == "x"


class Form(Tool):
    """Asks for a name."""

    name = "form"

    async def call(self, arguments: Json, context: Context) -> str:
        schema = {"type": "object", "properties": {"n": {"type": "string"}}}
        return str((await context.ask(Elicitation("Who?", schema)))["content"]["n"])


async def test_a_question_ends_the_call_and_any_process_takes_it_up_again() -> None:
    key = b"s" * 32
    first, second = (Server("tested", tools=[Form()], state_key=key) for _ in range(2))
    message, headers = stateless(call(1, "form"), clientCapabilities={"elicitation": {}})
    async with streamable(first) as site, streamable(second) as other:
        told = (await site.post(message, **headers)).json["result"]
        assert told["resultType"] == "input_required"
        accepted = {"action": "accept", "content": {"n": "Ann"}}
        again = {
            **message["params"],
            "requestState": told["requestState"],
            "inputResponses": {"answer": accepted},
        }
        answer = await other.post({**message, "id": 2, "params": again}, **headers)
        assert said(answer.json) == "Ann"
        message, headers = stateless(call(1, "form"))
        refused = await site.post(message, **headers)
        assert (refused.status, refused.code) == (400, -32021)


class Named(Access):
    """Believes who says who he is."""

    async def caller(self, request: Request) -> Caller | Response:
        return Caller(request.header("authorization") or "")


async def test_a_question_is_answered_by_who_was_asked_alone() -> None:
    async with streamable(Server("tested", tools=[Form()]), access=Named()) as site:
        message, headers = stateless(call(1, "form"), clientCapabilities={"elicitation": {}})
        asked = await site.post(message, **headers, authorization="Ann")
        again = {
            **message["params"],
            "requestState": asked.json["result"]["requestState"],
            "inputResponses": {"answer": {"action": "accept", "content": {"n": "x"}}},
        }
        message = {**message, "id": 2, "params": again}
        answer = await site.post(message, **headers, authorization="Bob")
        assert (answer.status, answer.code) == (200, -32602)
        answer = await site.post(message, **headers, authorization="Ann")
        assert said(answer.json) == "x"


async def test_equal_ids_of_stateless_requests_have_nothing_to_do_with_each_other() -> None:
    gate = Gate()
    async with streamable(talkative(gate)) as site:
        first = await begin(site, call(1, "gate", name="a"))
        second = await begin(site, call(1, "gate", name="b"))
        await until(lambda: len(gate.entered) == 2)
        # Nor can one client cancel the other's.
        assert (await site.post(cancelled(1), mcp_protocol_version=MODERN)).status == 202
        gate.open("b")
        assert said((await second.answer()).json) == "b"
        gate.open("a")
        assert said((await first.answer()).json) == "a"
    assert not gate.cancelled


async def begin(site: StreamableSite, message: Json, **more: Any) -> Any:
    sent, headers = stateless(message, **more.pop("keys", {}))
    return await site.begin("POST", sent, **{**headers, **more})


@pytest.mark.parametrize("tells", [False, True], ids=["a silent call", "a call with a stream"])
async def test_a_client_that_goes_away_cancels_its_call(tells: bool) -> None:
    gate = Gate()
    async with streamable(talkative(gate)) as site:
        going = await begin(site, call(1, "gate", progress=1, name="a", tells=tells))
        staying = await begin(site, call(1, "gate", progress=1, name="b", tells=tells))
        await until(lambda: len(gate.entered) == 2)
        await going.leave()
        await until(lambda: gate.cancelled)
        gate.open("b")
        assert said((await staying.answer()).messages[-1]) == "b"
    assert gate.cancelled == ["a"]
    assert not site.endpoint._modern._open


async def test_a_quiet_call_shows_that_it_is_alive() -> None:
    gate = Gate()
    async with streamable(talkative(gate), heartbeat_s=0.001) as site:
        quiet = await begin(site, call(1, "gate", name="a"))
        assert await quiet.head() == 200
        # Whoever takes JSON alone cannot be shown anything.
        strict = await begin(site, call(1, "gate", name="b"), accept=JSON_ONLY)
        await until(lambda: len(gate.entered) == 2)
        quiet_events = [await quiet._chunk() for _ in range(3)]
        assert quiet_events == [b": heartbeat\n\n"] * 3
        gate.open("a")
        gate.open("b")
        assert said((await quiet.rest())[-1]) == "a"
        assert said((await strict.answer()).json) == "b"


# ---- subscriptions ------------------------------------------------------------------------------


def listen(request_id: Any, **wanted: Any) -> Json:
    return request(request_id, "subscriptions/listen", notifications=wanted)


def acknowledged(request_id: Any, **honoured: Any) -> Json:
    method = "notifications/subscriptions/acknowledged"
    keys = {PREFIX + "subscriptionId": request_id}
    return notification(method, notifications=honoured, _meta=keys)


async def test_a_subscription_hears_what_it_asked_for_under_its_own_id() -> None:
    async with streamable(talkative()) as site:
        tools = await begin(site, listen(0, toolsListChanged=True, promptsListChanged=False))
        one = await begin(site, listen("0", resourceSubscriptions=["x:1"]))
        nothing = await begin(site, listen(5))
        assert await tools.message() == acknowledged(0, toolsListChanged=True)
        assert await one.message() == acknowledged("0", resourceSubscriptions=["x:1"])
        assert await nothing.message() == acknowledged(5)
        for uri in ("x:1", "x:2", ""):
            message, headers = stateless(call(1, "announce", uri=uri))
            assert said((await site.post(message, **headers)).messages[-1]) == "announced"
        keys: Json = {"_meta": {PREFIX + "subscriptionId": 0}}
        assert await tools.message() == notification("notifications/tools/list_changed", **keys)
        keys = {"_meta": {PREFIX + "subscriptionId": "0"}}
        updated = notification("notifications/resources/updated", uri="x:1", **keys)
        assert await one.message() == updated
        tools_heard, one_heard = tools.heard, one.heard
        await settle()
        assert (tools.heard, one.heard) == (tools_heard, one_heard)


REFUSED_LISTENS: dict[str, tuple[Json, str, int, int]] = {
    "without a filter": (request(1, "subscriptions/listen"), STREAM_ONLY, 200, -32602),
    "for who takes no stream": (listen(1), JSON_ONLY, 406, -32600),
}


@pytest.mark.parametrize(
    ("message", "accept", "status", "code"), REFUSED_LISTENS.values(), ids=REFUSED_LISTENS
)
async def test_a_subscription_is_refused(
    message: Json, accept: str, status: int, code: int
) -> None:
    async with streamable(talkative()) as site:
        sent, headers = stateless(message)
        answer = await site.post(sent, accept=accept, **headers)
        assert (answer.status, answer.code) == (status, code)


async def test_a_subscription_ends_when_its_client_goes_away() -> None:
    server = talkative()
    async with streamable(server) as site:
        heard = await begin(site, listen(1, toolsListChanged=True))
        await heard.message()
        assert len(server._conversations) == 1
        await heard.leave()
        await until(lambda: not server._conversations)
        assert not site.endpoint._modern._open


async def test_a_subscription_ends_with_a_result_when_the_server_stops() -> None:
    async with streamable(talkative()) as site:
        heard = [await begin(site, listen(number)) for number in range(3)]
        for one in heard:
            await one.message()
        site.http.begin_stop()
        await site.endpoint.finish()
        for number, one in enumerate(heard):
            (ended,) = await one.rest()
            assert ended["id"] == number
            assert ended["result"]["resultType"] == "complete"
            assert ended["result"]["_meta"][PREFIX + "subscriptionId"] == number
        # The clients stay, and hold nothing up.
        await until(lambda: not site.open)


async def test_at_a_stop_calls_have_their_time() -> None:
    gate = Gate()
    async with streamable(talkative(gate)) as site:
        quick = await begin(site, call(1, "gate", name="quick"))
        slow = await begin(site, call(2, "gate", name="slow"))
        told = await begin(site, call(3, "gate", progress=1, name="told", tells=True))
        await until(lambda: len(gate.entered) == 3)
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(site.endpoint.finish)
            await settle()
            gate.open("quick")
            assert said((await quick.answer()).json) == "quick"
        answer = await slow.answer()
        assert (answer.status, answer.headers["retry-after"]) == (503, "1")
        assert (answer.code, answer.json["id"]) == (-32603, 2)
        # What was begun as a stream ends as one.
        assert [message["method"] for message in await told.rest()] == ["notifications/progress"]
    assert sorted(gate.cancelled) == ["slow", "told"]


async def test_a_client_that_goes_away_at_the_last_moment_is_not_answered() -> None:
    """Its call has ended without an answer, and only then it is noticed that nobody waits."""
    gate = Gate()
    async with streamable(talkative(gate)) as site:
        going = await begin(site, call(1, "gate", name="a"))
        await until(lambda: gate.entered)
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(site.endpoint.finish)
            await until(lambda: gate.cancelled)
            await going.leave()
        await until(lambda: not site.open)
