"""The options of a command line, and the words that are left."""

import pytest

from vtmcp.shell.faults import UsageError
from vtmcp.shell.options import TIMEOUT_S, read_options

LEFT: dict[str, tuple[list[str], tuple[str, ...]]] = {
    "words are left in their order": (["a", "--json", "b"], ("a", "b")),
    "an option takes the word after it": (["--url", "http://x", "a"], ("a",)),
    "or what stands after its equals sign": (["--url=http://x", "a"], ("a",)),
    "what follows two dashes is left": (["a", "--", "--json", "--"], ("a", "--json", "--")),
    "-h is help before the first word": (["-h", "a"], ("a",)),
    "and a word after it": (["a", "-h"], ("a", "-h")),
}


@pytest.mark.parametrize(("words", "left"), LEFT.values(), ids=LEFT)
def test_options_are_taken_out_of_the_words(words: list[str], left: tuple[str, ...]) -> None:
    assert read_options(words).words == left


def test_options_say_what_they_say() -> None:
    options = read_options(
        ["--header", "A=1", "--json", "tool", "--verbose", "--header=B=2", "--timeout", "1m30s"]
    )
    assert options.values["--header"] == ("A=1", "B=2")
    assert options.is_json
    assert options.is_verbose
    assert not options.wants_help
    assert options.timeout_s == 90
    assert options.late == {"--verbose", "--header", "--timeout"}
    assert options.one("--url") == ""
    assert read_options([]).timeout_s == TIMEOUT_S


def test_what_a_tool_may_know_is_passed_on() -> None:
    options = read_options(["t", "--limit", "5", "--args", "{}"], ("--args",), passes_on=True)
    assert options.words == ("t", "--limit", "5")
    assert options.one("--args") == "{}"


WRONG: dict[str, tuple[list[str], str]] = {
    "an unknown option": (["--jsn"], "unknown option --jsn; accepted: --stdio, "),
    "an option without its value": (["--url"], "--url needs a value"),
}


@pytest.mark.parametrize(("words", "told"), WRONG.values(), ids=WRONG)
def test_wrong_options_are_refused(words: list[str], told: str) -> None:
    with pytest.raises(UsageError, match=told):
        read_options(words)


def test_what_may_be_given_once_is_not_given_twice() -> None:
    options = read_options(["--url", "a", "--url", "b"])
    with pytest.raises(UsageError, match="--url is given twice; what is meant for the tool"):
        options.one("--url")


@pytest.mark.parametrize(("text", "told"), [("soon", "'soon' is not a duration"), ("0", "no time")])
def test_a_time_limit_is_a_duration(text: str, told: str) -> None:
    with pytest.raises(UsageError, match=told):
        _ = read_options(["--timeout", text]).timeout_s
