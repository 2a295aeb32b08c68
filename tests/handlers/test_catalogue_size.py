"""What a client reads of this server before anyone asks anything: it has a size."""

import pytest

from tests.handlers.pages import a_desk
from vtmcp.handlers.instructions import INSTRUCTIONS
from vtmcp.handlers.library import Library
from vtmcp.handlers.tools import tool_classes
from vtmcp.protocol.codec import encode

CATALOGUE_BYTES_MAX = 20_000
DESCRIPTION_BYTES_MAX = 1_000
INSTRUCTIONS_BYTES_MAX = 2_000

DESK = a_desk(Library())
DECLARED = {tool.name: tool(DESK).declare() for tool in tool_classes() if tool.is_offered(DESK)}


def test_the_catalogue_is_small() -> None:
    assert len(encode(list(DECLARED.values()))) < CATALOGUE_BYTES_MAX


@pytest.mark.parametrize("name", DECLARED)
def test_a_description_is_short_and_names_a_neighbour(name: str) -> None:
    description = DECLARED[name]["description"]
    assert len(description.encode()) < DESCRIPTION_BYTES_MAX
    assert any(other in description for other in DECLARED if other != name)


@pytest.mark.parametrize("name", DECLARED)
def test_each_parameter_is_described(name: str) -> None:
    for parameter in DECLARED[name]["inputSchema"]["properties"].values():
        assert parameter["type"]
        assert parameter["description"]


def test_the_instructions_are_short_and_name_each_tool() -> None:
    assert len(INSTRUCTIONS.encode()) < INSTRUCTIONS_BYTES_MAX
    assert [name for name in DECLARED if name not in INSTRUCTIONS] == []
