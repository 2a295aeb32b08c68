"""The documentation as handlers see it: pages and passages, read when they are first asked for.

Must not be here: how a passage is written for a reader, and any import of the search at start.
"""

from functools import cached_property
from typing import TYPE_CHECKING

from anyio import to_thread

if TYPE_CHECKING:
    # Only the types: the search is loaded by the first question, not by the start.
    from importlib.resources.abc import Traversable
    from pathlib import Path

    from vtmcp.search.library import Library as Indexes
    from vtmcp.search.page import Page, PageEntry
    from vtmcp.search.passage import Passage
    from vtmcp.search.ranking import Hit, Index, UnknownTerm

SCHEME = "docs://"
"""What addresses begin with: `docs://PATH` is a page, `docs://PATH#N` a passage of it."""


class Library:
    """The pages of a folder, by default those that come with this package, and an operator's own.

    `own` is the operator's folder (`VT_DOCS_DIR`); its pages are at `docs://local/PATH`.
    """

    def __init__(self, folder: "Traversable | None" = None, own: "Path | None" = None) -> None:
        self._folder = folder
        self._own = own

    @cached_property
    def entries(self) -> "tuple[PageEntry, ...]":
        """All pages as a list shows them. Reads the first lines of each, once."""
        from vtmcp.search.corpus import list_pages  # noqa: PLC0415 - first call only
        from vtmcp.search.page import PageEntry  # noqa: PLC0415

        own = (PageEntry(*page[:3]) for page in self._own_pages)
        return (*list_pages(self._folder), *own)

    def page(self, path: str) -> "Page | None":
        """One page, or None. `path` is only compared with the names that there are."""
        from vtmcp.search.corpus import UnknownPageError, load_page  # noqa: PLC0415 - first call

        own = next((page for page in self._own_pages if page.path == path), None)
        if own is not None:
            return own
        try:
            return load_page(path, self._folder)
        except UnknownPageError:
            return None

    async def prepare(self) -> None:
        """Build what the first question needs; a large folder of an operator's own takes seconds,
        which others do not wait for."""
        if self._own is not None and "_index" not in self.__dict__:
            await to_thread.run_sync(lambda: self._index.search("prepare"))

    @property
    def passages(self) -> "tuple[Passage, ...]":
        """All passages, page after page."""
        return self._index.passages

    def passage(self, address: str) -> "Passage | None":
        """The passage at an address such as `docs://flags.md#3`, or None."""
        return self._index.passage(address)

    def search(self, query: str, limit: int) -> "list[Hit]":
        """The best passages for a question, best first."""
        return self._index.search(query, limit)

    def unknown_terms(self, query: str) -> "tuple[UnknownTerm, ...]":
        """The words of a question that are nowhere in the pages, with near ones that are."""
        return self._index.unknown_terms(query)

    @cached_property
    def _index(self) -> "Index | Indexes":
        from vtmcp.search.library import searchable  # noqa: PLC0415 - first call only

        return searchable(self._folder, self._own_pages)

    @cached_property
    def _own_pages(self) -> "list[Page]":
        if self._own is None:
            return []
        from vtmcp.search.local import read_local_pages  # noqa: PLC0415 - for those who have some

        return read_local_pages(self._own).pages
