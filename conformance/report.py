"""Verdicts on conversations, told as verdicts on requirements: a table, JSON, JUnit.

Must not be here: how verdicts are reached.
"""

import json
from collections.abc import Sequence
from typing import NamedTuple

from vtmcp.conformance.requirements import Gap, Requirement
from vtmcp.conformance.runner import FAILED, PASSED, SKIPPED, Verdict

KEPT, BROKEN, GAP, UNTESTED = "kept", "broken", "known gap", "untested"

ADVISED = "advised, not done"

NAMES_MAX = 3
"""So many conversations are named in a row of the table; the rest is counted."""


class Row(NamedTuple):
    """A requirement and what the conversations say of it."""

    requirement: Requirement
    verdict: str
    verdicts: tuple[Verdict, ...]
    """Of the cases that test it; failures that are known gaps are among them."""

    @property
    def evidence(self) -> str:
        """Counts by outcome, and the names of what failed."""
        counts = ", ".join(
            f"{count} {outcome}"
            for outcome in (PASSED, FAILED, SKIPPED)
            if (count := sum(verdict.outcome == outcome for verdict in self.verdicts))
        )
        failed = [str(verdict.case) for verdict in self.verdicts if verdict.outcome == FAILED]
        more = f" and {len(failed) - NAMES_MAX} more" if len(failed) > NAMES_MAX else ""
        named = f": {', '.join(failed[:NAMES_MAX])}{more}" if failed else ""
        if self.verdict == SKIPPED:
            named = f": {self.verdicts[0].problem}"
        return self.requirement.untested or f"{counts}{named}"


class Report:
    """All there is to tell of one run."""

    def __init__(
        self,
        requirements: Sequence[Requirement],
        verdicts: Sequence[Verdict],
        gaps: dict[str, Gap],
    ) -> None:
        self.verdicts = list(verdicts)
        self.gaps = gaps
        self.rows = [row for one in requirements for row in [self._row(one)] if row is not None]
        """Only requirements that concern the transport and the revisions that were tested."""

    @property
    def breaches(self) -> list[Verdict]:
        """What must be kept and was not, but for known gaps."""
        return [
            verdict
            for verdict in self.verdicts
            if verdict.is_breach and str(verdict.case) not in self.gaps
        ]

    @property
    def closed_gaps(self) -> list[Gap]:
        """Known gaps that are none any more: they must be struck off."""
        passed = {str(one.case) for one in self.verdicts if one.outcome == PASSED}
        return [gap for gap in self.gaps.values() if gap.case in passed]

    @property
    def is_breach(self) -> bool:
        """Whether the run as a whole has failed."""
        return bool(self.breaches or self.closed_gaps)

    def counts(self) -> dict[str, int]:
        """Conversations by outcome."""
        return {
            outcome: sum(verdict.outcome == outcome for verdict in self.verdicts)
            for outcome in (PASSED, FAILED, SKIPPED)
        }

    def _row(self, requirement: Requirement) -> Row | None:
        cases = {(one.case.revision, one.case.transport) for one in self.verdicts}
        is_concerned = any(
            revision in requirement.revisions and transport in requirement.transports
            for revision, transport in cases
        )
        verdicts = tuple(one for one in self.verdicts if requirement.covers(one.case))
        if not is_concerned or not (verdicts or requirement.untested):
            return None
        return Row(requirement, self._verdict_on(verdicts), verdicts)

    def _verdict_on(self, verdicts: Sequence[Verdict]) -> str:
        """A known gap is no breach, and what is only advised is no breach either."""
        failed = [one for one in verdicts if one.outcome == FAILED]
        known = [one for one in failed if str(one.case) in self.gaps]
        if any(one.is_breach for one in failed if one not in known):
            return BROKEN
        if known:
            return GAP
        if any(one.outcome in (PASSED, FAILED) for one in verdicts):
            return KEPT if not failed else ADVISED
        return SKIPPED if verdicts else UNTESTED


def told(verdict: Verdict) -> str:
    """Return a verdict as text, with the conversation as evidence when it failed."""
    vector = verdict.case.vector
    head = f"{verdict.outcome.upper():7} {verdict.case}: {vector.title}"
    if verdict.outcome == PASSED:
        return head
    if verdict.outcome == SKIPPED:
        return f"{head}\n  {verdict.problem}"
    lines = [head, f"  {vector.level}, {vector.rule}", f"  {verdict.problem}"]
    lines += ["  conversation:", *(f"    {line}" for line in verdict.transcript)]
    if verdict.stderr:
        lines += ["  standard error:", *(f"    {line}" for line in verdict.stderr[-10:])]
    return "\n".join(lines)


