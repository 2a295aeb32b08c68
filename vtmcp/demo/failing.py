"""Failing spans of generated traces, and what is around them. Pure.

Must not be here: which spans fit (`search.py`).
"""

from collections.abc import Callable, Iterable

from vtmcp.traces.model import Span, Trace
from vtmcp.traces.origins import Bone, Failing, bone_of


def failing_of(traces: Iterable[Trace], fits: Callable[[Span], bool], *, limit: int) -> Failing:
    """Return the newest failing spans that fit, and the failing spans and roots beside them."""
    fitting: list[Span] = []
    kin: list[Span] = []
    bones: list[Bone] = []
    for trace in traces:
        found = [span for span in trace.spans if span.failed and fits(span)]
        if found:
            fitting += found
            kin += [span for span in trace.spans if span.failed or not span.parent_span_id]
            bones += map(bone_of, trace.spans)
    fitting.sort(key=lambda span: span.end_ns, reverse=True)
    return Failing(tuple(fitting[:limit]), tuple(kin), tuple(bones))
