"""What the last word of a line may become."""

import subprocess
import sys

import pytest

from tests.tidiness.source import ROOT
from vtmcp import cli
from vtmcp.handlers.tools import tool_classes
from vtmcp.shell.candidates import candidates
from vtmcp.shell.options import FLAGS, SERVER_OPTIONS

COMMANDS = ("tools", "call", "read", "docs", "completion", "demo")
OPTIONS = {*SERVER_OPTIONS, *FLAGS}

FOUND: dict[str, tuple[str, set[str]]] = {
    "commands": ("", set(COMMANDS)),
    "commands that begin so": ("c", {"call", "completion"}),
    "tools": ("call tr", {"trace", "traces", "triage"}),
    "tools after an option": ("call --json tr", {"trace", "traces", "triage"}),
    "tools after an option with a value": ("call --timeout 5s tr", {"trace", "traces", "triage"}),
    "parameters": ("call traces --err", {"--errors_only"}),
    "what is given is not given again": ("call traces --limit 5 --lim", set()),
    "but for objects": ("call traces --tags a=b --tag", {"--tags"}),
    "and lists": ("call span --spans s1 --span", {"--spans"}),
    "values of a parameter": ("call traces --format ", {"text", "json"}),
    "values that begin so": ("call traces --format j", {"json"}),
    "no values that cannot be known": ("call traces --service ", set()),
    "options beside parameters": ("call traces --js", {"--json"}),
    "a parameter after a flag": ("call traces --errors_only --serv", {"--service"}),
    "nothing for the value of an option": ("call --url ", set()),
    "nothing for arguments as JSON": ("call traces --args ", set()),
    "nothing of a tool that is not there": ("call nothing --serv", set()),
    "nothing of another server": ("call --url http://x tr", set()),
    "nor of one that is a child": ("call --stdio=x tr", set()),
    "but the options": ("call --url http://x ", {*OPTIONS, "--args"}),
    "one tool in full": ("tools serv", {"services", "service_names"}),
    "and no second": ("tools services ", OPTIONS),
    "no value of an option of tools": ("tools --url ", set()),
    "addresses": ("read docs://flags/q", {"docs://flags/query.md"}),
    "one address only": ("read docs://x ", OPTIONS),
    "no value of an option of read": ("read --header ", set()),
    "no addresses of another server": ("read --url http://x docs", set()),
    "the other command of docs": ("docs c", {"check"}),
    "no other command after a word": ("docs flags c", set()),
    "the options of docs": ("docs flags --l", {"--limit"}),
    "no number of passages": ("docs --limit ", set()),
    "shells": ("completion ", {"bash", "zsh", "fish"}),
    "one shell": ("completion bash ", set()),
    "nothing of other commands": ("demo ", set()),
}


@pytest.mark.parametrize(("line", "found"), FOUND.values(), ids=FOUND)
def test_a_word_is_completed(line: str, found: set[str]) -> None:
    names = [name for name, _ in candidates(line.split(" "), COMMANDS)]
    assert set(names) == found
    assert len(names) == len(found)


def test_no_words_are_completed_as_an_empty_one() -> None:
    assert len(candidates([], COMMANDS)) == len(COMMANDS)


def test_each_tool_and_each_parameter_is_there() -> None:
    assert {name for name, _ in candidates(["tools", ""], COMMANDS)} - OPTIONS == {
        tool.name for tool in tool_classes()
    }
    for tool in tool_classes():
        found = {name for name, _ in candidates(["call", tool.name, ""], COMMANDS)}
        assert found >= {f"--{name}" for name in tool.properties}


def test_candidates_are_lines_with_what_they_are(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["__complete", "call", "services", "--ten"]) == 0
    name, _, meaning = capsys.readouterr().out.partition("\t")
    assert name == "--tenant"
    assert meaning.startswith("AccountID[:ProjectID]")
    assert cli.main(["__complete", "comp"]) == 0
    assert capsys.readouterr().out == "completion\n"


def test_nothing_is_asked_and_little_is_loaded() -> None:
    script = (
        "import sys; from vtmcp import cli; cli.main(['__complete', 'call', '']);"
        " print(*sys.modules, sep='\\n')"
    )
    ran = subprocess.run(
        [sys.executable, "-c", script],
        cwd=ROOT,
        env={},
        capture_output=True,
        text=True,
        check=True,
        timeout=30,
    )
    loaded = set(ran.stdout.split())
    assert not loaded & {"ssl", "h11", "jsonschema", "vtmcp.app", "vtmcp.config", "asyncio"}
