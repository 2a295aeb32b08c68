"""The library: read when it is first asked, and never by a path that a peer sent."""

import subprocess
import sys
from pathlib import Path

import pytest

from tests.handlers.pages import a_library
from vtmcp.handlers.library import Library

NO_PAGES = {
    "the file beside the pages": "../secret.md",
    "an absolute path": "{folder}/disk.md",
    "a way through a folder": "cluster/../disk.md",
    "this folder": "./disk.md",
    "a folder": "cluster",
    "another case": "Disk.md",
    "no suffix": "disk",
    "a zero byte": "disk.md\0",
    "half a surrogate pair": "\ud800.md",
    "nothing": "",
}

LOADS_NOTHING = """
import sys
from vtmcp.handlers.library import Library
from vtmcp.handlers.prompts import PROMPTS
from vtmcp.handlers.resources.documentation import page_resources, page_templates
from vtmcp.handlers.tools import tool_classes
library = Library()
[prompt(None).declare() for prompt in PROMPTS]
[template.declare() for template in page_templates(library)]
page_resources(library)
print(*[name for name in sys.modules if "vtmcp.search" in name or "vtmcp.traces" in name])
"""


@pytest.fixture
def library(tmp_path: Path) -> Library:
    folder = tmp_path / "corpus"
    folder.mkdir()
    (tmp_path / "secret.md").write_text("---\ntitle: s\n---\nsecret")
    return a_library(folder)


def test_entries_are_the_pages_by_path(library: Library) -> None:
    assert [(entry.path, entry.title, entry.description) for entry in library.entries] == [
        ("cluster/nodes.md", "Nodes", "On Nodes"),
        ("disk.md", "Disks", "On Disks"),
    ]
    assert library.entries is library.entries


def test_a_page_is_found_by_its_name(library: Library) -> None:
    page = library.page("cluster/nodes.md")
    assert page is not None
    assert page.title == "Nodes"


@pytest.mark.parametrize("path", NO_PAGES.values(), ids=NO_PAGES)
def test_any_other_name_is_no_page(library: Library, tmp_path: Path, path: str) -> None:
    assert library.page(path.format(folder=tmp_path / "corpus")) is None


def test_passages_have_addresses(library: Library) -> None:
    addresses = [passage.address for passage in library.passages]
    assert "docs://disk.md#2" in addresses
    for passage in library.passages:
        assert library.passage(passage.address) is passage
    assert library.passage("docs://disk.md#0") is None
    assert library.passage("docs://disk.md") is None


def test_search_and_what_is_unknown(library: Library) -> None:
    (hit,) = library.search("cleaning", 1)
    assert hit.passage.address == "docs://disk.md#2"
    assert library.search("xyzzy", 1) == []
    assert [term.word for term in library.unknown_terms("cleaning xyzzy")] == ["xyzzy"]


def test_without_a_folder_it_is_what_comes_with_the_package() -> None:
    assert "overview.md" in [entry.path for entry in Library().entries]


def test_what_is_offered_is_known_without_loading_search_or_traces() -> None:
    ran = subprocess.run(
        [sys.executable, "-c", LOADS_NOTHING], check=True, capture_output=True, text=True
    )
    assert ran.stdout.split() == []
