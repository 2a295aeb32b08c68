"""From settings to a running server: exit codes, which tools, which source, what is logged."""

import io
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.protocol.playbook import INITIALIZED, initialize, request
from vtmcp.app import build, enabled_tools, open_library, open_source, run
from vtmcp.config import Config, ConfigError
from vtmcp.logs import Log

URL = "http://localhost:10428"


def config(**env: str) -> Config:
    return Config.from_env({"VT_INSTANCE_ENTRYPOINT": URL, **env})


def log() -> tuple[Log, io.StringIO]:
    lines = io.StringIO()
    return Log(lines, level="debug", format="json"), lines


def served(*said: dict[str, Any], **env: str) -> tuple[list[dict[str, Any]], str, int]:
    """What a process says to these messages, and then to the end of its input."""
    ended = subprocess.run(
        [sys.executable, "-m", "vtmcp"],
        input=b"".join(json.dumps(message).encode() + b"\n" for message in said),
        capture_output=True,
        env={"PATH": os.environ["PATH"], "VT_INSTANCE_ENTRYPOINT": "demo", **env},
        timeout=20,
        check=False,
    )
    return (
        [json.loads(line) for line in ended.stdout.splitlines()],
        ended.stderr.decode(),
        (ended.returncode),
    )


def test_a_conversation_from_start_to_end_of_input() -> None:
    heard, lines, code = served(
        initialize(),
        INITIALIZED,
        request(1, "tools/call", name="services", arguments={}),
        request(2, "tools/call", name="nope", arguments={"secret": "hunter2"}),
        MCP_LOG_LEVEL="debug",
    )
    by_id = {message["id"]: message for message in heard}
    assert by_id[0]["result"]["serverInfo"]["name"] == "vtmcp"
    assert "Generated demo data" in by_id[1]["result"]["content"][0]["text"]
    assert by_id[2]["error"]["code"] == -32602
    assert code == 0
    assert 'msg="serving"' in lines
    assert 'msg="stopped"' in lines
    assert "hunter2" not in lines


WRONG: dict[str, tuple[dict[str, str], str]] = {
    "no entrypoint": ({}, "vtmcp: VT_INSTANCE_ENTRYPOINT: not set; accepted: "),
    "a mode": (
        {"VT_INSTANCE_ENTRYPOINT": "demo", "MCP_SERVER_MODE": "tcp"},
        "vtmcp: MCP_SERVER_MODE: 'tcp' is not known; accepted: stdio, sse or http",
    ),
    "a folder": (
        {"VT_INSTANCE_ENTRYPOINT": "demo", "VT_DOCS_DIR": "no/such/folder"},
        "vtmcp: VT_DOCS_DIR: ",
    ),
    "a certificate": (
        {
            "VT_INSTANCE_ENTRYPOINT": "demo",
            "MCP_SERVER_MODE": "http",
            "MCP_TLS_CERT_FILE": "no.pem",
            "MCP_TLS_KEY_FILE": "no.pem",
        },
        "vtmcp: MCP_TLS_CERT_FILE, MCP_TLS_KEY_FILE: ",
    ),
    "a name that fits nothing": (
        {
            "VT_INSTANCE_ENTRYPOINT": "demo",
            "MCP_SERVER_MODE": "sse",
            "MCP_ALLOWED_ORIGINS": "*",
        },
        "vtmcp: MCP_ALLOWED_ORIGINS: '*' fits nothing; accepted: scheme://name",
    ),
}


