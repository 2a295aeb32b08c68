"""Conversations with the shell: calls at once, questions, bounds, and every way to an end."""

import json
from collections.abc import Callable, Mapping
from typing import Any

import anyio
import pytest

from tests.clients import HASTY, KEY, PATIENT, TTL_S, Client, conversation, serving, settle
from tests.protocol.playbook import PREFIX, cancelled, meta, modern, request
from vtmcp.handlers.base import Prompt, Tool
from vtmcp.handlers.context import Context
from vtmcp.protocol.framing import Document, Oversized
from vtmcp.protocol.messages import Json, RequestId
from vtmcp.protocol.questions import Elicitation, Roots
from vtmcp.protocol.results import ToolResult
from vtmcp.protocol.seal import seal
from vtmcp.protocol.subscriptions import TOOLS_CHANGED
from vtmcp.serve import Conversation
from vtmcp.transports.memory import channel_pair

pytestmark = pytest.mark.anyio

ANYTHING: Json = {"type": "object"}


class Gate(Tool):
    """Says its argument once the gate of that name is open."""

    name = "gate"
    input_schema = ANYTHING

    def __init__(self) -> None:
        self.opened: dict[str, anyio.Event] = {}
        self.entered: list[str] = []
        self.cancelled: list[str] = []

    def gate(self, name: str) -> anyio.Event:
        return self.opened.setdefault(name, anyio.Event())

    async def call(self, arguments: Json, context: Context) -> str:
        name: str = arguments["name"]
        self.entered.append(name)
        try:
            await self.gate(name).wait()
        except anyio.get_cancelled_exc_class():
            self.cancelled.append(name)
            raise
        return name


class Stubborn(Gate):
    """Takes its time to end when it is cancelled."""

    async def call(self, arguments: Json, context: Context) -> str:
        try:
            return await super().call(arguments, context)
        finally:
            with anyio.CancelScope(shield=True):
                await self.gate("late").wait()


class Impatient(Gate):
    """Asks, and may be told not to wait for the answer."""

    def __init__(self) -> None:
        super().__init__()
        self.patience = anyio.CancelScope()

    async def call(self, arguments: Json, context: Context) -> str:
        with self.patience:
            await context.ask(Roots())
        return await super().call(arguments, context)


class Asking(Tool):
    """Asks for the client's folders, and says how many there are."""

    name = "asking"
    input_schema = ANYTHING

    async def call(self, arguments: Json, context: Context) -> str:
        answer = await context.ask(Roots(), key="roots")
        return f"{len(answer['roots'])} folders, {'again' if context.resumed else 'at once'}"


AGE = Elicitation("how old?", {"type": "object", "properties": {"age": {"type": "integer"}}})


class AskingTwice(Tool):
    name = "asking twice"
    input_schema = ANYTHING

    async def call(self, arguments: Json, context: Context) -> str:
        first = await context.ask(AGE, key="first")
        second = await context.ask(AGE, key="second")
        return f"{first['content']['age']} and {second['content']['age']}"


class Saying(Tool):
    """Says a lot on its way."""

    name = "saying"
    input_schema = ANYTHING

    async def call(self, arguments: Json, context: Context) -> str:
        await context.progress(1, total=2, message="half")
        await context.log("error", {"a": 1}, logger="db")
        await context.publish(TOOLS_CHANGED)
        return "done"


class Returning(Tool):
    """Returns what it was made with."""

    name = "returning"
    input_schema = ANYTHING

    def __init__(self, make: Callable[[], ToolResult]) -> None:
        self._make = make

    async def call(self, arguments: Json, context: Context) -> ToolResult:
        return self._make()


class CompletingByAsking(Prompt):
    name = "p"
    arguments = ({"name": "a"},)

    async def complete(
        self, argument: str, value: str, arguments: Mapping[str, str], context: Context
    ) -> list[str]:
        await context.ask(Roots())
        return []


