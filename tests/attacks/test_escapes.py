"""A caller with a policy reads nothing beyond it, whichever way it asks."""

import hashlib
import json
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path

import anyio
import pytest

from tests.attacks.database import (
    HIDDEN,
    TRACE,
    TRACE_ID,
    Asked,
    Database,
    Hostile,
    database,
    plain,
)
from tests.attacks.database import answer_to as good_answer
from tests.attacks.product import Product, arguments_of, product, text_of
from tests.attacks.test_arguments import NEEDED, TENANTS
from tests.protocol.playbook import request
from tests.victoriatraces.peer import Step
from vtmcp.protocol.messages import Json

pytestmark = pytest.mark.anyio

OWNER, AGENT, READER = "token-of-the-owner", "token-of-the-agent", "token-of-the-reader"

POLICY = f"""
[callers.agent]
token_sha256 = "{hashlib.sha256(AGENT.encode()).hexdigest()}"
tools = ["*"]
tenants = ["7:3"]

[callers.reader]
token_sha256 = "{hashlib.sha256(READER.encode()).hexdigest()}"
tools = ["documentation"]
tenants = ["7:3"]
"""

FOREIGN = ("", "0", "0:0", "7", "7:4", "8:3", "7:3,0:0", " 0:0", "7:3\n0:0", *TENANTS)
"""Every tenant but the one that the agent may read."""

MEANT = {
    "by": ["service"],
    "name": "http.route",
    "start": f"around={TRACE_ID}",
    "other": "a" * 32,
    "format": "json",
    "span": "s1",
    "view": "hits",
}
"""Values with which a tool goes ways of its own."""


@pytest.fixture
def policy(tmp_path: Path) -> dict[str, str]:
    file = tmp_path / "callers.toml"
    file.write_text(POLICY)
    return {"MCP_AUTH_FILE": str(file), "MCP_AUTH_TOKEN": OWNER}


def calls(tested: Product) -> Iterator[tuple[str, Json]]:
    """Each tool in its plain form, and with each value with which it goes another way."""
    for tool in tested.tools:
        needed = arguments_of(tool, NEEDED)
        yield tool.name, needed
        for name, value in MEANT.items():
            if name in tool.input_schema["properties"]:
                yield tool.name, {**needed, name: value}


async def test_no_tool_reads_a_tenant_that_is_not_the_callers(policy: dict[str, str]) -> None:
    async with database() as asked, product({"VT_INSTANCE_ENTRYPOINT": asked.url} | policy) as it:
        for tool, arguments in calls(it):
            for tenant in FOREIGN:
                await it.call(tool, {**arguments, "tenant": tenant}, AGENT)
            await it.call(tool, arguments, AGENT)
        assert not asked.asked
        for tool, arguments in calls(it):
            if tool != "documentation":
                assert "not allowed" not in text_of(
                    await it.call(tool, {**arguments, "tenant": "7:3"}, AGENT)
                )
    assert {one.tenant for one in asked.asked} == {"7:3"}


async def test_no_completion_reads_beyond_the_policy(policy: dict[str, str]) -> None:
    async with database() as asked, product({"VT_INSTANCE_ENTRYPOINT": asked.url} | policy) as it:
        for prompt in it.server.catalogue.prompts.values():
            for argument in prompt.arguments:
                for tenant in FOREIGN:
                    given = {"tenant": tenant, "service": "shop"}
                    await it.complete(prompt.name, argument["name"], AGENT, **given)
        assert not asked.asked
        assert await it.complete("investigate_errors", "service", AGENT, tenant="7:3")
        assert await it.complete("investigate_errors", "tenant", OWNER) == ["0:0"]
        assert await it.complete("investigate_errors", "tenant", AGENT) == []
        asked.asked.clear()
        # What a caller may not ask by a tool it may not ask by a completion.
        for name in ("service", "operation", "version"):
            prompt_name = {"version": "compare_releases"}.get(name, "investigate_latency")
            given = {"tenant": "7:3", "service": "shop"}
            assert await it.complete(prompt_name, name, READER, **given) == []
    assert not asked.asked


