"""What the product counts: the established server's names, ours, and what hostile clients do."""

import io
import json
import os
import re
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import anyio
import pytest

from tests.protocol.playbook import INITIALIZED, initialize, modern, request
from tests.test_metrics import parsed
from vtmcp.access.door import REASONS as DOOR_REASONS
from vtmcp.app import build, open_source
from vtmcp.app_callers import REFUSALS
from vtmcp.app_metrics import ERRORS, REFUSED, AppMetrics
from vtmcp.callers import Callers
from vtmcp.config import Config
from vtmcp.handlers.rules import NoRules
from vtmcp.handlers.tools import tool_classes
from vtmcp.logs import Log
from vtmcp.metrics import LABEL_SETS_MAX
from vtmcp.protocol import errors, headers
from vtmcp.protocol.answered import Answered
from vtmcp.protocol.messages import Json
from vtmcp.router import CANCELLED, Observed
from vtmcp.search.corpus import load_page
from vtmcp.transports.memory import channel_pair
from vtmcp.victoriatraces.hosts import REASONS as HOST_REASONS
from vtmcp.web import Open
from vtmcp.workers.supervisor import Plan, Supervisor
from vtmcp.workers.worker import Launch

pytestmark = pytest.mark.anyio

ESTABLISHED = {
    "initialize_total": ("client_name", "client_version"),
    "list_tools_total": (),
    "list_resources_total": (),
    "list_prompts_total": (),
    "call_tool_total": ("name", "is_error"),
    "get_prompt_total": ("name",),
    "read_resource_total": ("uri",),
    "error_total": ("method", "error"),
}
"""Names and labels of the established server, without their common beginning."""

PREFIX = "mcp_victoriatraces_"


def config(**env: str) -> Config:
    return Config.from_env({"VT_INSTANCE_ENTRYPOINT": "demo", **env})


def log() -> tuple[Log, io.StringIO]:
    lines = io.StringIO()
    return Log(lines, level="debug", format="json"), lines


def found(metrics: AppMetrics, name: str, *, zero: bool = False) -> dict[tuple[str, ...], float]:
    """The samples of one name by the values of their labels, in the family's own order."""
    family = next(each for key, each in metrics.registry.families.items() if name.startswith(key))
    return {
        tuple(dict(labels)[label] for label in family.labels): value
        for (sample, labels), value in parsed(metrics.text()).items()
        if sample == name and (value or zero)
    }


async def after(*said: Json, answers: int, **env: str) -> AppMetrics:
    """The counts of a server after one client has said all this and heard so many answers."""
    metrics = AppMetrics("0.1")
    server, source = build(config(**env), log()[0], metrics=metrics)
    ours, theirs = channel_pair()
    with anyio.fail_after(5):
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(server.conversation(ours).run)
            for message in said:
                await theirs.send(json.dumps(message).encode())
            for _ in range(answers):
                await theirs.receive()
            theirs.close()
    ours.close()
    await source.aclose()
    return metrics


# ---- a conversation --------------------------------------------------------------------------


def test_the_names_and_labels_of_the_established_server_are_kept() -> None:
    families = AppMetrics("0.1").registry.families
    kept = {
        name.removeprefix(PREFIX): family.labels
        for name, family in families.items()
        if name.startswith(PREFIX)
    }
    assert kept == ESTABLISHED
    assert all(families[f"{PREFIX}{name}"].kind == "counter" for name in ESTABLISHED)


