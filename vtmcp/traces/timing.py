"""What of a span's time no span below it accounts for: its own time, and gaps in it.

Must not be here: what is said about it.
"""

from typing import Final, NamedTuple

from vtmcp.traces.tree import Tree

NOBODY: Final = -1
"""What stands for a child that is not there: a gap at the start or the end of its span."""

GAP_NS_MIN: Final = 20_000_000
"""Shorter pauses are the scheduler's and the collector's; no one looks for them in a trace."""

_ONLY_WAITS: Final = frozenset(("client", "producer"))
"""Kinds that wait for others and compute nothing, so that even their edges ask for a reason."""


class Gap(NamedTuple):
    """Time within a span of which nothing is recorded, and the children before and after it."""

    position: int
    start_ns: int
    end_ns: int
    after: int
    before: int

    @property
    def length_ns(self) -> int:
        return self.end_ns - self.start_ns


class Timing(NamedTuple):
    """By position: time that no child accounts for. And the gaps between children."""

    self_ns: tuple[int, ...]
    gaps: tuple[Gap, ...]


def time_of(tree: Tree) -> Timing:
    """Return the own times and gaps, in time linear in the spans. Children are sorted by start."""
    starts = [span.start_ns for span in tree.spans]
    lengths = [max(0, span.duration_ns) for span in tree.spans]
    self_ns = list(lengths)
    gaps: list[Gap] = []
    for here, children in enumerate(tree.children):
        if not children:
            continue
        start_ns = now_ns = starts[here]
        end_ns = start_ns + lengths[here]
        own_ns, last = 0, NOBODY
        for child in (*children, NOBODY):
            from_ns = end_ns if child == NOBODY else min(starts[child], end_ns)
            if from_ns > now_ns:
                own_ns += from_ns - now_ns
                if from_ns - now_ns >= GAP_NS_MIN and _is_gap(tree, here, last, child):
                    gaps.append(Gap(here, now_ns, from_ns, last, child))
                now_ns = from_ns
            if child != NOBODY:
                now_ns = max(now_ns, min(from_ns + lengths[child], end_ns))
                last = child
        self_ns[here] = own_ns
    return Timing(tuple(self_ns), tuple(gaps))


def _is_gap(tree: Tree, here: int, last: int, child: int) -> bool:
    """Tell a gap from work of the span itself, which stands before or after its calls."""
    return NOBODY not in (last, child) or tree.spans[here].kind in _ONLY_WAITS
