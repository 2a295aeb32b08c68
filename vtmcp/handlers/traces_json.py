"""The figures of traces as JSON: one object a trace. Must not be here: how they were found."""

from vtmcp.protocol.messages import Json
from vtmcp.traces.list_text import Listing, ordered
from vtmcp.traces.summary import Summary
from vtmcp.traces.times import format_time
from vtmcp.traces.trace_set import TraceSet


def figures_objects(found: TraceSet, listing: Listing) -> list[Json]:
    """The traces in the order of the list, as many as its limit allows."""
    return [_figures(one) for one in ordered(found, slowest=listing.slowest)[: listing.limit]]


def _figures(summary: Summary) -> Json:
    root = summary.root
    return {
        "traceID": summary.trace_id,
        "start": format_time(summary.start_ns),
        "start_ns": str(summary.start_ns),
        "duration_ns": summary.duration_ns,
        "root": {"service": root.service, "operation": root.name} if root else None,
        "spans": summary.span_count,
        "errors": summary.failed_count,
        "services": list(summary.services),
    }
