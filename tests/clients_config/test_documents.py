"""What registries and desktop clients are told of the server is what the code says."""

import json
import re
import runpy
import sys
import tomllib
import zipfile
from pathlib import Path
from typing import Any

import pytest

from tests.tidiness.source import ROOT
from vtmcp import __version__
from vtmcp.clients.settings import LISTENER
from vtmcp.config import Config
from vtmcp.config_variables import VARIABLES
from vtmcp.handlers.tools import tool_classes
from vtmcp.stdio_client import StdioClient

MCPB = ROOT / "deploy" / "mcpb"
SERVER = json.loads((ROOT / "server.json").read_text(encoding="utf-8"))
MANIFEST = json.loads((MCPB / "manifest.json").read_text(encoding="utf-8"))


@pytest.mark.parametrize(
    ("document", "path"),
    [("server", ROOT / "server.json"), ("manifest", MCPB / "manifest.json")],
    ids=["server.json", "manifest.json"],
)
def test_a_document_is_what_the_code_would_write(document: str, path: Path) -> None:
    made = runpy.run_path(str(MCPB / "documents.py"))
    expected = made["written"](made[document]())
    assert path.read_text(encoding="utf-8") == expected, "run deploy/mcpb/documents.py"


def test_the_entry_of_the_registry_has_what_its_schema_asks_for() -> None:
    assert set(SERVER) == {"$schema", "name", "title", "description", "version", "packages"}
    assert re.fullmatch(r"[a-zA-Z0-9.-]+/[a-zA-Z0-9._-]+", SERVER["name"])
    assert 0 < len(SERVER["description"]) <= 100
    assert 0 < len(SERVER["title"]) <= 100
    assert SERVER["$schema"].startswith("https://static.modelcontextprotocol.io/schemas/")
    [package] = SERVER["packages"]
    assert {"registryType", "identifier", "transport"} <= set(package)
    assert package["transport"] == {"type": "stdio"}
    assert SERVER["version"] == package["version"] == __version__


def test_the_registry_finds_its_name_in_the_readme() -> None:
    assert f"<!-- mcp-name: {SERVER['name']} -->" in (ROOT / "README.md").read_text("utf-8")


def test_the_package_is_the_one_that_is_published() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    [package] = SERVER["packages"]
    assert package["identifier"] == project["name"]
    assert package["identifier"] in project["scripts"]
    assert project["version"] == __version__


def test_the_variables_of_the_registry_are_those_of_the_code() -> None:
    allowed = {"name", "description", "isRequired", "isSecret", "format", "default", "choices"}
    found = SERVER["packages"][0]["environmentVariables"]
    ours = [variable for variable in VARIABLES if variable.name not in LISTENER]
    assert [each["name"] for each in found] == [variable.name for variable in ours]
    for each, variable in zip(found, ours, strict=True):
        assert set(each) <= {*allowed, "placeholder"}
        assert each.get("isSecret", False) == variable.secret
        assert each.get("default", "") == variable.default
        assert each.get("format", "string") in ("string", "filepath")
        for choice in each.get("choices", []):
            variable.read(choice)
    assert [each["name"] for each in found if each.get("isRequired")] == ["VT_INSTANCE_ENTRYPOINT"]


def test_the_manifest_has_what_its_specification_asks_for() -> None:
    assert {"manifest_version", "name", "version", "description", "author", "server"} <= set(
        MANIFEST
    )
    assert MANIFEST["manifest_version"] == "0.4"
    assert MANIFEST["author"]["name"]
    assert MANIFEST["version"] == __version__
    assert set(MANIFEST["server"]) == {"type", "entry_point", "mcp_config"}
    assert MANIFEST["server"]["type"] == "uv"
    assert set(MANIFEST["server"]["mcp_config"]) == {"command", "args", "env"}
    assert set(MANIFEST["compatibility"]["platforms"]) <= {"darwin", "linux", "win32"}
    for each in MANIFEST["user_config"].values():
        assert {"type", "title", "description"} <= set(each)
        assert each["type"] in {"string", "number", "boolean", "directory", "file"}
        assert not each.get("sensitive") or each["type"] == "string"


