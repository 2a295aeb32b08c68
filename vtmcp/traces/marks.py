"""What the close reading of a trace says of one line of its tree: path, own time, gap, origin.

Must not be here: the line itself.
"""

from collections.abc import Sequence
from typing import Final

from vtmcp.durations import format_duration
from vtmcp.traces.handles import handle
from vtmcp.traces.reading import Reading
from vtmcp.traces.shapes import is_serial, row_of
from vtmcp.traces.span_line import Marks
from vtmcp.traces.summary import exception_of
from vtmcp.traces.timing import Gap

OWN_SHARE_MIN: Final = 0.2
"""Own time is told where it is a fifth of the span or more; else the spans below say it all."""

OWN_OF_TRACE_MIN: Final = 0.02
"""And where it is not lost in the trace."""

GAP_OF_TRACE_MIN: Final = 0.1
"""A gap in a line is a tenth of the trace or more."""


def longest_gaps(reading: Reading) -> dict[int, Gap]:
    """Return the longest gap of each span that has one long enough to be told."""
    least_ns = reading.summary.duration_ns * GAP_OF_TRACE_MIN
    gaps: dict[int, Gap] = {}
    for gap in reading.timing.gaps:
        known = gaps.get(gap.position)
        if gap.length_ns >= least_ns and (known is None or gap.length_ns > known.length_ns):
            gaps[gap.position] = gap
    return gaps


def one_span_marks(reading: Reading, here: int, gap: Gap | None) -> Marks:
    """Return the marks of a line that is one span."""
    origin = reading.origins.get(here, here)
    spans = reading.tree.spans
    says_more = exception_of(spans[here]) not in (None, exception_of(spans[origin]))
    return Marks(
        handle(here),
        on_path=here in reading.on_path_ns,
        own_time=_own_time(reading, here, gap),
        origin="" if origin == here else handle(origin),
        says_more=says_more,
        is_leaf=not reading.tree.children[here],
    )


def fold_marks(reading: Reading, members: Sequence[int]) -> Marks:
    """Return the marks of a line that is several spans."""
    tree = reading.tree
    slowest = max(members, key=lambda member: tree.spans[member].duration_ns)
    is_passed_on = reading.origins.get(members[0], members[0]) != members[0]
    return Marks(
        handle(members[0]),
        on_path=not reading.on_path_ns.keys().isdisjoint(members),
        slowest=handle(slowest),
        lie=_lie(reading, members),
        origin="below" if is_passed_on else "",
        is_leaf=not any(tree.children[member] for member in members),
    )


def _lie(reading: Reading, members: Sequence[int]) -> str:
    row = row_of(reading.tree, members)
    if is_serial(row):
        return "serial"
    return f"parallel (up to {row.at_once_max:,})  busy {format_duration(row.busy_ns)}"


def _own_time(reading: Reading, here: int, gap: Gap | None) -> str:
    """Return `self 913 ms`, and the longest gap in it."""
    own_ns = reading.timing.self_ns[here]
    least_ns = max(
        reading.tree.spans[here].duration_ns * OWN_SHARE_MIN,
        reading.summary.duration_ns * OWN_OF_TRACE_MIN,
        1,
    )
    if not reading.tree.children[here] or own_ns < least_ns:
        return ""
    own = f"self {format_duration(own_ns)}"
    if gap is None:
        return own
    at = format_duration(gap.start_ns - reading.summary.start_ns)
    return f"{own}  gap {format_duration(gap.length_ns)} at +{at}"
