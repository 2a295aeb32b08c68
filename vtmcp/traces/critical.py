"""The critical path: at each moment of a trace, the span that its end had to wait for.

    root   |--a--|        |-b-|           path: root, a, root, b, root
               |----c----|                and c, where it is longer than a

Going back from the end, time belongs to the child that ended last, and to the span itself where
none runs. So the times add up to the whole, to the nanosecond. Must not be here: text.
"""

from collections.abc import Sequence
from typing import Final, NamedTuple

from vtmcp.traces.timing import NOBODY
from vtmcp.traces.tree import EARLY_NS_MIN, NO_PARENT, Tree

DURING: Final = "during"
AFTER: Final = "after"
BEFORE: Final = "before"
WHOLE: Final = "whole"


class Segment(NamedTuple):
    """A part of the path. It is the time of `position`, or is spent until `awaited` begins.

    No position is time of which nothing is recorded.
    """

    position: int
    awaited: int
    length_ns: int


class Section(NamedTuple):
    """A window of a trace and what its time went to; the lengths add up to that of the window."""

    name: str
    start_ns: int
    end_ns: int
    segments: tuple[Segment, ...]

    @property
    def length_ns(self) -> int:
        return self.end_ns - self.start_ns


class CriticalPath(NamedTuple):
    """The path of the root, then that of what went on without it; and all spans on them."""

    root: int
    sections: tuple[Section, ...]
    spans: frozenset[int]


def critical_path(tree: Tree) -> CriticalPath:
    """Return the path of the one true root, and of the time after it and before it.

    A trace of no root or several has one section, from its first start to its last end.
    """
    walk = _Walk(tree)
    if not tree.spans:
        return CriticalPath(NOBODY, (), frozenset())
    start_ns, end_ns = min(walk.starts), max(walk.ends)
    missing = {id(span) for span in tree.missing_parent}
    roots = [root for root in tree.roots if id(tree.spans[root]) not in missing]
    if len(roots) != 1:
        section = Section(WHOLE, start_ns, end_ns, walk.over_all(start_ns, end_ns))
        return CriticalPath(NOBODY, (section,), frozenset(walk.visited))
    (root,) = roots
    root_start_ns, root_end_ns = walk.starts[root], walk.ends[root]
    sections = [Section(DURING, root_start_ns, root_end_ns, walk.of_root(root))]
    if end_ns > root_end_ns:
        segments = walk.over_all(root_end_ns, end_ns)
        sections.append(Section(AFTER, root_end_ns, end_ns, segments))
    if start_ns < root_start_ns:
        segments = walk.over_all(start_ns, root_start_ns)
        sections.append(Section(BEFORE, start_ns, root_start_ns, segments))
    return CriticalPath(root, tuple(sections), frozenset(walk.visited))


def time_on_path(path: CriticalPath) -> dict[int, int]:
    """Return how much of the path is the time of each span, for those that have some."""
    times_ns: dict[int, int] = {}
    for section in path.sections:
        for segment in section.segments:
            if segment.position != NOBODY and segment.awaited == NOBODY:
                before_ns = times_ns.get(segment.position, 0)
                times_ns[segment.position] = before_ns + segment.length_ns
    return times_ns


class _Extents(NamedTuple):
    """When each span starts and ends: it alone, or with all below it."""

    starts: Sequence[int]
    ends: Sequence[int]


class _Walk:
    def __init__(self, tree: Tree) -> None:
        self.starts = [span.start_ns for span in tree.spans]
        self.ends = [span.start_ns + max(0, span.duration_ns) for span in tree.spans]
        self.visited: set[int] = set()
        self._tree = tree

    def of_root(self, root: int) -> tuple[Segment, ...]:
        """The path within the root: what it does not wait for is not on it."""
        top = (root, self.starts[root], self.ends[root])
        return self._walk([top], [], _Extents(self.starts, self.ends), is_waiting=True)

    def over_all(self, start_ns: int, end_ns: int) -> tuple[Segment, ...]:
        """The path back from the end of all work, whoever waits for it."""
        segments: list[Segment] = []
        whole = self._extents()
        windows = self._cut(NOBODY, self._tree.roots, (start_ns, end_ns), whole, segments)
        return self._walk(windows, segments, whole, is_waiting=False)

    def _walk(
        self,
        windows: list[tuple[int, int, int]],
        segments: list[Segment],
        extents: _Extents,
        *,
        is_waiting: bool,
    ) -> tuple[Segment, ...]:
        while windows:
            here, start_ns, end_ns = windows.pop()
            self.visited.add(here)
            children: Sequence[int] = self._tree.children[here]
            if is_waiting:
                children = [child for child in children if self._is_awaited(here, child)]
            windows += self._cut(here, children, (start_ns, end_ns), extents, segments)
        return tuple(segments)

    def _cut(
        self,
        here: int,
        children: Sequence[int],
        window: tuple[int, int],
        extents: _Extents,
        segments: list[Segment],
    ) -> list[tuple[int, int, int]]:
        """Return the windows of the children on the path; add what is left to the segments."""
        start_ns, now_ns = window
        windows: list[tuple[int, int, int]] = []
        children = sorted(children, key=extents.ends.__getitem__, reverse=True)
        awaited = children[0] if children else NOBODY
        for child in children:
            if now_ns <= start_ns:
                break
            from_ns = max(extents.starts[child], start_ns)
            to_ns = min(extents.ends[child], now_ns)
            if from_ns >= to_ns:
                continue
            if to_ns < now_ns:
                self._add_own(here, awaited, (to_ns, now_ns), segments)
            if self._tree.children[child]:
                windows.append((child, from_ns, to_ns))
            else:
                self.visited.add(child)
                segments.append(Segment(child, NOBODY, to_ns - from_ns))
            now_ns, awaited = from_ns, child
        self._add_own(here, awaited, (start_ns, now_ns), segments)
        return windows

    def _add_own(
        self, here: int, awaited: int, window: tuple[int, int], segments: list[Segment]
    ) -> None:
        """Add time that no child takes: the span's own while it lasts, else waiting for another."""
        start_ns, end_ns = window
        if end_ns <= start_ns:
            return
        if here == NOBODY:
            segments.append(Segment(NOBODY, NOBODY, end_ns - start_ns))
            return
        own_start_ns = min(max(start_ns, self.starts[here]), end_ns)
        own_end_ns = max(own_start_ns, min(end_ns, self.ends[here]))
        if own_end_ns > own_start_ns:
            segments.append(Segment(here, NOBODY, own_end_ns - own_start_ns))
        if waited_ns := end_ns - start_ns - (own_end_ns - own_start_ns):
            segments.append(Segment(here, awaited, waited_ns))

    def _is_awaited(self, here: int, child: int) -> bool:
        """A span waits for what ends before it does; a client gives up waiting at its own end."""
        below = self._tree.spans[child].kind
        if below == "consumer":
            return False
        is_answer = self._tree.spans[here].kind == "client" and below == "server"
        return is_answer or self.ends[child] <= self.ends[here] + EARLY_NS_MIN

    def _extents(self) -> _Extents:
        """Return for each span the first start and the last end of it and of all below it."""
        begin, reach = list(self.starts), list(self.ends)
        for here in range(len(reach) - 1, -1, -1):
            parent = self._tree.parents[here]
            if parent != NO_PARENT:
                begin[parent] = min(begin[parent], begin[here])
                reach[parent] = max(reach[parent], reach[here])
        return _Extents(begin, reach)
