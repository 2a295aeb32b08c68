"""`traces`: find traces by service, operation, attributes, duration and time."""

from typing import TYPE_CHECKING, Any

from vtmcp.handlers import parameters
from vtmcp.handlers.near import near_service
from vtmcp.handlers.trace_tool import (
    TraceTool,
    UnusableArgumentError,
    call_text,
    longer,
    read,
    tenant_only,
)
from vtmcp.protocol.messages import Json
from vtmcp.protocol.results import ToolResult

if TYPE_CHECKING:
    from vtmcp.traces.model import TraceQuery
    from vtmcp.traces.tenant import Tenant

LIMIT = 20
"""How many traces a call returns that does not say: as many as a reader compares."""

LIMIT_MAX = 1000
"""The most that VictoriaTraces takes in one search; more is a 400."""

WINDOW_NS = 3_600_000_000_000
"""One hour: the window of a call that does not say when."""


_WHY = (
    "The last 30 s are not searched yet (-search.latencyOffset). A window outside the retention is"
    " empty too."
)
"""What a database can find nothing for, whatever the conditions."""


class Traces(TraceTool):
    name = "traces"
    title = "Find traces"
    description = (
        "Find traces that contain a matching span of a service, the newest first: one line a"
        " trace with id, start, duration, root, spans, services and errors. Without start and"
        " end it searches the last hour. Use trace with an id from here to see what happened in"
        " it, services and service_names for exact names."
    )
    rank = 30
    properties = {  # noqa: RUF012
        "service": {
            "type": "string",
            "minLength": 1,
            "description": "The service's name, as services lists it",
        },
        "operation": {
            "type": "string",
            "description": "The span name, exactly, as service_names lists it",
        },
        "tags": {
            "type": "object",
            "additionalProperties": {"type": ["string", "number", "boolean"]},
            "description": "Attributes that a span must have, all of them: a name is a span"
            " attribute, resource_attr:NAME or scope_attr:NAME another scope; a value is exact,"
            " or a regular expression after ~",
        },
        "errors_only": {
            "type": "boolean",
            "description": "true: only spans whose status is error",
        },
        "start": parameters.time("Start of the window (default: one hour before the end)"),
        "end": parameters.time("End of the window (default: now)"),
        "minDuration": parameters.duration("A span took at least this long"),
        "maxDuration": parameters.duration("A span took at most this long"),
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
    required = ("service",)

    async def answer(self, arguments: Json) -> ToolResult | str:
        from vtmcp.handlers.raw_json import nothing_json, raw_json  # noqa: PLC0415 - first call only
        from vtmcp.traces.list_text import traces_text  # noqa: PLC0415

        tenant, query = self.tenant(arguments), self.query(arguments)
        found = await self.desk.source.search(query, tenant)
        is_json = arguments.get("format") == "json"
        if not found.traces:
            words = await self._nothing(query, arguments, tenant)
            return nothing_json(words) if is_json else words
        if is_json:
            return raw_json(
                found.raw,
                subject=_subject(query, tenant),
                max_bytes=self.max_bytes(arguments),
                notice=self.desk.source.notice,
                next_call=self.wider_call(arguments),
            )
        return traces_text(
            found.traces,
            max_bytes=self.max_bytes(arguments),
            subject=_subject(query, tenant) + _at_limit(query, len(found.traces)),
            notice=self.desk.source.notice,
            next_call=self.wider_call(arguments),
        )

    def query(self, arguments: Json) -> "TraceQuery":
        """The search that the arguments describe, in nanoseconds."""
        from vtmcp.durations import parse_duration_ns  # noqa: PLC0415 - first call only
        from vtmcp.traces.model import TraceQuery  # noqa: PLC0415
        from vtmcp.traces.times import parse_time_ns  # noqa: PLC0415

        now_ns = self.desk.now_ns()

        def moment(name: str, default_ns: int) -> int:
            if name not in arguments:
                return default_ns
            return read(arguments, name, lambda value: parse_time_ns(value, now_ns=now_ns))

        def length(name: str) -> int | None:
            return read(arguments, name, parse_duration_ns) if name in arguments else None

        end_ns = moment("end", now_ns)
        query = TraceQuery(
            service=arguments["service"],
            operation=arguments.get("operation", ""),
            tags=_tags(arguments),
            start_ns=moment("start", max(0, end_ns - WINDOW_NS)),
            end_ns=end_ns,
            duration_min_ns=length("minDuration"),
            duration_max_ns=length("maxDuration"),
            limit=arguments.get("limit", LIMIT),
        )
        _check_order(query)
        return query

    async def _nothing(self, query: "TraceQuery", arguments: Json, tenant: "Tenant") -> str:
        from vtmcp.traces.budget import Budget, closing_line  # noqa: PLC0415 - first call only

        near = await near_service(self.desk.source, query.service, tenant)
        budget = Budget(self.max_bytes(arguments), closing=closing_line("", "calls to try"))
        for line in (
            f"No traces: {_subject(query, tenant)}.",
            self.desk.source.notice,
            near,
            "" if self.desk.source.notice else _WHY,
        ):
            if line:
                budget.head(line)
        for call in _relaxed(query, arguments):
            budget.add(f"Next: {call}")
        return budget.text()


def _tags(arguments: Json) -> dict[str, str]:
    tags = {name: _tag_value(value) for name, value in arguments.get("tags", {}).items()}
    if arguments.get("errors_only"):
        tags["error"] = "true"
    return tags


def _tag_value(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value)


def _check_order(query: "TraceQuery") -> None:
    from vtmcp.durations import format_duration  # noqa: PLC0415 - first call only
    from vtmcp.traces.times import format_time  # noqa: PLC0415

    if query.start_ns >= query.end_ns:
        start, end = format_time(query.start_ns), format_time(query.end_ns)
        raise UnusableArgumentError(f"start ({start}) must be before end ({end})")
    least, most = query.duration_min_ns, query.duration_max_ns
    if least is not None and most is not None and least > most:
        text = f"minDuration ({format_duration(least)}) is more than maxDuration"
        raise UnusableArgumentError(f"{text} ({format_duration(most)})")


def _subject(query: "TraceQuery", tenant: "Tenant") -> str:
    from vtmcp.durations import format_duration  # noqa: PLC0415 - first call only
    from vtmcp.traces.safe import quoted  # noqa: PLC0415
    from vtmcp.traces.times import format_window  # noqa: PLC0415

    parts = [f"service {quoted(query.service)}"]
    if query.operation:
        parts.append(f"operation {quoted(query.operation)}")
    parts += [f"{quoted(name)}={quoted(value)}" for name, value in query.tags.items()]
    if query.duration_min_ns is not None:
        parts.append(f"at least {format_duration(query.duration_min_ns)}")
    if query.duration_max_ns is not None:
        parts.append(f"at most {format_duration(query.duration_max_ns)}")
    parts += [format_window(query.start_ns, query.end_ns), f"tenant {tenant}"]
    return ", ".join(parts)


def _at_limit(query: "TraceQuery", found: int) -> str:
    if found < query.limit:
        return ""
    return f"; limit {query.limit} reached, older traces may exist"


def _relaxed(query: "TraceQuery", arguments: Json) -> list[str]:
    """The same call with one condition less, each, or over a longer time; else another."""
    from vtmcp.durations import parse_duration_ns  # noqa: PLC0415 - first call only
    from vtmcp.traces.times import format_time  # noqa: PLC0415

    relaxed = []
    for name in ("errors_only", "tags", "operation", "minDuration", "maxDuration"):
        if name in arguments:
            rest = {key: value for key, value in arguments.items() if key != name}
            relaxed.append(call_text("traces", rest))
    if length := longer(query.end_ns - query.start_ns):
        start = f"now-{length}"
        if "end" in arguments:
            start = format_time(max(0, query.end_ns - parse_duration_ns(length)))
        relaxed.append(call_text("traces", {**arguments, "start": start}))
    return relaxed or [call_text("services", tenant_only(arguments))]
