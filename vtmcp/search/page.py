"""A page of documentation: its front matter and its text. Touches no files."""

import re
from typing import NamedTuple

FENCE = "---"
"""The line before and after the front matter."""

KEYS = ("title", "description", "applies_to", "checked")
"""What the front matter of each page of the corpus holds, one `key: value` a line."""

TITLE_CHARS_MAX = 200
"""A heading of a stranger's page may be a paragraph; a title stands in each answer."""

_HEADING = r"(?m)^#{1,6}[ \t]+(.+?)[ \t#]*$"
"""Compiled at the first page that needs it: those of the corpus do not."""


class PageEntry(NamedTuple):
    """A page as a list shows it: `path` is its name below the corpus folder, `/` between parts."""

    path: str
    title: str
    description: str


class Page(NamedTuple):
    """A page: `text` is markdown without the front matter, `checked` a date as `2026-11-24`.

    An operator's own page need not say what it applies to and when it was checked: both are empty.
    """

    path: str
    title: str
    description: str
    applies_to: str
    checked: str
    text: str


class BadPageError(ValueError):
    """A page's front matter is missing or not complete; the text says where."""


def parse_page(path: str, source: str) -> Page:
    """Read a page of the corpus from its source. Raises `BadPageError`."""
    front, text = _parted(source)
    if front is None:
        raise BadPageError(f"{path}: front matter is expected first, between two lines of {FENCE}")
    values = _values(front)
    _check(path, values)
    return Page(path=path, text=text, **values)


def parse_entry(path: str, source: str) -> PageEntry:
    """Read the entry of a page from its source, or from the front matter alone."""
    page = parse_page(path, source)
    return PageEntry(page.path, page.title, page.description)


def parse_any_page(path: str, name: str, source: str) -> Page:
    """Read a page of any origin. Its title is the front matter's, the first heading, or `name`."""
    front, text = _parted(source.removeprefix("\ufeff").replace("\r\n", "\n"))
    values = _values(front or "")
    heading = re.search(_HEADING, text)
    title = values.get("title") or (heading[1] if heading else name)
    return Page(
        path=path,
        title=title[:TITLE_CHARS_MAX],
        description=values.get("description", "")[:TITLE_CHARS_MAX],
        applies_to=values.get("applies_to", "")[:TITLE_CHARS_MAX],
        checked=values.get("checked", ""),
        text=text,
    )


def _parted(source: str) -> tuple[str | None, str]:
    """The front matter and the text; None and everything where there is no front matter."""
    opening = f"{FENCE}\n"
    if not source.startswith(opening):
        return None, source
    # From the end of the first fence on, since the two may share a line break.
    end = source.find(f"\n{opening}", len(FENCE))
    if end < 0:
        return None, source
    return source[len(opening) : end + 1], source[end + 1 + len(opening) :]


def _values(front: str) -> dict[str, str]:
    """The keys that stand at a line's start, with their values. Nested ones are not ours."""
    pairs = (line.partition(":") for line in front.splitlines() if not line[:1].isspace())
    return {key.strip(): value.strip().strip("\"'") for key, _, value in pairs if key.strip()}


def _check(path: str, values: dict[str, str]) -> None:
    missing = [key for key in KEYS if not values.get(key)]
    unknown = sorted(values.keys() - set(KEYS))
    if missing or unknown:
        wrong = f"no {missing[0]}" if missing else f"an unknown {unknown[0]!r}"
        expected = ", ".join(KEYS)
        raise BadPageError(f"{path}: the front matter has {wrong}; expected: {expected}")
