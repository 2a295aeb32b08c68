"""The state of a call that waits for its client: to whom it is given, and for how long."""

from typing import Any

import pytest

from vtmcp.protocol.actions import Call
from vtmcp.protocol.errors import InvalidParams
from vtmcp.protocol.messages import Json
from vtmcp.protocol.requests import Client
from vtmcp.protocol.seal import seal
from vtmcp.protocol.versions import MODERN
from vtmcp.states import RequestStates

KEY = b"k" * 32
TTL_S = 100.0
ANSWERS: Json = {"name": {"action": "accept", "content": {"n": 1}}}


class Clock:
    now_s = 1_000.0

    def __call__(self) -> float:
        return self.now_s


def states(key: bytes = KEY, clock: Clock | None = None) -> RequestStates:
    return RequestStates(key, ttl_s=TTL_S, clock=clock or Clock())


def call(method: str = "tools/call", request_id: int = 1, **params: Any) -> Call:
    return Call(request_id, method, params, MODERN, Client())


CALL = call(name="t", arguments={"a": 1, "b": [2]})

SAME: dict[str, Call] = {
    "itself": CALL,
    "with another id": call(request_id=2, name="t", arguments={"a": 1, "b": [2]}),
    "with its members in another order": call(arguments={"b": [2], "a": 1}, name="t"),
    "with what comes with each round": call(
        name="t",
        arguments={"a": 1, "b": [2]},
        _meta={"x": 1},
        inputResponses={"name": {}},
        requestState="...",
    ),
}


@pytest.mark.parametrize("again", SAME.values(), ids=SAME)
def test_the_same_request_gets_its_answers_back(again: Call) -> None:
    state = states().seal(CALL, ANSWERS)
    # Another process with the same key can read it too.
    assert states().unseal(again, state) == ANSWERS


OTHERS: dict[str, Call] = {
    "another method": call("prompts/get", name="t", arguments={"a": 1, "b": [2]}),
    "another tool": call(name="u", arguments={"a": 1, "b": [2]}),
    "other arguments": call(name="t", arguments={"a": 2, "b": [2]}),
    "arguments of another type": call(name="t", arguments={"a": "1", "b": [2]}),
    "no arguments": call(name="t"),
}


@pytest.mark.parametrize("other", OTHERS.values(), ids=OTHERS)
def test_another_request_does_not(other: Call) -> None:
    state = states().seal(CALL, ANSWERS)
    with pytest.raises(InvalidParams, match="belongs to another request"):
        states().unseal(other, state)


def test_another_caller_does_not() -> None:
    state = states().seal(CALL, ANSWERS, "someone")
    assert states().unseal(CALL, state, "someone") == ANSWERS
    for other in ("", "another"):
        with pytest.raises(InvalidParams, match="belongs to another request"):
            states().unseal(CALL, state, other)


NOT_OURS: dict[str, Any] = {
    "nothing": "",
    "not a text": 7,
    "missing": None,
    "not base64": "?",
    "signed for something else": seal({"request": ""}, key=KEY, purpose="session"),
    "signed with another key": states(b"x" * 32).seal(CALL, ANSWERS),
    "altered": states().seal(CALL, ANSWERS)[:-2] + "AA",
}


@pytest.mark.parametrize("text", NOT_OURS.values(), ids=NOT_OURS)
def test_what_this_server_did_not_give_is_refused(text: Any) -> None:
    with pytest.raises(InvalidParams, match="is not one of this server"):
        states().unseal(CALL, text)


def test_a_state_can_be_used_for_a_while() -> None:
    clock = Clock()
    tested = states(clock=clock)
    state = tested.seal(CALL, ANSWERS)
    clock.now_s += TTL_S
    assert tested.unseal(CALL, state) == ANSWERS
    clock.now_s += 0.5
    with pytest.raises(InvalidParams, match="has expired"):
        tested.unseal(CALL, state)


def test_arguments_that_cannot_be_told_apart_are_refused() -> None:
    deep: Any = []
    for _ in range(100_000):
        deep = [deep]
    with pytest.raises(InvalidParams, match="nested too deeply"):
        states().seal(call(name="t", arguments={"a": deep}), ANSWERS)
