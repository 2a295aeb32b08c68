"""The door before the endpoint of MCP: nothing is said to anyone who may not come in."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from tests.access.test_oauth import Asked
from tests.protocol.playbook import request
from tests.transports.site import StreamableSite, call, opening, said, stateless, streamable
from tests.transports.tools import Say
from vtmcp.access.challenges import UNAVAILABLE_S
from vtmcp.access.door import Door
from vtmcp.access.form_client import Answer, ExchangeError
from vtmcp.access.keys import Keys
from vtmcp.access.policy import read_policy
from vtmcp.access.tokens import hash_token
from vtmcp.access.watched_file import WatchedFile
from vtmcp.server import Server

pytestmark = pytest.mark.anyio

LIST = request(1, "tools/list")
SAY = call(1, "say", text="hello")


def fail() -> Answer:
    raise ExchangeError("it cannot be connected to")


@asynccontextmanager
async def guarded(
    keys: Keys, waits: dict[str, float] | None = None
) -> AsyncIterator[StreamableSite]:
    """A server behind a door."""
    waiting = waits or {}
    door = Door(keys, wait_s=lambda caller: waiting.get(caller, 0.0))
    async with streamable(Server("test", tools=[Say()]), access=door) as site:
        yield site


def two_callers(folder: Path) -> Keys:
    """One token of everything, and one of a caller in a policy."""
    file = folder / "policy.toml"
    digest = hash_token("second").digest.hex()
    file.write_text(f'[callers.agent]\ntoken_sha256 = "{digest}"\ntools = ["*"]\ntenants = ["*"]\n')
    policy = WatchedFile("P", str(file), lambda data: read_policy(data, read_tenant=str))
    return Keys(token=hash_token("first"), policy_file=policy)


@pytest.mark.parametrize("method", ["GET", "POST", "DELETE", "PUT", "OPTIONS", "HEAD"])
@pytest.mark.parametrize("path", ["/mcp", "/mcp?access_token=first"])
async def test_each_request_needs_the_token_in_its_header(method: str, path: str) -> None:
    async with guarded(Keys(token=hash_token("first"))) as site:
        body = b"{ no JSON" if method in ("POST", "PUT") else None
        answer = await site.ask(method, body, session="none", path=path)
        assert answer.status == 401
        assert answer.headers["www-authenticate"] == 'Bearer realm="vtmcp"'


async def test_who_brings_the_token_is_served_in_both_eras() -> None:
    async with guarded(Keys(token=hash_token("first"))) as site:
        session = await site.greet(authorization="Bearer first")
        answer = await site.post(SAY, session=session, authorization="Bearer first")
        assert said(answer.json) == "hello"
        message, headers = stateless(SAY)
        answer = await site.post(message, **headers, authorization="Bearer first")
        assert said(answer.json) == "hello"


async def test_a_session_is_of_no_use_without_its_token_or_with_another(tmp_path: Path) -> None:
    async with guarded(two_callers(tmp_path)) as site:
        session = await site.greet(authorization="Bearer first")
        statuses = {
            token: (await site.post(LIST, session=session, authorization=token)).status
            for token in ("", "Bearer third", "Bearer second", "Bearer first")
        }
        assert list(statuses.values()) == [401, 401, 404, 200]
        answer = await site.ask("DELETE", session=session, authorization="Bearer second")
        assert answer.status == 404
        answer = await site.ask("GET", session=session, authorization="Bearer second")
        assert answer.status == 404
        answer = await site.post(LIST, session=session, authorization="Bearer first")
        assert answer.status == 200


async def test_while_tokens_cannot_be_checked_nobody_comes_in() -> None:
    asked = Asked()
    async with guarded(Keys(oauth=asked.oauth)) as site:
        asked.failure = fail
        answer = await site.post(opening(), authorization="Bearer good")
        assert (answer.status, answer.headers["retry-after"]) == (503, str(UNAVAILABLE_S))
        asked.failure = None
        session = await site.greet(authorization="Bearer good")
        # What another subject brings opens no session of this one.
        assert (await site.post(LIST, session=session, authorization="Bearer bad")).status == 401


async def test_a_call_over_the_rate_is_told_when_to_come_back() -> None:
    async with guarded(Keys(token=hash_token("first")), {"bearer": 12.3}) as site:
        session = await site.greet(authorization="Bearer first")
        answer = await site.post(SAY, session=session, authorization="Bearer first")
        assert (answer.status, answer.headers["retry-after"]) == (429, "13")
        answer = await site.post(LIST, session=session, authorization="Bearer first")
        assert answer.status == 200


async def test_no_refusal_repeats_what_was_sent() -> None:
    asked = Asked()
    asked.failure = fail
    secret = "never-said-again"
    async with guarded(Keys(token=hash_token("first"), oauth=asked.oauth)) as site:
        for value in (f"Bearer {secret}", f"Basic {secret}", f"Bearer a {secret}", f"{secret}!"):
            answer = await site.post(LIST, authorization=value, session=secret)
            assert 400 <= answer.status < 600
            assert secret not in repr(answer)
