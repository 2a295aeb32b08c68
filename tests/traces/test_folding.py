"""Folding: which siblings become one item, which never do, and that no span is lost."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.traces.samples import any_trace, batch_job, exception, failed, recorded, span
from vtmcp.traces.folding import folded, unfolded
from vtmcp.traces.jaeger import read_trace
from vtmcp.traces.model import Span, Trace
from vtmcp.traces.tree import NO_PARENT, build_tree


def drawn(spans: list[Span], *, fold_failed: bool = False) -> list[str]:
    """Return each item as its depth and the span ids of its members, `1 b+c`."""
    tree = build_tree(spans)
    return [
        f"{item.depth} {'+'.join(tree.spans[member].span_id for member in item.members)}"
        for item in folded(tree, fold_failed=fold_failed)
    ]


def _boom(span_id: str, kind: str, message: str = "m") -> Span:
    return failed(span_id, "a", message="", events=(exception(kind, message),))


SHAPES: dict[str, tuple[list[Span], list[str]]] = {
    "no spans": ([], []),
    "two siblings of one name stay two": (
        [span("a"), span("b", "a"), span("c", "a")],
        ["0 a", "1 b", "1 c"],
    ),
    "three are one item": (
        [span("a"), span("b", "a"), span("c", "a"), span("d", "a")],
        ["0 a", "1 b+c+d"],
    ),
    "roots fold too": ([span("a"), span("b"), span("c")], ["0 a+b+c"]),
    "another name between them stays": (
        [span("a"), span("b", "a"), span("x", "a", name="other"), span("c", "a"), span("d", "a")],
        ["0 a", "1 b+c+d", "1 x"],
    ),
    "another service does not fold": (
        [span("a"), span("b", "a"), span("c", "a"), span("d", "a", service="other")],
        ["0 a", "1 b", "1 c", "1 d"],
    ),
    "cousins do not fold": (
        [span("a"), span("b", "a"), span("c", "b"), span("d", "a"), span("e", "d")],
        ["0 a", "1 b", "2 c", "1 d", "2 e"],
    ),
    "children of a fold fold together, each name once": (
        [
            span("a"),
            *(span(f"b{n}", "a", name="b") for n in range(3)),
            *(span(f"c{n}", f"b{n}", name="c", at_ms=n) for n in range(2)),
            span("d", "b2", name="d", at_ms=9),
        ],
        ["0 a", "1 b0+b1+b2", "2 c0+c1", "2 d"],
    ),
    "a failed span and what leads to it stay alone": (
        [
            span("a"),
            *(span(f"b{n}", "a", name="b") for n in range(4)),
            failed("f", "b1", name="c"),
            span("g", "b2", name="c"),
        ],
        ["0 a", "1 b0+b2+b3", "2 g", "1 b1", "2 f"],
    ),
    "a span with an exception folds with its like only": (
        [
            span("a"),
            *(span(f"b{n}", "a") for n in range(3)),
            *(span(f"e{n}", "a", events=(exception("E", "m"),)) for n in range(3)),
        ],
        ["0 a", "1 b0+b1+b2", "1 e0+e1+e2"],
    ),
}

FAILED_SHAPES: dict[str, tuple[list[Span], list[str]]] = {
    "of one message": (
        [span("a"), *(failed(f"f{n}", "a") for n in range(3)), span("b", "a")],
        ["0 a", "1 f0+f1+f2", "1 b"],
    ),
    "of several messages": (
        [span("a"), *(failed(f"f{n}", "a", f"no {n % 2}") for n in range(6))],
        ["0 a", "1 f0+f2+f4", "1 f1+f3+f5"],
    ),
    "of several exceptions": (
        [span("a"), *(_boom(f"f{n}", "AB"[n % 2]) for n in range(6))],
        ["0 a", "1 f0+f2+f4", "1 f1+f3+f5"],
    ),
    "of exceptions with several messages": (
        [span("a"), *(_boom(f"f{n}", "A", "xy"[n % 2]) for n in range(6))],
        ["0 a", "1 f0+f2+f4", "1 f1+f3+f5"],
    ),
}


@pytest.mark.parametrize(("spans", "items"), SHAPES.values(), ids=SHAPES)
def test_siblings_of_one_shape_fold(spans: list[Span], items: list[str]) -> None:
    assert drawn(spans) == items


@pytest.mark.parametrize(("spans", "items"), FAILED_SHAPES.values(), ids=FAILED_SHAPES)
def test_failed_siblings_fold_only_when_asked_and_by_what_they_say(
    spans: list[Span], items: list[str]
) -> None:
    assert drawn(spans, fold_failed=True) == items
    assert len(drawn(spans)) == len(spans)


def test_a_recorded_loop_of_queries_is_one_item() -> None:
    tree = build_tree(read_trace(recorded("116-trace-checkout_nplus1")[0]).spans)
    items = folded(tree, fold_failed=False)
    assert len(items) == 20
    assert max(len(item.members) for item in items) == 44


def test_a_job_of_thousands_of_equal_spans_is_a_few_items() -> None:
    tree = build_tree(batch_job(100, 50).spans)
    assert [(len(item.members), item.depth) for item in folded(tree, fold_failed=False)] == [
        (1, 0),
        (100, 1),
        (5_000, 2),
    ]


def test_unfolded_items_are_the_tree_itself() -> None:
    tree = build_tree([span("a"), span("b", "a"), span("c", "b")])
    assert [(item.members, item.parent, item.depth) for item in unfolded(tree)] == [
        ((0,), NO_PARENT, 0),
        ((1,), 0, 1),
        ((2,), 1, 2),
    ]


@given(any_trace, st.booleans())
def test_each_span_is_in_one_item_and_below_its_parents_item(
    trace: Trace, fold_failed: bool
) -> None:
    tree = build_tree(trace.spans)
    items = folded(tree, fold_failed=fold_failed)
    item_of = {member: here for here, item in enumerate(items) for member in item.members}
    assert sum(len(item.members) for item in items) == len(item_of) == len(tree.spans)
    for here, item in enumerate(items):
        assert item.parent < here
        for member in item.members:
            assert item.depth == tree.depths[member]
            above = tree.parents[member]
            assert item.parent == (NO_PARENT if above == NO_PARENT else item_of[above])
        shapes = {(tree.spans[m].service, tree.spans[m].name) for m in item.members}
        assert len(shapes) == 1
        fails = {tree.spans[member].failed for member in item.members}
        assert fails == {False} or len(item.members) == 1 or (fails == {True} and fold_failed)


def test_ten_thousand_levels_fold_without_recursion() -> None:
    spans = [span(f"s{n}", f"s{n - 1}" if n else "", at_ms=n) for n in range(10_000)]
    assert len(folded(build_tree(spans), fold_failed=False)) == 10_000
    deep_failure = [*spans, failed("last", "s9999", at_ms=10_000)]
    assert folded(build_tree(deep_failure), fold_failed=False)[-1].depth == 10_000
