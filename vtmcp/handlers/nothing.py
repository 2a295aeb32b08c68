"""What to say where no span fits: one answer that tells why, as far as that can be found out.

Each condition is left out once and what fits then is counted, names that do not occur get near
ones, and a window without any span is said to be one. Must not be here: the text of an answer
that found something.
"""

from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, NamedTuple

import anyio

from vtmcp.handlers.near import near_names, near_words, service_words, services_of
from vtmcp.handlers.trace_tool import TraceTool, call_text, longer, tenant_only
from vtmcp.protocol.messages import Json

if TYPE_CHECKING:
    from vtmcp.traces.relaxing import Relaxed
    from vtmcp.traces.spans import SpanFilter

PATIENCE_S = 8.0
"""What the search for a reason may take; what is not known by then is left out."""

NEWEST_NS = 30 * 86_400_000_000_000
"""How far back the newest span is looked for: longer than most keep theirs."""

FRESH_NS = 60_000_000_000
"""A window within the last minute may be empty only because spans are searched 30 s late."""

OLDEST_NS = 1_420_070_400_000_000_000
"""2015: nobody traced anything before; such a time was written in another unit."""

VALUES_SHOWN = 5

NOT_READY = "The last 30 s are not searched yet (-search.latencyOffset)."


async def nothing_found(tool: TraceTool, wanted: "SpanFilter", arguments: Json) -> str:
    """The whole answer where `wanted` fits nothing. Keeps to `max_bytes`; raises nothing."""
    from vtmcp.traces.budget import Budget, closing_line  # noqa: PLC0415 - first call only
    from vtmcp.traces.filter_text import filter_text  # noqa: PLC0415

    budget = Budget(tool.max_bytes(arguments), closing=closing_line("", "hints"))
    budget.head(f"No spans: {filter_text(wanted)}, tenant {tool.tenant(arguments)}.")
    if tool.desk.source.notice:
        budget.head(tool.desk.source.notice)
    known = await _look(tool, wanted, arguments)
    lines = [*_on_the_window(tool, wanted, known), *_on_conditions(known)]
    lines += [f"Next: {call}" for call in _calls(tool, wanted, arguments, known)]
    for line in lines:
        budget.add(line)
    return budget.text()


class _Count(NamedTuple):
    """What fits without one condition; `hint` is about the condition itself."""

    relaxed: "Relaxed"
    spans: int
    hint: "_Hint"


class _Known:
    """What was found out in time; None for what was not."""

    def __init__(self) -> None:
        self.in_window: int | None = None
        self.newest_ns: int | None = None
        self.has_any: bool | None = None
        self.counts: list[_Count] = []


async def _look(tool: TraceTool, wanted: "SpanFilter", arguments: Json) -> _Known:
    from vtmcp.traces.relaxing import bare, relaxations  # noqa: PLC0415 - empty answers only

    known, relaxed = _Known(), relaxations(wanted)
    found: dict[int, _Count] = {}

    async def window() -> None:
        known.in_window = await _count(tool, bare(wanted), arguments)
        if known.in_window == 0:
            await _find_newest(tool, arguments, known)

    async def without_one(place: int, one: "Relaxed") -> None:
        count = await _count(tool, one.wanted, arguments)
        hint = await _hint(tool, one, wanted, arguments) if count else _Hint()
        found[place] = _Count(one, count, hint)

    with anyio.move_on_after(PATIENCE_S):
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(_quietly, window)
            for place, one in enumerate(relaxed):
                tasks.start_soon(_quietly, lambda place=place, one=one: without_one(place, one))
    known.counts = [found[place] for place in sorted(found)]
    return known


async def _quietly(ask: Callable[[], Awaitable[None]]) -> None:
    """Ask; what the source cannot say stays unknown, and the answer stands without it."""
    from vtmcp.traces.model import SourceError  # noqa: PLC0415 - empty answers only

    try:
        await ask()
    except SourceError:
        return


async def _count(tool: TraceTool, wanted: "SpanFilter", arguments: Json) -> int:
    source, tenant = tool.desk.source, tool.tenant(arguments)
    return sum((await source.span_counts(wanted, tenant, buckets=1)).counts)


async def _find_newest(tool: TraceTool, arguments: Json, known: _Known) -> None:
    from vtmcp.traces.spans import SpanFilter  # noqa: PLC0415 - empty answers only

    now_ns = tool.desk.now_ns()
    lately = SpanFilter(start_ns=max(0, now_ns - NEWEST_NS), end_ns=now_ns)
    spans = await tool.desk.source.spans(lately, tool.tenant(arguments), limit=1)
    known.has_any = bool(spans)
    if spans:
        known.newest_ns = spans[0].end_ns


class _Hint(NamedTuple):
    """What is known of a condition that leaves nothing: near names, values that occur."""

    text: str = ""
    instead: str = ""
    """The one name that was probably meant."""


