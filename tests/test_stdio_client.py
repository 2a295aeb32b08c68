"""The client of the demo: what it makes of servers that answer, fail, hang or will not end."""

import os
import sys
from typing import Any

import pytest

from vtmcp.stdio_client import ServerFailedError, StdioClient

GREETED = '{"jsonrpc":"2.0","id":1,"result":{}}'

# Each is the whole of a server; `say` and `hear` are its two pipes.
PRELUDE = """
import sys, threading
def say(line): print(line, flush=True)
def hear(): return sys.stdin.readline()
def answer(number, text, failed="false"):
    say('{"jsonrpc":"2.0","id":%d,"result":{"isError":%s,"content":[{"type":"text","text":"%s"}]}}'
        % (number, failed, text))
hear()
"""
GREETING = f"say({GREETED!r}); hear(); hear()"


def client(server: str, **more: Any) -> StdioClient:
    command = [sys.executable, "-c", f"{PRELUDE}\n{server}"]
    return StdioClient(command, dict(os.environ), **more)


def ask(server: str, **more: Any) -> str:
    with client(server, **more) as session:
        return session.call("services", {})


def test_an_answer_is_its_text() -> None:
    assert ask(f"{GREETING}; answer(2, 'cart')") == "cart"


def test_what_is_no_answer_to_the_question_is_passed_over() -> None:
    log = '{"jsonrpc":"2.0","method":"notifications/message","params":{}}'
    assert ask(f"{GREETING}; say({log!r}); answer(1, 'old'); answer(2, 'cart')") == "cart"


def test_blocks_of_an_answer_are_lines() -> None:
    content = '[{"type":"text","text":"a"},{"type":"image"},{"type":"text","text":"b"}]'
    told = f'{{"jsonrpc":"2.0","id":2,"result":{{"content":{content}}}}}'
    assert ask(f"{GREETING}; say({told!r})") == "a\n\nb"


NO_METHOD = '{"jsonrpc":"2.0","id":2,"error":{"code":-32601,"message":"no such method"}}'
FAILURES: dict[str, tuple[str, dict[str, float], str]] = {
    "it ends before it answers at all": ("", {}, "the server ended without an answer"),
    "it ends at a question": (GREETING, {}, "the server ended without an answer"),
    "it answers with an error": (
        f"{GREETING}; say({NO_METHOD!r})",
        {},
        "tools/call: no such method",
    ),
    "its tool fails": (f"{GREETING}; answer(2, 'no data', 'true')", {}, "services: no data"),
    "it writes what is not JSON": (
        f"{GREETING}; say('starting')",
        {},
        "the server sent a line that is not JSON",
    ),
    "it never answers": (
        f"{GREETING}; threading.Event().wait()",
        {"session_s": 0.5},
        "the server did not answer within 0.5 s",
    ),
    "it never greets": (
        "threading.Event().wait()",
        {"session_s": 0.2},
        "the server did not answer within 0.2 s",
    ),
}


@pytest.mark.parametrize(("server", "limits", "why"), FAILURES.values(), ids=FAILURES)
def test_a_server_that_fails_is_told_of(server: str, limits: dict[str, float], why: str) -> None:
    with pytest.raises(ServerFailedError) as failed:
        ask(server, **limits)
    assert str(failed.value) == why


def test_a_question_to_a_server_that_ended_fails() -> None:
    with client(f"say({GREETED!r}); hear()") as session:
        session._server.wait(5)
        with pytest.raises(ServerFailedError, match="ended"):
            session.request("ping", {})


def test_a_server_that_goes_on_without_input_is_ended() -> None:
    with client(f"{GREETING}; threading.Event().wait()", end_s=0.2) as session:
        assert session._server.poll() is None
    assert session._server.returncode not in (None, 0)


def test_a_server_that_ends_in_order_is_left_alone() -> None:
    with client(f"{GREETING}") as session:
        pass
    assert session._server.returncode == 0
    assert not session._watch.is_alive() or session._watch.finished.is_set()
