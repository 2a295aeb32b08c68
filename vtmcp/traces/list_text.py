"""The text of a list of traces, one line each. Must not be here: how they were found."""

from collections.abc import Sequence

from vtmcp.durations import format_duration
from vtmcp.traces.budget import DEFAULT_ANSWER_BYTES, Budget, closing_line
from vtmcp.traces.model import Trace
from vtmcp.traces.safe import label
from vtmcp.traces.span_line import who
from vtmcp.traces.summary import Summary, summarise
from vtmcp.traces.times import format_time
from vtmcp.traces.trust import counted

TRACE_ID_CHARS_MAX = 32
"""A trace id has 32 digits; what is longer is not one, and is cut."""


def traces_text(
    traces: Sequence[Trace],
    *,
    max_bytes: int = DEFAULT_ANSWER_BYTES,
    subject: str = "",
    notice: str = "",
    next_call: str = "",
) -> str:
    """Return a header with counts and one line a trace, the newest first.

    `subject` says what was looked for and is ours (`service cart, 13:05 to 14:05`); `next_call`
    is the exact call that shows what did not fit.
    """
    summaries = sorted(map(summarise, traces), key=lambda summary: -summary.start_ns)
    budget = Budget(max_bytes, closing=closing_line(next_call, "older traces"))
    budget.head(_header(summaries, subject))
    if notice:
        budget.head(notice)
    for summary in summaries:
        budget.add(trace_line(summary))
    return budget.text()


def trace_line(summary: Summary) -> str:
    """Return id, start, duration, root, and how many spans, services and errors."""
    return "  ".join(
        (
            label(summary.trace_id, TRACE_ID_CHARS_MAX, one_word=True),
            format_time(summary.start_ns),
            format_duration(summary.duration_ns),
            who(summary.root) if summary.root else "(no spans)",
            counted(summary.span_count, "span"),
            counted(len(summary.services), "service"),
            counted(summary.failed_count, "error") if summary.failed_count else "ok",
        )
    )


def _header(summaries: Sequence[Summary], subject: str) -> str:
    failed = sum(summary.failed_count > 0 for summary in summaries)
    header = counted(len(summaries), "trace")
    if subject:
        header = f"{header} for {subject}"
    if not summaries:
        return f"{header}."
    return f"{header}, {failed:,} with errors, newest first."
