"""The text of one trace for a model: verdict, doubts, findings, skeleton, what is missing.

Must not be here: how a line looks, which lines are chosen, how the size is kept.
"""

from collections.abc import Callable
from typing import Final, NamedTuple

from vtmcp.durations import format_duration
from vtmcp.traces.budget import DEFAULT_ANSWER_BYTES, Budget, size_bytes
from vtmcp.traces.choosing import choose, failed_items
from vtmcp.traces.findings import finding_lines, named
from vtmcp.traces.folding import ALL, Item, folded, unfolded
from vtmcp.traces.handles import handle
from vtmcp.traces.page import Page
from vtmcp.traces.reading import Reading
from vtmcp.traces.safe import label, quoted
from vtmcp.traces.span_line import PATH_MARK, failure, who
from vtmcp.traces.summary import origin_of_failure
from vtmcp.traces.times import format_time
from vtmcp.traces.tree import NO_PARENT
from vtmcp.traces.trust import counted

NEXT_CALL_BYTES_MAX: Final = 500_000
"""Clients spill or refuse a longer answer; beyond it the JSON is what is complete."""

NEXT_CALL_BYTES_STEP: Final = 10_000
"""A suggested size is an estimate, so it is rounded up to a round number."""

FAILED_SHARE: Final = 0.75
"""When failed spans alone would take more of the room than this, they are folded as well."""

FINDINGS_SHARE: Final = 0.5
"""Findings take no more of an answer than this: without the tree their handles mean nothing."""

ID_CHARS_MAX: Final = 32
"""A trace id has 32 digits; what is longer is not one, and is cut."""

NO_LIMIT: Final = -1
"""All levels."""


class View(NamedTuple):
    """Which part is shown: what leads to a span and is below it, and how many levels of that."""

    centre: int = ALL
    depth: int = NO_LIMIT


class Calls(NamedTuple):
    """The exact calls that show more: with more room, what is below a handle, all levels."""

    larger: str
    centre: Callable[[str], str]
    deeper: str


WHOLE: Final = View()


def trace_text(
    reading: Reading,
    *,
    view: View = WHOLE,
    max_bytes: int = DEFAULT_ANSWER_BYTES,
    notice: str = "",
    calls: Calls | None = None,
) -> str:
    """Return the trace as text of at most `max_bytes` bytes.

    Without `calls`, those of the tool `trace` are named, with an estimate of the room needed.
    """
    calls = calls or _plain_calls(reading.summary.trace_id)
    head = _head(reading, view, notice, max_bytes)
    room_bytes = max_bytes - sum(map(size_bytes, head))
    page, next_call = _page(reading, view, room_bytes, calls)
    if next_call is None:
        next_call = calls.larger or _larger_call(page, max_bytes)
        _choose(page, view, room_bytes - page.closing_bytes_max(next_call))
    budget = Budget(max_bytes, closing=lambda _: page.closing(next_call))
    for line in head:
        budget.head(line)
    for line in page.lines():
        budget.add(line)
    return budget.text()


def head_lines(reading: Reading, notice: str) -> list[str]:
    """Return the verdict, the first error, the notice, and what is to be doubted."""
    summary, tree = reading.summary, reading.tree
    notices = [notice] if notice else []
    name = trace_name(summary.trace_id)
    notes = [f"note: {note}" for note in reading.notes]
    if not tree.spans:
        return [f"trace {name}: no spans", *notices, *notes]
    facts = (
        counted(summary.span_count, "span"),
        counted(len(summary.services), "service"),
        f"{format_duration(summary.duration_ns)}{_of_root(reading)}",
        f"started {format_time(summary.start_ns)}",
        counted(summary.failed_count, "failed span") if summary.failed_count else "no failed spans",
    )
    return [f"trace {name}: {', '.join(facts)}", *_first_error(reading), *notices, *notes]


def trace_name(trace_id: str) -> str:
    """Return a trace id as it is shown."""
    return label(trace_id, ID_CHARS_MAX, one_word=True) if trace_id else "without id"


def _of_root(reading: Reading) -> str:
    """Return how long the root took where the trace goes on after it."""
    root, whole_ns = reading.path.root, reading.summary.duration_ns
    if root == NO_PARENT or reading.tree.spans[root].duration_ns == whole_ns:
        return ""
    return f" (root {format_duration(reading.tree.spans[root].duration_ns)})"


