"""A filter in words, as the first line of an answer says what was searched. Pure.

Must not be here: what a filter does.
"""

from vtmcp.durations import format_duration
from vtmcp.traces.safe import quoted
from vtmcp.traces.spans import SpanFilter
from vtmcp.traces.times import format_window

ANY = "all spans"
"""What is searched where no condition is given."""


def filter_text(wanted: SpanFilter) -> str:
    """Write the conditions and the window: `service "cart", errors, 13:05:00Z to 14:05:00Z`."""
    return ", ".join((*conditions(wanted), format_window(wanted.start_ns, wanted.end_ns)))


def conditions(wanted: SpanFilter) -> list[str]:
    """Write each condition but the window; `all spans` where there is none."""
    parts = []
    if wanted.service:
        parts.append(f"service {quoted(wanted.service)}")
    if wanted.operation:
        parts.append(f"operation {quoted(wanted.operation)}")
    parts += [f"{quoted(name)}={quoted(value)}" for name, value in wanted.tags.items()]
    if wanted.errors_only:
        parts.append("errors only")
    if wanted.duration_min_ns is not None:
        parts.append(f"at least {format_duration(wanted.duration_min_ns)}")
    if wanted.duration_max_ns is not None:
        parts.append(f"at most {format_duration(wanted.duration_max_ns)}")
    return parts or [ANY]
