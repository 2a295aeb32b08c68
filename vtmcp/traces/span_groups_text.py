"""Rate, errors and durations of groups of spans, as text: the verdict, then one line a group.

Must not be here: what counts as worse (`span_groups.py`), asking.
"""

from collections.abc import Callable, Sequence
from typing import Final, NamedTuple

from vtmcp.durations import format_duration
from vtmcp.traces.budget import Budget, closing_line
from vtmcp.traces.safe import label
from vtmcp.traces.share_text import percent
from vtmcp.traces.span_groups import FEW, NS_PER_S, Compared
from vtmcp.traces.span_line import NAME_CHARS_MAX
from vtmcp.traces.spans import SpanStats
from vtmcp.traces.trust import counted

NAMED_MAX: Final = 3
"""Groups that the verdict names; the table has the others."""

NEW_MAX: Final = 5
"""Groups of one of the windows alone that are named."""

_UNITS_NS: Final = {"s": NS_PER_S, "min": 60 * NS_PER_S, "h": 3_600 * NS_PER_S}


class Totals(NamedTuple):
    """All spans of a window that fit, and how many of them failed."""

    spans: int
    errors: int


class Table(NamedTuple):
    """What is shown. `groups` are sorted; those that only the other window has are `gone`."""

    subject: str
    by: Sequence[str]
    length_ns: int
    now: Totals
    other: str
    """The other window in words; empty where there is none, or no span in it."""
    before: Totals
    groups: Sequence[Compared]
    gone: Sequence[Compared]
    notes: Sequence[str] = ()
    are_all: bool = True
    """Whether these are all groups of both windows, so that a group can be called new or gone."""


def span_groups_text(
    table: Table, *, limit: int, max_bytes: int, notice: str, more_call: str, next_call: str
) -> str:
    """Write the verdict, the notes, and a line for each of `limit` groups."""
    budget = Budget(max_bytes, closing=closing_line(more_call, "groups"))
    for line in (*_verdict(table), notice, *table.notes, *_legend(table)):
        if line:
            budget.head(line)
    for one in table.groups[:limit]:
        budget.add(_row(one, table))
    budget.leave_out(max(0, len(table.groups) - limit))
    if next_call and not budget.left_out:
        budget.add(f"Next: {next_call}", 0)
    return budget.text()


def name_of(keys: Sequence[str]) -> str:
    """Write the values of a group: `payment, POST /charge`; `(none)` for one that spans lack."""
    return ", ".join(label(key, NAME_CHARS_MAX) if key else "(none)" for key in keys) or "all"


def rate(count: int, length_ns: int) -> str:
    """Write how often: `12.3/s`, `4.2/min`, `3/h`."""
    times = {unit: count * unit_ns / max(length_ns, 1) for unit, unit_ns in _UNITS_NS.items()}
    unit = next((unit for unit, often in times.items() if often >= 1), "h")
    return f"{times[unit]:.3g}/{unit}" if times[unit] < 1_000 else f"{times[unit]:,.0f}/{unit}"


def _verdict(table: Table) -> list[str]:
    spans, errors = table.now
    head = (
        f"{counted(spans, 'span')}, {rate(spans, table.length_ns)}, {percent(errors, spans)} failed"
    )
    if not table.other:
        return [f"{head}: {table.subject}.", _most(table)]
    then = (
        f" (before {rate(table.before.spans, table.length_ns)},"
        f" {percent(table.before.errors, table.before.spans)})"
    )
    lines = [f"{head}{then}: {table.subject}; before: {table.other}."]
    lines += [_failing(table), _slower(table), _new_and_gone(table)]
    return lines


def _most(table: Table) -> str:
    failing = [one.now for one in table.groups if one.now and one.now.errors]
    failing.sort(key=lambda one: -one.errors)
    told = [
        f"{name_of(one.keys)} {percent(one.errors, one.count)} ({one.errors:,})"
        for one in failing[:NAMED_MAX]
    ]
    return f"Most failures in {'; '.join(told)}." if told else "No span failed."


