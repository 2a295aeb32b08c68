"""What reaches a terminal, and what reaches a pipe."""

import io
import json

import pytest

from vtmcp.shell.terminal import BOLD, Terminal, json_text, one_line, say_error, visible


class Screen(io.StringIO):
    def isatty(self) -> bool:
        return True


COLOURS: dict[str, tuple[io.StringIO, dict[str, str], bool]] = {
    "a terminal": (Screen(), {"TERM": "xterm"}, True),
    "a terminal without NO_COLOR's value": (Screen(), {"NO_COLOR": ""}, True),
    "a terminal with NO_COLOR": (Screen(), {"NO_COLOR": "1"}, False),
    "a dumb terminal": (Screen(), {"TERM": "dumb"}, False),
    "a pipe": (io.StringIO(), {"TERM": "xterm"}, False),
}


@pytest.mark.parametrize(("stream", "env", "is_coloured"), COLOURS.values(), ids=COLOURS)
def test_colour_is_for_terminals(
    stream: io.StringIO, env: dict[str, str], is_coloured: bool
) -> None:
    assert Terminal(stream, env).styled("a", BOLD) == ("\033[1ma\033[0m" if is_coloured else "a")
    assert Terminal(stream, env).styled("", BOLD) == ""


VISIBLE: dict[str, tuple[str, str]] = {
    "plain text": ("a\n\tb c~", "a\n\tb c~"),
    "other alphabets": ("häßlich 日本 🙂", "häßlich 日本 🙂"),
    "ends of lines from elsewhere": ("a\r\nb\rc", "a\nb\\u000dc"),
    "an escape sequence": ("\x1b[2J", "\\u001b[2J"),
    "one of eight bits": ("\x9b2J\x7f", "\\u009b2J\\u007f"),
    "an order of reading": ("a\u202eb", "a\\u202eb"),
    "half of a pair": ("\ud83d", "\\ud83d"),
    "an invisible one beyond the first plane": ("\U000e0041", "\\udb40\\udc41"),
}


@pytest.mark.parametrize(("text", "shown"), VISIBLE.values(), ids=VISIBLE)
def test_what_acts_is_made_visible(text: str, shown: str) -> None:
    assert visible(text) == shown
    assert Terminal(Screen()).harmless(text) == shown
    assert Terminal(io.StringIO()).harmless(text) == text
    assert "\n" not in one_line(text)


@pytest.mark.parametrize("text", [row[0] for row in VISIBLE.values()], ids=VISIBLE)
def test_json_is_harmless_and_still_the_same(text: str) -> None:
    told = json_text({text: [text]})
    assert json.loads(told) == {text: [text]}
    assert all(character.isprintable() or character == "\n" for character in told)


def test_a_stream_of_few_letters_gets_escapes() -> None:
    raw = io.BytesIO()
    stream = io.TextIOWrapper(raw, encoding="ascii")
    Terminal(stream).line("é")
    Terminal(stream).line("b\n")
    assert raw.getvalue() == b"\\xe9\nb\n"


def test_an_error_is_told_on_standard_error(capsys: pytest.CaptureFixture[str]) -> None:
    say_error("no\x1b[2J")
    heard = capsys.readouterr()
    assert (heard.out, heard.err) == ("", "vtmcp: no\\u001b[2J\n")
