"""Pages for tests, small enough to see at a glance what is in them."""

from vtmcp.search.page import Page
from vtmcp.search.passages import Passage


def page(text: str, path: str = "page.md", title: str = "A page") -> Page:
    return Page(path, title, "What it is about", "v1", "2026-11-24", text)


def passage(text: str, number: int = 1, headings: tuple[str, ...] = ()) -> Passage:
    return Passage("page.md", "A page", headings, text, number)
