"""From settings to the desk: databases, what is passed on, what is masked."""

import io
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import anyio
import pytest

from tests.clients import PATIENT, serving
from tests.protocol.playbook import request
from tests.transports.site import call, said, streamable
from tests.victoriatraces.peer import Peer, peer, sized
from vtmcp.app import build
from vtmcp.app_desk import open_masking, open_passthrough
from vtmcp.callers import Callers
from vtmcp.config import Config, ConfigError
from vtmcp.config_variables import MASKS
from vtmcp.handlers.desk import Desk
from vtmcp.logs import Log
from vtmcp.server import Server
from vtmcp.traces.masking import KINDS
from vtmcp.traces.tenant import Tenant

pytestmark = pytest.mark.anyio

SERVICES = sized(
    b'{"data":["shop","pay@shop.example"],"total":2,"limit":0,"offset":0,"errors":null}'
)
PARENT = f"00-{'4b' * 16}-{'0f' * 8}-01"


def config(**env: str) -> Config:
    return Config.from_env({"VT_INSTANCE_ENTRYPOINT": "http://localhost:10428", **env})


def log() -> tuple[Log, io.StringIO]:
    lines = io.StringIO()
    return Log(lines, level="debug", format="json"), lines


def desk_of(server: Server) -> Desk:
    found: Any = next(iter(server.catalogue.tools.values()))
    desk: Desk = found.desk
    return desk


@asynccontextmanager
async def database() -> AsyncIterator[Peer]:
    async with peer((SERVICES,)) as server:
        with anyio.fail_after(5):
            yield server


async def test_what_a_caller_sends_goes_on_to_the_database() -> None:
    async with database() as asked:
        env = {
            "MCP_SERVER_MODE": "http",
            "MCP_PASSTHROUGH_HEADERS": "Authorization, X-Scope-OrgID",
            "VT_INSTANCE_BEARER_TOKEN": "ours",
        }
        server, source = build(config(VT_INSTANCE_ENTRYPOINT=asked.url, **env), log()[0])
        async with streamable(server) as site:
            session = await site.greet(authorization="Bearer of-the-opening")
            for token in ("Bearer ann", "Bearer bob"):
                answer = await site.post(
                    call(1, "services"),
                    session=session,
                    authorization=token,
                    x_scope_orgid="7",
                    x_other="o",
                    traceparent=PARENT,
                )
                assert "2 services" in said(answer.json)
            refused = await site.post(call(1, "services"), session=session)
        await source.aclose()
    assert "has no Authorization header" in said(refused.json)
    assert refused.json["result"]["isError"]
    sent = [dict(one.headers) for one in asked.requests]
    assert [one[b"authorization"] for one in sent] == [b"Bearer ann", b"Bearer bob"]
    assert {one[b"x-scope-orgid"] for one in sent} == {b"7"}
    assert {one[b"traceparent"] for one in sent} == {PARENT.encode()}
    assert not any(b"x-other" in one for one in sent)


async def test_a_trace_context_goes_on_over_stdio_too() -> None:
    async with database() as asked:
        server, source = build(config(VT_INSTANCE_ENTRYPOINT=asked.url), log()[0])
        async with serving(*server.catalogue.tools.values(), limits=PATIENT) as client:
            await client.greet()
            for meta in ({"traceparent": PARENT, "tracestate": "a=1", "baggage": "b"}, {}):
                message = request(1, "tools/call", name="services", arguments={}, _meta=meta)
                await client.say(message)
                await client.hear()
        await source.aclose()
    first, second = (dict(one.headers) for one in asked.requests)
    assert (first[b"traceparent"], first[b"tracestate"]) == (PARENT.encode(), b"a=1")
    assert b"baggage" not in first
    assert not {b"traceparent", b"tracestate"} & set(second)


async def test_several_databases_are_asked_each_with_its_own_token(tmp_path: Path) -> None:
    async with database() as eu, database() as us:
        file = tmp_path / "instances.toml"
        file.write_text(
            f'[[instance]]\nname = "eu"\nentrypoint = "{eu.url}"\nbearer_token = "for-eu"\n'
            f'[[instance]]\nname = "us"\nentrypoint = "{us.url}"\nbearer_token = "for-us"\n'
            'tenants = ["7:0"]\n'
        )
        server, source = build(Config.from_env({"VT_INSTANCES_FILE": str(file)}), log()[0])
        assert source.label == "2 deployments: eu, us"
        assert "deployments lists them" in str(server.profile.instructions)
        async with serving(*server.catalogue.tools.values(), limits=PATIENT) as client:
            await client.greet()
            texts = []
            for name, arguments in (
                ("deployments", {}),
                ("services", {}),
                ("services", {"deployment": "us"}),
                ("services", {"deployment": "us", "tenant": "8"}),
            ):
                await client.say(request(1, "tools/call", name=name, arguments=arguments))
                texts.append(said(await client.hear()))
        await source.aclose()
    listed, usual, other, refused = texts
    host = eu.url.removeprefix("http://")
    assert listed.splitlines()[:2] == [
        "2 deployments; a call that names none asks eu.",
        f"eu  {host}  default tenant 0:0",
    ]
    assert listed.endswith("default tenant 7:0  tenants 7:0")
    assert usual.endswith("\nDeployment eu.")
    assert other.endswith("\nDeployment us.")
    assert "2 services in tenant 7:0" in other
    assert refused == "services: tenant 8:0 is not allowed to this caller"
    tokens = [[dict(one.headers)[b"authorization"] for one in where.requests] for where in (eu, us)]
    assert tokens == [[b"Bearer for-eu"], [b"Bearer for-us"]]


