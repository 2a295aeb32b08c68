"""The text of a critical path: what the time went to, by service and by operation.

Must not be here: how the path is found.
"""

from collections import defaultdict
from collections.abc import Sequence
from typing import Final, NamedTuple

from vtmcp.durations import format_duration
from vtmcp.traces.budget import DEFAULT_ANSWER_BYTES, Budget, size_bytes
from vtmcp.traces.calls import CALL_KINDS, target_of
from vtmcp.traces.critical import AFTER, BEFORE, DURING, Section, Segment
from vtmcp.traces.findings import finding_lines, named
from vtmcp.traces.handles import handle
from vtmcp.traces.reading import Reading
from vtmcp.traces.safe import label
from vtmcp.traces.shares import shares
from vtmcp.traces.span_line import NAME_CHARS_MAX, service_of, who
from vtmcp.traces.timing import NOBODY
from vtmcp.traces.trace_text import head_lines
from vtmcp.traces.trust import counted

ROWS_MAX: Final = 25
"""More operations than this have less than a fiftieth of the time each, as a rule."""

SERVICES_MAX: Final = 15
"""A path through more services is read by operation."""


class _Row(NamedTuple):
    """A line of a table: what the time went to, how long, and where to look."""

    name: str
    length_ns: int
    where: str = ""


def critical_text(
    reading: Reading,
    *,
    max_bytes: int = DEFAULT_ANSWER_BYTES,
    notice: str = "",
    next_call: str = "",
) -> str:
    """Return the tables of each section, of at most `max_bytes` bytes; each adds up to 100 %."""
    head = head_lines(reading, notice)
    budget = Budget(max_bytes, closing=lambda left_out: _closing(left_out, next_call))
    for line in (*head, *finding_lines(reading.findings)):
        budget.head(line)
    sections = [section for section in reading.path.sections if section.length_ns > 0]
    rooms = _rooms(budget.room_bytes, len(sections))
    for section, room_bytes in zip(sections, rooms, strict=True):
        for line in _section_lines(reading, section, room_bytes):
            budget.add(line)
    if not sections and reading.tree.spans:
        budget.add("no time passed between the first start and the last end")
    return budget.text()


def _closing(left_out: int, next_call: str) -> str:
    return f"Left out: {left_out:,} lines. Next: {next_call}" if left_out else ""


def _rooms(room_bytes: int, count: int) -> list[int]:
    """Return the room of each section: half of what is left, as the first one is asked for."""
    rooms = []
    for number in range(count):
        room = room_bytes if number == count - 1 else room_bytes * 2 // 3
        rooms.append(room)
        room_bytes -= room
    return rooms


def _section_lines(reading: Reading, section: Section, room_bytes: int) -> list[str]:
    title = f"{_title(reading, section)}: {format_duration(section.length_ns)}"
    services = _table(_by_service(reading, section.segments), SERVICES_MAX, "service")
    operations = _by_operation(reading, section.segments)
    for rows_max in range(ROWS_MAX, -1, -1):
        table = _table(operations, rows_max, "operation")
        lines = [title, "by service:", *services, "by operation, own time:", *table]
        if sum(map(size_bytes, lines)) <= room_bytes:
            break
    return lines


def _title(reading: Reading, section: Section) -> str:
    root = reading.path.root
    if section.name == DURING:
        return f"critical path of {named(reading.tree, root)}"
    if section.name == AFTER:
        return f"after {handle(root)} ended, until the last span did"
    if section.name == BEFORE:
        return f"before {handle(root)} began"
    return "critical path from the first start to the last end, as the trace has no one root"


def _by_service(reading: Reading, segments: Sequence[Segment]) -> list[_Row]:
    times_ns: defaultdict[str, int] = defaultdict(int)
    for segment in segments:
        times_ns[_service(reading, segment)] += segment.length_ns
    return _sorted([_Row(name, length_ns) for name, length_ns in times_ns.items()])


def _service(reading: Reading, segment: Segment) -> str:
    if segment.position == NOBODY:
        return "(nothing recorded)"
    if segment.awaited != NOBODY:
        return "(waiting)"
    return service_of(reading.tree.spans[segment.position])


class _Group(NamedTuple):
    times_ns: dict[int, int]
    name: str


def _by_operation(reading: Reading, segments: Sequence[Segment]) -> list[_Row]:
    groups: dict[tuple[str, ...], _Group] = {}
    for segment in segments:
        key = _key(reading, segment)
        group = groups.get(key)
        if group is None:
            group = groups[key] = _Group({}, _name(reading, segment))
        here = segment.position if segment.awaited == NOBODY else segment.awaited
        group.times_ns[here] = group.times_ns.get(here, 0) + segment.length_ns
    return _sorted(
        [
            _Row(group.name, sum(group.times_ns.values()), _where(group.times_ns))
            for group in groups.values()
        ]
    )


def _key(reading: Reading, segment: Segment) -> tuple[str, ...]:
    if segment.position == NOBODY:
        return ()
    waiting = segment.awaited != NOBODY
    here = segment.awaited if waiting else segment.position
    span = reading.tree.spans[here]
    return (str(waiting), span.service, span.name, _called(reading, here))


def _name(reading: Reading, segment: Segment) -> str:
    if segment.position == NOBODY:
        return "(nothing recorded)"
    if segment.awaited != NOBODY:
        awaited = reading.tree.spans[segment.awaited]
        what = "in queue" if awaited.kind == "consumer" else "waiting"
        return f"({what} before {who(awaited)})"
    target = _called(reading, segment.position)
    to = f" to {label(target, NAME_CHARS_MAX, one_word=True)}" if target else ""
    return f"{who(reading.tree.spans[segment.position])}{to}"


def _called(reading: Reading, here: int) -> str:
    """Return whom a call goes to, where the other side has no span."""
    span = reading.tree.spans[here]
    is_call = span.kind in CALL_KINDS and not reading.tree.children[here]
    return target_of(span) if is_call else ""


def _where(times_ns: dict[int, int]) -> str:
    """Return the span with most of the time, and how many there are."""
    most = max(times_ns, key=lambda here: (times_ns[here], -here))
    if most == NOBODY:
        return ""
    return handle(most) if len(times_ns) == 1 else f"x{len(times_ns):,}, most in {handle(most)}"


def _sorted(rows: list[_Row]) -> list[_Row]:
    return sorted(rows, key=lambda row: -row.length_ns)


def _table(rows: list[_Row], rows_max: int, what: str) -> list[str]:
    """Return a line a row, and one for all that are beyond: together they are the whole."""
    shown, rest = rows[:rows_max], rows[rows_max:]
    if len(rest) == 1 and rows_max:
        shown, rest = rows, []
    if rest:
        shown = [
            *shown,
            _Row(f"(other {counted(len(rest), what)})", sum(r.length_ns for r in rest)),
        ]
    parts = shares([row.length_ns for row in shown])
    return [
        "  ".join(
            filter(None, (f"  {part:>7}", format_duration(row.length_ns), row.name, row.where))
        )
        for part, row in zip(parts, shown, strict=True)
    ]