def test_the_tools_of_the_manifest_are_those_of_the_code() -> None:
    assert [tool["name"] for tool in MANIFEST["tools"]] == [tool.name for tool in tool_classes()]
    assert all(tool["description"] for tool in MANIFEST["tools"])


def test_each_question_of_the_form_becomes_its_variable() -> None:
    env = MANIFEST["server"]["mcp_config"]["env"]
    by_name = {variable.name: variable for variable in VARIABLES}
    assert {f"${{user_config.{key}}}" for key in MANIFEST["user_config"]} == set(env.values())
    for name, reference in env.items():
        assert reference == f"${{user_config.{name.lower()}}}"
        asked = MANIFEST["user_config"][name.lower()]
        assert asked.get("sensitive", False) == by_name[name].secret
        assert asked["required"] == (name == "VT_INSTANCE_ENTRYPOINT")


FORMS: dict[str, Any] = {
    "nothing filled in, left as it stands": lambda reference, default: reference,
    "nothing filled in, left empty": lambda reference, default: "",
    "what the form offers": lambda reference, default: default,
}


@pytest.mark.parametrize("fill", FORMS.values(), ids=FORMS)
def test_a_form_as_a_client_fills_it_in_is_a_right_setting(fill: Any) -> None:
    env = {}
    for name, reference in MANIFEST["server"]["mcp_config"]["env"].items():
        default = MANIFEST["user_config"][name.lower()].get("default", "")
        env[name] = fill(reference, str(default).lower() if default is False else default)
    config = Config.from_env({**env, "VT_INSTANCE_ENTRYPOINT": "demo"})
    assert config.mode == "stdio"
    assert not config.allow_insecure


@pytest.fixture(scope="module")
def bundle(tmp_path_factory: pytest.TempPathFactory) -> Path:
    target = tmp_path_factory.mktemp("build") / "deep" / "vtmcp.mcpb"
    runpy.run_path(str(MCPB / "build.py"))["build"](target)
    return target


def test_the_same_code_gives_the_same_bundle(bundle: Path, tmp_path: Path) -> None:
    again = tmp_path / "again.mcpb"
    runpy.run_path(str(MCPB / "build.py"))["build"](again)
    assert again.read_bytes() == bundle.read_bytes()


def test_the_bundle_has_what_the_server_needs_and_no_more(bundle: Path) -> None:
    with zipfile.ZipFile(bundle) as opened:
        names = opened.namelist()
        assert json.loads(opened.read("manifest.json")) == MANIFEST
        project = tomllib.loads(opened.read("pyproject.toml").decode())["project"]
    whole = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    assert project["dependencies"] == whole["dependencies"]
    assert project["requires-python"] == whole["requires-python"]
    assert len(names) == len(set(names))
    assert {MANIFEST["server"]["entry_point"], "src/vtmcp/corpus/index.bin", "LICENSE"} <= set(
        names
    )
    assert not [name for name in names if name.endswith(".pyc") or "/conformance/" in name]


def test_the_bundle_runs_as_a_client_runs_it(bundle: Path, tmp_path: Path) -> None:
    with zipfile.ZipFile(bundle) as opened:
        opened.extractall(tmp_path)
    env = {**MANIFEST["server"]["mcp_config"]["env"], "VT_INSTANCE_ENTRYPOINT": "demo"}
    *_, entry_point = MANIFEST["server"]["mcp_config"]["args"]
    assert entry_point == MANIFEST["server"]["entry_point"]
    with StdioClient([sys.executable, str(tmp_path / entry_point)], env) as client:
        tools = [tool["name"] for tool in client.request("tools/list", {})["tools"]]
        assert set(tools) <= {tool["name"] for tool in MANIFEST["tools"]}
        assert "checkout" in client.call("services", {})
        assert "docs://" in client.call("documentation", {"query": "retention"})
