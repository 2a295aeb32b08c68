"""Traces to the edges of a service graph, as VictoriaTraces' service graph task counts them. Pure.

An edge is a span whose parent is another service's, or a call to a database, which appears as
`service:system`.
"""

from collections import Counter
from collections.abc import Iterable

from vtmcp.traces.model import Dependency, Trace


def count_edges(traces: Iterable[Trace], start_ns: int, end_ns: int) -> list[Dependency]:
    """Return who called whom, in spans that ended in the window, the most calls first."""
    edges: Counter[tuple[str, str]] = Counter()
    for trace in traces:
        service_of = {span.span_id: span.service for span in trace.spans}
        for span in trace.spans:
            if not start_ns <= span.end_ns <= end_ns:
                continue
            caller = service_of.get(span.parent_span_id, span.service)
            if caller != span.service:
                edges[caller, span.service] += 1
            if span.kind == "client" and (system := span.attributes.get("db.system")):
                edges[span.service, f"{span.service}:{system}"] += 1
    return [Dependency(parent, child, count) for (parent, child), count in edges.most_common()]
