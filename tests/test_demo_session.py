"""`vtmcp demo`: one incident, asked of a real server over stdio, and lines to paste at its end."""

import io
import json
import os
import shlex
import sys
from collections.abc import Callable, Mapping
from typing import Any

import pytest

from vtmcp import demo_session
from vtmcp.demo.answers import Answers
from vtmcp.demo.services import ROLLOUT, SERVICES
from vtmcp.demo_session import EXIT_FAILED, EXIT_OK, NEW, OLD, QUESTIONS, VERSION, Question
from vtmcp.stdio_client import StdioClient
from vtmcp.traces.tenant import parse_tenant

NOTICE = "Generated demo data"
ANY_TRACE = "0af7651916cd43dd8448eb211c80319c"


@pytest.fixture(scope="module")
def told() -> str:
    """What the demo shows, told once for all tests that only read it."""
    out = io.StringIO()
    assert demo_session.run(out) == EXIT_OK
    return out.getvalue()


def answer_to(told: str, words: str) -> str:
    """Return the answer to the question that holds some words."""
    (block,) = [block for block in told.split("\n? ") if words in block.partition("\n")[0]]
    return block.partition("\n> ")[2].partition("\n")[2]


def calls() -> list[tuple[str, Mapping[str, Any]]]:
    told = {"failed": ANY_TRACE, "export": ANY_TRACE}
    return [(question.tool, question.arguments(told)) for question in QUESTIONS]


def test_each_question_is_shown_with_its_answer(told: str) -> None:
    for question in QUESTIONS:
        answer = answer_to(told, question.words)
        assert answer.strip()
        assert NOTICE in answer or question.tool == "documentation"


INCIDENT: dict[str, tuple[str, tuple[str, ...]]] = {
    "the likeliest cause": (
        "What changed?",
        (
            "Most likely: fraud POST /assess",
            f"version {NEW} is new",
            "Hit: frontend POST /checkout",
        ),
    ),
    "where it began": (
        "where did it begin?",
        ("fraud POST /assess  KeyError", f"all on service.version {NEW}", "passed on by payment"),
    ),
    "what the failures share": ("in common?", (f'{VERSION}="{NEW}"', "not without the first")),
    "the figures of both versions": ("compare?", (f"{OLD}  ", f"{NEW}  ", "errors 0 %")),
    "one of them": (
        "what happened",
        ("first error: fraud POST /assess", "KeyError", "FraudCheckException", "CheckoutError"),
    ),
    "against a healthy one": ("that this one did not?", ("kin without errors", "failed")),
    "an export of thousands of spans": ("in the way?", ("6,001 spans",)),
    "which is folded": ("6,000 spans", ("x5,772 reporting INSERT export_rows", "Deadlock")),
    "what its time went to": ("its time go to?", ("100.0 %", "reporting INSERT export_rows")),
    "who calls the service": ("Who calls fraud", ("payment -> fraud",)),
    "another tenant": ("tenant 7:3", ("3 services in tenant 7:3", "tracker")),
    "the documentation": ("on the real database", ("docs://",)),
}


@pytest.mark.parametrize(("words", "evidence"), INCIDENT.values(), ids=INCIDENT)
def test_the_answers_tell_one_incident(told: str, words: str, evidence: tuple[str, ...]) -> None:
    answer = answer_to(told, words)
    for text in evidence:
        assert text in answer


def test_a_long_answer_is_cut_for_the_terminal_and_says_so(told: str) -> None:
    assert "more lines go to the model]" in answer_to(told, "Who calls fraud")


def test_the_questions_name_what_is_there() -> None:
    now_ns = 1_795_343_613 * 10**9
    asked = Answers(lambda: now_ns)
    for _, arguments in calls():
        tenant = parse_tenant(arguments.get("tenant", "0:0"))
        if "service" in arguments:
            assert arguments["service"] in asked.services(tenant)
        if "operation" in arguments:
            assert arguments["operation"] in asked.operations(arguments["service"], tenant)
    assert (ROLLOUT.service, ROLLOUT.version, SERVICES["fraud"].version) == ("fraud", NEW, OLD)


def settings_of(told: str) -> dict[str, Any]:
    text = told[told.rindex("\n{\n") : told.rindex("\n}\n") + 2]
    (server,) = json.loads(text)["mcpServers"].values()
    return dict(server)


