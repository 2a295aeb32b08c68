"""Find the pages of the corpus and read them. Of the search only this and `local` touch files.

Must not be here: what a page means; paths that a peer sent never become paths of files here, they
are only compared with the names that the folder has.
"""

import os
from collections.abc import Iterator
from itertools import islice
from typing import TYPE_CHECKING

from vtmcp.search.page import Page, PageEntry, parse_entry, parse_page

if TYPE_CHECKING:
    # Not `pathlib`: its import would be a fifth of the time of the first search.
    from importlib.resources.abc import Traversable

NOT_A_PAGE = "README.md"
"""The corpus folder's own notes for authors."""

SUFFIX = ".md"

INDEX = "index.bin"
"""The term weights of the pages, computed ahead of time by `vtmcp.search.build`."""

FRONT_MATTER_LINES_MAX = 20
"""The front matter ends well before; a list of the pages reads no more of each."""


class UnknownPageError(LookupError):
    """No page has that name; the text says what was asked for."""


def corpus_folder() -> str:
    """The folder with the pages: inside the package, or beside it in a checkout.

    A wheel has it at `vtmcp/corpus`, and so has a checkout, as a link. Where links are not kept (an
    archive, some file systems) the folder beside the package is the one.
    """
    package = os.path.dirname(os.path.dirname(__file__))
    inside = os.path.join(package, "corpus")
    return inside if os.path.isdir(inside) else os.path.join(os.path.dirname(package), "corpus")


def list_pages(folder: "Traversable | None" = None) -> list[PageEntry]:
    """All pages with title and description, by path; reads only the first lines of each."""
    return [parse_entry(path, _front_matter(file)) for path, file in _page_files(folder)]


def load_pages(folder: "Traversable | None" = None) -> list[Page]:
    """All pages, by path. Raises `BadPageError` for one whose front matter is not complete."""
    return [parse_page(path, _text(file)) for path, file in _page_files(folder)]


def load_page(path: str, folder: "Traversable | None" = None) -> Page:
    """One page by the path that `list_pages` gives. Raises `UnknownPageError`."""
    for known, file in _page_files(folder):
        if known == path:
            return parse_page(known, _text(file))
    raise UnknownPageError(f"no documentation page {path[:100]!r}")


def load_index(folder: "Traversable | None" = None) -> bytes:
    """The index that is shipped with the pages; empty when there is none."""
    try:
        with open(os.path.join(_root(folder), INDEX), "rb") as file:
            return file.read()
    except OSError:
        return b""


def _root(folder: "Traversable | None") -> str:
    return corpus_folder() if folder is None else str(folder)


def _page_files(folder: "Traversable | None") -> Iterator[tuple[str, str]]:
    """The pages' paths and files, by path, from a folder and the folders in it, no deeper."""
    found: dict[str, str] = {}
    for item in os.scandir(_root(folder)):
        if item.is_dir():
            found |= {f"{item.name}/{file.name}": file.path for file in os.scandir(item)}
        else:
            found[item.name] = item.path
    for path in sorted(found):
        if path.endswith(SUFFIX) and path != NOT_A_PAGE:
            yield path, found[path]


def _text(file: str) -> str:
    with open(file, encoding="utf-8") as lines:
        return lines.read()


def _front_matter(file: str) -> str:
    with open(file, encoding="utf-8") as lines:
        return "".join(islice(lines, FRONT_MATTER_LINES_MAX))
