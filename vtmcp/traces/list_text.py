"""The text of a list of traces: what they have in common, then one line each.

Must not be here: how they were found, or which of them.
"""

from collections.abc import Iterable, Sequence
from typing import Final, NamedTuple

from vtmcp.durations import format_duration
from vtmcp.traces.budget import DEFAULT_ANSWER_BYTES, Budget
from vtmcp.traces.safe import label
from vtmcp.traces.span_line import NAME_CHARS_MAX, who
from vtmcp.traces.summary import Summary
from vtmcp.traces.times import format_time
from vtmcp.traces.trace_set import MARGIN_NS, TraceSet, figures_of
from vtmcp.traces.trust import counted

TRACE_ID_CHARS_MAX = 32
"""A trace id has 32 digits; what is longer is not one, and is cut."""

MOST_SEEN: Final = 5
"""Entry points and services that the head names: enough to see what the traces are about."""


class Listing(NamedTuple):
    """How the traces were asked for. The texts are ours."""

    subject: str
    """What was looked for: `service "cart", 13:05 to 14:05, tenant 0:0`."""
    start_ns: int
    end_ns: int
    limit: int
    slowest: bool = False
    wider_call: str = ""
    """The exact call with more room."""
    more_call: str = ""
    """What to do for more traces than the limit."""


def traces_text(
    found: TraceSet,
    listing: Listing,
    *,
    max_bytes: int = DEFAULT_ANSWER_BYTES,
    notice: str = "",
) -> str:
    """Return the head on all traces that are known, and a line for as many as the limit allows."""
    traces = ordered(found, slowest=listing.slowest)
    shown = traces[: listing.limit]
    hidden = found.total - len(shown)

    def closing(left_out: int) -> str:
        lines = []
        if left_out:
            then = f" Next: {listing.wider_call}" if listing.wider_call else ""
            lines.append(f"Left out: {counted(left_out, 'more trace')}, for want of room.{then}")
        if hidden:
            then = f" Next: {listing.more_call}" if listing.more_call else ""
            limit = f"limit {listing.limit:,} reached"
            lines.append(f"Not listed: {counted(hidden, 'more trace')} that fit; {limit}.{then}")
        return "\n".join(lines)

    budget = Budget(max_bytes, closing=closing)
    for line in (*_head(found, traces, listing), notice):
        if line:
            budget.head(line)
    for line in (_common(traces), _beyond(traces, listing), _order(found, listing)):
        if line:
            budget.head(line)
    for one in shown:
        budget.add(trace_line(one))
    return budget.text()


def ordered(found: TraceSet, *, slowest: bool) -> list[Summary]:
    """Return the traces with the newest first, or the longest."""
    if slowest:
        return sorted(found.traces, key=lambda one: (-one.duration_ns, -one.start_ns))
    return sorted(found.traces, key=lambda one: -one.start_ns)


def trace_line(summary: Summary) -> str:
    """Return id, start, duration, root, and how many spans, services and errors."""
    return "  ".join(
        (
            label(summary.trace_id, TRACE_ID_CHARS_MAX, one_word=True),
            format_time(summary.start_ns),
            format_duration(summary.duration_ns),
            _root(summary),
            counted(summary.span_count, "span"),
            counted(len(summary.services), "service"),
            counted(summary.failed_count, "error") if summary.failed_count else "ok",
        )
    )


def _root(summary: Summary) -> str:
    if summary.root is None:
        return "(no spans)"
    return f"{who(summary.root)}{' (no root span)' if summary.root.parent_span_id else ''}"


def _head(found: TraceSet, traces: Sequence[Summary], listing: Listing) -> Iterable[str]:
    head = f"{counted(found.total, 'trace')} for {listing.subject}"
    if not traces:
        yield f"{head}."
        return
    figures = figures_of(traces)
    of = f"{_known(found, slowest=listing.slowest)}, " if found.total > len(traces) else ""
    p50, longest = format_duration(figures.p50_ns), format_duration(figures.max_ns)
    yield f"{head}: {of}{figures.failed:,} with errors, p50 {p50}, max {longest}."


def _known(found: TraceSet, *, slowest: bool) -> str:
    count = f"{len(found.traces):,}"
    return f"of the {count} with the slowest fitting spans" if slowest else f"of the newest {count}"


def _common(traces: Sequence[Summary]) -> str:
    """Say which roots and services come most often, where there are several traces."""
    if len(traces) < 2:
        return ""
    figures = figures_of(traces)
    roots = [f"{_root(one)} x{count:,}" for one, count in figures.entry_points]
    services = [
        f"{label(one.text, NAME_CHARS_MAX, one_word=True)} x{one.count:,}"
        for one in figures.services
    ]
    return f"Entry points: {_most(roots)}. Services: {_most(services) or 'none named'}."


def _most(texts: Sequence[str]) -> str:
    others = len(texts) - MOST_SEEN
    more = [f"{others:,} more"] if others > 0 else []
    return ", ".join([*texts[:MOST_SEEN], *more])


def _beyond(traces: Sequence[Summary], listing: Listing) -> str:
    """Say which traces the window cuts, as their figures hold for the whole of them."""
    count = sum(
        one.start_ns < listing.start_ns or one.start_ns + one.duration_ns > listing.end_ns
        for one in traces
    )
    if not count:
        return ""
    reach = "reaches" if count == 1 else "reach"
    margin = format_duration(MARGIN_NS)
    return f"{count:,} {reach} beyond the window: spans up to {margin} outside it are counted."


def _order(found: TraceSet, listing: Listing) -> str:
    if not listing.slowest:
        return "Newest first:"
    if found.total > len(found.traces):
        return f"Longest first {_known(found, slowest=True)}:"
    return "Longest first:"
