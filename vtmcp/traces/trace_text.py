"""The text of one trace for a model: verdict, trust notes, tree, what is missing.

Must not be here: how a line looks, which lines are chosen, how the size is kept.
"""

from typing import Final

from vtmcp.durations import format_duration
from vtmcp.traces.budget import DEFAULT_ANSWER_BYTES, Budget, size_bytes
from vtmcp.traces.choosing import choose, failed_items
from vtmcp.traces.folding import folded, unfolded
from vtmcp.traces.model import Trace
from vtmcp.traces.page import Page
from vtmcp.traces.safe import label, quoted
from vtmcp.traces.span_line import failure, who
from vtmcp.traces.summary import Summary, origin_of_failure, summarise
from vtmcp.traces.times import format_time
from vtmcp.traces.tree import Tree, build_tree
from vtmcp.traces.trust import counted

NEXT_CALL_BYTES_MAX: Final = 500_000
"""Clients spill or refuse a longer answer; beyond it the JSON is what is complete."""

NEXT_CALL_BYTES_STEP: Final = 10_000
"""A suggested size is an estimate, so it is rounded up to a round number."""

FAILED_SHARE: Final = 0.75
"""When failed spans alone would take more of the room than this, they are folded as well."""

ID_CHARS_MAX: Final = 32
"""A trace id has 32 digits; what is longer is not one, and is cut."""


def trace_text(
    trace: Trace,
    *,
    max_bytes: int = DEFAULT_ANSWER_BYTES,
    notice: str = "",
    next_call: str = "",
) -> str:
    """Return the trace as text of at most `max_bytes` bytes.

    `next_call` is the exact call that shows more; without it one with a larger size is named.
    """
    tree = build_tree(trace.spans)
    summary = summarise(trace)
    head = _head(summary, tree, notice)
    page = Page(tree, unfolded(tree), summary.start_ns)
    room_bytes = max_bytes - sum(map(size_bytes, head))
    if not page.fits(room_bytes):
        next_call = next_call or _larger_call(page, trace.trace_id, max_bytes)
        page = _shorter_page(tree, summary.start_ns, room_bytes, next_call)
    budget = Budget(max_bytes, closing=lambda _: page.closing(next_call))
    for line in head:
        budget.head(line)
    for line in page.lines():
        budget.add(line)
    return budget.text()


def _head(summary: Summary, tree: Tree, notice: str) -> list[str]:
    name = (
        label(summary.trace_id, ID_CHARS_MAX, one_word=True) if summary.trace_id else "without id"
    )
    notices = [notice] if notice else []
    if not tree.spans:
        return [f"trace {name}: no spans", *notices]
    facts = (
        counted(summary.span_count, "span"),
        counted(len(summary.services), "service"),
        format_duration(summary.duration_ns),
        f"started {format_time(summary.start_ns)}",
        counted(summary.failed_count, "failed span") if summary.failed_count else "no failed spans",
    )
    origin = origin_of_failure(tree.spans)
    origins = []
    if origin is not None:
        offset = format_duration(origin.start_ns - summary.start_ns)
        origins = [f"first error: {who(origin)}  +{offset}  {failure(origin)}"]
    verdict = f"trace {name}: {', '.join(facts)}"
    return [verdict, *origins, *notices, *(f"note: {note}" for note in tree.notes)]


def _shorter_page(tree: Tree, start_ns: int, room_bytes: int, next_call: str) -> Page:
    """Return a page that fits: folded, else with failed spans folded too, else with a choice."""
    page = Page(tree, folded(tree, fold_failed=False), start_ns)
    room_bytes -= page.closing_bytes_max(next_call)
    if page.fits(room_bytes):
        return page
    if not page.fits(int(room_bytes * FAILED_SHARE), failed_items(tree, page.items)):
        page = Page(tree, folded(tree, fold_failed=True), start_ns)
        if page.fits(room_bytes):
            return page
    page.shown = choose(tree, page.items, page.cost_bytes, room_bytes)
    return page


def _larger_call(page: Page, trace_id: str, max_bytes: int) -> str:
    shown_id = quoted(trace_id, ID_CHARS_MAX)
    if max_bytes >= NEXT_CALL_BYTES_MAX:
        return f'trace(trace_id={shown_id}, format="json")'
    wanted = max(page.estimated_bytes(), max_bytes) * 5 // 4 + NEXT_CALL_BYTES_STEP
    wanted -= wanted % NEXT_CALL_BYTES_STEP
    return f"trace(trace_id={shown_id}, max_bytes={min(wanted, NEXT_CALL_BYTES_MAX)})"
