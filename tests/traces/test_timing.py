"""Own time and gaps: what no child accounts for."""

import pytest
from hypothesis import given

from tests.traces.samples import MS, START_NS, any_trace, span
from vtmcp.traces.model import Span, Trace
from vtmcp.traces.timing import GAP_NS_MIN, NOBODY, time_of
from vtmcp.traces.tree import build_tree

ROOT = span("root", duration_ns=100 * MS, kind="server")


def child(span_id: str, at_ms: int, took_ms: int) -> Span:
    return span(span_id, "root", at_ms=at_ms, duration_ns=took_ms * MS)


OWN: dict[str, tuple[list[Span], int]] = {
    "no child": ([], 100),
    "a child that takes all": ([child("a", 0, 100)], 0),
    "a child in the middle": ([child("a", 20, 30)], 70),
    "children that overlap count once": ([child("a", 20, 30), child("b", 40, 20)], 60),
    "a child within a child's time": ([child("a", 20, 50), child("b", 30, 10)], 50),
    "a child that outlives it": ([child("a", 90, 500)], 90),
    "a child that starts before it": ([child("a", -50, 60)], 90),
    "a child that comes after it": ([child("a", 200, 10)], 100),
    "a child that ends before it starts": ([child("a", 50, -10)], 100),
    "children after one that outlives it": ([child("a", 10, 500), child("b", 20, 5)], 10),
}


@pytest.mark.parametrize(("children", "own_ms"), OWN.values(), ids=OWN)
def test_own_time_is_what_no_child_takes(children: list[Span], own_ms: int) -> None:
    tree = build_tree([ROOT, *children])
    here = [one.span_id for one in tree.spans].index("root")
    assert time_of(tree).self_ns[here] == own_ms * MS


GAPS: dict[str, tuple[str, list[Span], list[tuple[int, int]]]] = {
    "between two children": ("server", [child("a", 0, 20), child("b", 70, 10)], [(20, 70)]),
    "before the first and after the last is the span's own work": (
        "server",
        [child("a", 40, 20)],
        [],
    ),
    "a client has no work of its own": ("client", [child("a", 40, 20)], [(0, 40), (60, 100)]),
    "a short pause is none": ("server", [child("a", 0, 20), child("b", 39, 10)], []),
    "the least pause is one": ("server", [child("a", 0, 20), child("b", 40, 60)], [(20, 40)]),
}


@pytest.mark.parametrize(("kind", "children", "gaps"), GAPS.values(), ids=GAPS)
def test_a_gap_is_time_between_calls(
    kind: str, children: list[Span], gaps: list[tuple[int, int]]
) -> None:
    assert GAP_NS_MIN == 20 * MS
    root = span("root", duration_ns=100 * MS, kind=kind)
    found = time_of(build_tree([root, *children])).gaps
    assert [
        ((gap.start_ns - START_NS) // MS, (gap.end_ns - START_NS) // MS) for gap in found
    ] == gaps
    assert all(gap.length_ns >= GAP_NS_MIN for gap in found)
    if kind == "client":
        assert [(gap.after, gap.before) for gap in found] == [(NOBODY, 1), (1, NOBODY)]


@given(any_trace)
def test_own_time_is_never_more_than_the_time(one: Trace) -> None:
    tree = build_tree(one.spans)
    timing = time_of(tree)
    for here, own_ns in enumerate(timing.self_ns):
        assert 0 <= own_ns <= max(0, tree.spans[here].duration_ns)
    for gap in timing.gaps:
        assert GAP_NS_MIN <= gap.length_ns <= timing.self_ns[gap.position]