def gate(request_id: Any, name: str) -> Json:
    return request(request_id, "tools/call", name="gate", arguments={"name": name})


def modern_gate(request_id: Any, name: str) -> Json:
    return modern(request_id, "tools/call", name="gate", arguments={"name": name})


def call(request_id: Any, tool: str, **more: Any) -> Json:
    return request(request_id, "tools/call", name=tool, **more)


def words(message: Json) -> tuple[Any, str, bool]:
    """The id and text of a tool's result, and whether it is an error."""
    [block] = message["result"]["content"]
    return message["id"], block["text"], message["result"].get("isError", False)


async def test_calls_run_at_once_and_are_answered_as_they_end() -> None:
    tool = Gate()
    async with serving(tool) as client:
        await client.greet()
        await client.say(gate(1, "a"), gate(2, "b"), request(3, "ping"))
        assert await client.hear() == {"jsonrpc": "2.0", "id": 3, "result": {}}
        tool.gate("b").set()
        assert words(await client.hear()) == (2, "b", False)
        tool.gate("a").set()
        assert words(await client.hear()) == (1, "a", False)


async def test_what_a_call_says_on_its_way_comes_before_its_answer() -> None:
    async with serving(Saying()) as client:
        await client.greet()
        await client.say(call(1, "saying", _meta={"progressToken": 0}))
        heard = [await client.hear() for _ in range(4)]
    assert [message.get("method") for message in heard] == [
        "notifications/progress",
        "notifications/message",
        "notifications/tools/list_changed",
        None,
    ]
    assert heard[0]["params"] == {"progressToken": 0, "progress": 1, "total": 2, "message": "half"}
    assert heard[1]["params"] == {"level": "error", "data": {"a": 1}, "logger": "db"}


async def test_a_document_that_was_too_long_is_refused_and_the_next_is_served() -> None:
    async with serving() as client:
        await client.channel.send(Oversized(8))
        assert (await client.hear())["error"]["code"] == -32600
        await client.say(request(1, "ping"))
        assert (await client.hear())["result"] == {}


# ---- cancelling -------------------------------------------------------------------------------


async def test_a_cancelled_call_is_stopped_and_never_answered() -> None:
    tool = Gate()
    async with serving(tool) as client:
        await client.greet()
        await client.say(gate(1, "a"), gate(2, "b"), cancelled(1), request(3, "ping"))
        assert (await client.hear())["id"] == 3
        await settle()
        assert tool.cancelled == ["a"]
        tool.gate("b").set()
        assert words(await client.hear()) == (2, "b", False)
        client.end()
        assert await client.rest() == []


async def test_the_id_of_a_cancelled_call_is_free_at_once() -> None:
    tool = Gate()
    async with serving(tool) as client:
        await client.greet()
        await client.say(gate(1, "a"), cancelled(1), gate(1, "b"))
        tool.gate("a").set()
        tool.gate("b").set()
        assert words(await client.hear()) == (1, "b", False)
        client.end()
        assert await client.rest() == []


async def test_a_cancelled_call_that_takes_its_time_does_not_touch_the_next_of_its_id() -> None:
    tool = Stubborn()
    async with serving(tool) as client:
        await client.greet()
        await client.say(gate(1, "a"))
        await settle()
        await client.say(cancelled(1), gate(1, "b"))
        await settle()
        assert tool.entered == ["a", "b"]
        tool.gate("late").set()
        await settle()
        await client.say(cancelled(1))
        await settle()
        assert tool.cancelled == ["a", "b"]


async def test_a_call_is_cancelled_once_it_is_under_way() -> None:
    tool = Gate()
    async with serving(tool) as client:
        await client.greet()
        await client.say(gate(1, "a"))
        await settle()
        await client.say(cancelled(1), cancelled(1), cancelled(7))
        await settle()
        assert tool.cancelled == ["a"]


