"""How old pages are said to be."""

from datetime import date

import pytest

from tests.search.samples import page
from vtmcp.search.freshness import freshness, report

TODAY = date(2026, 11, 25)

AGES = {
    "today": ("2026-11-25", 0, False),
    "a day short of a month": ("2026-10-26", 0, False),
    "a month": ("2026-10-25", 1, False),
    "nearly three months": ("2026-08-26", 2, False),
    "three months": ("2026-08-25", 3, True),
    "over the turn of a year": ("2025-12-31", 10, True),
    "years": ("2024-11-25", 24, True),
}

VERSIONS = {
    "one": ("VictoriaTraces v0.9.0", "0.9.0"),
    "the newest of several": ("VictoriaTraces v0.9.4 to v0.10.0", "0.10.0"),
    "of what stands first": ("VictoriaTraces v0.5.1, vmalert v1.106.0 and later", "0.5.1"),
    "none": ("all versions", ""),
}


@pytest.mark.parametrize(("checked", "months", "is_old"), AGES.values(), ids=AGES)
def test_a_page_has_an_age(checked: str, months: int, is_old: bool) -> None:
    (found,) = freshness([page("text")._replace(checked=checked)], TODAY, 3)
    assert (found.age_months, found.is_old) == (months, is_old)


@pytest.mark.parametrize(("applies_to", "newest"), VERSIONS.values(), ids=VERSIONS)
def test_the_newest_version_is_found(applies_to: str, newest: str) -> None:
    (found,) = freshness([page("text")._replace(applies_to=applies_to)], TODAY, 3)
    assert found.newest_version == newest


def test_the_oldest_page_comes_first_and_is_marked() -> None:
    pages = [
        page("a", "new.md")._replace(applies_to="VictoriaTraces v0.12.0"),
        page("b", "old.md")._replace(checked="2026-01-01", applies_to="VictoriaTraces v0.9.0"),
    ]
    assert report(freshness(pages, TODAY, 6)).splitlines() == [
        "OLD  2026-01-01   10 months  old.md: VictoriaTraces v0.9.0",
        "ok   2026-11-24    0 months  new.md: VictoriaTraces v0.12.0",
        "2 pages, 1 old; the newest version named is 0.12.0",
    ]


def test_no_pages_are_reported_too() -> None:
    assert report([]) == "0 pages, 0 old"


def test_a_day_that_is_no_date_is_refused_by_name() -> None:
    with pytest.raises(ValueError, match=r"page\.md: 'yesterday' is no date"):
        freshness([page("text")._replace(checked="yesterday")], TODAY, 3)
