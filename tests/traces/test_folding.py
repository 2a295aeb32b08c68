"""Folding: which siblings become one item, which never do, and that no span is lost."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.traces.samples import any_trace, batch_job, exception, failed, recorded, span
from vtmcp.traces.folding import ALL, folded, unfolded
from vtmcp.traces.jaeger import read_trace
from vtmcp.traces.model import Span, Trace
from vtmcp.traces.tree import NO_PARENT, build_tree


def drawn(
    spans: list[Span], *, by_name: bool = True, fold_failed: bool = False, centre: int = ALL
) -> list[str]:
    """Return each item as its depth and the span ids of its members, `1 b+c`."""
    tree = build_tree(spans)
    return [
        f"{item.depth} {'+'.join(tree.spans[member].span_id for member in item.members)}"
        for item in folded(tree, by_name=by_name, fold_failed=fold_failed, centre=centre)
    ]


CALLS = [
    span("a"),
    *(span(f"c{n}", "a", name="POST", kind="client", at_ms=n) for n in range(6)),
    *(span(f"x{n}", f"c{n}", name="x", at_ms=n) for n in range(3)),
    *(span(f"y{n}", f"c{n}", name="y", at_ms=n) for n in range(3, 6)),
    span("y6", "c5", name="y", at_ms=6),
]


def test_calls_of_one_name_that_lead_elsewhere_do_not_fold_unless_by_name() -> None:
    assert drawn(CALLS, by_name=False) == [
        "0 a", "1 c0+c1+c2", "2 x0+x1+x2", "1 c3+c4+c5", "2 y3+y4+y5+y6",
    ]  # fmt: skip
    assert drawn(CALLS) == ["0 a", "1 c0+c1+c2+c3+c4+c5", "2 x0+x1+x2", "2 y3+y4+y5+y6"]


def test_failures_that_are_passed_on_fold_whatever_they_say() -> None:
    spans = [span("a")]
    for n in range(4):
        spans += [failed(f"b{n}", "a", f"call {n}", name="b"), failed(f"c{n}", f"b{n}", name="c")]
    assert drawn(spans, fold_failed=True) == ["0 a", "1 b0+b1+b2+b3", "2 c0+c1+c2+c3"]


CENTRED: dict[str, tuple[int, list[str], list[str]]] = {
    "all": (
        ALL,
        ["0 a", "1 b", "2 c", "3 d0+d1+d2", "1 e"],
        ["a", "b", "c", "d0", "d1", "d2", "e"],
    ),
    "the root": (
        0,
        ["0 a", "1 b", "2 c", "3 d0+d1+d2", "1 e"],
        ["a", "b", "c", "d0", "d1", "d2", "e"],
    ),
    "a middle": (2, ["0 a", "1 b", "2 c", "3 d0+d1+d2"], ["a", "b", "c", "d0", "d1", "d2"]),
    "a leaf": (4, ["0 a", "1 b", "2 c", "3 d1"], ["a", "b", "c", "d1"]),
}


@pytest.mark.parametrize(("centre", "folds", "alone"), CENTRED.values(), ids=CENTRED)
def test_a_centre_has_what_leads_to_it_and_is_below_it(
    centre: int, folds: list[str], alone: list[str]
) -> None:
    spans = [span("a"), span("b", "a"), span("c", "b", name="c"), span("e", "a", name="e", at_ms=9)]
    spans += [span(f"d{n}", "c", name="d", at_ms=n) for n in range(3)]
    assert drawn(spans, centre=centre) == folds
    tree = build_tree(spans)
    items = unfolded(tree, centre)
    assert [tree.spans[item.members[0]].span_id for item in items] == alone
    for item in items:
        (here,) = item.members
        above = tree.parents[here]
        assert item.depth == tree.depths[here]
        assert (items[item.parent].members if item.parent != NO_PARENT else (NO_PARENT,)) == (
            above,
        )


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
        [span("a"), *(failed(f"f{n}", "a") for n in range(3)), span("z", "a")],
        ["0 a", "1 f0+f1+f2", "1 z"],
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


@given(any_trace, st.booleans(), st.booleans())
def test_each_span_is_in_one_item_and_below_its_parents_item(
    trace: Trace, by_name: bool, fold_failed: bool
) -> None:
    tree = build_tree(trace.spans)
    items = folded(tree, by_name=by_name, fold_failed=fold_failed)
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
