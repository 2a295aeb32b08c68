"""The text of what differs between two traces. Must not be here: how they are aligned."""

from typing import Final

from vtmcp.durations import format_duration
from vtmcp.traces.budget import DEFAULT_ANSWER_BYTES, Budget
from vtmcp.traces.calls import CALL_KINDS, target_of
from vtmcp.traces.compare import Change, Comparison, Side
from vtmcp.traces.findings import finding_lines
from vtmcp.traces.handles import handle
from vtmcp.traces.reading import Reading
from vtmcp.traces.safe import label
from vtmcp.traces.span_line import NAME_CHARS_MAX, failure, service_of, who
from vtmcp.traces.times import format_time
from vtmcp.traces.trace_text import trace_name
from vtmcp.traces.tree import NO_PARENT
from vtmcp.traces.trust import counted

PATH_TOLD_MAX: Final = 3
"""Services above a span, the nearest: which call it was."""

LEVELS_MAX: Final = 20
"""They are looked for no further up than this: a trace may be thousands of levels deep."""


def comparison_text(
    one: Reading,
    other: Reading,
    comparison: Comparison,
    *,
    max_bytes: int = DEFAULT_ANSWER_BYTES,
    notice: str = "",
    chosen: str = "",
    next_call: str = "",
) -> str:
    """Return the verdict and a line a change, the costliest first, in at most `max_bytes` bytes.

    `chosen` says how the other trace was found, where nobody named it.
    """
    budget = Budget(max_bytes, closing=lambda left_out: _closing(left_out, next_call))
    budget.head(_verdict(one, other))
    for line in (chosen, notice, *_notes("this", one), *_notes("other", other)):
        if line:
            budget.head(line)
    for line in finding_lines(one.findings):
        budget.head(line)
    shared = counted(comparison.shared_paths, "path")
    changes = counted(len(comparison.changes), "change")
    whose = "sN is a span of this trace, other sN of the other"
    budget.add(f"{changes} beside {shared} that both have, failures first, then by time; {whose}")
    for change in comparison.changes:
        budget.add(_line(one, other, change))
    return budget.text()


def _verdict(one: Reading, other: Reading) -> str:
    more_ns = one.summary.duration_ns - other.summary.duration_ns
    how = "as fast as"
    if more_ns:
        how = f"{format_duration(abs(more_ns))} {'slower' if more_ns > 0 else 'faster'} than"
    return f"{_side(one)} is {how} {_side(other)}"


def _side(reading: Reading) -> str:
    summary = reading.summary
    failed = f", {summary.failed_count:,} failed" if summary.failed_count else ""
    return (
        f"trace {trace_name(summary.trace_id)} ({format_duration(summary.duration_ns)},"
        f" {counted(summary.span_count, 'span')}{failed}, {format_time(summary.start_ns)})"
    )


def _notes(which: str, reading: Reading) -> list[str]:
    return [f"note on {which}: {note}" for note in reading.notes]


def _line(one: Reading, other: Reading, change: Change) -> str:
    reading, side = (one, change.one) if change.one.span_count else (other, change.other)
    parts = [f"{', '.join(change.kinds)}:", _name(reading, side.longest)]
    if change.is_of_both:
        own_ns = change.one.self_ns - change.other.self_ns
        parts += [
            f"{_amount(change.one)} ({handle(change.one.longest)})",
            f"against {_amount(change.other)} (other {handle(change.other.longest)})",
            f"own time {'+' if own_ns >= 0 else ''}{format_duration(own_ns)}",
        ]
    else:
        whose = "" if reading is one else "other "
        parts.append(f"{_amount(side)} ({whose}{handle(side.longest)})")
        if change.below:
            parts.append(f"and {counted(change.below, 'span')} below")
    if change.has_failed or not change.one.span_count:
        parts.append(_failed(reading, side))
    return "  ".join(filter(None, parts))


def _failed(reading: Reading, side: Side) -> str:
    if not side.failed:
        return ""
    times = f"x{side.failed:,} " if side.failed > 1 else ""
    return f"{times}{failure(reading.tree.spans[side.failed_at])} ({handle(side.failed_at)})"


def _name(reading: Reading, here: int) -> str:
    span = reading.tree.spans[here]
    target = target_of(span) if span.kind in CALL_KINDS else ""
    to = f" to {label(target, NAME_CHARS_MAX, one_word=True)}" if target else ""
    return f"{who(span)}{to}{_above(reading, here)}"


def _amount(side: Side) -> str:
    times = f"x{side.span_count:,} " if side.span_count > 1 else ""
    return f"{times}{format_duration(side.sum_ns)}"


def _above(reading: Reading, here: int) -> str:
    """Return ` in checkout < frontend`: the services above, the nearest first."""
    tree = reading.tree
    services = [service_of(tree.spans[here])]
    for _ in range(LEVELS_MAX):
        here = tree.parents[here]
        if here == NO_PARENT or len(services) > PATH_TOLD_MAX:
            break
        if (name := service_of(tree.spans[here])) != services[-1]:
            services.append(name)
    callers = services[1:]
    return f", called by {' < '.join(callers)}" if callers else ""


def _closing(left_out: int, next_call: str) -> str:
    return f"Left out: {left_out:,} changes. Next: {next_call}" if left_out else ""