async def test_a_conversation_is_counted() -> None:
    page = "docs://vtmcp/settings.md"
    metrics = await after(
        initialize(),
        INITIALIZED,
        request(1, "tools/list"),
        request(2, "prompts/list"),
        request(3, "resources/list"),
        request(4, "tools/call", name="services", arguments={}),
        request(5, "tools/call", name="service_operations", arguments={"service_name": "cart"}),
        request(6, "tools/call", name="trace", arguments={}),
        request(7, "tools/call", name="nope", arguments={}),
        request(8, "prompts/get", name="documentation", arguments={"query": "tenants"}),
        request(9, "resources/read", uri=page),
        request(10, "resources/read", uri=f"{page}#2"),
        request(11, "resources/read", uri="docs://vtmcp/s%65ttings.md"),
        request(12, "resources/read", uri="docs://no/such.md"),
        request(13, "no/such/method"),
        request(14, "ping"),
        answers=15,
    )
    assert found(metrics, f"{PREFIX}initialize_total") == {("client", "2"): 1}
    for what in ("tools", "prompts", "resources"):
        assert found(metrics, f"{PREFIX}list_{what}_total") == {(): 1}
    assert found(metrics, f"{PREFIX}call_tool_total") == {
        ("services", "false"): 1,
        ("service_names", "false"): 1,
        ("trace", "true"): 1,
    }
    assert found(metrics, f"{PREFIX}get_prompt_total") == {("documentation",): 1}
    assert found(metrics, f"{PREFIX}read_resource_total") == {(page,): 2, ("other",): 1}
    assert found(metrics, f"{PREFIX}error_total") == {
        ("tools/call", "invalid_params"): 1,
        ("resources/read", "resource_not_found"): 1,
        ("other", "method_not_found"): 1,
    }
    calls = found(metrics, "vtmcp_call_seconds_count")
    assert calls["tools/call", "service_names"] == calls["tools/call", "other"] == 1
    assert calls["prompts/get", "documentation"] == 1
    assert calls["resources/read", ""] == 4
    assert found(metrics, "vtmcp_answer_bytes_count") == {
        **{("services",): 1, ("service_names",): 1, ("trace",): 1},
    }
    assert 0 < found(metrics, "vtmcp_answer_bytes_sum")["trace",] < 2_000
    assert found(metrics, "vtmcp_calls_in_flight", zero=True) == {(): 0}


async def test_a_refused_tool_is_counted_and_logged_with_its_caller() -> None:
    class NoTrace(NoRules):
        def allows_tool(self, caller: str, tool: str) -> bool:
            return tool != "trace"

    metrics, (said, lines) = AppMetrics("0.1"), log()
    server, source = build(config(), said, Callers(NoTrace()), metrics)
    ours, theirs = channel_pair()
    with anyio.fail_after(5):
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(server.conversation(ours, caller="agent").run)
            await theirs.send(json.dumps(modern(1, "tools/call", name="trace")).encode())
            await theirs.receive()
            theirs.close()
    ours.close()
    await source.aclose()
    assert found(metrics, "vtmcp_refused_total") == {("tool", "not_allowed"): 1}
    assert found(metrics, f"{PREFIX}error_total") == {("tools/call", "forbidden"): 1}
    [line] = [json.loads(each) for each in lines.getvalue().splitlines()]
    told = {name: line[name] for name in ("level", "msg", "reason", "caller", "tool")}
    assert told == {
        **{"level": "warn", "msg": "refused", "reason": "tool"},
        **{"caller": "agent", "tool": "trace"},
    }


async def test_a_stateless_client_introduces_itself_too() -> None:
    said = modern(1, "server/discover")
    meta = "io.modelcontextprotocol/clientInfo"
    said["params"]["_meta"][meta] = {"name": "stateless", "version": "3"}
    metrics = await after(said, modern(2, "server/discover"), answers=2)
    introduced = found(metrics, f"{PREFIX}initialize_total")
    assert introduced == {("stateless", "3"): 1, ("", ""): 1}


async def test_what_is_no_request_is_counted_as_an_error_of_no_method() -> None:
    broken: Any = [1, 2]
    metrics = await after(broken, {"jsonrpc": "2.0"}, answers=2)
    assert found(metrics, f"{PREFIX}error_total") == {("other", "invalid_request"): 2}


async def test_an_introduction_that_is_refused_is_an_error_and_no_client() -> None:
    said = initialize()
    said["params"]["clientInfo"] = {"name": 7}
    metrics = await after(said, answers=1)
    assert found(metrics, f"{PREFIX}initialize_total") == {}
    assert found(metrics, f"{PREFIX}error_total") == {("initialize", "invalid_params"): 1}


