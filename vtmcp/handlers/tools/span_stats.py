"""`span_stats`: rate, errors and durations by service, operation or attribute, beside before."""

import re
from dataclasses import replace
from typing import TYPE_CHECKING

from vtmcp.handlers import parameters
from vtmcp.handlers.filters import FILTERS, span_filter
from vtmcp.handlers.groups_json import groups_json
from vtmcp.handlers.nothing import nothing_found
from vtmcp.handlers.trace_tool import (
    TraceTool,
    UnusableArgumentError,
    call_text,
    read,
    tenant_only,
)
from vtmcp.protocol.messages import Json
from vtmcp.protocol.results import ToolResult

if TYPE_CHECKING:
    from vtmcp.traces.span_groups_text import Table, Totals
    from vtmcp.traces.spans import SpanFilter
    from vtmcp.traces.spans import SpanStats as Group
    from vtmcp.traces.tenant import Tenant

LIMIT = 20
"""Groups shown by a call that does not say: some 3,000 bytes."""

LIMIT_MAX = 1_000

DAY_NS = 86_400_000_000_000

HIDDEN_NS = 30_000_000_000
"""What the database may not show yet (-search.latencyOffset)."""

RESOURCE = "resource_attr:"

_SCOPES = (RESOURCE, "scope_attr:", "span_attr:")
_BETWEEN = re.compile(r"[\s,;\[\]\"']+")
"""What stands between names where a list was written as a text."""


class SpanStats(TraceTool):
    name = "span_stats"
    title = "Rate, errors and durations"
    description = (
        "What got worse: rate, error share, p50, p95, p99 and max over all spans of a window, by"
        " service, operation, kind, status or attributes, beside the window before (or the same"
        " time yesterday), the largest excess of errors and time first. New and vanished groups"
        ' are named. by=["operation"] with a service narrows down; errors tells where failures'
        " began, contrast what slow or failing spans have in common."
    )
    rank = 28
    properties = {  # noqa: RUF012
        "by": {
            "type": ["array", "string"],
            "items": {"type": "string"},
            "maxItems": 10,
            "description": "What to group by: service (the default), operation, kind, status, or"
            " attributes, resource_attr:NAME for those of the resource; [] for one group",
        },
        "compare": {
            "type": "string",
            "enum": ["previous", "yesterday", "none"],
            "description": "The window to compare with: as long and directly before (default)",
        },
        "sort": {
            "type": "string",
            "enum": ["excess", "errors", "p95", "count"],
            "description": "What comes first (default: excess, what got worse by amount)",
        },
        **FILTERS,
        "limit": {
            "type": "integer",
            "minimum": 1,
            "maximum": LIMIT_MAX,
            "description": f"How many groups at most (default {LIMIT})",
        },
        "format": parameters.FORMAT,
        "tenant": parameters.TENANT,
        "max_bytes": parameters.MAX_BYTES,
    }

    async def answer(self, arguments: Json) -> ToolResult | str:
        from vtmcp.traces.span_groups_text import span_groups_text  # noqa: PLC0415 - first call only

        wanted = await span_filter(self, arguments)
        is_json = arguments.get("format") == "json"
        table = await self._table(wanted, arguments)
        if table is None:
            words = await nothing_found(self, wanted, arguments)
            return (
                groups_json([], [], words, max_bytes=self.max_bytes(arguments))
                if is_json
                else words
            )
        limit = arguments.get("limit", LIMIT)
        if is_json:
            return groups_json(
                table.by,
                table.groups[:limit],
                "\n".join(
                    filter(None, (f"{table.subject}.", self.desk.source.notice, *table.notes))
                ),
                max_bytes=self.max_bytes(arguments),
                left_out=max(0, len(table.groups) - limit),
                next_call=self._more(arguments, len(table.groups)),
            )
        return span_groups_text(
            table,
            limit=limit,
            max_bytes=self.max_bytes(arguments),
            notice=self.desk.source.notice,
            more_call=self._more(arguments, len(table.groups)),
            next_call=_next(table, arguments),
        )

    async def _table(self, wanted: "SpanFilter", arguments: Json) -> "Table | None":
        """Both windows side by side; None where there is no span in this one."""
        from vtmcp.traces.filter_text import filter_text  # noqa: PLC0415 - first call only
        from vtmcp.traces.span_groups import compare_groups, sort_groups  # noqa: PLC0415
        from vtmcp.traces.span_groups_text import Table, Totals  # noqa: PLC0415
        from vtmcp.traces.spans import ROWS_MAX  # noqa: PLC0415
        from vtmcp.traces.times import format_window  # noqa: PLC0415

        tenant = self.tenant(arguments)
        by = read(arguments, "by", _names) if "by" in arguments else ["service"]
        other = _other(wanted, arguments.get("compare", "previous"))
        by, now, notes = await self._grouped(wanted, by, tenant)
        if not now:
            return None
        before: list[Group] = []
        if other is not None:
            before = await self._ask(other, by, tenant)
            if not before:
                notes.append(
                    "Nothing to compare with: no span fits in"
                    f" {format_window(other.start_ns, other.end_ns)}."
                )
        are_all = max(len(now), len(before)) <= ROWS_MAX
        if not are_all:
            notes.append(f"More than {ROWS_MAX:,} groups: only those with most spans are compared.")
        compared = compare_groups(now[:ROWS_MAX], before[:ROWS_MAX])
        groups = sort_groups(compared, arguments.get("sort", "excess"))
        return Table(
            f"{filter_text(wanted)}, tenant {tenant}",
            by,
            wanted.end_ns - wanted.start_ns,
            await self._totals(wanted, now, tenant),
            format_window(other.start_ns, other.end_ns) if other and before else "",
            await self._totals(other, before, tenant) if other else Totals(0, 0),
            groups,
            [one for one in compared if one.now is None],
            (*notes, *_late(wanted, self.desk.now_ns())),
            are_all,
        )

    async def _ask(self, wanted: "SpanFilter", by: list[str], tenant: "Tenant") -> "list[Group]":
        """The groups with most spans, and one more where there are more."""
        from vtmcp.traces.spans import ROWS_MAX  # noqa: PLC0415 - first call only

        return await self.desk.source.span_stats(wanted, by, tenant, limit=ROWS_MAX + 1)

    async def _grouped(
        self, wanted: "SpanFilter", by: list[str], tenant: "Tenant"
    ) -> "tuple[list[str], list[Group], list[str]]":
        """The groups, what they are grouped by in the end, and what to say on that.

        A bare name is an attribute of the span. Where no span has it, that of the resource is
        taken: many write `service.version` and mean that one.
        """
        from vtmcp.traces.safe import quoted, safe  # noqa: PLC0415 - first call only

        now = await self._ask(wanted, by, tenant)
        missing = [name for name in _empty(by, now) if not _is_certain(name)]
        if not missing:
            return by, now, []
        renamed = [f"{RESOURCE}{name}" if name in missing else name for name in by]
        again = await self._ask(wanted, renamed, tenant)
        empty = _empty(renamed, again)
        notes = [
            f"No span here has {quoted(name)}; attributes lists those there are."
            if f"{RESOURCE}{name}" in empty
            else f"{quoted(name)} is an attribute of the resource: {RESOURCE}{safe(name)}."
            for name in missing
        ]
        return renamed, again, notes

    async def _totals(
        self, window: "SpanFilter", groups: "list[Group]", tenant: "Tenant"
    ) -> "Totals":
        """All spans of a window, asked for again where not all groups are there."""
        from vtmcp.traces.span_groups_text import Totals  # noqa: PLC0415 - first call only
        from vtmcp.traces.spans import ROWS_MAX  # noqa: PLC0415

        if len(groups) > ROWS_MAX:
            groups = await self._ask(window, [], tenant)
        return Totals(sum(one.count for one in groups), sum(one.errors for one in groups))

    def _more(self, arguments: Json, groups: int) -> str:
        """The same call with room for all groups, as far as there is more to be had."""
        shown = arguments.get("limit", LIMIT)
        if shown >= groups:
            return self.wider_call(arguments)
        return call_text(self.name, {**arguments, "limit": groups})