INSTANCES = """
[[instance]]
name = "eu"
entrypoint = "{eu}"
tenants = ["0:0", "7:3"]

[[instance]]
name = "us"
entrypoint = "{us}"
tenants = ["7:3", "9:9"]
"""


@asynccontextmanager
async def two(
    folder: Path, policy: dict[str, str], **env: str
) -> AsyncIterator[tuple[Database, Database, Product]]:
    async with database() as eu, database() as us:
        file = folder / "instances.toml"
        file.write_text(INSTANCES.format(eu=eu.url, us=us.url))
        async with product({"VT_INSTANCES_FILE": str(file), **policy, **env}) as it:
            yield eu, us, it


async def test_no_way_leads_to_a_deployment_that_is_not_the_callers(
    tmp_path: Path, policy: dict[str, str]
) -> None:
    async with two(tmp_path, policy) as (eu, us, it):
        eu.hostile = lambda asked: (plain({"data": [], "errors": None}),)
        for tool, arguments in calls(it):
            for name in ("us", "US", "us ", "eu,us", "us\0", "../us", "default"):
                said = text_of(await it.call(tool, {**arguments, "deployment": name}, AGENT))
                assert us.url.removeprefix("http://") not in said
            for tenant in ({}, {"tenant": "7:3"}):
                said = text_of(await it.call(tool, {**arguments, **tenant}, AGENT))
                assert us.url.removeprefix("http://") not in said
        for prompt in it.server.catalogue.prompts.values():
            for argument in prompt.arguments:
                values = await it.complete(prompt.name, argument["name"], AGENT, tenant="7:3")
                assert "9:9" not in values
        listed = json.dumps(await it.ask(request(1, "tools/list"), AGENT))
    assert not us.asked
    assert '"us"' not in listed
    assert {one.tenant for one in eu.asked} == {"7:3"}


async def test_the_operators_tenants_hold_for_everyone(
    tmp_path: Path, policy: dict[str, str]
) -> None:
    async with two(tmp_path, policy) as (eu, us, it):
        for tool, arguments in calls(it):
            await it.call(tool, {**arguments, "tenant": "9:9"}, OWNER)
            await it.call(tool, {**arguments, "tenant": "0:0", "deployment": "us"}, OWNER)
        for prompt in it.server.catalogue.prompts.values():
            for argument in prompt.arguments:
                given = {"tenant": "9:9", "service": "shop"}
                await it.complete(prompt.name, argument["name"], OWNER, **given)
    assert {one.tenant for one in eu.asked} <= {"0:0", "7:3"}
    assert {one.tenant for one in us.asked} <= {"9:9", "7:3"}


async def test_the_operators_tenants_hold_where_there_is_one_table(tmp_path: Path) -> None:
    async with database() as asked:
        file = tmp_path / "instances.toml"
        file.write_text(f'[[instance]]\nname="a"\nentrypoint="{asked.url}"\ntenants=["7:3"]\n')
        async with product({"VT_INSTANCES_FILE": str(file)}) as it:
            for tenant in ("0:0", "8"):
                await it.call("services", {"tenant": tenant})
                assert await it.complete("investigate_errors", "service", tenant=tenant) == []
    assert not asked.asked


