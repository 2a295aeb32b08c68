"""The text of some spans of a trace in full: times, status, attributes by scope, events, links.

Must not be here: which spans are meant.
"""

from collections.abc import Iterator, Sequence
from typing import Final

from vtmcp.durations import format_duration
from vtmcp.traces.budget import DEFAULT_ANSWER_BYTES, Budget, closing_line, size_bytes
from vtmcp.traces.findings import named
from vtmcp.traces.handles import handle
from vtmcp.traces.marks import longest_gaps, one_span_marks
from vtmcp.traces.model import Attributes, Event, Span
from vtmcp.traces.reading import Reading
from vtmcp.traces.safe import label, quoted
from vtmcp.traces.span_line import span_line
from vtmcp.traces.times import format_time
from vtmcp.traces.trace_text import ID_CHARS_MAX, trace_name
from vtmcp.traces.tree import NO_PARENT
from vtmcp.traces.trust import counted

VALUE_CHARS: Final = (4_000, 1_000, 200)
"""How much of a value is shown: a whole stack trace, else its beginning, else its first line."""

KEY_CHARS_MAX: Final = 100
"""A key longer than this is none that anyone searches by."""

CHILDREN_TOLD_MAX: Final = 5
"""Children are told by their handles; the tree shows all."""


def spans_text(
    reading: Reading,
    positions: Sequence[int],
    *,
    max_bytes: int = DEFAULT_ANSWER_BYTES,
    notice: str = "",
    next_call: str = "",
) -> str:
    """Return the spans in full, in at most `max_bytes` bytes: long values are cut before lines."""
    trace = f"trace {trace_name(reading.summary.trace_id)}"
    notes = [f"note: {note}" for note in reading.notes]
    head = [f"{counted(len(positions), 'span')} of {trace}", *([notice] if notice else []), *notes]
    for chars_max in VALUE_CHARS:
        lines = [line for here in positions for line in _span_lines(reading, here, chars_max)]
        if sum(map(size_bytes, (*head, *lines))) <= max_bytes:
            break
    budget = Budget(max_bytes, closing=closing_line(next_call))
    for line in head:
        budget.head(line)
    for line in lines:
        budget.add(line)
    return budget.text()


def _span_lines(reading: Reading, here: int, chars_max: int) -> Iterator[str]:
    tree = reading.tree
    span = tree.spans[here]
    start_ns = reading.summary.start_ns
    marks = one_span_marks(reading, here, longest_gaps(reading).get(here))
    yield span_line(span, depth=0, trace_start_ns=start_ns, marks=marks)
    yield f"  span id {_id(span.span_id)}, {_parent(reading, here)}{_children(reading, here)}"
    started, ended = format_time(span.start_ns), format_time(span.end_ns)
    yield f"  started {started}, ended {ended}{_moved(reading, span)}"
    yield f"  {_times(reading, here)}"
    message = f" {quoted(span.status_message, chars_max)}" if span.status_message else ""
    yield f"  kind {label(span.kind, KEY_CHARS_MAX)}, status {span.status}{message}"
    yield from _attributes("attributes", span.attributes, chars_max)
    for number, event in enumerate(span.events, 1):
        yield from _event(number, event, start_ns, chars_max)
    for link in span.links:
        where = "this trace" if link.trace_id == span.trace_id else f"trace {_id(link.trace_id)}"
        yield from _attributes(
            f"link to span {_id(link.span_id)} of {where}", link.attributes, chars_max, is_told=True
        )
    yield from _attributes("scope", span.scope, chars_max)
    yield from _attributes("resource (process)", span.resource, chars_max)


def _attributes(
    title: str, values: Attributes, chars_max: int, *, is_told: bool = False
) -> Iterator[str]:
    """Yield a title and a line a value; nothing when there is none, unless the title is news."""
    if values or is_told:
        yield f"  {title}{':' if values else ''}"
    for key in sorted(values):
        yield f"    {label(key, KEY_CHARS_MAX, one_word=True)}: {quoted(values[key], chars_max)}"


def _event(number: int, event: Event, trace_start_ns: int, chars_max: int) -> Iterator[str]:
    name = label(event.name, KEY_CHARS_MAX) if event.name else "(no name)"
    at = format_duration(event.time_ns - trace_start_ns)
    yield from _attributes(
        f"event {number} {name} at +{at}", event.attributes, chars_max, is_told=True
    )


def _parent(reading: Reading, here: int) -> str:
    tree = reading.tree
    parent = tree.parents[here]
    if parent != NO_PARENT:
        return f"parent {named(tree, parent)}"
    wanted = tree.spans[here].parent_span_id
    return f"parent {_id(wanted)}, which is not above it in this trace" if wanted else "no parent"


def _children(reading: Reading, here: int) -> str:
    children = reading.tree.children[here]
    if not children:
        return ", nothing below"
    told = ", ".join(map(handle, children[:CHILDREN_TOLD_MAX]))
    more = len(children) - CHILDREN_TOLD_MAX
    rest = f" and {more:,} more" if more > 0 else ""
    return f", {counted(len(children), 'child', 'children')} ({told}{rest})"


def _times(reading: Reading, here: int) -> str:
    duration = format_duration(reading.tree.spans[here].duration_ns)
    own = format_duration(reading.timing.self_ns[here])
    if here not in reading.on_path_ns:
        return f"took {duration}, self {own}, not on the critical path"
    on_path = format_duration(reading.on_path_ns[here])
    return f"took {duration}, self {own}, of it {on_path} on the critical path"


def _moved(reading: Reading, span: Span) -> str:
    """Return that the times are not those recorded, where a clock was wrong."""
    return " (corrected, see note)" if id(span) in reading.moved else ""


def _id(text: str) -> str:
    return label(text, ID_CHARS_MAX, one_word=True) if text else "(none)"
