"""The tree of a trace: order, shape, and that any spans make one in linear time."""

from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.traces.samples import S, any_trace, recorded, span
from vtmcp.traces.jaeger import read_trace
from vtmcp.traces.model import Span, Trace
from vtmcp.traces.tree import EARLY_NS_MIN, NO_PARENT, build_tree


def drawn(spans: list[Span]) -> str:
    """Return the tree as one line: `a(b(c) d) e`."""
    tree = build_tree(spans)
    text = ""
    for here, one in enumerate(tree.spans):
        deeper = here > 0 and tree.depths[here] > tree.depths[here - 1]
        up = tree.depths[here - 1] - tree.depths[here] if here > 0 else 0
        text += "(" if deeper else ")" * up + " "
        text += one.span_id or "?"
    return (text + ")" * (tree.depths[-1] if tree.depths else 0)).strip()


SHAPES: dict[str, tuple[list[Span], str]] = {
    "no spans": ([], ""),
    "one span": ([span("a")], "a"),
    "children after their parent, whatever their order": (
        [span("c", "b"), span("b", "a"), span("a")],
        "a(b(c))",
    ),
    "children by their start": (
        [span("a"), span("c", "a", at_ms=5), span("b", "a", at_ms=2), span("d", "a", at_ms=9)],
        "a(b c d)",
    ),
    "children of one moment by their id": (
        [span("a"), span("c", "a"), span("b", "a")],
        "a(b c)",
    ),
    "roots by their start": ([span("b", at_ms=5), span("a")], "a b"),
    "a span whose parent is missing is a root, after the true ones": (
        [span("lost", "gone"), span("below", "lost"), span("root", at_ms=9)],
        "root lost(below)",
    ),
    "a span that is its own parent is a root": (
        [span("a", "a"), span("b", "a", at_ms=1)],
        "a(b)",
    ),
    "a cycle is cut at its earliest span": (
        [span("a", "c", at_ms=5), span("b", "a", at_ms=2), span("c", "b", at_ms=3)],
        "b(c(a))",
    ),
    "what hangs on a cycle stays on it": (
        [span("leaf", "a"), span("a", "b", at_ms=1), span("b", "a", at_ms=2)],
        "a(leaf b)",
    ),
    "two cycles are two roots": (
        [span("a", "b"), span("b", "a"), span("c", "d", at_ms=1), span("d", "c", at_ms=2)],
        "a(b) c(d)",
    ),
    "of two spans with one id the earliest has the children": (
        [span("a"), span("b", "a", at_ms=1), span("b", "a", at_ms=2), span("c", "b", at_ms=3)],
        "a(b(c) b)",
    ),
    "spans without an id are nobody's parent": (
        [span(""), span(""), span("a")],
        "? ? a",
    ),
}


@pytest.mark.parametrize(("spans", "text"), SHAPES.values(), ids=SHAPES)
def test_a_tree_has_a_shape(spans: list[Span], text: str) -> None:
    assert drawn(spans) == text


NOTES: dict[str, tuple[list[Span], tuple[str, ...]]] = {
    "a trace as it should be": ([span("a"), span("b", "a")], ()),
    "two roots": ([span("a"), span("b")], ("2 roots",)),
    "a missing parent": (
        [span("a"), span("b", "gone")],
        ("1 span names a parent that is not in the trace: gone",),
    ),
    "no root": (
        [span("b", "gone")],
        (
            "no root span: lost, or not yet arrived",
            "1 span names a parent that is not in the trace: gone",
        ),
    ),
    "its own parent": ([span("a", "a")], ("1 span names itself as parent: a",)),
    "a cycle": ([span("a", "b"), span("b", "a")], ("a parent cycle was cut at span a",)),
    "a child before its parent": (
        [span("a", at_ms=3), span("b", "a"), span("c", "a", at_ms=1)],
        ("2 spans start before their parent, by up to 3 ms: the clocks differ",),
    ),
    "a child a hair before its parent": (
        [span("a", start_ns=EARLY_NS_MIN), span("b", "a", start_ns=1)],
        (),
    ),
    "a negative duration": ([span("a", duration_ns=-1)], ("1 span ends before it starts",)),
}


