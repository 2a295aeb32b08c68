"""The report: lines for a reader, JSON for a machine."""

import json

from vtmcp.doctor.findings import CHECKS, Finding
from vtmcp.doctor.report import WIDTH, json_of, summary_of, text_of

FINDINGS = [
    Finding("settings", "ok", "2 set"),
    Finding("clock", "warn", "off", "set it"),
    Finding("TLS", "fail", "expired " + "long " * 40, "renew " + "it " * 60),
    Finding("speed", "skip", ""),
]


def test_lines_are_aligned_and_wrapped() -> None:
    lines = [line for each in FINDINGS for line in text_of(each, in_colour=False).splitlines()]
    column = max(map(len, CHECKS)) + 8
    assert lines[0] == f"{'ok    settings':<{column}}2 set"
    assert lines[1] == f"{'warn  clock':<{column}}off"
    assert lines[2] == f"{'':<{column}}-> set it"
    assert lines[-1] == "skip  speed"
    assert max(map(len, lines)) <= WIDTH
    assert all(line.startswith(" " * column) for line in lines[4:-1])


def test_one_of_several_databases_is_named() -> None:
    assert "[eu] gone" in text_of(Finding("name", "fail", "gone", "", "eu"), in_colour=False)


def test_colour_is_only_where_it_is_wanted() -> None:
    assert "\x1b" not in text_of(FINDINGS[2], in_colour=False)
    assert text_of(FINDINGS[0], in_colour=True).startswith("\x1b[32mok  \x1b[0m  settings")


def test_the_summary_counts_what_there_is() -> None:
    assert summary_of(FINDINGS) == "1 ok, 1 to look at, 1 failed, 1 skipped"
    assert summary_of(FINDINGS[:1]) == "1 ok"


def test_the_document_for_machines() -> None:
    document = json.loads(json_of(FINDINGS[:3], version="1.2", database="http://db"))
    assert document["findings"][1] == {
        "check": "clock",
        "verdict": "warn",
        "evidence": "off",
        "remedy": "set it",
        "deployment": "",
    }
    assert {**document, "findings": 0} == {
        "vtmcp": "1.2",
        "database": "http://db",
        "ok": False,
        "exit_code": 1,
        "findings": 0,
    }
