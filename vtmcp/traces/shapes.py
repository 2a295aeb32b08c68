"""Spans by shape: those of one service and name, below the same such path from the root.

Must not be here: what is said about them.
"""

from collections.abc import Iterable
from typing import NamedTuple

from vtmcp.traces.calls import CALL_KINDS, target_of
from vtmcp.traces.tree import NO_PARENT, Tree

Paths = dict[tuple[int, str, str], int]
"""The number of each path: that of the path above (-1: none), the service, the name."""


class Shapes(NamedTuple):
    """The path of each span by position; the spans of each path; and siblings of one path."""

    path_of: tuple[int, ...]
    members: dict[int, list[int]]
    siblings: dict[tuple[int, int], list[int]]


def shapes_of(tree: Tree, paths: Paths, *, by_target: bool = False) -> Shapes:
    """Return the shapes of a tree. `paths` learns those that are new, to compare several trees.

    With `by_target`, calls of one name to different systems are different paths.
    """
    path_of: list[int] = []
    members: dict[int, list[int]] = {}
    siblings: dict[tuple[int, int], list[int]] = {}
    for here, span in enumerate(tree.spans):
        parent = tree.parents[here]
        above = NO_PARENT if parent == NO_PARENT else path_of[parent]
        name = span.name
        if by_target and span.kind in CALL_KINDS:
            name = f"{name} to {target_of(span)}"
        path = paths.setdefault((above, span.service, name), len(paths))
        path_of.append(path)
        members.setdefault(path, []).append(here)
        siblings.setdefault((parent, path), []).append(here)
    return Shapes(tuple(path_of), members, siblings)


class Row(NamedTuple):
    """Spans in the order of time: how long together, and how many ran at once at most.

    `busy_ns` is the time in which at least one ran.
    """

    sum_ns: int
    busy_ns: int
    at_once_max: int


SERIAL_OVERLAP = 0.05
"""Spans that overlap by less of their time follow each other: no clock is exact."""


def is_serial(row: Row) -> bool:
    """Tell whether spans follow each other."""
    return row.sum_ns - row.busy_ns <= row.sum_ns * SERIAL_OVERLAP


def row_of(tree: Tree, members: Iterable[int]) -> Row:
    """Measure how some spans lie in time."""
    starts, ends = [], []
    for member in members:
        span = tree.spans[member]
        starts.append(span.start_ns)
        ends.append(max(span.start_ns, span.end_ns))
    sum_ns = sum(ends) - sum(starts)
    starts.sort()
    ends.sort()
    return _swept(starts, ends, sum_ns)


def _swept(starts: list[int], ends: list[int], sum_ns: int) -> Row:
    """Go through starts and ends in time; where they meet, one ends before another starts."""
    busy_ns = at_once = at_once_max = ended = since_ns = 0
    for start_ns in starts:
        while ends[ended] <= start_ns and at_once:
            at_once -= 1
            if not at_once:
                busy_ns += ends[ended] - since_ns
            ended += 1
        if not at_once:
            since_ns = start_ns
        at_once += 1
        at_once_max = max(at_once_max, at_once)
    if at_once:
        busy_ns += ends[-1] - since_ns
    return Row(sum_ns, busy_ns, at_once_max)
