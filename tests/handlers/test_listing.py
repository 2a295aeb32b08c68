"""Lists in pages: each item once, and no cursor but one of ours."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.handlers.peer import a_call, a_context
from tests.handlers.test_catalogue import prompt, resource, template, tool
from vtmcp.handlers.catalogue import Catalogue
from vtmcp.handlers.context import Context
from vtmcp.handlers.listing import PAGE_ITEMS, list_page
from vtmcp.protocol.errors import InvalidParams

KEY = b"key"
CATALOGUE = Catalogue(
    tools=[tool(f"t{number}", "old" if number == 0 else f"o{number}") for number in range(3)],
    prompts=[prompt("p")],
    resources=[resource("a://b")],
    templates=[template("a://{b}")],
)

LISTS: dict[str, tuple[str, str]] = {
    # A method, and the member and first item of its result.
    "tools/list": ("tools", "t0"),
    "prompts/list": ("prompts", "p"),
    "resources/list": ("resources", "a://b"),
    "resources/templates/list": ("resourceTemplates", "a://{b}"),
}

CURSORS: dict[str, Any] = {
    "an empty text is a cursor like any other": "",
    "junk": "junk",
    "null": None,
    "a number": 1,
    "a list": [],
}


def asking(params: dict[str, Any]) -> Context:
    """A request for a list."""
    return a_context(a_call("tools/list", params))


def page(params: dict[str, Any], *, method: str = "tools/list", items: int = 2) -> dict[str, Any]:
    return list_page(CATALOGUE, method, asking(params), key=KEY, page_items=items)


def names(found: dict[str, Any]) -> list[str]:
    return [each["name"] for each in found["tools"]]


@pytest.mark.parametrize(("method", "found"), LISTS.items(), ids=LISTS)
def test_lists(method: str, found: tuple[str, str]) -> None:
    listed = list_page(CATALOGUE, method, asking({}), key=KEY)
    assert listed[found[0]][0]["name"] == found[1]
    assert "nextCursor" not in listed


def test_a_page_and_the_next() -> None:
    first = page({})
    assert names(first) == ["t0", "t1"]
    second = page({"cursor": first["nextCursor"]})
    assert names(second) == ["t2"]
    assert "nextCursor" not in second


def test_a_page_that_is_just_full_has_no_next() -> None:
    assert "nextCursor" not in page({}, items=3)


@given(st.integers(1, 5))
def test_the_pages_together_are_the_list(items: int) -> None:
    found, params = [], dict[str, Any]()
    while True:
        listed = page(params, items=items)
        found += names(listed)
        if "nextCursor" not in listed:
            break
        params = {"cursor": listed["nextCursor"]}
    assert found == ["t0", "t1", "t2"]


def test_a_cursor_of_another_process_is_good_and_of_another_server_is_not() -> None:
    cursor = {"cursor": page({})["nextCursor"]}
    assert names(list_page(CATALOGUE, "tools/list", asking(cursor), key=KEY, page_items=2)) == [
        "t2"
    ]
    with pytest.raises(InvalidParams):
        list_page(CATALOGUE, "tools/list", asking(cursor), key=b"other")


@pytest.mark.parametrize("cursor", CURSORS.values(), ids=CURSORS)
def test_what_is_no_cursor(cursor: Any) -> None:
    with pytest.raises(InvalidParams, match="nextCursor of an earlier page"):
        page({"cursor": cursor})


def test_a_cursor_of_another_list_is_none() -> None:
    with pytest.raises(InvalidParams):
        page({"cursor": page({})["nextCursor"]}, method="prompts/list")


def test_a_list_that_grew_shorter_ends() -> None:
    cursor = {"cursor": page({})["nextCursor"]}
    shorter = Catalogue(tools=[tool("t0")])
    assert list_page(shorter, "tools/list", asking(cursor), key=KEY) == {"tools": []}


def test_a_page_is_long_unless_said_otherwise() -> None:
    many = Catalogue(tools=[tool(f"t{number}") for number in range(PAGE_ITEMS + 1)])
    assert len(list_page(many, "tools/list", asking({}), key=KEY)["tools"]) == PAGE_ITEMS