def table(report: Report) -> str:
    """One line a requirement, then the sum."""
    width = max(len(word) for word in ("requirement", *(row.requirement.id for row in report.rows)))
    lines = [f"{'requirement':{width}}  {'verdict':17}  evidence"]
    for row in report.rows:
        lines.append(f"{row.requirement.id:{width}}  {row.verdict:17}  {row.evidence}")
        if row.verdict == BROKEN:
            lines.append(f"{'':{width}}  {row.requirement.text}")
    lines += ["", summary(report)]
    lines += [f"no gap any more, strike it off: {gap.case}" for gap in report.closed_gaps]
    return "\n".join(lines)


def summary(report: Report) -> str:
    """The counts, in one line."""
    by_outcome = ", ".join(f"{count} {outcome}" for outcome, count in report.counts().items())
    by_verdict = ", ".join(
        f"{count} {verdict}"
        for verdict in (KEPT, ADVISED, BROKEN, GAP, SKIPPED, UNTESTED)
        if (count := sum(row.verdict == verdict for row in report.rows))
    )
    return (
        f"{len(report.rows)} requirements: {by_verdict}\n"
        f"{len(report.verdicts)} conversations: {by_outcome}; "
        f"{len(report.breaches)} of the failed are a must"
    )


def as_json(report: Report) -> str:
    """Everything, for a program."""
    document = {
        "is_breach": report.is_breach,
        "conversations": report.counts(),
        "requirements": [
            {
                "id": row.requirement.id,
                "level": row.requirement.level,
                "page": row.requirement.page,
                "text": row.requirement.text,
                "verdict": row.verdict,
                "untested": row.requirement.untested or None,
                "cases": [str(verdict.case) for verdict in row.verdicts],
            }
            for row in report.rows
        ],
        "verdicts": [
            {
                "case": str(verdict.case),
                "title": verdict.case.vector.title,
                "rule": verdict.case.vector.rule,
                "level": verdict.case.vector.level,
                "outcome": verdict.outcome,
                "problem": verdict.problem or None,
                "known_gap": _reason(report, verdict),
                "conversation": list(verdict.transcript) if verdict.outcome == FAILED else [],
                "stderr": list(verdict.stderr),
            }
            for verdict in report.verdicts
        ],
        "closed_gaps": [gap.case for gap in report.closed_gaps],
    }
    return json.dumps(document, ensure_ascii=False, indent=2)


def junit(report: Report) -> str:
    """The conversations as test cases, in the format that build servers read."""
    from xml.etree import ElementTree as Tree  # noqa: PLC0415 - only where it is asked for

    counts = report.counts()
    suite = Tree.Element(
        "testsuite",
        name="vtmcp conformance",
        tests=str(len(report.verdicts)),
        failures=str(len(report.breaches)),
        errors="0",
        skipped=str(len(report.verdicts) - counts[PASSED] - len(report.breaches)),
    )
    breaches = set(map(id, report.breaches))
    for verdict in report.verdicts:
        case = verdict.case
        row = Tree.SubElement(suite, "testcase", classname=case.vector.rule, name=str(case))
        if id(verdict) in breaches:
            failure = Tree.SubElement(row, "failure", message=_clean(verdict.problem[:300]))
            failure.text = _clean(told(verdict))
        elif verdict.outcome != PASSED:
            why = _reason(report, verdict) or verdict.problem
            advice = "only advised: " if verdict.outcome == FAILED else ""
            Tree.SubElement(row, "skipped", message=_clean(f"{advice}{why}"[:300]))
    return Tree.tostring(suite, encoding="unicode", xml_declaration=True)


def _reason(report: Report, verdict: Verdict) -> str | None:
    gap = report.gaps.get(str(verdict.case))
    return gap.reason if gap is not None and verdict.outcome == FAILED else None


def _clean(text: str) -> str:
    """XML has no place for most control characters, nor for halves of surrogate pairs."""
    return "".join(
        letter
        if letter in "\t\n" or " " <= letter < "\ud800" or "\ue000" <= letter < "\ufffe"
        else "\ufffd"
        for letter in text
    )
