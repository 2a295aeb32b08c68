"""The README's tables say what the code says: each variable and each tool, both ways."""

import re
from collections.abc import Iterator

from tests.tidiness.source import ROOT
from vtmcp.config_variables import VARIABLES
from vtmcp.handlers.tools import tool_classes


def table(first_heading: str) -> list[list[str]]:
    """The rows of the one table whose first column has this heading, without its first two."""
    lines = (ROOT / "README.md").read_text(encoding="utf-8").splitlines()
    tables = [rows for rows in _tables(lines) if rows[0][0] == first_heading]
    assert len(tables) == 1, f"README.md needs one table that begins with {first_heading}"
    return tables[0][2:]


def test_the_table_of_variables_is_that_of_the_code() -> None:
    expected = [
        [
            f"`{variable.name}`",
            f"`{variable.default}`" if variable.default else "",
            variable.meaning,
        ]
        for variable in VARIABLES
    ]
    assert table("Variable") == expected


def test_the_table_of_tools_is_that_of_the_code() -> None:
    expected = {tool.name: list(tool.properties) for tool in tool_classes()}
    assert {_code(row[0])[0]: _code(row[1]) for row in table("Tool")} == expected


def test_the_parameters_that_a_tool_needs_are_marked() -> None:
    expected = {tool.name: list(tool.required) for tool in tool_classes()}
    marked = {
        _code(row[0])[0]: [name for name in row[1].split(", ") if "(required)" in name]
        for row in table("Tool")
    }
    assert {name: [_code(cell)[0] for cell in cells] for name, cells in marked.items()} == expected


def _tables(lines: list[str]) -> Iterator[list[list[str]]]:
    rows: list[list[str]] = []
    for line in [*lines, ""]:
        if line.startswith("|"):
            rows.append([cell.strip() for cell in line.strip().strip("|").split("|")])
        elif rows:
            yield rows
            rows = []


def _code(cell: str) -> list[str]:
    return re.findall(r"`([^`]+)`", cell)
