"""The settings of a server on HTTP, and its health while it starts, serves and stops."""

import io
import json
from typing import Any

import anyio
import pytest

from vtmcp.app_callers import open_callers
from vtmcp.app_metrics import AppMetrics
from vtmcp.app_web import DeepCheck, guard_of, limits_of
from vtmcp.app_web import web_options as options_for
from vtmcp.config import Config
from vtmcp.logs import Log
from vtmcp.traces.model import SourceError
from vtmcp.traces.tenant import Tenant
from vtmcp.transports.binding import Address
from vtmcp.transports.http import Trouble
from vtmcp.transports.http_values import Request, Response
from vtmcp.transports.ops import LIVENESS_PATH, METRICS_PATH, READINESS_PATH
from vtmcp.web import Open, WebOptions

pytestmark = pytest.mark.anyio


def config(**env: str) -> Config:
    return Config.from_env({"VT_INSTANCE_ENTRYPOINT": "demo", "MCP_SERVER_MODE": "http", **env})


def log(level: str = "debug") -> tuple[Log, io.StringIO]:
    lines = io.StringIO()
    return Log(lines, level=level, format="json"), lines


def test_each_limit_is_a_setting() -> None:
    limits = limits_of(
        config(
            MCP_MAX_HEADER_BYTES="2KiB",
            MCP_MAX_MESSAGE_BYTES="3KiB",
            MCP_MAX_CONNECTIONS="4",
            MCP_IDLE_TIMEOUT="5s",
            MCP_HEADER_TIMEOUT="6s",
            MCP_BODY_TIMEOUT="7s",
            MCP_WRITE_TIMEOUT="8s",
        )
    )
    assert (limits.header_bytes_max, limits.body_bytes_max, limits.connections_max) == (
        2048,
        3072,
        4,
    )
    assert (limits.idle_s, limits.header_read_s, limits.body_read_s, limits.write_stall_s) == (
        5.0,
        6.0,
        7.0,
        8.0,
    )


def web_options(config: Config, log: Log, **more: Any) -> WebOptions:
    return options_for(config, log, open_callers(config, log), **more)


class Exchange:
    """One request to a path, and what was answered."""

    def __init__(self, path: str, query: str = "") -> None:
        self.request = Request("GET", path, query, ())
        self.answer = Response(0)

    async def respond(self, response: Response) -> None:
        self.answer = response


async def answer(options: WebOptions, path: str, query: str = "") -> tuple[int, str]:
    """Status and text of the answer at a path."""
    exchange = Exchange(path, query)
    await options.more[path](exchange)  # type: ignore[arg-type]
    return exchange.answer.status, exchange.answer.body.decode().removesuffix("\n")


LISTENERS = {
    # Address, whether only this machine reaches it.
    "the usual one": ("localhost:1", True),
    "IPv6": ("[::1]:1", True),
    "another loopback address": ("127.0.0.9:1", True),
    "all interfaces": (":1", False),
    "an address": ("10.0.0.1:1", False),
}


@pytest.mark.parametrize(("address", "is_loopback"), LISTENERS.values(), ids=LISTENERS)
def test_the_guard_follows_the_address(address: str, is_loopback: bool) -> None:
    assert guard_of(config(MCP_LISTEN_ADDR=address)).is_loopback is is_loopback


async def test_it_is_ready_between_start_and_stop() -> None:
    said, lines = log()
    options = web_options(config(), said)
    assert set(options.more) >= {LIVENESS_PATH, READINESS_PATH}
    answers = [await answer(options, READINESS_PATH)]
    options.listening([Address("127.0.0.1", 8081), Address("::1", 8081)], "/mcp")
    answers.append(await answer(options, READINESS_PATH))
    options.stopping()
    answers.append(await answer(options, READINESS_PATH))
    assert [status for status, _ in answers] == [503, 200, 503]
    logged = [json.loads(line) for line in lines.getvalue().splitlines()]
    urls = [line["url"] for line in logged if line["msg"] == "listening"]
    assert urls == ["http://127.0.0.1:8081/mcp", "http://[::1]:8081/mcp"]


@pytest.mark.parametrize(("status", "level"), [(500, "warn"), (0, "warn"), (400, "debug")])
def test_faults_of_ours_are_louder_than_those_of_clients(status: int, level: str) -> None:
    said, lines = log()
    web_options(config(), said).trouble(Trouble(status, "why"))
    assert json.loads(lines.getvalue())["level"] == level


