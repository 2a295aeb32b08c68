"""Tokens that are guessed by their time, sessions that are forged, names that change their mind."""

import ast
import hashlib
import hmac
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.attacks.database import answer_to as good_answer
from tests.attacks.database import database, plain
from tests.attacks.product import product, text_of
from tests.protocol.playbook import request
from tests.test_metrics import parsed
from tests.tidiness.source import ROOT
from tests.transports.site import opening
from tests.victoriatraces.peer import CLOSE
from tests.victoriatraces.resolver import resolving
from vtmcp.protocol.seal import seal

pytestmark = pytest.mark.anyio

POLICY = "".join(
    f'[callers.{name}]\ntoken_sha256 = "{hashlib.sha256(name.encode()).hexdigest()}"\n'
    f'tools = ["*"]\ntenants = ["*"]\n'
    for name in ("ann", "bob")
)

KINDS = ("MCP_AUTH_TOKEN", "MCP_AUTH_TOKEN_FILE", "MCP_AUTH_FILE")

GUESSES = ("", "a", "ann", "anm", "annn", "ANN", "ann ", "\x00", "a" * 1_000)


@pytest.mark.parametrize("kind", KINDS)
async def test_each_guess_costs_the_same_comparisons(
    kind: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    value = "ann"
    if kind != "MCP_AUTH_TOKEN":
        (tmp_path / "file").write_text(POLICY if kind == "MCP_AUTH_FILE" else "ann")
        value = str(tmp_path / "file")
    compared: list[tuple[int, int]] = []
    real = hmac.compare_digest

    def compare(one: bytes, other: bytes) -> bool:
        compared.append((len(one), len(other)))
        return real(one, other)

    monkeypatch.setattr(hmac, "compare_digest", compare)
    counts = set()
    async with product({"VT_INSTANCE_ENTRYPOINT": "demo", kind: value}) as it:
        for guess in GUESSES:
            compared.clear()
            bearer = f"Bearer {guess}".strip()
            answer = await it.site.post(request(1, "ping"), authorization=bearer)
            if guess.strip().isprintable() and guess.strip():
                assert (answer.status == 401) == (guess.strip() != "ann")
                counts.add(tuple(compared))
    assert len(counts) == 1
    assert all(lengths == (32, 32) for one in counts for lengths in one)


SECRET_NAMES = ("token", "digest", "mac", "secret", "password", "signature")


def comparisons() -> Iterator[tuple[str, str]]:
    """Each comparison in code that holds a secret, by file and text."""
    for folder in ("access", "transports", "protocol"):
        for path in (ROOT / "vtmcp" / folder).glob("*.py"):
            for node in ast.walk(ast.parse(path.read_bytes())):
                if isinstance(node, ast.Compare) and any(
                    isinstance(op, ast.Eq | ast.NotEq) for op in node.ops
                ):
                    yield path.name, ast.unparse(node)


KNOWN = {("watched_file.py", "digest == self._hash")}
"""Whether a file has changed: its hash is compared with its own, and nobody can guess at it."""


def test_no_secret_is_compared_in_another_way() -> None:
    found = [
        (file, text)
        for file, text in comparisons()
        if any(name in text.lower().split(" ")[0].split("(")[0] for name in SECRET_NAMES)
    ]
    assert set(found) == KNOWN
    assert len(list(comparisons())) > 20


async def test_a_session_is_its_callers_and_as_it_was_given(tmp_path: Path) -> None:
    (tmp_path / "file").write_text(POLICY)
    env = {"VT_INSTANCE_ENTRYPOINT": "demo", "MCP_AUTH_FILE": str(tmp_path / "file")}
    async with product(env) as it:
        ann, bob = {"authorization": "Bearer ann"}, {"authorization": "Bearer bob"}
        opened = await it.site.post(opening(), **ann)
        session = opened.headers["mcp-session-id"]
        ping = request(2, "ping")
        assert (await it.site.post(ping, session=session, **ann)).status == 200
        forged = [
            *(
                f"{session[:at]}{'A' if session[at] != 'A' else 'B'}{session[at + 1 :]}"
                for at in range(len(session))
            ),
            *(session[:-1], session[1:], f"{session}=", f"{session}A", session.swapcase()),
            seal(["2025-11-25", {}, 0], key=b"", purpose="session"),
            seal(["2025-11-25", {}, 0], key=b"k" * 31, purpose="session"),
            seal(["2025-11-25", {}, 0], key=b"k" * 32, purpose="requestState"),
        ]
        for text in forged:
            assert (await it.site.post(ping, session=text, **ann)).status in (400, 404), text
        assert (await it.site.post(ping, session=session, **bob)).status == 404
        assert (await it.site.post(ping, session=session)).status == 401
        for status, headers in ((401, {}), (404, bob), (200, ann)):
            answer = await it.site.ask("DELETE", session=session, **headers)
            assert answer.status in (status, 204)
        # Nobody is told of a session by the log.
        assert session not in it.lines.getvalue()
        assert session[:16] not in it.lines.getvalue()


async def test_a_name_that_changes_its_mind_leads_nowhere(monkeypatch: pytest.MonkeyPatch) -> None:
    async with database() as asked:
        asked.hostile = lambda one: (plain(good_answer(one)), CLOSE)
        env = {
            "VT_INSTANCE_ENTRYPOINT": f"http://db.test:{asked.port}",
            "VT_ALLOW_INSECURE_ENTRYPOINT": "1",
            "VT_INSTANCE_BEARER_TOKEN": "for-the-database",
        }
        async with product(env) as it:
            looked_up = resolving(
                monkeypatch, ["127.0.0.1"], ["169.254.169.254"], ["127.0.0.1", "fd00:ec2::254"]
            )
            said = [text_of(await it.call("services", {"tenant": str(n)})) for n in range(3)]
            assert looked_up[:2] == [b"db.test", b"db.test"]
            told = parsed(it.metrics.text())
            lines = it.lines.getvalue()
    assert "2 services" in said[0]
    assert "VT_ALLOWED_HOSTS" in said[1]
    assert sum(
        value
        for (name, labels), value in told.items()
        if name == "vtmcp_refused_total" and ("what", "destination") in labels
    )
    assert "an address of the database is refused" in lines
    assert {one.sent["host"] for one in asked.asked} == {f"db.test:{asked.port}"}
