"""`query`: LogsQL over spans for those who know it; rows, a table, or counts over time.

Must not be here: what to mend in a query (`traces/logsql_hints.py`).
"""

from typing import TYPE_CHECKING

from vtmcp.handlers import parameters
from vtmcp.handlers.filters import WINDOW, window_ns
from vtmcp.handlers.trace_tool import TraceTool, UnusableArgumentError, call_text, longer
from vtmcp.protocol.messages import Json
from vtmcp.protocol.results import ToolResult

if TYPE_CHECKING:
    from vtmcp.traces.budget import Budget
    from vtmcp.traces.spans import Row

LIMIT = 20
"""How many rows a call returns that does not say."""

LIMIT_MAX = 1000
"""What the source answers at most: `ROWS_MAX` of `vtmcp.traces.spans`."""

QUERY_CHARS_MAX = 300
"""How much of a query its answer repeats: enough to know which it was."""

MORE = 5
"""By how much a suggested call raises the limit: more would be a flood."""

_HITS = "hits"

COUNT_DIGITS_MAX = 18
"""No bucket holds more rows than can be written so; a database that says so is not one."""


class Query(TraceTool):
    name = "query"
    title = "LogsQL query"
    description = (
        "Ask the database in LogsQL, one row a span, when no other tool answers the question."
        " Begin with trace_id:* (a bare * also counts index rows). Names with : or . stand in"
        ' double quotes: trace_id:* "resource_attr:service.name":="cart" duration:>1s | stats by'
        " (name) count() spans. Fields: trace_id, span_id, parent_span_id, name, kind (2 server,"
        " 3 client), status_code (2 error), status_message, duration (ns),"
        ' "resource_attr:K", "span_attr:K". view: rows (default), stats (a table, for | stats),'
        " hits (rows over time as a chart). The last hour unless start and end say otherwise."
    )
    rank = 62
    properties = {  # noqa: RUF012
        "query": {
            "type": "string",
            "description": "LogsQL: filters, then pipes after |; at most 16,384 bytes",
        },
        "view": {
            "type": "string",
            "enum": ["rows", "stats", "hits"],
            "description": "rows (default): a line a row; stats: a table; hits: counts over time",
        },
        "limit": {
            "type": "integer",
            "minimum": 1,
            "maximum": LIMIT_MAX,
            "description": f"How many rows at most (default {LIMIT}); hits has no use for it",
        },
        **WINDOW,
        "format": {
            **parameters.FORMAT,
            "description": "text (default): compact lines; json: the rows with exact values",
        },
        "tenant": parameters.TENANT,
        "max_bytes": parameters.MAX_BYTES,
    }
    required = ("query",)

    async def answer(self, arguments: Json) -> ToolResult | str:
        from vtmcp.traces.logsql_hints import has_pipe  # noqa: PLC0415 - first call only

        window = await window_ns(self, arguments)
        view = arguments.get("view", "rows")
        if view == _HITS:
            return await self._hits(window, arguments)
        if view == "stats" and not has_pipe(arguments["query"]):
            raise UnusableArgumentError(
                "view=stats shows what a pipe computes, and the query has none; add one, such as"
                ' | stats by ("resource_attr:service.name") count() spans'
            )
        limit = arguments.get("limit", LIMIT)
        rows = await self._ask(arguments["query"], window, limit + 1, arguments)
        if not rows:
            return self._nothing(window, arguments)
        has_more = len(rows) > limit
        return self._rows(rows[:limit], window, arguments, has_more=has_more)

    async def _ask(
        self, query: str, window: tuple[int, int], limit: int, arguments: Json
    ) -> "list[Row]":
        """The rows; an error of the database comes with the hint that fits the query."""
        from vtmcp.traces.logsql_hints import has_pipe, hints  # noqa: PLC0415 - first call only
        from vtmcp.traces.model import SourceError  # noqa: PLC0415
        from vtmcp.traces.rows_text import newest_first  # noqa: PLC0415

        start_ns, end_ns = window
        try:
            rows = await self.desk.source.logsql(
                query, self.tenant(arguments), start_ns=start_ns, end_ns=end_ns, limit=limit
            )
        except SourceError as error:
            if "answered 4" not in str(error):
                raise
            said = [str(error), *hints(arguments["query"], found=False, failed=True)]
            raise SourceError("\n".join(said)) from None
        return rows if has_pipe(query) else newest_first(rows)

    def _rows(
        self, rows: "list[Row]", window: tuple[int, int], arguments: Json, *, has_more: bool
    ) -> ToolResult | str:
        from vtmcp.traces.budget import Budget  # noqa: PLC0415 - first call only
        from vtmcp.traces.rows_text import row_line, table_lines  # noqa: PLC0415
        from vtmcp.traces.trust import counted  # noqa: PLC0415

        query = arguments["query"]
        more = " (there are more)" if has_more else ""
        head = f"{counted(len(rows), 'row')}{more}: {self._subject(window, arguments)}."
        if arguments.get("format") == "json":
            return self._json(rows, head, window, arguments)
        more_call = self._more_call(arguments) if has_more else ""

        def closing(left_out: int) -> str:
            lines = []
            if left_out:
                then = f" Next: {wider}" if (wider := self.wider_call(arguments)) else ""
                lines.append(f"Left out: {counted(left_out, 'row')}, for want of room.{then}")
            if has_more:
                then = f" Next: {more_call}" if more_call else ""
                lines.append(f"More rows than the limit of {len(rows):,}.{then}")
            return "\n".join(lines)

        budget = Budget(self.max_bytes(arguments), closing=closing)
        self._head(budget, head, window, arguments, found=True)
        if arguments.get("view") == "stats":
            names, *lines = table_lines(rows, query) or ["(no columns)"]
            budget.head(names)
        else:
            lines = [row_line(row, query) for row in rows]
        for line in lines:
            budget.add(line)
        return budget.text()

    def _json(
        self, rows: "list[Row]", head: str, window: tuple[int, int], arguments: Json
    ) -> ToolResult:
        from vtmcp.handlers.list_json import list_json  # noqa: PLC0415 - first call only

        return list_json(
            "rows",
            [dict(row) for row in rows],
            words="\n".join([head, *self._hints(window, arguments, found=True)]),
            max_bytes=self.max_bytes(arguments),
            notice=self.desk.source.notice,
            next_call=self.wider_call(arguments),
        )

    async def _hits(self, window: tuple[int, int], arguments: Json) -> ToolResult | str:
        from vtmcp.durations import format_duration  # noqa: PLC0415 - first call only
        from vtmcp.traces.budget import Budget, closing_line  # noqa: PLC0415
        from vtmcp.traces.chart_text import NS_PER_S, buckets_of, chart_lines  # noqa: PLC0415
        from vtmcp.traces.trust import counted  # noqa: PLC0415

        buckets = buckets_of(*window)
        # On a line of its own, as a comment may end the query.
        query = f"{arguments['query']}\n| stats by (_time:{buckets.step_s}s) count() hits"
        rows = await self._ask(query, window, buckets.number, arguments)
        counts = _counts(rows)
        if not counts:
            return self._nothing(window, arguments)
        step = format_duration(buckets.step_s * NS_PER_S)
        if arguments.get("format") == "json":
            head = f"Rows in buckets of {step}: {self._subject(window, arguments)}."
            return self._json(rows, head, window, arguments)
        head = f"{counted(sum(counts.values()), 'row')}: {self._subject(window, arguments)}."
        budget = Budget(
            self.max_bytes(arguments), closing=closing_line(self.wider_call(arguments), "buckets")
        )
        self._head(budget, head, window, arguments, found=True)
        budget.head(f"Rows in each {step}, by their end; empty buckets are shown:")
        for line in chart_lines(counts, buckets):
            budget.add(line)
        return budget.text()

    def _nothing(self, window: tuple[int, int], arguments: Json) -> ToolResult | str:
        from vtmcp.handlers.raw_json import nothing_said  # noqa: PLC0415 - first call only
        from vtmcp.traces.budget import Budget  # noqa: PLC0415

        budget = Budget(self.max_bytes(arguments))
        head = f"No rows: {self._subject(window, arguments)}."
        self._head(budget, head, window, arguments, found=False)
        if length := longer(window[1] - window[0]):
            again = {**arguments, "start": f"now-{length}"}
            again.pop("end", None)
            budget.head(f"Next: {call_text(self.name, again)}")
        budget.head("Next: attributes() for the names and values that occur.")
        text = budget.text()
        return nothing_said(text, arguments)

    def _head(
        self, budget: "Budget", head: str, window: tuple[int, int], arguments: Json, *, found: bool
    ) -> None:
        budget.head(head)
        if self.desk.source.notice:
            budget.head(self.desk.source.notice)
        for hint in self._hints(window, arguments, found=found):
            budget.head(f"Note: {hint}")

    def _hints(self, window: tuple[int, int], arguments: Json, *, found: bool) -> list[str]:
        from vtmcp.traces.logsql_hints import LATENCY_NS, hints  # noqa: PLC0415 - first call only

        fresh = window[1] > self.desk.now_ns() - LATENCY_NS
        # A chart shows a gap at its end, and an empty answer asks for a reason; rows need none.
        says = not found or arguments.get("view") == _HITS
        return list(hints(arguments["query"], found=found, fresh=fresh and says))

    def _subject(self, window: tuple[int, int], arguments: Json) -> str:
        from vtmcp.traces.safe import quoted  # noqa: PLC0415 - first call only
        from vtmcp.traces.times import format_window  # noqa: PLC0415

        shown = quoted(arguments["query"].strip(), QUERY_CHARS_MAX)
        return f"{shown}, {format_window(*window)}, tenant {self.tenant(arguments)}"

    def _more_call(self, arguments: Json) -> str:
        from vtmcp.traces.logsql_hints import has_pipe  # noqa: PLC0415 - first call only

        limit = arguments.get("limit", LIMIT)
        if limit < LIMIT_MAX:
            return call_text(self.name, {**arguments, "limit": min(limit * MORE, LIMIT_MAX)})
        if has_pipe(arguments["query"]):
            return "a query that says which rows come first, with | sort by (...) or | top."
        return call_text(self.name, {**arguments, "view": _HITS})


def _counts(rows: "list[Row]") -> dict[int, int]:
    """The counts by the start of their bucket; a query that drops the time has none."""
    from vtmcp.traces.times import parse_time_ns  # noqa: PLC0415 - first call only

    if any("_time" not in row for row in rows):
        raise UnusableArgumentError(
            "view=hits counts rows by their _time, which a pipe of the query drops; leave the pipe"
            " out, or use view=stats"
        )
    counts: dict[int, int] = {}
    for row in rows:
        text = row.get("hits", "")
        if not (text.isascii() and text.isdigit() and len(text) <= COUNT_DIGITS_MAX):
            continue
        try:
            counts[parse_time_ns(row["_time"], now_ns=0)] = int(text)
        except ValueError:
            continue
    return counts
