"""Fold same-shaped siblings of a tree into one item. Must not be here: text, sizes of answers.

An item is one span, or several siblings of one service and name with the same kinds of spans below
them. Below a folded item its members' children are folded together, so a thousand equal subtrees
become one small tree of counts.
"""

from collections import defaultdict
from collections.abc import Iterable
from typing import Final, NamedTuple

from vtmcp.traces.failures import passed_on
from vtmcp.traces.summary import Failure, exception_of
from vtmcp.traces.tree import NO_PARENT, Tree

FOLD_MIN: Final = 3
"""Two siblings are as short as a line that says there are two."""


class Item(NamedTuple):
    """One line's worth of a tree: positions in `Tree.spans`, and the item above (-1: none)."""

    members: tuple[int, ...]
    parent: int
    depth: int


ALL: Final = -1
"""What is asked for the items of the whole tree, instead of those of one span."""


def unfolded(tree: Tree, centre: int = ALL) -> list[Item]:
    """Return one item a span, in the tree's order; of a centre, what leads to it and is below."""
    items = _leading_to(tree, centre)
    positions = range(len(tree.spans)) if centre == ALL else range(centre, tree.ends[centre])
    base = len(items) - positions.start
    for here in positions:
        parent = tree.parents[here]
        above = len(items) - 1 if here == centre else parent + base
        items.append(Item((here,), above if parent != NO_PARENT else NO_PARENT, tree.depths[here]))
    return items


def folded(
    tree: Tree, *, by_name: bool = False, fold_failed: bool = False, centre: int = ALL
) -> list[Item]:
    """Return the items in depth-first order; each span is a member of exactly one.

    A span that failed, or has a failed span below it, stays alone unless `fold_failed`. With
    `by_name`, what is below a span is not a part of its shape. Of a centre, there is what leads
    to it, and what is below it.
    """
    alone = frozenset[int]() if fold_failed else _with_failure_below(tree)
    shapes = _Shapes(tree, by_name=by_name)
    items = _leading_to(tree, centre)
    if centre == ALL:
        waiting = [
            (group, NO_PARENT, 0) for group in reversed(shapes.groups(tree.roots, alone, FOLD_MIN))
        ]
    else:
        waiting = [((centre,), len(items) - 1, len(items))]
    while waiting:
        members, parent, depth = waiting.pop()
        here = len(items)
        items.append(Item(members, parent, depth))
        below = [child for member in members for child in tree.children[member]]
        least = FOLD_MIN if len(members) == 1 else 1
        waiting.extend(
            (group, here, depth + 1) for group in reversed(shapes.groups(below, alone, least))
        )
    return items


def _leading_to(tree: Tree, centre: int) -> list[Item]:
    """Return the spans above a centre, each an item."""
    above: list[int] = []
    here = NO_PARENT if centre == ALL else tree.parents[centre]
    while here != NO_PARENT:
        above.append(here)
        here = tree.parents[here]
    return [Item((here,), depth - 1, depth) for depth, here in enumerate(reversed(above))]


class _Shapes:
    def __init__(self, tree: Tree, *, by_name: bool) -> None:
        self._tree = tree
        self._passed_on = passed_on(tree)
        self._kinds_below = [0] * len(tree.spans) if by_name else _kinds_below(tree)

    def groups(
        self, positions: Iterable[int], alone: frozenset[int], least: int
    ) -> list[tuple[int, ...]]:
        """Group positions of one shape, in the order of the first of each group."""
        by_shape: defaultdict[object, list[int]] = defaultdict(list)
        for position in positions:
            shape = position if position in alone else self._shape(position)
            by_shape[shape].append(position)
        groups: list[tuple[int, ...]] = []
        for members in by_shape.values():
            if len(members) >= least:
                groups.append(tuple(members))
            else:
                groups.extend((member,) for member in members)
        return groups

    def _shape(self, position: int) -> tuple[str, str, int, bool, str, Failure | None]:
        """Return what a line says of a span, times aside: it must be true of all its members."""
        span = self._tree.spans[position]
        is_passed_on = position in self._passed_on
        message = span.status_message if span.failed and not is_passed_on else ""
        below = self._kinds_below[position]
        return span.service, span.name, below, span.failed, message, exception_of(span)


def _kinds_below(tree: Tree) -> list[int]:
    """Return a number for each span, equal where the same kinds of spans are below, however many.

    A kind is service, name, and what kinds are below in turn.
    """
    numbers: dict[frozenset[tuple[str, str, int]], int] = {}
    found = [0] * len(tree.spans)
    for here in range(len(tree.spans) - 1, -1, -1):
        if children := tree.children[here]:
            spans = tree.spans
            kinds = frozenset((spans[c].service, spans[c].name, found[c]) for c in children)
            found[here] = numbers.setdefault(kinds, len(numbers) + 1)
    return found


def _with_failure_below(tree: Tree) -> frozenset[int]:
    found: set[int] = set()
    for position, span in enumerate(tree.spans):
        here = position
        while span.failed and here != NO_PARENT and here not in found:
            found.add(here)
            here = tree.parents[here]
    return frozenset(found)
