"""`traces`: find traces by service, operation, attributes, duration and time, and sum them up.

Must not be here: how its answer reads (`traces/list_text.py`).
"""

from typing import TYPE_CHECKING

from vtmcp.handlers import parameters
from vtmcp.handlers.filters import FILTERS_EXPLAINED, span_filter
from vtmcp.handlers.nothing import nothing_found
from vtmcp.handlers.trace_tool import TraceTool, call_text
from vtmcp.protocol.messages import Json
from vtmcp.protocol.results import ToolResult

if TYPE_CHECKING:
    from vtmcp.traces.list_text import Listing
    from vtmcp.traces.model import TraceQuery
    from vtmcp.traces.spans import SpanFilter
    from vtmcp.traces.trace_set import TraceSet

LIMIT = 20
"""How many traces a call returns that does not say: as many as a reader compares."""

LIMIT_MAX = 1000
"""The most that VictoriaTraces takes in one search; more is a 400."""

SUMMED_UP = 400
"""Traces that the head sums up, though fewer are listed: what one query of the database names."""

MORE = 5
"""By how much a suggested call raises the limit: more would be a flood."""

_NARROWER = "a shorter window (start, end) or more conditions"


class Traces(TraceTool):
    name = "traces"
    title = "Find traces"
    description = (
        "Find traces with a span that fits all conditions: how many there are, how many failed,"
        " p50 and longest, the entry points and services most seen, then one line a trace with"
        " id, start, duration, root, spans, services and errors of the whole trace. The last hour"
        " unless start and end say otherwise. format=json with a service gives whole traces,"
        " else the figures. Next: trace with an id from here; span_stats for rates and quantiles"
        " over all spans."
    )
    rank = 30
    properties = {  # noqa: RUF012
        **FILTERS_EXPLAINED,
        "sort": {
            "type": "string",
            "enum": ["time", "duration"],
            "description": "time (default): newest first; duration: longest first",
        },
        "limit": {
            "type": "integer",
            "minimum": 1,
            "maximum": LIMIT_MAX,
            "description": f"How many traces at most (default {LIMIT})",
        },
        "format": parameters.FORMAT,
        "tenant": parameters.TENANT,
        "max_bytes": parameters.MAX_BYTES,
    }

    async def answer(self, arguments: Json) -> ToolResult | str:
        from vtmcp.traces.list_text import traces_text  # noqa: PLC0415 - first call only

        wanted = await span_filter(self, arguments)
        is_json = arguments.get("format") == "json"
        if is_json and wanted.service:
            return await self._raw(wanted, arguments)
        listing = self._listing(wanted, arguments)
        found = await self.desk.source.trace_summaries(
            wanted,
            self.tenant(arguments),
            limit=max(listing.limit, SUMMED_UP),
            slowest=listing.slowest,
        )
        if not found.traces:
            return await self._nothing(wanted, arguments)
        if is_json:
            return self._figures(found, listing, arguments)
        return traces_text(
            found,
            listing._replace(more_call=_more_call(found, arguments)),
            max_bytes=self.max_bytes(arguments),
            notice=self.desk.source.notice,
        )

    def _listing(self, wanted: "SpanFilter", arguments: Json) -> "Listing":
        from vtmcp.traces.filter_text import filter_text  # noqa: PLC0415 - first call only
        from vtmcp.traces.list_text import Listing  # noqa: PLC0415

        return Listing(
            subject=f"{filter_text(wanted)}, tenant {self.tenant(arguments)}",
            start_ns=wanted.start_ns,
            end_ns=wanted.end_ns,
            limit=arguments.get("limit", LIMIT),
            slowest=arguments.get("sort") == "duration",
            wider_call=self.wider_call(arguments),
        )

    async def _raw(self, wanted: "SpanFilter", arguments: Json) -> ToolResult | str:
        """What the database says of each trace, found by its own search."""
        from vtmcp.handlers.raw_json import raw_json  # noqa: PLC0415 - first call only

        query = _trace_query(wanted, arguments.get("limit", LIMIT))
        found = await self.desk.source.search(query, self.tenant(arguments))
        if not found.traces:
            return await self._nothing(wanted, arguments)
        listing = self._listing(wanted, arguments)
        order = "; the newest, as sort does not apply to json" if listing.slowest else ""
        return raw_json(
            found.raw,
            subject=f"{listing.subject}{order}",
            max_bytes=self.max_bytes(arguments),
            notice=self.desk.source.notice,
            next_call=listing.wider_call,
        )

    def _figures(self, found: "TraceSet", listing: "Listing", arguments: Json) -> ToolResult:
        from vtmcp.handlers.list_json import list_json  # noqa: PLC0415 - first call only
        from vtmcp.handlers.traces_json import figures_objects  # noqa: PLC0415
        from vtmcp.traces.trust import counted  # noqa: PLC0415

        items = figures_objects(found, listing)
        return list_json(
            "traces",
            items,
            words=f"{counted(found.total, 'trace')} for {listing.subject}; these are figures, and"
            " format=json with a service gives whole traces.",
            unlisted=found.total - len(items),
            max_bytes=self.max_bytes(arguments),
            notice=self.desk.source.notice,
            next_call=listing.wider_call,
        )

    async def _nothing(self, wanted: "SpanFilter", arguments: Json) -> ToolResult | str:
        from vtmcp.handlers.raw_json import nothing_said  # noqa: PLC0415 - first call only

        return nothing_said(await nothing_found(self, wanted, arguments), arguments)


def _trace_query(wanted: "SpanFilter", limit: int) -> "TraceQuery":
    from vtmcp.traces.model import TraceQuery  # noqa: PLC0415 - first call only

    errors = {"error": "true"} if wanted.errors_only else {}
    return TraceQuery(
        service=wanted.service,
        operation=wanted.operation,
        tags={**wanted.tags, **errors},
        start_ns=wanted.start_ns,
        end_ns=wanted.end_ns,
        duration_min_ns=wanted.duration_min_ns,
        duration_max_ns=wanted.duration_max_ns,
        limit=limit,
    )


def _more_call(found: "TraceSet", arguments: Json) -> str:
    """What shows traces beyond the limit: a higher one as long as there is one."""
    limit = arguments.get("limit", LIMIT)
    if limit >= LIMIT_MAX:
        return _NARROWER
    return call_text("traces", {**arguments, "limit": min(found.total, limit * MORE, LIMIT_MAX)})
