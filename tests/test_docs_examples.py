"""The examples on the pages for users do what the pages say: each is run, or read as it is used."""

import ast
import json
import os
import re
import subprocess
import sys
import tomllib
from collections.abc import Callable, Iterator
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest

from tests.docs import pages
from tests.docs.looks import Ids, unlike
from tests.docs.pages import Block
from tests.docs.shell import Done, Shell, commands, is_there
from tests.tidiness.source import ROOT
from vtmcp.access.policy import read_policy
from vtmcp.config import Config
from vtmcp.config_instances import read_instances
from vtmcp.traces.tenant import parse_tenant

PAGES = pages.pages()
PYTHON_S = 30

ALL = [block for page in PAGES for block in pages.blocks(page)]


def of(language: str) -> list[Block]:
    return [block for block in ALL if block.language == language]


def each(*blocks: Block) -> pytest.MarkDecorator:
    return pytest.mark.parametrize("block", blocks, ids=[str(block) for block in blocks])


def test_each_block_says_what_it_is() -> None:
    assert [str(block) for block in ALL if block.language not in pages.LANGUAGES] == []


@pytest.mark.skipif(os.name == "nt", reason="pages are written for sh")
@pytest.mark.parametrize("page", PAGES)
def test_the_commands_of_a_page_do_what_it_says(page: str, tmp_path: Path) -> None:
    """Each ends with the code that is named, and says what the block after it shows."""
    with Shell(tmp_path) as shell:
        said: list[Done] = []
        for block in pages.blocks(page):
            if block.file:
                shell.write(block.file, block.text)
            if block.language == "sh":
                said = [shell.run(line) for line in commands(block.text) if is_there(line)]
                for done in said:
                    assert done.code == done.expected, f"{block}: {done.command}\n{done.output}"
            elif block.language == "text":
                assert said, f"{block} shows an answer to nothing"
                answer = "".join(done.output for done in said)
                missing = unlike(block.text.splitlines(), answer.splitlines(), shell.ids)
                assert not missing, f"{block}: not said:\n{missing}\nbut:\n{answer}"


@each(*(block for block in of("python") if not block.file))
def test_an_example_in_python_runs(block: Block, tmp_path: Path) -> None:
    script = tmp_path / "example.py"
    script.write_text(block.text, encoding="utf-8")
    done = subprocess.run(
        [sys.executable, "-W", "error", str(script)],
        cwd=tmp_path,
        env={"PYTHONPATH": str(ROOT), "PYTHONDONTWRITEBYTECODE": "1"},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=PYTHON_S,
        check=False,
    )
    assert done.returncode == 0, done.stderr


def test_each_file_of_a_page_is_used_by_its_commands() -> None:
    unused = [
        f"{block}: {block.file}"
        for block in ALL
        if block.file
        and not any(
            block.file in other.text
            for other in pages.blocks(block.page)
            if other.language in ("sh", "console")
        )
    ]
    assert unused == []


@each(*of("python"))
def test_an_example_in_python_imports_what_there_is(block: Block) -> None:
    """Also where a file is only shown to be run."""
    for node in ast.walk(ast.parse(block.text)):
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("vtmcp"):
            module = import_module(node.module or "")
            assert [name.name for name in node.names if not hasattr(module, name.name)] == []


@each(*of("toml"))
def test_a_file_in_toml_is_one_that_its_reader_takes(block: Block) -> None:
    document = tomllib.loads(block.text)
    readers: dict[str, Callable[[], object]] = {
        "callers": lambda: read_policy(block.text.encode(), read_tenant=read_tenant),
        "instance": lambda: read_instances(block.text.encode()),
        "mcp_servers": lambda: list(check_entries(document)),
    }
    [kind] = document
    assert readers[kind]()


@each(*of("json"))
def test_a_client_s_file_starts_or_reaches_vtmcp(block: Block) -> None:
    assert list(check_entries(json.loads(block.text)))


def read_tenant(text: str) -> str:
    return str(parse_tenant(text))


KEYS = ("mcpServers", "servers", "context_servers", "mcp", "mcp_servers")
"""How clients call the table of servers."""


def check_entries(document: dict[str, Any]) -> Iterator[str]:
    """The names of the servers in a client's file; each can be used."""
    [servers] = [document[key] for key in KEYS if key in document]
    for name, entry in servers.items():
        if url := entry.get("url") or entry.get("serverUrl") or entry.get("httpUrl"):
            assert re.fullmatch(r"https?://\S+/(mcp|sse)", url)
        else:
            command = entry["command"]
            words = [*([command] if isinstance(command, str) else command), *entry.get("args", [])]
            assert {"vtmcp", "mcp-victoriatraces"} & {Path(word).name for word in words}
            env = entry.get("env") or entry.get("environment") or {}
            # What the client itself fills in is no value yet.
            given = {key: value for key, value in env.items() if "$" not in value}
            assert Config.from_env({"VT_INSTANCE_ENTRYPOINT": "demo", **given})
        yield name


LOOKS = {
    "numbers may be others": ("12 services", "7 services", True),
    "words may not": ("12 services", "12 serviced", False),
    "a unit may be another, where there is one": ("took 990 us", "took 1.2 ms", True),
    "thousands may come": ("x99 spans", "x1,099 spans", True),
    "the end may be left out": ("first ...", "first second", True),
    "lines may be left out": ("a\n...\nc", "a\nb\nc", True),
    "the order counts": ("b\na", "a\nb", False),
    "an id is one": (f"id {'a' * 32}", "id abc", False),
}


@pytest.mark.parametrize(("shown", "answer", "is_like"), LOOKS.values(), ids=list(LOOKS))
def test_an_answer_is_like_the_one_shown(shown: str, answer: str, is_like: bool) -> None:
    assert (unlike(shown.splitlines(), answer.splitlines(), Ids()) == "") is is_like


def test_an_id_of_a_page_is_the_same_id_later() -> None:
    ids = Ids()
    assert unlike([f"trace {'a' * 32}"], [f"trace {'b' * 32}"], ids) == ""
    assert ids.real(f"--trace_id {'a' * 32}") == f"--trace_id {'b' * 32}"