async def test_answers_of_a_batch_are_counted_without_a_size() -> None:
    call = request(1, "tools/call", name="services", arguments={})
    batch: Any = [call, request(2, "tools/call", name="nope", arguments={}), 7]
    metrics = await after(initialize("2025-03-26"), INITIALIZED, batch, answers=2)
    assert found(metrics, f"{PREFIX}call_tool_total") == {("services", "false"): 1}
    assert found(metrics, "vtmcp_answer_bytes_count") == {}
    assert found(metrics, f"{PREFIX}error_total") == {
        ("tools/call", "invalid_params"): 1,
        ("other", "invalid_request"): 1,
    }


# ---- one thing at a time ---------------------------------------------------------------------


OUTCOMES: dict[str, tuple[str, dict[tuple[str, ...], float]]] = {
    "an answer": ("ok", {("trace", "false"): 1}),
    "words for the model": ("tool_error", {("trace", "true"): 1}),
    "a fault of ours": ("KeyError:call:12", {("trace", "true"): 1}),
    "a question to the client is no end": ("input_required", {}),
    "an error is counted among the errors": ("-32602", {}),
    "a refusal too": ("403", {}),
    "a cancelled call has no answer": (CANCELLED, {}),
}


@pytest.mark.parametrize(("outcome", "counted"), OUTCOMES.values(), ids=OUTCOMES)
def test_calls_of_tools_by_outcome(outcome: str, counted: dict[tuple[str, ...], float]) -> None:
    metrics = AppMetrics("0.1")
    metrics.observed(Observed("tools/call", "trace", 0.03, outcome))
    assert found(metrics, f"{PREFIX}call_tool_total") == counted
    assert found(metrics, "vtmcp_call_seconds_sum") == {("tools/call", "trace"): 0.03}
    cancelled = {("tools/call",): 1.0} if outcome == CANCELLED else {}
    assert found(metrics, "vtmcp_cancelled_calls_total") == cancelled


def test_a_prompt_that_fails_was_not_given() -> None:
    metrics = AppMetrics("0.1")
    metrics.observed(Observed("prompts/get", "documentation", 0.1, "KeyError:get:1"))
    metrics.observed(Observed("prompts/list", "", 0.1, "-32602"))
    metrics.observed(Observed("completion/complete", "", 0.1, "ok"))
    assert found(metrics, f"{PREFIX}get_prompt_total") == {}
    assert found(metrics, f"{PREFIX}list_prompts_total") == {}


def test_hostile_clients_are_counted_and_bounded() -> None:
    metrics = AppMetrics("0.1")
    hostile = [
        '"} 1\nvtmcp_fake{x="',
        "\\",
        "\x00\x1b]0;owned\x07",
        "\u202e",
        "\ud800",
        "x" * 10**6,
    ]
    for name in [*hostile, *(f"client {number}" for number in range(2 * LABEL_SETS_MAX))]:
        info = {"name": name, "version": name}
        params = {"protocolVersion": "2025-11-25", "capabilities": {}, "clientInfo": info}
        metrics.answered(Answered("initialize", params, 0, 100))
        metrics.answered(Answered(name, {}, -32601, 100))
        metrics.answered(Answered("tools/call", {"name": name}, 0, 100))
        metrics.observed(Observed("tools/call", name, 0.1, "tool_error"))
        metrics.observed(Observed("prompts/get", name, 0.1, "ok"))
        metrics.observed(Observed("resources/read", name, 0.1, "ok"))
        metrics.observed(Observed(name, name, 0.1, "ok"))
        metrics.answered(Answered("ping", {}, -1, 100))
    said = len(hostile) + 2 * LABEL_SETS_MAX
    text = metrics.text()
    assert len(text.encode()) < 100_000
    assert not [line for line in text.splitlines() if line.startswith("vtmcp_fake")]
    assert all(character.isprintable() or character == "\n" for character in text)
    introduced = found(metrics, f"{PREFIX}initialize_total")
    assert (len(introduced), sum(introduced.values())) == (LABEL_SETS_MAX + 1, said)
    assert found(metrics, f"{PREFIX}error_total") == {
        **{("other", "method_not_found"): said, ("ping", "other"): said},
    }
    assert found(metrics, f"{PREFIX}call_tool_total") == {("other", "true"): said}
    assert found(metrics, f"{PREFIX}get_prompt_total") == {("other",): said}
    assert found(metrics, f"{PREFIX}read_resource_total") == {("other",): said}
    assert found(metrics, "vtmcp_answer_bytes_count") == {("other",): said}


