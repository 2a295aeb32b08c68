"""What is under way: ids that are taken, ids of our own, a batch that waits for its last."""

from typing import Any

import pytest

from vtmcp.protocol.errors import InvalidRequest
from vtmcp.protocol.inflight import Asks, Batch, Calls, InFlight
from vtmcp.protocol.versions import MODERN

TOKENS: dict[str, tuple[dict[str, Any], Any]] = {
    "no _meta": ({}, None),
    "a _meta that is no object": ({"_meta": "x"}, None),
    "no token": ({"_meta": {}}, None),
    "zero": ({"_meta": {"progressToken": 0}}, 0),
    "an empty text": ({"_meta": {"progressToken": ""}}, ""),
    "a text": ({"_meta": {"progressToken": "7"}}, "7"),
    "true is none": ({"_meta": {"progressToken": True}}, None),
    "a fraction is none": ({"_meta": {"progressToken": 1.5}}, None),
    "null is none": ({"_meta": {"progressToken": None}}, None),
}


def call(**params: Any) -> InFlight:
    return InFlight("tools/call", params, MODERN)


@pytest.mark.parametrize(("params", "token"), TOKENS.values(), ids=TOKENS)
def test_progress_tokens(params: dict[str, Any], token: Any) -> None:
    found = call(**params).progress_token
    assert found == token
    assert type(found) is type(token)


def test_an_id_is_taken_until_its_call_ends() -> None:
    calls, first = Calls(), call()
    calls.begin(1, first)
    with pytest.raises(InvalidRequest):
        calls.begin(1, call())
    assert calls.get(1) is first
    assert calls.end(1) is first
    assert calls.end(1) is None
    assert calls.get(1) is None
    calls.begin(1, call())


def test_a_number_and_its_text_are_two_ids() -> None:
    calls = Calls()
    calls.begin(7, call())
    calls.begin("7", call())
    assert calls.ids() == [7, "7"]


def test_asks_have_ids_of_their_own_and_end_once() -> None:
    asks = Asks()
    first, second, third = asks.begin("a"), asks.begin("b"), asks.begin("a")
    assert len({first, second, third}) == 3
    assert asks.of_call("a") == [first, third]
    assert asks.end(first)
    assert not asks.end(first)
    assert not asks.end(None)
    assert not asks.end("1000")
    assert asks.of_call("a") == [third]


def test_a_batch_is_complete_when_it_is_read_and_nobody_waits() -> None:
    batch = Batch()
    assert not batch.complete
    batch.waiting = 1
    batch.closed = True
    assert not batch.complete
    batch.waiting = 0
    assert batch.complete