async def _hint(tool: TraceTool, one: "Relaxed", wanted: "SpanFilter", arguments: Json) -> _Hint:
    source, tenant = tool.desk.source, tool.tenant(arguments)
    if one.argument == "service":
        services = await services_of(source, tenant)
        words = service_words(wanted.service, services)
        return _Hint(words, _only_near(wanted.service, services or []))
    if one.argument == "operation" and wanted.service:
        names = await source.operations(wanted.service, tenant)
        words = near_words("operation", wanted.operation, names)
        return _Hint(words, _only_near(wanted.operation, names))
    if one.tag:
        values = await source.field_values(one.wanted, one.tag, tenant, limit=VALUES_SHOWN)
        there = [value.text for value in values if value.text]
        if there:
            return _Hint(_values_text(there))
        found = await source.field_names(one.wanted, tenant)
        return _Hint(near_words("attribute", one.tag, [name.text for name in found]))
    return _Hint()


def _only_near(asked: str, names: list[str]) -> str:
    """The one name like the one that was asked for, if there is just one and it is another."""
    near = near_names(asked, names)
    return near[0] if len(near) == 1 and asked not in names else ""


def _values_text(values: list[str]) -> str:
    from vtmcp.traces.safe import quoted  # noqa: PLC0415 - empty answers only

    shown = ", ".join(quoted(value) for value in values)
    return f"Its values there begin with: {shown}."


def _on_the_window(tool: TraceTool, wanted: "SpanFilter", known: _Known) -> list[str]:
    from vtmcp.durations import format_duration  # noqa: PLC0415 - empty answers only
    from vtmcp.traces.times import format_time  # noqa: PLC0415
    from vtmcp.traces.trust import counted  # noqa: PLC0415

    now_ns, lines = tool.desk.now_ns(), []
    if wanted.start_ns >= now_ns:
        lines.append(f"The window is in the future; here it is {format_time(now_ns)}.")
    elif wanted.start_ns < OLDEST_NS:
        lines.append("The window begins before 2015: was start given in another unit?")
    if wanted.end_ns > now_ns - FRESH_NS and wanted.start_ns > now_ns - FRESH_NS:
        lines.append(NOT_READY)
    if known.in_window:
        lines.append(f"The window holds {counted(known.in_window, 'span')} in all.")
    elif known.in_window == 0:
        lines.append("In this window the tenant has no spans at all, whatever the conditions.")
    if known.newest_ns is not None:
        ago = format_duration(max(0, now_ns - known.newest_ns))
        lines.append(f"Its newest span ended at {format_time(known.newest_ns)}, {ago} ago.")
    elif known.has_any is False:
        days = NEWEST_NS // 86_400_000_000_000
        lines.append(f"In the last {days} days it has none either: is this the right tenant?")
    return lines


def _on_conditions(known: _Known) -> list[str]:
    from vtmcp.traces.trust import counted  # noqa: PLC0415 - empty answers only

    if not known.in_window:
        return []
    lines = [
        f"Without {one.relaxed.condition}: {counted(one.spans, 'span')}. {one.hint.text}".rstrip()
        for one in known.counts
    ]
    if len(known.counts) > 1 and not any(one.spans for one in known.counts):
        lines.append("So no single condition is to blame: two or more of them leave nothing.")
    return lines


def _calls(tool: TraceTool, wanted: "SpanFilter", arguments: Json, known: _Known) -> list[str]:
    """The calls that find something, as far as that is known; else a longer window."""
    from vtmcp.durations import format_duration  # noqa: PLC0415 - empty answers only
    from vtmcp.traces.relaxing import without  # noqa: PLC0415
    from vtmcp.traces.times import format_time  # noqa: PLC0415

    fitting = [one for one in known.counts if one.spans]
    calls = [
        call_text(tool.name, {**arguments, one.relaxed.argument: one.hint.instead})
        for one in fitting
        if one.hint.instead
    ]
    calls += [call_text(tool.name, without(arguments, one.relaxed)) for one in fitting]
    if calls:
        return calls
    if known.newest_ns is not None:
        window_ns = wanted.end_ns - wanted.start_ns
        end_ns = known.newest_ns + 1_000_000_000
        window = {
            "start": format_time(max(0, end_ns - window_ns)),
            "end": format_time(end_ns),
        }
        return [
            f"{call_text(tool.name, {**arguments, **window})} for the last"
            f" {format_duration(window_ns)} that have spans"
        ]
    length = longer(wanted.end_ns - wanted.start_ns)
    if length and known.has_any is not False:
        rest = {name: value for name, value in arguments.items() if name != "end"}
        calls.append(call_text(tool.name, {**rest, "start": f"now-{length}"}))
    return [*calls, call_text("services", tenant_only(arguments))]
