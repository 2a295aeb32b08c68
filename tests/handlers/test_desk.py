"""The desk of one call: whose headers, which database, which tenants, and what is masked."""

from typing import Any

import pytest

from tests.handlers.peer import a_call, a_context
from tests.handlers.tools.source import NOW_NS, ScriptedSource
from tests.traces.samples import span
from vtmcp.handlers import parameters
from vtmcp.handlers.catalogue import Catalogue
from vtmcp.handlers.context import Context
from vtmcp.handlers.deployment import Deployment, Deployments
from vtmcp.handlers.desk import Desk
from vtmcp.handlers.library import Library
from vtmcp.handlers.listing import list_page
from vtmcp.handlers.trace_tool import TraceTool, call_text, tenant_only
from vtmcp.protocol.errors import ToolError
from vtmcp.protocol.messages import Json
from vtmcp.protocol.results import ToolResult, text
from vtmcp.traces.masking import KINDS, Masking
from vtmcp.traces.model import SourceError, Trace
from vtmcp.traces.tenant import Tenant

pytestmark = pytest.mark.anyio

PARENT = f"00-{'4b' * 16}-{'0f' * 8}-01"
TRACE_HEADERS = (("traceparent", PARENT),)
MASKING = Masking(KINDS, b"key")
SEVEN = Tenant(7, 0)


class Ask(TraceTool):
    """Asks its source and says whom it is at work for."""

    name = "ask"
    properties = {"tenant": parameters.TENANT, "max_bytes": parameters.MAX_BYTES}  # noqa: RUF012

    async def answer(self, arguments: Json) -> ToolResult | str:
        tenant = self.tenant(arguments)
        services = await self.desk.source.services(tenant)
        await self.context.progress(1)
        return f"{self.context.caller} {tenant} {services}"


class Find(TraceTool):
    """Asks for a trace."""

    name = "find"
    properties = {"trace_id": {"type": "string"}, "tenant": parameters.TENANT}  # noqa: RUF012
    required = ("trace_id",)

    async def answer(self, arguments: Json) -> str:
        found = await self.desk.source.trace(arguments["trace_id"], self.tenant(arguments))
        return f"{len(found.traces)} found"


