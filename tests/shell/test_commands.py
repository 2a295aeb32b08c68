"""Whole commands: on the demo in this process, on child processes, on servers over HTTP."""

import io
import json
import os
import shlex
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.shell.site import served, stdio
from tests.tidiness.source import ROOT
from tests.transports.tools import talkative
from vtmcp import cli
from vtmcp.app import build
from vtmcp.config import Config
from vtmcp.logs import Log
from vtmcp.shell import commands
from vtmcp.shell.commands import run
from vtmcp.web import WebOptions

OURS = f"{sys.executable} -m vtmcp"


@pytest.fixture(autouse=True)
def demo(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in list(os.environ):
        if name.startswith(("MCP_", "VT_")):
            monkeypatch.delenv(name)
    monkeypatch.setenv("VT_INSTANCE_ENTRYPOINT", "demo")


class Said:
    """What a command said, and its exit code."""

    def __init__(self, code: int, out: str, err: str) -> None:
        self.code, self.out, self.err = code, out, err


class Shell:
    def __init__(self, capsys: pytest.CaptureFixture[str]) -> None:
        self._capsys = capsys

    def __call__(self, *words: str) -> Said:
        code = cli.main(words)
        heard = self._capsys.readouterr()
        return Said(code, heard.out, heard.err)


@pytest.fixture
def shell(capsys: pytest.CaptureFixture[str]) -> Shell:
    return Shell(capsys)


@pytest.fixture(scope="module", params=["here", "stdio", "url"])
def server(request: pytest.FixtureRequest) -> Iterator[list[str]]:
    """The same server, reached in each way."""
    if request.param == "here":
        yield []
    elif request.param == "stdio":
        yield ["--stdio", f"env VT_INSTANCE_ENTRYPOINT=demo {OURS}"]
    else:
        config = Config.from_env({"VT_INSTANCE_ENTRYPOINT": "demo"})
        with served(build(config, Log(None))[0]) as url:
            yield ["--url", f"{url}/mcp"]


def test_tools_are_listed(shell: Shell, server: list[str]) -> None:
    said = shell("tools", *server)
    assert (said.code, said.err) == (0, "")
    assert "\ntraces\n" in said.out
    assert "[--errors_only]" in said.out
    listed = json.loads(shell("tools", "--json", *server).out)
    assert {tool["name"] for tool in listed} >= {"services", "traces", "trace", "documentation"}


def test_a_tool_is_shown_in_full(shell: Shell, server: list[str]) -> None:
    said = shell("tools", "trace", *server)
    assert "--trace_id  string (required)" in said.out
    assert shell("call", *server, "trace", "--help").out == said.out
    assert json.loads(shell("tools", "trace", "--json", *server).out)["name"] == "trace"


def test_a_call_is_its_text(shell: Shell, server: list[str]) -> None:
    said = shell("call", *server, "traces", "--service", "checkout", "--errors-only", "--limit=2")
    assert (said.code, said.err) == (0, "")
    assert "Generated demo data" in said.out
    assert said.out.endswith("\n")
    whole = json.loads(shell("call", *server, "services", "--json").out)
    assert "checkout" in whole["content"][0]["text"]


def test_what_the_tool_says_of_a_failure_is_told_too(shell: Shell, server: list[str]) -> None:
    said = shell("call", *server, "services", "--tenant", "x")
    assert said.code == 1
    assert "'x' is not a tenant" in said.out
    assert shell("call", *server, "services", "--tenant", "x", "--json").code == 1


def test_resources_are_listed_and_read(shell: Shell, server: list[str]) -> None:
    listed = shell("read", *server)
    assert "docs://overview.md" in listed.out
    said = shell("read", "docs://overview.md", *server)
    assert said.code == 0
    assert said.out.startswith("# ")
    assert json.loads(shell("read", "docs://overview.md", "--json", *server).out)["contents"]
    assert json.loads(shell("read", "--json", *server).out)["resources"]
    said = shell("read", "docs://none.md", *server)
    assert (said.code, said.out) == (1, "")
    assert "resources/read: Resource not found" in said.err


def test_the_documentation_is_asked(shell: Shell, server: list[str]) -> None:
    said = shell("docs", "latency", "offset", "--limit", "1", *server)
    assert (said.code, said.err) == (0, "")
    assert "-search.latencyOffset" in said.out


def test_the_word_check_can_be_looked_for(shell: Shell) -> None:
    assert "docs://" in shell("docs", "--limit", "1", "--", "check").out


def test_only_what_asks_the_database_needs_one(
    shell: Shell, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("VT_INSTANCE_ENTRYPOINT")
    for words in (["tools"], ["docs", "latency"], ["read"], ["call", "services", "--help"]):
        assert shell(*words).code == 0
    said = shell("call", "services")
    assert said.code == 2
    assert "VT_INSTANCE_ENTRYPOINT: not set" in said.err
    assert "or name a server: --url, --stdio" in said.err


def test_arguments_come_from_standard_input(shell: Shell, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO('{"service": "checkout", "limit": 1}'))
    said = shell("call", "traces", "--args", "-", "--limit", "2", "--format", "json")
    assert said.code == 0
    monkeypatch.setattr("sys.stdin", io.StringIO("{}  "))
    monkeypatch.setattr(commands, "STDIN_BYTES_MAX", 3)
    assert "--args -: more than 3 characters" in shell("call", "traces", "--args", "-").err
    assert shell("call", "services", "--args", '{"tenant": "7:3"}').out.startswith("3 services")


WRONG: dict[str, tuple[list[str], str]] = {
    "no tool": (["call"], "call needs the name of a tool"),
    "a tool that is not there": (["call", "tracs"], "no tool 'tracs'; did you mean traces?"),
    "an option before the tool": (["call", "--jsn", "x"], "unknown option --jsn; the tool comes"),
    "an unknown parameter": (["call", "trace", "--trace", "x"], "trace has no parameter --trace"),
    "a missing parameter": (["call", "trace"], "trace needs --trace_id"),
    "arguments that are no JSON": (["call", "trace", "--args", "{"], "--args is not valid JSON"),
    "an unknown option": (["tools", "--jsn"], "unknown option --jsn; accepted: --stdio"),
    "two tools": (["tools", "a", "b"], "tools takes one name at most"),
    "two addresses": (["read", "a", "b"], "read takes one address at most"),
    "no words for the documentation": (["docs"], "docs needs words to look for"),
    "no number of passages": (["docs", "x", "--limit", "few"], "--limit: 'few' is no number"),
    "no shell": (["completion"], "completion takes the name of a shell: bash, zsh, fish"),
    "another shell": (["completion", "csh"], "completion takes the name of a shell"),
    "two servers": (["tools", "--url", "http://x", "--stdio", "x"], "one of --stdio and --url"),
}


@pytest.mark.parametrize(("words", "told"), WRONG.values(), ids=WRONG)
def test_a_wrong_line_is_refused(words: list[str], told: str, shell: Shell) -> None:
    said = shell(*words)
    assert (said.code, said.out) == (2, "")
    assert said.err.startswith("vtmcp: ")
    assert told in said.err


@pytest.mark.parametrize("command", ["tools", "call", "read", "docs", "completion"])
def test_each_command_says_how_it_is_used(command: str, shell: Shell) -> None:
    said = shell(command, "--help")
    assert said.code == 0
    assert said.out.startswith(f"vtmcp {command}")


def test_a_parameter_that_has_the_name_of_an_option(shell: Shell) -> None:
    tool = {"name": "fetch", "inputSchema": {"properties": {"url": {}, "json": {}}}}
    fetch = stdio(
        f"TOOL = {tool!r}\ngreet(); list_tools(); asked = hear()\n"
        "answer(asked, {'content': [{'type': 'text', 'text': str(asked['params']['arguments'])}]})"
    )
    said = shell("call", "--stdio", fetch, "fetch", "--", "--url", "http://x")
    assert said.out == "{'url': 'http://x'}\n"
    said = shell("call", "--stdio", fetch, "fetch", "--json")
    assert said.code == 2
    assert "--json is an option of vtmcp and a parameter of fetch" in said.err
    assert json.loads(shell("call", "--stdio", fetch, "--json", "fetch").out)


def test_progress_and_logs_are_told_to_nobody_but_a_person(shell: Shell) -> None:
    with served(talkative()) as url:
        words = ("call", "--url", f"{url}/mcp", "chat", "--name", "x")
        said = shell(*words)
        assert (said.code, said.out, said.err) == (0, "x\n", "")
        said = shell(*words, "--verbose")
        assert said.err == "info: x 0\ninfo: x 1\n"


def test_a_question_back_cannot_be_answered(shell: Shell) -> None:
    with served(talkative()) as url:
        said = shell("call", "--url", f"{url}/mcp", "ask")
        assert said.code == 1


def test_a_server_of_the_old_transport_is_told_apart(shell: Shell) -> None:
    with served(talkative(), WebOptions(is_old=True)) as url:
        said = shell("tools", "--url", f"{url}/sse")
        assert said.code == 3
        assert "HTTP 405" in said.err
        assert "the old HTTP+SSE transport" in said.err


def test_a_server_that_lists_no_templates_still_lists_its_resources(shell: Shell) -> None:
    there = stdio(
        "greet(); answer(hear(), {'resources': [{'uri': 'a:b', 'name': 'B'}, 7]})\n"
        "say({'jsonrpc': '2.0', 'id': hear()['id'], 'error': {'code': -32601, 'message': 'no'}})"
    )
    assert shell("read", "--stdio", there).out == "a:b  B\n"


def test_bytes_stay_bytes_for_a_program(
    capsysbinary: pytest.CaptureFixture[bytes],
) -> None:
    there = stdio("greet(); answer(hear(), {'contents': [{'uri': 'a:b', 'blob': '/wAK'}]})")
    assert run("read", ["--stdio", there, "a:b"]) == 0
    assert capsysbinary.readouterr().out == b"\xff\x00\n"


class Screen(io.StringIO):
    """A terminal, as far as anyone asks."""

    def isatty(self) -> bool:
        return True


def test_nothing_that_a_server_says_acts_on_a_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    screen = Screen()
    monkeypatch.setattr("sys.stdout", screen)
    monkeypatch.setattr("sys.stderr", screen)
    monkeypatch.delenv("NO_COLOR", raising=False)
    monkeypatch.setenv("TERM", "xterm")
    bad = r"'\x1b[2J\u202e\x9b\x07\r'"
    tool = f"{{'name': 'say', 'title': {bad}, 'description': {bad}, 'inputSchema': "
    tool += f"{{'properties': {{{bad}: {{'description': {bad}, 'enum': [{bad}]}}}}}}}}"
    there = stdio(
        f"TOOL = {tool}\ngreet(); list_tools(); asked = hear()\n"
        f"answer(asked, {{'isError': True, 'content': [{{'type': 'text', 'text': {bad}}}]}})"
    )
    refusing = stdio(
        f"greet(); say({{'jsonrpc': '2.0', 'id': hear()['id'], 'error': {{'message': {bad}}}}})"
    )
    reading = stdio(f"greet(); answer(hear(), {{'contents': [{{'uri': 'a', 'text': {bad}}}]}})")
    listing = stdio(
        f"greet(); answer(hear(), {{'resources': [{{'uri': {bad}, 'name': {bad}}}]}})\n"
        "answer(hear(), {'resourceTemplates': []})"
    )
    for words in (
        ["call", "--stdio", there, "say"],
        ["call", "--stdio", there, "say", "--json"],
        ["tools", "--stdio", there],
        ["tools", "--stdio", there, "say"],
        ["tools", "--stdio", there, "--json"],
        ["tools", "--stdio", refusing],
        ["read", "--stdio", reading, "a"],
        ["read", "--stdio", reading, "--json", "a"],
        ["read", "--stdio", listing],
    ):
        screen.seek(0)
        screen.truncate()
        run(words[0], words[1:])
        shown = screen.getvalue()
        assert r"\u001b" in shown
        assert not {"\x9b", "\x07", "\r", "\u202e"} & set(shown.replace("\r\033[K", ""))
        for style in ("\033[1m", "\033[2m", "\033[31m", "\033[0m", "\r\033[K"):
            shown = shown.replace(style, "")
        assert "\x1b" not in shown


ENDS: dict[str, tuple[type[BaseException], int]] = {
    "an interrupt": (KeyboardInterrupt, 130),
    "a reader that has seen enough": (BrokenPipeError, 0),
}


@pytest.mark.parametrize(("end", "code"), ENDS.values(), ids=ENDS)
def test_an_end_before_the_end_is_no_fault(
    end: type[BaseException], code: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def ended(words: list[str]) -> int:
        raise end

    monkeypatch.setitem(commands.COMMANDS, "tools", ended)
    with open(tmp_path / "out", "w", encoding="utf-8") as out:
        monkeypatch.setattr("sys.stdout", out)
        assert run("tools", []) == code


def test_a_pipe_that_is_closed_ends_the_command_quietly() -> None:
    reading, writing = os.pipe()
    os.close(reading)
    done = subprocess.run(
        [sys.executable, "-m", "vtmcp", "tools"],
        stdout=writing,
        stderr=subprocess.PIPE,
        timeout=30,
        check=False,
    )
    os.close(writing)
    assert (done.returncode, done.stderr) == (0, b"")


def test_the_level_of_the_log_is_that_of_the_environment(
    shell: Shell, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MCP_DISABLED_TOOLS", "nothing")
    assert shell("tools").err == ""
    monkeypatch.setenv("MCP_LOG_LEVEL", "warn")
    assert "MCP_DISABLED_TOOLS names no tool" in shell("tools").err


def test_the_examples_of_the_readme_work(shell: Shell) -> None:
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    section = readme.partition("## From a shell\n")[2].partition("\n## ")[0]
    lines = section.partition("```sh\n")[2].partition("```")[0].splitlines()
    assert len(lines) == 3
    with served(build(Config.from_env({"VT_INSTANCE_ENTRYPOINT": "demo"}), Log(None))[0]) as url:
        for line in lines:
            here = line.replace("http://localhost:8081", url)
            program, *words = shlex.split(here, comments=True)
            said = shell(*words)
            assert program == "vtmcp"
            assert (said.code, said.err) == (0, "")
            assert said.out
