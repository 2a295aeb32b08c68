"""A contrast in words: counts, shares that are not rounded to nothing, and what was left out."""

import pytest

from tests.traces.activities import group
from vtmcp.traces.chance import Interval
from vtmcp.traces.contrast import contrast
from vtmcp.traces.contrast_text import (
    Overall,
    Part,
    how_text,
    lift_text,
    overall_lines,
    part_lines,
    percent,
)
from vtmcp.traces.strata import within_operations

GROUP = group("pay charge server", 1_000, failing=100)
IN_BAD = {"pod": {"b": 95, "a": 5}, "zone": {"z": 85, "y": 15}, "error.type": {"E": 100}}
IN_ALL = {
    "pod": {"b": 500, "a": 500},
    "zone": {"z": 400, "y": 600},
    "error.type": {"E": 100, "": 1},
}

PERCENTS = {
    "nothing": (0, 10, "0 %"),
    "of nothing": (1, 0, "0 %"),
    "all": (10, 10, "100 %"),
    "almost all": (9_999, 10_000, ">99.9 %"),
    "very little": (1, 10**6, "<0.01 %"),
    "little": (1, 300, "0.33 %"),
    "some": (1, 3, "33.3 %"),
}


@pytest.mark.parametrize(("part", "whole", "text"), PERCENTS.values(), ids=PERCENTS)
def test_shares(part: float, whole: float, text: str) -> None:
    assert percent(part, whole) == text


def test_lifts() -> None:
    assert lift_text(Interval(1.52, 12.4, 5_000)) == "12x as often (1.5x to >1,000x)"


def test_a_group_with_findings_and_effects() -> None:
    found = contrast(IN_BAD, IN_ALL, 100, 1_000)
    apart = contrast({}, {}, 5, 500)
    lines = part_lines(Part(GROUP, "where most began", found, apart=apart), "failing", 5)
    assert lines[0] == "Within pay charge (server), where most began: 100 failing, 900 not."
    assert lines[1].startswith('  pod="b": 95 of 100 failing (95 %), 405 of 900 others (45 %); 19x')
    assert lines[2].endswith("; not without the first")
    assert lines[3] == '  goes with it, no cause: error.type="E" (100 %)'
    lines = part_lines(Part(GROUP, "", found), "failing", 1)
    assert lines[2] == "  (1 more such values)"


def test_a_group_without_findings_or_with_too_few() -> None:
    nothing = part_lines(Part(GROUP, "", contrast({}, {}, 100, 1_000)), "failing", 5)
    assert nothing[1:] == ["  Nothing sets them apart."]
    few = part_lines(Part(GROUP, "", contrast({}, {}, 4, 1_000)), "failing", 5)
    assert few[1:] == ["  Too few to tell: 5 and 10 others are compared at least."]


def test_which_calls_are_meant_is_told_once() -> None:
    found = contrast(
        {"db.statement": {"q": 90, "r": 10}}, {"db.statement": {"q": 200, "r": 800}}, 100, 1_000
    )
    lines = part_lines(Part(GROUP, "", found), "failing", 5)
    assert lines[-1] == '  which calls: db.statement="q" (90 %)'
    call = found.calls[0].values[0]
    lines = part_lines(Part(GROUP, "", found, call), "failing", 5)
    assert lines[0].startswith('Within pay charge (server) to db.statement="q", ')
    assert "which calls" not in "".join(lines)


def test_many_operations() -> None:
    parts = [
        group(f"s{n} o server", 100, failing=20 if node == "bad" else 1, also=node)
        for n in range(4)
        for node in ("bad", "good")
    ]
    overall = Overall(84, 2, tuple(within_operations("node", parts)))
    lines = overall_lines(overall, "failing", 5)
    assert lines[0] == "Over all operations, each in itself: in 84 traces some began it."
    assert lines[1].startswith('  node="bad": began to be failing in 80 (95.2 % of those); 20x')
    assert len(lines) == 2
    assert overall_lines(Overall(84, 2, ()), "failing", 5)[1:] == ["  Nothing sets them apart."]


def test_what_was_left_out_is_named() -> None:
    text = how_text(3, [f"id{number}" for number in range(6)])
    assert (
        "6 attributes with over 1,000 values or one over 256 bytes (id0, id1, id2, id3 and 2"
        in text
    )
    assert "Left out" not in how_text(3, [])
