"""The tree of a trace, from whatever spans there are. Must not be here: text of spans, folding.

Each span stands in the tree exactly once. Spans whose parent is unknown are roots, and so is one
span of each parent cycle. Nothing here recurses: traces are as deep as strangers make them.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from operator import attrgetter
from typing import Final, NamedTuple

from vtmcp.traces.model import Span
from vtmcp.traces.trust import Faults, notes_on

NO_PARENT: Final = -1
"""What `Tree.parents` holds for a root."""

EARLY_NS_MIN: Final = 1_000_000
"""Clocks of well kept hosts differ by less than a millisecond, and nobody is misled by that."""


@dataclass(frozen=True, slots=True)
class Tree:
    """Spans in depth-first order, and for each position what surrounds it.

    The subtree of position `i` is `range(i, ends[i])`. Children and roots are sorted by start,
    but true roots come before spans whose parent is missing. The same spans make the same tree
    in whatever order they came, so a position is a name for a span in any process.
    """

    spans: tuple[Span, ...]
    parents: tuple[int, ...]
    depths: tuple[int, ...]
    ends: tuple[int, ...]
    children: tuple[tuple[int, ...], ...]
    roots: tuple[int, ...]
    missing_parent: tuple[Span, ...]
    notes: tuple[str, ...]


def build_tree(spans: Sequence[Span]) -> Tree:
    """Build the tree in linear time, but for one sort by start.

    Of several spans with the same id, the earliest is the parent of the children.
    """
    spans = sorted(spans, key=_ORDER)
    position_of: dict[str, int] = {}
    for position, span in enumerate(spans):
        position_of.setdefault(span.span_id, position)
    found = _find_parents(spans, position_of)
    cut = _cut_cycles(found.parents)
    shape = _depth_first(found)
    early_ns = tuple(
        spans[parent].start_ns - span.start_ns
        for span, parent in zip(spans, found.parents, strict=True)
        if parent != NO_PARENT and spans[parent].start_ns - span.start_ns >= EARLY_NS_MIN
    )
    missing_parent = tuple(spans[position] for position in found.missing)
    faults = Faults(
        spans=spans,
        true_roots=len(shape.roots) - len(found.missing) - len(found.own_parent) - len(cut),
        missing_parent=missing_parent,
        own_parent=tuple(spans[position].span_id for position in found.own_parent),
        cut=tuple(spans[position].span_id for position in cut),
        early_ns=early_ns,
    )
    return Tree(
        tuple(spans[position] for position in shape.order),
        shape.parents,
        shape.depths,
        shape.ends,
        shape.children,
        shape.roots,
        missing_parent,
        notes_on(faults),
    )


_ORDER: Final = attrgetter(
    "start_ns", "span_id", "duration_ns", "name", "parent_span_id", "service"
)
"""By start; the rest decides where starts are equal, as answers are in no promised order."""


class _Found(NamedTuple):
    parents: list[int]
    missing: list[int]
    own_parent: list[int]


class _Shape(NamedTuple):
    order: tuple[int, ...]
    parents: tuple[int, ...]
    depths: tuple[int, ...]
    ends: tuple[int, ...]
    children: tuple[tuple[int, ...], ...]
    roots: tuple[int, ...]


def _find_parents(spans: Sequence[Span], position_of: dict[str, int]) -> _Found:
    found = _Found([], [], [])
    for position, span in enumerate(spans):
        parent = NO_PARENT
        if span.parent_span_id and span.parent_span_id == span.span_id:
            found.own_parent.append(position)
        elif span.parent_span_id:
            parent = position_of.get(span.parent_span_id, NO_PARENT)
            if parent == NO_PARENT:
                found.missing.append(position)
        found.parents.append(parent)
    return found


def _cut_cycles(parents: list[int]) -> list[int]:
    """Make the earliest span of each cycle a root, in `parents`, and return those spans.

    Spans are sorted by start, so the earliest has the least position.

    Each walk goes up until it meets a span that a walk has seen; meeting its own is a cycle.
    """
    seen_by = [NO_PARENT] * len(parents)
    cut: list[int] = []
    for start in range(len(parents)):
        position = start
        while position != NO_PARENT and seen_by[position] == NO_PARENT:
            seen_by[position] = start
            position = parents[position]
        if position != NO_PARENT and seen_by[position] == start:
            cycle = [position]
            while (up := parents[cycle[-1]]) != position:
                cycle.append(up)
            earliest = min(cycle)
            parents[earliest] = NO_PARENT
            cut.append(earliest)
    return cut


def _depth_first(found: _Found) -> _Shape:
    children_of: list[list[int]] = [[] for _ in found.parents]
    roots: list[int] = []
    for position, parent in enumerate(found.parents):
        (roots if parent == NO_PARENT else children_of[parent]).append(position)
    orphans = frozenset(found.missing)
    roots.sort(key=lambda position: position in orphans)

    order: list[int] = []
    parents: list[int] = []
    depths: list[int] = []
    children: list[list[int]] = []
    waiting = [(position, NO_PARENT) for position in reversed(roots)]
    while waiting:
        position, parent = waiting.pop()
        here = len(order)
        order.append(position)
        parents.append(parent)
        children.append([])
        depths.append(depths[parent] + 1 if parent != NO_PARENT else 0)
        if parent != NO_PARENT:
            children[parent].append(here)
        waiting.extend((child, here) for child in reversed(children_of[position]))
    return _Shape(
        tuple(order),
        tuple(parents),
        tuple(depths),
        _ends(parents),
        tuple(map(tuple, children)),
        tuple(here for here, parent in enumerate(parents) if parent == NO_PARENT),
    )


def _ends(parents: Sequence[int]) -> tuple[int, ...]:
    """Return where each subtree ends; children stand after their parent, so go backwards."""
    ends = list(range(1, len(parents) + 1))
    for here in range(len(parents) - 1, -1, -1):
        parent = parents[here]
        if parent != NO_PARENT:
            ends[parent] = max(ends[parent], ends[here])
    return tuple(ends)
