"""The command, from the words to the exit code, against a real socket."""

import json
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import anyio
import anyio.to_thread
import pytest

from tests.doctor.database import QUERY, SERVICES, Routes, good, serving, spans, text
from vtmcp import cli
from vtmcp.doctor import command
from vtmcp.doctor.findings import CHECKS

Run = Callable[..., int]


@pytest.fixture(autouse=True)
def clean(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("SSL_CERT_FILE", "NO_COLOR", "VT_INSTANCE_ENTRYPOINT", "MCP_SERVER_MODE"):
        monkeypatch.delenv(name, raising=False)


async def run_against(
    routes: Routes, monkeypatch: pytest.MonkeyPatch, *words: str, **env: str
) -> int:
    """Run the command in a thread, beside the database in this one."""
    async with serving(routes) as database:
        monkeypatch.setenv("VT_INSTANCE_ENTRYPOINT", database.url)
        for name, value in env.items():
            monkeypatch.setenv(name, value)
        with anyio.fail_after(10):
            return await anyio.to_thread.run_sync(partial(cli.main, ["doctor", *words]))


def lately() -> Routes:
    """A good database at this very moment."""
    now_ns = time.time_ns()
    return {**good(now_ns), QUERY: spans(now_ns - 60 * 10**9)}


@pytest.mark.anyio
async def test_a_good_database_is_reported_line_by_line(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    secret = "s3cret-token"
    assert await run_against(lately(), monkeypatch, VT_INSTANCE_BEARER_TOKEN=secret) == 0
    heard = capsys.readouterr()
    assert heard.err == ""
    assert "\x1b" not in heard.out
    assert secret not in heard.out
    lines = heard.out.splitlines()
    firsts = [line for line in lines if line[:4].strip() in ("ok", "warn", "fail", "skip")]
    assert [line[6:20].strip() for line in firsts] == list(CHECKS)
    assert lines[-1].endswith("15 ok, 3 skipped")


@pytest.mark.anyio
async def test_json_is_one_document(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    routes = {**lately(), SERVICES: text("no", 401)}
    assert await run_against(routes, monkeypatch, "--json") == 1
    document = json.loads(capsys.readouterr().out)
    assert document["exit_code"] == 1
    assert document["ok"] is False
    assert document["database"].startswith("http://127.0.0.1:")
    failed = [row for row in document["findings"] if row["verdict"] == "fail"]
    assert [row["check"] for row in failed] == ["credentials"]
    assert [row["check"] for row in document["findings"]] == list(CHECKS)


@pytest.mark.anyio
async def test_several_databases_are_told_of_in_turn(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    path = tmp_path / "instances.toml"
    path.write_text(
        '[[instance]]\nname = "gone"\nentrypoint = "http://127.0.0.1:1"\n\n'
        '[[instance]]\nname = "toy"\nentrypoint = "demo"\n'
    )
    assert await run_against(lately(), monkeypatch, VT_INSTANCES_FILE=str(path)) == 1
    told = capsys.readouterr().out
    order = [told.index(f"[{name}] ") for name in ("default", "gone", "toy")]
    assert order == sorted(order)
    assert "gone: http://127.0.0.1:1, toy: generated data (demo): " in told
    assert "or correct entrypoint" in told


def test_generated_data_is_said_to_be_that(capsys: pytest.CaptureFixture[str]) -> None:
    assert command.run([], {"VT_INSTANCE_ENTRYPOINT": "demo"}) == 0
    told = capsys.readouterr().out
    assert "VT_INSTANCE_ENTRYPOINT=demo" in told
    assert "generated data (demo): 1 ok, 17 skipped" in told


def test_settings_that_stop_the_start(capsys: pytest.CaptureFixture[str]) -> None:
    assert command.run(["--json"], {}) == 2
    document = json.loads(capsys.readouterr().out)
    assert document["database"] == "no database"
    assert document["findings"][0]["verdict"] == "fail"
    assert document["findings"][1]["evidence"] == "settings failed"


def test_help(capsys: pytest.CaptureFixture[str]) -> None:
    assert command.run(["--help"]) == 0
    assert "Exit code: 0" in capsys.readouterr().out


@pytest.mark.parametrize("words", [["now"], ["--json", "--json"]], ids=["a word", "twice"])
def test_other_words_are_refused(words: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert command.run(words, {}) == 2
    heard = capsys.readouterr()
    assert heard.out == ""
    assert "accepted: doctor, doctor --json" in heard.err


def test_a_reader_who_interrupts_gets_no_traceback(monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupted(*args: Any) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(command, "start", interrupted)
    assert command.run([], {}) == 130


COLOURS: dict[str, tuple[bool, dict[str, str], bool]] = {
    "a terminal": (True, {}, True),
    "a pipe": (False, {}, False),
    "a terminal of someone who wants none": (True, {"NO_COLOR": "1"}, False),
    "a terminal that has none": (True, {"TERM": "dumb"}, False),
}


@pytest.mark.parametrize(("is_terminal", "env", "coloured"), COLOURS.values(), ids=COLOURS)
def test_colour(
    is_terminal: bool,
    env: dict[str, str],
    coloured: bool,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setattr("sys.stdout.isatty", lambda: is_terminal, raising=False)
    assert command.run([], {"VT_INSTANCE_ENTRYPOINT": "demo", **env}) == 0
    assert ("\x1b[32m" in capsys.readouterr().out) == coloured
