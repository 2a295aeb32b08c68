"""Scripts of a conversation with an engine: what the client says, what the engine does.

A step is `(said, done)`. `said` is a message, raw bytes, or one of the outcomes below; `done` is
the list of what the engine answers with, each written as the short tuple that `described` makes.
"""

import json
from collections.abc import Callable, Sequence
from typing import Any, assert_never

from vtmcp.protocol.actions import Action, Call, Cancel, Hold, Reply, Send
from vtmcp.protocol.engine import Engine
from vtmcp.protocol.errors import RpcError
from vtmcp.protocol.framing import Oversized
from vtmcp.protocol.profile import Profile
from vtmcp.protocol.results import InputRequired
from vtmcp.protocol.subscriptions import Change

Said = Any
Step = tuple[Said, list[Any]]

PREFIX = "io.modelcontextprotocol/"
INFO = {"name": "tested", "version": "1.0"}
CAPABILITIES = {
    "tools": {"listChanged": True},
    "prompts": {"listChanged": True},
    "resources": {"listChanged": True, "subscribe": True},
    "logging": {},
    "completions": {},
}


def engine(capabilities: dict[str, Any] = CAPABILITIES, **said: Any) -> Engine:
    """An engine that declares everything, unless told otherwise."""
    return Engine(Profile(INFO, capabilities, **said))


# ---- what a client says ---------------------------------------------------------------------


def request(request_id: Any, method: str, **params: Any) -> dict[str, Any]:
    """A request without the stateless era's `_meta`."""
    message: dict[str, Any] = {"jsonrpc": "2.0", "id": request_id, "method": method}
    return {**message, "params": params} if params else message


def notification(method: str, **params: Any) -> dict[str, Any]:
    message: dict[str, Any] = {"jsonrpc": "2.0", "method": method}
    return {**message, "params": params} if params else message


def meta(**more: Any) -> dict[str, Any]:
    """The `_meta` of the stateless era; `logLevel="info"` and so on are put under its prefix."""
    keys = {"protocolVersion": "2026-07-28", "clientCapabilities": {}, **more}
    return {PREFIX + name: value for name, value in keys.items()}


def modern(request_id: Any, method: str, **params: Any) -> dict[str, Any]:
    """A request of the stateless era."""
    return request(request_id, method, **{"_meta": meta(), **params})


def initialize(revision: str = "2025-11-25", request_id: Any = 0) -> dict[str, Any]:
    return request(
        request_id,
        "initialize",
        protocolVersion=revision,
        capabilities={"sampling": {}},
        clientInfo={"name": "client", "version": "2"},
    )


INITIALIZED = notification("notifications/initialized")


def cancelled(request_id: Any) -> dict[str, Any]:
    return notification("notifications/cancelled", requestId=request_id)


# ---- what a handler says --------------------------------------------------------------------


class Outcome:
    """A call of one of the engine's methods, as a step of a script."""

    def __init__(self, act: Callable[[Engine], Sequence[Action]]) -> None:
        self.act = act


def answers(request_id: Any, result: dict[str, Any]) -> Outcome:
    return Outcome(lambda e: e.answer(request_id, result))


def fails(request_id: Any, error: RpcError) -> Outcome:
    return Outcome(lambda e: e.fail(request_id, error))


def pauses(request_id: Any, requests: dict[str, Any], state: str) -> Outcome:
    return Outcome(lambda e: e.pause(request_id, InputRequired(requests, {}), state))


def progresses(request_id: Any, progress: float, *more: Any) -> Outcome:
    return Outcome(lambda e: e.progress(request_id, progress, *more))


def logs(request_id: Any, level: str, *more: Any) -> Outcome:
    return Outcome(lambda e: e.log(request_id, level, "data", *more))


def asks(request_id: Any, method: str, params: dict[str, Any]) -> Outcome:
    return Outcome(lambda e: [e.ask(request_id, method, params)[1]])


def withdraws(ask_id: Any, request_id: Any) -> Outcome:
    return Outcome(lambda e: e.withdraw(ask_id, request_id, "too late"))


def publishes(change: Change) -> Outcome:
    return Outcome(lambda e: e.publish(change))


CLOSES = Outcome(lambda e: e.close())


# ---- what the engine does -------------------------------------------------------------------


def complete(request_id: Any, result: dict[str, Any]) -> tuple[str, Any, dict[str, Any]]:
    """The description of a modern result: `result` with what each such result carries."""
    carried = {**result.get("_meta", {}), PREFIX + "serverInfo": INFO}
    return ("result", request_id, {"resultType": "complete", **result, "_meta": carried})


def greeted(revision: str, capabilities: dict[str, Any] = CAPABILITIES) -> tuple[Any, ...]:
    """The description of the answer to `initialize`."""
    known = dict(capabilities)
    if revision == "2024-11-05":
        known.pop("completions", None)
    result = {"protocolVersion": revision, "capabilities": known, "serverInfo": INFO}
    return ("result", 0, result)


def opened(revision: str = "2025-11-25") -> list[Step]:
    """The steps that open a legacy session."""
    return [(initialize(revision), [greeted(revision)]), (INITIALIZED, [])]


def play(tested: Engine, steps: Sequence[Step]) -> None:
    """Carry out a script."""
    for number, (said, done) in enumerate(steps):
        assert [described(action) for action in say(tested, said)] == done, f"step {number}"


def say(tested: Engine, said: Said) -> Sequence[Action]:
    """One step's first half."""
    if isinstance(said, Outcome):
        return said.act(tested)
    if isinstance(said, bytes | Oversized):
        return tested.receive(said)
    return tested.receive(json.dumps(said).encode())


def described(action: Action) -> tuple[Any, ...]:
    """An action as a short tuple."""
    match action:
        case Call():
            return ("call", action.id, action.method)
        case Hold():
            return ("hold", action.id)
        case Cancel():
            return ("cancel", action.id)
        case Reply():
            return ("reply", action.id, action.result if action.error is None else action.error)
        case Send():
            sent = json.loads(action.document)
            return ("batch", [_message(one) for one in sent]) if _is_list(sent) else _message(sent)
        case _:
            assert_never(action)


def _is_list(value: Any) -> bool:
    return isinstance(value, list)


def _message(sent: dict[str, Any]) -> tuple[Any, ...]:
    assert sent.pop("jsonrpc") == "2.0"
    if "error" in sent:
        return ("error", sent.get("id"), sent["error"]["code"])
    if "result" in sent:
        return ("result", sent["id"], sent["result"])
    about = ("ask", sent["id"]) if "id" in sent else ("notify",)
    return (*about, sent["method"], sent.get("params", {}))