async def test_what_one_caller_read_is_not_told_to_another(policy: dict[str, str]) -> None:
    """Neither from what is kept, nor from a question under way."""
    arguments = {"trace_id": TRACE_ID, "spans": "s1"}
    async with database() as asked, product({"VT_INSTANCE_ENTRYPOINT": asked.url} | policy) as it:
        for token in (OWNER, OWNER, AGENT, AGENT):
            await it.call("span", {**arguments, "tenant": "7:3"}, token)
        assert traces_asked(asked) == ["7:3", "7:3"]
        await it.call("span", arguments, OWNER)
        assert traces_asked(asked) == ["7:3", "7:3", "0:0"]
        asked.asked.clear()
        go_on = anyio.Event()
        asked.hostile = lambda one: (go_on, plain(good_answer(one)))
        async with anyio.create_task_group() as tasks:
            for token in (OWNER, AGENT, OWNER, AGENT):
                tasks.start_soon(it.call, "services", {"tenant": "7:3"}, token)
            while len(asked.asked) < 2:
                await anyio.sleep(0)
            go_on.set()
    assert len(asked.asked) == 2


async def test_what_one_credential_read_is_not_told_to_another() -> None:
    env = {"MCP_PASSTHROUGH_HEADERS": "Authorization"}
    arguments = {"trace_id": TRACE_ID, "spans": "s1"}
    async with database() as asked, product({"VT_INSTANCE_ENTRYPOINT": asked.url, **env}) as it:
        for token in ("ann", "bob", "ann"):
            await it.call("span", arguments, token)
        assert len(traces_asked(asked)) == 2
        asked.hostile = _only_for("Bearer ann")
        for tool, each in calls(it):
            if tool != "documentation":
                said = text_of(await it.call(tool, {**each, "tenant": "5"}, "bob"))
                assert "answered 401" in said, (tool, said)
                said = text_of(await it.call(tool, {**each, "tenant": "5"}, "ann"))
                assert "answered 401" not in said, (tool, said)


def traces_asked(asked: Database) -> list[str]:
    """The tenants of which a trace was asked for."""
    return [one.tenant for one in asked.asked if TRACE.fullmatch(one.path)]


def _only_for(value: str) -> Hostile:
    def hostile(asked: Asked) -> tuple[Step, ...]:
        if asked.sent.get("authorization") != value:
            return (b"HTTP/1.1 401 No\r\nContent-Length: 0\r\n\r\n",)
        return (plain(good_answer(asked)),)

    return hostile


SPELLINGS = (
    *("user.ssn", "span_attr:user.ssn", "resource_attr:user.ssn", "scope_attr:user.ssn"),
    *("event:0:event_attr:user.ssn", "event_attr:user.ssn", "link:0:link_attr:user.ssn"),
    *("event:event_attr:user.ssn:0", "span_attr:span_attr:user.ssn", "otel.status_description"),
    *("status_message", "span_attr:otel.status_description"),
)
"""Ways to say a hidden field."""


async def test_a_hidden_field_cannot_be_read_by_any_tool() -> None:
    env = {"VT_HIDDEN_FIELDS": "user.ssn,status_message"}
    async with database() as asked, product({"VT_INSTANCE_ENTRYPOINT": asked.url, **env}) as it:
        for tool, arguments in (*calls(it), *_naming(it)):
            said = text_of(await it.call(tool, arguments))
            assert HIDDEN not in said, (tool, arguments)
            if "query" not in arguments:
                assert "ssn=" not in said
        assert "not accepted" in text_of(await it.call("query", {"query": "*"}))
    told = [dict(one.parameters).get("hidden_fields_filters", "") for one in asked.asked]
    assert any(told)
    for one in asked.asked:
        for name, value in one.parameters:
            if name != "hidden_fields_filters":
                assert "4711" not in value, one


def _naming(it: Product) -> Iterator[tuple[str, Json]]:
    """Calls that name what is hidden, wherever a field can be named."""
    for tool in it.tools:
        known, needed = tool.input_schema["properties"], arguments_of(tool, NEEDED)
        for spelling in SPELLINGS:
            for each in (
                {"tags": {spelling: "~.*4711"}},
                {"tags": {spelling: HIDDEN}},
                {"by": [spelling]},
                {"name": spelling},
                {"name": spelling, "filter": "4711"},
            ):
                if set(each) <= set(known):
                    yield tool.name, {**needed, **each}