def test_its_last_lines_are_settings_that_start_the_server(told: str) -> None:
    server = settings_of(told)
    assert server["env"] == {"VT_INSTANCE_ENTRYPOINT": "http://localhost:10428"}
    env = {**os.environ, **server["env"], "VT_INSTANCE_ENTRYPOINT": "demo"}
    with StdioClient([server["command"], *server["args"]], env) as client:
        assert NOTICE in client.call("services", {})


def test_its_last_line_is_the_same_as_a_command(told: str) -> None:
    server = settings_of(told)
    settings = [f"{name}={value}" for name, value in server["env"].items()]
    command = shlex.split(told.splitlines()[-1])
    assert command == ["env", *settings, server["command"], *server["args"]]


def test_it_takes_less_than_a_minute(told: str) -> None:
    (line,) = [line for line in told.splitlines() if " questions answered in " in line]
    count, seconds = int(line.split()[0]), float(line.split()[-2])
    assert count == len(QUESTIONS)
    assert 0 < seconds < 60


def test_settings_for_a_real_server_do_not_change_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MCP_DISABLED_TOOLS", "traces")
    monkeypatch.setenv("VT_INSTANCE_ENTRYPOINT", "http://db")
    monkeypatch.setenv("HOME_OF_OTHERS", "kept")
    env = demo_session._environment()
    ours = {name: value for name, value in env.items() if name.startswith(("MCP_", "VT_"))}
    assert ours == {"VT_INSTANCE_ENTRYPOINT": "demo", "MCP_LOG_LEVEL": "error"}
    assert env["HOME_OF_OTHERS"] == "kept"


def no_server(command: list[str], env: Mapping[str, str]) -> StdioClient:
    return StdioClient([sys.executable, "-c", ""], env)


def no_trace(told: Mapping[str, str]) -> dict[str, Any]:
    return {"trace_id": demo_session._first_trace(told["services"])}


def a_wrong_argument(told: Mapping[str, str]) -> dict[str, Any]:
    return {"servce": "cart"}


SERVICES_FIRST = Question("Which services?", "services", lambda told: {}, "services")
FAILURES: dict[str, tuple[str, object, str]] = {
    "the server does not start": ("StdioClient", no_server, "the server ended"),
    "an answer names no trace": (
        "QUESTIONS",
        (SERVICES_FIRST, Question("Which trace?", "trace", no_trace)),
        "an answer named no trace",
    ),
    "a tool refuses": (
        "QUESTIONS",
        (Question("Which traces?", "traces", a_wrong_argument),),
        "traces: ",
    ),
}


@pytest.mark.parametrize(("name", "value", "why"), FAILURES.values(), ids=FAILURES)
def test_a_failure_is_told_and_ends_it(
    name: str,
    value: object,
    why: str,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setattr(demo_session, name, value)
    out = io.StringIO()
    assert demo_session.run(out) == EXIT_FAILED
    assert capsys.readouterr().err.startswith(f"vtmcp demo: {why}")
    assert "mcpServers" not in out.getvalue()


def test_a_reader_that_leaves_ends_it_in_peace(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(demo_session, "QUESTIONS", (SERVICES_FIRST,))
    reading, writing = os.pipe()
    os.close(reading)
    with os.fdopen(writing, "w", encoding="utf-8") as out:
        assert demo_session.run(out) == EXIT_OK


class Screen(io.StringIO):
    def isatty(self) -> bool:
        return True


SCREENS: dict[str, tuple[Callable[[], io.StringIO], dict[str, str], bool]] = {
    "a terminal": (Screen, {}, True),
    "a terminal without colours": (Screen, {"NO_COLOR": "1"}, False),
    "a file": (io.StringIO, {}, False),
}


@pytest.mark.parametrize(("screen", "env", "is_coloured"), SCREENS.values(), ids=SCREENS)
def test_colours_are_for_terminals_that_want_them(
    screen: Callable[[], io.StringIO],
    env: dict[str, str],
    is_coloured: bool,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(demo_session, "QUESTIONS", (SERVICES_FIRST,))
    monkeypatch.delenv("NO_COLOR", raising=False)
    for name, value in env.items():
        monkeypatch.setenv(name, value)
    out = screen()
    assert demo_session.run(out) == EXIT_OK
    assert ("\033[" in out.getvalue()) is is_coloured


def test_it_speaks_on_standard_output(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(demo_session, "QUESTIONS", (SERVICES_FIRST,))
    assert demo_session.run() == EXIT_OK
    assert "? Which services?" in capsys.readouterr().out
