"""Every variable with what could break a header, a line of the log, or the reader's terminal."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.attacks.database import HEADERS, database
from tests.attacks.product import product
from vtmcp.app import run
from vtmcp.config import ConfigError
from vtmcp.config_variables import VARIABLES

HOSTILE = {
    "a line break": "evil\r\nX-Evil: evil",
    "a new line": "evil\nlevel=error msg=evil",
    "escape codes": "\x1b[2Jevil\x1b]0;evil\x07",
    "marks": "evil\u202e\u2028\u200b",
    "pairs": "X-A=evil\r\nAccountID: 9,Host=evil",
    "a pair": "X-A=evil\r\nX-Evil: evil",
    "a URL": "http://localhost\r\nX-Evil: evil",
    "a path": "/evil\r\n/evil",
    "half a character": "evil\udcff",
    "a tenant": "1:2\r\nX-Evil: 1",
    "a number": "1\n2",
    "a key": "e" * 20 + "\r\n\x1b[2J",
}

OWN_FOLDER = "VT_DOCS_DIR"
"""Its error repeats the folder as it was written: the operator's own words, to the operator."""

BASE = {"VT_INSTANCE_ENTRYPOINT": "http://127.0.0.1:9", "MCP_LISTEN_ADDR": "127.0.0.1:0"}


@pytest.mark.parametrize("name", [one.name for one in VARIABLES if one.name != OWN_FOLDER])
def test_what_is_said_of_a_variable_is_lines_that_can_be_seen(
    name: str, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("vtmcp.app_web.run_web", lambda *_, **__: None)
    monkeypatch.setattr("vtmcp.app._run_stdio", lambda *_: None)
    monkeypatch.setattr("vtmcp.app_workers.supervise", lambda *_: 0)
    for mode in ("http", "stdio"):
        for text in HOSTILE.values():
            spans = {"OTEL_EXPORTER_OTLP_ENDPOINT": "http://127.0.0.1:9"}
            code = run({**BASE, **spans, "MCP_SERVER_MODE": mode, name: text})
            said = "".join(capfd.readouterr())
            assert code in (0, 2)
            assert said or code == 0
            assert all(char.isprintable() or char == "\n" for char in said), ascii(said)
            for line in said.splitlines():
                assert re.match(r"time=\S+ level=(info|warn|debug) msg=|vtmcp: ", line), line


@pytest.mark.anyio
@pytest.mark.parametrize("name", [variable.name for variable in VARIABLES])
async def test_no_variable_adds_to_what_is_sent(
    name: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.chdir(tmp_path)
    if name in ("VT_INSTANCE_ENTRYPOINT", "VT_INSTANCES_FILE"):
        return
    async with database() as asked:
        for text in HOSTILE.values():
            try:
                async with product({"VT_INSTANCE_ENTRYPOINT": asked.url, name: text}) as it:
                    await it.call("services", {})
            except ConfigError:
                continue
    for one in asked.asked:
        names = {header.lower() for header, _ in one.headers}
        assert names <= {*HEADERS, "authorization", "x-a", "traceparent", "tracestate"}
        assert one.tenant in ("0:0", "1:2")
        assert all(value.isprintable() for _, value in one.headers)


DEFAULTS = {
    "stdio by default, and nothing listens": ({}, "mode=stdio", ""),
    "http on this machine alone": ({"MCP_SERVER_MODE": "http"}, "mode=http", "127.0.0.1"),
    "sse on this machine alone": ({"MCP_SERVER_MODE": "sse"}, "mode=sse", "127.0.0.1"),
}


@pytest.mark.parametrize(("env", "mode", "host"), DEFAULTS.values(), ids=DEFAULTS)
def test_the_defaults_are_safe(env: dict[str, str], mode: str, host: str) -> None:
    """Started as the README says; only the port is another than the usual one."""
    port = {"MCP_LISTEN_ADDR": "localhost:0"} if host else {}
    whole = {"PATH": os.environ["PATH"], "VT_INSTANCE_ENTRYPOINT": "demo", **env, **port}
    server = subprocess.Popen(
        [sys.executable, "-m", "vtmcp"],
        env=whole,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    assert server.stderr is not None
    first = server.stderr.readline().decode()
    urls = [server.stderr.readline().decode()] if host else []
    if host:
        server.terminate()
    _, rest = server.communicate(timeout=10)
    assert mode in first
    urls += [line for line in rest.decode().splitlines() if "listening" in line]
    assert all(
        re.search(r'url="?http://(127\.0\.0\.1|\[::1\]|localhost):\d+/', one) for one in urls
    )
    assert server.returncode == 0


def test_anyone_else_is_refused_by_default() -> None:
    for address in ("0.0.0.0:0", ":0", "[::]:0"):
        env = {"VT_INSTANCE_ENTRYPOINT": "demo", "MCP_SERVER_MODE": "http"}
        assert run({**env, "MCP_LISTEN_ADDR": address}) == 2
