"""What is a request, a notification, a response, and what is none of them."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vtmcp.protocol.messages import (
    Malformed,
    Message,
    Notification,
    Request,
    Response,
    is_request_id,
    read_message,
)

V = {"jsonrpc": "2.0"}

READ: dict[str, tuple[Any, Message]] = {
    "a request": ({**V, "id": 1, "method": "m", "params": {"a": 1}}, Request(1, "m", {"a": 1})),
    "params may be absent": ({**V, "id": 1, "method": "m"}, Request(1, "m", {})),
    "zero is an id": ({**V, "id": 0, "method": "m"}, Request(0, "m", {})),
    "an empty text is an id": ({**V, "id": "", "method": "m"}, Request("", "m", {})),
    "a text of a digit is a text": ({**V, "id": "7", "method": "m"}, Request("7", "m", {})),
    "a long id": ({**V, "id": 2**70, "method": "m"}, Request(2**70, "m", {})),
    "an unknown member is nothing": ({**V, "id": 1, "method": "m", "x": 1}, Request(1, "m", {})),
    "a notification": ({**V, "method": "m", "params": {"a": 1}}, Notification("m", {"a": 1})),
    "a notification with bad params is no known one": (
        {**V, "method": "notifications/cancelled", "params": [1]},
        Notification("", {}),
    ),
    "an answer": ({**V, "id": 1, "result": {"a": 1}}, Response(1, {"a": 1}, None)),
    "an error": ({**V, "id": "x", "error": {"code": 1}}, Response("x", None, {"code": 1})),
    "an error about nothing": ({**V, "error": {"code": 1}}, Response(None, None, {"code": 1})),
    "an error about null": ({**V, "id": None, "error": {}}, Response(None, None, {})),
}

MALFORMED: dict[str, tuple[Any, Any, int]] = {
    # The value, the id that its error carries, the code.
    "null": (None, None, -32600),
    "a text": ("x", None, -32600),
    "a number": (1, None, -32600),
    "a list": ([], None, -32600),
    "an empty object": ({}, None, -32600),
    "no version": ({"id": 1, "method": "m"}, 1, -32600),
    "a version that is a number": ({"jsonrpc": 2.0, "id": 1, "method": "m"}, 1, -32600),
    "an older version": ({"jsonrpc": "1.0", "id": "a", "method": "m"}, "a", -32600),
    "null is no id": ({**V, "id": None, "method": "m"}, None, -32600),
    "true is no id": ({**V, "id": True, "method": "m"}, None, -32600),
    "a fraction is no id": ({**V, "id": 1.5, "method": "m"}, None, -32600),
    "a float is no id": ({**V, "id": 1.0, "method": "m"}, None, -32600),
    "an object is no id": ({**V, "id": {}, "method": "m"}, None, -32600),
    "a method that is a number": ({**V, "id": 1, "method": 1}, 1, -32600),
    "a notification whose method is null": ({**V, "method": None}, None, -32600),
    "a method and a result": ({**V, "id": 1, "method": "m", "result": {}}, 1, -32600),
    "a method and an error": ({**V, "id": 1, "method": "m", "error": {}}, 1, -32600),
    "params in a list": ({**V, "id": 1, "method": "m", "params": []}, 1, -32602),
    "params that are null": ({**V, "id": 1, "method": "m", "params": None}, 1, -32602),
    "only an id": ({**V, "id": 1}, 1, -32600),
    "only a version": (V, None, -32600),
    "a result and an error: the id is ours": (
        {**V, "id": 1, "result": {}, "error": {}},
        None,
        -32600,
    ),
    "an answer to true": ({**V, "id": True, "result": {}}, None, -32600),
    "a result that is no object": ({**V, "id": 1, "result": 1}, None, -32600),
    "an error that is no object": ({**V, "id": 1, "error": "x"}, None, -32600),
}

IDS: dict[str, tuple[Any, bool]] = {
    "an integer": (1, True),
    "a text": ("a", True),
    "a boolean": (False, False),
    "a float": (1.0, False),
    "null": (None, False),
    "a list": ([], False),
}

json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=5,
)
near_messages = st.dictionaries(
    st.sampled_from(["jsonrpc", "id", "method", "params", "result", "error"]),
    st.just("2.0") | json_values,
)


@pytest.mark.parametrize(("value", "message"), READ.values(), ids=READ)
def test_read(value: Any, message: Message) -> None:
    found = read_message(value)
    assert found == message
    assert type(found) is type(message)


@pytest.mark.parametrize(("value", "request_id", "code"), MALFORMED.values(), ids=MALFORMED)
def test_malformed(value: Any, request_id: Any, code: int) -> None:
    found = read_message(value)
    assert isinstance(found, Malformed)
    assert (found.id, found.error.code) == (request_id, code)


@pytest.mark.parametrize(("value", "is_one"), IDS.values(), ids=IDS)
def test_ids(value: Any, is_one: bool) -> None:
    assert is_request_id(value) is is_one


@given(json_values | near_messages)
def test_nothing_raises(value: Any) -> None:
    found = read_message(value)
    if not isinstance(found, Notification):
        assert found.id is None or found.id == value["id"]
