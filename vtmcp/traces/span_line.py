"""One line of text for a span, or for several of one shape.

Must not be here: which lines are shown, how much room there is.
"""

from collections.abc import Sequence
from typing import Final, NamedTuple

from vtmcp.durations import format_duration
from vtmcp.traces.calls import CALL_KINDS, target_of
from vtmcp.traces.model import Span
from vtmcp.traces.safe import label, quoted
from vtmcp.traces.summary import exception_of, failure_of

INDENT_LEVELS_MAX: Final = 20
"""Deeper levels are written as a number, `[d137]`: indentation costs as much as text."""

NAME_CHARS_MAX: Final = 100
"""A span or service name longer than this is a statement or a URL; its beginning tells which."""

MESSAGE_CHARS_MAX: Final = 160
"""The first sentence of an error message; the rest is a stack or a query."""

KINDS_SHOWN: Final = frozenset(("server", "client", "producer", "consumer"))
"""The other kinds say nothing about who called whom."""


PATH_MARK: Final = "*"
"""Stands before the handle of what is on the critical path."""


class Marks(NamedTuple):
    """What the tree says of a line's span, each already as text or empty."""

    handle: str
    on_path: bool = False
    own_time: str = ""
    origin: str = ""
    """Where the failure began, if not here: then this line does not repeat its message."""
    says_more: bool = False
    """It has an exception of its own, with a message that the origin does not have."""
    slowest: str = ""
    """The handle of the longest of several spans."""
    lie: str = ""
    """How several spans lie in time: one after the other, or at once."""
    is_leaf: bool = False


def span_line(span: Span, *, depth: int, trace_start_ns: int, marks: Marks) -> str:
    """Return `  *s7 service name  41 ms  +3 ms  server  ERROR Type "message"`."""
    parts = [
        f"{_begin(depth, marks)}{who(span)}",
        format_duration(span.duration_ns),
        _offset(span, trace_start_ns),
    ]
    if span.kind in KINDS_SHOWN:
        parts.append(span.kind)
    parts += [_target([span]) if marks.is_leaf else "", marks.own_time]
    parts.append(failure(span, marks.origin, says_more=marks.says_more))
    return "  ".join(filter(None, parts))


def folded_line(spans: Sequence[Span], *, depth: int, trace_start_ns: int, marks: Marks) -> str:
    """Return `  s7 x137 service name  p50 3 ms  max 41 ms (s9)  serial  sum 0.8 s  +3 ms`."""
    durations_ns = sorted(span.duration_ns for span in spans)
    first = min(spans, key=lambda span: span.start_ns)
    parts = [
        f"{_begin(depth, marks)}x{len(spans):,} {who(first)}",
        f"p50 {format_duration(durations_ns[(len(durations_ns) - 1) // 2])}",
        f"max {format_duration(durations_ns[-1])} ({marks.slowest})",
        marks.lie,
        f"sum {format_duration(sum(durations_ns))}",
        _offset(first, trace_start_ns),
        _target(spans) if marks.is_leaf else "",
        failure(first, marks.origin),
    ]
    return "  ".join(filter(None, parts))


def who(span: Span) -> str:
    """Return service and span name, each quoted unless it is plainly a name."""
    return f"{service_of(span)} {label(span.name, NAME_CHARS_MAX) if span.name else '(no name)'}"


def service_of(span: Span) -> str:
    """Return the service, quoted unless it is plainly a name."""
    return label(span.service, NAME_CHARS_MAX, one_word=True) if span.service else "(no service)"


def failure(span: Span, origin: str = "", *, says_more: bool = False) -> str:
    """Return `ERROR Type "message"`, `exception ...` if the span did not fail, or nothing.

    With an origin, `ERROR Type from s9`: the message stands there, unless this one says more.
    """
    exception = exception_of(span)
    if not span.failed and exception is None:
        return ""
    message = span.status_message if span.failed else ""
    if not message and exception is not None:
        message = exception.message
    parts = ["ERROR" if span.failed else "exception"]
    kind = exception.type if exception is not None else ""
    if not kind and not origin:
        # Of a failure that is passed on, a status code of its own is no news.
        kind = failure_of(span).type
        kind = "" if kind.rpartition(" ")[2] in message else kind
    if kind:
        parts.append(label(kind, NAME_CHARS_MAX))
    if message and (says_more or not origin):
        parts.append(quoted(message, MESSAGE_CHARS_MAX))
    if origin:
        parts.append(f"from {origin}")
    return " ".join(parts)


def _begin(depth: int, marks: Marks) -> str:
    return f"{_indent(depth)}{PATH_MARK if marks.on_path else ''}{marks.handle} "


def _target(spans: Sequence[Span]) -> str:
    """Return whom calls go to that have no span of the other side."""
    if spans[0].kind not in CALL_KINDS:
        return ""
    targets = {target_of(span) for span in spans}
    if len(targets) > 1:
        return f"to {len(targets):,} targets"
    (target,) = targets
    return f"to {label(target, NAME_CHARS_MAX, one_word=True)}" if target else ""


def _indent(depth: int) -> str:
    return "  " * depth if depth <= INDENT_LEVELS_MAX else f"[d{depth}] "


def _offset(span: Span, trace_start_ns: int) -> str:
    offset_ns = span.start_ns - trace_start_ns
    return f"+{format_duration(offset_ns)}" if offset_ns else "+0"