async def test_a_listener_is_cancelled_though_nothing_runs() -> None:
    async with serving() as client:
        await client.say(modern(1, "subscriptions/listen", notifications={}), cancelled(1))
        assert (await client.hear())["method"] == "notifications/subscriptions/acknowledged"
        client.end()
        assert await client.rest() == []


# ---- asking a legacy client -------------------------------------------------------------------


async def ask(client: Client) -> Json:
    """Call the tool that asks, and return its question."""
    await client.greet()
    await client.say(call("c", "asking"))
    asked = await client.hear()
    assert asked["method"] == "roots/list"
    return asked


REPLIES: dict[str, tuple[Json, str, bool]] = {
    "an answer": ({"result": {"roots": [{"uri": "file:///a"}]}}, "1 folders, at once", False),
    "an answer that is none": (
        {"result": {}},
        "The client's answer to roots/list cannot be used: an answer to roots/list has"
        ' "roots", a list of {"uri"}',
        True,
    ),
    "a refusal": (
        {"error": {"code": -1, "message": "not allowed"}},
        "The client refused roots/list: not allowed",
        True,
    ),
    "a refusal without words": (
        {"error": {"code": -1}},
        "The client refused roots/list: no reason given",
        True,
    ),
    "a refusal with too many": (
        {"error": {"code": -1, "message": "x" * 501}},
        "The client refused roots/list: " + "x" * 500,
        True,
    ),
}


@pytest.mark.parametrize(("reply", "said", "is_error"), REPLIES.values(), ids=REPLIES)
async def test_what_a_client_replies(reply: Json, said: str, is_error: bool) -> None:
    async with serving(Asking()) as client:
        asked = await ask(client)
        await client.say({"jsonrpc": "2.0", "id": asked["id"], **reply})
        assert words(await client.hear()) == ("c", said, is_error)


async def test_a_reply_to_nothing_is_nothing() -> None:
    async with serving(Asking()) as client:
        asked = await ask(client)
        await client.say({"jsonrpc": "2.0", "id": "other", "result": {"roots": []}})
        reply = {"jsonrpc": "2.0", "id": asked["id"], "result": {"roots": []}}
        await client.say(reply, reply)
        assert words(await client.hear()) == ("c", "0 folders, at once", False)


async def test_a_reply_that_nobody_waits_for_any_more_is_nothing() -> None:
    tool = Impatient()
    async with serving(tool) as client:
        await client.greet()
        await client.say(gate(1, "a"))
        asked = await client.hear()
        tool.patience.cancel()
        await settle()
        await client.say({"jsonrpc": "2.0", "id": asked["id"], "result": {"roots": []}})
        await settle()
        tool.gate("a").set()
        assert words(await client.hear()) == (1, "a", False)


async def test_two_replies_at_once_are_one() -> None:
    """The second comes before the handler has had its turn."""
    async with serving(Asking()) as client:
        await client.greet("2025-03-26")
        await client.say(call("c", "asking"))
        asked = await client.hear()
        reply = {"jsonrpc": "2.0", "id": asked["id"], "result": {"roots": []}}
        await client.say([reply, reply])
        assert words(await client.hear()) == ("c", "0 folders, at once", False)


async def test_who_does_not_answer_in_time_is_told_so() -> None:
    async with serving(Asking(), limits=PATIENT._replace(ask_timeout_s=0)) as client:
        asked = await ask(client)
        withdrawn = await client.hear()
        assert withdrawn["method"] == "notifications/cancelled"
        assert withdrawn["params"]["requestId"] == asked["id"]
        said = "The client gave no answer within 0 s to roots/list"
        assert words(await client.hear()) == ("c", said, True)


async def test_a_cancelled_call_asks_no_longer() -> None:
    async with serving(Asking()) as client:
        asked = await ask(client)
        await client.say(cancelled("c"))
        withdrawn = await client.hear()
        assert withdrawn["method"] == "notifications/cancelled"
        assert withdrawn["params"]["requestId"] == asked["id"]
        client.end()
        assert await client.rest() == []


