"""How the official suite's files are judged: nothing may fail, warn, be missing or be vacuous."""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path

import pytest

from vtmcp.conformance.official.legs import LEGS, NEED_FIXTURES, PRODUCT
from vtmcp.conformance.official.verdicts import judge

Results = Mapping[str, Sequence[str]]
"""Scenarios, and the status of each of their checks."""

JUDGED: dict[str, tuple[Results, tuple[str, ...] | None, list[str]]] = {
    "checks that all pass are no problem": ({"ping": ["SUCCESS", "INFO"]}, None, []),
    "a failure is one": (
        {"ping": ["SUCCESS", "FAILURE"]},
        None,
        ["ping: check-1: FAILURE: said so"],
    ),
    "a warning is one too": (
        {"ping": ["SUCCESS"], "server-initialize": ["WARNING"]},
        None,
        ["server-initialize: check-0: WARNING: said so"],
    ),
    "the tasks extension does not count": (
        {"ping": ["SUCCESS"], "tasks-lifecycle": ["FAILURE"]},
        None,
        [],
    ),
    "nothing passes by being skipped": ({"ping": ["SKIPPED"]}, None, ["no check at all passed"]),
    "no result at all is a problem": ({}, None, ["no check at all passed"]),
    "what is not named does not count": (
        {"ping": ["SUCCESS"], "tools-list": ["FAILURE"]},
        ("ping",),
        [],
    ),
    "what is named must be there": (
        {"ping": ["SUCCESS"]},
        ("ping", "caching"),
        ["caching: the suite wrote no result"],
    ),
}


def write(folder: Path, results: Results) -> None:
    for name, statuses in results.items():
        place = folder / f"server-{name}-2026-11-25T04-23-13-218Z"
        place.mkdir()
        checks = [
            {"id": f"check-{number}", "status": status, "errorMessage": "said so"}
            for number, status in enumerate(statuses)
        ]
        (place / "checks.json").write_text(json.dumps(checks))


@pytest.mark.parametrize(("results", "only", "problems"), JUDGED.values(), ids=JUDGED)
def test_a_run_is_judged_by_its_checks(
    tmp_path: Path, results: Results, only: tuple[str, ...] | None, problems: list[str]
) -> None:
    write(tmp_path, results)
    assert judge(tmp_path, "", only).problems == problems


def test_a_scenario_that_began_and_left_nothing_is_missing(tmp_path: Path) -> None:
    write(tmp_path, {"ping": ["SUCCESS"]})
    output = "=== Running scenario: ping ===\n\n=== Running scenario: caching ===\nTypeError\n"
    assert judge(tmp_path, output).missing == ("caching",)


def test_an_excused_check_counts_neither_way(tmp_path: Path) -> None:
    write(tmp_path, {"ping": ["SUCCESS", "FAILURE"]})
    judged = judge(tmp_path, "", excused=["check-1"])
    assert (judged.problems, judged.count("SUCCESS")) == ([], 1)


def test_what_does_not_count_is_named(tmp_path: Path) -> None:
    write(tmp_path, {"ping": ["SUCCESS"], "caching": ["SKIPPED"], "tasks-lifecycle": ["FAILURE"]})
    judged = judge(tmp_path, "")
    assert judged.ignored == ("tasks-lifecycle",)
    assert [each.name for each in judged.scenarios if each.was_skipped] == ["caching"]


def test_nothing_is_excused_for_the_fixtures() -> None:
    assert not [leg for leg in LEGS if leg.server == "fixtures" and (leg.only or leg.excused)]
    assert {leg.name for leg in LEGS if leg.server == "product"} == set(PRODUCT)
    assert all(leg.excused == NEED_FIXTURES for leg in LEGS if leg.server == "product")
