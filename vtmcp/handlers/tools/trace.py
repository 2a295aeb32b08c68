"""`trace`: what happened in one trace. The other tools on one trace share its id and its words.

Must not be here: text of spans.
"""

from typing import TYPE_CHECKING

from vtmcp.handlers import parameters
from vtmcp.handlers.trace_tool import TraceTool, call_text, read, tenant_only
from vtmcp.protocol.messages import Json
from vtmcp.protocol.results import ToolResult

if TYPE_CHECKING:
    from vtmcp.traces.model import Found
    from vtmcp.traces.model import Trace as TraceOfSpans
    from vtmcp.traces.reading import Reading
    from vtmcp.traces.tenant import Tenant


TRACE_ID: Json = {
    "type": "string",
    "minLength": 1,
    "description": "16 or 32 hexadecimal digits, or a W3C traceparent",
}

SPAN_FORMS = "a handle such as s17 from trace, or a span id"

_WHY = (
    "A trace that just ended can be found by id some 20 to 30 seconds later. An id of another"
    " tenant is not found, nor one that was sampled away."
)
"""What a database can have no trace for."""

_SHORT_DIGITS = 16
"""Some senders make ids of half the length, and others write zeros before them."""

COUNT_S_MAX = 2.0
"""A count is had in milliseconds; an answer does not wait for a database that is busy."""

_DEPTH_MAX = 1_000
"""No reader goes deeper, and no trace of a sound program does."""


class Trace(TraceTool):
    name = "trace"
    title = "One trace"
    description = (
        "Show one trace as a skeleton: verdict, first error, what cannot be trusted, findings"
        " (N+1, retry storm, serial fan-out, long gap, time in queue, one slow span), then the"
        " tree with equal siblings in one line (xN, p50, max, serial or parallel, sum), own time,"
        " errors where they began and * on the critical path. Each span has a handle such as s17"
        " that span and compare_traces take too. Use traces to find ids."
    )
    rank = 40
    properties = {  # noqa: RUF012
        "trace_id": TRACE_ID,
        "span": {
            "type": "string",
            "description": f"Show what leads to this span and is below it: {SPAN_FORMS}",
        },
        "depth": {
            "type": "integer",
            "minimum": 0,
            "maximum": _DEPTH_MAX,
            "description": "How many levels below the root, or below span (default: all)",
        },
        "format": parameters.FORMAT,
        "tenant": parameters.TENANT,
        "max_bytes": parameters.MAX_BYTES,
    }
    required = ("trace_id",)

    async def answer(self, arguments: Json) -> ToolResult | str:
        from vtmcp.handlers.raw_json import raw_json  # noqa: PLC0415 - first call only

        found = await found_trace(self, arguments)
        if not found.traces:
            return no_such_trace(self, arguments)
        if arguments.get("format") == "json":
            subject = f"trace {trace_id_of(arguments)}, tenant {self.tenant(arguments)}"
            return raw_json(
                found.raw,
                subject=subject,
                max_bytes=self.max_bytes(arguments),
                notice=self.desk.source.notice,
                next_call=self.wider_call(arguments),
            )
        return self._text(await closely(self, found, arguments), arguments)

    def _text(self, reading: "Reading", arguments: Json) -> str:
        from vtmcp.traces.handles import find_spans  # noqa: PLC0415 - first call only
        from vtmcp.traces.trace_text import NO_LIMIT, WHOLE, Calls, View, trace_text  # noqa: PLC0415

        centre = WHOLE.centre
        if "span" in arguments:
            (centre, *_) = read(arguments, "span", lambda text: find_spans(reading.tree, text))
        all_levels = {name: value for name, value in arguments.items() if name != "depth"}
        return trace_text(
            reading,
            view=View(centre, arguments.get("depth", NO_LIMIT)),
            max_bytes=self.max_bytes(arguments),
            notice=self.desk.source.notice,
            calls=Calls(
                self.wider_call(arguments),
                lambda span: call_text(self.name, {**all_levels, "span": span}),
                call_text(self.name, all_levels),
            ),
        )


def trace_id_of(arguments: Json, name: str = "trace_id") -> str:
    """The id that was asked for, as the database has it."""
    from vtmcp.traces.ids import parse_trace_id  # noqa: PLC0415 - first call only

    return read(arguments, name, parse_trace_id)


async def found_trace(tool: TraceTool, arguments: Json, name: str = "trace_id") -> "Found":
    """The trace that was asked for, or none."""
    tenant = tool.tenant(arguments)
    return await tool.desk.source.trace(trace_id_of(arguments, name), tenant)


async def closely(tool: TraceTool, found: "Found", arguments: Json) -> "Reading":
    """The one trace that was found, read closely, and compared with what the database counts."""
    from vtmcp.traces.reading import read_closely  # noqa: PLC0415 - first call only

    trace = found.traces[0]
    return read_closely(
        trace,
        now_ns=tool.desk.now_ns(),
        expected_count=await _count(tool, trace, tool.tenant(arguments)),
    )


async def _count(tool: TraceTool, trace: "TraceOfSpans", tenant: "Tenant") -> int | None:
    """How many spans of a trace the database counts, or None where it does not say so soon.

    A fetch that took too long for the database comes back with a part of the spans, and does not
    say that it is a part.
    """
    import anyio  # noqa: PLC0415 - first call only

    from vtmcp.traces.model import SourceError  # noqa: PLC0415
    from vtmcp.traces.trace_set import MARGIN_NS  # noqa: PLC0415

    ends_ns = [span.end_ns for span in trace.spans]
    if not ends_ns or tool.desk.source.notice:
        return None
    with anyio.move_on_after(COUNT_S_MAX):
        try:
            rows = await tool.desk.source.logsql(
                f'trace_id:="{trace.trace_id}" | stats count() spans',
                tenant,
                start_ns=max(0, min(ends_ns) - MARGIN_NS),
                end_ns=max(0, *ends_ns) + MARGIN_NS,
                limit=1,
            )
            return int(rows[0]["spans"])
        except (SourceError, LookupError, ValueError):
            pass
    return None


def no_such_trace(tool: TraceTool, arguments: Json, name: str = "trace_id") -> ToolResult | str:
    """What to say and to try where no trace has the id, in the format that was asked for."""
    from vtmcp.handlers.raw_json import nothing_said  # noqa: PLC0415 - first call only

    trace_id, tenant = trace_id_of(arguments, name), tool.tenant(arguments)
    services = call_text("services", tenant_only(arguments))
    notice = tool.desk.source.notice
    lines = [
        f"No trace {trace_id} in tenant {tenant}"
        + ("." if notice else ", in all of the database's retention."),
        notice or _WHY,
        _short_form(tool, name, trace_id, arguments),
        f"Next: {services} and traces(service=...) to find traces by what they did.",
    ]
    return nothing_said("\n".join(line for line in lines if line), arguments)


def _short_form(tool: TraceTool, name: str, trace_id: str, arguments: Json) -> str:
    """The call for the id without zeros before it, which the database takes for another one."""
    zeros, short = trace_id[:-_SHORT_DIGITS], trace_id[-_SHORT_DIGITS:]
    if not zeros or zeros.strip("0"):
        return ""
    return f"Next: {call_text(tool.name, {**arguments, name: short})}"