async def test_who_goes_away_does_not_answer() -> None:
    async with serving(Asking()) as client:
        await ask(client)
        client.end()
        said = "The client went away before it answered roots/list"
        assert words((await client.rest())[-1]) == ("c", said, True)


# ---- asking a stateless client ----------------------------------------------------------------

ABLE = meta(clientCapabilities={"roots": {}, "elicitation": {}})
NO_ROOTS: Json = {"roots": {"roots": []}}


def asking(request_id: Any, tool: str = "asking", **more: Any) -> Json:
    return modern(request_id, "tools/call", **{"name": tool, "_meta": ABLE, **more})


async def paused(client: Client, **more: Any) -> Json:
    """Call a tool that asks, and return the result that says what."""
    await client.say(asking(1, **more))
    result: Json = (await client.hear())["result"]
    assert result["resultType"] == "input_required"
    return result


async def test_a_stateless_client_calls_again_with_its_answer() -> None:
    async with serving(Asking()) as client:
        result = await paused(client)
        assert result["inputRequests"] == {"roots": {"method": "roots/list"}}
        assert "ttlMs" not in result
        state = result["requestState"]
        await client.say(asking(2, inputResponses=NO_ROOTS, requestState=state))
        assert words(await client.hear()) == (2, "0 folders, again", False)


async def test_answers_may_come_with_the_first_call() -> None:
    async with serving(Asking()) as client:
        await client.say(asking(1, inputResponses=NO_ROOTS))
        assert words(await client.hear()) == (1, "0 folders, at once", False)


@pytest.mark.parametrize(
    "responses", [{}, {"other": 1}, {"roots": {}}, {"roots": None}, {"roots": "x"}], ids=str
)
async def test_what_is_no_answer_is_asked_for_again(responses: Json) -> None:
    async with serving(Asking()) as client:
        state = (await paused(client))["requestState"]
        await client.say(asking(2, inputResponses=responses, requestState=state))
        assert (await client.hear())["result"]["inputRequests"].keys() == {"roots"}


async def test_several_rounds() -> None:
    def aged(age: int) -> Json:
        return {"action": "accept", "content": {"age": age}}

    async with serving(AskingTwice()) as client:
        tool = "asking twice"
        first = await paused(client, tool=tool)
        assert first["inputRequests"].keys() == {"first"}
        said = {"inputResponses": {"first": aged(1)}, "requestState": first["requestState"]}
        await client.say(asking(2, tool, **said))
        second = (await client.hear())["result"]
        assert second["inputRequests"].keys() == {"second"}
        said = {
            "inputResponses": {"first": aged(9), "second": aged(2)},
            "requestState": second["requestState"],
        }
        await client.say(asking(3, tool, **said))
        assert words(await client.hear()) == (3, "1 and 2", False)


async def test_another_process_with_the_key_goes_on() -> None:
    async with serving(Asking()) as client:
        state = (await paused(client))["requestState"]
    async with serving(Asking()) as client:
        await client.say(asking(1, inputResponses=NO_ROOTS, requestState=state))
        assert words(await client.hear()) == (1, "0 folders, again", False)


ALTERED: dict[str, tuple[Callable[[str], Any], Json, str]] = {
    # What is done to the state, what else is different in the call, what is said of it.
    "another character": (
        lambda state: ("A" if state[0] != "A" else "B") + state[1:],
        {},
        "not one of this server",
    ),
    "cut short": (lambda state: state[:-1], {}, "not one of this server"),
    "another tool": (lambda state: state, {"tool": "asking twice"}, "another request"),
    "other arguments": (lambda state: state, {"arguments": {"a": 1}}, "another request"),
}


@pytest.mark.parametrize(("alter", "more", "problem"), ALTERED.values(), ids=ALTERED)
async def test_a_state_that_is_not_as_it_was_is_refused(
    alter: Callable[[str], Any], more: Json, problem: str
) -> None:
    async with serving(Asking(), AskingTwice()) as client:
        state = alter((await paused(client))["requestState"])
        await client.say(asking(2, requestState=state, inputResponses=NO_ROOTS, **more))
        error = (await client.hear())["error"]
        assert error["code"] == -32602
        assert problem in error["message"]


