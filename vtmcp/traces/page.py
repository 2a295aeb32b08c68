"""The lines of one trace's items: written when asked for, shown all or by choice, closed honestly.

Must not be here: the verdict, the order of what is tried to make a trace fit.
"""

from collections.abc import Iterable, Sequence
from typing import Final

from vtmcp.traces.budget import size_bytes
from vtmcp.traces.folding import Item
from vtmcp.traces.marks import fold_marks, longest_gaps, one_span_marks
from vtmcp.traces.reading import Reading
from vtmcp.traces.span_line import folded_line, span_line
from vtmcp.traces.tree import NO_PARENT
from vtmcp.traces.trust import counted

LINE_BYTES_MIN: Final = 12
"""No line of a span is shorter, so a trace too large for the room is known without writing it."""

SAMPLE_LINES: Final = 100
"""So many lines are enough to guess how long all of them would be."""

GAP_MARK: Final = ".. "
GAP_HINT: Final = "A line with .. has a parent that is left out."
HIDDEN_MARK_BYTES: Final = len("  (+9,999,999 below)")


class Page:
    """The items of a tree, the lines that were written of them, and which are shown."""

    def __init__(self, reading: Reading, items: Sequence[Item]) -> None:
        self.reading = reading
        self.items = items
        self.shown = frozenset(range(len(items)))
        self._lines: dict[int, str] = {}
        self._gaps = longest_gaps(reading)

    def fits(self, room_bytes: int, positions: Sequence[int] | None = None) -> bool:
        """Tell whether these items, or all, fit; stop writing lines once they do not."""
        positions = range(len(self.items)) if positions is None else positions
        if len(positions) * LINE_BYTES_MIN > room_bytes:
            return False
        for here in positions:
            room_bytes -= size_bytes(self._line(here))
            if room_bytes < 0:
                return False
        return True

    def cost_bytes(self, here: int) -> int:
        """Return what a line takes at most, with the marks that a choice may add to it."""
        return size_bytes(self._line(here)) + len(GAP_MARK) + HIDDEN_MARK_BYTES

    def estimated_bytes(self) -> int:
        """Return about how long all lines are, judged by some that are spread over the trace."""
        step = max(1, len(self.items) // SAMPLE_LINES)
        sample = range(0, len(self.items), step)
        return sum(size_bytes(self._line(here)) for here in sample) * step

    def lines(self) -> list[str]:
        """Return the shown lines in the tree's order, with marks where something is left out."""
        below = self._hidden_below()
        lines: list[str] = []
        for here in sorted(self.shown):
            line = self._line(here)
            if self._has_gap(here):
                text = line.lstrip(" ")
                line = f"{line[: len(line) - len(text)]}{GAP_MARK}{text}"
            lines.append(f"{line}  (+{below[here]:,} below)" if below[here] else line)
        return lines

    def closing(self, next_call: str) -> str:
        """Return what was folded and left out and the exact next call; nothing if all is shown."""
        hidden = [item for here, item in enumerate(self.items) if here not in self.shown]
        folds = [item for here, item in enumerate(self.items) if here in self.shown]
        folds = [item for item in folds if len(item.members) > 1]
        has_gap = any(map(self._has_gap, self.shown))
        return self._closing(folds, hidden, next_call, has_gap=has_gap)

    def closing_bytes_max(self, next_call: str) -> int:
        """Return the most that the closing can take, whatever is chosen."""
        return size_bytes(self._closing(self.items, self.items, next_call, has_gap=True))

    def largest_fold(self) -> int:
        """Return the item above the largest fold that is shown, or none."""
        folds = [here for here in self.shown if len(self.items[here].members) > 1]
        largest = max(folds, key=lambda here: (len(self.items[here].members), -here), default=None)
        return NO_PARENT if largest is None else self.items[largest].parent

    def _closing(
        self, folds: Sequence[Item], hidden: Sequence[Item], next_call: str, *, has_gap: bool
    ) -> str:
        lines: list[str] = []
        spans_of = self.reading.tree.spans
        if folds:
            spans = counted(_span_count(folds), "span")
            lines.append(
                f"Folded: {spans} into {counted(len(folds), 'line')}, xN is N of one name."
            )
        if hidden:
            failed = sum(spans_of[member].failed for item in hidden for member in item.members)
            total = counted(len(spans_of), "span")
            lines.append(
                f"Left out: {_span_count(hidden):,} of {total}, {failed:,} of them failed."
            )
        if has_gap:
            lines.append(GAP_HINT)
        if lines and next_call:
            lines.append(f"Next: {next_call}")
        return "\n".join(lines)

    def _line(self, here: int) -> str:
        line = self._lines.get(here)
        if line is None:
            line = self._lines[here] = self._written(self.items[here])
        return line

    def _written(self, item: Item) -> str:
        spans = self.reading.tree.spans
        start_ns = self.reading.summary.start_ns
        first = item.members[0]
        if len(item.members) == 1:
            marks = one_span_marks(self.reading, first, self._gaps.get(first))
            return span_line(spans[first], depth=item.depth, trace_start_ns=start_ns, marks=marks)
        return folded_line(
            [spans[member] for member in item.members],
            depth=item.depth,
            trace_start_ns=start_ns,
            marks=fold_marks(self.reading, item.members),
        )

    def _has_gap(self, here: int) -> bool:
        parent = self.items[here].parent
        return parent != NO_PARENT and parent not in self.shown

    def _hidden_below(self) -> list[int]:
        """Return for each item how many hidden spans have it as their nearest shown ancestor."""
        below = [0] * len(self.items)
        nearest: list[int] = []
        for here, item in enumerate(self.items):
            above = NO_PARENT if item.parent == NO_PARENT else nearest[item.parent]
            is_shown = here in self.shown
            nearest.append(here if is_shown else above)
            if not is_shown and above != NO_PARENT:
                below[above] += len(item.members)
        return below


def _span_count(items: Iterable[Item]) -> int:
    return sum(len(item.members) for item in items)
