"""The manifest: each requirement of the specification, and the vectors that test it; known gaps.

`requirements.toml` is plain data. Must not be here: verdicts (`report`).
"""

import fnmatch
import tomllib
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

from vtmcp.conformance.notation import VectorError
from vtmcp.conformance.vectors import TRANSPORTS, Case, read_revisions

FILE = Path(__file__).parent / "requirements.toml"
"""What the specification asks of servers."""


class Requirement(NamedTuple):
    """One thing that a server must or should do, in our own words."""

    id: str
    level: str
    page: str
    text: str
    revisions: tuple[str, ...]
    transports: tuple[str, ...]
    vectors: tuple[str, ...]
    """Names of vectors, with `*` for any text; none: those whose rule is the id."""

    untested: str
    """Why no vector tests it; empty where some do."""

    def covers(self, case: Case) -> bool:
        """Whether the case tests this."""
        if case.revision not in self.revisions or case.transport not in self.transports:
            return False
        if not self.vectors:
            return not self.untested and case.vector.rule == self.id
        return any(fnmatch.fnmatchcase(case.vector.name, pattern) for pattern in self.vectors)


class Gap(NamedTuple):
    """A case that a server is known not to pass, and why."""

    case: str
    reason: str


def load_requirements(file: Path = FILE) -> list[Requirement]:
    """Read the manifest.

    Raises:
        VectorError: when it cannot be used; the text says which entry and why.
    """
    entries = tomllib.loads(file.read_text("utf-8"))["requirement"]
    requirements = [_requirement(entry) for entry in entries]
    ids = [requirement.id for requirement in requirements]
    if twice := sorted({one for one in ids if ids.count(one) > 1}):
        raise VectorError(f"{file.name}: twice: {', '.join(twice)}")
    return requirements


def gaps_of(file: Path) -> dict[str, Gap]:
    """Read a file of known gaps: `[[gap]]` with `case`, as it is printed, and `reason`.

    Raises:
        ValueError: when an entry lacks one of the two, or the file is not TOML.
        OSError: when it cannot be read.
    """
    found = {}
    for entry in tomllib.loads(file.read_text("utf-8")).get("gap", []):
        if not entry.get("case") or not entry.get("reason"):
            raise ValueError(f"{file.name}: each gap has a `case` and a `reason`")
        found[entry["case"]] = Gap(entry["case"], entry["reason"])
    return found


def cases_of(requirement: Requirement, cases: Sequence[Case]) -> list[Case]:
    """The cases that test a requirement."""
    return [case for case in cases if requirement.covers(case)]


def _requirement(entry: dict[str, Any]) -> Requirement:
    name = f"requirement {entry.get('id')!r}"
    unknown = entry.keys() - {*_TEXTS, "transports", "vectors", "level", "untested"}
    lacking = [key for key in _TEXTS if not entry.get(key)]
    if unknown or lacking:
        raise VectorError(f"{name}: lacks {lacking}, has unknown {sorted(unknown)}")
    transports = tuple(entry.get("transports", " ".join(TRANSPORTS)).split())
    if set(transports) - TRANSPORTS.keys():
        raise VectorError(f"{name}: unknown transport in {transports}")
    return Requirement(
        id=entry["id"],
        level=entry.get("level", "must"),
        page=entry["page"],
        text=entry["text"],
        revisions=read_revisions(entry["revisions"], name),
        transports=transports,
        vectors=tuple(entry.get("vectors", ())),
        untested=entry.get("untested", ""),
    )


_TEXTS = ("id", "page", "text", "revisions")