@pytest.mark.parametrize(
    "state",
    ["", "junk", None, 1, [], {}, seal({}, key=KEY, purpose="tools/list")],
    ids=["", "junk", "null", "1", "list", "object", "a cursor"],
)
async def test_what_was_never_a_state_is_refused(state: Any) -> None:
    async with serving(Asking()) as client:
        await client.say(asking(1, requestState=state))
        assert (await client.hear())["error"]["code"] == -32602


async def test_a_state_of_another_key_is_refused() -> None:
    async with serving(Asking(), state_key=b"other") as client:
        state = (await paused(client))["requestState"]
    async with serving(Asking()) as client:
        await client.say(asking(1, requestState=state))
        assert "not one of this server" in (await client.hear())["error"]["message"]


async def test_a_state_is_good_until_its_time_is_over() -> None:
    now = [1000.0]
    async with serving(Asking(), clock=lambda: now[0]) as client:
        state = (await paused(client))["requestState"]
        now[0] = 1000.0 + TTL_S
        await client.say(asking(2, inputResponses=NO_ROOTS, requestState=state))
        assert words(await client.hear()) == (2, "0 folders, again", False)
        now[0] += 0.1
        await client.say(asking(3, inputResponses=NO_ROOTS, requestState=state))
        error = (await client.hear())["error"]
        assert (error["code"], "expired" in error["message"]) == (-32602, True)


async def test_responses_that_are_no_object_are_refused() -> None:
    async with serving(Asking()) as client:
        await client.say(asking(1, inputResponses=[]))
        assert (await client.hear())["error"]["code"] == -32602


async def test_a_session_has_no_states() -> None:
    tool = Gate()
    tool.gate("a").set()
    async with serving(tool) as client:
        await client.greet()
        arguments = {"name": "a"}
        await client.say(call(1, "gate", arguments=arguments, requestState=1, inputResponses=1))
        assert words(await client.hear()) == (1, "a", False)


async def test_who_declared_nothing_is_not_asked() -> None:
    async with serving(Asking()) as client:
        await client.say(asking(1, _meta=meta()))
        error = (await client.hear())["error"]
        assert (error["code"], error["data"]) == (-32021, {"requiredCapabilities": {"roots": {}}})


async def test_a_completion_may_not_ask() -> None:
    async with serving(CompletingByAsking()) as client:
        ref = {"type": "ref/prompt", "name": "p"}
        said = {"ref": ref, "argument": {"name": "a", "value": ""}, "_meta": ABLE}
        await client.say(modern(1, "completion/complete", **said))
        assert (await client.hear())["error"]["code"] == -32603


# ---- bounds -----------------------------------------------------------------------------------


async def test_a_call_too_many_is_refused_and_the_rest_goes_on() -> None:
    tool = Gate()
    async with serving(tool, limits=PATIENT._replace(calls_max=1, room_wait_s=0)) as client:
        await client.greet()
        await client.say(gate(1, "a"), gate(2, "b"), gate(3, "c"), request(4, "ping"))
        for refused in (2, 3):
            message = await client.hear()
            assert (message["id"], message["error"]["code"]) == (refused, -32603)
            assert message["error"]["message"].startswith("Busy: 1 calls are under way")
        assert (await client.hear())["id"] == 4
        tool.gate("a").set()
        assert words(await client.hear()) == (1, "a", False)
        tool.gate("d").set()
        await client.say(gate(5, "d"))
        assert words(await client.hear()) == (5, "d", False)
        assert tool.entered == ["a", "d"]