def test_one_table_is_one_database_and_no_clutter(tmp_path: Path) -> None:
    file = tmp_path / "instances.toml"
    file.write_text(
        '[[instance]]\nname = "eu"\nentrypoint = "https://eu.example"\ntenants = ["7:0", "8:0"]\n'
    )
    said_, _ = log()
    callers = Callers(allows_tenant=lambda caller, tenant: tenant != Tenant(8, 0))
    alone, source = build(Config.from_env({"VT_INSTANCES_FILE": str(file)}), said_, callers)
    plain, _ = build(config(), said_)
    assert source.label == "VictoriaTraces at https://eu.example"
    assert [tool.declare() for tool in alone.catalogue.tools.values()] == [
        tool.declare() for tool in plain.catalogue.tools.values()
    ]
    assert "deployments" not in plain.catalogue.tools
    desk = desk_of(alone)
    assert desk.default_tenant == Tenant(7, 0)
    allowed = [desk.allows_tenant("", Tenant(number, 0)) for number in (0, 7, 8)]
    assert allowed == [False, True, False]


def test_nothing_is_passed_on_or_masked_unless_it_is_asked_for() -> None:
    desk = desk_of(build(config(), log()[0])[0])
    assert (desk.passed_on, desk.masking, desk.deployments) == (None, None, None)


AUTHENTICATED = {
    "MCP_AUTH_TOKEN": "t",
    "MCP_AUTH_TOKEN_FILE": "t",
    "MCP_AUTH_FILE": "t",
    "MCP_OAUTH_INTROSPECTION_URL": "https://a.example",
}


@pytest.mark.parametrize("variable", AUTHENTICATED)
@pytest.mark.parametrize("mode", ["http", "sse"])
def test_the_token_for_us_is_never_on_the_list(variable: str, mode: str) -> None:
    env = {"MCP_SERVER_MODE": mode, variable: AUTHENTICATED[variable]}
    with pytest.raises(ConfigError, match=r"^MCP_PASSTHROUGH_HEADERS: names Authorization"):
        open_passthrough(config(**env, MCP_PASSTHROUGH_HEADERS="authorization"), log()[0])
    assert open_passthrough(config(**env, MCP_PASSTHROUGH_HEADERS="X-Team"), log()[0])


def test_over_stdio_there_is_nothing_to_pass_on_and_that_is_said() -> None:
    told, lines = log()
    assert open_passthrough(config(MCP_PASSTHROUGH_HEADERS="Authorization"), told) is None
    assert "MCP_PASSTHROUGH_HEADERS does nothing over stdio" in lines.getvalue()
    with pytest.raises(ConfigError, match=r"^MCP_PASSTHROUGH_HEADERS: names Host"):
        open_passthrough(config(MCP_PASSTHROUGH_HEADERS="Host"), told)


def test_marks_are_the_same_where_the_session_key_is() -> None:
    key = {"MCP_SESSION_KEY": "0123456789abcdef", "MCP_MASK": "email"}
    text = "pay@shop.example 4111111111111111"

    def masked(**env: str) -> str:
        masking = open_masking(config(**env))
        assert masking is not None
        return masking.mask(text)[0]

    assert masked(**key) == masked(**key)
    assert masked(MCP_MASK="email") != masked(MCP_MASK="email")
    assert masked(**key).endswith(" 4111111111111111")
    assert text not in masked(**key)


def test_the_kinds_that_may_be_masked() -> None:
    assert MASKS == KINDS
    assert config(MCP_MASK="Card, email,card").mask == ("card", "email")
    with pytest.raises(ConfigError, match=r"^MCP_MASK: 'names' is not known; accepted: email, t"):
        config(MCP_MASK="email,names")


async def test_an_answer_is_masked_from_end_to_end() -> None:
    async with database() as asked:
        env = {"MCP_MASK": "email", "VT_INSTANCE_ENTRYPOINT": asked.url}
        server, source = build(config(**env), log()[0])
        async with serving(*server.catalogue.tools.values(), limits=PATIENT) as client:
            await client.greet()
            await client.say(request(1, "tools/call", name="services", arguments={}))
            text = said(await client.hear())
        await source.aclose()
    assert "pay@shop.example" not in text
    assert text.splitlines()[-1].startswith("Masked (MCP_MASK): 1 e-mail address")
