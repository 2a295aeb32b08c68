"""The command line: which words do what, and what is said to the others."""

import pytest

from vtmcp import __version__, cli, docs_command
from vtmcp.config_variables import VARIABLES


@pytest.mark.parametrize("word", ["--help", "-h", "help"])
def test_the_help_names_each_command_and_variable(
    word: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert cli.main([word]) == 0
    told = capsys.readouterr().out
    for name in (
        "vtmcp demo",
        "vtmcp conformance",
        "vtmcp docs check",
        "vtmcp call",
        "vtmcp tools",
    ):
        assert name in told
    assert all(variable.name in told for variable in VARIABLES)


def test_the_version(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["--version"]) == 0
    assert capsys.readouterr().out == f"vtmcp {__version__}\n"


WRONG = {
    "an unknown command": (["serve"], "unknown command 'serve'; accepted: "),
    "a tool": (["trace", "ab"], "'trace' is a tool; did you mean: vtmcp call trace"),
    "an option": (["--port", "1"], "unknown option '--port'; the server takes its settings from"),
    "words after demo": (["demo", "now"], "demo takes no arguments"),
    "docs without a word": (["docs"], "docs needs words to look for, or: docs check"),
    "docs with a wrong number": (["docs", "check", "x"], "accepted: docs check"),
}


@pytest.mark.parametrize(("words", "told"), WRONG.values(), ids=WRONG)
def test_other_words_are_refused_with_what_is_accepted(
    words: list[str], told: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert cli.main(words) == 2
    heard = capsys.readouterr()
    assert heard.out == ""
    assert told in heard.err
    assert heard.err.count("\n") == 1


def test_without_words_it_serves(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("vtmcp.app.run", lambda: 7)
    monkeypatch.setattr("sys.argv", ["vtmcp"])
    assert cli.main() == 7


@pytest.mark.parametrize(
    ("command", "home"), [("demo", "demo_session"), ("conformance", "conformance.command")]
)
def test_a_command_is_handed_on(command: str, home: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(f"vtmcp.{home}.run", lambda *words: 9)
    assert cli.main([command]) == 9


def test_docs_check_says_how_old_each_page_is(capsys: pytest.CaptureFixture[str]) -> None:
    assert docs_command.run(["check", "999"]) == 0
    told = capsys.readouterr().out
    assert "flags" in told
    assert ", 0 old" in told
    assert docs_command.run(["check", "0"]) == 1
    assert "OLD" in capsys.readouterr().out
