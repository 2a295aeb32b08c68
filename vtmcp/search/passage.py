"""A passage: the part of a page that a search finds. Must not be here: where pages are cut."""

from typing import NamedTuple

SCHEME = "docs://"


class Passage(NamedTuple):
    """A part of a page: `headings` from the top, without the page's title; `number` from 1."""

    page_path: str
    title: str
    headings: tuple[str, ...]
    text: str
    number: int

    @property
    def address(self) -> str:
        """Where the passage is: `docs://PATH#N`."""
        return f"{SCHEME}{self.page_path}#{self.number}"
