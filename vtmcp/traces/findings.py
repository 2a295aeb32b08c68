"""What is conspicuous in one trace, named, with its evidence. Must not be here: advice.

Each kind is looked for in a module of its own; here is what a finding is, and their order.
"""

from collections.abc import Iterable
from typing import Final, NamedTuple

from vtmcp.durations import format_duration
from vtmcp.traces.handles import handle
from vtmcp.traces.model import Span
from vtmcp.traces.shapes import Shapes
from vtmcp.traces.span_line import who
from vtmcp.traces.timing import Timing
from vtmcp.traces.tree import NO_PARENT, Tree

FINDINGS_TOLD_MAX: Final = 6
"""A trace with more is broken as a whole, and the first ones say so."""


class Finding(NamedTuple):
    """One thing found: its kind and evidence in words, the spans, and the time that it took."""

    kind: str
    evidence: str
    spans: tuple[int, ...]
    cost_ns: int


class Evidence(NamedTuple):
    """What findings are looked for in."""

    tree: Tree
    shapes: Shapes
    timing: Timing
    trace_ns: int


def sorted_findings(found: Iterable[Finding]) -> tuple[Finding, ...]:
    """Return the findings, the costliest first."""
    return tuple(sorted(found, key=lambda finding: (-finding.cost_ns, finding.spans)))


def finding_lines(found: tuple[Finding, ...]) -> list[str]:
    """Return a line each, and one that counts those beyond what is told."""
    lines = [f"finding: {one.kind}: {one.evidence}" for one in found[:FINDINGS_TOLD_MAX]]
    if len(found) > FINDINGS_TOLD_MAX:
        kinds = ", ".join(sorted({one.kind for one in found[FINDINGS_TOLD_MAX:]}))
        lines.append(f"finding: {len(found) - FINDINGS_TOLD_MAX:,} more ({kinds})")
    return lines


def of_trace(evidence: Evidence, part_ns: int) -> str:
    """Return `580 ms of the trace's 588 ms`."""
    return f"{format_duration(part_ns)} of the trace's {format_duration(evidence.trace_ns)}"


def named(tree: Tree, position: int) -> str:
    """Return `s7 cart GET /cart`."""
    return f"{handle(position)} {who(tree.spans[position])}"


def below(tree: Tree, parent: int) -> str:
    """Return ` below s7 cart GET /cart`, or nothing for roots."""
    return "" if parent == NO_PARENT else f" below {named(tree, parent)}"


def from_to_ns(spans: Iterable[Span]) -> tuple[int, int]:
    """Return the first start and the last end."""
    listed = list(spans)
    return min(span.start_ns for span in listed), max(span.end_ns for span in listed)
