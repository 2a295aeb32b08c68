"""The text of a plain list of names. Must not be here: where the names come from."""

from collections.abc import Iterable

from vtmcp.traces.budget import Budget, closing_line
from vtmcp.traces.safe import label


def names_text(
    head: str, names: Iterable[str], *, max_bytes: int, notice: str, next_call: str
) -> str:
    """A head line, the notice if there is one, and one name a line."""
    budget = Budget(max_bytes, closing=closing_line(next_call, "names"))
    budget.head(head)
    if notice:
        budget.head(notice)
    for name in names:
        budget.add(label(name))
    return budget.text()