def _first_error(reading: Reading) -> list[str]:
    tree = reading.tree
    origin = origin_of_failure(tree.spans)
    if origin is None:
        return []
    here = next(here for here, span in enumerate(tree.spans) if span is origin)
    offset = format_duration(origin.start_ns - reading.summary.start_ns)
    return [f"first error: {who(origin)}  {handle(here)}  +{offset}  {failure(origin)}"]


def _head(reading: Reading, view: View, notice: str, max_bytes: int) -> list[str]:
    head = head_lines(reading, notice)
    room_bytes = int(max_bytes * FINDINGS_SHARE) - sum(map(size_bytes, head))
    for line in finding_lines(reading.findings):
        room_bytes -= size_bytes(line)
        if room_bytes >= 0:
            head.append(line)
    if view.centre != ALL:
        below = reading.tree.ends[view.centre] - view.centre - 1
        centre = named(reading.tree, view.centre)
        head.append(f"shown: {centre}, what leads to it, and {counted(below, 'span')} below it")
    if reading.path.spans and len(reading.tree.spans) > 1:
        head.append(f"{PATH_MARK} marks the critical path")
    return head


def _page(reading: Reading, view: View, room_bytes: int, calls: Calls) -> tuple[Page, str | None]:
    """Return the fullest page that fits and its next call; else one to choose from, and none."""
    tree, centre = reading.tree, view.centre
    ways: list[Callable[[], list[Item]]] = [
        lambda: folded(tree, centre=centre),
        lambda: folded(tree, by_name=True, centre=centre),
    ]
    if centre != ALL:
        ways.insert(0, lambda: unfolded(tree, centre))
    for way in ways:
        page = Page(reading, way())
        page.shown = _within_depth(page, view)
        next_call = _smaller_part_call(page, view, calls)
        closing_bytes = size_bytes(closing) if (closing := page.closing(next_call)) else 0
        if page.fits(room_bytes - closing_bytes, sorted(page.shown)):
            return page, next_call
    failed = [here for here in failed_items(tree, page.items) if here in page.shown]
    if not page.fits(int(room_bytes * FAILED_SHARE), failed):
        page = Page(reading, folded(tree, by_name=True, fold_failed=True, centre=centre))
        page.shown = _within_depth(page, view)
    return page, None


def _choose(page: Page, view: View, room_bytes: int) -> None:
    """Leave on the page what fits."""
    tree, on_path_ns = page.reading.tree, page.reading.on_path_ns
    first = max(0, _centre_item(page, view))
    page.shown = choose(
        tree,
        page.items,
        page.cost_bytes,
        room_bytes,
        on_path_ns=on_path_ns,
        first=first,
        among=page.shown,
    )


def _within_depth(page: Page, view: View) -> frozenset[int]:
    """Return the items that are no deeper than was asked for."""
    if view.depth == NO_LIMIT:
        return page.shown
    deepest = view.depth
    if view.centre != ALL:
        deepest += page.reading.tree.depths[view.centre]
    return frozenset(here for here in page.shown if page.items[here].depth <= deepest)


def _centre_item(page: Page, view: View) -> int:
    """Return the item of the centre: what leads to it are as many items as it is deep."""
    return NO_PARENT if view.centre == ALL else page.reading.tree.depths[view.centre]


def _smaller_part_call(page: Page, view: View, calls: Calls) -> str:
    """Return the call that shows what this page hides or folds although there is room."""
    if len(page.shown) < len(page.items):
        return calls.deeper
    above = page.largest_fold()
    if above in (NO_PARENT, _centre_item(page, view)):
        return calls.larger
    return calls.centre(handle(page.items[above].members[0]))


def _plain_calls(trace_id: str) -> Calls:
    shown_id = quoted(trace_id, ID_CHARS_MAX)
    return Calls(
        "",
        lambda span: f'trace(trace_id={shown_id}, span="{span}")',
        f"trace(trace_id={shown_id})",
    )


def _larger_call(page: Page, max_bytes: int) -> str:
    shown_id = quoted(page.reading.summary.trace_id, ID_CHARS_MAX)
    if max_bytes >= NEXT_CALL_BYTES_MAX:
        return f'trace(trace_id={shown_id}, format="json")'
    wanted = max(page.estimated_bytes(), max_bytes) * 5 // 4 + NEXT_CALL_BYTES_STEP
    wanted -= wanted % NEXT_CALL_BYTES_STEP
    return f"trace(trace_id={shown_id}, max_bytes={min(wanted, NEXT_CALL_BYTES_MAX)})"
