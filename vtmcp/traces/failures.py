"""Where the errors of a trace began: which failed span only passes on the failure of another.

Must not be here: text.
"""

from vtmcp.traces.timing import NOBODY
from vtmcp.traces.tree import NO_PARENT, Tree


def origins_of(tree: Tree) -> dict[int, int]:
    """Return for each failed span the one where its failure began, itself or one below it.

    A failure is passed on by failed spans only: what is above one that did not fail was not told.
    """
    origins: dict[int, int] = {}
    for here in range(len(tree.spans) - 1, -1, -1):
        if tree.spans[here].failed:
            # Going backwards, the last to write is the earliest child.
            origin = origins.setdefault(here, here)
            parent = tree.parents[here]
            if parent != NO_PARENT and tree.spans[parent].failed:
                origins[parent] = origin
    return origins


def passed_on(tree: Tree) -> frozenset[int]:
    """Return the failed spans that have a failed one right below them."""
    return frozenset(
        parent
        for here, parent in enumerate(tree.parents)
        if parent != NOBODY and tree.spans[here].failed and tree.spans[parent].failed
    )
