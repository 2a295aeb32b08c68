"""`vtmcp config`: what is printed, what is written, and which command lines are refused."""

import base64
import json
import os
import re
import subprocess
import sys
import tomllib
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

import pytest

from tests.clients_config.setting import TOKEN, read, sample
from tests.tidiness.source import ROOT
from vtmcp import config_command
from vtmcp.clients import settings
from vtmcp.clients.paths import Machine, resolve
from vtmcp.clients.table import CLIENTS, find_client
from vtmcp.config_command import run
from vtmcp.config_variables import VARIABLES


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A home and a project of nobody, and an environment without settings."""
    for name in [variable.name for variable in VARIABLES]:
        monkeypatch.delenv(name, raising=False)
    for name in ("XDG_CONFIG_HOME", "CODEX_HOME", "COPILOT_HOME"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr(sys, "platform", "linux")
    (tmp_path / "home").mkdir()
    (tmp_path / "project").mkdir()
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    monkeypatch.chdir(tmp_path / "project")
    return tmp_path / "home"


def entry(text: str, key: str = "mcpServers", name: str = "victoriatraces") -> dict[str, Any]:
    value: dict[str, Any] = json.loads(text)[key][name]
    return value


def test_the_entry_is_printed_and_where_it_goes(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["cursor", "--entrypoint", "demo"]) == 0
    told = capsys.readouterr()
    assert entry(told.out) == {
        **{"command": "uvx", "args": ["vtmcp"]},
        "env": {"VT_INSTANCE_ENTRYPOINT": "demo"},
    }
    assert told.err == "vtmcp: this goes into ~/.cursor/mcp.json; --write puts it there\n"


def test_without_an_entrypoint_the_usual_one_is_taken_and_said(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert run(["cursor"]) == 0
    told = capsys.readouterr()
    assert entry(told.out)["env"] == {"VT_INSTANCE_ENTRYPOINT": "http://localhost:10428"}
    assert "--entrypoint names another" in told.err


def test_settings_of_the_environment_go_along_but_for_defaults_and_the_listener(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    given = {
        "VT_INSTANCE_ENTRYPOINT": "https://vt.example.com",
        "VT_MAX_CONNECTIONS": "8",
        "VT_TOTAL_TIMEOUT": "2m",
        "MCP_LOG_LEVEL": "debug",
        "MCP_DISABLED_TOOLS": "${user_config.tools}",
        "MCP_SERVER_MODE": "http",
        "MCP_SESSION_KEY": "0123456789abcdef",
        "VT_DOCS_DIR": "docs/runbooks",
        "VT_TLS_CA_FILE": "~/ca.pem",
    }
    for name, value in given.items():
        monkeypatch.setenv(name, value)
    assert run(["cursor", "--env", "VT_DEFAULT_TENANT_ID=0:0"]) == 0
    env = entry(capsys.readouterr().out)["env"]
    assert env == {
        "VT_INSTANCE_ENTRYPOINT": "https://vt.example.com",
        "VT_TLS_CA_FILE": str(Path.home() / "ca.pem"),
        "VT_DEFAULT_TENANT_ID": "0:0",
        "VT_TOTAL_TIMEOUT": "2m",
        "VT_DOCS_DIR": str(Path.cwd() / "docs/runbooks"),
        "MCP_LOG_LEVEL": "debug",
    }
    order = [variable.name for variable in VARIABLES]
    assert [*env] == sorted(env, key=order.index)


def test_what_is_said_of_the_listener_are_variables_that_exist() -> None:
    known = {variable.name for variable in VARIABLES}
    assert known >= {*settings.LISTENER, settings.INSTANCES}
    assert {settings.ENTRYPOINT, settings.AUTH_TOKEN} <= known


def test_with_a_file_of_databases_no_entrypoint_is_made_up(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("VT_INSTANCES_FILE", "/etc/vtmcp/instances.toml")
    monkeypatch.setenv("OTEL_SERVICE_NAME", "another-program")
    assert run(["cursor", "--env", "OTEL_SDK_DISABLED=true"]) == 0
    assert entry(capsys.readouterr().out)["env"] == {
        "VT_INSTANCES_FILE": "/etc/vtmcp/instances.toml",
        "OTEL_SDK_DISABLED": "true",
    }


@pytest.mark.parametrize("words", [[], ["--write"], ["--link"]], ids=str)
@pytest.mark.parametrize("client", [client.name for client in CLIENTS])
def test_a_token_of_the_environment_is_never_told(
    client: str,
    words: list[str],
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    tmp_path: Path,
) -> None:
    monkeypatch.setenv("VT_INSTANCE_BEARER_TOKEN", TOKEN)
    monkeypatch.setenv("VT_INSTANCE_HEADERS", f"X-Key={TOKEN}")
    monkeypatch.setenv("MCP_AUTH_TOKEN", TOKEN)
    for more in ([], ["--url", "https://x.example/mcp", "--header", f"X-Api-Key={TOKEN}"]):
        assert run([client, *words, *more]) in (0, 2)
    told = capsys.readouterr()
    written = [path.read_text() for path in tmp_path.rglob("*") if path.is_file()]
    assert all(TOKEN not in text for text in [told.out, told.err, unquoted(told.out), *written])


def unquoted(text: str) -> str:
    packed = re.findall(r"config=([A-Za-z0-9%]+)", text)
    return unquote(text) + "".join(
        base64.b64decode(unquote(each)).decode() for each in packed if "%22" not in each
    )


def test_with_secrets_a_token_is_written_for_its_owner_only(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], home: Path
) -> None:
    monkeypatch.setenv("VT_INSTANCE_BEARER_TOKEN", TOKEN)
    assert run(["zed", "--write", "--with-secrets"]) == 0
    path = home / ".config/zed/settings.json"
    assert entry(path.read_text(), "context_servers")["env"]["VT_INSTANCE_BEARER_TOKEN"] == TOKEN
    assert path.stat().st_mode & 0o077 == 0
    assert TOKEN not in "".join(capsys.readouterr())
    assert run(["claude-code", "--write", "--with-secrets", "--scope", "project"]) == 0
    assert "keep it out of version control" in capsys.readouterr().err


def test_a_secret_that_a_client_cannot_refer_to_is_left_out_and_said(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], home: Path
) -> None:
    monkeypatch.setenv("VT_INSTANCE_BEARER_TOKEN", TOKEN)
    assert run(["lm-studio", "--write", "--entrypoint", "demo"]) == 0
    env = entry((home / ".lmstudio/mcp.json").read_text())["env"]
    assert env == {"VT_INSTANCE_ENTRYPOINT": "demo"}
    assert "VT_INSTANCE_BEARER_TOKEN is a secret" in capsys.readouterr().err
    monkeypatch.setenv("MCP_AUTH_TOKEN", TOKEN)
    assert run(["zed", "--write", "--url", "http://localhost:8081/mcp"]) == 0
    assert "Authorization is a secret, and was not written" in capsys.readouterr().err


def test_a_file_with_the_token_is_better_than_the_token(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("VT_INSTANCE_BEARER_TOKEN", TOKEN)
    monkeypatch.setenv("VT_INSTANCE_BEARER_TOKEN_FILE", "/run/secrets/vt")
    assert run(["cursor"]) == 0
    env = entry(capsys.readouterr().out)["env"]
    assert env["VT_INSTANCE_BEARER_TOKEN_FILE"] == "/run/secrets/vt"
    assert "VT_INSTANCE_BEARER_TOKEN" not in env


def test_a_file_is_written_once_copied_and_left_alone_when_right(
    home: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = home / ".config/zed/settings.json"
    path.parent.mkdir(parents=True)
    path.write_text(sample("zed"))
    words = ["zed", "--write", "--entrypoint", "demo"]
    assert run(words) == 0
    assert f"{path} has the entry victoriatraces now; it was copied to " in capsys.readouterr().out
    [copy] = path.parent.glob("settings.json.bak-*")
    assert copy.read_text() == sample("zed")
    after = path.read_bytes()
    assert run(words) == 0
    assert "says so already; nothing was written" in capsys.readouterr().out
    assert path.read_bytes() == after
    assert len([*path.parent.iterdir()]) == 2


def test_a_broken_file_is_refused_and_not_touched(
    home: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = home / ".gemini/settings.json"
    path.parent.mkdir()
    path.write_text('{\n  "theme": "x"\n  "y": 1\n}')
    assert run(["gemini", "--write"]) == 1
    told = capsys.readouterr()
    assert f"{path}: line 3, column 3: a comma or }} was expected" in told.err
    assert "nothing was written" in told.err
    assert told.out == ""
    assert [*path.parent.iterdir()] == [path]


def test_a_file_that_is_not_edited_is_refused_with_what_to_put_into_it(
    home: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = home / ".config/goose/config.yaml"
    path.parent.mkdir(parents=True)
    path.write_text("extensions: {developer: {enabled: true}}\n")
    assert run(["goose", "--write", "--entrypoint", "demo"]) == 1
    told = capsys.readouterr()
    assert "not edited here; nothing was written" in told.err
    assert read("goose", told.out)["extensions"]["victoriatraces"]["cmd"] == "uvx"
    assert path.read_text() == "extensions: {developer: {enabled: true}}\n"


def test_a_file_of_a_project_and_another_file(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["codex", "--write", "--scope", "project", "--name", "vt"]) == 0
    assert "vt" in tomllib.loads(Path(".codex/config.toml").read_text())["mcp_servers"]
    assert run(["vscode", "--write", "--file", "mcp.json"]) == 0
    assert entry(Path("mcp.json").read_text(), "servers")["type"] == "stdio"
    capsys.readouterr()


COMMANDS: dict[str, tuple[list[str], list[str]]] = {
    "another command": (
        ["--command", "docker run -i 'my image'"],
        ["docker", "run", "-i", "my image"],
    ),
    "a command of one word": (["--command=vtmcp"], ["vtmcp"]),
}


@pytest.mark.parametrize(("words", "command"), COMMANDS.values(), ids=COMMANDS)
def test_the_command_is_split_into_words(
    words: list[str], command: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["opencode", *words]) == 0
    assert entry(capsys.readouterr().out, "mcp")["command"] == command


@pytest.mark.parametrize("is_there", [True, False])
def test_this_installation_is_named_by_its_whole_path(
    is_there: bool,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setattr(sys, "executable", str(tmp_path / "python"))
    if is_there:
        (tmp_path / "vtmcp").touch()
    assert run(["opencode", "--local"]) == 0
    command = entry(capsys.readouterr().out, "mcp")["command"]
    python = [str(tmp_path / "python"), "-m", "vtmcp"]
    assert command == ([str(tmp_path / "vtmcp")] if is_there else python)


def test_the_list_has_each_client_and_says_what_is_there(
    home: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (home / ".cursor").mkdir()
    (home / ".cursor/mcp.json").touch()
    assert run(["--list"]) == 0
    rows = [line.split(maxsplit=4) for line in capsys.readouterr().out.splitlines()]
    assert rows[0] == ["CLIENT", "FORMAT", "SCOPE", "THERE", "FILE"]
    assert list(dict.fromkeys(row[0] for row in rows[1:])) == [each.name for each in CLIENTS]
    assert ["cursor", "json", "user", "yes", "~/.cursor/mcp.json"] in rows
    assert ["cursor", "json", "project", "no", ".cursor/mcp.json"] in rows


def test_help_names_each_client(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["--help"]) == 0
    told = capsys.readouterr().out
    assert all(client.name in told for client in CLIENTS)
    assert told == config_command.USAGE


def test_a_reader_that_has_seen_enough_is_no_fault() -> None:
    reading, writing = os.pipe()
    os.close(reading)
    ran = subprocess.run(
        [sys.executable, "-m", "vtmcp", "config", "cursor", "--link"],
        cwd=ROOT,
        stdout=writing,
        stderr=subprocess.PIPE,
        check=False,
        timeout=30,
    )
    os.close(writing)
    assert (ran.returncode, ran.stderr) == (0, b"")


WRONG = {
    "no client": ([], "config needs a client"),
    "an unknown client": (["curser"], "unknown client 'curser'; did you mean cursor? (accepted: "),
    "two clients": (["cursor", "zed"], "one client at a time, not cursor and zed"),
    "an unknown option": (["cursor", "--wrte"], "unknown option --wrte; did you mean --write?"),
    "an option without its value": (["cursor", "--name"], "--name needs a value"),
    "an option with an empty value": (["cursor", "--url="], "--url needs a value"),
    "an option twice": (["cursor", "--url=a", "--url=b"], "--url is given twice"),
    "options that contradict": (
        ["cursor", "--url=http://x", "--local"],
        "--url and --local do not go together",
    ),
    "headers without a URL": (["cursor", "--header=A=b"], "--header goes with --url"),
    "a header without a value": (["cursor", "--url=http://x", "--header=A"], "takes NAME=VALUE"),
    "a header with a wrong name": (
        ["cursor", "--url=http://x", "--header=A B=c"],
        "--header takes NAME=VALUE of plain characters",
    ),
    "a URL that is none": (["cursor", "--url=ftp://x"], "--url takes an http or https URL"),
    "a URL with a password": (["cursor", "--url=http://a:b@x"], "--url takes an http or https URL"),
    "an unknown variable": (
        ["cursor", "--env=VT_INSTANCE_ENTRYPONT=demo"],
        "unknown variable VT_INSTANCE_ENTRYPONT; did you mean VT_INSTANCE_ENTRYPOINT?",
    ),
    "a variable of the listener": (
        ["cursor", "--env=MCP_SERVER_MODE=http"],
        "MCP_SERVER_MODE is for a server over HTTP",
    ),
    "a variable twice": (
        ["cursor", "--env=MCP_LOG_LEVEL=info", "--env=MCP_LOG_LEVEL=warn"],
        "--env names MCP_LOG_LEVEL twice",
    ),
    "an entrypoint twice": (
        ["cursor", "--entrypoint=demo", "--env=VT_INSTANCE_ENTRYPOINT=demo"],
        "do not go together",
    ),
    "a wrong value": (["cursor", "--entrypoint=localhost"], "VT_INSTANCE_ENTRYPOINT: 'localhost'"),
    "a wrong name": (["cursor", "--name=a.b"], "--name takes up to 64 letters"),
    "a wrong scope": (["cursor", "--scope=all"], "--scope takes user or project"),
    "a scope that a client does not have": (
        ["windsurf", "--scope=project"],
        "Windsurf has no file of a project; --file names one",
    ),
    "a command that does not end": (["cursor", "--command='x"], "--command: no closing quotation"),
    "a link of a client without one": (["zed", "--link"], "Zed has no one-click link; these have"),
    "a URL in a file that takes none": (
        ["claude-desktop", "--url=http://x/mcp", "--write"],
        "Claude Desktop takes URLs under Settings, Connectors",
    ),
}


@pytest.mark.parametrize(("words", "told"), WRONG.values(), ids=WRONG)
def test_a_wrong_command_line_is_refused_in_one_line(
    words: list[str], told: str, capsys: pytest.CaptureFixture[str], home: Path
) -> None:
    assert run(words) == 2
    heard = capsys.readouterr()
    assert told in heard.err
    assert heard.err.count("\n") == 1
    assert heard.out == ""
    assert [*home.iterdir()] == []


def test_a_url_is_shown_for_a_client_whose_file_takes_none(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert run(["jetbrains", "--url", "http://localhost:8081/mcp"]) == 0
    told = capsys.readouterr()
    assert entry(told.out) == {"url": "http://localhost:8081/mcp"}
    assert "AI Assistant takes the URL as JSON" in told.err
    assert "--write" not in told.err


def test_a_header_that_refers_to_a_variable_is_written_as_it_is(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("MCP_AUTH_TOKEN", TOKEN)
    words = ["--url", "https://x.example/mcp", "--header", "Authorization=Bearer ${MY_TOKEN}"]
    assert run(["claude-code", *words]) == 0
    assert entry(capsys.readouterr().out)["headers"] == {"Authorization": "Bearer ${MY_TOKEN}"}


def test_each_link_is_what_its_client_documents(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("VT_INSTANCE_HEADERS", f"X-Key={TOKEN}")
    shapes = {}
    for client in ("cursor", "lm-studio", "vscode", "goose"):
        assert run([client, "--link", "--entrypoint", "demo"]) == 0
        shapes[client] = capsys.readouterr().out.splitlines()
    for client, scheme in (("cursor", "cursor"), ("lm-studio", "lmstudio")):
        own, page = map(urlsplit, shapes[client])
        assert (own.scheme, page.scheme) == (scheme, "https")
        assert own.query == page.query
        query = parse_qs(own.query)
        assert query["name"] == ["victoriatraces"]
        config = json.loads(base64.b64decode(query["config"][0]))
        assert (config["command"], config["args"]) == ("uvx", ["vtmcp"])
    own_link, page_link = shapes["vscode"]
    scheme, _, packed = own_link.partition("?")
    assert scheme == "vscode:mcp/install"
    whole = json.loads(unquote(packed))
    assert (whole["name"], whole["type"]) == ("victoriatraces", "stdio")
    query = parse_qs(urlsplit(page_link).query)
    assert json.loads(query["inputs"][0]) == whole["inputs"]
    assert json.loads(query["config"][0])["env"]["VT_INSTANCE_ENTRYPOINT"] == "demo"
    [goose] = map(urlsplit, shapes["goose"])
    assert (goose.scheme, goose.netloc) == ("goose", "extension")
    query = parse_qs(goose.query)
    assert (query["cmd"], query["arg"], query["id"]) == (["uvx"], ["vtmcp"], ["victoriatraces"])
    assert query["env"][0] == "VT_INSTANCE_ENTRYPOINT=demo"


def test_a_link_to_a_url(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["goose", "--link", "--url", "https://x.example/mcp"]) == 0
    query = parse_qs(urlsplit(capsys.readouterr().out).query)
    assert (query["url"], query["type"]) == (["https://x.example/mcp"], ["streamable_http"])
    assert run(["vscode", "--link", "--url", "https://x.example/mcp"]) == 0
    assert "inputs" not in capsys.readouterr().out


PATHS = {
    "a Mac": ("claude-desktop", "darwin", {}, "HOME/Library/Application Support/Claude"),
    "Windows": ("claude-desktop", "win32", {"APPDATA": "/c/Roaming"}, "/c/Roaming/Claude"),
    "Windows without a variable": ("zed", "win32", {}, "HOME/AppData/Roaming/Zed"),
    "another Unix": ("vscode", "freebsd14", {}, "HOME/.config/Code/User"),
    "a folder of one's own": ("codex", "linux", {"CODEX_HOME": "/srv/codex"}, "/srv/codex"),
    "an empty variable": ("goose", "linux", {"XDG_CONFIG_HOME": ""}, "HOME/.config/goose"),
}


@pytest.mark.parametrize(("client", "platform", "env", "folder"), PATHS.values(), ids=PATHS)
def test_a_file_is_where_the_platform_has_it(
    client: str, platform: str, env: dict[str, str], folder: str
) -> None:
    machine = Machine(platform, Path("/h"), env, Path("/p"))
    path = resolve(find_client(client).files["user"][0], machine)
    assert path.parent == Path(folder.replace("HOME", "/h"))


def test_the_file_that_is_there_is_taken(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    other = home / ".config/opencode/opencode.jsonc"
    other.parent.mkdir(parents=True)
    other.write_text(sample("opencode"))
    assert run(["opencode", "--write"]) == 0
    assert str(other) in capsys.readouterr().out
    assert not other.with_suffix(".json").exists()


def test_names_of_clients_are_found_by_their_aliases_too() -> None:
    for client in CLIENTS:
        for word in (client.name, client.name.upper().replace("-", "_"), *client.aliases):
            assert find_client(word) is client
