"""`trace`: what happened in one trace."""

from typing import TYPE_CHECKING

from vtmcp.handlers import parameters
from vtmcp.handlers.trace_tool import TraceTool, call_text, read, tenant_only
from vtmcp.protocol.messages import Json
from vtmcp.protocol.results import ToolResult

if TYPE_CHECKING:
    from vtmcp.traces.tenant import Tenant


_WHY = (
    "A trace that just ended can be found by id some 20 to 30 seconds later. An id of another"
    " tenant is not found, nor one that was sampled away."
)
"""What a database can have no trace for."""

_SHORT_DIGITS = 16
"""Some senders make ids of half the length, and others write zeros before them."""


class Trace(TraceTool):
    name = "trace"
    title = "One trace"
    description = (
        "Show one trace as a tree of spans: service, span name, duration, offset from the"
        " trace's start, errors with their exception. Use traces to find ids."
    )
    rank = 40
    properties = {  # noqa: RUF012
        "trace_id": {
            "type": "string",
            "minLength": 1,
            "description": "16 or 32 hexadecimal digits, or a W3C traceparent",
        },
        "format": parameters.FORMAT,
        "tenant": parameters.TENANT,
        "max_bytes": parameters.MAX_BYTES,
    }
    required = ("trace_id",)

    async def answer(self, arguments: Json) -> ToolResult | str:
        from vtmcp.handlers.raw_json import nothing_json, raw_json  # noqa: PLC0415 - first call only
        from vtmcp.traces.ids import parse_trace_id  # noqa: PLC0415
        from vtmcp.traces.trace_text import trace_text  # noqa: PLC0415

        tenant = self.tenant(arguments)
        trace_id = read(arguments, "trace_id", parse_trace_id)
        found = await self.desk.source.trace(trace_id, tenant)
        is_json = arguments.get("format") == "json"
        if not found.traces:
            words = self._nothing(trace_id, tenant, arguments)
            return nothing_json(words) if is_json else words
        if is_json:
            return raw_json(
                found.raw,
                subject=f"trace {trace_id}, tenant {tenant}",
                max_bytes=self.max_bytes(arguments),
                notice=self.desk.source.notice,
                next_call=self.wider_call(arguments),
            )
        return trace_text(
            found.traces[0],
            max_bytes=self.max_bytes(arguments),
            notice=self.desk.source.notice,
            next_call=self.wider_call(arguments),
        )

    def _nothing(self, trace_id: str, tenant: "Tenant", arguments: Json) -> str:
        services = call_text("services", tenant_only(arguments))
        notice = self.desk.source.notice
        lines = [
            f"No trace {trace_id} in tenant {tenant}"
            + ("." if notice else ", in all of the database's retention."),
            notice or _WHY,
            _short_form(trace_id, arguments),
            f"Next: {services} and traces(service=...) to find traces by what they did.",
        ]
        return "\n".join(line for line in lines if line)


def _short_form(trace_id: str, arguments: Json) -> str:
    """The call for the id without zeros before it, which the database takes for another one."""
    zeros, short = trace_id[:-_SHORT_DIGITS], trace_id[-_SHORT_DIGITS:]
    if not zeros or zeros.strip("0"):
        return ""
    return f"Next: {call_text('trace', {**arguments, 'trace_id': short})}"
