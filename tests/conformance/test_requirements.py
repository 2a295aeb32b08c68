"""The manifest: each requirement has its vectors, and each vector its requirement."""

from pathlib import Path

import pytest

from vtmcp.conformance.notation import VectorError
from vtmcp.conformance.requirements import Requirement, cases_of, gaps_of, load_requirements
from vtmcp.conformance.vectors import REVISIONS, TRANSPORTS, Case, load

REQUIREMENTS = load_requirements()

CASES = load()

ALL = pytest.mark.parametrize("one", REQUIREMENTS, ids=lambda one: one.id)


@ALL
def test_a_requirement_has_a_vector_or_a_reason_for_none(one: Requirement) -> None:
    assert bool(cases_of(one, CASES)) != bool(one.untested)


@ALL
def test_a_requirement_is_tested_at_each_of_its_revisions(one: Requirement) -> None:
    revisions = {case.revision for case in cases_of(one, CASES)}
    assert one.untested or revisions == set(one.revisions)


@ALL
def test_a_requirement_is_tested_over_each_of_its_transports(one: Requirement) -> None:
    transports = {case.transport for case in cases_of(one, CASES)}
    possible = {name for name in one.transports if set(TRANSPORTS[name]) & set(one.revisions)}
    assert one.untested or transports == possible


@ALL
def test_a_must_has_a_vector_that_is_a_must(one: Requirement) -> None:
    levels = {case.vector.level for case in cases_of(one, CASES)}
    assert one.untested or one.level == "should" or "must" in levels


@ALL
def test_the_vectors_of_a_requirement_exist(one: Requirement) -> None:
    names = {case.vector.name for case in CASES}
    assert set(one.vectors) <= names


def test_each_vector_has_a_rule_that_is_a_requirement() -> None:
    loose = [
        str(case)
        for case in CASES
        if not any(one.id == case.vector.rule and one.covers(case) for one in REQUIREMENTS)
    ]
    assert loose == []


def test_each_revision_has_requirements_of_each_of_its_transports() -> None:
    found = {
        (one, name) for each in REQUIREMENTS for one in each.revisions for name in each.transports
    }
    assert {
        (revision, name)
        for revision in REVISIONS
        for name in TRANSPORTS
        if revision in TRANSPORTS[name]
    } <= found


ENTRY = 'id = "a"\npage = "basic"\nrevisions = "all"\ntext = "Something."\n'

BROKEN = {
    "an entry without a text": '[[requirement]]\nid = "a"\npage = "basic"\nrevisions = "all"\n',
    "an unknown key": f"[[requirement]]\n{ENTRY}colour = 1\n",
    "an unknown revision": f"[[requirement]]\n{ENTRY}".replace("all", "2023-01-01"),
    "an unknown transport": f'[[requirement]]\n{ENTRY}transports = "post"\n',
    "an id that is there twice": f"[[requirement]]\n{ENTRY}" * 2,
}


@pytest.mark.parametrize("text", BROKEN.values(), ids=BROKEN.keys())
def test_a_broken_manifest_is_refused(text: str, tmp_path: Path) -> None:
    file = tmp_path / "requirements.toml"
    file.write_text(text)
    with pytest.raises(VectorError):
        load_requirements(file)


def test_an_untested_requirement_covers_nothing() -> None:
    (untested,) = [one for one in REQUIREMENTS if one.id == "auth.audience"]
    assert untested.untested
    assert not any(untested.covers(case) for case in CASES)


def test_vectors_may_be_named_by_a_pattern() -> None:
    one = REQUIREMENTS[0]._replace(vectors=("shared/any/ping/*",), revisions=("2025-06-18",))
    found: list[Case] = cases_of(one, CASES)
    assert {case.vector.rule for case in found} == {"ping"}
    assert {case.revision for case in found} == {"2025-06-18"}


def test_gaps_are_read(tmp_path: Path) -> None:
    file = tmp_path / "gaps.toml"
    file.write_text('[[gap]]\ncase = "a@b/c"\nreason = "not yet"\n')
    assert gaps_of(file)["a@b/c"].reason == "not yet"
    file.write_text('[[gap]]\ncase = "a@b/c"\n')
    with pytest.raises(ValueError, match="reason"):
        gaps_of(file)
