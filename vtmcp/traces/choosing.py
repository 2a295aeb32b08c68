"""Choose which items of a tree are shown when there is no room for all. Knows sizes, not texts.

Failed spans come first, then what leads to them, then the critical path, then the slowest. What is
chosen keeps the tree's order; a chosen item may have a parent that is not.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Final

from vtmcp.traces.folding import Item
from vtmcp.traces.tree import NO_PARENT, Tree

MISFITS_MAX: Final = 20
"""After so many slow items in a row that do not fit, the room is taken as used up."""


def failed_items(tree: Tree, items: Sequence[Item]) -> list[int]:
    """Return the items that failed, those first that have no failed item right below them."""
    failed = [here for here, item in enumerate(items) if tree.spans[item.members[0]].failed]
    passed_on = {items[here].parent for here in failed}
    return sorted(failed, key=lambda here: here in passed_on)


def choose(
    tree: Tree,
    items: Sequence[Item],
    cost_bytes: Callable[[int], int],
    room_bytes: int,
    *,
    on_path_ns: Mapping[int, int],
    first: int,
    among: frozenset[int],
) -> frozenset[int]:
    """Return the items to show of those in `among`, which together cost no more than the room.

    `cost_bytes` is asked only for items that are considered: to write a line is the dear part.
    `on_path_ns` holds the spans on the critical path, with their own time on it.
    """
    choice = _Choice(cost_bytes, room_bytes, among)
    failed = failed_items(tree, items)
    if items:
        choice.take(first)
    choice.take_while_it_fits(failed)
    for here in failed:
        _take_ancestors(choice, items, here)
    choice.take_while_it_fits(_path_first(items, on_path_ns))
    choice.take_while_it_fits(_slowest_first(tree, items))
    return frozenset(choice.taken)


class _Choice:
    def __init__(
        self, cost_bytes: Callable[[int], int], room_bytes: int, among: frozenset[int]
    ) -> None:
        self._cost_bytes = cost_bytes
        self._among = among
        self._room_bytes = room_bytes
        self.taken: set[int] = set()

    def take(self, here: int) -> bool:
        """Take the item if it is not taken and fits; tell whether it is in."""
        if here not in self.taken:
            cost_bytes = self._cost_bytes(here)
            if cost_bytes > self._room_bytes:
                return False
            self._room_bytes -= cost_bytes
            self.taken.add(here)
        return True

    def take_while_it_fits(self, candidates: Sequence[int]) -> None:
        misfits = 0
        for here in filter(self._among.__contains__, candidates):
            misfits = 0 if self.take(here) else misfits + 1
            if misfits == MISFITS_MAX:
                break


def _take_ancestors(choice: _Choice, items: Sequence[Item], here: int) -> None:
    """Take what is above, nearest first, until something is taken already or does not fit."""
    above = items[here].parent
    while above != NO_PARENT and above not in choice.taken and choice.take(above):
        above = items[above].parent


def _path_first(items: Sequence[Item], on_path_ns: Mapping[int, int]) -> list[int]:
    """Return the items on the path, those first that have most of it, then from the top."""
    times_ns = {
        here: sum(on_path_ns.get(member, 0) for member in item.members)
        for here, item in enumerate(items)
        if not on_path_ns.keys().isdisjoint(item.members)
    }
    return sorted(times_ns, key=lambda here: (-times_ns[here], here))


def _slowest_first(tree: Tree, items: Sequence[Item]) -> list[int]:
    total_ns = [sum(tree.spans[member].duration_ns for member in item.members) for item in items]
    return sorted(range(len(items)), key=lambda here: -total_ns[here])
