"""Front matter: what is read, and what is said when it is not complete."""

import pytest

from vtmcp.search.page import BadPageError, Page, PageEntry, parse_entry, parse_page

FRONT = "---\ntitle: Flags\ndescription: All: each one\napplies_to: v1\nchecked: 2026-11-24\n---\n"

BAD = {
    "no front matter": ("# Flags\n", "front matter is expected first"),
    "nothing at all": ("", "front matter is expected first"),
    "text before the front matter": (f"\n{FRONT}", "front matter is expected first"),
    "front matter that does not end": (FRONT[:-4], "front matter is expected first"),
    "a key that is missing": (FRONT.replace("checked: 2026-11-24\n", ""), "no checked"),
    "a key without a value": (FRONT.replace("title: Flags", "title:"), "no title"),
    "a key that nobody knows": (FRONT.replace("---\nt", "---\nauthor: me\nt"), "unknown 'author'"),
}


def test_a_page_is_its_front_matter_and_the_text_after_it() -> None:
    page = parse_page("flags.md", FRONT + "\nText\n---\nmore")
    assert page == Page(
        "flags.md", "Flags", "All: each one", "v1", "2026-11-24", "\nText\n---\nmore"
    )


def test_an_entry_needs_the_front_matter_only() -> None:
    assert parse_entry("flags.md", FRONT) == PageEntry("flags.md", "Flags", "All: each one")


@pytest.mark.parametrize(("source", "problem"), BAD.values(), ids=BAD)
def test_a_bad_page_is_refused_by_name(source: str, problem: str) -> None:
    with pytest.raises(BadPageError, match=problem) as raised:
        parse_page("flags.md", source)
    assert str(raised.value).startswith("flags.md: ")
