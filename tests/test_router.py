"""What becomes of a call: its result, an error for the client, or words for the model."""

from collections.abc import Callable, Mapping
from typing import Any

import anyio
import pytest

from tests.handlers.peer import LEGACY, MODERN, NotedPeer, a_call
from vtmcp.handlers.base import Prompt, Tool
from vtmcp.handlers.catalogue import Catalogue
from vtmcp.handlers.context import Context
from vtmcp.protocol.errors import InvalidParams, MissingCapability, RpcError, ToolError
from vtmcp.protocol.messages import Json
from vtmcp.protocol.questions import Roots
from vtmcp.protocol.results import InputRequired, ToolResult, text
from vtmcp.protocol.versions import METHODS
from vtmcp.router import CANCELLED, HANDLERS, Observed, Outcome, Router

pytestmark = pytest.mark.anyio

SECRET = "the password is 1234"
UNEXPECTED = "This failed unexpectedly on the server's side"


class Told(Tool):
    """Does what it was made to do."""

    def __init__(self, name: str, act: Callable[[], ToolResult | str]) -> None:
        self.name = name
        self._act = act

    async def call(self, arguments: Json, context: Context) -> ToolResult | str:
        return self._act()


class Asking(Tool):
    name = "asking"

    async def call(self, arguments: Json, context: Context) -> str:
        await context.ask(Roots())
        return "answered"


class AskingBesideATask(Asking):
    name = "asking beside a task"

    async def call(self, arguments: Json, context: Context) -> str:
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(anyio.lowlevel.checkpoint)
            answer = await super().call(arguments, context)
        return f"{answer} at last"


class Failing(Prompt):
    name = "failing"

    async def get(self, arguments: Mapping[str, str], context: Context) -> list[Json]:
        raise ToolError("not now") if arguments else OSError(SECRET)


def raising(error: BaseException) -> Callable[[], ToolResult | str]:
    def act() -> ToolResult | str:
        raise error

    return act


CATALOGUE = Catalogue(
    tools=[
        Told("good", lambda: "done"),
        Told("bad", lambda: ToolResult([text("no")], is_error=True)),
        Told("told", raising(ToolError("not now"))),
        Told("refused", raising(InvalidParams("no such thing", {"a": 1}))),
        Told("capable", raising(MissingCapability("needs roots", {"roots": {}}))),
        Told("broken", raising(OSError(SECRET))),
        Asking(),
        AskingBesideATask(),
    ],
    prompts=[Failing()],
)


def is_error(words: str) -> Json:
    return {"content": [text(words)], "isError": True}


RUN: dict[str, tuple[str, Json, str, Any, str]] = {
    # Method, params, revision; the result or the code and text of the error; what is observed.
    "a result": (
        "tools/call",
        {"name": "good"},
        LEGACY,
        {"content": [text("done")]},
        "ok",
    ),
    "a result that is an error": (
        "tools/call",
        {"name": "bad"},
        LEGACY,
        is_error("no"),
        "tool_error",
    ),
    "words for the model": (
        "tools/call",
        {"name": "told"},
        LEGACY,
        is_error("not now"),
        "tool_error",
    ),
    "arguments that break the schema are for the model": (
        "tools/call",
        {"name": "asking", "arguments": {"a": 1}},
        LEGACY,
        is_error('asking: unknown argument "a" (accepted: no arguments)'),
        "tool_error",
    ),
    "an error for the client": (
        "tools/call",
        {"name": "refused"},
        LEGACY,
        (-32602, "no such thing"),
        "-32602",
    ),
    "a missing capability in the stateless era": (
        "tools/call",
        {"name": "capable"},
        MODERN,
        (-32021, "needs roots"),
        "-32021",
    ),
    "a missing capability before": (
        "tools/call",
        {"name": "capable"},
        LEGACY,
        is_error("needs roots"),
        "tool_error",
    ),
    "a fault of a tool": (
        "tools/call",
        {"name": "broken"},
        LEGACY,
        is_error(UNEXPECTED),
        "OSError",
    ),
    "a fault of a prompt": (
        "prompts/get",
        {"name": "failing"},
        LEGACY,
        (-32603, UNEXPECTED),
        "OSError",
    ),
    "a prompt has no model to speak to": (
        "prompts/get",
        {"name": "failing", "arguments": {"a": "b"}},
        LEGACY,
        (-32603, "not now"),
        "tool_error",
    ),
    "a list": (
        "prompts/list",
        {},
        LEGACY,
        {"prompts": [{"name": "failing", "description": ""}]},
        "ok",
    ),
    "a list with a bad cursor": ("tools/list", {"cursor": 1}, LEGACY, (-32602, ""), "-32602"),
}


def router(seen: list[Observed], **more: Any) -> Router:
    ticks = iter(range(100))
    return Router(
        CATALOGUE, cursor_key=b"k", observe=seen.append, clock=lambda: next(ticks), **more
    )


