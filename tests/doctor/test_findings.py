"""Findings: their order, how errors become findings, and the exit code."""

import pytest

from vtmcp.doctor.findings import CHECKS, Finding, Sheet, Verdict, exit_code, failure


def test_checks_are_told_in_order_and_the_rest_is_skipped_with_a_reason() -> None:
    told: list[Finding] = []
    sheet = Sheet(told.append)
    assert sheet.tell(Finding("settings", "ok", "2 set"))
    assert sheet.tell(Finding("documents", "skip", "none"))
    assert not sheet.tell(Finding("callers", "fail", "broken", "mend"))
    sheet.skip_rest("callers failed")
    assert [finding.check for finding in told] == list(CHECKS)
    assert {(finding.verdict, finding.evidence) for finding in told[3:]} == {
        ("skip", "callers failed")
    }
    assert told == sheet.findings
    assert not sheet.left


def test_a_sheet_of_one_of_several_databases_says_which_and_by_its_own_names() -> None:
    told: list[Finding] = []
    sheet = Sheet(told.append, ["name"], deployment="eu", told=lambda text: text.upper())
    sheet.tell(Finding("name", "fail", "gone", "look"))
    assert told == [Finding("name", "fail", "GONE", "LOOK", "eu")]
    assert list(sheet.left) == []


def test_a_check_out_of_order_is_a_mistake_of_ours() -> None:
    with pytest.raises(ValueError, match="the next check is settings, not speed"):
        Sheet(lambda finding: None).tell(Finding("speed", "ok", ""))


FAILURES = {
    "a fact and a hint": ("refused; check the port", "", ("refused", "check the port")),
    "a semicolon in a quotation": (
        'said "a; b \\"c; d"; look; there',
        "",
        ('said "a; b \\"c; d"', "look; there"),
    ),
    "only a fact": ("refused", "start it", ("refused", "start it")),
    "a remedy of the check's own": ("refused; check", "start it", ("refused", "start it")),
}


@pytest.mark.parametrize(("text", "remedy", "parts"), FAILURES.values(), ids=FAILURES)
def test_an_error_is_taken_apart(text: str, remedy: str, parts: tuple[str, str]) -> None:
    assert failure("name", text, remedy) == Finding("name", "fail", *parts)


CODES: dict[str, tuple[list[tuple[str, Verdict]], int]] = {
    "all is well": ([("settings", "ok"), ("TLS", "skip")], 0),
    "a warning is no failure": ([("settings", "ok"), ("clock", "warn")], 0),
    "the database fails": ([("settings", "warn"), ("name", "fail")], 1),
    "the settings stop the start": ([("settings", "fail")], 2),
    "a file stops the start": ([("callers", "fail"), ("name", "fail")], 2),
}


@pytest.mark.parametrize(("rows", "code"), CODES.values(), ids=CODES)
def test_the_exit_code(rows: list[tuple[str, Verdict]], code: int) -> None:
    assert exit_code([Finding(check, verdict, "") for check, verdict in rows]) == code
