"""Align two traces by shape and tell what differs: new, missing, slower, faster, repeated.

Spans are aligned by their path of services and names from the root. Must not be here: text, and
where the other trace comes from.
"""

from collections.abc import Sequence
from typing import Final, NamedTuple

from vtmcp.traces.model import Span, Trace
from vtmcp.traces.reading import Reading
from vtmcp.traces.shapes import Paths, shapes_of
from vtmcp.traces.summary import root_of, summarise
from vtmcp.traces.timing import NOBODY
from vtmcp.traces.tree import NO_PARENT

CHANGE_NS_MIN: Final = 1_000_000
"""Operations differ by less from one request to the next, whatever happens."""

CHANGE_SHARE_MIN: Final = 0.02
"""A change is a part of the longer trace that can be seen on it."""

REPEATED_MIN: Final = 2
"""Twice as many spans of one path are news; a few more are another basket of goods."""


class Side(NamedTuple):
    """The spans of one path in one trace: how many, how long, own time, the longest.

    Of failed ones those count that did not only pass a failure on; `failed_at` is the first.
    """

    span_count: int
    sum_ns: int
    self_ns: int
    longest: int
    failed: int
    failed_at: int


NOTHING: Final = Side(0, 0, 0, NOBODY, 0, NOBODY)


class Change(NamedTuple):
    """One path that differs, and in what ways. `below` is how many spans came or went with it."""

    kinds: tuple[str, ...]
    one: Side
    other: Side
    below: int
    cost_ns: int

    @property
    def is_of_both(self) -> bool:
        return self.one.span_count > 0 and self.other.span_count > 0

    @property
    def has_failed(self) -> bool:
        return self.one.failed > self.other.failed


class Comparison(NamedTuple):
    """What differs, failures first, then by time; and how many paths both traces have."""

    changes: tuple[Change, ...]
    shared_paths: int


def compare(one: Reading, other: Reading) -> Comparison:
    """Compare a trace with another; a change is what the first one has more, less or slower."""
    paths: Paths = {}
    sides = _sides(one, paths), _sides(other, paths)
    least_ns = max(
        CHANGE_NS_MIN,
        int(max(one.summary.duration_ns, other.summary.duration_ns) * CHANGE_SHARE_MIN),
    )
    spans_below = _spans_below(paths, sides[0]), _spans_below(paths, sides[1])
    changes = []
    for (above, _, _), path in paths.items():
        here, there = sides[0].get(path, NOTHING), sides[1].get(path, NOTHING)
        if here.span_count and there.span_count:
            if change := _changed(here, there, least_ns):
                changes.append(change)
        elif here.span_count and (above == NO_PARENT or above in sides[1]):
            below = spans_below[0][path] - here.span_count
            changes.append(Change(("new",), here, NOTHING, below, here.sum_ns))
        elif there.span_count and (above == NO_PARENT or above in sides[0]):
            below = spans_below[1][path] - there.span_count
            changes.append(Change(("missing",), NOTHING, there, below, there.sum_ns))
    changes.sort(key=lambda change: (not change.has_failed, -change.cost_ns, change.is_of_both))
    return Comparison(tuple(changes), len(sides[0].keys() & sides[1].keys()))


def _changed(one: Side, other: Side, least_ns: int) -> Change | None:
    """Return what differs in a path that both have. Own time says where it is slower."""
    kinds = []
    more_ns = one.self_ns - other.self_ns
    if one.failed > other.failed:
        kinds.append("failed")
    if one.span_count >= other.span_count * REPEATED_MIN and one.span_count > other.span_count + 1:
        kinds.append("repeated")
    if abs(more_ns) >= least_ns:
        kinds.append("slower" if more_ns > 0 else "faster")
    return Change(tuple(kinds), one, other, 0, abs(more_ns)) if kinds else None


def _sides(reading: Reading, paths: Paths) -> dict[int, Side]:
    tree, self_ns = reading.tree, reading.timing.self_ns
    shapes = shapes_of(tree, paths, by_target=True)
    sides = {}
    for path, members in shapes.members.items():
        failed = [member for member in members if reading.origins.get(member) == member]
        sides[path] = Side(
            len(members),
            sum(max(0, tree.spans[member].duration_ns) for member in members),
            sum(self_ns[member] for member in members),
            max(members, key=lambda member: tree.spans[member].duration_ns),
            len(failed),
            failed[0] if failed else NOBODY,
        )
    return sides


def _spans_below(paths: Paths, sides: dict[int, Side]) -> list[int]:
    """Return how many spans each path holds with all below it; paths come after those above."""
    counts = [sides[path].span_count if path in sides else 0 for path in range(len(paths))]
    for (above, _, _), path in reversed(paths.items()):
        if above != NO_PARENT:
            counts[above] += counts[path]
    return counts


class Kin(NamedTuple):
    """The median of the healthy traces of one kind, and of how many it is that."""

    trace: Trace | None
    looked_at: int
    healthy: int


def median_kin(traces: Sequence[Trace], of: Trace) -> Kin:
    """Return the trace of median duration among those that begin as this one and did not fail."""
    root = root_of(of.spans)
    kin = [trace for trace in traces if trace.trace_id != of.trace_id and _begins_as(trace, root)]
    healthy = [trace for trace in kin if not any(span.failed for span in trace.spans)]
    healthy.sort(key=lambda trace: (summarise(trace).duration_ns, trace.trace_id))
    median = healthy[(len(healthy) - 1) // 2] if healthy else None
    return Kin(median, len(kin), len(healthy))


def _begins_as(trace: Trace, root: Span | None) -> bool:
    other = root_of(trace.spans)
    if root is None or other is None:
        return False
    return (other.service, other.name) == (root.service, root.name)