def test_the_database_is_counted_by_kind_and_outcome() -> None:
    metrics = AppMetrics("0.1")
    metrics.asked("trace", 0.5, "ok")
    metrics.asked("trace", 1.5, "unanswered")
    assert found(metrics, "vtmcp_database_seconds_sum") == {
        ("trace", "ok"): 0.5,
        ("trace", "unanswered"): 1.5,
    }


def test_what_clients_hold_open_is_asked_for() -> None:
    metrics = AppMetrics("0.1")
    assert found(metrics, "vtmcp_open_sessions", zero=True) == {}
    metrics.counting(lambda: Open(connections=5, sessions=3, streams=2))
    held = [found(metrics, f"vtmcp_open_{what}") for what in Open._fields]
    assert held == [{(): 5}, {(): 3}, {(): 2}]


def test_refusals_that_may_come_are_at_zero_from_the_start() -> None:
    metrics, said = AppMetrics("0.1"), log()[0]
    for what, reasons in REFUSALS.items():
        metrics.expect(what, reasons)
    open_source(config(VT_INSTANCE_ENTRYPOINT="http://localhost:10428"), said, metrics)
    metrics.refused("destination", HOST_REASONS[0])
    metrics.refused("caller", "rate")
    refused = found(metrics, "vtmcp_refused_total", zero=True)
    assert {what for what, _ in refused} == set(REFUSED)
    assert {reason for what, reason in refused if what == "caller"} == set(DOOR_REASONS)
    assert {reason for what, reason in refused if what == "destination"} == set(HOST_REASONS)
    assert sum(refused.values()) == 2


async def test_the_database_is_counted_as_it_is_asked() -> None:
    from vtmcp.traces.model import SourceError  # noqa: PLC0415 - this test only
    from vtmcp.traces.tenant import Tenant  # noqa: PLC0415

    metrics, (said, lines) = AppMetrics("0.1"), log()
    asked = {
        # Nothing listens there; an address that plain http may not go to.
        "http://127.0.0.1:1": {("services", "unanswered"): 1},
        "http://169.254.169.254": {("services", "unanswered"): 2},
    }
    for url, counted in asked.items():
        env = {"VT_INSTANCE_ENTRYPOINT": url, "VT_ALLOW_INSECURE_ENTRYPOINT": "1"}
        source = open_source(config(**env), said, metrics)
        with anyio.fail_after(5), pytest.raises(SourceError):
            await source.services(Tenant(0, 0))
        await source.aclose()
        assert found(metrics, "vtmcp_database_seconds_count") == counted
    assert "is refused" in lines.getvalue()
    [((what, reason), count)] = found(metrics, "vtmcp_refused_total").items()
    assert (what, reason in HOST_REASONS, count) == ("destination", True, 1)


def test_every_error_that_a_client_may_be_told_has_a_name() -> None:
    waiting, codes = [errors.RpcError], set[int]()
    assert headers.HeaderMismatchError.code in ERRORS
    while waiting:
        kind = waiting.pop()
        waiting += kind.__subclasses__()
        if kind.__module__.startswith("vtmcp."):
            codes |= {kind.code, *kind.code_since.values()}
    assert codes <= set(ERRORS)


def test_the_version_is_told() -> None:
    [(labels, value)] = found(AppMetrics("1.2.3"), "vtmcp_build_info").items()
    assert (labels, value) == (("1.2.3", ".".join(map(str, sys.version_info[:3]))), 1)


