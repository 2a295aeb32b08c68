"""Files as people have them: what they hold is not lost, byte for byte, whatever is put in."""

from typing import Any

import pytest

from tests.clients_config.setting import REMOTE, SAMPLES, STDIO, TOKEN, added, read, sample
from vtmcp.clients.entry import Entry
from vtmcp.clients.merging import Added, merged
from vtmcp.clients.secrets import Way, told
from vtmcp.clients.table import find_client
from vtmcp.clients.wanted import wanted

ALL = pytest.mark.parametrize("client", SAMPLES)
BOTH = pytest.mark.parametrize("entry", [STDIO, REMOTE], ids=["command", "url"])


def without_ours(client: str, values: dict[str, Any]) -> dict[str, Any]:
    """The values of a file but for our entry, and for the questions that it asks."""
    [parent] = find_client(client).parents
    kept = {**values, parent: {**values[parent]}}
    kept[parent].pop("victoriatraces", None)
    if "inputs" in kept:
        ours = "victoriatraces-"
        kept["inputs"] = [each for each in kept["inputs"] if not each["id"].startswith(ours)]
    return kept


@ALL
@BOTH
def test_all_else_is_what_it_was(client: str, entry: Entry) -> None:
    before = sample(client)
    after = added(client, before, entry)
    assert without_ours(client, read(client, after)) == without_ours(client, read(client, before))


@ALL
@BOTH
def test_our_entry_is_what_was_wanted(client: str, entry: Entry) -> None:
    known = find_client(client)
    before = read(client, sample(client))
    how = told(entry, known.reference, Way.WRITTEN)
    want = wanted(known, entry, how, before)
    assert read(client, added(client, sample(client), entry)) == merged(
        before, want.values, want.stale
    )


@ALL
@BOTH
def test_a_second_time_changes_nothing(client: str, entry: Entry) -> None:
    once = added(client, sample(client), entry)
    assert added(client, once, entry) == once


@pytest.mark.parametrize("client", ["codex", "goose", "vscode", "zed"])
def test_no_line_of_the_file_is_touched_but_for_a_comma(client: str) -> None:
    before, after = sample(client), added(client, sample(client), STDIO)
    left = iter(after.splitlines(keepends=True))
    for line in before.splitlines(keepends=True):
        with_comma = line.rstrip("\n") + ",\n"
        assert any(other in (line, with_comma) for other in left), line


@ALL
def test_there_and_back_again_the_other_transport_leaves_nothing(client: str) -> None:
    once = added(client, sample(client), STDIO)
    [parent] = find_client(client).parents
    back = added(client, added(client, once, REMOTE), STDIO)
    entries = [read(client, text)[parent]["victoriatraces"] for text in (once, back)]
    for entry in entries:
        for values in (entry.get("env", {}), entry):
            # These two are what a person had there, and what a person may be asked for.
            values.pop("VT_DEFAULT_TENANT_ID", None)
            values.pop("env_keys", None)
    assert entries[0] == entries[1]


@ALL
@pytest.mark.parametrize("entry", [STDIO, REMOTE], ids=["command", "url"])
def test_the_ends_of_lines_and_a_mark_before_the_text_stay(client: str, entry: Entry) -> None:
    before = sample(client).replace("\n", "\r\n")
    for mark in ("", "\ufeff"):
        after = added(client, mark + before, entry)
        assert after.startswith(mark)
        assert after.count("\n") == after.count("\r\n")
        unix = after.removeprefix(mark).replace("\r\n", "\n")
        assert unix == added(client, sample(client), entry)


@ALL
def test_no_secret_is_written_unless_asked_for(client: str) -> None:
    assert TOKEN not in added(client, sample(client), STDIO)
    assert TOKEN not in added(client, sample(client), REMOTE)
    assert TOKEN in added(client, sample(client), STDIO, Way.RAW)


@pytest.mark.parametrize("client", ["claude-desktop", "codex", "goose"])
@pytest.mark.parametrize("text", ["", "\n\n", "NOTE"])
def test_a_file_with_nothing_in_it_gets_the_entry(client: str, text: str) -> None:
    marks = {"claude-desktop": "// mine\n", "codex": "# mine\n", "goose": "# mine\n"}
    text = marks[client] if text == "NOTE" else text
    after = added(client, text, STDIO)
    assert after.endswith("\n")
    assert after.startswith(text.rstrip())
    assert read(client, after) == read(client, added(client, "", STDIO))


def test_an_entry_that_is_there_keeps_what_its_owner_added() -> None:
    values = read("claude-desktop", added("claude-desktop", sample("claude-desktop"), STDIO))
    entry = values["mcpServers"]["victoriatraces"]
    assert entry["disabledTools"] == ["documentation"]
    assert entry["command"] == "uvx"
    assert entry["env"]["VT_DEFAULT_TENANT_ID"] == "1:2"


OWNED: dict[str, tuple[str, str, str, Any]] = {
    "a server that is switched off stays off": (
        *("opencode", '{"mcp": {"victoriatraces": {"enabled": false}}}'),
        *("enabled", False),
    ),
    "tools that are approved stay approved": (
        *("cline", '{"mcpServers": {"victoriatraces": {"autoApprove": ["trace"]}}}'),
        *("autoApprove", ["trace"]),
    ),
    "variables that are forwarded stay so": (
        *("codex", '[mcp_servers.victoriatraces]\nenv_vars = ["SSL_CERT_FILE"]\n'),
        *("env_vars", ["SSL_CERT_FILE", "VT_INSTANCE_BEARER_TOKEN"]),
    ),
    "a type of its own stays": (
        *("cursor", '{"mcpServers": {"victoriatraces": {"type": "stdio", "command": "x"}}}'),
        *("type", "stdio"),
    ),
    "a time limit of its own stays": (
        *("goose", "extensions:\n  victoriatraces:\n    timeout: 20 # s\n"),
        *("timeout", 20),
    ),
}


@pytest.mark.parametrize(("client", "text", "key", "value"), OWNED.values(), ids=OWNED)
def test_what_an_owner_chose_is_kept(client: str, text: str, key: str, value: Any) -> None:
    [parent] = find_client(client).parents
    assert read(client, added(client, text, STDIO))[parent]["victoriatraces"][key] == value


def test_a_question_is_asked_once() -> None:
    [question] = told(STDIO, "input", Way.WRITTEN).inputs
    other = {"id": question["id"], "description": "as its owner worded it"}
    assert merged([other], Added((question,))) == [other]