@pytest.mark.parametrize(("spans", "notes"), NOTES.values(), ids=NOTES)
def test_what_cannot_be_trusted_is_noted(spans: list[Span], notes: tuple[str, ...]) -> None:
    assert build_tree(spans).notes == notes


RECORDED = {
    "119-trace-orphan": (2, 2, 1),
    "120-trace-two_roots": (2, 2, 1),
    "121-trace-clock_skew": (3, 1, 2),
    "123-trace-cycle": (2, 1, 2),
    "124-trace-dup_span": (2, 2, 1),
    "125-trace-self_parent": (1, 1, 1),
    "128-trace-deep_300": (300, 1, 300),
    "116-trace-checkout_nplus1": (63, 1, 6),
    "131-trace-huge": (6_000, 1, 3),
}


@pytest.mark.parametrize(("name", "counts"), RECORDED.items())
def test_a_recorded_trace_has_spans_roots_and_levels(
    name: str, counts: tuple[int, int, int]
) -> None:
    tree = build_tree(read_trace(recorded(name)[0]).spans)
    assert (len(tree.spans), len(tree.roots), max(tree.depths) + 1) == counts


@given(any_trace)
def test_each_span_stands_in_the_tree_once_and_all_its_sides_agree(trace: Trace) -> None:
    tree = build_tree(trace.spans)
    assert sorted(map(id, tree.spans)) == sorted(map(id, trace.spans))
    assert tree.roots == tuple(h for h, parent in enumerate(tree.parents) if parent == NO_PARENT)
    for here, parent in enumerate(tree.parents):
        assert tree.depths[here] == (0 if parent == NO_PARENT else tree.depths[parent] + 1)
        assert parent < here < tree.ends[here] <= len(tree.spans)
        assert all(tree.parents[child] == here for child in tree.children[here])
        assert sorted(tree.children[here]) == list(tree.children[here])
        for child in tree.children[here]:
            assert tree.ends[child] <= tree.ends[here]
            assert tree.spans[child].parent_span_id == tree.spans[here].span_id
    assert sum(map(len, tree.children)) + len(tree.roots) == len(tree.spans)


@given(any_trace, st.randoms(use_true_random=False))
def test_the_order_of_the_spans_does_not_change_the_tree(trace: Trace, random: Random) -> None:
    shuffled = list(trace.spans)
    random.shuffle(shuffled)
    tree, again = build_tree(trace.spans), build_tree(shuffled)
    assert list(map(_looks, tree.spans)) == list(map(_looks, again.spans))
    assert tree.parents == again.parents
    assert all(one.parent_span_id for one in tree.missing_parent)


def _looks(one: Span) -> tuple[int, str, int, str]:
    return one.start_ns, one.span_id, one.duration_ns, one.name


def test_ten_thousand_levels_are_no_deeper_than_the_stack() -> None:
    spans = [span(f"s{n}", f"s{n - 1}" if n else "", at_ms=n) for n in range(10_000)]
    tree = build_tree(spans[::-1])
    assert tree.depths == tuple(range(10_000))
    assert tree.ends == (10_000,) * 10_000
    assert tree.notes == ()


def test_a_ring_of_ten_thousand_spans_is_cut_once() -> None:
    spans = [span(f"s{n}", f"s{(n - 1) % 10_000}", start_ns=S - n) for n in range(10_000)]
    tree = build_tree(spans)
    assert [one.span_id for one in tree.spans[:2]] == ["s9999", "s0"]
    assert tree.roots == (0,)
    assert tree.notes[0] == "a parent cycle was cut at span s9999"


def test_of_equal_spans_with_one_id_the_parent_does_not_depend_on_their_order() -> None:
    spans = [span("b"), span("b", "gone"), span("c", "b"), span("a")]
    trees = [build_tree(spans), build_tree(spans[::-1])]
    assert trees[0].parents == trees[1].parents
    assert [one.parent_span_id for one in trees[0].spans] == [
        one.parent_span_id for one in trees[1].spans
    ]
