"""Shapes: spans of one path from the root, siblings, and how spans lie in time."""

import pytest
from hypothesis import given

from tests.traces.samples import MS, any_trace, span
from vtmcp.traces.model import Trace
from vtmcp.traces.shapes import Paths, Row, is_serial, row_of, shapes_of
from vtmcp.traces.tree import build_tree

SPANS = [
    span("a"),
    span("b1", "a", name="b"),
    span("b2", "a", name="b", at_ms=1),
    span("c1", "b1", name="c", kind="client", attributes={"server.address": "x"}),
    span("c2", "b2", name="c", kind="client", attributes={"server.address": "y"}, at_ms=1),
]


def test_spans_of_one_path_are_members_and_those_of_one_parent_siblings() -> None:
    tree = build_tree(SPANS)
    ids = [one.span_id for one in tree.spans]
    shapes = shapes_of(tree, {})
    named = {frozenset(ids[m] for m in members) for members in shapes.members.values()}
    assert named == {frozenset("a"), frozenset({"b1", "b2"}), frozenset({"c1", "c2"})}
    siblings = {frozenset(ids[m] for m in members) for members in shapes.siblings.values()}
    assert frozenset({"b1", "b2"}) in siblings
    assert frozenset({"c1"}) in siblings


def test_calls_to_different_systems_are_different_paths_when_asked() -> None:
    shapes = shapes_of(build_tree(SPANS), {}, by_target=True)
    assert sorted(map(len, shapes.members.values())) == [1, 1, 1, 2]


def test_a_second_tree_has_the_same_numbers_for_the_same_paths() -> None:
    paths: Paths = {}
    first = shapes_of(build_tree(SPANS), paths)
    second = shapes_of(build_tree([*SPANS[:2], span("n", "a", name="new", at_ms=5)]), paths)
    assert second.members.keys() - first.members.keys() == {3}
    assert second.members.keys() & first.members.keys() == {0, 1}


ROWS: dict[str, tuple[list[tuple[int, int]], Row, bool]] = {
    "one": ([(0, 10)], Row(10, 10, 1), True),
    "one after the other": ([(0, 10), (10, 10), (30, 10)], Row(30, 30, 1), True),
    "all at once": ([(0, 10)] * 4, Row(40, 10, 4), False),
    "steps": ([(0, 10), (5, 10), (10, 10)], Row(30, 20, 2), False),
    "a hair of overlap": ([(0, 100), (98, 100)], Row(200, 198, 2), True),
    "of no length": ([(0, 0), (0, 0), (5, 0)], Row(0, 0, 1), True),
    "backwards": ([(5, -3), (0, 2)], Row(2, 2, 1), True),
    "two bursts": ([(0, 10), (0, 10), (50, 10), (50, 10), (50, 5)], Row(45, 20, 3), False),
}


@pytest.mark.parametrize(("times", "row", "serial"), ROWS.values(), ids=ROWS)
def test_a_row_is_measured(times: list[tuple[int, int]], row: Row, serial: bool) -> None:
    spans = [span(f"s{n}", at_ms=at, duration_ns=took * MS) for n, (at, took) in enumerate(times)]
    tree = build_tree(spans)
    measured = row_of(tree, range(len(spans)))
    assert measured == Row(row.sum_ns * MS, row.busy_ns * MS, row.at_once_max)
    assert is_serial(measured) == serial


@given(any_trace)
def test_busy_time_is_no_more_than_the_sum_and_no_less_than_the_longest(one: Trace) -> None:
    tree = build_tree(one.spans)
    row = row_of(tree, range(len(tree.spans)))
    longest_ns = max((max(0, one.duration_ns) for one in tree.spans), default=0)
    assert longest_ns <= row.busy_ns <= row.sum_ns
    assert row.at_once_max <= len(tree.spans)
    assert (row.at_once_max <= 1) <= is_serial(row)
