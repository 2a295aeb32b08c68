"""Read what the official suite wrote, and judge it: every check passes, without a warning.

    OUT/server-<scenario>-<time>/checks.json   a list of checks, each with a `status`

Must not be here: processes, what a person sees.
"""

import re
from collections import Counter
from collections.abc import Collection
from pathlib import Path
from typing import NamedTuple

from vtmcp.protocol.codec import decode

EXTENSION = "tasks-"
"""Scenarios of the tasks extension, which no revision requires and we do not have."""

_FOLDER = re.compile(r"server-(.+)-\d{4}-\d\d-\d\dT[\d-]+Z")
_STARTED = re.compile(r"^=== Running scenario: (\S+) ===$", re.MULTILINE)


class Scenario(NamedTuple):
    """One scenario's checks, counted, and what each that failed or warned had to say."""

    name: str
    statuses: Counter[str]
    problems: tuple[str, ...] = ()

    @property
    def was_skipped(self) -> bool:
        """Whether it did not apply to what the server declared: then it proves nothing."""
        return not (self.statuses["SUCCESS"] or self.statuses["INFO"] or self.problems)


class Judgement(NamedTuple):
    """One run of the suite: what has to pass, and what does not count and why not."""

    scenarios: tuple[Scenario, ...]
    ignored: tuple[str, ...]
    missing: tuple[str, ...] = ()

    @property
    def problems(self) -> list[str]:
        """All that is wrong, a line each."""
        found = [f"{name}: the suite wrote no result" for name in self.missing]
        for scenario in self.scenarios:
            found += [f"{scenario.name}: {problem}" for problem in scenario.problems]
        if not any(scenario.statuses["SUCCESS"] for scenario in self.scenarios):
            found.append("no check at all passed")
        return found

    def count(self, status: str) -> int:
        """How many checks of what counts have this status."""
        return sum(scenario.statuses[status] for scenario in self.scenarios)


def judge(
    folder: Path,
    output: str,
    only: Collection[str] | None = None,
    excused: Collection[str] = (),
) -> Judgement:
    """Judge a run by its folder of results and by what it printed.

    A scenario that began or that `only` names must have a result: a crash in the suite is no
    pass. With `only` nothing else counts; without it, all but the tasks extension does. Checks
    whose id is `excused` count neither way.
    """
    found = {scenario.name: scenario for scenario in read_results(folder, excused)}
    wanted = set(_STARTED.findall(output)) | set(found) if only is None else set(only)
    counted = sorted(name for name in wanted if not name.startswith(EXTENSION))
    return Judgement(
        tuple(found[name] for name in counted if name in found),
        tuple(sorted(set(found).difference(counted))),
        tuple(name for name in counted if name not in found),
    )


def read_results(folder: Path, excused: Collection[str] = ()) -> list[Scenario]:
    """All scenarios whose results a folder holds."""
    return [
        _scenario(match[1], decode(path.read_bytes()), excused)
        for path in sorted(folder.glob("*/checks.json"))
        if (match := _FOLDER.fullmatch(path.parent.name))
    ]


def _scenario(name: str, checks: list[dict[str, str]], excused: Collection[str]) -> Scenario:
    checks = [check for check in checks if check["id"] not in excused]
    bad = [check for check in checks if check["status"] in ("FAILURE", "WARNING")]
    said = (
        f"{check['id']}: {check['status']}: {check.get('errorMessage', 'no reason given')}"
        for check in bad
    )
    return Scenario(name, Counter(check["status"] for check in checks), tuple(said))
