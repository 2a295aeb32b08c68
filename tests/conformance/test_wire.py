"""Rules that hold in each conversation: one row each, with the message that breaks it."""

import json

import pytest

from vtmcp.conformance.patterns import Json
from vtmcp.conformance.wire import BrokenRuleError, Wire

VERSION = "io.modelcontextprotocol/protocolVersion"
LEVEL = "io.modelcontextprotocol/logLevel"
SUBSCRIPTION = "io.modelcontextprotocol/subscriptionId"


class Client(dict[str, Json]):
    """A message of the client; all others in the tables are the server's."""


def request(id: Json, method: str = "m", **params: Json) -> Client:
    """A request of the client."""
    return Client(jsonrpc="2.0", id=id, method=method, params=params)


def question(id: Json, method: str) -> Json:
    """A request of the server."""
    return dict(request(id, method))


def modern(id: Json, method: str = "m", **meta: Json) -> Client:
    """A request of 2026-07-28."""
    return request(id, method, _meta={VERSION: "2026-07-28", **meta})


def result(id: Json, **members: Json) -> Json:
    """A result of the server."""
    return {"jsonrpc": "2.0", "id": id, "result": members}


def told(method: str, **params: Json) -> Json:
    """A notification of the server."""
    return {"jsonrpc": "2.0", "method": f"notifications/{method}", "params": params}


def log(level: str) -> Json:
    """A log message of the server."""
    return told("message", level=level, data="x")


def progress(token: Json, value: Json) -> Json:
    """Progress of the server."""
    return told("progress", progressToken=token, progress=value)


def error(id: Json, code: Json = -32600, message: Json = "no") -> Json:
    """An error of the server."""
    return {"jsonrpc": "2.0", "id": id, "error": {"code": code, "message": message}}


SESSION = (request("i", "initialize", capabilities={"roots": {}}), result("i"))
SET_ERROR = (request("l", "logging/setLevel", level="error"), result("l"))
LISTEN = modern("s", "subscriptions/listen")

KEPT: dict[str, tuple[Json, ...]] = {
    "an answer": (request(1), result(1)),
    "a modern answer": (modern(1), result(1, resultType="complete")),
    "an error": (request(1), error(1)),
    "an error for what could not be read": (request(1), error(None)),
    "an error without an id": ({"jsonrpc": "2.0", "error": {"code": 1, "message": ""}},),
    "two answers for one id asked twice": (request(1), request(1), error(1), result(1)),
    "answers to a batch": ([request(1), request(2)], result(2), result(1)),
    "a question to the client": (*SESSION, question(5, "roots/list")),
    "a ping to the client": (*SESSION, question("p", "ping")),
    "rising progress": (request(1, _meta={"progressToken": 0}), progress(0, 1), progress(0, 1.5)),
    "a log message in a session": (*SESSION, log("debug")),
    "a log message at the level": (*SESSION, *SET_ERROR, log("error")),
    "a log message that was asked for": (modern(1, **{LEVEL: "info"}), log("info")),
    "a log message below a session's level, which is only advised": (
        *(*SESSION, *SET_ERROR),
        log("warning"),
    ),
    "a log message before the handshake": (log("error"),),
    "a change before the handshake": (told("tools/list_changed"),),
    "a code of 2026-07-28": (modern(1), error(1, -32020)),
    "a change in a session": (*SESSION, told("tools/list_changed")),
    "a change in a subscription": (LISTEN, told("tools/list_changed", _meta={SUBSCRIPTION: "s"})),
    "any other notification": (told("x"), {"jsonrpc": "2.0", "method": "y"}),
}

BROKEN: dict[str, tuple[Json, ...]] = {
    "no version of JSON-RPC": ({"id": 1, "result": {}},),
    "no object": (7,),
    "an answer to nothing": (result(1),),
    "a second answer": (request(1), result(1), result(1)),
    "an answer under another type of id": (request(1), result("1")),
    "a result and an error": (request(1), {**result(1), **error(1)}),
    "neither result nor error": (request(1), {"jsonrpc": "2.0", "id": 1}),
    "a result that is no object": (request(1), {"jsonrpc": "2.0", "id": 1, "result": []}),
    "an error code that is no integer": (request(1), error(1, "x")),
    "an error code that is a boolean": (request(1), error(1, True)),
    "an error without a message": (request(1), error(1, 1, None)),
    "an error that is no object": (request(1), {"jsonrpc": "2.0", "id": 1, "error": 5}),
    "a modern result without its kind": (modern(1), result(1)),
    "a kind of result in a session": (request(1), result(1, resultType="complete")),
    "a question without a session": (question(5, "roots/list"),),
    "a question that was not declared": (*SESSION, question(5, "sampling/createMessage")),
    "a question with a null id": (*SESSION, question(None, "roots/list")),
    "a method that is no string": ({"jsonrpc": "2.0", "method": 5},),
    "params that are no object": ({"jsonrpc": "2.0", "method": "x", "params": []},),
    "progress without a token": (request(1), progress(0, 1)),
    "progress after the answer": (
        *(request(1, _meta={"progressToken": 0}), result(1)),
        progress(0, 1),
    ),
    "progress that stands still": (
        *(request(1, _meta={"progressToken": 0}), progress(0, 1)),
        progress(0, 1),
    ),
    "progress that is no number": (request(1, _meta={"progressToken": 0}), progress(0, True)),
    "a log message nobody asked for": (modern(1), log("error")),
    "a log message below the level": (modern(1, **{LEVEL: "error"}), log("warning")),
    "a code of an earlier revision": (modern(1), error(1, -32002)),
    "a reserved code that does not exist": (modern(1), error(1, -32050)),
    "a log message of no level": (*SESSION, log("loud")),
    "a change nobody listens for": (modern(1), told("tools/list_changed")),
    "a change in an unknown subscription": (*(LISTEN, told("x", _meta={SUBSCRIPTION: "t"})),),
    "a change in a cancelled subscription": (
        *(LISTEN, Client(method="notifications/cancelled", params={"requestId": "s"})),
        told("x", _meta={SUBSCRIPTION: "s"}),
    ),
}


def play(messages: tuple[Json, ...]) -> None:
    """Tell a wire what both sides said."""
    wire = Wire()
    for message in messages:
        if isinstance(message, Client | list):
            wire.sent(json.dumps(message).encode())
        else:
            wire.received(message)


@pytest.mark.parametrize("messages", KEPT.values(), ids=KEPT.keys())
def test_the_rules_are_kept(messages: tuple[Json, ...]) -> None:
    play(messages)


@pytest.mark.parametrize("messages", BROKEN.values(), ids=BROKEN.keys())
def test_a_rule_is_broken(messages: tuple[Json, ...]) -> None:
    with pytest.raises(BrokenRuleError):
        play(messages)


LINES = {
    "not JSON": b"hello",
    "not UTF-8": b'"\xff"',
    "NaN": b"[NaN]",
    "a number": b"5",
    "an empty batch": b"[]",
    "too deep": b"[" * 100_000,
    "nothing": b"",
}


@pytest.mark.parametrize("line", LINES.values(), ids=LINES.keys())
def test_a_line_that_is_no_message_breaks_a_rule(line: bytes) -> None:
    with pytest.raises(BrokenRuleError):
        Wire().read(line)


def test_a_line_is_read_exactly() -> None:
    assert Wire().read(b'{"id": 1180591620717411303425}') == {"id": 2**70 + 1}


def test_answers_to_what_cannot_be_read_here_are_let_pass() -> None:
    wire = Wire()
    wire.sent(b"[" * 100_000)
    assert wire.received(result(1)) is None