class Fill(TraceTool):
    """Fills its room with addresses, each shorter than its mark."""

    name = "fill"
    properties = {"tenant": parameters.TENANT, "max_bytes": parameters.MAX_BYTES}  # noqa: RUF012
    part = "a@b.cd "

    async def answer(self, arguments: Json) -> ToolResult | str:
        return self.part * (self.max_bytes(arguments) // len(self.part))


class Stubborn(Fill):
    """Keeps to no size."""

    async def answer(self, arguments: Json) -> str:
        return self.part * 1_000


class StubbornData(Fill):
    async def answer(self, arguments: Json) -> ToolResult:
        return ToolResult([text(f'["{self.part * 1_000}"]')])


class Docs(TraceTool):
    """Reads no traces."""

    name = "docs"
    properties = {"query": {"type": "string"}}  # noqa: RUF012

    async def answer(self, arguments: Json) -> str:
        return f"write to {arguments['query']}"


class Source(ScriptedSource):
    """Has its name for a service; a view of it, the headers and the caller."""

    def __init__(self, name: str, **more: Any) -> None:
        super().__init__(services=(name,), **more)

    def on_behalf(self, headers: tuple[tuple[str, str], ...], caller: str = "") -> "Source":
        view = Source(f"{self._services[0]} {dict(headers)} {caller}")
        view._found, view._failing = self._found, self._failing
        return view


def a_desk(source: ScriptedSource | None = None, **more: Any) -> Desk:
    source = source or Source("shop")
    return Desk(source, Library(), Tenant(1, 0), 24_000, lambda: NOW_NS)._replace(**more)


def several(**more: Any) -> Desk:
    eu, us, asia = (
        Source("eu"),
        Source("us", traces=(Trace("a" * 32, (span("1"),)),)),
        Source("asia"),
    )
    usual = Deployment("eu", "eu.example", eu, Tenant(1, 0))
    others = (
        Deployment("us", "us.example", us, SEVEN, frozenset({SEVEN, Tenant(8, 0)})),
        Deployment("asia", "asia.example", asia, Tenant(3, 0)),
    )
    known = Deployments(usual, others, lambda caller, name: caller != "guest" or name == "us")
    return a_desk(eu, deployments=known, **more)


def context(caller: str = "", meta: Json | None = None, **headers: str) -> Context:
    call = a_call(params={"_meta": meta} if meta else {})
    sent = tuple((name.replace("_", "-"), value) for name, value in headers.items())
    return a_context(call, caller=caller, headers=sent)


async def asked(desk: Desk, by: Context, tool: type[TraceTool] = Ask, **arguments: Any) -> str:
    answer = await tool(desk).call(arguments, by)
    assert isinstance(answer, str)
    return answer


def team(values_of: Any) -> tuple[tuple[str, str], ...]:
    return tuple(("X-Team", value) for value in values_of("x-team"))


VIEWS: dict[str, tuple[Context, str]] = {
    "nobody and nothing": (context(), " 1:0 ['shop']"),
    "a caller": (context("ann"), "ann 1:0 ['shop {} ann']"),
    "a header that is passed on": (context(x_team="a"), " 1:0 [\"shop {'X-Team': 'a'} \"]"),
    "a header that is not": (context(x_other="a"), " 1:0 ['shop']"),
    "a trace in _meta": (
        context(meta={"traceparent": PARENT}),
        f' 1:0 ["shop {dict(TRACE_HEADERS)} "]',
    ),
    "a trace in headers, after what is passed on": (
        context("ann", x_team="a", traceparent=PARENT),
        f'ann 1:0 ["shop {dict((("X-Team", "a"), *TRACE_HEADERS))} ann"]',
    ),
}


@pytest.mark.parametrize(("by", "answer"), VIEWS.values(), ids=VIEWS)
async def test_the_database_is_asked_on_behalf_of_the_caller(by: Context, answer: str) -> None:
    assert await asked(a_desk(passed_on=team), by) == answer


async def test_a_call_leaves_no_trace_of_itself_in_the_tool() -> None:
    tool = Ask(a_desk(passed_on=team))
    await tool.call({}, context("ann", x_team="a"))
    assert tool.desk.source.label == "a script"
    assert not hasattr(tool, "context")
    assert await tool.call({}, context()) == " 1:0 ['shop']"


async def test_what_must_not_be_asked_is_told() -> None:
    def refuse(values_of: Any) -> tuple[tuple[str, str], ...]:
        raise SourceError("the request has no Authorization header")

    with pytest.raises(ToolError, match=r"^the request has no Authorization header$"):
        await asked(a_desk(passed_on=refuse), context())
    assert await asked(a_desk(passed_on=refuse), context(), Docs, query="x") == "write to x"


CHOSEN: dict[str, tuple[str, Json, str]] = {
    "none": ("", {}, " 1:0 ['eu']\nDeployment eu."),
    "the usual one": ("", {"deployment": "eu"}, " 1:0 ['eu']\nDeployment eu."),
    "another, with its own tenant": (
        "ann",
        {"deployment": "us"},
        "ann 7:0 ['us {} ann']\nDeployment us.",
    ),
    "another tenant of it": (
        "",
        {"deployment": "us", "tenant": "8"},
        " 8:0 ['us']\nDeployment us.",
    ),
    "one that is allowed": (
        "guest",
        {"deployment": "us"},
        "guest 7:0 ['us {} guest']\nDeployment us.",
    ),
}


@pytest.mark.parametrize(("caller", "arguments", "answer"), CHOSEN.values(), ids=CHOSEN)
async def test_a_call_chooses_its_deployment(caller: str, arguments: Json, answer: str) -> None:
    assert await asked(several(), context(caller), **arguments) == answer


REFUSED: dict[str, tuple[str, Json, str]] = {
    "one that is none": (
        *("", {"deployment": "mars"}),
        'deployment "mars" is not known; accepted: eu, us, asia',
    ),
    "one that is not allowed, as if it were none": (
        *("guest", {"deployment": "asia"}),
        'deployment "asia" is not known; accepted: eu, us',
    ),
    "a tenant that is not read there": (
        *("", {"deployment": "us", "tenant": "9"}),
        "ask: tenant 9:0 is not allowed to this caller",
    ),
    "a tenant that is not the caller's": (
        *("guest", {"tenant": "9"}),
        "ask: tenant 9:0 is not allowed to this caller",
    ),
}


@pytest.mark.parametrize(("caller", "arguments", "told"), REFUSED.values(), ids=REFUSED)
async def test_a_choice_is_refused(caller: str, arguments: Json, told: str) -> None:
    desk = several(allows_tenant=lambda caller, tenant: not caller or tenant != Tenant(9, 0))
    with pytest.raises(ToolError) as refused:
        await asked(desk, context(caller), **arguments)
    assert str(refused.value) == told


FOUND: dict[str, tuple[Json, str]] = {
    "where no deployment is named": (
        {},
        "1 found\nFound in deployment us, tenant 7:0; not in eu.",
    ),
    "in a tenant that is named": (
        {"tenant": "8"},
        "1 found\nFound in deployment us, tenant 8:0; not in eu.",
    ),
    "not where the tenant may not be read": ({"tenant": "9"}, "0 found\nNot in eu, asia."),
    "not where another is named": ({"deployment": "asia"}, "0 found\nDeployment asia."),
}


@pytest.mark.parametrize(("arguments", "answer"), FOUND.values(), ids=FOUND)
async def test_a_trace_is_found_by_its_id(arguments: Json, answer: str) -> None:
    assert await asked(several(), context(), Find, trace_id="a" * 32, **arguments) == answer


async def test_a_trace_is_looked_for_only_where_its_caller_may() -> None:
    known = several().deployments
    assert known is not None
    known = known._replace(may_read=lambda caller, tenant: tenant != SEVEN)
    answer = await asked(several()._replace(deployments=known), context(), Find, trace_id="a" * 32)
    assert answer == "0 found\nNot in eu, asia."


def declared(tool: TraceTool, caller: str = "") -> Json:
    page = list_page(Catalogue(tools=[tool]), "tools/list", context(caller), key=b"k")
    schema: Json = page["tools"][0]["inputSchema"]
    return schema


def test_each_caller_sees_the_deployments_that_it_may_ask() -> None:
    tool = Ask(several())
    assert declared(tool)["properties"]["deployment"]["enum"] == ["eu", "us", "asia"]
    assert declared(tool, "guest")["properties"]["deployment"]["enum"] == ["eu", "us"]
    assert list(declared(tool)["properties"]) == ["tenant", "max_bytes", "deployment"]
    # What is checked tells nobody what others may ask.
    assert "enum" not in tool.input_schema["properties"]["deployment"]
    assert tool.prepare({"deployment": "us"}) == {"deployment": "us"}


def test_without_several_there_is_no_such_parameter() -> None:
    assert declared(Ask(a_desk())) == Ask(a_desk()).input_schema
    assert list(declared(Ask(a_desk()))["properties"]) == ["tenant", "max_bytes"]
    assert list(declared(Docs(several()))["properties"]) == ["query"]
    known = several().deployments
    assert known is not None
    alone = several()._replace(deployments=known._replace(allows=lambda caller, name: False))
    assert list(declared(Ask(alone))["properties"]) == ["tenant", "max_bytes"]


def test_the_next_call_asks_the_same_deployment() -> None:
    arguments = {"deployment": "us", "tenant": "7", "limit": 1}
    assert call_text("a", tenant_only(arguments)) == 'a(tenant="7", deployment="us")'


async def test_a_fault_is_told_with_its_deployment_in_the_words_of_its_table() -> None:
    source = Source("us", failing=("services",))
    usual = Deployment("eu", "", Source("eu"), SEVEN)
    us = Deployment("us", "", source, SEVEN, None, lambda text: text.replace("try", "do not try"))
    desk = a_desk(deployments=Deployments(usual, (us,)))
    with pytest.raises(ToolError, match=r"^deployment us: .* answer services; do not try again$"):
        await asked(desk, context(), deployment="us")


MAIL = MASKING.mask("a@b.cd")[0]
NOTICE = "Masked (MCP_MASK): 1 e-mail address; equal values have equal marks."


async def test_what_is_masked_is_marked_and_said_last() -> None:
    desk = a_desk(Source("a@b.cd"), masking=MASKING)
    assert await asked(desk, context()) == f" 1:0 ['{MAIL}']\n{NOTICE}"
    assert await asked(desk, context(), Docs, query="a@b.cd") == "write to a@b.cd"


async def test_a_fault_is_masked_too() -> None:
    class Faulty(Ask):
        async def answer(self, arguments: Json) -> str:
            raise SourceError("no trace of a@b.cd")

    with pytest.raises(ToolError) as told:
        await asked(a_desk(masking=MASKING), context(), Faulty)
    assert str(told.value) == f"no trace of {MAIL}"


@pytest.mark.parametrize("most", [1_000, 1_009, 5_000, 24_000])
@pytest.mark.parametrize("tool", [Ask, Fill, Stubborn])
async def test_a_masked_answer_keeps_to_its_size(tool: type[TraceTool], most: int) -> None:
    desk = several(masking=MASKING)
    answer = await asked(desk, context(), tool, max_bytes=most)
    assert len(answer.encode()) <= most
    assert "a@b.cd" not in answer
    if tool is Fill:
        assert "\nDeployment eu.\nMasked (MCP_MASK): " in answer
        assert len(answer.encode()) > most // 4


async def test_data_that_keeps_to_no_size_is_refused() -> None:
    with pytest.raises(ToolError, match=r"^fill: the masked answer is too long; ask with a larger"):
        await StubbornData(a_desk(masking=MASKING)).call({"max_bytes": 1_000}, context())


async def test_the_room_for_the_last_lines_is_not_seen_in_calls() -> None:
    class Next(Ask):
        async def answer(self, arguments: Json) -> str:
            return f"{self.max_bytes(arguments)} {self.wider_call(arguments)}"

    desk = a_desk(masking=MASKING)
    assert await asked(desk, context(), Next) == "23600 ask(max_bytes=96000)"
    assert await asked(desk, context(), Next, max_bytes=1_000) == "750 ask(max_bytes=4000)"
    assert await asked(a_desk(), context(), Next) == "24000 ask(max_bytes=96000)"
