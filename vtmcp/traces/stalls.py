"""Findings where time stands still: long gap, time in queue, one slow span among equals, and work
that goes on after its caller gave up.

Must not be here: findings in spans that are repeated.
"""

from collections.abc import Callable, Iterator
from itertools import pairwise
from typing import Final

from vtmcp.durations import format_duration
from vtmcp.traces.calls import is_refused
from vtmcp.traces.findings import Evidence, Finding, named, of_trace
from vtmcp.traces.handles import handle
from vtmcp.traces.model import Span
from vtmcp.traces.span_line import who
from vtmcp.traces.timing import NOBODY, Gap
from vtmcp.traces.tree import NO_PARENT, Tree

LONG_GAP_NS_MIN: Final = 100_000_000
LONG_GAP_SHARE_MIN: Final = 0.3
"""A tenth of a second that a user feels, and a good part of the trace: less is a program's work."""

QUEUE_NS_MIN: Final = 1_000_000_000
"""Brokers hand a message on in less than a second, polling included; longer, it was waiting."""

EQUALS_MIN: Final = 8
"""Among fewer there is no telling what is usual."""

SLOW_TIMES: Final = 10
"""How many times the median: latencies of one operation differ by less, as a rule."""

SLOW_NS_MIN: Final = 100_000_000
SLOW_SHARE_MIN: Final = 0.1
"""An outlier that is short, or little of the trace, is nobody's question."""

GIVEN_UP_NS_MIN: Final = 100_000_000
"""Clocks of two machines differ by less, as a rule, so the work did go on."""

SECOND_SHARE_MAX: Final = 0.5
"""If the second slowest is half as slow, it is not one span."""


def stalls(evidence: Evidence) -> Iterator[Finding]:
    """Yield the findings in the order of their kinds."""
    yield from _long_gaps(evidence)
    yield from _queues(evidence)
    yield from _slow_ones(evidence)
    yield from _given_up(evidence)


def _long_gaps(evidence: Evidence) -> Iterator[Finding]:
    least_ns = max(LONG_GAP_NS_MIN, int(evidence.trace_ns * LONG_GAP_SHARE_MIN))
    long = [gap for gap in evidence.timing.gaps if gap.length_ns >= least_ns]
    apart = _apart(evidence.tree) if long else []
    for gap in long:
        if _is_explained(evidence.tree, gap, apart):
            continue
        words = (
            f"{of_trace(evidence, gap.length_ns)} in {named(evidence.tree, gap.position)},"
            f" {_where(evidence.tree, gap)}, have no span"
        )
        yield Finding("long gap", words, (gap.position,), gap.length_ns)


def _apart(tree: Tree) -> list[Span]:
    """Return the spans whose place in the tree is not known: their time may be that of a gap."""
    return list(tree.missing_parent)


def _is_explained(tree: Tree, gap: Gap, apart: list[Span]) -> bool:
    """A pause before another attempt is that of a retry; a lost span's children fill a gap."""
    if any(span.start_ns < gap.end_ns and span.end_ns > gap.start_ns for span in apart):
        return True
    if NOBODY in (gap.after, gap.before):
        return False
    before, after = tree.spans[gap.after], tree.spans[gap.before]
    is_retry = (before.service, before.name) == (after.service, after.name)
    return (is_refused(before) and is_retry) or after.kind == "consumer"


def _where(tree: Tree, gap: Gap) -> str:
    if gap.after == NOBODY:
        return f"before {named(tree, gap.before)}"
    if gap.before == NOBODY:
        return f"after {named(tree, gap.after)}"
    return f"between {named(tree, gap.after)} and {named(tree, gap.before)}"


