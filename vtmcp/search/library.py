"""Several indexes as one: the shipped corpus, and an operator's own pages beside it.

Must not be here: how passages are ranked, and what tells where an operator's pages are.
"""

from collections.abc import Sequence
from itertools import chain
from typing import TYPE_CHECKING

from vtmcp.search.corpus import load_index, load_pages
from vtmcp.search.packed import unpack
from vtmcp.search.passage import Passage
from vtmcp.search.ranking import HITS, HITS_MAX, Hit, Index, UnknownTerm, share_weight

if TYPE_CHECKING:
    from importlib.resources.abc import Traversable
    from pathlib import Path

    from vtmcp.search.page import Page


def shipped_index(folder: "Traversable | None" = None) -> Index:
    """The index of the shipped corpus: ready at once, in pure Python, with the shipped weights.

    Where the weights are not of these pages (someone edited one) they are computed at the first
    search, which takes longer and finds the same.
    """
    pages = load_pages(folder)
    found = unpack(load_index(folder), pages)
    if found is not None:
        return Index(*found)
    from vtmcp.search.passages import all_passages  # noqa: PLC0415 - not needed as a rule

    return Index(all_passages(pages))


def local_index(folder: "Path") -> Index:
    """The index of an operator's own pages. Raises `LocalFolderError`."""
    from vtmcp.search.local import read_local_pages  # noqa: PLC0415 - for those who have some
    from vtmcp.search.passages import all_passages  # noqa: PLC0415

    return Index(all_passages(read_local_pages(folder).pages))


def searchable(
    folder: "Traversable | None" = None, own_pages: "Sequence[Page]" = ()
) -> "Index | Library":
    """The shipped corpus, and beside it an operator's own pages if there are any."""
    if not own_pages:
        return shipped_index(folder)
    from vtmcp.search.passages import all_passages  # noqa: PLC0415 - for those who have some

    return Library([shipped_index(folder), Index(all_passages(own_pages))])


class Library:
    """Indexes that are searched together; an `Index` to its users."""

    def __init__(self, indexes: Sequence[Index]) -> None:
        self._indexes = tuple(indexes)

    @property
    def passages(self) -> tuple[Passage, ...]:
        """All passages, index after index."""
        return tuple(chain.from_iterable(index.passages for index in self._indexes))

    def search(self, query: str, limit: int = HITS) -> list[Hit]:
        """The best passages of all indexes, best first; `limit` is held to 1..50."""
        known = [index.known_words(query) for index in self._indexes]
        # Each index scores by the words that it has; one that lacks half of them has half answers.
        found = [
            hit._replace(score=hit.score * share_weight(count / max(known)))
            for index, count in zip(self._indexes, known, strict=True)
            for hit in index.search(query, limit)
        ]
        return sorted(found, key=lambda hit: -hit.score)[: min(max(limit, 1), HITS_MAX)]

    def unknown_terms(self, query: str) -> tuple[UnknownTerm, ...]:
        """The words of a question that none of the indexes has, with near ones of the first."""
        first, *others = [index.unknown_terms(query) for index in self._indexes] or [()]
        nowhere = set.intersection({term.word for term in first}, *map(_names, others))
        return tuple(term for term in first if term.word in nowhere)

    def passage(self, address: str) -> Passage | None:
        """The passage at an address; None if no index has it."""
        found = (index.passage(address) for index in self._indexes)
        return next((passage for passage in found if passage is not None), None)


def _names(unknown: tuple[UnknownTerm, ...]) -> set[str]:
    return {term.word for term in unknown}
