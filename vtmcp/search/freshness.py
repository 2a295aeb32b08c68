"""How old the pages of the corpus are, and which versions they speak of. Knows no clock.

Must not be here: today's date, and how many months are too many.
"""

import re
from collections.abc import Iterable
from datetime import date
from typing import NamedTuple

from vtmcp.search.page import Page

VERSION = re.compile(r"v?([0-9]+(?:\.[0-9]+)+)")


class Freshness(NamedTuple):
    """One page: when its facts were last compared, and the newest version it holds for."""

    path: str
    title: str
    checked: str
    age_months: int
    applies_to: str
    newest_version: str
    is_old: bool


def freshness(pages: Iterable[Page], today: date, months_max: int) -> list[Freshness]:
    """All pages, the oldest first; `is_old` says which were checked more than that long ago.

    Raises `ValueError` for a page whose day is no date; the text names the page.
    """
    found = [_of_page(page, today, months_max) for page in pages]
    return sorted(found, key=lambda page: (page.checked, page.path))


def report(found: Iterable[Freshness]) -> str:
    """The pages as lines of text, those that are old marked; a line that sums up comes last."""
    rows = list(found)
    lines = [
        f"{'OLD ' if row.is_old else 'ok  '} {row.checked}  {row.age_months:3d} months"
        f"  {row.path}: {row.applies_to}"
        for row in rows
    ]
    old = sum(row.is_old for row in rows)
    versions = sorted({row.newest_version for row in rows if row.newest_version}, key=_numbers)
    newest = f"; the newest version named is {versions[-1]}" if versions else ""
    return "\n".join([*lines, f"{len(rows)} pages, {old} old{newest}"])


def _of_page(page: Page, today: date, months_max: int) -> Freshness:
    try:
        checked = date.fromisoformat(page.checked)
    except ValueError:
        raise ValueError(f"{page.path}: {page.checked!r} is no date such as 2026-11-24") from None
    months = (today.year - checked.year) * 12 + today.month - checked.month
    months -= today.day < checked.day
    # What stands first is what the page is about; versions of other programs come after a comma.
    versions = sorted(VERSION.findall(page.applies_to.partition(",")[0]), key=_numbers)
    return Freshness(
        path=page.path,
        title=page.title,
        checked=page.checked,
        age_months=months,
        applies_to=page.applies_to,
        newest_version=versions[-1] if versions else "",
        is_old=months >= months_max,
    )


def _numbers(version: str) -> tuple[int, ...]:
    return tuple(int(number) for number in version.split("."))