async def test_a_call_too_many_waits_for_a_place() -> None:
    tool = Gate()
    async with serving(tool, limits=PATIENT._replace(calls_max=1)) as client:
        await client.greet()
        await client.say(gate(1, "a"), gate(2, "b"))
        await settle()
        assert tool.entered == ["a"]
        tool.gate("a").set()
        tool.gate("b").set()
        assert words(await client.hear()) == (1, "a", False)
        assert words(await client.hear()) == (2, "b", False)


async def test_many_quick_calls_find_a_place_each() -> None:
    tool = Gate()
    tool.gate("a").set()
    async with serving(tool, limits=PATIENT._replace(calls_max=2)) as client:
        await client.greet()
        await client.say(*(gate(number, "a") for number in range(50)))
        heard = [words(await client.hear()) for _ in range(50)]
        assert sorted(heard) == [(number, "a", False) for number in range(50)]


class HeldChannel:
    """Documents that are all there at once, for a peer that reads nothing until told to."""

    request_headers = ()

    def __init__(self, *messages: Any) -> None:
        self._documents: list[Document] = [encoded(message) for message in messages]
        self.reading = anyio.Event()
        self.sent: list[bytes] = []

    async def receive(self) -> Document | None:
        await anyio.lowlevel.checkpoint()
        return self._documents.pop(0) if self._documents else None

    async def send(
        self, document: bytes, about: RequestId | None = None, reply: int | None = None
    ) -> None:
        await self.reading.wait()
        self.sent.append(document)

    async def release(self) -> None:
        raise AssertionError


def encoded(message: Json) -> bytes:
    return json.dumps(message).encode()


async def test_answers_that_nobody_reads_are_bounded_too() -> None:
    tool = Gate()
    tool.gate("a").set()
    channel = HeldChannel(*(modern_gate(number, "a") for number in range(10)))
    limits = HASTY._replace(calls_max=2)
    served = conversation(channel, [tool], limits=limits)
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(served.run)
        await settle()
        tasks.cancel_scope.cancel()
    assert len(tool.entered) == 2


async def test_answers_that_are_being_sent_at_the_end_are_sent() -> None:
    tool = Gate()
    tool.gate("a").set()
    channel = HeldChannel(*(modern_gate(number, "a") for number in range(3)))
    with anyio.fail_after(5):
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(conversation(channel, [tool]).run)
            await settle()
            channel.reading.set()
    assert len(channel.sent) == 3


# ---- ends -------------------------------------------------------------------------------------


async def test_at_the_end_of_input_running_calls_end_and_are_answered() -> None:
    tool = Gate()
    async with serving(tool) as client:
        await client.greet()
        await client.say(gate(1, "a"), gate(2, "b"))
        client.end()
        await settle()
        tool.gate("b").set()
        tool.gate("a").set()
        heard = [words(message) for message in await client.rest()]
        assert sorted(heard) == [(1, "a", False), (2, "b", False)]


async def test_at_the_end_of_input_calls_get_only_so_long() -> None:
    tool = Gate()
    async with serving(tool, limits=HASTY) as client:
        await client.greet()
        await client.say(gate(1, "a"))
        client.end()
        assert await client.rest() == []
    assert tool.cancelled == ["a"]


async def test_at_the_end_of_input_listeners_have_their_result() -> None:
    async with serving() as client:
        await client.say(modern("l", "subscriptions/listen", notifications={}))
        await client.hear()
        client.end()
        [message] = await client.rest()
        assert message["id"] == "l"
        assert message["result"]["resultType"] == "complete"
        assert message["result"]["_meta"][PREFIX + "subscriptionId"] == "l"


async def test_a_stop_ends_the_conversation_though_the_client_is_there() -> None:
    tool = Gate()
    async with serving(tool, limits=HASTY._replace(shutdown_s=1)) as client:
        await client.greet()
        await client.say(gate(1, "a"), modern("l", "subscriptions/listen", notifications={}))
        await client.hear()
        client.conversation.stop()
        await settle()
        tool.gate("a").set()
        heard = await client.rest()
        assert [message["id"] for message in heard] == [1, "l"]