def context(method: str, params: Json, revision: str = MODERN) -> Context:
    call = a_call(method, params, revision=revision, capabilities={"roots": {}})
    return Context(call, NotedPeer())


def described(outcome: Outcome, words: str) -> Any:
    if isinstance(outcome, RpcError):
        return outcome.code, outcome.message if words else ""
    return outcome


@pytest.mark.parametrize(
    ("method", "params", "revision", "expected", "label"), RUN.values(), ids=RUN
)
async def test_outcomes(
    method: str, params: Json, revision: str, expected: Any, label: str
) -> None:
    seen: list[Observed] = []
    outcome = await router(seen).handle(context(method, params, revision))
    assert described(outcome, expected[1] if isinstance(expected, tuple) else "") == expected
    [observed] = seen
    assert observed.outcome.partition(":")[0] == label
    assert (observed.method, observed.name) == (method, params.get("name", ""))
    assert observed.seconds == 1


@pytest.mark.parametrize("name", ["tools/call", "prompts/get"])
async def test_no_cause_is_told(name: str) -> None:
    seen: list[Observed] = []
    tool = "broken" if name == "tools/call" else "failing"
    outcome = await router(seen).handle(context(name, {"name": tool}))
    told = str(outcome.body(MODERN)) if isinstance(outcome, RpcError) else str(outcome)
    assert SECRET not in told
    assert "OSError" not in told
    assert SECRET not in str(seen)


async def test_whoever_follows_a_call_hears_of_it_from_its_beginning() -> None:
    heard: list[object] = []

    def follow(context: Context) -> Callable[[Observed], None]:
        heard.append(context.call.params["name"])
        return lambda observed: heard.append(observed.outcome)

    router = Router(CATALOGUE, cursor_key=b"k", follow=follow)
    for name in ("good", "broken"):
        await router.handle(Context(a_call(params={"name": name}), NotedPeer()))
    assert heard[:3] == ["good", "ok", "broken"]
    assert str(heard[3]).startswith("OSError:")


async def test_a_fault_is_observed_with_its_place() -> None:
    seen: list[Observed] = []
    await router(seen).handle(context("tools/call", {"name": "broken"}))
    kind, place, line = seen[0].outcome.split(":")
    assert (kind, place) == ("OSError", "act")
    assert line.isdecimal()


async def test_a_question_ends_a_stateless_call() -> None:
    seen: list[Observed] = []
    outcome = await router(seen).handle(context("tools/call", {"name": "asking"}))
    assert isinstance(outcome, InputRequired)
    assert outcome.requests == {"answer": {"method": "roots/list"}}
    assert seen[0].outcome == "input_required"


async def test_a_question_beside_a_task_does_too() -> None:
    outcome: Outcome | BaseExceptionGroup[BaseException]
    try:
        outcome = await router([]).handle(context("tools/call", {"name": "asking beside a task"}))
    except BaseExceptionGroup as group:
        outcome = group
    assert isinstance(outcome, InputRequired)


async def test_a_call_that_is_cut_short_is_observed_and_runs_no_more() -> None:
    seen: list[Observed] = []
    begun = anyio.Event()

    class Hanging(Tool):
        name = "hanging"

        async def call(self, arguments: Json, context: Context) -> str:
            begun.set()
            await anyio.sleep_forever()
            return ""

    running = Router(Catalogue(tools=[Hanging()]), cursor_key=b"k", observe=seen.append)
    with anyio.fail_after(5):
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(running.handle, context("tools/call", {"name": "hanging"}))
            await begun.wait()
            assert running.running == 1
            assert not seen
            tasks.cancel_scope.cancel()
    assert running.running == 0
    assert [(one.name, one.outcome) for one in seen] == [("hanging", CANCELLED)]


NAMES: dict[str, tuple[Json, str]] = {
    "a name": ({"name": "good"}, "good"),
    "a uri": ({"uri": "a://b"}, "a://b"),
    "none": ({}, ""),
    "one that is no text": ({"name": ["good"]}, ""),
}


@pytest.mark.parametrize(("params", "name"), NAMES.values(), ids=NAMES)
async def test_what_was_called_is_observed(params: Json, name: str) -> None:
    seen: list[Observed] = []
    await router(seen).handle(context("tools/call", params))
    assert seen[0].name == name


async def test_pages_are_as_long_as_was_said() -> None:
    outcome = await router([], page_items=1).handle(context("tools/list", {}))
    assert isinstance(outcome, dict)
    assert len(outcome["tools"]) == 1
    assert "nextCursor" in outcome


async def test_nobody_needs_to_observe() -> None:
    plain = Router(CATALOGUE, cursor_key=b"k")
    assert await plain.handle(context("tools/call", {"name": "good"})) == {
        "content": [text("done")]
    }


def test_each_method_that_needs_a_handler_has_one() -> None:
    listed = {name for name in METHODS if name.endswith("/list")}
    of_the_engine = {
        name for name, method in METHODS.items() if not (method.legacy and method.modern)
    }
    assert set(HANDLERS) | listed | of_the_engine == set(METHODS)
