"""The rows of SECURITY.md: each risk has a control, and tests that exist."""

import ast
import re
from functools import cache
from typing import NamedTuple

import pytest

from tests.tidiness.source import ROOT

RISKS_MIN = 30
"""There were more when this was written: a table that is not found any more is noticed."""

_TEST = re.compile(r"`(tests/[^`:]+\.py)(?:::(\w+))?`")


class Row(NamedTuple):
    """One risk. The cells are Markdown."""

    risk: str
    control: str
    tests: str


def rows() -> list[Row]:
    """The rows of all tables whose first column is the risk."""
    found, is_table = [], False
    for line in (ROOT / "SECURITY.md").read_text(encoding="utf-8").splitlines():
        cells = [cell.strip() for cell in line.strip("|").split("|")]
        if not line.startswith("|"):
            is_table = False
        elif cells == ["Risk", "Control", "Tests"]:
            is_table = True
        elif is_table and set(line) - set("|- "):
            found.append(Row(*cells))
    return found


@cache
def functions(path: str) -> set[str]:
    """The names of the tests in a file; none where there is no such file."""
    file = ROOT / path
    tree = ast.parse(file.read_bytes()) if file.is_file() else ast.Module([], [])
    kinds = ast.FunctionDef | ast.AsyncFunctionDef
    return {node.name for node in tree.body if isinstance(node, kinds)}


def test_the_tables_are_found() -> None:
    assert len(rows()) >= RISKS_MIN
    assert len({row.risk for row in rows()}) == len(rows())


@pytest.mark.parametrize("row", rows(), ids=lambda row: row.risk)
def test_each_risk_has_a_control_and_tests_that_exist(row: Row) -> None:
    assert row.control
    named = _TEST.findall(row.tests)
    assert named
    assert not _TEST.sub("", row.tests).strip(), "only tests, as `tests/a/test_b.py::test_c`"
    for path, name in named:
        tests = {known for known in functions(path) if known.startswith("test_")}
        assert tests, f"{path} has no tests"
        assert not name or name in tests, f"{path} has no test {name}"
