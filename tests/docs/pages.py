"""The pages for users as data: fenced blocks, tables, links, and what stands in backticks.

Must not be here: what any of it means.
"""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from tests.tidiness.source import ROOT

FRONT = ("README.md", "CONTRIBUTING.md", "SECURITY.md")
"""Pages at the top that send readers on."""

LANGUAGES = ("sh", "console", "python", "json", "toml", "text")
"""`sh` is run, `console` only read: what needs docker, root, or a database."""

_FENCE = re.compile(r"```(\w*)\s*")
_LINK = re.compile(r"\[[^\]\n]*\]\(([^)\s]+)\)")
_CODE = re.compile(r"`([^`\n]+)`")


class Block(NamedTuple):
    """One fenced block: which page and line it begins at, its language and its text."""

    page: str
    line: int
    language: str
    text: str

    def __str__(self) -> str:
        return f"{self.page}:{self.line}"

    @property
    def file(self) -> str:
        """The file that its first line names, as a comment; empty for none."""
        found = re.match(r"# ([\w./-]+\.(?:py|toml))\n", self.text)
        return found[1] if found else ""


def pages() -> list[str]:
    """The pages, by their path from the top."""
    return [*FRONT, *sorted(f"docs/{path.name}" for path in (ROOT / "docs").glob("*.md"))]


def text_of(page: str) -> str:
    return (ROOT / page).read_text(encoding="utf-8")


def blocks(page: str) -> list[Block]:
    """The fenced blocks of a page, in its order."""
    return list(_blocks(page, text_of(page)))


def _blocks(page: str, text: str) -> Iterator[Block]:
    language, start, lines = None, 0, list[str]()
    for number, line in enumerate(text.splitlines(), start=1):
        fence = _FENCE.fullmatch(line)
        if language is None and fence:
            language, start, lines = fence[1], number, []
        elif language is not None and line == "```":
            yield Block(page, start, language, "".join(f"{each}\n" for each in lines))
            language = None
        else:
            lines.append(line)
    assert language is None, f"{page}:{start}: the block has no end"


def prose(page: str) -> str:
    """A page without its fenced blocks."""
    return re.sub(r"^```.*?^```$", "", text_of(page), flags=re.DOTALL | re.MULTILINE)


def links(page: str) -> list[str]:
    """Where the page's links lead, as they are written."""
    return _LINK.findall(prose(page))


def code(page: str) -> list[str]:
    """What stands in backticks within lines."""
    return _CODE.findall(prose(page))


def anchors(page: Path) -> set[str]:
    """What a link may name behind `#`: the headings as GitHub writes them."""
    headings = re.findall(r"^#+ (.+)$", page.read_text(encoding="utf-8"), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", each.lower()).strip().replace(" ", "-") for each in headings}


def tables(text: str) -> list[list[list[str]]]:
    """The tables of a text: rows of cells, without the line below the heading."""
    found: list[list[list[str]]] = []
    rows: list[list[str]] = []
    for line in [*text.splitlines(), ""]:
        if line.startswith("|"):
            rows.append([cell.strip() for cell in line.strip().strip("|").split("|")])
        elif rows:
            found.append([rows[0], *rows[2:]])
            rows = []
    return found
