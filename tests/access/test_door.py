"""Who is let in, and how everyone else is refused."""

from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import orjson
import pytest

from tests.access.requests import CALL, challenge, request
from vtmcp.access.door import REASONS, Door, Refused
from vtmcp.access.form_client import Answer, ExchangeError
from vtmcp.access.introspection import Expected
from vtmcp.access.keys import Keys
from vtmcp.access.oauth import OAuth, OAuthSettings
from vtmcp.access.policy import read_policy
from vtmcp.access.tokens import BEARER, hash_token
from vtmcp.access.watched_file import WatchedFile
from vtmcp.transports.access import Access, Caller
from vtmcp.transports.http_values import Request

pytestmark = pytest.mark.anyio

RESOURCE = "https://mcp.example/mcp"
URL = "https://mcp.example/.well-known/oauth-protected-resource/mcp"

TOKENS: dict[str, dict[str, Any]] = {
    "bob-reads": {"sub": "bob", "scope": "read"},
    "bob-looks": {"sub": "bob", "scope": "look"},
    "eve-reads": {"sub": "eve", "scope": "read admin"},
    "batch": {"client_id": "batch", "scope": "read"},
    "stranger": {"sub": "bob", "aud": "https://other.example", "scope": "read"},
}


async def issuer(form: bytes, authorization: str) -> Answer:
    token = form.removeprefix(b"token=").partition(b"&")[0].decode()
    if token == "broken":
        raise ExchangeError("it cannot be connected to")
    known = TOKENS.get(token)
    found = {"active": known is not None, "aud": RESOURCE, **(known or {})}
    return Answer(200, orjson.dumps(found))


def oauth(post: Callable[[bytes, str], Awaitable[Answer]] = issuer) -> OAuth:
    settings = OAuthSettings(Expected(RESOURCE), "we", lambda: "secret", ("read",))
    return OAuth(settings, post)


class Opened:
    """A door, and what it told of refusals."""

    def __init__(self, keys: Keys, waits: dict[str, float] | None = None) -> None:
        self.refused: list[Refused] = []
        waiting = waits or {}
        self.door: Access = Door(
            keys,
            wait_s=lambda caller: waiting.get(caller, 0.0),
            observe=self.refused.append,
        )

    async def answer(self, asked: Request) -> str | tuple[int, str]:
        """The caller's name, or the refusal."""
        found = await self.door.caller(asked)
        return found.name if isinstance(found, Caller) else challenge(found)


PLAIN = 'Bearer realm="vtmcp"'
ABOUT = f'scope="read", resource_metadata="{URL}"'

TOKEN_ALONE = Keys(token=hash_token("abc"))
BOTH = Keys(token=hash_token("abc"), oauth=oauth())

_BAD = (401, 'Bearer error="invalid_token", realm="vtmcp"')

ANSWERS: dict[str, tuple[Keys, tuple[str, ...], str | tuple[int, str], str]] = {
    "the token": (TOKEN_ALONE, ("Bearer abc",), BEARER, ""),
    "no token": (TOKEN_ALONE, (), (401, PLAIN), "no_token"),
    "another scheme": (TOKEN_ALONE, ("Basic abc",), (401, PLAIN), "no_token"),
    "another token": (TOKEN_ALONE, ("Bearer abd",), _BAD, "bad_token"),
    "two headers": (
        *(TOKEN_ALONE, ("Bearer abc", "Bearer abc")),
        *((400, 'Bearer error="invalid_request", realm="vtmcp"'), "malformed"),
    ),
    "the token, beside OAuth": (BOTH, ("Bearer abc",), BEARER, ""),
    "no token, with OAuth": (BOTH, (), (401, f"Bearer {ABOUT}"), "no_token"),
    "a user's token": (BOTH, ("Bearer bob-reads",), "user:bob", ""),
    "a user's token with more scopes": (BOTH, ("Bearer eve-reads",), "user:eve", ""),
    "a client's token": (BOTH, ("Bearer batch",), "client:batch", ""),
    "a token without the scope": (
        *(BOTH, ("Bearer bob-looks",)),
        *((403, f'Bearer error="insufficient_scope", {ABOUT}'), "insufficient_scope"),
    ),
    "a token for somebody else": (
        *(BOTH, ("Bearer stranger",)),
        *((401, f'Bearer error="invalid_token", {ABOUT}'), "bad_token"),
    ),
    "a token that no issuer can have made": (
        *(BOTH, ("Bearer a!b",)),
        *((401, f'Bearer error="invalid_token", {ABOUT}'), "bad_token"),
    ),
    "a token that cannot be checked": (
        *(BOTH, ("Bearer broken",)),
        *((503, "5"), "unavailable"),
    ),
    "any token where there is no key": (Keys(), ("Bearer abc",), _BAD, "bad_token"),
}


