"""The sentences on what of a trace cannot be trusted."""

from typing import Any

import pytest

from tests.traces.samples import MS, START_NS, S, span
from vtmcp.traces.trust import (
    AHEAD_NS_MIN,
    ARRIVING_NS,
    Faults,
    completeness_notes,
    counted,
    notes_on,
)

SOUND: dict[str, Any] = {
    "spans": (span("a"),),
    "true_roots": 1,
    "missing_parent": (),
    "own_parent": (),
    "cut": (),
    "early_ns": (),
}

NOTES: dict[str, tuple[dict[str, Any], tuple[str, ...]]] = {
    "nothing wrong": ({}, ()),
    "nothing at all": ({"spans": (), "true_roots": 0}, ()),
    "several roots": ({"true_roots": 3}, ("3 roots",)),
    "no root": ({"true_roots": 0}, ("no root span: lost, or not yet arrived",)),
    "a missing parent": (
        {"missing_parent": [span("b", "p1")]},
        ("1 span names a parent that is not in the trace: p1",),
    ),
    "missing parents": (
        {"missing_parent": [span("b", "p1"), span("c", "p1"), span("d", "p2")]},
        ("3 spans name a parent that is not in the trace: p1, p2",),
    ),
    "more missing parents than are named": (
        {"missing_parent": [span("b", f"p{n}") for n in range(2_005)]},
        ("2,005 spans name a parent that is not in the trace: p0, p1, p2 and 2,002 more",),
    ),
    "its own parent, which is a root": (
        {"true_roots": 0, "own_parent": ["a"]},
        ("1 span names itself as parent: a",),
    ),
    "several of them": ({"own_parent": ["a", "b"]}, ("2 spans name themselves as parent: a, b",)),
    "a cycle, which has a root": (
        {"true_roots": 0, "cut": ["a"]},
        ("a parent cycle was cut at span a",),
    ),
    "cycles": ({"cut": ["a", "b"]}, ("2 parent cycles were cut at span a, b",)),
    "a duplicate id": (
        {"spans": [span("a"), span("b"), span("a")]},
        ("duplicate span id on 2 spans: a",),
    ),
    "duplicate ids": (
        {"spans": [span("a"), span("b")] * 3},
        ("duplicate span id on 6 spans: a, b",),
    ),
    "a span without an id": ({"spans": [span("")]}, ("1 span has no span id",)),
    "spans without an id are no duplicates": (
        {"spans": [span(""), span("")]},
        ("2 spans have no span id",),
    ),
    "an early span": (
        {"early_ns": [2 * MS]},
        ("1 span starts before its parent, by up to 2 ms: the clocks differ",),
    ),
    "early spans": (
        {"early_ns": [2 * MS, 250 * MS]},
        ("2 spans start before their parent, by up to 250 ms: the clocks differ",),
    ),
    "an end before the start": (
        {"spans": [span("a", duration_ns=-1)]},
        ("1 span ends before it starts",),
    ),
    "ends before the start": (
        {"spans": [span("a", duration_ns=-1), span("b", duration_ns=-1), span("c")]},
        ("2 spans end before they start",),
    ),
    "several faults, each a sentence": (
        {"true_roots": 2, "own_parent": ["a"], "cut": ["b"]},
        (
            "2 roots",
            "1 span names itself as parent: a",
            "a parent cycle was cut at span b",
        ),
    ),
}


@pytest.mark.parametrize(("faults", "notes"), NOTES.values(), ids=NOTES)
def test_each_fault_is_a_sentence(faults: dict[str, Any], notes: tuple[str, ...]) -> None:
    assert notes_on(Faults(**(SOUND | faults))) == notes


HOSTILE = {
    "a line break": ("a\nb", r'"a\nb"'),
    "a colour": ("\x1b[31ma", '"a"'),
    "text from right to left": ("\u202ea", '"a"'),
    "a sentence of ours": ("a is fine", '"a is fine"'),
    "a long one": ("a" * 1_000, f'"{"a" * 32}"…(+968 chars)'),
}


@pytest.mark.parametrize(("span_id", "shown"), HOSTILE.values(), ids=HOSTILE)
def test_an_id_from_a_stranger_is_shown_as_data(span_id: str, shown: str) -> None:
    (note,) = notes_on(Faults(**(SOUND | {"own_parent": [span_id]})))
    assert note == f"1 span names itself as parent: {shown}"


END_NS = START_NS

COMPLETE: dict[str, tuple[dict[str, Any], tuple[str, ...]]] = {
    "nothing to compare with": ({}, ()),
    "as many spans as are counted": ({"expected_count": 4}, ()),
    "more spans than are counted": ({"expected_count": 3}, ()),
    "a span is missing": (
        {"expected_count": 5},
        ("the database counts 5 spans of this trace, 4 came: 1 is missing",),
    ),
    "thousands are missing": (
        {"expected_count": 6_000},
        ("the database counts 6,000 spans of this trace, 4 came: 5,996 are missing",),
    ),
    "a partial answer": (
        {"is_partial": True},
        ("partial answer: a part of the database did not answer, spans may be missing",),
    ),
    "long ago": ({"now_ns": END_NS + ARRIVING_NS}, ()),
    "a moment ago": (
        {"now_ns": END_NS + 12 * S},
        ("last span ended 12 s ago: more may arrive, and handles (s17) move with them",),
    ),
    "now, by a clock that is a little ahead": (
        {"now_ns": END_NS - AHEAD_NS_MIN + 1},
        ("last span ended 0 s ago: more may arrive, and handles (s17) move with them",),
    ),
    "in the future": (
        {"now_ns": END_NS - 5 * S},
        ("last span ends 5 s in the future: a clock is wrong",),
    ),
    "no spans": ({"span_count": 0, "now_ns": 0}, ()),
}


@pytest.mark.parametrize(("facts", "notes"), COMPLETE.values(), ids=COMPLETE)
def test_what_is_not_all_there_is_noted(facts: dict[str, Any], notes: tuple[str, ...]) -> None:
    assert completeness_notes(**({"span_count": 4, "end_ns": END_NS} | facts)) == notes


def test_a_count_has_its_plural() -> None:
    assert counted(0, "span") == "0 spans"
    assert counted(1, "span") == "1 span"
    assert counted(6_000, "span") == "6,000 spans"
    assert [counted(n, "entry", "entries") for n in (1, 2)] == ["1 entry", "2 entries"]
