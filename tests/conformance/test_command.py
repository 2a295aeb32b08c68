"""The command line of the kit: which server, which vectors, what is told, which exit code."""

import json
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

from tests.conformance.scripted import PONG, command
from vtmcp.conformance import vectors
from vtmcp.conformance.command import run


@pytest.fixture
def small(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder of four vectors in place of the real one: a pass, a should and a must that fail,
    and one that is skipped.
    """
    failing = 'open\n> {"id": 1, "method": "m"}\n< {"id": 2}'
    for name, level, needs, body in (
        ("good", "must", "only", "open\nquiet"),
        ("advised", "should", "only", failing),
        ("bad", "must", "only", failing),
        ("skipped", "must", "tool x", "open\nquiet"),
    ):
        path = tmp_path / "stdio" / "2025-06-18" / f"{name}.txt"
        path.parent.mkdir(exist_ok=True, parents=True)
        head = f"Title\nrule: ping\nlevel: {level}\nneeds: {needs}\ntransports: stdio http sse"
        path.write_text(f"{head}\n\n{body}\n")
    load = vectors.load
    monkeypatch.setattr(vectors, "load", lambda: load(tmp_path))
    return tmp_path


SERVER = shlex.join(command({"m": [PONG]}))

LINES: dict[str, tuple[list[str], int, list[str]]] = {
    "all": (
        [],
        1,
        [
            "FAILED  stdio/2025-06-18/bad@2025-06-18/stdio: Title",
            "broken             1 passed, 2 failed, 1 skipped: stdio/2025-06-18/advised@",
            "4 conversations: 1 passed, 2 failed, 1 skipped; 1 of the failed are a must",
        ],
    ),
    "what is advised": (["--only", "advised"], 0, ["0 of the failed are a must"]),
    "what passes": (
        ["--only", "good", "--verbose", "--jobs", "1"],
        0,
        ["PASSED  stdio/2025-06-18/good", "ping         kept"],
    ),
    "some": (["--only", "good", "--only", "ad[v]ised"], 0, ["2 conversations"]),
    "one revision": (["--revision", "2025-06-18", "--only", "good"], 0, ["1 conversations"]),
}


@pytest.mark.usefixtures("small")
@pytest.mark.parametrize(("words", "code", "texts"), LINES.values(), ids=LINES.keys())
def test_the_table_is_told(
    words: list[str], code: int, texts: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["--stdio", SERVER, *words]) == code
    told = capsys.readouterr().out
    assert not [text for text in texts if text not in told]


@pytest.mark.usefixtures("small")
def test_json_stands_alone_on_standard_output(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["--stdio", SERVER, "--json"]) == 1
    told = capsys.readouterr()
    assert json.loads(told.out)["conversations"] == {"passed": 1, "failed": 2, "skipped": 1}
    assert "FAILED" in told.err


def test_a_report_for_build_servers_is_written(small: Path) -> None:
    file = small / "junit.xml"
    assert run(["--stdio", SERVER, "--junit", str(file)]) == 1
    assert 'failures="1"' in file.read_text("utf-8")


def test_a_known_gap_is_no_failure_until_it_is_closed(
    small: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    gaps = small / "gaps.toml"
    gap = '[[gap]]\ncase = "stdio/2025-06-18/%s@2025-06-18/stdio"\nreason = "not yet"\n'
    gaps.write_text(gap % "bad")
    assert run(["--stdio", SERVER, "--known-gaps", str(gaps)]) == 0
    assert "known gap" in capsys.readouterr().out
    gaps.write_text(gap % "bad" + gap % "good")
    assert run(["--stdio", SERVER, "--known-gaps", str(gaps)]) == 1
    assert "strike it off: stdio/2025-06-18/good" in capsys.readouterr().out


def test_schemas_are_a_folder(small: Path) -> None:
    (small / "2025-06-18.json").write_text(
        '{"$defs":{"InitializeResult":{"required":["no"]},"ServerRequest":{}}}'
    )
    assert run(["--stdio", SERVER, "--schemas", str(small), "--only", "good"]) == 1


REFUSED = {
    "an empty command": (["--stdio", ""], "--stdio needs a command"),
    "a command that is not there": (["--stdio", "no/such/command"], "cannot start the server"),
    "another revision": (["--stdio", SERVER, "--revision", "2024-11-05"], "no vector fits"),
    "no such vector": (["--stdio", SERVER, "--only", "no-such-vector"], "no vector fits"),
    "an address that is none": (["--url", "localhost"], "is not an http:// or https:// address"),
    "a header that is none": (
        ["--url", "http://localhost:1/", "--header", "Authorization"],
        "is not `Name: value`",
    ),
    "a server that is not there": (
        ["--url", "http://localhost:1/mcp", "--header", "A: b"],
        "nothing could be tested: the server has no revision 2025-06-18 (cannot connect",
    ),
    "a stream that is not there": (
        ["--url", "http://localhost:1/sse", "--sse"],
        "nothing could be tested: the server has no revision 2025-06-18 (the stream did not",
    ),
    "a file of gaps that is not there": (
        ["--stdio", SERVER, "--known-gaps", "no/such/file"],
        "No such file",
    ),
}


@pytest.mark.usefixtures("small")
@pytest.mark.parametrize(("words", "problem"), REFUSED.values(), ids=REFUSED.keys())
def test_what_cannot_be_tested_is_told(
    words: list[str], problem: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(words) == 2
    told = capsys.readouterr()
    assert told.out == ""
    assert told.err.startswith("vtmcp conformance: ")
    assert problem in told.err


@pytest.mark.parametrize(
    "words", [[], ["--stdio", "a", "--url", "b"], ["serve", "--transport", "x"]]
)
def test_a_wrong_line_ends_with_its_usage(
    words: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as ended:
        run(words)
    assert ended.value.code == 2
    assert "usage: vtmcp conformance" in capsys.readouterr().err


def test_the_fixtures_are_served_until_the_end_of_the_input() -> None:
    line = [sys.executable, "-m", "vtmcp", "conformance", "serve"]
    done = subprocess.run(line, input=b"", capture_output=True, timeout=30, check=False)
    assert (done.returncode, done.stdout) == (0, b"")
