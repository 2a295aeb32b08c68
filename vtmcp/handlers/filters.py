"""Which spans are meant: the parameters that the tools on many spans share, and how they are read.

Must not be here: what a tool does with the spans, or how a filter becomes a query.
"""

import re
from typing import TYPE_CHECKING, Any

from vtmcp.handlers import parameters
from vtmcp.handlers.trace_tool import TraceTool, UnusableArgumentError, read
from vtmcp.protocol.messages import Json

if TYPE_CHECKING:
    from vtmcp.traces.spans import SpanFilter

WINDOW_NS = 3_600_000_000_000
"""One hour: the window of a call that does not say when."""

AROUND_NS = 900_000_000_000
"""A quarter of an hour: what `around` a trace adds before its start and after its end."""

_AROUND = re.compile(r"\s*around\s*[=: ]\s*(.+)", re.IGNORECASE | re.DOTALL)

SERVICE: Json = {"type": "string", "description": "Service name, exactly (default: any)"}
OPERATION: Json = {"type": "string", "description": "Span name, exactly"}
TAGS: Json = {
    "type": "object",
    "additionalProperties": {"type": ["string", "number", "boolean"]},
    "description": "Attributes that a span must have: NAME of the span, resource_attr:NAME or"
    " scope_attr:NAME; a value is exact, or a regular expression after ~",
}
ERRORS_ONLY: Json = {"type": "boolean", "description": "true: failed spans only"}
START: Json = parameters.time(
    "Start (default: one hour before end; around=TRACE_ID for the time around a trace)"
)
WINDOW: Json = {
    "start": {
        "type": ["string", "number"],
        "description": "Start, as in traces (default: an hour before end)",
    },
    "end": {"type": ["string", "number"], "description": "End (default: now)"},
}
DURATIONS: Json = {
    "minDuration": parameters.duration("A span took at least this"),
    "maxDuration": {"type": "string", "description": "A span took at most this"},
}
FILTERS_EXPLAINED: Json = {
    "service": SERVICE,
    "operation": OPERATION,
    "tags": TAGS,
    "errors_only": ERRORS_ONLY,
    **WINDOW,
    "start": START,
    **DURATIONS,
}
"""All of them, in the order in which a catalogue shows them, with what may be written."""

FILTERS: Json = {
    **FILTERS_EXPLAINED,
    "tags": {**TAGS, "description": "Attributes that a span must have, as in traces"},
    "start": {
        **WINDOW["start"],
        "description": "Start, as in traces (default: an hour before end)",
    },
    "minDuration": {**DURATIONS["minDuration"], "description": "A span took at least this"},
}
"""The same for every tool but `traces`, which explains them: a catalogue is read as a whole, and
each tool would repeat them."""


async def span_filter(tool: TraceTool, arguments: Json) -> "SpanFilter":
    """The filter that the arguments describe. Raises `ValueError` and `SourceError`."""
    from vtmcp.durations import parse_duration_ns  # noqa: PLC0415 - first call only
    from vtmcp.traces.spans import SpanFilter  # noqa: PLC0415

    start_ns, end_ns = await window_ns(tool, arguments)

    def length(name: str) -> int | None:
        return read(arguments, name, parse_duration_ns) if name in arguments else None

    wanted = SpanFilter(
        start_ns=start_ns,
        end_ns=end_ns,
        service=arguments.get("service", ""),
        operation=arguments.get("operation", ""),
        tags={name: _tag_value(value) for name, value in arguments.get("tags", {}).items()},
        errors_only=bool(arguments.get("errors_only")),
        duration_min_ns=length("minDuration"),
        duration_max_ns=length("maxDuration"),
    )
    _check_durations(wanted)
    return wanted


async def window_ns(tool: TraceTool, arguments: Json) -> tuple[int, int]:
    """The start and the end that the arguments describe, in Unix nanoseconds."""
    from vtmcp.traces.times import format_time, parse_time_ns  # noqa: PLC0415 - first call only

    around = _AROUND.fullmatch(str(arguments.get("start", "")))
    if around is not None:
        return await _around(tool, around[1], arguments)
    now_ns = tool.desk.now_ns()

    def moment(name: str, default_ns: int) -> int:
        if name not in arguments:
            return default_ns
        return read(arguments, name, lambda value: parse_time_ns(value, now_ns=now_ns))

    end_ns = moment("end", now_ns)
    start_ns = moment("start", max(0, end_ns - WINDOW_NS))
    if start_ns >= end_ns:
        start, end = format_time(start_ns), format_time(end_ns)
        raise UnusableArgumentError(f"start ({start}) must be before end ({end})")
    return start_ns, end_ns


async def _around(tool: TraceTool, text: str, arguments: Json) -> tuple[int, int]:
    from vtmcp.traces.ids import parse_trace_id  # noqa: PLC0415 - first call only
    from vtmcp.traces.summary import summarise  # noqa: PLC0415

    if "end" in arguments:
        raise UnusableArgumentError("start=around=TRACE_ID is a whole window; leave end out")
    trace_id = read({"start": text}, "start", parse_trace_id)
    found = await tool.desk.source.trace(trace_id, tool.tenant(arguments))
    if not found.traces:
        raise UnusableArgumentError(f"argument start: no trace {trace_id} to look around")
    summary = summarise(found.traces[0])
    end_ns = summary.start_ns + summary.duration_ns
    return max(0, summary.start_ns - AROUND_NS), end_ns + AROUND_NS


def _tag_value(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value)


def _check_durations(wanted: "SpanFilter") -> None:
    from vtmcp.durations import format_duration  # noqa: PLC0415 - first call only

    least, most = wanted.duration_min_ns, wanted.duration_max_ns
    if least is not None and most is not None and least > most:
        text = f"minDuration ({format_duration(least)}) is more than maxDuration"
        raise UnusableArgumentError(f"{text} ({format_duration(most)})")
