"""`span`: one or several spans of a trace in full.

Must not be here: text of spans (`traces/span_text.py`).
"""

import re
from typing import TYPE_CHECKING, Any

from vtmcp.handlers import parameters
from vtmcp.handlers.tools.trace import (
    SPAN_FORMS,
    TRACE_ID,
    closely,
    found_trace,
    no_such_trace,
    trace_id_of,
)
from vtmcp.handlers.trace_tool import TraceTool, read
from vtmcp.protocol.messages import Json
from vtmcp.protocol.results import ToolResult

if TYPE_CHECKING:
    from collections.abc import Mapping

    from vtmcp.traces.tree import Tree

SPANS_MAX = 50
"""More spans in full than this are not read; the tree tells which ones matter."""

_BETWEEN = re.compile(r"[\s,;\[\]\"']+")
"""What stands between spans where a list was written as a text."""


class Span(TraceTool):
    name = "span"
    title = "Spans in full"
    description = (
        "Show one or several spans of a trace in full: times, own time, status, all attributes,"
        " events with stack traces, links, scope and resource (process). Use trace for handles."
    )
    rank = 42
    properties = {  # noqa: RUF012
        "trace_id": TRACE_ID,
        "spans": {
            "type": ["array", "string"],
            "items": {"type": "string"},
            "minItems": 1,
            "maxItems": SPANS_MAX,
            "minLength": 1,
            "description": f"Which spans: each {SPAN_FORMS}",
        },
        "format": parameters.FORMAT,
        "tenant": parameters.TENANT,
        "max_bytes": parameters.MAX_BYTES,
    }
    required = ("trace_id", "spans")

    async def answer(self, arguments: Json) -> ToolResult | str:
        from vtmcp.handlers.raw_json import raw_json  # noqa: PLC0415 - first call only
        from vtmcp.traces.span_text import spans_text  # noqa: PLC0415
        from vtmcp.traces.trust import counted  # noqa: PLC0415

        found = await found_trace(self, arguments)
        if not found.traces:
            return no_such_trace(self, arguments)
        reading = await closely(self, found, arguments)
        positions = read(arguments, "spans", lambda value: _positions(reading.tree, value))
        if arguments.get("format") == "json":
            ids = {reading.tree.spans[here].span_id for here in positions}
            return raw_json(
                [_only(found.raw[0], ids)],
                subject=f"{counted(len(ids), 'span')} of trace {trace_id_of(arguments)}, no others",
                max_bytes=self.max_bytes(arguments),
                notice=self.desk.source.notice,
                next_call=self.wider_call(arguments),
            )
        return spans_text(
            reading,
            positions,
            max_bytes=self.max_bytes(arguments),
            notice=self.desk.source.notice,
            next_call=self.wider_call(arguments),
        )


def _positions(tree: "Tree", value: list[str] | str) -> list[int]:
    """The spans that are meant, each once. Raises `ValueError` about one that is not there."""
    from vtmcp.traces.handles import find_spans  # noqa: PLC0415 - first call only

    texts = [text for text in _BETWEEN.split(value) if text] if isinstance(value, str) else value
    if not texts or len(texts) > SPANS_MAX:
        raise ValueError(f"{len(texts)} spans are named; from 1 to {SPANS_MAX} are shown")
    return list(dict.fromkeys(here for text in texts for here in find_spans(tree, text)))


def _only(raw: "Mapping[str, Any]", span_ids: set[str]) -> "Mapping[str, Any]":
    """What the database said of some spans, and of the processes of all."""
    spans = [span for span in raw.get("spans") or () if span.get("spanID") in span_ids]
    used = {span.get("processID") for span in spans}
    processes = {key: value for key, value in raw["processes"].items() if key in used}
    return {**raw, "spans": spans, "processes": processes}