def test_keys_are_made_where_none_is_set() -> None:
    said, _ = log()
    first, second = (web_options(config(), said).session_key for _ in range(2))
    assert first != second
    assert web_options(config(MCP_SESSION_KEY="s" * 20), said).session_key == b"s" * 20


# ---- metrics and the deep check --------------------------------------------------------------


@pytest.mark.parametrize("mode", ["http", "sse"])
async def test_metrics_are_served_in_both_modes(mode: str) -> None:
    metrics = AppMetrics("0.1")
    options = web_options(config(MCP_SERVER_MODE=mode), log()[0], metrics=metrics)
    options.counting(lambda: Open(1, 2, 3))
    status, text = await answer(options, METRICS_PATH)
    assert status == 200
    assert "\nvtmcp_open_sessions 2\n" in text


class Source:
    """A database that answers, fails or hangs, as it is told to."""

    def __init__(self, fault: str = "", *, hangs: bool = False) -> None:
        self.fault = fault
        self.hangs = hangs
        self.asked: list[Tenant] = []

    async def services(self, tenant: Tenant) -> list[str]:
        self.asked.append(tenant)
        if self.hangs:
            await anyio.sleep_forever()
        if self.fault:
            raise SourceError(self.fault)
        return []


async def test_only_the_deep_check_asks_the_database() -> None:
    source = Source("VictoriaTraces at db port 10428 refused the connection")
    settings = config(VT_DEFAULT_TENANT_ID="7:3")
    options = web_options(settings, log()[0], source=source)
    assert (await answer(options, READINESS_PATH, "deep=1")) == (503, "The server is starting")
    options.listening([], "/mcp")
    for query in ("", "deep=0", "deep", "nodeep=1", "deep=10"):
        assert await answer(options, READINESS_PATH, query) == (200, "Ready")
    assert not source.asked
    assert await answer(options, READINESS_PATH, "a=b&deep=1") == (503, source.fault)
    assert source.asked == [Tenant(7, 3)]
    options.stopping()
    assert (await answer(options, READINESS_PATH, "deep=1")) == (503, "The server is stopping")


FAULTS: dict[str, tuple[Source, str]] = {
    "it answers": (Source(), ""),
    "it does not": (Source("the database is busy"), "the database is busy"),
    "it takes too long": (Source(hangs=True), "The database did not answer within 0.001 s"),
    "what it says is one line": (Source("a\nb\x1b[31m\u202ec"), "a\\nbc"),
    "what it says is cut": (Source("x" * 400), f"{'x' * 300}…(+100 chars)"),
}


@pytest.mark.parametrize(("source", "told"), FAULTS.values(), ids=FAULTS)
async def test_the_deep_check_says_what_is_wrong(source: Source, told: str) -> None:
    check = DeepCheck(lambda: source.services(Tenant(0, 0)), timeout_s=0.001)
    with anyio.fail_after(5):
        assert await check.fault() == told


async def test_what_a_deep_check_found_is_told_again_for_a_while() -> None:
    source, now_s = Source(), [0.0]
    check = DeepCheck(lambda: source.services(Tenant(0, 0)), kept_s=1.0, clock=lambda: now_s[0])
    assert await check.fault() == ""
    source.fault = "gone"
    now_s[0] = 0.999
    assert await check.fault() == ""
    assert len(source.asked) == 1
    now_s[0] = 1.0
    assert await check.fault() == "gone"
    source.fault = ""
    now_s[0] = 2.1
    assert await check.fault() == ""


async def test_many_who_ask_at_once_ask_the_database_once() -> None:
    source, heard = Source("gone"), list[str]()
    check = DeepCheck(lambda: source.services(Tenant(0, 0)))

    async def ask() -> None:
        heard.append(await check.fault())

    with anyio.fail_after(5):
        async with anyio.create_task_group() as tasks:
            for _ in range(50):
                tasks.start_soon(ask)
    assert heard == ["gone"] * 50
    assert len(source.asked) == 1


async def test_whoever_leaves_during_a_deep_check_holds_up_nobody() -> None:
    source = Source(hangs=True)
    check = DeepCheck(lambda: source.services(Tenant(0, 0)))
    with anyio.fail_after(5):
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(check.fault)
            while not source.asked:
                await anyio.lowlevel.checkpoint()
            tasks.cancel_scope.cancel()
        source.hangs = False
        assert await check.fault() == ""
