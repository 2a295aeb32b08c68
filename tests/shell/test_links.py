"""Servers at the end of pipes: children that answer, fail, flood, and do not want to end."""

import os
import sys
from pathlib import Path

import anyio
import pytest

from tests.shell.site import stdio
from vtmcp.shell import links
from vtmcp.shell.commands import run
from vtmcp.shell.faults import UnreachableError, UsageError
from vtmcp.shell.links import PipeLink, child
from vtmcp.transports.memory import channel_pair

TEXT = "{'content': [{'type': 'text', 'text': 'hi'}]}"
ANSWERED = f"answer(hear(), {TEXT})"
NO = "{'code': -32601, 'message': 'not here'}"

SERVERS: dict[str, tuple[str, int, str]] = {
    "one that greets": (f"greet(); list_tools(); {ANSWERED}", 0, "hi\n"),
    "one that knows only the stateless era": (
        f"say({{'jsonrpc': '2.0', 'id': hear()['id'], 'error': {NO}}})\n"
        "answer(hear(), {'supportedVersions': ['2026-07-28']})\n"
        f"list_tools(); {ANSWERED}",
        0,
        "hi\n",
    ),
    "one that refuses both": (
        f"while True: say({{'jsonrpc': '2.0', 'id': hear()['id'], 'error': {NO}}})",
        1,
        "initialize: not here",
    ),
    "one that chats before it speaks": (
        f"print('Starting...')\nprint()\ngreet(); list_tools(); {ANSWERED}",
        0,
        "hi\n",
    ),
    "one that only chats": ("while True: print('Starting')", 3, "is not JSON: Starting"),
    "one that ends at once": ("", 3, "the server ended without an answer\n"),
    "one that ends with a reason": (
        "hear(); print('no database', file=sys.stderr)",
        3,
        "without an answer; its last words:\nno database\n",
    ),
    "one that ends in the midst of a line": (
        "hear(); print('[', end='', flush=True)",
        3,
        "the server ended without an answer",
    ),
    "one that closes its input": (
        "import os\ngreet(); os.close(0); print(7, flush=True)",
        3,
        "what the server says is no message",
    ),
    "one whose line has no end": (
        "hear()\nwhile True: sys.stdout.write('x' * 100_000)",
        3,
        "the server said more than 100,000 bytes",
    ),
    "one whose line is too long": (
        "hear()\nprint('x' * 2_000)",
        3,
        "the server said more than 1,000 bytes",
    ),
}


@pytest.mark.parametrize(("server", "code", "told"), SERVERS.values(), ids=SERVERS)
def test_a_child_is_asked(
    server: str,
    code: int,
    told: str,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(links, "DOCUMENT_BYTES_MAX", 1_000)
    monkeypatch.setattr(links, "CHILD_BYTES_MAX", 100_000)
    monkeypatch.setattr(links, "END_S", 0.2)
    assert run("call", ["--stdio", stdio(server), "--timeout", "10s", "say", "--text", "x"]) == code
    heard = capsys.readouterr()
    assert told in (heard.out if code == 0 else heard.err)


def test_a_call_that_takes_too_long_is_cancelled(tmp_path: Path) -> None:
    heard = tmp_path / "heard"
    there = stdio(
        "greet(); list_tools(); hear(); told = hear()\n"
        f"open({str(heard)!r}, 'w').write(str(told['method']) + str(told['params']['requestId']))"
    )
    assert run("call", ["--stdio", there, "--timeout", "1s", "say", "--text", "x"]) == 3
    assert heard.read_text() == "notifications/cancelled3"


@pytest.mark.anyio
async def test_a_server_in_this_process_may_end_too() -> None:
    here, there = channel_pair()
    there.close()
    with pytest.raises(UnreachableError, match="ended without an answer"):
        await PipeLink(here).receive()
    here.close()


COMMANDS: dict[str, tuple[str, str]] = {
    "there is no such program": ("./no-such-server", "cannot start ./no-such-server: No such file"),
    "there is half a quote": ("'x", "--stdio: No closing quotation"),
    "there is only a blank": (" ", "--stdio needs a command"),
}


@pytest.mark.parametrize(("command", "told"), COMMANDS.values(), ids=COMMANDS)
def test_a_command_that_is_none(
    command: str, told: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run("tools", ["--stdio", command]) == 2
    assert told in capsys.readouterr().err


def test_what_a_child_logs_is_shown_on_demand(capfd: pytest.CaptureFixture[str]) -> None:
    there = stdio("print('started', file=sys.stderr, flush=True); greet(); list_tools()")
    assert run("tools", ["--stdio", there]) == 0
    assert capfd.readouterr().err == ""
    assert run("tools", ["--stdio", there, "--verbose"]) == 0
    assert capfd.readouterr().err == "started\n"


STUBBORN: dict[str, str] = {
    "it ends with its input": "import sys; print(1, flush=True); sys.stdin.read()",
    "it must be told": "import time; print(1, flush=True); time.sleep(60)",
    "it must be killed": "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN);"
    " print(1, flush=True); time.sleep(60)",
    "it floods": "import sys\nwhile True: print('1', flush=True)",
}


@pytest.mark.anyio
@pytest.mark.parametrize("source", STUBBORN.values(), ids=STUBBORN)
async def test_no_child_is_left_behind(source: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(links, "END_S", 0.1)
    source = f"import os; print(os.getpid(), flush=True)\n{source}"
    with anyio.fail_after(5):
        async with child([sys.executable, "-c", source], is_verbose=False) as link:
            pid = await link.receive()
            assert await link.receive() == 1
    with pytest.raises(ProcessLookupError):
        os.kill(pid, 0)


@pytest.mark.anyio
async def test_a_command_with_a_nul_is_none() -> None:
    with pytest.raises(UsageError, match="cannot start a"):
        async with child(["a\0b"], is_verbose=False):
            raise AssertionError
