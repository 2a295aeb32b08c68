"""What a handler says on its way, and one face of asking for both eras."""

from typing import Any

import pytest

from tests.handlers.peer import LEGACY, MODERN, NotedPeer, a_call, a_context
from vtmcp.handlers.context import Context
from vtmcp.protocol.errors import MissingCapability, ToolError
from vtmcp.protocol.questions import Elicitation, Roots, Sampling, UrlElicitation
from vtmcp.protocol.results import InputRequired
from vtmcp.protocol.subscriptions import TOOLS_CHANGED

pytestmark = pytest.mark.anyio

ALL: dict[str, Any] = {"roots": {}, "sampling": {}, "elicitation": {"form": {}, "url": {}}}
AGE = Elicitation("how old?", {"type": "object", "required": ["age"]})
AGED = {"action": "accept", "content": {"age": 3}}
NO_ROOTS: dict[str, Any] = {"roots": []}
AGE_ASKED = {
    "method": "elicitation/create",
    "params": AGE.params(a_call(revision=MODERN).revision),
}


def asking(revision: str, peer: NotedPeer, **known: Any) -> Context:
    return a_context(a_call(revision=revision, capabilities=ALL), peer, **known)


async def test_what_is_said_on_the_way_goes_to_the_peer() -> None:
    peer = NotedPeer()
    context = a_context(peer=peer)
    await context.progress(1)
    await context.progress(2, total=3, message="m")
    await context.log("info", {"a": 1})
    await context.log("error", "x", logger="db")
    await context.publish(TOOLS_CHANGED)
    assert peer.said == [
        ("progress", 1, 1, None, None),
        ("progress", 1, 2, 3, "m"),
        ("log", 1, "info", {"a": 1}, None),
        ("log", 1, "error", "x", "db"),
        ("publish", TOOLS_CHANGED),
    ]


@pytest.mark.parametrize("revision", [LEGACY, MODERN])
async def test_nobody_is_asked_who_did_not_declare_it(revision: str) -> None:
    peer = NotedPeer()
    context = a_context(a_call(revision=revision, capabilities={"sampling": {}}), peer)
    assert context.can_ask(Sampling([], max_tokens=1))
    assert not context.can_ask(Roots())
    with pytest.raises(MissingCapability, match="the capability: roots") as refused:
        await context.ask_all({"a": Sampling([], max_tokens=1), "b": Roots()})
    assert refused.value.data == {"requiredCapabilities": {"roots": {}}}
    assert peer.said == []


async def test_a_page_needs_a_client_that_opens_pages() -> None:
    context = a_context(a_call(capabilities={"elicitation": {}}))
    with pytest.raises(MissingCapability) as refused:
        await context.ask(UrlElicitation("m", "http://x/", "1"))
    assert refused.value.data == {"requiredCapabilities": {"elicitation": {"url": {}}}}


async def test_a_session_is_asked_and_waited_for() -> None:
    peer = NotedPeer(AGED, NO_ROOTS)
    assert await asking(LEGACY, peer).ask_all({"age": AGE, "roots": Roots()}) == {
        "age": AGED,
        "roots": NO_ROOTS,
    }
    assert peer.said == [
        ("ask", 1, "elicitation/create", AGE_ASKED["params"]),
        ("ask", 1, "roots/list", {}),
    ]


async def test_an_answer_that_is_none_is_told_to_the_model() -> None:
    peer = NotedPeer({"action": "accept", "content": {}})
    with pytest.raises(ToolError, match=r"answer to elicitation/create cannot be used: missing"):
        await asking(LEGACY, peer).ask(AGE)


async def test_a_stateless_client_is_asked_to_call_again() -> None:
    peer = NotedPeer()
    context = asking(MODERN, peer)
    assert not context.resumed
    with pytest.raises(InputRequired) as pause:
        await context.ask_all({"age": AGE, "roots": Roots()})
    assert pause.value.requests == {"age": AGE_ASKED, "roots": {"method": "roots/list"}}
    assert pause.value.answers == {}
    assert peer.said == []


async def test_what_came_with_the_call_is_an_answer() -> None:
    context = asking(MODERN, NotedPeer(), responses={"answer": AGED, "unknown": 1})
    assert await context.ask(AGE) == AGED


async def test_what_came_with_an_earlier_call_is_one_too_and_comes_first() -> None:
    older = {"action": "decline"}
    context = asking(MODERN, NotedPeer(), answers={"answer": older}, responses={"answer": AGED})
    assert context.resumed
    assert await context.ask(AGE) == older


async def test_only_what_is_missing_or_unusable_is_asked_again() -> None:
    responses = {"age": {"action": "accept", "content": {}}, "roots": NO_ROOTS}
    context = asking(MODERN, NotedPeer(), answers={"before": 1}, responses=responses)
    with pytest.raises(InputRequired) as pause:
        await context.ask_all({"age": AGE, "roots": Roots()})
    assert pause.value.requests == {"age": AGE_ASKED}
    assert pause.value.answers == {"before": 1, "roots": NO_ROOTS}


async def test_answers_of_one_call_are_kept_for_the_next_question() -> None:
    context = asking(MODERN, NotedPeer(), answers={}, responses={"age": AGED})
    assert await context.ask(AGE, key="age") == AGED
    with pytest.raises(InputRequired) as pause:
        await context.ask(Roots(), key="roots")
    assert pause.value.requests == {"roots": {"method": "roots/list"}}
    assert pause.value.answers == {"age": AGED}


@pytest.mark.parametrize("revision", [LEGACY, MODERN])
async def test_to_ask_nothing_is_answered_at_once(revision: str) -> None:
    assert await asking(revision, NotedPeer()).ask_all({}) == {}


async def test_two_questions_of_one_key_never_share_an_answer() -> None:
    sure = Elicitation("sure?", {"type": "object"})
    context = asking(MODERN, NotedPeer(), responses={"answer": {"action": "decline"}})
    assert await context.ask(AGE) == {"action": "decline"}
    with pytest.raises(Exception, match=r"answer|input required"):
        await context.ask(sure)


async def test_a_span_of_our_own_takes_the_place_of_the_client_s() -> None:
    parent = f"00-{'4b' * 16}-{'0f' * 8}-01"
    context = a_context(a_call(params={"_meta": {"traceparent": parent}}))
    given = context.trace
    assert given is not None
    context.trace = given.child(bytes(7) + b"\x01")
    assert context.trace.traceparent() == f"00-{'4b' * 16}-{'0' * 15}1-01"
    context.trace = None
    assert context.trace is None
    assert a_context(a_call(params={"_meta": 7})).meta == {}
