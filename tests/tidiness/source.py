"""The project's own source as data: its files, its modules, and who imports whom."""

import ast
import os
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).resolve().parents[2]

SKIPPED = {"__pycache__", "build", "dist", "htmlcov", "node_modules"}
"""Folders that no commit holds, beside those whose name begins with a dot."""

HIDDEN_KEPT = {".ci", ".github"}


class Module(NamedTuple):
    """One module: `vtmcp.traces.model`; a package has the name of its folder."""

    name: str
    path: Path
    tree: ast.Module

    @property
    def room(self) -> str:
        """The first name below `vtmcp`; `vtmcp` itself is the room ``."""
        return self.name.partition(".")[2].partition(".")[0]


class Import(NamedTuple):
    """One import, of a module of ours or of another's."""

    importer: Module
    name: str
    line: int

    @property
    def room(self) -> str:
        """The room that the name is in; only for names of ours."""
        return self.name.partition(".")[2].partition(".")[0]

    def __str__(self) -> str:
        return f"{self.importer.path.relative_to(ROOT)}:{self.line} imports {self.name}"


@cache
def modules() -> dict[str, Module]:
    """All modules of the package, by name; links to folders beside it are followed."""
    found = {}
    for folder, folders, files in os.walk(ROOT / "vtmcp", followlinks=True):
        folders[:] = sorted(name for name in folders if name not in SKIPPED)
        for file in sorted(files):
            if file.endswith(".py"):
                path = Path(folder, file)
                name = _module_name(path)
                found[name] = Module(name, path, ast.parse(path.read_bytes()))
    return found


@cache
def imports(module: Module) -> tuple[Import, ...]:
    """All imports in a module: at its top, in functions, and those for the type checker alone."""
    return tuple(
        Import(module, name, node.lineno)
        for node in ast.walk(module.tree)
        if isinstance(node, ast.Import | ast.ImportFrom)
        for name in _imported(module, node)
    )


def files() -> Iterator[Path]:
    """All files that a commit may hold, but for recorded bytes."""
    for folder, folders, names in os.walk(ROOT):
        folders[:] = [name for name in folders if _may_be_committed(name)]
        paths = (Path(folder, name) for name in names if not name.startswith(".coverage"))
        yield from (path for path in paths if path.is_file())


def is_ours(name: str) -> bool:
    """Say whether a module's name is one of ours."""
    return name.partition(".")[0] == "vtmcp"


def _may_be_committed(folder: str) -> bool:
    if folder.startswith("."):
        return folder in HIDDEN_KEPT
    return folder not in SKIPPED | {"recordings"}


def _module_name(path: Path) -> str:
    parts = path.relative_to(ROOT).with_suffix("").parts
    return ".".join(part for part in parts if part != "__init__")


def _imported(module: Module, node: ast.Import | ast.ImportFrom) -> list[str]:
    """The modules that a statement names: `from a import b` is `a.b` where that is a module."""
    if isinstance(node, ast.Import):
        return [alias.name for alias in node.names]
    base = node.module or ""
    if node.level:
        is_package = module.path.name == "__init__.py"
        parts = module.name.split(".")
        above = parts[: len(parts) - node.level + is_package]
        base = ".".join([*above, base] if base else above)
    names = (f"{base}.{alias.name}" for alias in node.names)
    return [name if name in modules() else base for name in names]
