"""Spans of our own: what is in them, where they stand in a trace, and what is never in one."""

import io
import json
import os
import subprocess
import sys
from typing import Any

import anyio
import pytest

from tests.handlers.peer import NotedPeer, a_call
from tests.protocol.playbook import INITIALIZED, initialize, request
from tests.telemetry.collector import Site, attributes, site
from vtmcp.app import build, open_telemetry
from vtmcp.app_telemetry import Telemetry
from vtmcp.config import Config, ConfigError
from vtmcp.handlers.context import Context
from vtmcp.logs import Log, fingerprint
from vtmcp.posting import read_target
from vtmcp.protocol.codec import encode
from vtmcp.protocol.messages import Json
from vtmcp.router import Observed
from vtmcp.telemetry.sampling import read_sampler
from vtmcp.telemetry.settings import Settings
from vtmcp.transports.memory import channel_pair
from vtmcp.victoriatraces.requests import HttpRequest

pytestmark = pytest.mark.anyio

TRACE, PARENT = "ab" * 16, "cd" * 8
TRACEPARENT = f"00-{TRACE}-{PARENT}-01"
SERVICES = b'{"data":["cart"],"errors":null,"limit":0,"offset":0,"total":1}'
HUNTER = "hunter2"


def call(number: int, tool: str, meta: Json | None = None, **arguments: Any) -> Json:
    params: Json = {"name": tool, "arguments": arguments}
    return request(number, "tools/call", **params, **({"_meta": meta} if meta else {}))


async def traced(database: Site, *calls: Json, **env: str) -> tuple[Site, str]:
    """What a collector got of a conversation with these calls, and what was logged."""
    lines = io.StringIO()
    log = Log(lines, level="debug")
    async with site() as collector:
        config = Config.from_env(
            {
                "VT_INSTANCE_ENTRYPOINT": database.url,
                "OTEL_EXPORTER_OTLP_ENDPOINT": collector.url,
                **env,
            }
        )
        telemetry = open_telemetry(config, log)
        assert telemetry is not None
        server, source = build(config, log, telemetry=telemetry)
        ours, theirs = channel_pair()
        with anyio.fail_after(5):
            async with telemetry.running(), anyio.create_task_group() as tasks:
                tasks.start_soon(server.conversation(theirs).run)
                for message in (initialize(), INITIALIZED, *calls):
                    await ours.send(encode(message))
                for _ in (initialize(), *calls):
                    assert await ours.receive() is not None
                ours.close()
        theirs.close()
        await source.aclose()
    return collector, lines.getvalue()


async def test_a_call_and_what_it_asks_stand_in_the_clients_trace() -> None:
    async with site(SERVICES) as database:
        collector, lines = await traced(
            database, call(1, "services", {"traceparent": TRACEPARENT, "tracestate": "a=1"})
        )
    asked, called = collector.spans
    [sent] = database.asked
    assert (called["name"], called["kind"]) == ("tools/call services", 2)
    assert (called["traceId"], called["parentSpanId"]) == (TRACE, PARENT)
    assert (asked["name"], asked["kind"]) == ("services victoriatraces", 3)
    assert (asked["traceId"], asked["parentSpanId"]) == (TRACE, called["spanId"])
    # The database gets the span of its own request, and so becomes a child of that.
    assert sent.header_values("traceparent") == [f"00-{TRACE}-{asked['spanId']}-01"]
    assert sent.header_values("tracestate") == ["a=1"]
    assert f"trace={TRACE}" in lines
    assert attributes(asked) == {
        "db.system.name": "victoriatraces",
        "db.operation.name": "services",
        "http.request.method": "GET",
        "url.template": "/select/jaeger/api/services",
        "server.address": "localhost",
        "server.port": database.url.rpartition(":")[2],
        "http.response.status_code": "200",
    }
    found = attributes(called)
    assert found.pop("vtmcp.request.id") in lines
    assert found == {
        "mcp.method.name": "tools/call",
        "mcp.protocol.version": "2025-11-25",
        "network.transport": "pipe",
        "jsonrpc.request.id": "1",
        "vtmcp.outcome": "ok",
        "gen_ai.operation.name": "execute_tool",
        "gen_ai.tool.name": "services",
    }
    assert [span["status"] for span in (asked, called)] == [{"code": 0}, {"code": 0}]


async def test_the_export_is_what_the_variables_ask_for() -> None:
    async with site(SERVICES) as database:
        collector, lines = await traced(
            database,
            call(1, "services"),
            OTEL_SERVICE_NAME="mcp",
            OTEL_RESOURCE_ATTRIBUTES="a=b",
            OTEL_EXPORTER_OTLP_HEADERS=f"Authorization=Bearer%20{HUNTER}",
        )
    [sent] = collector.asked
    assert (sent.method, sent.path) == ("POST", "/v1/traces")
    assert sent.header("content-type") == "application/json"
    assert sent.header("authorization") == f"Bearer {HUNTER}"
    assert HUNTER not in lines
    [resource] = collector.resources
    found = attributes(resource["resource"])
    assert (found["service.name"], found["a"]) == ("mcp", "b")
    assert set(found) == {"service.name", "service.version", "service.instance.id", "a"}
    assert resource["scopeSpans"][0]["scope"]["name"] == "vtmcp"


