"""Conversations with the engine, as scripts: what the client says, what the engine does."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.protocol.playbook import (
    CAPABILITIES,
    CLOSES,
    INFO,
    INITIALIZED,
    PREFIX,
    Step,
    answers,
    asks,
    cancelled,
    complete,
    described,
    engine,
    fails,
    greeted,
    initialize,
    logs,
    meta,
    modern,
    notification,
    opened,
    pauses,
    play,
    progresses,
    publishes,
    request,
    say,
    withdraws,
)
from vtmcp.protocol.actions import Call, Send
from vtmcp.protocol.errors import InternalError, ResourceNotFound
from vtmcp.protocol.framing import Oversized
from vtmcp.protocol.requests import Client
from vtmcp.protocol.results import text
from vtmcp.protocol.subscriptions import (
    LISTENERS_MAX,
    PROMPTS_CHANGED,
    SUBSCRIPTIONS_MAX,
    TOOLS_CHANGED,
    Change,
    resource_updated,
)
from vtmcp.protocol.versions import LEGACY_NAMES, LOG_LEVELS, METHODS

EMPTY: dict[str, Any] = {"content": []}
SUBSCRIPTION = PREFIX + "subscriptionId"
CALL_1: Step = (request(1, "tools/call", name="t"), [("call", 1, "tools/call")])
CALL_2: Step = (request(2, "tools/call", name="t"), [("call", 2, "tools/call")])
MODERN_1: Step = (modern(1, "tools/call", name="t"), [("call", 1, "tools/call")])


def with_token(request_id: Any, token: Any) -> Step:
    said = request(request_id, "tools/call", name="t", _meta={"progressToken": token})
    return (said, [("call", request_id, "tools/call")])


def progress(token: Any, value: float, **more: Any) -> tuple[Any, ...]:
    return (
        "notify",
        "notifications/progress",
        {"progressToken": token, "progress": value, **more},
    )


def logged(level: str, **more: Any) -> tuple[Any, ...]:
    return ("notify", "notifications/message", {"level": level, "data": "data", **more})


def changed(change: Change, **params: Any) -> tuple[Any, ...]:
    return ("notify", change.method, {**change.params(), **params})


def heard(change: Change, request_id: Any) -> tuple[Any, ...]:
    return changed(change, _meta={SUBSCRIPTION: request_id})


def listen(request_id: Any, **wanted: Any) -> Step:
    acknowledged = {"notifications": wanted, "_meta": {SUBSCRIPTION: request_id}}
    return (
        modern(request_id, "subscriptions/listen", notifications=wanted),
        [
            ("notify", "notifications/subscriptions/acknowledged", acknowledged),
            ("hold", request_id),
        ],
    )


ENVELOPES: dict[str, list[Step]] = {
    "no JSON": [(b"{nope", [("error", None, -32700)])],
    "no UTF-8": [(b'"\xff"', [("error", None, -32700)])],
    "too long": [(Oversized(8), [("error", None, -32600)])],
    "no object": [(1, [("error", None, -32600)])],
    "an object of nothing": [({}, [("error", None, -32600)])],
    "no version": [({"id": 1, "method": "ping"}, [("error", 1, -32600)])],
    "null is no id, and no notification": [
        ({"jsonrpc": "2.0", "id": None, "method": "ping"}, [("error", None, -32600)])
    ],
    "params in a list": [
        ({"jsonrpc": "2.0", "id": 1, "method": "ping", "params": []}, [("error", 1, -32602)])
    ],
    "a notification with bad params is dropped": [
        ({"jsonrpc": "2.0", "method": "notifications/cancelled", "params": 1}, [])
    ],
    "an answer to nothing is dropped": [({"jsonrpc": "2.0", "id": 1, "result": {}}, [])],
    "an error about nothing is dropped": [({"jsonrpc": "2.0", "error": {"code": 1}}, [])],
    "an unknown notification is dropped": [(notification("notifications/nope"), [])],
    "a request's method without an id runs nothing": [
        *opened(),
        (notification("tools/call", name="t"), []),
    ],
    "ids keep their type and each digit": [
        *opened(),
        (request(0, "ping"), [("result", 0, {})]),
        (request("", "ping"), [("result", "", {})]),
        (request("7", "ping"), [("result", "7", {})]),
        (request(2**70, "ping"), [("result", 2**70, {})]),
        (request("\ud800", "ping"), [("result", "\ud800", {})]),
    ],
    "a method of half surrogate pairs": [
        (modern(1, "nope\ud800" * 1000), [("error", 1, -32601)]),
    ],
}

OPENING: dict[str, list[Step]] = {
    **{f"a session of {name}": opened(name) for name in LEGACY_NAMES},
    "an unknown revision gets the newest legacy one": [
        (initialize("1999-01-01"), [greeted("2025-11-25")])
    ],
    "the stateless revision has no handshake": [
        (initialize("2026-07-28"), [greeted("2025-11-25")])
    ],
    "a ping comes at any time": [
        (request(1, "ping"), [("result", 1, {})]),
        (initialize(), [greeted("2025-11-25")]),
        (request(1, "ping"), [("result", 1, {})]),
        (INITIALIZED, []),
        (request(1, "ping"), [("result", 1, {})]),
    ],
    "a request before the handshake is refused": [
        (request(1, "tools/list"), [("error", 1, -32600)]),
        *opened(),
    ],
    "initialized before initialize is nothing": [
        (INITIALIZED, []),
        (request(1, "tools/list"), [("error", 1, -32600)]),
    ],
    "clients that pipeline are served": [
        (initialize(), [greeted("2025-11-25")]),
        CALL_1,
        (INITIALIZED, []),
        (INITIALIZED, []),
        CALL_2,
    ],
    "a second initialize is refused, before and after initialized": [
        (initialize(), [greeted("2025-11-25")]),
        (initialize("2024-11-05", 1), [("error", 1, -32600)]),
        (INITIALIZED, []),
        (initialize("2024-11-05", 2), [("error", 2, -32600)]),
    ],
    "a bad initialize may be said again": [
        (request(1, "initialize", protocolVersion=1), [("error", 1, -32602)]),
        (request(2, "tools/list"), [("error", 2, -32600)]),
        *opened(),
    ],
    "an id that is in use is refused, and the first keeps it": [
        *opened(),
        CALL_1,
        (request(1, "ping"), [("error", 1, -32600)]),
        (answers(1, EMPTY), [("result", 1, EMPTY)]),
        (request(1, "ping"), [("result", 1, {})]),
    ],
    "a number and its text are two ids": [
        *opened(),
        CALL_1,
        (request("1", "ping"), [("result", "1", {})]),
    ],
    "after the end nothing is served": [
        *opened(),
        (CLOSES, []),
        (request(1, "ping"), [("error", 1, -32600)]),
        (initialize(), [("error", 0, -32600)]),
    ],
}

METHODS_FOUND: dict[str, list[Step]] = {
    "an unknown method": [*opened(), (request(1, "nope"), [("error", 1, -32601)])],
    "a method of the stateless era in a session": [
        *opened(),
        (request(1, "server/discover"), [("error", 1, -32601)]),
    ],
    "an unknown method of the stateless era": [(modern(1, "nope"), [("error", 1, -32601)])],
    **{
        f"{method} is gone in the stateless era": [(modern(1, method), [("error", 1, -32601)])]
        for method, found in METHODS.items()
        if not found.modern
    },
}

UNDECLARED: dict[str, list[Step]] = {
    method: [
        (initialize(), [greeted("2025-11-25", {})]),
        (request(1, method), [("error", 1, -32601)]),
    ]
    for method, found in METHODS.items()
    if found.capability
}

OUTCOMES: dict[str, list[Step]] = {
    "an answer": [*opened(), CALL_1, (answers(1, EMPTY), [("result", 1, EMPTY)])],
    "answers come in any order": [
        *opened(),
        CALL_1,
        CALL_2,
        (answers(2, EMPTY), [("result", 2, EMPTY)]),
        (answers(1, EMPTY), [("result", 1, EMPTY)]),
    ],
    "an answer is shaped for the revision": [
        *opened("2024-11-05"),
        CALL_1,
        (
            answers(1, {"content": [], "structuredContent": {}}),
            [("result", 1, EMPTY)],
        ),
    ],
    "a second answer is dropped": [
        *opened(),
        CALL_1,
        (answers(1, EMPTY), [("result", 1, EMPTY)]),
        (answers(1, EMPTY), []),
        (fails(1, InternalError("m")), []),
    ],
    "an error": [*opened(), CALL_1, (fails(1, InternalError("m")), [("error", 1, -32603)])],
    "a missing resource in a session": [
        *opened(),
        (request(1, "resources/read", uri="a://b"), [("call", 1, "resources/read")]),
        (fails(1, ResourceNotFound("a://b")), [("error", 1, -32002)]),
    ],
    "a missing resource in the stateless era": [
        (modern(1, "resources/read", uri="a://b"), [("call", 1, "resources/read")]),
        (fails(1, ResourceNotFound("a://b")), [("error", 1, -32602)]),
    ],
}

CANCELLING: dict[str, list[Step]] = {
    "a cancelled call is stopped and not answered": [
        *opened(),
        CALL_1,
        (cancelled(1), [("cancel", 1)]),
        (answers(1, EMPTY), []),
        (fails(1, InternalError("m")), []),
        (progresses(1, 1), []),
        (logs(1, "emergency"), []),
    ],
    "an id is free again at once": [
        *opened(),
        CALL_1,
        (cancelled(1), [("cancel", 1)]),
        CALL_1,
    ],
    "what is unknown, finished or malformed is nothing": [
        *opened(),
        CALL_1,
        (cancelled(2), []),
        (cancelled("1"), []),
        (cancelled(None), []),
        (cancelled(True), []),
        (cancelled({}), []),
        (notification("notifications/cancelled"), []),
        (answers(1, EMPTY), [("result", 1, EMPTY)]),
        (cancelled(1), []),
    ],
    "in the stateless era too": [
        MODERN_1,
        (cancelled(1), [("cancel", 1)]),
        (answers(1, EMPTY), []),
    ],
    "an ask of a cancelled call is withdrawn": [
        *opened(),
        CALL_1,
        (asks(1, "roots/list", {}), [("ask", 1, "roots/list", {})]),
        (
            cancelled(1),
            [
                ("cancel", 1),
                (
                    "notify",
                    "notifications/cancelled",
                    {"requestId": 1, "reason": "the call was cancelled"},
                ),
            ],
        ),
        ({"jsonrpc": "2.0", "id": 1, "result": {}}, []),
    ],
}

PROGRESS: dict[str, list[Step]] = {
    "nothing without a token": [*opened(), CALL_1, (progresses(1, 1), [])],
    "nothing for a token that is none": [*opened(), with_token(1, True), (progresses(1, 1), [])],
    "nothing for a call that is not": [*opened(), (progresses(1, 1), [])],
    "a token of a number": [*opened(), with_token(1, 0), (progresses(1, 1), [progress(0, 1)])],
    "a token of a text": [*opened(), with_token(1, "0"), (progresses(1, 1), [progress("0", 1)])],
    "with a total and a message": [
        *opened(),
        with_token(1, "t"),
        (progresses(1, 1, 2, "half"), [progress("t", 1, total=2, message="half")]),
        (progresses(1, 1.5, 0), [progress("t", 1.5, total=0)]),
    ],
    "no message before 2025-03-26": [
        *opened("2024-11-05"),
        with_token(1, "t"),
        (progresses(1, 1, 2, "half"), [progress("t", 1, total=2)]),
    ],
    "it rises, or it is not sent": [
        *opened(),
        with_token(1, "t"),
        (progresses(1, 0), [progress("t", 0)]),
        (progresses(1, 0), []),
        (progresses(1, 0.1), [progress("t", 0.1)]),
        (progresses(1, -1), []),
        (progresses(1, 0.2), [progress("t", 0.2)]),
    ],
    "none after the answer": [
        *opened(),
        with_token(1, "t"),
        (answers(1, EMPTY), [("result", 1, EMPTY)]),
        (progresses(1, 1), []),
    ],
}

LOGS: dict[str, list[Step]] = {
    "a session hears from info on before it says": [
        *opened(),
        CALL_1,
        (logs(1, "debug"), []),
        (logs(1, "info"), [logged("info")]),
    ],
    "a session hears what it says": [
        *opened(),
        (request(9, "logging/setLevel", level="error"), [("result", 9, {})]),
        CALL_1,
        (logs(1, "warning"), []),
        (logs(1, "error", "db"), [logged("error", logger="db")]),
        (request(9, "logging/setLevel", level="debug"), [("result", 9, {})]),
        (logs(1, "debug"), [logged("debug")]),
    ],
    "an unknown level is refused and changes nothing": [
        *opened(),
        (request(9, "logging/setLevel", level="loud"), [("error", 9, -32602)]),
        (request(9, "logging/setLevel"), [("error", 9, -32602)]),
        CALL_1,
        (logs(1, "info"), [logged("info")]),
    ],
    "no call, no log": [*opened(), (logs(1, "emergency"), [])],
    "a stateless request that says nothing hears nothing": [
        MODERN_1,
        (logs(1, "emergency"), []),
    ],
    "a stateless request hears what it says, and no other does": [
        (
            modern(1, "tools/call", name="t", _meta=meta(logLevel="warning")),
            [("call", 1, "tools/call")],
        ),
        (modern(2, "tools/call", name="t"), [("call", 2, "tools/call")]),
        (logs(1, "notice"), []),
        (logs(1, "warning"), [logged("warning")]),
        (logs(2, "emergency"), []),
    ],
    "a session's level is not that of a stateless request": [
        *opened(),
        (request(9, "logging/setLevel", level="debug"), [("result", 9, {})]),
        MODERN_1,
        (logs(1, "emergency"), []),
    ],
}

ASKS: dict[str, list[Step]] = {
    "an answer comes back": [
        *opened(),
        CALL_1,
        (
            asks(1, "sampling/createMessage", {"maxTokens": 1}),
            [("ask", 1, "sampling/createMessage", {"maxTokens": 1})],
        ),
        ({"jsonrpc": "2.0", "id": 1, "result": {"a": 1}}, [("reply", 1, {"a": 1})]),
        ({"jsonrpc": "2.0", "id": 1, "result": {"a": 1}}, []),
    ],
    "a refusal comes back": [
        *opened(),
        CALL_1,
        (asks(1, "roots/list", {}), [("ask", 1, "roots/list", {})]),
        ({"jsonrpc": "2.0", "id": 1, "error": {"code": 1}}, [("reply", 1, {"code": 1})]),
    ],
    "ids of ours and of the client's may be equal": [
        *opened(),
        CALL_1,
        (asks(1, "roots/list", {}), [("ask", 1, "roots/list", {})]),
        (request(2, "ping"), [("result", 2, {})]),
        (asks(1, "roots/list", {}), [("ask", 2, "roots/list", {})]),
        ({"jsonrpc": "2.0", "id": "1", "result": {}}, []),
        ({"jsonrpc": "2.0", "id": 2, "result": {}}, [("reply", 2, {})]),
    ],
    "an ask that took too long is withdrawn, once": [
        *opened(),
        CALL_1,
        (asks(1, "roots/list", {}), [("ask", 1, "roots/list", {})]),
        (
            withdraws(1, 1),
            [("notify", "notifications/cancelled", {"requestId": 1, "reason": "too late"})],
        ),
        (withdraws(1, 1), []),
        ({"jsonrpc": "2.0", "id": 1, "result": {}}, []),
    ],
    "an answer that is none is an error without an id": [
        *opened(),
        CALL_1,
        (asks(1, "roots/list", {}), [("ask", 1, "roots/list", {})]),
        ({"jsonrpc": "2.0", "id": 1, "result": []}, [("error", None, -32600)]),
        ({"jsonrpc": "2.0", "id": 1, "result": {}}, [("reply", 1, {})]),
    ],
}

BATCHES: dict[str, list[Step]] = {
    "before the handshake": [([request(1, "ping")], [("error", None, -32600)])],
    **{
        f"{name} has none": [
            *opened(name),
            ([request(1, "ping"), CALL_1[0]], [("error", None, -32600)]),
            (request(1, "ping"), [("result", 1, {})]),
        ]
        for name in LEGACY_NAMES
        if name != "2025-03-26"
    },
    "an empty one": [*opened("2025-03-26"), ([], [("error", None, -32600)])],
    "before initialized": [
        (initialize("2025-03-26"), [greeted("2025-03-26")]),
        ([request(1, "ping")], [("batch", [("result", 1, {})])]),
    ],
    "answered when the last has come, in one array": [
        *opened("2025-03-26"),
        (
            [CALL_1[0], request("p", "ping"), CALL_2[0]],
            [("call", 1, "tools/call"), ("call", 2, "tools/call")],
        ),
        (progresses(1, 1), []),
        (answers(2, EMPTY), []),
        (
            fails(1, InternalError("m")),
            [("batch", [("result", "p", {}), ("result", 2, EMPTY), ("error", 1, -32603)])],
        ),
    ],
    "of notifications is not answered": [
        *opened("2025-03-26"),
        ([INITIALIZED, notification("notifications/nope")], []),
    ],
    "of an answer to us": [
        *opened("2025-03-26"),
        CALL_1,
        (asks(1, "roots/list", {}), [("ask", 1, "roots/list", {})]),
        ([{"jsonrpc": "2.0", "id": 1, "result": {}}], [("reply", 1, {})]),
    ],
    "each part that is wrong has its error, the others run": [
        *opened("2025-03-26"),
        (
            [1, {}, request(1, "nope"), request(2, "ping"), []],
            [
                (
                    "batch",
                    [
                        ("error", None, -32600),
                        ("error", None, -32600),
                        ("error", 1, -32601),
                        ("result", 2, {}),
                        ("error", None, -32600),
                    ],
                )
            ],
        ),
    ],
    "initialize and the stateless era stay outside": [
        *opened("2025-03-26"),
        (
            [initialize("2025-03-26", 1), modern(2, "tools/list")],
            [("batch", [("error", 1, -32600), ("error", 2, -32600)])],
        ),
    ],
    "an id twice": [
        *opened("2025-03-26"),
        ([CALL_1[0], request(1, "ping")], [("call", 1, "tools/call")]),
        (answers(1, EMPTY), [("batch", [("error", 1, -32600), ("result", 1, EMPTY)])]),
    ],
    "does not wait for what was cancelled": [
        *opened("2025-03-26"),
        (
            [CALL_1[0], CALL_2[0]],
            [("call", 1, "tools/call"), ("call", 2, "tools/call")],
        ),
        (answers(2, EMPTY), []),
        (cancelled(1), [("cancel", 1), ("batch", [("result", 2, EMPTY)])]),
    ],
    "cancelled as a whole is not answered": [
        *opened("2025-03-26"),
        ([CALL_1[0], cancelled(1)], [("call", 1, "tools/call"), ("cancel", 1)]),
        (answers(1, EMPTY), []),
    ],
}

SUBSCRIBING: dict[str, list[Step]] = {
    "a session hears of a resource between subscribe and unsubscribe": [
        *opened(),
        (publishes(resource_updated("a://b")), []),
        (request(1, "resources/subscribe", uri="a://b"), [("result", 1, {})]),
        (request(1, "resources/subscribe", uri="a://b"), [("result", 1, {})]),
        (publishes(resource_updated("a://b")), [changed(resource_updated("a://b"))]),
        (publishes(resource_updated("a://c")), []),
        (request(1, "resources/unsubscribe", uri="a://b"), [("result", 1, {})]),
        (publishes(resource_updated("a://b")), []),
        (request(1, "resources/unsubscribe", uri="a://b"), [("result", 1, {})]),
    ],
    "a subscription names a resource": [
        *opened(),
        (request(1, "resources/subscribe"), [("error", 1, -32602)]),
        (request(1, "resources/unsubscribe", uri=1), [("error", 1, -32602)]),
    ],
    "a session hears of lists": [
        *opened(),
        (publishes(TOOLS_CHANGED), [changed(TOOLS_CHANGED)]),
    ],
    "nobody hears before the handshake is over": [
        (publishes(TOOLS_CHANGED), []),
        (initialize(), [greeted("2025-11-25")]),
        (publishes(TOOLS_CHANGED), []),
    ],
    "nobody hears after the end": [*opened(), (CLOSES, []), (publishes(TOOLS_CHANGED), [])],
}

DISCOVERED = {
    "supportedVersions": ["2026-07-28"],
    "capabilities": CAPABILITIES,
    "ttlMs": 300_000,
    "cacheScope": "private",
}

STATELESS: dict[str, list[Step]] = {
    "discover": [(modern(1, "server/discover"), [complete(1, DISCOVERED)])],
    "discover again, and beside a session": [
        *opened(),
        (modern(1, "server/discover"), [complete(1, DISCOVERED)]),
        (modern(1, "server/discover"), [complete(1, DISCOVERED)]),
    ],
    "a method of this era alone needs its _meta": [
        (request(1, "server/discover"), [("error", 1, -32602)]),
        (request(1, "subscriptions/listen"), [("error", 1, -32602)]),
    ],
    "a version that is not served": [
        (
            modern(1, "tools/list", _meta=meta(protocolVersion="2025-11-25")),
            [("error", 1, -32022)],
        )
    ],
    "half of the _meta": [
        (
            request(1, "tools/list", _meta={PREFIX + "protocolVersion": "2026-07-28"}),
            [("error", 1, -32602)],
        )
    ],
    "an unknown log level": [
        (modern(1, "tools/list", _meta=meta(logLevel="loud")), [("error", 1, -32602)])
    ],
    "nothing is remembered": [
        MODERN_1,
        (request(2, "tools/list"), [("error", 2, -32600)]),
    ],
    "a list says how long it may be kept": [
        (modern(1, "tools/list"), [("call", 1, "tools/list")]),
        (
            answers(1, {"tools": []}),
            [complete(1, {"ttlMs": 300_000, "cacheScope": "private", "tools": []})],
        ),
    ],
    "a result may say so itself": [
        (modern(1, "resources/read", uri="a://b"), [("call", 1, "resources/read")]),
        (
            answers(1, {"contents": [], "ttlMs": 0, "cacheScope": "public"}),
            [complete(1, {"ttlMs": 0, "cacheScope": "public", "contents": []})],
        ),
    ],
    "a call is not kept": [
        MODERN_1,
        (
            answers(1, {"content": [text("a")], "_meta": {"a/b": 1}}),
            [complete(1, {"content": [text("a")], "_meta": {"a/b": 1}})],
        ),
    ],
    "structured data of any kind": [
        MODERN_1,
        (
            answers(1, {"content": [], "structuredContent": [1]}),
            [complete(1, {"content": [], "structuredContent": [1]})],
        ),
    ],
}

QUESTION = {"answer": {"method": "roots/list"}}
PAUSED = {"resultType": "input_required", "inputRequests": QUESTION, "requestState": "s"}

PAUSES: dict[str, list[Step]] = {
    method: [
        (modern(1, method, name="t", uri="a://b"), [("call", 1, method)]),
        (pauses(1, QUESTION, "s"), [complete(1, PAUSED)]),
        (answers(1, EMPTY), []),
    ]
    for method, found in METHODS.items()
    if found.resumable
}

LISTENING: dict[str, list[Step]] = {
    "each listener has a copy with its id": [
        listen(0, toolsListChanged=True),
        listen("0", toolsListChanged=True, resourceSubscriptions=["a://b"]),
        (publishes(TOOLS_CHANGED), [heard(TOOLS_CHANGED, 0), heard(TOOLS_CHANGED, "0")]),
        (publishes(resource_updated("a://b")), [heard(resource_updated("a://b"), "0")]),
        (publishes(PROMPTS_CHANGED), []),
    ],
    "an empty filter is heard out, and nothing else": [listen(1), (publishes(TOOLS_CHANGED), [])],
    "no filter": [(modern(1, "subscriptions/listen"), [("error", 1, -32602)])],
    "its id is taken": [listen(1), (modern(1, "tools/list"), [("error", 1, -32600)])],
    "cancelled": [
        listen(1, toolsListChanged=True),
        (cancelled(1), [("cancel", 1)]),
        (publishes(TOOLS_CHANGED), []),
        listen(1, toolsListChanged=True),
    ],
    "at the end each has a result": [
        listen(0, toolsListChanged=True),
        listen("a"),
        MODERN_1,
        (
            CLOSES,
            [
                complete(0, {"_meta": {SUBSCRIPTION: 0}}),
                complete("a", {"_meta": {SUBSCRIPTION: "a"}}),
                ("cancel", 1),
            ],
        ),
        (publishes(TOOLS_CHANGED), []),
        (CLOSES, []),
    ],
    "a session and a listener both hear": [
        *opened(),
        listen(1, toolsListChanged=True),
        (publishes(TOOLS_CHANGED), [changed(TOOLS_CHANGED), heard(TOOLS_CHANGED, 1)]),
    ],
}

CONVERSATIONS: dict[str, list[Step]] = {
    f"{table}: {name}": script
    for table, scripts in {
        "envelopes": ENVELOPES,
        "opening": OPENING,
        "methods": METHODS_FOUND,
        "outcomes": OUTCOMES,
        "cancelling": CANCELLING,
        "progress": PROGRESS,
        "logs": LOGS,
        "asks": ASKS,
        "batches": BATCHES,
        "subscribing": SUBSCRIBING,
        "stateless": STATELESS,
        "listening": LISTENING,
    }.items()
    for name, script in scripts.items()
}


@pytest.mark.parametrize("script", CONVERSATIONS.values(), ids=CONVERSATIONS)
def test_conversations(script: list[Step]) -> None:
    play(engine(), script)


@pytest.mark.parametrize("script", UNDECLARED.values(), ids=UNDECLARED)
def test_what_is_not_declared_is_not_there(script: list[Step]) -> None:
    play(engine({}), script)


@pytest.mark.parametrize("script", PAUSES.values(), ids=PAUSES)
def test_pauses(script: list[Step]) -> None:
    play(engine(), script)


def test_a_call_that_was_cancelled_is_not_paused() -> None:
    script: list[Step] = [
        (modern(1, "tools/call", name="t"), [("call", 1, "tools/call")]),
        (cancelled(1), [("cancel", 1)]),
        (pauses(1, QUESTION, "s"), []),
    ]
    play(engine(), script)


def test_a_call_knows_its_client_and_revision() -> None:
    tested = engine()
    for said, _ in opened("2025-06-18"):
        say(tested, said)
    [call] = say(tested, request(1, "tools/call", name="t", arguments={}))
    assert isinstance(call, Call)
    assert call.client == Client("client", "2", {"sampling": {}})
    assert (call.params, call.revision.name) == ({"name": "t", "arguments": {}}, "2025-06-18")
    known = meta(clientCapabilities={"roots": {}}, clientInfo={"name": "c"})
    [call] = say(tested, modern(2, "tools/call", _meta=known))
    assert isinstance(call, Call)
    assert (call.client, call.revision.name) == (Client("c", "", {"roots": {}}), "2026-07-28")


def test_what_is_sent_says_which_request_it_belongs_to() -> None:
    tested = engine()
    about = [
        action.about
        for said in (
            b"{nope",
            initialize(),
            INITIALIZED,
            with_token("a", "t")[0],
            progresses("a", 1),
            logs("a", "info"),
            asks("a", "roots/list", {}),
            withdraws(1, "a"),
            listen("b", toolsListChanged=True)[0],
            publishes(TOOLS_CHANGED),
            fails("a", InternalError("m")),
        )
        for action in say(tested, said)
        if isinstance(action, Send)
    ]
    assert about == [None, 0, "a", "a", "a", "a", "b", None, "b", "a"]


def test_a_server_without_subscriptions_refuses_them() -> None:
    script: list[Step] = [
        (initialize(), [greeted("2025-11-25", {"resources": {}})]),
        (request(1, "resources/subscribe", uri="a://b"), [("error", 1, -32601)]),
        (request(1, "resources/unsubscribe", uri="a://b"), [("error", 1, -32601)]),
    ]
    play(engine({"resources": {}}), script)


def test_a_server_without_logs_sends_none() -> None:
    tested = engine({"tools": {}})
    for said in (initialize(), INITIALIZED, CALL_1[0]):
        say(tested, said)
    assert say(tested, logs(1, "emergency")) == []


def test_a_list_that_is_not_declared_to_change_is_not_told_of() -> None:
    tested = engine({"tools": {}})
    for said in (initialize(), INITIALIZED):
        say(tested, said)
    assert say(tested, publishes(TOOLS_CHANGED)) == []


def test_no_more_subscriptions_than_may_be() -> None:
    tested = engine()
    for said, _ in opened():
        say(tested, said)
    for number in range(SUBSCRIPTIONS_MAX):
        say(tested, request(1, "resources/subscribe", uri=f"a://{number}"))
    script: list[Step] = [
        (request(1, "resources/subscribe", uri="a://more"), [("error", 1, -32602)]),
        (request(1, "resources/subscribe", uri="a://0"), [("result", 1, {})]),
        (request(1, "resources/unsubscribe", uri="a://0"), [("result", 1, {})]),
        (request(1, "resources/subscribe", uri="a://more"), [("result", 1, {})]),
    ]
    play(tested, script)


def test_no_more_listeners_than_may_be() -> None:
    tested = engine()
    play(tested, [listen(number) for number in range(LISTENERS_MAX)])
    one_more = listen("more")
    play(tested, [(one_more[0], [("error", "more", -32600)])])
    play(tested, [(cancelled(0), [("cancel", 0)]), one_more])


def test_instructions_and_hints_are_those_of_the_profile() -> None:
    tested = engine({}, instructions="do this", ttl_ms=5, cache_scope="public")
    known = {"supportedVersions": ["2026-07-28"], "capabilities": {}, "instructions": "do this"}
    hints = {"ttlMs": 5, "cacheScope": "public"}
    play(tested, [(modern(1, "server/discover"), [complete(1, {**known, **hints})])])


def test_an_error_names_its_method_but_not_all_of_it() -> None:
    tested = engine()
    [sent] = say(tested, modern(1, "n" * 10_000))
    assert isinstance(sent, Send)
    assert 0 < len(sent.document) < 300


def test_a_request_named_like_a_notification_opens_no_session() -> None:
    script: list[Step] = [
        (initialize(), [greeted("2025-11-25")]),
        (request(1, "notifications/initialized"), [("error", 1, -32601)]),
        (publishes(TOOLS_CHANGED), []),
    ]
    play(engine(), script)


def test_after_the_end_a_stateless_request_is_refused_too() -> None:
    play(engine(), [(CLOSES, []), (modern(1, "tools/list"), [("error", 1, -32600)])])


def test_a_call_that_ends_withdraws_what_it_asked() -> None:
    tested = engine()
    for said in (initialize(), INITIALIZED, CALL_1[0], asks(1, "roots/list", {})):
        say(tested, said)
    done = [described(action) for action in say(tested, answers(1, EMPTY))]
    assert "notifications/cancelled" in [action[1] for action in done]


BROKEN: dict[str, dict[str, Any]] = {
    "a value that JSON cannot hold": {"content": [], "structuredContent": {"a": object()}},
    "a block without a type": {"content": [{"text": "a"}]},
    "no content": {},
}


@pytest.mark.parametrize("result", BROKEN.values(), ids=BROKEN)
def test_a_result_that_cannot_be_sent_is_an_internal_error(result: dict[str, Any]) -> None:
    play(engine(), [*opened(), CALL_1, (answers(1, result), [("error", 1, -32603)])])


# ---- properties -------------------------------------------------------------------------------

json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=5,
)
ids = st.integers(0, 3) | st.sampled_from(["", "1"]) | json_values
params = st.fixed_dictionaries(
    {},
    optional={
        "_meta": st.just(meta()) | st.just({"progressToken": 1}) | json_values,
        "name": st.text() | json_values,
        "uri": st.just("a://b") | json_values,
        "level": st.sampled_from(LOG_LEVELS) | json_values,
        "requestId": ids,
        "protocolVersion": st.sampled_from([*LEGACY_NAMES, "2026-07-28"]) | json_values,
        "capabilities": st.just({}) | json_values,
        "clientInfo": st.just(INFO) | json_values,
        "notifications": st.just({"toolsListChanged": True}) | json_values,
    },
)
messages = st.fixed_dictionaries(
    {"jsonrpc": st.just("2.0")},
    optional={
        "id": ids,
        "method": st.sampled_from(
            [*METHODS, "notifications/initialized", "notifications/cancelled", "nope"]
        ),
        "params": params | json_values,
        "result": json_values,
        "error": json_values,
    },
)
openings = st.sampled_from([None, *LEGACY_NAMES])


def one_line(sent: Send) -> Any:
    assert b"\n" not in sent.document
    return json.loads(sent.document.decode("utf-8"))


def listened(opening: str | None, documents: list[bytes]) -> list[Any]:
    """Everything sent by an engine that hears all this, is asked about it and then closed."""
    tested = engine()
    actions = (
        [] if opening is None else [a for said, _ in opened(opening) for a in say(tested, said)]
    )
    for document in documents:
        new = tested.receive(document)
        actions += new
        for action in new:
            if isinstance(action, Call):
                actions += tested.progress(action.id, 1, 2, "m")
                actions += tested.log(action.id, "error", "d")
    actions += tested.publish(TOOLS_CHANGED)
    actions += tested.close()
    return [one_line(action) for action in actions if isinstance(action, Send)]


@given(openings, st.lists(st.binary(), max_size=3))
def test_no_bytes_raise(opening: str | None, documents: list[bytes]) -> None:
    listened(opening, documents)


@given(openings, st.lists(json_values | messages | st.lists(messages, max_size=3), max_size=6))
def test_no_value_raises_and_each_document_is_a_line_of_json(
    opening: str | None, said: list[Any]
) -> None:
    for sent in listened(opening, [json.dumps(one).encode() for one in said]):
        for message in sent if isinstance(sent, list) else [sent]:
            assert message["jsonrpc"] == "2.0"
            assert message.get("id", 0) is not None