@pytest.mark.skipif(not os.path.exists("/proc/self/stat"), reason="no such files here")
def test_the_process_is_told_of() -> None:
    metrics = AppMetrics("0.1")
    for name in ("cpu_seconds_total", "resident_memory_bytes", "open_fds", "start_time_seconds"):
        assert found(metrics, f"process_{name}")[()] > 0


def test_a_system_without_figures_leaves_them_out(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("vtmcp.app_metrics.read_figures", lambda: None)
    assert "process_" not in AppMetrics("0.1").text()


# ---- the documentation -----------------------------------------------------------------------


def test_the_page_of_metrics_is_that_of_the_code() -> None:
    text = load_page("vtmcp/metrics.md").text
    rows = [line.strip("| ").split(" | ") for line in text.splitlines() if line.startswith("| `")]
    plan = Plan(Launch((), {}, (), ""), workers=2, stop_s=1)
    families = {
        **AppMetrics("0.1").registry.families,
        **Supervisor(plan, Log(None)).registry.families,
    }
    described = {}
    for row in rows:
        name = row[0].strip("`")
        if name in families or name.startswith(("vtmcp_", "mcp_", "process_")):
            described[name] = tuple(re.findall(r"`(\w+)`", row[1] if len(row) > 2 else ""))
    # That of refusals has a table of its own.
    assert "`vtmcp_refused_total` is a counter with the labels `what` and `reason`" in text
    described["vtmcp_refused_total"] = ("what", "reason")
    assert described == {name: family.labels for name, family in families.items()}
    for what, reasons in REFUSALS.items():
        [row] = [row for row in rows if row[0] == f"`{what}`"]
        assert all(f"`{reason}`" in row[1] for reason in reasons)
    named = set(re.findall(r"\b(?:vtmcp|mcp_victoriatraces|process)_[a-z_]+", text))
    endings = ("_bucket", "_sum", "_count")
    bare = {name.removesuffix(next((e for e in endings if name.endswith(e)), "")) for name in named}
    assert bare - {"process_"} <= set(families)


def test_every_tool_is_at_zero_from_the_start() -> None:
    counted = found(AppMetrics("0.1"), f"{PREFIX}call_tool_total", zero=True)
    assert {name for name, _ in counted} == {tool.name for tool in tool_classes()}
    assert not sum(counted.values())


# ---- a process -------------------------------------------------------------------------------


@pytest.mark.skipif(not hasattr(signal, "SIGUSR1"), reason="no such signal here")
def test_a_process_on_stdio_writes_its_metrics_on_a_signal_and_at_its_end(tmp_path: Path) -> None:
    path = tmp_path / "vtmcp.prom"
    env = {
        "PATH": os.environ["PATH"],
        "VT_INSTANCE_ENTRYPOINT": "demo",
        "MCP_METRICS_FILE": str(path),
    }
    process = subprocess.Popen(
        [sys.executable, "-m", "vtmcp"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        env=env,
    )
    assert process.stdin is not None
    assert process.stdout is not None
    try:
        for said in (initialize(), INITIALIZED, request(1, "tools/list")):
            process.stdin.write(json.dumps(said).encode() + b"\n")
        process.stdin.flush()
        process.stdout.readline()
        process.stdout.readline()
        process.send_signal(signal.SIGUSR1)
        # It was told of the signal before it reads this.
        process.stdin.write(json.dumps(request(2, "tools/list")).encode() + b"\n")
        process.stdin.flush()
        process.stdout.readline()
        first = parsed(path.read_text())
        process.stdin.close()
        assert process.wait(10) == 0
    finally:
        process.kill()
        process.stdout.close()
        process.wait()
    last = parsed(path.read_text())
    listed = (f"{PREFIX}list_tools_total", ())
    assert first[listed] >= 1
    assert last[listed] == 2
    assert last[f"{PREFIX}initialize_total", (("client_name", "client"), ("client_version", "2"))]
