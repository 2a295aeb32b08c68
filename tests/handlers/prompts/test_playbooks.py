"""The playbooks: their steps name real calls with what was given, and their arguments complete."""

import json
import re
from typing import Any

import anyio
import pytest

from tests.handlers.pages import a_desk
from tests.handlers.peer import a_call, a_context
from tests.handlers.tools.source import DEFAULT_TENANT, ScriptedSource
from vtmcp.handlers.catalogue import Catalogue
from vtmcp.handlers.core import complete, get_prompt
from vtmcp.handlers.desk_prompt import CLOSING, Playbook
from vtmcp.handlers.library import Library
from vtmcp.handlers.prompts import PROMPTS
from vtmcp.handlers.tools import tool_classes
from vtmcp.protocol.messages import Json
from vtmcp.traces.model import SourceError
from vtmcp.traces.spans import Counted
from vtmcp.traces.tenant import Tenant

pytestmark = pytest.mark.anyio

PLAYBOOKS = {prompt.name: prompt for prompt in PROMPTS if issubclass(prompt, Playbook)}
ALL = pytest.mark.parametrize("name", PLAYBOOKS)
TRACE_ID = "ab" * 16
GIVEN = {
    "service": 'shop "eu"',
    "operation": "GET /",
    "trace_id": TRACE_ID,
    "version": "2",
    "other_version": "1",
    "slower_than": "2s",
    "start": "now-2h",
    "end": "now",
    "tenant": "1:2",
}


class Versions(ScriptedSource):
    """Two services, and the versions of one of them."""

    def __init__(self) -> None:
        super().__init__(services=("cart", "shopcart", "pay"), operations=("GET /", "POST /"))
        self.waits = False

    async def field_values(self, wanted: Any, name: str, *_: Any, **more: Any) -> list[Any]:
        if self.waits:
            await anyio.sleep_forever()
        self._ask("values", wanted.service, name)
        return [Counted("1.0", 5), Counted("", 3), Counted("1.1", 2)]


def catalogue(source: Any = None, **more: Any) -> Catalogue:
    desk = a_desk(Library(), source or Versions(), **more)
    return Catalogue(prompts=[prompt(desk) for prompt in PROMPTS])


async def told(name: str, arguments: dict[str, str]) -> str:
    params: Json = {"name": name, "arguments": arguments}
    result = await get_prompt(catalogue(), params, a_context(a_call("prompts/get", params)))
    text: str = result["messages"][0]["content"]["text"]
    return text


async def completed(
    argument: str, value: str, known: Json, source: Any, *, name: str = "", **more: Any
) -> list[str]:
    name = name or ("compare_releases" if "version" in argument else "investigate_latency")
    params: Json = {
        "ref": {"type": "ref/prompt", "name": name},
        "argument": {"name": argument, "value": value},
        "context": {"arguments": known},
    }
    context = a_context(a_call("completion/complete", params))
    with anyio.fail_after(5):
        result = await complete(catalogue(source, **more), params, context)
    values: list[str] = result["completion"]["values"]
    return values


def test_there_are_four() -> None:
    assert sorted(PLAYBOOKS) == [
        "compare_releases",
        "explain_trace",
        "investigate_errors",
        "investigate_latency",
    ]


@ALL
async def test_each_call_is_one_that_there_is(name: str) -> None:
    names = {argument["name"] for argument in PLAYBOOKS[name].arguments}
    text = await told(name, {key: value for key, value in GIVEN.items() if key in names})
    assert text.startswith(f"{PLAYBOOKS[name].task}\n1. ")
    assert text.endswith(CLOSING)
    tools = {tool.name: tool for tool in tool_classes()}
    calls = re.findall(r"\b([a-z_]+)\(((?:[^()\"]|\"(?:[^\"\\]|\\.)*\")*)\)", text)
    assert len(calls) >= 4
    for tool, written in calls:
        for parameter in re.findall(r"(?:^|, )([A-Za-z_]+)=", written):
            assert parameter in tools[tool].properties


@ALL
async def test_what_was_given_is_in_the_calls(name: str) -> None:
    names = {argument["name"] for argument in PLAYBOOKS[name].arguments}
    text = await told(name, {key: value for key, value in GIVEN.items() if key in names})
    for key in names:
        assert json.dumps(GIVEN[key]) in text or repr(GIVEN[key]) in text


async def test_what_was_not_given_is_left_out() -> None:
    text = await told("investigate_errors", {"service": " ", "tenant": ""})
    assert "1. triage():" in text
    assert "service=" not in text


COMPLETED: dict[str, tuple[str, str, Json, list[str]]] = {
    "services, the best first": ("service", "CART", {}, ["cart", "shopcart"]),
    "all services": ("service", "", {}, ["cart", "shopcart", "pay"]),
    "operations of a service": ("operation", "get", {"service": "cart"}, ["GET /"]),
    "no operations without a service": ("operation", "", {}, []),
    "versions": ("version", "1", {"service": "cart"}, ["1.0", "1.1"]),
    "the other version": ("other_version", "1.1", {}, ["1.1"]),
    "the tenant": ("tenant", "", {}, ["7:3"]),
    "a time is not known beforehand": ("start", "now", {}, []),
    "in a tenant that is none": ("service", "", {"tenant": "x"}, []),
}


@pytest.mark.parametrize(
    ("argument", "value", "known", "values"), COMPLETED.values(), ids=COMPLETED
)
async def test_arguments_complete(
    argument: str, value: str, known: Json, values: list[str]
) -> None:
    assert await completed(argument, value, known, Versions()) == values


async def test_names_of_a_tenant_are_asked_there() -> None:
    source = Versions()
    await completed("service", "", {"tenant": "1:2"}, source)
    assert source.asked == [("services", Tenant(1, 2))]


async def test_a_caller_is_offered_nothing_of_a_tenant_that_is_not_its_own() -> None:
    source = Versions()
    forbidden: Json = {"may_read": lambda caller, tenant: tenant != DEFAULT_TENANT}
    assert await completed("service", "", {}, source, **forbidden) == []
    assert await completed("tenant", "", {}, source, **forbidden) == []
    assert source.asked == []


async def test_a_source_that_fails_or_is_silent_completes_nothing(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("vtmcp.handlers.desk_prompt.COMPLETION_S", 0.01)
    source = Versions()
    source.waits = True
    assert await completed("version", "", {}, source) == []
    failing = ScriptedSource(failing=("services",))
    assert await completed("service", "", {}, failing) == []
    with pytest.raises(SourceError):
        await failing.services(DEFAULT_TENANT)
