"""Each answer is told of once, whoever gave it; what is never sent is not."""

from collections.abc import Callable, Sequence
from typing import Any

import pytest

from tests.protocol.playbook import CAPABILITIES, INFO, INITIALIZED, cancelled, initialize, request
from vtmcp.protocol.actions import Action, Send
from vtmcp.protocol.answered import Answered
from vtmcp.protocol.codec import encode
from vtmcp.protocol.engine import Engine
from vtmcp.protocol.errors import InvalidParams
from vtmcp.protocol.profile import Profile
from vtmcp.protocol.results import InputRequired

CALL = request(1, "tools/call", name="trace")
OPEN: tuple[Any, ...] = (initialize("2025-03-26"), INITIALIZED)

TOLD: dict[str, tuple[tuple[Any, ...], list[tuple[str, int]]]] = {
    # What is said after the handshake; methods and codes that are told of.
    "what the engine answers itself": ((request(1, "ping"),), [("ping", 0)]),
    "what it refuses": ((request(1, "no/such"),), [("no/such", -32601)]),
    "what is no message": ((7,), [("", -32600)]),
    "an id that is in use": ((CALL, CALL), [("", -32600)]),
    "a call has no answer yet": ((CALL,), []),
    "a call that is cancelled": ((CALL, cancelled(1)), []),
    "a notification": ((INITIALIZED,), []),
    "a batch": (
        ([request(1, "ping"), request(2, "no/such"), 7],),
        [("ping", 0), ("no/such", -32601), ("", -32600)],
    ),
}


def engine(told: list[Answered]) -> Engine:
    """One whose handshake is over, and was told of."""
    found = Engine(Profile(INFO, CAPABILITIES), observe=told.append)
    for message in OPEN:
        found.receive(encode(message))
    [greeted] = told
    assert (greeted.method, greeted.code) == ("initialize", 0)
    assert greeted.params["clientInfo"] == {"name": "client", "version": "2"}
    told.clear()
    return found


@pytest.mark.parametrize(("said", "methods"), TOLD.values(), ids=TOLD)
def test_answers_are_told_of(said: tuple[Any, ...], methods: list[tuple[str, int]]) -> None:
    told: list[Answered] = []
    tested = engine(told)
    for message in said:
        tested.receive(encode(message))
    assert [(one.method, one.code) for one in told] == methods


def test_a_line_that_is_not_json_is_told_of() -> None:
    told: list[Answered] = []
    engine(told).receive(b"{")
    assert told == [Answered("", {}, -32700, 0)]


def test_an_answer_is_told_of_with_its_size() -> None:
    told: list[Answered] = []
    tested = engine(told)
    outcomes: tuple[Callable[[], Sequence[Action]], ...] = (
        lambda: tested.answer(1, {"content": []}),
        lambda: tested.fail(1, InvalidParams("no")),
        lambda: tested.pause(1, InputRequired({}, {}), "state"),
        lambda: tested.answer(1, {"content": [{"type": object()}]}),
    )
    for outcome in outcomes:
        tested.receive(encode(CALL))
        [sent] = outcome()
        [one] = told
        assert isinstance(sent, Send)
        assert one == ("tools/call", {"name": "trace"}, sent.reply, len(sent.document))
        told.clear()
        assert not outcome(), "its id is free again"
    assert not told
