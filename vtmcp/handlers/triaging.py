"""Asks what a system does now, did before and did yesterday, and what its bad spans share.

At most twelve questions: three periods, two more where nothing is stored before the window, then
two on the spans of each of the first two causes, or two and a few on all. Must not be here: what
counts as a change, text for a reader.
"""

from dataclasses import replace
from typing import TYPE_CHECKING, NamedTuple

from vtmcp.handlers.contrasting import Sets, compare_within, fields_to_share
from vtmcp.handlers.together import together
from vtmcp.handlers.trace_tool import TraceTool
from vtmcp.protocol.messages import Json

if TYPE_CHECKING:
    from vtmcp.traces.changes import Change
    from vtmcp.traces.contrast import Contrast
    from vtmcp.traces.periods import Period
    from vtmcp.traces.spans import SpanFilter
    from vtmcp.traces.strata import Within

DAY_NS = 86_400_000_000_000

VERSION = "resource_attr:service.version"

SPARE_PART = 0.1
"""A period with less than a tenth of the present spans is as good as none to compare with."""

SHARED_ASKED_MAX = 3
"""Attributes that many operations share are asked for one by one: a question each."""


class Asked(NamedTuple):
    """The periods of one call."""

    now: "Period"
    before: "Period"
    yesterday: "Period"
    is_split: bool = False
    """Whether before is the first half of the window itself, as nothing older is stored."""

    @property
    def bases(self) -> "list[Period]":
        return [period for period in (self.before, self.yesterday) if period.parts]

    @property
    def is_empty(self) -> bool:
        return not self.now.parts and not self.bases


async def ask_periods(tool: TraceTool, wanted: "SpanFilter", arguments: Json) -> Asked:
    """The window, the one before it, and yesterday's unless they would overlap."""
    length_ns = wanted.end_ns - wanted.start_ns
    starts = [wanted.start_ns, wanted.start_ns - length_ns]
    if length_ns < DAY_NS:
        starts.append(wanted.start_ns - DAY_NS)
    windows = [(start_ns, start_ns + length_ns) for start_ns in starts]
    periods = [*await _periods(tool, wanted, windows, arguments), _empty(wanted)]
    now, before, yesterday = periods[:3]
    if now.parts and _is_spare(before, now) and _is_spare(yesterday, now):
        middle_ns = wanted.start_ns + length_ns // 2
        halves = [(middle_ns, wanted.end_ns), (wanted.start_ns, middle_ns)]
        now, before = await _periods(tool, wanted, halves, arguments)
        return Asked(now, before, _empty(wanted), is_split=True)
    return Asked(now, before, yesterday)


async def ask_common(
    tool: TraceTool, wanted: "SpanFilter", now: "Period", change: "Change", arguments: Json
) -> "Contrast":
    """What the bad spans of a change have in common, against the others of their group."""
    group = change.group
    everything = replace(
        wanted,
        start_ns=now.start_ns,
        end_ns=now.end_ns,
        service=group.service,
        operation=group.operation,
        tags={"span.kind": group.kind, **({VERSION: group.also} if group.also else {})},
    )
    if change.kind == "errors":
        bad_ones = replace(everything, errors_only=True)
        cluster = group.origins / max(1, group.origin_traces)
    else:
        bad_ones = replace(everything, duration_min_ns=change.compared.bad_from_ns)
        cluster = group.count / max(1, now.serves.get(group.service, 0))
    sets = Sets(everything, bad_ones, group.count, group.bad, cluster)
    return await compare_within(tool, sets, arguments)


async def ask_shared(
    tool: TraceTool, wanted: "SpanFilter", now: "Period", arguments: Json
) -> "list[Within]":
    """What failures of many operations have in common, each operation compared in itself."""
    from vtmcp.traces.contrast_text import Overall  # noqa: PLC0415 - first call only
    from vtmcp.traces.strata import within_operations  # noqa: PLC0415

    window = replace(wanted, start_ns=now.start_ns, end_ns=now.end_ns)
    spans, failing = (sum(getattr(p, of) for p in now.parts) for of in ("count", "bad"))
    sets = Sets(window, replace(window, errors_only=True), spans, failing)
    names, tested = await fields_to_share(tool, sets, arguments)
    source, tenant = tool.desk.source, tool.tenant(arguments)
    names = names[:SHARED_ASKED_MAX]
    found = await together(
        *(lambda name=name: source.activity(window, tenant, also_by=name) for name in names)
    )
    within = [
        one
        for name, parts in zip(names, found, strict=True)
        for one in within_operations(name, parts)
    ]
    began = sum(part.origin_traces for part in now.parts)
    return Overall(began, tested, tuple(within)).findings


async def _periods(
    tool: TraceTool, wanted: "SpanFilter", windows: list[tuple[int, int]], arguments: Json
) -> "list[Period]":
    from vtmcp.traces.periods import Period  # noqa: PLC0415 - first call only

    async def period(start_ns: int, end_ns: int) -> Period:
        if start_ns < 0:
            return _empty(wanted)
        window = replace(wanted, start_ns=start_ns, end_ns=end_ns)
        parts = await tool.desk.source.activity(window, tool.tenant(arguments), also_by=VERSION)
        return Period(start_ns, end_ns, tuple(parts))

    return await together(
        *(lambda start=start, end=end: period(start, end) for start, end in windows)
    )


def _is_spare(period: "Period", now: "Period") -> bool:
    return sum(p.count for p in period.parts) < SPARE_PART * sum(p.count for p in now.parts)


def _empty(wanted: "SpanFilter") -> "Period":
    from vtmcp.traces.periods import Period  # noqa: PLC0415 - first call only

    return Period(wanted.start_ns, wanted.end_ns, ())