def _names(value: list[str] | str) -> list[str]:
    """The fields to group by, each once. Raises `ValueError` for too many."""
    from vtmcp.traces.spans import BY_MAX  # noqa: PLC0415 - first call only

    texts = [text for text in _BETWEEN.split(value) if text] if isinstance(value, str) else value
    names = list(dict.fromkeys(text for text in texts if text))
    if len(names) > BY_MAX:
        raise ValueError(f"{len(names)} names; accepted: at most {BY_MAX}")
    return names


def _other(wanted: "SpanFilter", compare: str) -> "SpanFilter | None":
    """The window to compare with. Raises `UnusableArgumentError` for one that would overlap."""
    length_ns = wanted.end_ns - wanted.start_ns
    if compare == "none":
        return None
    if compare == "yesterday" and length_ns > DAY_NS:
        raise UnusableArgumentError(
            "compare=yesterday needs a window of at most a day; use previous, or a shorter one"
        )
    back_ns = DAY_NS if compare == "yesterday" else length_ns
    return replace(
        wanted, start_ns=max(0, wanted.start_ns - back_ns), end_ns=max(0, wanted.end_ns - back_ns)
    )


def _empty(by: list[str], groups: "list[Group]") -> list[str]:
    """The names that no group has a value for."""
    return [
        name
        for place, name in enumerate(by)
        if groups and not any(one.keys[place] for one in groups)
    ]


def _is_certain(name: str) -> bool:
    """Whether a name can mean one thing only."""
    from vtmcp.traces.spans import FIELDS  # noqa: PLC0415 - first call only

    return name in FIELDS or name.startswith(_SCOPES)


def _late(wanted: "SpanFilter", now_ns: int) -> list[str]:
    """What is said of a window that ends about now."""
    missing_ns = wanted.end_ns - (now_ns - HIDDEN_NS)
    if missing_ns <= 0:
        return []
    share = 100 * missing_ns / (wanted.end_ns - wanted.start_ns)
    return [
        "The last 30 s may be missing (-search.latencyOffset):"
        f" rates are up to {min(share, 100):.1f} % too low; shares and durations are not."
    ]


def _next(table: "Table", arguments: Json) -> str:
    """The call that looks closer at what got worse most, if something did."""
    from vtmcp.durations import format_duration  # noqa: PLC0415 - first call only

    kept = {name: value for name, value in arguments.items() if name in FILTERS}
    kept |= tenant_only(arguments)
    if any(one.fails_more for one in table.groups):
        return call_text("errors", kept)
    slower = max(table.groups, key=lambda one: one.slower)
    if not slower.slower or not slower.now or not slower.before:
        return ""
    names = dict(zip(table.by, slower.keys, strict=True))
    where = {name: names[name] for name in ("service", "operation") if names.get(name)}
    bound = format_duration(slower.before.p95_ns).replace(" ", "")
    return call_text("contrast", {**kept, **where, "slower_than": bound})