def _queues(evidence: Evidence) -> Iterator[Finding]:
    """Yield one finding a path of consumers, with the longest wait."""
    tree = evidence.tree
    for waits_ns, worst in _lengths(evidence, _wait_ns, QUEUE_NS_MIN):
        parent = tree.parents[worst]
        words = (
            f"{of_trace(evidence, waits_ns[worst])} from the end of {named(tree, parent)}"
            f" to the start of {named(tree, worst)}"
        )
        if len(waits_ns) > 1:
            words += f"; x{len(waits_ns) - 1:,} more that waited"
        yield Finding("time in queue", words, tuple(waits_ns), waits_ns[worst])


def _lengths(
    evidence: Evidence, length_ns: Callable[[Tree, int], int], least_ns: int
) -> Iterator[tuple[dict[int, int], int]]:
    """Yield the spans of each path for which a length is at least so much, and the longest one."""
    for members in evidence.shapes.members.values():
        found_ns = {
            here: found for here in members if (found := length_ns(evidence.tree, here)) >= least_ns
        }
        if found_ns:
            yield found_ns, max(found_ns, key=found_ns.__getitem__)


def _wait_ns(tree: Tree, here: int) -> int:
    """Return how long after what sent it a message was taken; nothing for what takes none."""
    parent = tree.parents[here]
    if parent == NO_PARENT or tree.spans[here].kind != "consumer":
        return 0
    sent, taken = tree.spans[parent], tree.spans[here]
    # A parent that goes on, such as a whole request, sent the message at a time not known.
    return taken.start_ns - sent.end_ns if sent.kind in ("producer", "client") else 0


def _slow_ones(evidence: Evidence) -> Iterator[Finding]:
    tree = evidence.tree
    least_ns = max(SLOW_NS_MIN, int(evidence.trace_ns * SLOW_SHARE_MIN))
    slow: dict[int, Finding] = {}
    for members in evidence.shapes.members.values():
        if len(members) < EQUALS_MIN:
            continue
        durations_ns = sorted(tree.spans[member].duration_ns for member in members)
        longest_ns, second_ns = durations_ns[-1], durations_ns[-2]
        median_ns = durations_ns[(len(durations_ns) - 1) // 2]
        if longest_ns < max(least_ns, median_ns * SLOW_TIMES):
            continue
        if second_ns > longest_ns * SECOND_SHARE_MAX:
            continue
        here = max(members, key=lambda member: tree.spans[member].duration_ns)
        words = (
            f"{handle(here)} took {of_trace(evidence, longest_ns)}, x{len(members):,}"
            f" {who(tree.spans[here])} have p50 {format_duration(max(0, median_ns))}"
            f" and the next slowest {format_duration(max(0, second_ns))}"
        )
        slow[here] = Finding("one slow among equals", words, (here,), longest_ns)
    # In the tree's order, what is below a span follows it at once.
    positions = [*sorted(slow), len(tree.spans)]
    for here, following in pairwise(positions):
        if following >= tree.ends[here]:
            yield slow[here]


def _given_up(evidence: Evidence) -> Iterator[Finding]:
    """Yield one finding a path of calls that failed while who was called worked on, and did not."""
    tree = evidence.tree
    for over_ns, worst in _lengths(evidence, _over_ns, GIVEN_UP_NS_MIN):
        caller = tree.parents[worst]
        waited = format_duration(tree.spans[caller].duration_ns)
        words = (
            f"{named(tree, caller)} failed after {waited}, and {named(tree, worst)} that it"
            f" called went on for {format_duration(over_ns[worst])} more and did not fail"
        )
        if len(over_ns) > 1:
            words += f"; x{len(over_ns) - 1:,} more such calls"
        yield Finding("caller gave up", words, tuple(over_ns), over_ns[worst])


def _over_ns(tree: Tree, here: int) -> int:
    """Return how long a span goes on, and well, after the call of it failed."""
    parent = tree.parents[here]
    if parent == NO_PARENT:
        return 0
    call, answer = tree.spans[parent], tree.spans[here]
    is_call = call.kind == "client" and answer.kind == "server"
    return answer.end_ns - call.end_ns if is_call and call.failed and not answer.failed else 0
