"""What the pages for users name exists: files, headings, variables, commands, tools, metrics."""

import re
from pathlib import Path

import pytest

from tests.docs import pages
from tests.tidiness.source import ROOT
from vtmcp import cli
from vtmcp.config_variables import VARIABLES
from vtmcp.handlers.prompts import prompt_classes
from vtmcp.handlers.tools import tool_classes

PAGES = pages.pages()
VARIABLE_NAMES = {variable.name for variable in VARIABLES}

FOLDERS = sorted(path.name for path in ROOT.iterdir() if path.is_dir() and path.name[0] != ".")

_LINE = re.compile(r"`([^`\n]+)`")
_VARIABLE = re.compile(r"\b(?:VT|MCP|OTEL)_[A-Z][A-Z_]*[A-Z]\b")
_COMMAND = re.compile(r"(?:^|[;|(] *|/)(?:[A-Z_]+=\S* |uvx )*vtmcp ([a-z][a-z-]*)\b")
_METRIC = re.compile(r"\b(?:mcp_victoriatraces|vtmcp|process)_[a-z_]+\b")
_CALL = re.compile(r"^([a-z_]+)\(")


@pytest.mark.parametrize("page", PAGES)
def test_each_link_leads_somewhere(page: str) -> None:
    lost = []
    for link in pages.links(page):
        target, _, anchor = link.partition("#")
        if re.match(r"[a-z]+:", target):
            continue
        path = (ROOT / page).parent / target if target else ROOT / page
        if not path.exists() or (anchor and anchor not in pages.anchors(path)):
            lost.append(link)
    assert lost == []


@pytest.mark.parametrize("page", PAGES)
def test_each_variable_is_one(page: str) -> None:
    named = set(_VARIABLE.findall(pages.text_of(page)))
    assert named - VARIABLE_NAMES == set()


@pytest.mark.parametrize("page", PAGES)
def test_each_command_of_vtmcp_is_one(page: str) -> None:
    told = [*pages.code(page)]
    for block in pages.blocks(page):
        if block.language in ("sh", "console"):
            told += [line.partition(" #")[0] for line in block.text.splitlines()]
    named = {word for text in told for word in _COMMAND.findall(text)}
    assert named - set(cli._COMMANDS) == set()


@pytest.mark.parametrize("page", PAGES)
def test_each_file_in_backticks_is_there(page: str) -> None:
    paths = {
        text.rstrip("/")
        for text in pages.code(page)
        if re.fullmatch(r"[\w./-]+", text) and text.partition("/")[0] in FOLDERS and "/" in text
        if "NAME" not in text
    }
    assert [path for path in sorted(paths) if not (ROOT / path).exists()] == []


@pytest.mark.parametrize("page", PAGES)
def test_each_file_that_a_console_names_is_there(page: str) -> None:
    """What cannot be run here can at least be found."""
    words = {
        word
        for block in pages.blocks(page)
        if block.language == "console"
        for word in re.split(r"[\s=:'\"]+", block.text)
        if word.partition("/")[0] in FOLDERS and "/" in word
    }
    assert [word for word in sorted(words) if not (ROOT / word).exists()] == []


@pytest.mark.parametrize("page", PAGES)
def test_each_metric_is_described(page: str) -> None:
    described = (ROOT / "corpus/vtmcp/metrics.md").read_text(encoding="utf-8")
    named = {name for text in pages.code(page) for name in _METRIC.findall(text)}
    assert [name for name in sorted(named) if f"`{name.rstrip('_')}" not in described] == []


@pytest.mark.parametrize("page", PAGES)
def test_each_call_is_of_a_tool_or_a_prompt(page: str) -> None:
    if page in ("docs/embedding.md", "SECURITY.md"):
        pytest.skip("its calls are of Python")
    known = {tool.name for tool in tool_classes()} | {prompt.name for prompt in prompt_classes()}
    named = {found[1] for text in pages.code(page) if (found := _CALL.match(text))}
    assert named - known == set()


def test_each_tool_has_its_section_with_its_parameters() -> None:
    """In `docs/tools.md`, in the words of the code."""
    text = pages.text_of("docs/tools.md")
    sections = re.split(r"^## `(\w+)`$", text, flags=re.MULTILINE)[1:]
    told = {}
    for name, section in zip(sections[::2], sections[1::2], strict=True):
        [line] = re.findall(r"^Parameters: (.*)$", section, re.MULTILINE)
        needed = re.findall(r"^- (.*) \(required\)", section, re.MULTILINE)
        told[name] = (_LINE.findall(line), [each for row in needed for each in _LINE.findall(row)])
    assert told == {
        tool.name: (list(tool.properties), list(tool.required)) for tool in tool_classes()
    }


def test_each_tool_is_among_the_questions() -> None:
    [questions, *_] = [
        table for table in pages.tables(pages.text_of("docs/tools.md")) if table[0][0] == "Question"
    ]
    named = {name for row in questions[1:] for name in _LINE.findall(row[1])}
    assert named == {tool.name for tool in tool_classes()} - {"deployments"}


def test_each_number_of_a_tool_is_that_of_its_schema() -> None:
    """`limit` of each: what it is unless told, and its bounds."""
    text = pages.text_of("docs/tools.md")
    sections = re.split(r"^## `(\w+)`$", text, flags=re.MULTILINE)[1:]
    for name, section in zip(sections[::2], sections[1::2], strict=True):
        [tool] = [each for each in tool_classes() if each.name == name]
        schema = tool.properties.get("limit")
        if schema is None or "maximum" not in schema:
            continue
        [told] = re.findall(r"^- `limit`: [\w ]+, (\d+) unless told, (\d+) to (\d+)", section, re.M)
        usual = re.search(r"default (\d+)", schema["description"])
        assert usual is not None
        assert told == (usual[1], str(schema["minimum"]), str(schema["maximum"])), name


def test_each_page_is_in_the_index() -> None:
    linked = {Path(link.partition("#")[0]).name for link in pages.links("docs/README.md")}
    assert {path.name for path in (ROOT / "docs").glob("*.md")} - {"README.md"} <= linked
