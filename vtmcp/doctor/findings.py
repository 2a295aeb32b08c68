"""A finding, the checks in their order, and the exit code. Pure.

Must not be here: how anything is found, or how it is shown.
"""

import re
from collections.abc import Callable, Sequence
from typing import Literal, NamedTuple

Verdict = Literal["ok", "warn", "fail", "skip"]

SETTINGS, DOCUMENTS, CALLERS = "settings", "documents", "callers"
NAME, CONNECTION, TLS, HEALTH = "name", "connection", "TLS", "health"
CREDENTIALS, PRODUCT, VERSION = "credentials", "product", "version"
TENANT, OTHER_TENANTS, CLOCK, NEWEST = "tenant", "other tenants", "clock", "newest span"
RETENTION, LATENCY, GRAPH, SPEED = "retention", "latency offset", "service graph", "speed"

STARTING = (SETTINGS, DOCUMENTS, CALLERS)
"""What is checked once. What fails here stops the start of the server too."""

OF_DATABASE = (
    *(NAME, CONNECTION, TLS, HEALTH),
    *(CREDENTIALS, PRODUCT, VERSION),
    *(TENANT, OTHER_TENANTS, CLOCK, NEWEST),
    *(RETENTION, LATENCY, GRAPH, SPEED),
)
"""What is checked of each database."""

CHECKS = (*STARTING, *OF_DATABASE)
"""All checks, in the order in which they are made and told."""

EXIT_OK, EXIT_FAILED, EXIT_USAGE = 0, 1, 2

_FACT_AND_HINT = re.compile(r'((?:"(?:\\.|[^"\\])*"|[^"])*?); (.*)', re.DOTALL)
"""Errors say what is wrong and, after a semicolon, what to change; quoted text may have others."""


class Finding(NamedTuple):
    """What one check found: the evidence, and what to change where something is wrong."""

    check: str
    verdict: Verdict
    evidence: str
    remedy: str = ""
    deployment: str = ""
    """Which database it is about, where there are several."""


class Sheet:
    """The findings so far. Each is handed on as it is made, so that a slow check is seen."""

    def __init__(
        self,
        on_finding: Callable[[Finding], None],
        checks: Sequence[str] = CHECKS,
        *,
        deployment: str = "",
        told: Callable[[str], str] = str,
    ) -> None:
        """`told` writes texts with the names by which a database's settings are set."""
        self._on_finding = on_finding
        self._checks = checks
        self._deployment = deployment
        self._told = told
        self.findings: list[Finding] = []

    @property
    def left(self) -> Sequence[str]:
        """The checks that have no finding yet."""
        return self._checks[len(self.findings) :]

    def tell(self, finding: Finding) -> bool:
        """Take the finding of the next check; return whether the checks after it make sense."""
        if finding.check != self.left[0]:
            raise ValueError(f"the next check is {self.left[0]}, not {finding.check}")
        finding = finding._replace(
            evidence=self._told(finding.evidence),
            remedy=self._told(finding.remedy),
            deployment=self._deployment,
        )
        self.findings.append(finding)
        self._on_finding(finding)
        return finding.verdict != "fail"

    def skip_rest(self, reason: str) -> None:
        """Say of all checks that are left why they were not made."""
        for check in self.left:
            self.tell(Finding(check, "skip", reason))


def failure(check: str, text: str, remedy: str = "") -> Finding:
    """A finding from an error's text, which often says itself what to change."""
    match = _FACT_AND_HINT.fullmatch(text)
    if match is None:
        return Finding(check, "fail", text, remedy)
    return Finding(check, "fail", match[1], remedy or match[2])


def exit_code(findings: Sequence[Finding]) -> int:
    """Return 0 where nothing failed, 2 where the server would not start, else 1."""
    failed = {finding.check for finding in findings if finding.verdict == "fail"}
    if not failed:
        return EXIT_OK
    return EXIT_USAGE if failed & set(STARTING) else EXIT_FAILED
