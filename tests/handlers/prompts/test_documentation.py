"""The prompt `documentation`: the question, the passages, and how to go on."""

from pathlib import Path

import pytest

from tests.handlers.pages import a_desk, a_library
from tests.handlers.peer import a_call, a_context
from vtmcp.handlers.catalogue import Catalogue
from vtmcp.handlers.core import complete, get_prompt
from vtmcp.handlers.library import Library
from vtmcp.handlers.passages_text import PASSAGES_BYTES
from vtmcp.handlers.prompts import PROMPTS
from vtmcp.protocol.errors import InvalidParams
from vtmcp.protocol.messages import Json

pytestmark = pytest.mark.anyio

COMPLETIONS: dict[str, tuple[str, list[str]]] = {
    "nothing typed": ("", ["Nodes", "Wide", "Disks", "Full disk", "Cleaning"]),
    "any case, anywhere": ("DISK", ["Disks", "Full disk"]),
    "blanks round it": (" clean ", ["Cleaning"]),
    "nothing like it": ("xyzzy", []),
}


@pytest.fixture
def catalogue(tmp_path: Path) -> Catalogue:
    library = a_library(tmp_path)
    return Catalogue(prompts=[prompt(a_desk(library)) for prompt in PROMPTS])


async def asked(catalogue: Catalogue, **arguments: str) -> str:
    """The text of the one message."""
    params = {"name": "documentation", "arguments": arguments}
    result = await get_prompt(catalogue, params, a_context(a_call("prompts/get", params)))
    (message,) = result["messages"]
    assert message["role"] == "user"
    text: str = message["content"]["text"]
    return text


def test_it_needs_a_question(catalogue: Catalogue) -> None:
    declared = catalogue.prompts["documentation"].declare()
    assert [(a["name"], a["required"]) for a in declared["arguments"]] == [("query", True)]


async def test_the_question_stands_before_the_passages(catalogue: Catalogue) -> None:
    text = await asked(catalogue, query=" How about cleaning? ")
    task, question, passage = text.split("\n\n", 2)
    assert task.startswith("Answer the question below")
    assert question == "Question: How about cleaning?"
    assert passage == "Disks > Full disk > Cleaning\ndocs://disk.md#2\n\nRemove old spans."


async def test_a_question_that_finds_nothing_says_what_there_is(catalogue: Catalogue) -> None:
    text = await asked(catalogue, query="xyzzy")
    assert "Question: xyzzy" in text
    assert 'Not in the documentation: "xyzzy".' in text
    assert "docs://disk.md  Disks" in text


@pytest.mark.parametrize(
    ("arguments", "words"),
    [({}, "missing argument query"), ({"query": " \n"}, "argument query is empty")],
    ids=["no question", "a blank one"],
)
async def test_refused(catalogue: Catalogue, arguments: dict[str, str], words: str) -> None:
    with pytest.raises(InvalidParams, match=f"^Prompt documentation: {words}"):
        await asked(catalogue, **arguments)


async def test_the_passages_have_a_size() -> None:
    catalogue = Catalogue(prompts=[prompt(a_desk(Library())) for prompt in PROMPTS])
    text = await asked(catalogue, query="traces")
    assert 1000 < len(text.encode()) <= PASSAGES_BYTES + 1000


@pytest.mark.parametrize(("typed", "values"), COMPLETIONS.values(), ids=COMPLETIONS)
async def test_titles_and_headings_complete_a_question(
    catalogue: Catalogue, typed: str, values: list[str]
) -> None:
    params: Json = {
        "ref": {"type": "ref/prompt", "name": "documentation"},
        "argument": {"name": "query", "value": typed},
    }
    result = await complete(catalogue, params, a_context(a_call("completion/complete", params)))
    assert result["completion"]["values"] == values
