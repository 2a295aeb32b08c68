"""Lists of tools and resources, whatever a server says of them."""

import io
from typing import Any

import pytest

from vtmcp.shell.listing import first_sentence, resources_text, tool_text, tools_text
from vtmcp.shell.terminal import Terminal

TOOL: dict[str, Any] = {
    "name": "find",
    "title": "Find it",
    "description": "Find a thing. It takes a while.\nTwice.",
    "inputSchema": {
        "type": "object",
        "properties": {
            "where": {"type": "string", "description": "The place"},
            "deep": {"type": "boolean"},
            "order": {"enum": ["up", "down"]},
            "tags": {"type": "object"},
            "any": {},
        },
        "required": ["where"],
    },
    "annotations": {"readOnlyHint": True},
}


@pytest.fixture
def pipe() -> Terminal:
    return Terminal(io.StringIO())


def test_a_list_has_a_sentence_and_the_parameters(pipe: Terminal) -> None:
    assert tools_text([TOOL, {"name": "bare"}], pipe) == (
        "find\n  Find a thing\n"
        "  --where STRING [--deep] [--order up|down] [--tags NAME=VALUE] [--any VALUE]\n"
        "bare\n  \n\nvtmcp tools NAME shows one in full.\n"
    )


def test_a_server_without_tools(pipe: Terminal) -> None:
    assert tools_text([], pipe) == "The server has no tools.\n"


def test_one_tool_in_full(pipe: Terminal) -> None:
    assert tool_text(TOOL, pipe) == (
        "find: Find it\n\nFind a thing. It takes a while.\nTwice.\n\n"
        "vtmcp call find --where STRING\n\n"
        "--where  string (required)\n    The place\n\n"
        "--deep  boolean\n\n--order  up | down\n\n--tags  NAME=VALUE, repeated, or JSON\n\n"
        "--any  anything\n\nIt says that it only reads.\n"
    )


HINTS: dict[str, tuple[Any, str]] = {
    "it destroys": ({"destructiveHint": True}, "\nIt says that it may destroy something.\n"),
    "it says nothing": ({}, ""),
    "it says nonsense": (7, ""),
}


@pytest.mark.parametrize(("annotations", "end"), HINTS.values(), ids=HINTS)
def test_what_a_tool_says_of_its_harm(annotations: Any, end: str, pipe: Terminal) -> None:
    tool = {"name": "t", "annotations": annotations}
    assert tool_text(tool, pipe) == f"t\n\n\nvtmcp call t\n{end}"


def test_resources_and_templates_stand_in_columns(pipe: Terminal) -> None:
    resources: list[dict[str, Any]] = [
        {"uri": "a:b", "name": "b", "title": "B"},
        {"uri": 7, "name": "c"},
    ]
    templates = [{"uriTemplate": "a:{x}", "description": "Any x. All."}]
    assert resources_text(resources, templates, pipe) == "a:b    B\n       c\na:{x}  Any x\n"
    assert resources_text([], [], pipe) == ""


def test_a_sentence_is_cut_to_a_line() -> None:
    assert first_sentence("a  b\nc. d") == "a b c"
    assert first_sentence("x" * 200) == "x" * 93 + "..."