async def test_after_a_stop_nothing_is_taken() -> None:
    async with serving() as client:
        client.conversation.stop()
        await client.say(request(1, "ping"))
        assert await client.rest() == []


async def test_a_client_that_is_gone_ends_the_conversation_quietly() -> None:
    ours, theirs = channel_pair()
    await theirs.send(encoded(request(1, "ping")))
    theirs.close()
    ended: list[str] = []

    async def run() -> None:
        try:
            await conversation(ours).run()
            ended.append("quietly")
        except* anyio.BrokenResourceError:
            ended.append("with an error")

    with anyio.fail_after(5):
        await run()
    ours.close()
    assert ended == ["quietly"]


async def test_one_result_that_cannot_be_sent_does_not_end_the_conversation() -> None:
    async with serving(Returning(lambda: ToolResult([{"text": "no type"}]))) as client:
        await client.greet()
        await client.say(call(1, "returning"), request(2, "ping"))
        heard = {(await client.hear())["id"] for _ in range(2)}
        assert heard == {1, 2}


async def test_arguments_of_any_depth_do_not_end_the_conversation() -> None:
    deep = "[" * 1000 + "]" * 1000
    said = json.dumps(asking(1, arguments={"a": "deep"})).replace('"deep"', deep)
    async with serving(Asking()) as client:
        await client.channel.send(said.encode())
        assert (await client.hear())["id"] == 1


# ---- several conversations --------------------------------------------------------------------


async def test_a_change_is_told_to_everyone_who_listens() -> None:
    everyone: set[Conversation] = set()
    wanted = {"toolsListChanged": True}
    async with (
        serving(Saying(), everyone=everyone) as one,
        serving(everyone=everyone) as two,
        serving(everyone=everyone) as deaf,
    ):
        await two.greet()
        await one.say(modern("l", "subscriptions/listen", notifications=wanted))
        await one.hear()
        assert len(everyone) == 3
        await one.say(modern(1, "tools/call", name="saying"))
        changed = await one.hear()
        assert changed["params"] == {"_meta": {PREFIX + "subscriptionId": "l"}}
        assert words(await one.hear()) == (1, "done", False)
        assert (await two.hear())["method"] == "notifications/tools/list_changed"
        deaf.end()
        assert await deaf.rest() == []
        await settle()
        assert len(everyone) == 2
    assert not everyone


async def test_a_change_is_told_though_someone_is_gone() -> None:
    everyone: set[Conversation] = set()
    tool = Gate()
    async with serving(tool, everyone=everyone) as gone:
        await gone.greet()
        await gone.say(gate(1, "a"))
        await settle()
        gone.channel.close()
        async with serving(Saying(), everyone=everyone) as client:
            await client.say(modern(1, "tools/call", name="saying"))
            assert words(await client.hear()) == (1, "done", False)
        tool.gate("a").set()


async def test_who_does_not_read_does_not_hold_up_who_publishes() -> None:
    everyone: set[Conversation] = set()
    stuck = HeldChannel(
        modern("l", "subscriptions/listen", notifications={"toolsListChanged": True})
    )
    forever = anyio.Event()
    heard = stuck.receive

    async def receive() -> Document | None:
        document = await heard()
        if document is None:
            await forever.wait()
        return document

    stuck.receive = receive  # type: ignore[method-assign]
    stuck.reading.set()
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(conversation(stuck, everyone=everyone).run)
        await settle()
        stuck.reading = anyio.Event()
        async with serving(Saying(), everyone=everyone) as client:
            for number in range(3):
                await client.say(modern(number, "tools/call", name="saying"))
                assert words(await client.hear()) == (number, "done", False)
        stuck.reading.set()
        await settle()
        tasks.cancel_scope.cancel()
    told = [json.loads(document).get("method") for document in stuck.sent]
    assert told == [
        "notifications/subscriptions/acknowledged",
        # One is on its way when the next come, and those are one.
        "notifications/tools/list_changed",
        "notifications/tools/list_changed",
    ]
