"""What the tools share: tenants, sizes, errors in words, and calls as a reader writes them."""

import inspect
from typing import Any

import pytest

from tests.handlers.peer import a_call, a_context
from tests.handlers.tools.source import NOW_NS, ScriptedSource
from vtmcp.handlers.desk import Desk
from vtmcp.handlers.library import Library
from vtmcp.handlers.parameters import ANSWER_BYTES_MAX
from vtmcp.handlers.tools import tool_classes
from vtmcp.handlers.trace_tool import (
    TraceTool,
    UnusableArgumentError,
    call_text,
    longer,
    read,
    tenant_only,
)
from vtmcp.protocol.errors import ToolError
from vtmcp.protocol.messages import Json
from vtmcp.traces.model import SourceError
from vtmcp.traces.tenant import Tenant

pytestmark = pytest.mark.anyio


class Echo(TraceTool):
    name = "echo"
    properties = {"a": {"type": "integer"}}  # noqa: RUF012
    required = ("a",)

    async def answer(self, arguments: Json) -> str:
        if arguments["a"] == 0:
            raise SourceError("the source is down")
        if arguments["a"] < 0:
            raise UnusableArgumentError("a is less than nothing")
        if arguments["a"] > 9:
            raise ValueError("a fault of ours")
        return str(arguments["a"])


class Silent(TraceTool):
    name = "silent"
    properties = {}  # noqa: RUF012


CALLS: dict[str, tuple[str, Json, str]] = {
    "no arguments": ("services", {}, "services()"),
    "values as JSON": (
        "traces",
        {"service": 'a "b"', "limit": 3, "errors_only": True, "tags": {"a": "b"}},
        r'traces(service="a \"b\"", limit=3, errors_only=true, tags={"a":"b"})',
    ),
    "what is not seen is escaped": ("a", {"b": "\u202e\x1b"}, r'a(b="\u202e\u001b")'),
}

DAY_NS = 86_400_000_000_000
LONGER = {
    "nothing": (0, "24h"),
    "a nanosecond less than a day": (DAY_NS - 1, "24h"),
    "a day": (DAY_NS, "7d"),
    "a nanosecond less than a week": (7 * DAY_NS - 1, "7d"),
    "a week": (7 * DAY_NS, "30d"),
    "a nanosecond less than a month": (30 * DAY_NS - 1, "30d"),
    "a month": (30 * DAY_NS, ""),
}


def a_desk(answer_bytes: int = 24_000) -> Desk:
    return Desk(ScriptedSource(), Library(), Tenant(7, 3), answer_bytes, lambda: NOW_NS)


async def answer(value: Any, *, token: str | None = None) -> object:
    params: Json = {} if token is None else {"_meta": {"progressToken": token}}
    return await Echo(a_desk()).call({"a": value}, a_context(a_call(params=params)))


async def test_an_answer() -> None:
    assert await answer(7) == "7"


@pytest.mark.parametrize(
    ("value", "words"), [(0, "^the source is down$"), (-1, "^echo: a is less than nothing$")]
)
@pytest.mark.parametrize("token", [None, "p"], ids=["without progress", "with progress"])
async def test_what_the_model_can_mend_is_told_to_it(
    value: int, words: str, token: str | None
) -> None:
    with pytest.raises(ToolError, match=words):
        await answer(value, token=token)


async def test_an_answer_to_a_client_that_wants_progress() -> None:
    assert await answer(7, token="p") == "7"


async def test_our_own_fault_is_not_told_to_the_model() -> None:
    with pytest.raises(ValueError, match="a fault of ours"):
        await answer(10)


async def test_a_tool_must_answer() -> None:
    with pytest.raises(NotImplementedError):
        await Silent(a_desk()).call({}, a_context(a_call()))


def test_the_schema_is_made_of_the_parameters() -> None:
    schema = Echo(a_desk()).input_schema
    assert schema["properties"] == Echo.properties
    assert schema["required"] == ["a"]
    assert Echo(a_desk()).prepare({"a": "7"}) == {"a": 7}


def test_the_tenant_is_the_configured_one_unless_one_is_given() -> None:
    tool = Echo(a_desk())
    assert tool.tenant({}) == Tenant(7, 3)
    assert tool.tenant({"tenant": "1"}) == Tenant(1, 0)


def test_the_next_call_has_four_times_the_room_and_no_more_than_there_is() -> None:
    tool = Echo(a_desk(answer_bytes=5000))
    assert tool.wider_call({"a": 1}) == "echo(a=1, max_bytes=20000)"
    assert tool.wider_call({"max_bytes": 1000}) == "echo(max_bytes=4000)"
    assert tool.wider_call({"max_bytes": ANSWER_BYTES_MAX // 2}) == "echo(max_bytes=1000000)"
    assert tool.wider_call({"max_bytes": ANSWER_BYTES_MAX}) == ""


@pytest.mark.parametrize(("tool", "arguments", "text"), CALLS.values(), ids=CALLS)
def test_a_call_as_text(tool: str, arguments: Json, text: str) -> None:
    assert call_text(tool, arguments) == text


@pytest.mark.parametrize(("window_ns", "name"), LONGER.values(), ids=LONGER)
def test_the_next_longer_window(window_ns: int, name: str) -> None:
    assert longer(window_ns) == name


def test_an_argument_that_cannot_be_read_is_named() -> None:
    assert read({"a": "7"}, "a", int) == 7
    with pytest.raises(UnusableArgumentError, match=r"^argument a: invalid literal"):
        read({"a": "x"}, "a", int)


def test_the_same_tenant_for_another_call() -> None:
    assert tenant_only({"tenant": "1", "limit": 2}) == {"tenant": "1"}
    assert tenant_only({"limit": 2}) == {}


@pytest.mark.parametrize("tool", tool_classes(), ids=lambda tool: tool.name)
def test_each_tool_only_reads_and_says_so(tool: type[TraceTool]) -> None:
    declared = tool(a_desk()).declare()
    hints = declared["annotations"]
    assert (hints["readOnlyHint"], hints["destructiveHint"]) == (True, False)
    assert hints["idempotentHint"] is True
    assert hints["openWorldHint"] is (tool.name != "documentation")
    assert declared["title"]
    assert declared["description"]
    assert inspect.getfile(tool).endswith(f"/{tool.name}.py")


@pytest.mark.parametrize("tool", tool_classes(), ids=lambda tool: tool.name)
def test_no_schema_tempts_a_client_to_send_a_value(tool: type[TraceTool]) -> None:
    for name, parameter in tool(a_desk()).input_schema["properties"].items():
        assert not {"default", "examples", "const"} & parameter.keys(), name
        assert parameter["description"]


def test_the_tools_in_the_order_in_which_they_are_asked() -> None:
    assert [tool.name for tool in tool_classes()] == [
        "deployments",
        "services",
        "service_names",
        "triage",
        "errors",
        "span_stats",
        "traces",
        "contrast",
        "attributes",
        "trace",
        "span",
        "critical_path",
        "compare_traces",
        "dependencies",
        "documentation",
        "query",
    ]
