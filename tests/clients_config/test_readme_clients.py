"""The README's table of clients is that of the code, and its links are those of the command."""

import re

import pytest

from tests.tidiness.source import ROOT
from tests.tidiness.test_readme import table
from vtmcp.clients.paths import Templates
from vtmcp.clients.table import CLIENTS, Client
from vtmcp.config_command import run
from vtmcp.config_variables import VARIABLES

README = (ROOT / "README.md").read_text(encoding="utf-8")
LINKED = [client.name for client in CLIENTS if client.link and client.link != "goose"]


def file(templates: tuple[Templates, ...]) -> str:
    """The usual file on Linux, without variables."""
    first = templates[0]
    template = first if isinstance(first, str) else first["linux"]
    usual = re.sub(r"[{][A-Z_]+:([^}]*)[}]", r"\1", template)
    return f"`{usual}`"


def row(client: Client) -> list[str]:
    files = ", ".join(file(templates) for templates in client.files.values())
    return [client.title, f"`vtmcp config {client.name}`", files]


def test_the_table_of_clients_is_that_of_the_code() -> None:
    assert [each[:3] for each in table("Client")] == [row(client) for client in CLIENTS]


@pytest.mark.parametrize("client", LINKED)
def test_a_link_is_the_one_that_the_command_gives(
    client: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    for variable in VARIABLES:
        monkeypatch.delenv(variable.name, raising=False)
    assert run([client, "--link"]) == 0
    page = capsys.readouterr().out.splitlines()[1]
    [cell] = [each[3] for each in table("Client") if each[1] == f"`vtmcp config {client}`"]
    assert cell == f"[add]({page})"
    assert page.startswith("https://")


def test_other_clients_have_no_link() -> None:
    linked = [each[1] for each in table("Client") if "](" in each[3]]
    assert linked == [f"`vtmcp config {client}`" for client in LINKED]
