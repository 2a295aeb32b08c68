"""`compare_traces`: what one trace has that another has not, or the median of its healthy kin.

Must not be here: how traces are aligned (`traces/compare.py`).
"""

from functools import partial
from typing import TYPE_CHECKING

from vtmcp.handlers import parameters
from vtmcp.handlers.together import together
from vtmcp.handlers.tools.trace import TRACE_ID, closely, found_trace, no_such_trace
from vtmcp.handlers.trace_tool import TraceTool, call_text, tenant_only
from vtmcp.protocol.messages import Json
from vtmcp.protocol.results import ToolResult

if TYPE_CHECKING:
    from vtmcp.traces.model import Found, Trace

KIN_MAX = 20
"""Traces among which the median is taken: enough for a median, little to fetch."""

KIN_MIN = 3
"""Of very large traces; a median of less is none."""

KIN_SPANS_MAX = 20_000
"""Spans to fetch for it, some 20 MB of JSON, judged by the size of the trace itself."""

HOUR_NS = 3_600_000_000_000

KIN_BEFORE_NS = (HOUR_NS // 2, 2 * HOUR_NS, 24 * HOUR_NS + HOUR_NS // 2, 3 * HOUR_NS)
"""How long before the trace each hour begins in which kin are looked for: around it, before it and
a day before. During an incident the newest kin are as sick as the trace."""


class CompareTraces(TraceTool):
    name = "compare_traces"
    title = "Compare two traces"
    description = (
        "Compare a trace with another, or with the median of its kin without errors (same root,"
        " from around it, hours before and a day before), aligned by shape: what is new, missing,"
        " slower, faster, repeated or failed, the largest difference first. See trace for the"
        " whole of one."
    )
    rank = 46
    properties = {  # noqa: RUF012
        "trace_id": TRACE_ID,
        "other": {
            "type": "string",
            "description": "Id of the trace to compare with (default: the median of healthy kin)",
        },
        "tenant": parameters.TENANT,
        "max_bytes": parameters.MAX_BYTES,
    }
    required = ("trace_id",)

    async def answer(self, arguments: Json) -> ToolResult | str:
        from vtmcp.traces.compare import compare  # noqa: PLC0415 - first call only
        from vtmcp.traces.compare_text import comparison_text  # noqa: PLC0415
        from vtmcp.traces.reading import read_closely  # noqa: PLC0415

        found = await found_trace(self, arguments)
        if not found.traces:
            return no_such_trace(self, arguments)
        chosen = ""
        if "other" in arguments:
            with_what = await found_trace(self, arguments, "other")
            if not with_what.traces:
                return no_such_trace(self, arguments, "other")
            other: Trace | None = with_what.traces[0]
        else:
            other, chosen = await self._kin(found, arguments)
        if other is None:
            return chosen
        one, two = await closely(self, found, arguments), read_closely(other)
        return comparison_text(
            one,
            two,
            compare(one, two),
            max_bytes=self.max_bytes(arguments),
            notice=self.desk.source.notice,
            chosen=chosen,
            next_call=self.wider_call(arguments),
        )

    async def _kin(self, found: "Found", arguments: Json) -> "tuple[Trace | None, str]":
        """The median of healthy kin and how it was chosen; or none, and why."""
        from vtmcp.traces.compare import median_kin  # noqa: PLC0415 - first call only
        from vtmcp.traces.model import TraceQuery  # noqa: PLC0415
        from vtmcp.traces.span_line import who  # noqa: PLC0415
        from vtmcp.traces.summary import summarise  # noqa: PLC0415
        from vtmcp.traces.times import format_window  # noqa: PLC0415

        trace = found.traces[0]
        summary = summarise(trace)
        root = summary.root
        if root is None or not root.service:
            return None, "The trace has no root with a service, so no kin can be found; name other."
        most = max(KIN_MIN, min(KIN_MAX, KIN_SPANS_MAX // summary.span_count))
        starts_ns = [max(0, summary.start_ns - before_ns) for before_ns in KIN_BEFORE_NS]
        queries = [
            TraceQuery(
                service=root.service,
                operation=root.name,
                start_ns=start_ns,
                end_ns=max(start_ns + 1, min(start_ns + HOUR_NS, self.desk.now_ns())),
                limit=-(-most // len(KIN_BEFORE_NS)),
            )
            for start_ns in starts_ns
        ]
        tenant = self.tenant(arguments)
        asks = [partial(self.desk.source.search, query, tenant) for query in queries]
        several = {one.trace_id: one for each in await together(*asks) for one in each.traces}
        kin = median_kin(list(several.values()), trace)
        window = format_window(queries[-1].start_ns, queries[0].end_ns)
        looked_at = (
            f"{kin.looked_at:,} other traces of {who(root)} looked at, {window} and a day before"
        )
        if kin.trace is None:
            again = {"service": root.service, "operation": root.name, "start": "now-24h"}
            then = call_text("traces", {**again, **tenant_only(arguments)})
            return None, f"No healthy kin: {looked_at}, all with errors.\nNext: {then}"
        return (
            kin.trace,
            f"compared with the median of {kin.healthy:,} kin without errors: {looked_at}",
        )
