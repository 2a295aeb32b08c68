"""One trace, read closely: its tree, clocks, times, critical path, findings, and what to doubt.

Everything that is told of one trace is told from here. Must not be here: text of an answer.
"""

from dataclasses import dataclass

from vtmcp.traces.clocks import corrected, find_skews, skew_notes
from vtmcp.traces.critical import CriticalPath, critical_path, time_on_path
from vtmcp.traces.failures import origins_of
from vtmcp.traces.findings import Evidence, Finding, sorted_findings
from vtmcp.traces.model import Trace
from vtmcp.traces.orphans import orphan_notes
from vtmcp.traces.repeats import repeats
from vtmcp.traces.shapes import Shapes, shapes_of
from vtmcp.traces.stalls import stalls
from vtmcp.traces.summary import Summary, summarise
from vtmcp.traces.timing import Timing, time_of
from vtmcp.traces.tree import Tree, build_tree
from vtmcp.traces.trust import completeness_notes


@dataclass(frozen=True, slots=True)
class Reading:
    """What is known of a trace. Positions are those of `tree`; times are corrected for clocks.

    `origins` names for each failed span the one where its failure began. `moved` holds the
    identities of the spans whose times are not those recorded.
    """

    tree: Tree
    summary: Summary
    notes: tuple[str, ...]
    timing: Timing
    path: CriticalPath
    on_path_ns: dict[int, int]
    origins: dict[int, int]
    shapes: Shapes
    findings: tuple[Finding, ...]
    moved: frozenset[int]


def read_closely(
    trace: Trace,
    *,
    now_ns: int | None = None,
    expected_count: int | None = None,
    is_partial: bool = False,
) -> Reading:
    """Read a trace. `expected_count` is what another API counts; `now_ns` is Unix time."""
    tree = build_tree(trace.spans)
    completeness = completeness_notes(
        span_count=len(trace.spans),
        end_ns=max((span.end_ns for span in trace.spans), default=0),
        now_ns=now_ns,
        expected_count=expected_count,
        is_partial=is_partial,
    )
    structure = tree.notes
    skews = find_skews(tree)
    moved: frozenset[int] = frozenset()
    if skews:
        recorded = frozenset(map(id, trace.spans))
        trace = Trace(trace.trace_id, corrected(trace.spans, skews))
        tree = build_tree(trace.spans)
        moved = frozenset(map(id, trace.spans)) - recorded
    summary = summarise(trace)
    timing, path, shapes = time_of(tree), critical_path(tree), shapes_of(tree, {})
    evidence = Evidence(tree, shapes, timing, summary.duration_ns)
    return Reading(
        tree=tree,
        summary=summary,
        notes=(*completeness, *structure, *skew_notes(skews), *orphan_notes(tree)),
        timing=timing,
        path=path,
        on_path_ns=dict.fromkeys(path.spans, 0) | time_on_path(path),
        origins=origins_of(tree),
        shapes=shapes,
        findings=sorted_findings([*repeats(evidence), *stalls(evidence)]),
        moved=moved,
    )
