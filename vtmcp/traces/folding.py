"""Fold same-shaped siblings of a tree into one item. Must not be here: text, sizes of answers.

An item is one span, or several siblings of one service and name. Below a folded item its members'
children are folded together, so a thousand equal subtrees become one small tree of counts.
"""

from collections import defaultdict
from collections.abc import Iterable
from typing import Final, NamedTuple

from vtmcp.traces.model import Span
from vtmcp.traces.summary import Failure, exception_of
from vtmcp.traces.tree import NO_PARENT, Tree

FOLD_MIN: Final = 3
"""Two siblings are as short as a line that says there are two."""


class Item(NamedTuple):
    """One line's worth of a tree: positions in `Tree.spans`, and the item above (-1: none)."""

    members: tuple[int, ...]
    parent: int
    depth: int


def unfolded(tree: Tree) -> list[Item]:
    """Return one item a span, in the tree's order, so that item and span positions agree."""
    return [
        Item((here,), parent, depth)
        for here, (parent, depth) in enumerate(zip(tree.parents, tree.depths, strict=True))
    ]


def folded(tree: Tree, *, fold_failed: bool) -> list[Item]:
    """Return the items in depth-first order; each span is a member of exactly one.

    A span that failed, or has a failed span below it, stays alone unless `fold_failed`.
    """
    alone = frozenset[int]() if fold_failed else _with_failure_below(tree)
    items: list[Item] = []
    waiting = [
        (group, NO_PARENT, 0) for group in reversed(_groups(tree, tree.roots, alone, FOLD_MIN))
    ]
    while waiting:
        members, parent, depth = waiting.pop()
        here = len(items)
        items.append(Item(members, parent, depth))
        below = [child for member in members for child in tree.children[member]]
        least = FOLD_MIN if len(members) == 1 else 1
        waiting.extend(
            (group, here, depth + 1) for group in reversed(_groups(tree, below, alone, least))
        )
    return items


def _groups(
    tree: Tree, positions: Iterable[int], alone: frozenset[int], least: int
) -> list[tuple[int, ...]]:
    """Group positions of one shape, in the order of the first of each group."""
    by_shape: defaultdict[object, list[int]] = defaultdict(list)
    for position in positions:
        shape = position if position in alone else _shape(tree.spans[position])
        by_shape[shape].append(position)
    groups: list[tuple[int, ...]] = []
    for members in by_shape.values():
        if len(members) >= least:
            groups.append(tuple(members))
        else:
            groups.extend((member,) for member in members)
    return groups


def _shape(span: Span) -> tuple[str, str, bool, str, Failure | None]:
    """Return what a line says of a span, times aside: one line must be true of all its members."""
    message = span.status_message if span.failed else ""
    return span.service, span.name, span.failed, message, exception_of(span)


def _with_failure_below(tree: Tree) -> frozenset[int]:
    found: set[int] = set()
    for position, span in enumerate(tree.spans):
        here = position
        while span.failed and here != NO_PARENT and here not in found:
            found.add(here)
            here = tree.parents[here]
    return frozenset(found)
