"""A small corpus of its own, with a page in a folder, for tests that must know every word."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from tests.handlers.tools.source import DEFAULT_TENANT, NOW_NS, ScriptedSource
from vtmcp.handlers.desk import Desk
from vtmcp.handlers.library import Library

PAGES = {
    "disk.md": (
        "Disks",
        "## Full disk\n\nThe disk is full.\n\n### Cleaning\n\nRemove old spans.\n",
    ),
    "cluster/nodes.md": ("Nodes", "A node stores spans.\n\n## Wide\n\n" + "\u65e5\u672c " * 400),
}


def a_library(folder: Path, pages: Mapping[str, tuple[str, str]] = PAGES) -> Library:
    """A library of these pages, each a title and a text, written into the folder."""
    for path, (title, text) in pages.items():
        file = folder / path
        file.parent.mkdir(exist_ok=True)
        front = f"title: {title}\ndescription: On {title}\napplies_to: v1\nchecked: 2026-11-24"
        file.write_text(f"---\n{front}\n---\n\n{text}", encoding="utf-8")
    return Library(folder)


def a_desk(library: Library, source: Any = None, **more: Any) -> Desk:
    """The desk of a server of these pages."""
    known = {"answer_bytes": 24_000, "now_ns": lambda: NOW_NS, **more}
    return Desk(source or ScriptedSource(), library, DEFAULT_TENANT, **known)
