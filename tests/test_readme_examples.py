"""The README's examples do what they say: the embedded server, the client's settings, endpoints."""

import json
import re
import sys
from pathlib import Path

from tests.tidiness.source import ROOT
from tests.tidiness.test_readme import table
from vtmcp import __version__
from vtmcp.app_callers import open_callers
from vtmcp.app_metrics import AppMetrics
from vtmcp.app_web import web_options
from vtmcp.config import Config
from vtmcp.logs import Log
from vtmcp.stdio_client import StdioClient
from vtmcp.web import Web

README = (ROOT / "README.md").read_text(encoding="utf-8")

LINES_MAX = 15
"""What an embedder has to write, without blank lines."""


def example(language: str) -> str:
    found = re.findall(rf"```{language}\n(.*?)```", README, re.DOTALL)
    assert len(found) == 1
    return str(found[0])


def test_the_embedded_server_is_short_and_works(tmp_path: Path) -> None:
    code = example("python")
    assert len([line for line in code.splitlines() if line.strip()]) <= LINES_MAX
    script = tmp_path / "adder.py"
    script.write_text(code)
    with StdioClient([sys.executable, str(script)], {"PYTHONPATH": str(ROOT)}) as client:
        assert [tool["name"] for tool in client.request("tools/list", {})["tools"]] == ["add"]
        assert client.call("add", {"a": 1, "b": 2}) == "3"
        refused = client.request("tools/call", {"name": "add", "arguments": {"a": 1}})
        assert refused["isError"]
        assert refused["content"][0]["text"] == "add: missing argument b (required)"


def test_the_settings_of_a_client_are_json_with_variables_that_exist() -> None:
    [server] = json.loads(example("json"))["mcpServers"].values()
    assert server["command"] == "vtmcp"
    assert Config.from_env(server["env"]).mode == "stdio"


class NoServer:
    """Endpoints are only looked at here."""

    def conversation(self, *arguments: object) -> None:
        raise AssertionError

    def parameter_headers(self, tool: str) -> None:
        raise AssertionError

    async def finish(self) -> None:
        raise AssertionError


def test_the_table_of_endpoints_is_that_of_the_code() -> None:
    served = set()
    for mode in ("http", "sse"):
        env = {"VT_INSTANCE_ENTRYPOINT": "demo", "MCP_SERVER_MODE": mode}
        config, log = Config.from_env(env), Log(sys.stderr, level="error", format="text")
        options = web_options(
            config, log, open_callers(config, log), metrics=AppMetrics(__version__)
        )
        web = Web(NoServer(), options)  # type: ignore[arg-type]
        served |= {(path, mode) for path in web.paths}
    told = set()
    for endpoint, mode, _ in table("Endpoint"):
        for each in ("http", "sse") if mode == "both" else (mode.strip("`"),):
            told.add((endpoint.strip("`"), each))
    assert told == served