def _failing(table: Table) -> str:
    worse = [one for one in table.groups if one.fails_more]
    worse.sort(key=lambda one: -one.excess_errors)
    told = [
        f"{name_of(one.keys)} {percent(one.before.errors, one.before.count)} ->"
        f" {percent(one.now.errors, one.now.count)} (+{one.excess_errors:,.0f})"
        for one in worse[:NAMED_MAX]
        if one.now and one.before
    ]
    if not told:
        return "Errors: no group fails more than chance explains."
    return f"Errors rose, most in {'; '.join(told)}{_and_more(len(worse) - len(told))}."


def _slower(table: Table) -> str:
    worse = [one for one in table.groups if one.slower]
    worse.sort(key=lambda one: -one.slower)
    told = [
        f"{name_of(one.keys)} p50 {format_duration(one.before.p50_ns)} ->"
        f" {format_duration(one.now.p50_ns)}, p95 {format_duration(one.before.p95_ns)} ->"
        f" {format_duration(one.now.p95_ns)} (x{one.slower:.3g})"
        for one in worse[:NAMED_MAX]
        if one.now and one.before
    ]
    if not told:
        return "Durations: no group is slower than chance explains."
    return f"Slower, most by factor: {'; '.join(told)}{_and_more(len(worse) - len(told))}."


def _new_and_gone(table: Table) -> str:
    if not table.are_all:
        return ""
    new = [one for one in table.groups if one.before is None]
    said = []
    for word, groups in (("New", new), ("Gone", table.gone)):
        many = sorted((one for one in groups if _count(one) >= FEW), key=_count, reverse=True)
        told = [f"{name_of(one.keys)} ({counted(_count(one), 'span')})" for one in many[:NEW_MAX]]
        if len(many) > NEW_MAX:
            told.append(f"{len(many) - NEW_MAX:,} more")
        if few := len(groups) - len(many):
            told.append(f"{few:,} of under {FEW} spans")
        if told:
            said.append(f"{word}: {'; '.join(told)}.")
    return " ".join(said)


def _count(one: Compared) -> int:
    spans = one.now or one.before
    return spans.count if spans else 0


def _and_more(count: int) -> str:
    return f"; {count:,} more" if count > 0 else ""


def _legend(table: Table) -> list[str]:
    told = [f"By {', '.join(label(name) for name in table.by)}" if table.by else "All together"]
    if table.other:
        told.append("before in brackets; what calls a slow or failing span has its excess too")
    if any(_is_few(one) for one in table.groups):
        told.append(f"few: under {FEW} spans, whose shares and quantiles mean little")
    return [f"{'; '.join(told)}:"]


def _is_few(one: Compared) -> bool:
    return one.now is not None and one.now.count < FEW


def _row(one: Compared, table: Table) -> str:
    now, before = one.now or _NOTHING, one.before
    shown: list[tuple[str, Callable[[SpanStats], str]]] = [
        ("", lambda spans: rate(spans.count, table.length_ns)),
        ("errors ", lambda spans: percent(spans.errors, spans.count)),
        ("p50 ", lambda spans: format_duration(spans.p50_ns)),
        ("p95 ", lambda spans: format_duration(spans.p95_ns)),
        ("p99 ", lambda spans: format_duration(spans.p99_ns)),
        ("max ", lambda spans: format_duration(spans.max_ns)),
    ]
    parts = [name_of(one.keys), counted(now.count, "span")]
    for word, write in shown:
        parts.append(f"{word}{write(now)}" + (f" ({write(before)})" if before else ""))
    parts += [
        _excess(one) if table.other else "",
        "new" if table.other and table.are_all and before is None else "",
        "few" if _is_few(one) else "",
    ]
    return "  ".join(filter(None, parts))


def _excess(one: Compared) -> str:
    """Write what got worse by amount, where that is something."""
    parts = []
    if one.excess_errors >= 1:
        parts.append(f"+{one.excess_errors:,.0f} errors")
    if one.excess_ns >= NS_PER_S / 10:
        parts.append(f"+{format_duration(int(one.excess_ns))}")
    return f"excess {' '.join(parts)}" if parts else ""


_NOTHING: Final = SpanStats((), 0, 0, 0, 0, 0, 0, 0)