@pytest.mark.parametrize(("env", "told"), WRONG.values(), ids=WRONG)
def test_a_wrong_setting_ends_the_start_with_one_line(
    env: dict[str, str], told: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(env | {"MCP_LOG_LEVEL": "error"}) == 2
    heard = capsys.readouterr()
    assert heard.out == ""
    assert heard.err.startswith(told)
    assert heard.err.count("\n") == 1


def test_an_occupied_address_is_told_with_its_variable() -> None:
    import socket  # noqa: PLC0415 - this test only

    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        _, lines, code = served(MCP_SERVER_MODE="http", MCP_LISTEN_ADDR=f"127.0.0.1:{port}")
    assert code == 2
    assert lines.splitlines()[-1].startswith(
        f"vtmcp: MCP_LISTEN_ADDR: cannot listen on 127.0.0.1:{port}"
    )


DISABLED: dict[str, tuple[tuple[str, ...], list[str], int]] = {
    # Names given, tools that are off, warnings.
    "none": ((), [], 0),
    "one": (("trace",), ["trace"], 0),
    "by an old name": (("service_operations",), ["service_names"], 0),
    "an unknown one is warned about": (("nope", "traces"), ["traces"], 1),
}


@pytest.mark.parametrize(("names", "off", "warned"), DISABLED.values(), ids=DISABLED)
def test_tools_can_be_left_out(names: tuple[str, ...], off: list[str], warned: int) -> None:
    said, lines = log()
    server, _ = build(config(), said)
    every = list(server.catalogue.tools)
    desk = next(iter(server.catalogue.tools.values())).desk  # type: ignore[attr-defined]
    tools = [tool.name for tool in enabled_tools(desk, names, said)]
    assert sorted(set(every) - set(tools)) == off
    assert lines.getvalue().count("names no tool") == warned


def test_the_source_is_the_database_or_the_demo() -> None:
    said, _ = log()
    assert open_source(config(), said).label == f"VictoriaTraces at {URL}"
    assert "demo" in open_source(config(VT_INSTANCE_ENTRYPOINT="demo"), said).label


FORBIDDEN = {
    "plain http to another machine": (
        {"VT_INSTANCE_ENTRYPOINT": "http://db.example:10428"},
        "VT_ALLOW_INSECURE_ENTRYPOINT=1",
    ),
    "a host that is no host": ({"VT_ALLOWED_HOSTS": "db:1"}, "VT_ALLOWED_HOSTS"),
    "a pattern of no scope": ({"VT_HIDDEN_FIELDS": "x:y"}, "VT_HIDDEN_FIELDS"),
    "a file that is not there": (
        {"VT_INSTANCE_BEARER_TOKEN_FILE": "no/such/file"},
        "VT_INSTANCE_BEARER_TOKEN_FILE",
    ),
}


@pytest.mark.parametrize(("env", "named"), FORBIDDEN.values(), ids=FORBIDDEN)
def test_what_the_database_client_refuses_stops_the_start(env: dict[str, str], named: str) -> None:
    with pytest.raises(ConfigError, match=named):
        open_source(config(**env), log()[0])


def test_plain_http_to_another_machine_can_be_allowed() -> None:
    env = {"VT_INSTANCE_ENTRYPOINT": "http://db.example:10428", "VT_ALLOW_INSECURE_ENTRYPOINT": "1"}
    assert "db.example" in open_source(config(**env), log()[0]).label


def test_an_open_listener_needs_a_token_or_a_word(capsys: pytest.CaptureFixture[str]) -> None:
    env = {"VT_INSTANCE_ENTRYPOINT": "demo", "MCP_SERVER_MODE": "http", "MCP_LISTEN_ADDR": ":0"}
    assert run(env) == 2
    assert "MCP_ALLOW_UNAUTHENTICATED=1" in capsys.readouterr().err


def test_an_operators_own_pages_are_searched_and_what_is_left_out_is_logged(tmp_path: Path) -> None:
    (tmp_path / "runbook.md").write_text("# Runbook\n\nRestart the zebrafish service.\n")
    (tmp_path / "big.md").write_bytes(b"x" * 10_000_000)
    said, lines = log()
    library = open_library(config(VT_DOCS_DIR=str(tmp_path)), said)
    assert "big.md" in lines.getvalue()
    [hit] = library.search("zebrafish", 1)
    assert hit.passage.address == "docs://local/runbook.md#1"
    with pytest.raises(ConfigError, match=r"^VT_DOCS_DIR: "):
        open_library(config(VT_DOCS_DIR=str(tmp_path / "no")), said)
