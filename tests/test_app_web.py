"""The settings of a server on HTTP, and its health while it starts, serves and stops."""

import io
import json

import pytest

from vtmcp.app_callers import open_callers
from vtmcp.app_web import guard_of, limits_of
from vtmcp.app_web import web_options as options_for
from vtmcp.config import Config
from vtmcp.logs import Log
from vtmcp.transports.binding import Address
from vtmcp.transports.http import Trouble
from vtmcp.transports.http_values import Request
from vtmcp.transports.ops import LIVENESS_PATH, READINESS_PATH
from vtmcp.web import WebOptions

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


def web_options(config: Config, log: Log) -> WebOptions:
    return options_for(config, log, open_callers(config, log))


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
    answers = []

    class Exchange:
        request = Request("GET", READINESS_PATH, "", ())

        async def respond(self, response: object) -> None:
            answers.append(response[0])  # type: ignore[index]

    handler = options.more[READINESS_PATH]
    await handler(Exchange())  # type: ignore[arg-type]
    options.listening([Address("127.0.0.1", 8081), Address("::1", 8081)], "/mcp")
    await handler(Exchange())  # type: ignore[arg-type]
    options.stopping()
    await handler(Exchange())  # type: ignore[arg-type]
    assert answers == [503, 200, 503]
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