@pytest.mark.parametrize(("keys", "header", "answer", "reason"), ANSWERS.values(), ids=ANSWERS)
async def test_the_door_answers(
    keys: Keys, header: tuple[str, ...], answer: str | tuple[int, str], reason: str
) -> None:
    opened = Opened(keys)
    assert await opened.answer(request(*header)) == answer
    assert [refused.reason for refused in opened.refused] == ([reason] if reason else [])
    assert all(refused.reason in REASONS for refused in opened.refused)


@pytest.mark.parametrize("method", ["GET", "DELETE", "POST", "PUT"])
async def test_each_method_needs_a_token(method: str) -> None:
    asked = request(method=method, body=b"")
    assert await Opened(TOKEN_ALONE).answer(asked) == (401, PLAIN)


async def test_a_refusal_is_told_without_the_token() -> None:
    opened = Opened(BOTH)
    for header in ("Bearer bob-looks", "Bearer broken", "Bearer unknown-secret", "secret"):
        await opened.answer(request(header))
    assert opened.refused == [
        Refused("insufficient_scope", "user:bob"),
        Refused("unavailable", detail="it cannot be connected to"),
        Refused("bad_token"),
        Refused("no_token"),
    ]


async def test_a_static_token_is_never_sent_to_the_issuer() -> None:
    async def unused(form: bytes, authorization: str) -> Answer:
        raise AssertionError("asked")

    keys = Keys(token=hash_token("abc"), oauth=oauth(unused))
    assert await Opened(keys).answer(request("Bearer abc")) == BEARER


async def test_with_a_policy_only_whom_it_names_is_let_in(tmp_path: Path) -> None:
    file = tmp_path / "policy.toml"
    file.write_text('[callers.bob]\nsubjects = ["bob"]\ntools = ["*"]\ntenants = ["*"]\n')
    watched = WatchedFile(
        "P", str(file), lambda data: read_policy(data, read_tenant=lambda text: text)
    )
    opened = Opened(Keys(policy_file=watched, oauth=oauth()))
    assert await opened.answer(request("Bearer bob-reads")) == "user:bob"
    assert await opened.answer(request("Bearer eve-reads")) == (403, "")
    assert opened.refused == [Refused("unknown_caller", "user:eve")]


RATES: dict[str, tuple[Request, str | tuple[int, str]]] = {
    "a call": (request("Bearer abc"), (429, "8")),
    "a call with blanks": (
        request("Bearer abc", body=b'{"method" : "tools/call"}'),
        (429, "8"),
    ),
    "a ping": (request("Bearer abc", body=b'{"method":"ping"}'), BEARER),
    "a stream": (request("Bearer abc", method="GET", body=b""), BEARER),
    "a call by somebody else": (request("Bearer bob-reads"), "user:bob"),
}


@pytest.mark.parametrize(("asked", "answer"), RATES.values(), ids=RATES)
async def test_over_the_rate_calls_are_refused(
    asked: Request, answer: str | tuple[int, str]
) -> None:
    opened = Opened(BOTH, {BEARER: 7.5})
    assert await opened.answer(asked) == answer
    if answer == (429, "8"):
        assert opened.refused == [Refused("rate", BEARER)]


async def test_a_refusal_needs_no_listener() -> None:
    assert isinstance(await Door(TOKEN_ALONE).caller(request("Bearer abc", body=CALL)), Caller)
    assert not isinstance(await Door(TOKEN_ALONE).caller(request()), Caller)
