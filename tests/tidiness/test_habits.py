"""Habits that a reader relies on, and what must never be committed."""

import ast
import re
from pathlib import Path

import pytest

from tests.tidiness.source import ROOT, Module, files, modules

LINES_MAX = 400
"""A longer module holds two meanings."""

MAY_CATCH_ALL = {"vtmcp.router", "vtmcp.transports.http"}
"""Where a handler's fault becomes an answer, and where a connection's fault ends it alone."""

MAY_PRINT = {"cli", "demo", "doctor", "demo_session", "docs_command", "app", "conformance"} | {
    "config_command"
}
"""The rooms that speak to a person in a terminal. Elsewhere stdout is the protocol's."""

# Put together here, so that this file is not one of those that it finds.
_OF_ONE_MACHINE = re.compile(rf"(?<![\w.~-])/(?:{'ro'}ot|{'wo'}rk|{'ho'}me|{'Us'}ers)/\w")
_REGISTRIES = re.compile(rf"{'pypi'}\.org|{'python'}hosted\.org|registry\.{'npm'}js")

ALL = pytest.mark.parametrize("module", modules().values(), ids=modules())


@ALL
def test_a_module_says_what_it_is(module: Module) -> None:
    empty = not module.path.read_bytes().strip()
    assert empty or ast.get_docstring(module.tree)
    assert not empty or module.path.name == "__init__.py"


@ALL
def test_a_module_is_short(module: Module) -> None:
    lines = module.path.read_text(encoding="utf-8").count("\n")
    assert lines <= LINES_MAX


@ALL
def test_only_two_places_catch_everything(module: Module) -> None:
    caught = [
        node.lineno
        for node in ast.walk(module.tree)
        if isinstance(node, ast.ExceptHandler) and _catches_all(node)
    ]
    assert not caught or (module.name in MAY_CATCH_ALL and len(caught) == 1), caught


@ALL
def test_only_the_terminal_is_printed_to(module: Module) -> None:
    printed = [
        node.lineno
        for node in ast.walk(module.tree)
        if isinstance(node, ast.Call) and _name(node.func) == "print"
    ]
    assert not printed or module.room in MAY_PRINT, printed


@ALL
def test_the_protocol_never_waits(module: Module) -> None:
    waits = (ast.AsyncFunctionDef, ast.AsyncFor, ast.AsyncWith, ast.Await)
    waiting = [node.lineno for node in ast.walk(module.tree) if isinstance(node, waits)]
    assert not waiting or module.room != "protocol", waiting


@pytest.mark.parametrize("pattern", [_OF_ONE_MACHINE, _REGISTRIES], ids=["path", "registry"])
def test_no_file_names_one_machine_or_a_registry(pattern: re.Pattern[str]) -> None:
    found = [
        f"{path.relative_to(ROOT)}: {match[0]}"
        for path in files()
        if (match := pattern.search(_text(path)))
    ]
    assert not found


def test_each_test_package_is_one() -> None:
    """Without `__init__.py` two test files of one name would be taken for each other."""
    folders = {path.parent for path in files() if _is_test(path)}
    assert not [folder for folder in folders if not (folder / "__init__.py").exists()]


def _is_test(path: Path) -> bool:
    return path.name.startswith("test_") and path.is_relative_to(ROOT / "tests")


def _catches_all(handler: ast.ExceptHandler) -> bool:
    return handler.type is None or any(
        _name(node) in ("Exception", "BaseException") for node in ast.walk(handler.type)
    )


def _name(node: ast.AST) -> str:
    return node.id if isinstance(node, ast.Name) else ""


def _text(path: Path) -> str:
    return path.read_text(encoding="utf-8", errors="replace")
