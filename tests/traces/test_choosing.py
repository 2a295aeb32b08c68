"""Choosing: failures first, then what leads to them, then the slowest, within the room."""

from collections.abc import Callable, Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.traces.samples import MS, any_trace, failed, span
from vtmcp.traces.choosing import MISFITS_MAX, choose, failed_items
from vtmcp.traces.folding import Item, folded, unfolded
from vtmcp.traces.model import Span, Trace
from vtmcp.traces.tree import Tree, build_tree

TREE = [
    span("root", duration_ns=100 * MS),
    span("slow", "root", name="slow", duration_ns=90 * MS, at_ms=1),
    span("slower", "slow", name="slower", duration_ns=95 * MS, at_ms=2),
    span("quick", "root", name="quick", duration_ns=1 * MS, at_ms=3),
    failed("upper", "quick", name="upper", duration_ns=2 * MS, at_ms=4),
    failed("deep", "upper", name="deep", duration_ns=1 * MS, at_ms=5),
    span("late", "root", name="late", duration_ns=5 * MS, at_ms=6),
]


def choice_of(
    tree: Tree,
    items: Sequence[Item],
    cost_bytes: Callable[[int], int],
    room_bytes: int,
    on_path_ns: dict[int, int] | None = None,
) -> frozenset[int]:
    among = frozenset(range(len(items)))
    return choose(
        tree, items, cost_bytes, room_bytes, on_path_ns=on_path_ns or {}, first=0, among=among
    )


def chosen(
    spans: list[Span], room_bytes: int, on_path_ns: dict[int, int] | None = None
) -> list[str]:
    """Choose of items that cost 10 bytes each."""
    tree = build_tree(spans)
    taken = choice_of(tree, unfolded(tree), lambda _: 10, room_bytes, on_path_ns)
    return [tree.spans[here].span_id for here in sorted(taken)]


CHOICES = {
    "no room": (9, []),
    "the root comes first": (10, ["root"]),
    "then the failure at the bottom": (29, ["root", "deep"]),
    "then the other failures": (30, ["root", "upper", "deep"]),
    "then what leads to them": (40, ["root", "quick", "upper", "deep"]),
    "then the slowest, whatever is above it": (
        50,
        ["root", "slower", "quick", "upper", "deep"],
    ),
    "all": (70, ["root", "slow", "slower", "quick", "upper", "deep", "late"]),
}


@pytest.mark.parametrize(("room_bytes", "span_ids"), CHOICES.values(), ids=CHOICES)
def test_the_most_telling_items_are_chosen(room_bytes: int, span_ids: list[str]) -> None:
    assert chosen(TREE, room_bytes) == span_ids


def test_the_critical_path_comes_before_what_is_slower_and_from_its_longest_part() -> None:
    late, quick = 6, 3
    assert chosen(TREE, 60, {0: 0, quick: 1, late: 5})[-1] == "late"
    without = [one for one in TREE if not one.failed]
    assert chosen(without, 30, {0: 0, quick: 1, 4: 5}) == ["root", "quick", "late"]
    assert chosen(without, 20, {0: 0, quick: 1, 4: 5}) == ["root", "late"]


def test_what_is_not_among_the_candidates_is_not_chosen() -> None:
    tree = build_tree(TREE)
    items = unfolded(tree)
    among = frozenset({0, 2, 3})
    taken = choose(tree, items, lambda _: 1, 99, on_path_ns={}, first=2, among=among)
    assert taken >= among


def test_of_nothing_nothing_is_chosen() -> None:
    assert chosen([], 1_000) == []


def test_a_fold_is_as_slow_as_its_members_together() -> None:
    spans = [span("root"), span("one", "root", name="one", duration_ns=50 * MS)]
    spans += [span(f"q{n}", "root", name="q", duration_ns=20 * MS) for n in range(3)]
    tree = build_tree(spans)
    items = folded(tree, fold_failed=False)
    (last,) = choice_of(tree, items, lambda _: 10, 20) - {0}
    assert len(items[last].members) == 3


def test_a_dear_item_does_not_keep_out_cheaper_ones() -> None:
    tree = build_tree(TREE)
    costs = [1_000 if one.span_id == "slower" else 10 for one in tree.spans]
    taken = choice_of(tree, unfolded(tree), costs.__getitem__, 60)
    assert {tree.spans[here].span_id for here in taken} == {
        "root", "slow", "quick", "upper", "deep", "late",
    }  # fmt: skip


def test_the_walk_to_the_root_ends_where_there_is_no_room() -> None:
    spans = [span("a"), span("b", "a"), span("c", "b"), failed("d", "c")]
    tree = build_tree(spans)
    costs = [10, 10, 1_000, 10]
    assert choice_of(tree, unfolded(tree), costs.__getitem__, 25) == {0, 3}


def test_a_full_room_ends_the_search_for_lines_that_fit() -> None:
    spans = [span("root")] + [span(f"s{n}", "root", name=f"n{n}") for n in range(5_000)]
    tree = build_tree(spans)
    asked: list[int] = []

    def cost_bytes(here: int) -> int:
        asked.append(here)
        return 10

    assert len(choice_of(tree, unfolded(tree), cost_bytes, 105)) == 10
    assert len(asked) == 10 + MISFITS_MAX


def test_failed_items_are_those_of_the_bottom_first() -> None:
    tree = build_tree(TREE)
    items = unfolded(tree)
    found = [tree.spans[items[here].members[0]].span_id for here in failed_items(tree, items)]
    assert found == ["deep", "upper"]


@given(any_trace, st.integers(-10, 1_000), st.integers(1, 60))
def test_what_is_chosen_fits_and_no_failure_is_left_out_for_what_did_not_fail(
    trace: Trace, room_bytes: int, cost_bytes: int
) -> None:
    tree = build_tree(trace.spans)
    items = unfolded(tree)
    taken = choice_of(tree, items, lambda _: cost_bytes, room_bytes)
    assert len(taken) == max(0, min(len(items), room_bytes // cost_bytes))
    missing = set(failed_items(tree, items)) - taken
    others = {here for here in taken if here and not tree.spans[here].failed}
    assert not (missing and others)
