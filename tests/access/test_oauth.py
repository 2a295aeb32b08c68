"""Callers by an authorization server: what is remembered, and what when it does not answer."""

from collections.abc import Callable

import anyio
import orjson
import pytest

from vtmcp.access import oauth as module
from vtmcp.access.form_client import Answer, ExchangeError
from vtmcp.access.introspection import INVALID, Expected, Grant
from vtmcp.access.oauth import (
    ASKING_MAX,
    BAD_S,
    GOOD_S,
    WAITING_MAX,
    OAuth,
    OAuthSettings,
    UncheckedError,
)

pytestmark = pytest.mark.anyio

RESOURCE = "https://mcp.example/mcp"


class Asked:
    """Counts questions and answers them: a token that begins with `good` is one."""

    def __init__(self) -> None:
        self.now_s = 0.0
        self.questions: list[bytes] = []
        self.credentials: set[str] = set()
        self.failure: Callable[[], Answer] | None = None
        self.gate: anyio.Event | None = None
        self.exp: float | None = None
        settings = OAuthSettings(Expected(RESOURCE), "we", lambda: "secret")
        self.oauth = OAuth(settings, self.post, clock=lambda: self.now_s)

    async def post(self, form: bytes, authorization: str) -> Answer:
        self.questions.append(form)
        self.credentials.add(authorization)
        if self.gate is not None:
            await self.gate.wait()
        if self.failure is not None:
            return self.failure()
        is_good = form.startswith(b"token=good")
        members = {} if self.exp is None else {"exp": self.exp}
        found = {"active": is_good, "aud": RESOURCE, "sub": "bob", **members}
        return Answer(200, orjson.dumps(found))


BOB = Grant("user:bob")


async def test_a_token_is_asked_about_with_our_credentials() -> None:
    asked = Asked()
    assert await asked.oauth.grant("good") == BOB
    assert await asked.oauth.grant("bad") == INVALID
    assert asked.credentials == {"Basic d2U6c2VjcmV0"}


@pytest.mark.parametrize(("token", "kept_s"), [("good", GOOD_S), ("bad", BAD_S)])
async def test_what_was_said_is_believed_for_a_while(token: str, kept_s: float) -> None:
    asked = Asked()
    first = await asked.oauth.grant(token)
    asked.now_s = kept_s - 0.001
    assert await asked.oauth.grant(token) == first
    assert len(asked.questions) == 1
    asked.now_s = kept_s
    assert await asked.oauth.grant(token) == first
    assert len(asked.questions) == 2


async def test_a_token_is_never_believed_beyond_its_expiry() -> None:
    asked = Asked()
    asked.exp = 2.0
    assert (await asked.oauth.grant("good")).caller == "user:bob"
    asked.now_s = 2.0
    assert await asked.oauth.grant("good") == INVALID
    assert len(asked.questions) == 2


async def test_many_who_bring_one_token_wait_for_one_question() -> None:
    asked = Asked()
    asked.gate = anyio.Event()
    grants: list[Grant] = []

    async def ask() -> None:
        grants.append(await asked.oauth.grant("good"))

    with anyio.fail_after(5):
        async with anyio.create_task_group() as tasks:
            for _ in range(20):
                tasks.start_soon(ask)
            await anyio.wait_all_tasks_blocked()
            asked.gate.set()
    assert grants == [BOB] * 20
    assert len(asked.questions) == 1


async def test_when_who_asks_goes_away_another_asks() -> None:
    asked = Asked()
    asked.gate = anyio.Event()
    grants: list[Grant] = []

    async def ask(scope: anyio.CancelScope) -> None:
        with scope:
            grants.append(await asked.oauth.grant("good"))

    first, second = anyio.CancelScope(), anyio.CancelScope()
    with anyio.fail_after(5):
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(ask, first)
            await anyio.wait_all_tasks_blocked()
            tasks.start_soon(ask, second)
            await anyio.wait_all_tasks_blocked()
            first.cancel()
            await anyio.wait_all_tasks_blocked()
            asked.gate.set()
    assert grants == [BOB]
    assert len(asked.questions) == 2


def fail() -> Answer:
    raise ExchangeError("no answer within 5 s")


FAILURES: dict[str, tuple[Callable[[], Answer], str]] = {
    "it does not answer": (fail, "no answer within 5 s"),
    "it refuses us": (lambda: Answer(401, b'{"active":true}'), "it answered with status 401"),
    "it fails": (lambda: Answer(500, b""), "it answered with status 500"),
    "it redirects": (lambda: Answer(302, b""), "it answered with status 302"),
    "it is a web page": (lambda: Answer(200, b"<html>"), "its answer holds no JSON"),
    "it does not say": (lambda: Answer(200, b"{}"), 'its answer holds no "active"'),
}


@pytest.mark.parametrize(("failure", "told"), FAILURES.values(), ids=FAILURES)
async def test_nobody_is_let_in_when(failure: Callable[[], Answer], told: str) -> None:
    asked = Asked()
    asked.failure = failure
    for _ in range(2):
        with pytest.raises(UncheckedError, match=f"^{told}$"):
            await asked.oauth.grant("good")
    # A failure is not remembered.
    asked.failure = None
    assert await asked.oauth.grant("good") == BOB


async def test_questions_at_once_and_waiting_have_a_bound() -> None:
    asked = Asked()
    asked.gate = anyio.Event()
    busy: list[str] = []

    async def ask(token: str) -> None:
        try:
            await asked.oauth.grant(token)
        except UncheckedError as error:
            busy.append(str(error))

    with anyio.fail_after(5):
        async with anyio.create_task_group() as tasks:
            for number in range(ASKING_MAX + WAITING_MAX + 2):
                tasks.start_soon(ask, f"good{number}")
            await anyio.wait_all_tasks_blocked()
            assert len(asked.questions) == ASKING_MAX
            assert busy == ["too many tokens are being checked"] * 2
            asked.gate.set()
    assert len(asked.questions) == ASKING_MAX + WAITING_MAX


async def test_nobody_waits_for_ever(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "WAIT_S", 0.01)
    asked = Asked()
    asked.gate = anyio.Event()
    with pytest.raises(UncheckedError, match=r"^no answer within 0\.01 s$"):
        await asked.oauth.grant("good")


async def test_what_is_remembered_has_a_bound_and_junk_does_not_drive_out_the_rest(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(module, "ENTRIES_MAX", 3)
    asked = Asked()
    for token in ("good", *(f"bad{number}" for number in range(9))):
        await asked.oauth.grant(token)
    asked.questions.clear()
    for token in ("good", "bad8", "bad0"):
        await asked.oauth.grant(token)
    assert len(asked.questions) == 1


async def test_no_token_is_kept_in_clear() -> None:
    asked = Asked()
    await asked.oauth.grant("good-and-secret")
    asked.questions.clear()
    kept = [repr(vars(memory)) for memory in (asked.oauth._good, asked.oauth._bad)]
    assert "user:bob" in kept[0]
    assert "secret" not in "".join(kept) + repr(asked.oauth._flights)
