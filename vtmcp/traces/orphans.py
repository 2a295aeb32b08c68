"""Say where spans whose parent is missing belong, as far as times tell: who sent no spans.

Must not be here: that parents are missing, which `trust.py` notes.
"""

from typing import Final

from vtmcp.traces.calls import CALL_KINDS, target_of
from vtmcp.traces.handles import handle
from vtmcp.traces.model import Span
from vtmcp.traces.safe import label
from vtmcp.traces.span_line import NAME_CHARS_MAX, who
from vtmcp.traces.tree import EARLY_NS_MIN, Tree

ORPHANS_TOLD_MAX: Final = 3
"""More orphans than this are one trouble: the same service is missing above them."""


def orphan_notes(tree: Tree) -> tuple[str, ...]:
    """Return a sentence for each of the first orphans, each kind of orphan once."""
    notes: dict[tuple[str, str], str] = {}
    orphans = {id(span) for span in tree.missing_parent}
    for root in tree.roots:
        span = tree.spans[root]
        kind = span.service, span.name
        if id(span) in orphans and kind not in notes and len(notes) < ORPHANS_TOLD_MAX:
            notes[kind] = _note(tree, root)
    return tuple(filter(None, notes.values()))


def _note(tree: Tree, orphan: int) -> str:
    span = tree.spans[orphan]
    name = f"{handle(orphan)} {who(span)}"
    caller = _caller(tree, orphan)
    if caller is None:
        return f"what called {name} is missing"
    calling = tree.spans[caller]
    target = target_of(calling)
    to = f" to {label(target, NAME_CHARS_MAX, one_word=True)}" if target else ""
    return (
        f"what called {name} is missing: {handle(caller)} {who(calling)}{to} ran at that time"
        " and has no span below it"
    )


def _caller(tree: Tree, orphan: int) -> int | None:
    """Return the shortest call without a span of the other side that lasted as long as this."""
    span = tree.spans[orphan]
    calls = [
        here
        for here, other in enumerate(tree.spans)
        if other.kind in CALL_KINDS and not tree.children[here] and _encloses(other, span)
        if not orphan <= here < tree.ends[orphan]
    ]
    return min(calls, key=lambda here: tree.spans[here].duration_ns, default=None)


def _encloses(outer: Span, inner: Span) -> bool:
    return (
        outer.start_ns <= inner.start_ns + EARLY_NS_MIN
        and inner.end_ns <= outer.end_ns + EARLY_NS_MIN
    )
