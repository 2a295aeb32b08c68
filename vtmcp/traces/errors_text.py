"""Where failures began, as text: one block a group, the largest first.

Must not be here: grouping, asking.
"""

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Final, NamedTuple

from vtmcp.traces.budget import Budget, closing_line
from vtmcp.traces.error_groups import ErrorGroup, Suspect
from vtmcp.traces.model import Span
from vtmcp.traces.safe import label, quoted
from vtmcp.traces.share_text import percent
from vtmcp.traces.span_line import MESSAGE_CHARS_MAX, NAME_CHARS_MAX, service_of, who
from vtmcp.traces.times import format_time, format_window
from vtmcp.traces.trust import counted

ROOTS_SHOWN: Final = 3
PASSED_SHOWN: Final = 6
"""An error passed up five services names them all."""

TraceCall = Callable[[str], str]
"""Writes the call that shows the trace of an id."""


class Tally(NamedTuple):
    """Spans, and how many of them failed."""

    spans: int
    failed: int


class About(NamedTuple):
    """What is known of the operation that a group began in, over all of its spans.

    Where ids are in the names of spans, it is the whole service instead.
    """

    what: str
    now: Tally
    before: Tally | None
    suspects: Sequence[Suspect] = ()


class Found(NamedTuple):
    """The failures in a window. `all_spans` fit, and are counted exactly."""

    subject: str
    all_spans: Tally
    groups: Sequence[ErrorGroup]
    abouts: Sequence[About | None]
    """Of the first groups; None where there is nothing certain to say."""
    notes: Sequence[str] = ()


def errors_text(
    errors: Found,
    *,
    limit: int,
    max_bytes: int,
    notice: str,
    trace_call: TraceCall,
    next_call: str,
    more_call: str,
) -> str:
    """Write the verdict, then a block for each of `limit` groups, then the next call."""
    origins = sum(group.count for group in errors.groups)
    budget = Budget(max_bytes, closing=closing_line(more_call, "groups of failures"))
    spans, failed = errors.all_spans
    share = f"{failed:,} of {counted(spans, 'span')} failed ({percent(failed, spans)})"
    verdict = "No errors"
    if errors.groups:
        groups = counted(len(errors.groups), "group")
        verdict = f"{counted(origins, 'failure')} in {groups}, told where they began"
    budget.head(f"{verdict}: {share}, {errors.subject}.")
    for line in (notice, *errors.notes):
        if line:
            budget.head(line)
    for number, group in enumerate(errors.groups[:limit]):
        about = errors.abouts[number] if number < len(errors.abouts) else None
        budget.add("\n".join(_block(number + 1, group, origins, about, trace_call)))
    budget.leave_out(max(0, len(errors.groups) - limit))
    if next_call and not budget.left_out:
        budget.add(f"Next: {next_call}", 0)
    return budget.text()


def _block(
    number: int, group: ErrorGroup, origins: int, about: About | None, trace_call: TraceCall
) -> list[str]:
    lines = [
        f"{number}. x{group.count:,} ({percent(group.count, origins)}) {_kind(group)}",
        f"   in {counted(len(group.traces), 'trace')}, {_when(group)}{_rate(about)}",
    ]
    if about is not None and about.suspects:
        told = [_suspect(one, f" of this {about.what}'s spans") for one in about.suspects]
        lines.append(f"   all on {' and '.join(told)}")
    lines.append(f"   {_reached(group)}{_passed(group)}")
    lines.append(f"   e.g. {', '.join(map(trace_call, group.examples))}")
    return lines


def _kind(group: ErrorGroup) -> str:
    """Write `payment POST /charge  CardError "card <n> declined"`."""
    kind = group.kind
    parts = [_who(kind.service, group.operation)]
    if kind.type:
        parts.append(label(kind.type, NAME_CHARS_MAX))
    if group.message:
        parts.append(quoted(group.message, MESSAGE_CHARS_MAX))
    return "  ".join(parts if len(parts) > 1 else [*parts, "(no type, no message)"])


def _when(group: ErrorGroup) -> str:
    if group.first_ns == group.last_ns:
        return f"at {format_time(group.first_ns)}"
    return format_window(group.first_ns, group.last_ns)


def _rate(about: About | None) -> str:
    if about is None:
        return ""
    now, before = about.now, about.before
    told = f"; of this {about.what} {_failed(now)}"
    return f"{told}, in the window before {_failed(before)}" if before else told


def _failed(tally: Tally) -> str:
    share = percent(tally.failed, tally.spans)
    return f"{tally.failed:,} of {counted(tally.spans, 'span')} failed ({share})"


def _suspect(one: Suspect, of_what: str) -> str:
    value = label(one.value, NAME_CHARS_MAX, one_word=True)
    return f"{one.name} {value}, which has {100 * one.share:.3g} %{of_what}"


def _reached(group: ErrorGroup) -> str:
    roots = [f"{_who(*root)} x{count:,}" for root, count in group.roots.most_common(ROOTS_SHOWN)]
    more = len(group.roots) - len(roots)
    if more:
        roots.append(f"{more} more")
    unknown = len(group.traces) - group.known_roots
    told = f"reached {', '.join(roots)}"
    if group.known_roots:
        told += f" ({group.failed_roots:,} of {group.known_roots:,} failed there)"
    return f"{told}; {counted(unknown, 'trace')} without a root" if unknown else told


def _passed(group: ErrorGroup) -> str:
    if not group.passed:
        return ""
    shown = group.passed.most_common(PASSED_SHOWN)
    more = len(group.passed) - len(shown)
    names = [_service(name) for name, _ in shown]
    return f"; passed on by {', '.join(names)}{f' and {more} more' if more else ''}"


def _who(service: str, operation: str) -> str:
    return who(replace(_NOBODY, service=service, name=operation))


def _service(name: str) -> str:
    return service_of(replace(_NOBODY, service=name))


_NOBODY: Final = Span(trace_id="", span_id="", service="", name="", start_ns=0, duration_ns=0)
"""What is told of a service or an operation is told as of a span of it."""