UNRECORDED: dict[str, tuple[Json, dict[str, str]]] = {
    "what the client does not record": ({"traceparent": f"00-{TRACE}-{PARENT}-00"}, {}),
    "what the sampler leaves out": (
        {"traceparent": TRACEPARENT},
        {"OTEL_TRACES_SAMPLER": "always_off"},
    ),
}


@pytest.mark.parametrize(("meta", "env"), UNRECORDED.values(), ids=UNRECORDED)
async def test_not_exported_and_passed_on_as_such(meta: Json, env: dict[str, str]) -> None:
    async with site(SERVICES) as database:
        collector, _ = await traced(database, call(1, "services", meta), **env)
    assert collector.asked == []
    [parent] = database.asked[0].header_values("traceparent")
    assert parent.startswith(f"00-{TRACE}-")
    assert parent.endswith("-00")
    assert PARENT not in parent


async def test_failures_say_of_which_kind() -> None:
    async with site(b'{"errors":[{"msg":"no"}]}', 500) as database:
        collector, _ = await traced(database, call(1, "services"), call(2, "services", limit=1))
    by_id = {attributes(one).get("jsonrpc.request.id", "db"): one for one in collector.spans}
    assert {one["status"]["code"] for one in by_id.values()} == {2}
    assert {key: attributes(one)["error.type"] for key, one in by_id.items()} == {
        **{"1": "tool_error", "2": "tool_error"},
        "db": "refused",
    }
    assert attributes(by_id["db"])["http.response.status_code"] == "500"


async def test_nothing_that_was_asked_or_answered_is_in_a_span() -> None:
    async with site(b'{"data":["hunter2"]}') as database:
        collector, _ = await traced(
            database,
            call(1, "services"),
            call(2, "service_names", service_name=HUNTER),
            call(3, "trace", trace_id=TRACE),
            call(4, HUNTER, service=HUNTER, tags={"a": HUNTER}),
            request(5, "resources/read", uri=f"docs://{HUNTER}"),
            request(6, "prompts/get", name=HUNTER),
            request(7, "prompts/get", name="documentation", arguments={"query": HUNTER}),
        )
        assert any(HUNTER in sent.path for sent in database.asked)
    told = b"".join(sent.body for sent in collector.asked).decode()
    assert HUNTER not in told
    assert f"traces/{TRACE}" not in told
    names = [one["name"] for one in collector.spans]
    assert {"tools/call", "resources/read", "prompts/get"} <= set(names)
    templates = {attributes(one).get("url.template", "") for one in collector.spans}
    assert templates >= {
        "/select/jaeger/api/services/{service}/operations",
        "/select/jaeger/api/traces/{trace_id}",
    }


# ---- one span, without a server ----------------------------------------------------------------


def telemetry() -> tuple[Telemetry, list[Any]]:
    target = read_target("http://localhost:1/")
    settings = Settings(target, (), 1.0, "vtmcp", {}, read_sampler("", ""))
    made = Telemetry(settings, Log(None), "1.2", transport="tcp")
    spans: list[Any] = []
    made._tracer._put = spans.append
    return made, spans


SPANS: dict[str, tuple[Observed, str, str, dict[str, str]]] = {
    # How a call ended; name and status of its span; some of its attributes.
    "a cancelled call is no failure": (
        *(Observed("tools/call", "trace", 1, "cancelled"), "tools/call trace", "unset"),
        {"vtmcp.outcome": "cancelled"},
    ),
    "neither is a question to the client": (
        *(Observed("tools/call", "trace", 1, "input_required"), "tools/call trace", "unset"),
        {"vtmcp.outcome": "input_required"},
    ),
    "a fault of ours is one, by its type": (
        *(Observed("tools/call", "trace", 1, "KeyError:call:12"), "tools/call trace", "error"),
        {"error.type": "KeyError"},
    ),
    "a tool by its old name": (
        *(Observed("tools/call", "service_operations", 1, "ok"), "tools/call service_operations"),
        "unset",
        {"gen_ai.tool.name": "service_operations"},
    ),
    "a prompt": (
        *(Observed("prompts/get", "documentation", 1, "ok"), "prompts/get documentation", "unset"),
        {"gen_ai.prompt.name": "documentation"},
    ),
    "a page": (
        *(Observed("resources/read", "docs://overview", 1, "ok"), "resources/read", "unset"),
        {"mcp.resource.uri": "docs://overview"},
    ),
    "who calls": (
        *(Observed("tools/list", "", 1, "ok", "ann"), "tools/list", "unset"),
        {"enduser.id": "ann"},
    ),
}


@pytest.mark.parametrize(("observed", "name", "status", "some"), SPANS.values(), ids=SPANS)
def test_a_span_of(observed: Observed, name: str, status: str, some: dict[str, str]) -> None:
    made, spans = telemetry()
    made.begin(Context(a_call(observed.method), NotedPeer()), "r-1")(observed)
    [span] = spans
    assert (span.name, span.status) == (name, status)
    assert some.items() <= span.attributes.items()
    assert ("error.type" in span.attributes) == (status == "error")


