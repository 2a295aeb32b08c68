"""One line of text for a span, or for several of one shape.

Must not be here: which lines are shown, how much room there is.
"""

from collections.abc import Sequence
from typing import Final

from vtmcp.durations import format_duration
from vtmcp.traces.model import Span
from vtmcp.traces.safe import label, quoted
from vtmcp.traces.summary import exception_of

INDENT_LEVELS_MAX: Final = 20
"""Deeper levels are written as a number, `[d137]`: indentation costs as much as text."""

NAME_CHARS_MAX: Final = 100
"""A span or service name longer than this is a statement or a URL; its beginning tells which."""

MESSAGE_CHARS_MAX: Final = 160
"""The first sentence of an error message; the rest is a stack or a query."""

KINDS_SHOWN: Final = frozenset(("server", "client", "producer", "consumer"))
"""The other kinds say nothing about who called whom."""


def span_line(span: Span, *, depth: int, trace_start_ns: int) -> str:
    """Return `  service name  41 ms  +3 ms  server  ERROR Type "message"`."""
    parts = [
        f"{_indent(depth)}{who(span)}",
        format_duration(span.duration_ns),
        _offset(span, trace_start_ns),
    ]
    if span.kind in KINDS_SHOWN:
        parts.append(span.kind)
    if what := failure(span):
        parts.append(what)
    return "  ".join(parts)


def folded_line(spans: Sequence[Span], *, depth: int, trace_start_ns: int) -> str:
    """Return `  x137 service name  sum 0.8 s  p50 3 ms  max 41 ms  +3 ms`, for one shape."""
    durations_ns = sorted(span.duration_ns for span in spans)
    first = min(spans, key=lambda span: span.start_ns)
    parts = [
        f"{_indent(depth)}x{len(spans):,} {who(first)}",
        f"sum {format_duration(sum(durations_ns))}",
        f"p50 {format_duration(durations_ns[(len(durations_ns) - 1) // 2])}",
        f"max {format_duration(durations_ns[-1])}",
        _offset(first, trace_start_ns),
    ]
    if what := failure(first):
        parts.append(what)
    return "  ".join(parts)


def who(span: Span) -> str:
    """Return service and span name, each quoted unless it is plainly a name."""
    service = label(span.service, NAME_CHARS_MAX, one_word=True) if span.service else "(no service)"
    return f"{service} {label(span.name, NAME_CHARS_MAX) if span.name else '(no name)'}"


def failure(span: Span) -> str:
    """Return `ERROR Type "message"`, `exception ...` if the span did not fail, or nothing."""
    exception = exception_of(span)
    if not span.failed and exception is None:
        return ""
    parts = ["ERROR" if span.failed else "exception"]
    if exception is not None and exception.type:
        parts.append(label(exception.type, NAME_CHARS_MAX))
    message = span.status_message if span.failed else ""
    if not message and exception is not None:
        message = exception.message
    if message:
        parts.append(quoted(message, MESSAGE_CHARS_MAX))
    return " ".join(parts)


def _indent(depth: int) -> str:
    return "  " * depth if depth <= INDENT_LEVELS_MAX else f"[d{depth}] "


def _offset(span: Span, trace_start_ns: int) -> str:
    offset_ns = span.start_ns - trace_start_ns
    return f"+{format_duration(offset_ns)}" if offset_ns else "+0"
