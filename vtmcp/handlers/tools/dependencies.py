"""`dependencies`: who calls whom."""

from typing import Any

from vtmcp.handlers import parameters
from vtmcp.handlers.trace_tool import TraceTool, call_text, longer, read
from vtmcp.protocol.messages import Json

LOOKBACK_MS = 3_600_000
"""One hour: the database's own default."""

NS_PER_MS = 1_000_000


class Dependencies(TraceTool):
    name = "dependencies"
    title = "Service dependencies"
    description = (
        "List which service called which, with call counts, in a window before endTs. Needs the"
        " database's service graph task (-servicegraph.enableTask); databases appear as"
        " service:system. Use it to see what a failing service depends on; span_stats for figures."
    )
    rank = 50
    properties = {  # noqa: RUF012
        "endTs": parameters.time("End of the window (default: now)"),
        "lookback": {
            "type": ["string", "number"],
            "description": "Length of the window (default 1h): milliseconds, or a duration"
            f" {parameters.DURATION_FORMS}",
        },
        "tenant": parameters.TENANT,
        "max_bytes": parameters.MAX_BYTES,
    }

    async def answer(self, arguments: Json) -> str:
        from vtmcp.traces.budget import Budget, closing_line  # noqa: PLC0415 - first call only
        from vtmcp.traces.safe import label  # noqa: PLC0415
        from vtmcp.traces.times import format_window  # noqa: PLC0415
        from vtmcp.traces.trust import counted  # noqa: PLC0415

        tenant = self.tenant(arguments)
        end_ms = self._end_ms(arguments)
        # Nothing was traced before 1970, and the database counts from there.
        lookback_ms = min(self._lookback_ms(arguments), end_ms)
        edges = await self.desk.source.dependencies(
            end_ms=end_ms, lookback_ms=lookback_ms, tenant=tenant
        )
        count = counted(len(edges), "dependency", "dependencies") if edges else "No dependencies"
        window = format_window((end_ms - lookback_ms) * NS_PER_MS, end_ms * NS_PER_MS)
        budget = Budget(
            self.max_bytes(arguments),
            closing=closing_line(self.wider_call(arguments), "dependencies"),
        )
        budget.head(
            f"{count}, {window}, tenant {tenant}" + (" (caller -> callee  calls)" if edges else "")
        )
        if self.desk.source.notice:
            budget.head(self.desk.source.notice)
        if not edges:
            budget.add(
                "They are empty unless the database runs with -servicegraph.enableTask=true, and"
                " only counted from then on."
            )
            budget.add(f"Next: {'; '.join(_next_calls(arguments, lookback_ms))}")
        for edge in sorted(edges, key=lambda edge: (-edge.call_count, edge.parent, edge.child)):
            budget.add(f"{label(edge.parent)} -> {label(edge.child)}  {edge.call_count}")
        return budget.text()

    def _end_ms(self, arguments: Json) -> int:
        from vtmcp.traces.times import parse_time_ns  # noqa: PLC0415 - first call only

        now_ns = self.desk.now_ns()
        if "endTs" not in arguments:
            return now_ns // NS_PER_MS
        end_ns = read(arguments, "endTs", lambda value: parse_time_ns(value, now_ns=now_ns))
        return end_ns // NS_PER_MS

    def _lookback_ms(self, arguments: Json) -> int:
        return read({"lookback": LOOKBACK_MS, **arguments}, "lookback", _parse_lookback_ms)


def _next_calls(arguments: Json, lookback_ms: int) -> list[str]:
    help_call = call_text("documentation", {"query": "dependencies are empty"})
    wider = longer(lookback_ms * NS_PER_MS)
    if not wider:
        return [help_call]
    return [call_text("dependencies", {**arguments, "lookback": wider}), help_call]


def _parse_lookback_ms(value: Any) -> int:
    from vtmcp.durations import parse_duration_ns  # noqa: PLC0415 - first call only

    text = str(value).strip()
    number = text.removesuffix(".0")
    milliseconds = int(number) if number.isdecimal() else parse_duration_ns(text) // NS_PER_MS
    if milliseconds < 1:
        raise ValueError(f"{text!r} is no time at all; accepted: 1 ms or more, such as 1h")
    return milliseconds