def test_a_session_is_told_by_digits_that_lead_nowhere() -> None:
    made, spans = telemetry()
    headers = (("mcp-session-id", HUNTER), ("traceparent", TRACEPARENT))
    context = Context(a_call(), NotedPeer(), headers=headers)
    made.begin(context, "r-1")(Observed("tools/call", "trace", 1, "ok"))
    assert spans[0].attributes["mcp.session.id"] == fingerprint(HUNTER)
    assert (spans[0].trace_id, spans[0].parent_span_id) == (TRACE, PARENT)
    assert context.trace is not None
    assert context.trace.span_id == spans[0].span_id


HOSTS: dict[str, tuple[str, dict[str, str]]] = {
    "a name": ("db.example", {"server.address": "db.example"}),
    "a name and a port": ("db:1", {"server.address": "db", "server.port": "1"}),
    "an IPv6 address": ("[::1]", {"server.address": "::1"}),
    "an IPv6 address and a port": ("[::1]:1", {"server.address": "::1", "server.port": "1"}),
}


@pytest.mark.parametrize(("host", "expected"), HOSTS.values(), ids=HOSTS)
def test_which_database_was_asked(host: str, expected: dict[str, str]) -> None:
    made, spans = telemetry()
    headers = (("Host", host), ("traceparent", TRACEPARENT), ("X-A", "b"))
    followed = made.asking("search", HttpRequest("GET", f"/x?service={HUNTER}", headers))
    assert followed is not None
    sent, end = followed
    assert sent.headers[:2] == (("Host", host), ("X-A", "b"))
    end("cancelled", 0)
    [span] = spans
    assert span.status == "unset"
    assert HUNTER not in repr(span)
    assert {**expected, "error.type": "cancelled", "url.template": "/x"}.items() <= (
        span.attributes.items()
    )


def test_what_belongs_to_no_call_is_not_followed() -> None:
    made, _ = telemetry()
    assert made.asking("services", HttpRequest("GET", "/x", (("Host", "db"),))) is None


def test_the_operator_hears_of_a_collector_that_fails() -> None:
    lines = io.StringIO()
    target = read_target("http://localhost:1/")
    settings = Settings(target, (), 1.0, "vtmcp", {}, read_sampler("", ""))
    told = Telemetry(settings, Log(lines), "1.2", transport="tcp")._exporter._told
    told.failing("why")
    told.working()
    told.dropped(7)
    assert [line.partition("msg=")[2] for line in lines.getvalue().splitlines()] == [
        '"spans cannot be exported" reason=why',
        '"spans are exported again"',
        '"spans were dropped" count=7',
    ]


# ---- from the environment ----------------------------------------------------------------------

DEMO = {"VT_INSTANCE_ENTRYPOINT": "demo"}


def test_without_an_endpoint_nothing_of_it_is_loaded() -> None:
    script = (
        "import sys; from vtmcp.app import build, open_telemetry; from vtmcp.config import Config;"
        "from vtmcp.logs import Log;"
        "config = Config.from_env({'VT_INSTANCE_ENTRYPOINT': 'http://localhost:1',"
        " 'OTEL_TRACES_SAMPLER': 'xray', 'OTEL_EXPORTER_OTLP_HEADERS': 'x'});"
        "assert open_telemetry(config, Log(None)) is None; build(config, Log(None));"
        "print(*[name for name in sys.modules if 'telemetry' in name or 'posting' in name])"
    )
    ran = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True, timeout=30
    )
    assert ran.stdout.split() == ["vtmcp.config_telemetry"]


def test_it_can_be_switched_off() -> None:
    env = {"OTEL_EXPORTER_OTLP_ENDPOINT": "http://localhost:1", "OTEL_SDK_DISABLED": "true"}
    assert open_telemetry(Config.from_env({**DEMO, **env}), Log(None)) is None


def test_a_wrong_variable_stops_the_start() -> None:
    env = {"OTEL_EXPORTER_OTLP_TRACES_ENDPOINT": "http://otel.example"}
    with pytest.raises(ConfigError, match="set OTEL_EXPORTER_OTLP_INSECURE=true"):
        open_telemetry(Config.from_env({**DEMO, **env}), Log(None))


async def test_a_process_exports_what_is_left_before_it_ends() -> None:
    async with site() as collector:
        messages = (initialize(), INITIALIZED, call(1, "services"))
        env = {**DEMO, "OTEL_EXPORTER_OTLP_ENDPOINT": collector.url, "PATH": os.environ["PATH"]}
        with anyio.fail_after(20):
            ran = await anyio.run_process(
                [sys.executable, "-m", "vtmcp"],
                input=b"".join(json.dumps(one).encode() + b"\n" for one in messages),
                env=env,
            )
    assert ran.returncode == 0
    assert [span["name"] for span in collector.spans] == ["tools/call services"]
