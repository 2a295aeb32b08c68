"""The documentation as resources: a list, pages and passages to read, names to complete."""

from pathlib import Path

import pytest

from tests.handlers.pages import a_library
from tests.handlers.peer import a_call, a_context
from vtmcp.handlers.catalogue import Catalogue
from vtmcp.handlers.core import complete, read_resource
from vtmcp.handlers.library import Library
from vtmcp.handlers.passages_text import passage_text
from vtmcp.handlers.resources.documentation import page_resources, page_templates
from vtmcp.protocol.errors import ResourceNotFound
from vtmcp.protocol.messages import Json

pytestmark = pytest.mark.anyio

CLEANING = "Disks > Full disk > Cleaning\ndocs://disk.md#2\n\nRemove old spans."
DISK = "# Disks\n\nOn Disks. For v1; checked 2026-11-24.\n\n## Full disk\n\nThe disk is full."

READ: dict[str, tuple[str, str]] = {
    "a page": ("docs://disk.md", DISK),
    "a page, percent-encoded": ("docs://disk%2Emd", DISK),
    "a passage": ("docs://disk.md#2", CLEANING),
    "a page in a folder": ("docs://cluster/nodes.md", "# Nodes\n\nOn Nodes. For v1"),
    "a passage in a folder": (
        "docs://cluster/nodes.md#1",
        "Nodes\ndocs://cluster/nodes.md#1\n\nA node stores spans.",
    ),
}

NOT_THERE = {
    "an unknown page": "docs://disks.md",
    "a folder": "docs://cluster",
    "a page without its folder": "docs://nodes.md",
    "a passage of none": "docs://disk.md#0",
    "a passage beyond the last": "docs://disk.md#99",
    "a passage with a zero before it": "docs://disk.md#02",
    "a passage in words": "docs://disk.md#cleaning",
    "an empty passage": "docs://disk.md#",
    "a way up": "docs://../secret.md",
    "a way up, percent-encoded": "docs://..%2Fsecret.md",
    "a way up, twice encoded": "docs://..%252Fsecret.md",
    "a way up from a folder": "docs://cluster/..%2F..%2Fsecret.md",
    "an absolute path": "docs:///etc/passwd",
    "a zero byte": "docs://disk.md%00",
    "a query": "docs://disk.md?a=b",
    "broken UTF-8": "docs://%ff.md",
    "deeper folders": "docs://a/b/c.md",
    "another scheme": "file://disk.md",
    "no page": "docs://",
    "half a surrogate pair": "docs://\ud800",
}

COMPLETIONS: dict[str, tuple[str, str, str, Json, list[str]]] = {
    "pages": ("docs://{page}", "page", "", {}, ["disk.md"]),
    "pages that begin so": ("docs://{page}", "page", "x", {}, []),
    "pages of passages": ("docs://{page}#{passage}", "page", "di", {}, ["disk.md"]),
    "passages of a page": (
        "docs://{page}#{passage}",
        "passage",
        "",
        {"page": "disk.md"},
        ["1", "2"],
    ),
    "passages that begin so": (
        "docs://{page}#{passage}",
        "passage",
        "2",
        {"page": "disk.md"},
        ["2"],
    ),
    "passages of no page": ("docs://{page}#{passage}", "passage", "", {}, []),
    "folders": ("docs://{+folder}/{page}", "folder", "c", {}, ["cluster"]),
    "pages of a folder": (
        "docs://{+folder}/{page}",
        "page",
        "",
        {"folder": "cluster"},
        ["nodes.md"],
    ),
    "pages of any folder": ("docs://{+folder}/{page}", "page", "", {}, ["nodes.md"]),
    "pages of an unknown folder": ("docs://{+folder}/{page}", "page", "", {"folder": "x"}, []),
    "passages in a folder": (
        "docs://{+folder}/{page}#{passage}",
        "passage",
        "1",
        {"folder": "cluster", "page": "nodes.md"},
        ["1"],
    ),
}


@pytest.fixture
def library(tmp_path: Path) -> Library:
    (tmp_path / "secret.md").write_text("---\ntitle: s\n---\nsecret")
    folder = tmp_path / "corpus"
    folder.mkdir()
    return a_library(folder)


@pytest.fixture
def catalogue(library: Library) -> Catalogue:
    return Catalogue(resources=page_resources(library), templates=page_templates(library))


async def read(catalogue: Catalogue, uri: str) -> Json:
    params = {"uri": uri}
    result = await read_resource(catalogue, params, a_context(a_call("resources/read", params)))
    (contents,) = result["contents"]
    found: Json = contents
    return found


def test_each_page_is_listed_with_title_description_and_type(catalogue: Catalogue) -> None:
    assert [resource.declare() for resource in catalogue.resources.values()] == [
        {
            "uri": f"docs://{path}",
            "name": path,
            "title": title,
            "description": f"On {title}",
            "mimeType": "text/markdown",
        }
        for path, title in {"cluster/nodes.md": "Nodes", "disk.md": "Disks"}.items()
    ]


def test_the_templates_are_of_one_type(catalogue: Catalogue) -> None:
    declared = [template.declare() for template in catalogue.templates.values()]
    assert [each["uriTemplate"] for each in declared] == [
        "docs://{page}",
        "docs://{page}#{passage}",
        "docs://{+folder}/{page}",
        "docs://{+folder}/{page}#{passage}",
    ]
    assert {each["mimeType"] for each in declared} == {"text/markdown"}
    assert len({each["name"] for each in declared}) == len(declared)


@pytest.mark.parametrize(("uri", "text"), READ.values(), ids=READ)
async def test_read(catalogue: Catalogue, uri: str, text: str) -> None:
    contents = await read(catalogue, uri)
    assert contents["text"].startswith(text)
    assert (contents["uri"], contents["mimeType"]) == (uri, "text/markdown")


@pytest.mark.parametrize("uri", NOT_THERE.values(), ids=NOT_THERE)
async def test_not_there(catalogue: Catalogue, uri: str) -> None:
    with pytest.raises(ResourceNotFound):
        await read(catalogue, uri)


async def test_a_listed_page_that_is_gone_is_not_found(
    catalogue: Catalogue, tmp_path: Path
) -> None:
    assert "docs://disk.md" in catalogue.resources
    (tmp_path / "corpus" / "disk.md").unlink()
    with pytest.raises(ResourceNotFound):
        await read(catalogue, "docs://disk.md")


async def test_every_page_and_passage_of_the_real_documentation_can_be_read() -> None:
    library = Library()
    catalogue = Catalogue(resources=page_resources(library), templates=page_templates(library))
    for entry in library.entries:
        contents = await read(catalogue, f"docs://{entry.path}")
        assert contents["text"].startswith(f"# {entry.title}\n")
    for passage in library.passages:
        contents = await read(catalogue, passage.address)
        assert contents["text"] == passage_text(passage)


@pytest.mark.parametrize("row", COMPLETIONS.values(), ids=COMPLETIONS)
async def test_completion(catalogue: Catalogue, row: tuple[str, str, str, Json, list[str]]) -> None:
    uri, argument, typed, known, values = row
    params: Json = {
        "ref": {"type": "ref/resource", "uri": uri},
        "argument": {"name": argument, "value": typed},
        "context": {"arguments": known},
    }
    result = await complete(catalogue, params, a_context(a_call("completion/complete", params)))
    assert result["completion"]["values"] == values
