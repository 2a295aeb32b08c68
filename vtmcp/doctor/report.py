"""Findings for a reader, a line each with the remedy below, or as JSON. Pure.

Must not be here: where they are written to, or whether there is a terminal.
"""

import textwrap
from collections.abc import Sequence

import orjson

from vtmcp.doctor.findings import CHECKS, Finding, exit_code

WIDTH = 100
"""Evidence is wrapped here: a report is read in terminals and pasted into tickets."""

_VERDICT_WIDTH = 4
_CHECK_WIDTH = max(map(len, CHECKS))
_INDENT = " " * (_VERDICT_WIDTH + _CHECK_WIDTH + 4)
_COLOURS = {"ok": "32", "warn": "33", "fail": "31;1", "skip": "2"}
_PLURALS = (("ok", "ok"), ("warn", "to look at"), ("fail", "failed"), ("skip", "skipped"))


def text_of(finding: Finding, *, in_colour: bool) -> str:
    """One finding as lines: verdict, check, evidence, and what to change below."""
    verdict = f"{finding.verdict:<{_VERDICT_WIDTH}}"
    if in_colour:
        verdict = f"\x1b[{_COLOURS[finding.verdict]}m{verdict}\x1b[0m"
    about = f"[{finding.deployment}] " if finding.deployment else ""
    lines = _wrapped(f"{about}{finding.evidence}", "")
    if finding.remedy:
        lines += _wrapped(finding.remedy, "-> ")
    first = f"{verdict}  {finding.check:<{_CHECK_WIDTH}}  {lines[0]}"
    return "\n".join((first.rstrip(), *(f"{_INDENT}{line}" for line in lines[1:])))


def summary_of(findings: Sequence[Finding]) -> str:
    """The last line: how many of each verdict."""
    counted = [
        (sum(finding.verdict == verdict for finding in findings), word)
        for verdict, word in _PLURALS
    ]
    return ", ".join(f"{count} {word}" for count, word in counted if count)


def json_of(findings: Sequence[Finding], *, version: str, database: str) -> str:
    """All findings as one JSON document."""
    code = exit_code(findings)
    document = {
        "vtmcp": version,
        "database": database,
        "ok": code == 0,
        "exit_code": code,
        "findings": [finding._asdict() for finding in findings],
    }
    return orjson.dumps(document, option=orjson.OPT_INDENT_2).decode()


def _wrapped(text: str, mark: str) -> list[str]:
    return textwrap.wrap(
        text,
        WIDTH - len(_INDENT),
        initial_indent=mark,
        subsequent_indent=" " * len(mark),
        break_on_hyphens=False,
        break_long_words=False,
    ) or [""]
