"""A question is refused, or sent and answered; large answers and our secrets are looked after."""

import re
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import Any

import anyio
import h11
import orjson
import pytest

from tests.victoriatraces.peer import CLOSE, LISTEN, Step, gzipped, head, peer, sized
from tests.victoriatraces.recordings import recorded_body
from vtmcp.traces.model import SourceError, TraceQuery
from vtmcp.traces.tenant import Tenant
from vtmcp.victoriatraces import questions as questions_module
from vtmcp.victoriatraces import span_questions
from vtmcp.victoriatraces.kinds import KINDS, Ended
from vtmcp.victoriatraces.questions import LOOP_BYTES_MAX, Questions
from vtmcp.victoriatraces.requests import HttpRequest
from vtmcp.victoriatraces.settings import Settings

pytestmark = pytest.mark.anyio

TENANT = Tenant(7, 3)
LARGE = "146-trace-timeout-1ms"
LARGE_ID = "4797fe1eeab4bce840f960502efc7709"
SERVICES = sized(recorded_body("021-services-tenant73"))

Headers = tuple[tuple[str, str], ...]
Question = Callable[[Questions], Awaitable[Any]]


async def ask(question: Question, *steps: Step, **settings: Any) -> tuple[Any, h11.Request | None]:
    """Return what was given or raised, and the request that was sent, if any."""
    async with peer(steps) as server:
        questions = Questions(Settings(entrypoint=server.url, **settings))
        with anyio.fail_after(5):
            try:
                given = await question(questions)
            except SourceError as error:
                given = error
            finally:
                await questions.aclose()
    return given, server.requests[0] if server.requests else None


def services(questions: Questions) -> Awaitable[Any]:
    return questions.services(TENANT, ())


async def test_a_large_answer_is_read_whole() -> None:
    body = recorded_body(LARGE)
    assert len(body) > LOOP_BYTES_MAX
    given, _ = await ask(lambda questions: questions.trace(LARGE_ID, TENANT, ()), gzipped(body))
    assert len(given.traces[0].spans) == 1_589


REFUSED: dict[str, tuple[Question, str]] = {
    "a negative limit": (
        lambda questions: questions.search(
            TraceQuery(service="a", start_ns=0, end_ns=1, limit=-1), TENANT, ()
        ),
        "limit is -1",
    ),
    "a path for a trace id": (
        lambda questions: questions.trace("../../metrics", TENANT, ()),
        "not a trace id",
    ),
    "no service": (lambda questions: questions.operations("", TENANT, ()), "no service is named"),
    "no lookback": (
        lambda questions: questions.dependencies(
            end_ms=1, lookback_ms=0, tenant=TENANT, headers=()
        ),
        "lookback is 0 ms",
    ),
}


@pytest.mark.parametrize(("question", "complaint"), REFUSED.values(), ids=REFUSED)
async def test_what_is_refused_is_never_sent(question: Question, complaint: str) -> None:
    given, sent = await ask(question, SERVICES)
    assert isinstance(given, SourceError)
    assert complaint in str(given)
    assert sent is None


OUTCOMES: dict[str, tuple[Question, tuple[Step, ...], list[tuple[str, str]]]] = {
    "an answer": (services, (SERVICES,), [("services", "ok")]),
    "an error": (
        services,
        (head(400, "Content-Type: text/plain", "Content-Length: 2") + b"no",),
        [("services", "refused")],
    ),
    "no trace of that id": (
        lambda questions: questions.trace("ab" * 16, TENANT, ()),
        (sized(b'{"errors":[{"code":404,"msg":"trace not found"}]}', status=404),),
        [("trace", "ok")],
    ),
    "a connection that breaks": (
        services,
        (b"HTTP/1.1 200 OK\r\n", CLOSE),
        [("services", "unanswered")],
    ),
    "what is never sent": (lambda questions: questions.operations("", TENANT, ()), (), []),
}


@pytest.mark.parametrize(("question", "steps", "told"), OUTCOMES.values(), ids=OUTCOMES)
async def test_what_became_of_a_question_is_told(
    question: Question, steps: tuple[Step, ...], told: list[tuple[str, str]]
) -> None:
    heard: list[tuple[str, str]] = []

    def hear(kind: str, seconds: float, outcome: str) -> None:
        assert 0 <= seconds < 5
        heard.append((kind, outcome))

    async with peer(steps) as server:
        questions = Questions(Settings(entrypoint=server.url), on_answer=hear)
        with anyio.fail_after(5), suppress(SourceError):
            await question(questions)
        await questions.aclose()
    assert heard == told


async def test_a_question_that_is_given_up_is_told() -> None:
    heard: list[str] = []
    async with peer((LISTEN,)) as server:
        questions = Questions(
            Settings(entrypoint=server.url),
            on_answer=lambda kind, seconds, outcome: heard.append(outcome),
        )
        with anyio.fail_after(5):
            async with anyio.create_task_group() as tasks:
                tasks.start_soon(questions.services, TENANT, ())
                while not server.requests:
                    await anyio.lowlevel.checkpoint()
                tasks.cancel_scope.cancel()
        await questions.aclose()
    assert heard == ["cancelled"]


FOLLOWED: dict[str, tuple[tuple[Step, ...], list[tuple[str, int]]]] = {
    "an answer": ((SERVICES,), [("ok", 200)]),
    "an error": (
        (head(400, "Content-Type: text/plain", "Content-Length: 2") + b"no",),
        [("refused", 400)],
    ),
    "none": ((CLOSE,), [("unanswered", 0)]),
}


@pytest.mark.parametrize(("steps", "told"), FOLLOWED.values(), ids=FOLLOWED)
async def test_whoever_follows_a_question_says_what_is_sent_and_hears_how_it_ended(
    steps: tuple[Step, ...], told: list[tuple[str, int]]
) -> None:
    heard: list[tuple[str, int]] = []

    def follow(kind: str, request: HttpRequest) -> tuple[HttpRequest, Ended]:
        headers = (*request.headers, ("traceparent", kind))
        return replace(request, headers=headers), lambda *ended: heard.append(ended)

    async with peer(steps) as server:
        questions = Questions(Settings(entrypoint=server.url), on_ask=follow)
        with anyio.fail_after(5), suppress(SourceError):
            await questions.services(TENANT, ())
        await questions.aclose()
    assert heard == told
    sent = [dict(request.headers).get(b"traceparent") for request in server.requests]
    assert sent == [b"services"]


def test_each_kind_that_is_told_is_known() -> None:
    modules = (questions_module, span_questions)
    sources = [Path(module.__file__ or "").read_text(encoding="utf-8") for module in modules]
    told = {kind for text in sources for kind in re.findall(r"\._ask\(\s*\"(\w+)\"", text)}
    assert told == set(KINDS)


TEXT = "Content-Type: text/plain"
ECHO = b"you sent t0ken-of-mine, which is " + b"x" * 250 + b" t0ken-of-mine"
PAGES: dict[str, tuple[Step, ...]] = {
    "an error page": (head(403, TEXT, f"Content-Length: {len(ECHO)}") + ECHO,),
    "an error in JSON": (sized(b'{"error":"you sent t0ken-of-mine"}', status=500),),
    "a success with errors": (sized(b'{"errors":[{"msg":"you sent t0ken-of-mine"}]}'),),
    "a success of another type": (head(200, TEXT, f"Content-Length: {len(ECHO)}") + ECHO,),
    "a success of a type of its own": (
        head(200, "Content-Type: t0ken-of-mine", "Content-Length: 0"),
    ),
    "a redirect": (head(302, "Location: http://T0ken-of-mine.evil/", "Content-Length: 0"),),
}
SECRETS: dict[str, tuple[dict[str, Any], Headers]] = {
    "a token": ({"bearer_token": "t0ken-of-mine"}, ()),
    "a header": ({"headers": (("X-Key", "t0ken-of-mine"),)}, ()),
    "a header of two words": ({"headers": (("Authorization", "Basic t0ken-of-mine"),)}, ()),
    "a header of the caller": ({}, (("Authorization", "Bearer t0ken-of-mine"),)),
}


@pytest.mark.parametrize("page", PAGES.values(), ids=PAGES)
@pytest.mark.parametrize(("settings", "caller"), SECRETS.values(), ids=SECRETS)
async def test_an_error_that_repeats_our_secrets_is_masked(
    page: tuple[Step, ...], settings: dict[str, Any], caller: Headers
) -> None:
    given, _ = await ask(lambda questions: questions.services(TENANT, caller), *page, **settings)
    assert isinstance(given, SourceError)
    assert "t0ken" not in str(given).lower()


async def test_a_large_error_is_masked_too() -> None:
    body = b'{"errors":[{"msg":"t0ken-of-mine' + b"x" * LOOP_BYTES_MAX + b'"}]}'
    given, _ = await ask(services, sized(body), bearer_token="t0ken-of-mine")
    assert str(given).startswith('the database answered with errors: "(secret)xxx')


async def test_data_is_never_masked() -> None:
    given, _ = await ask(services, SERVICES, bearer_token="gateway")
    assert "gateway" in given


async def test_short_values_of_headers_are_no_secrets() -> None:
    body = b"a 1 b"
    page = head(403, TEXT, f"Content-Length: {len(body)}") + body
    given, _ = await ask(services, page, headers=(("X-Version", "1"),))
    assert "a 1 b" in str(given)


async def test_the_caller_s_credential_takes_the_place_of_ours_for_its_call_only() -> None:
    theirs = (("Authorization", "Bearer theirs"), ("traceparent", "00"))
    own: dict[str, Any] = {
        "bearer_token": "ours",
        "headers": (("X-Team", "shop"), ("X-Api-Key", "ours")),
    }
    async with peer((SERVICES,)) as server:
        questions = Questions(Settings(entrypoint=server.url, **own))
        with anyio.fail_after(5):
            for caller in ((), theirs, ()):
                await questions.services(TENANT, caller)
        await questions.aclose()
    sent = [dict(request.headers) for request in server.requests]
    assert [headers[b"authorization"] for headers in sent] == [
        b"Bearer ours",
        b"Bearer theirs",
        b"Bearer ours",
    ]
    assert [headers.get(b"x-api-key") for headers in sent] == [b"ours", None, b"ours"]
    assert [headers.get(b"traceparent") for headers in sent] == [None, b"00", None]
    assert [headers[b"x-team"] for headers in sent] == [b"shop"] * 3


CALLERS: dict[str, tuple[Headers, str]] = {
    "a line break": ((("X-A", "s3cret\r\nX-B: 1"),), "has a value for X-A with control"),
    "another tenant": ((("AccountID", "9"),), "names AccountID: it is the tenant"),
    "another host": ((("Host", "evil"),), "names Host"),
}


@pytest.mark.parametrize(("caller", "complaint"), CALLERS.values(), ids=CALLERS)
async def test_what_a_caller_must_not_pass_on(caller: Headers, complaint: str) -> None:
    given, sent = await ask(lambda questions: questions.services(TENANT, caller), SERVICES)
    assert f"MCP_PASSTHROUGH_HEADERS {complaint}" in str(given)
    assert "s3cret" not in str(given)
    assert sent is None


async def test_a_token_that_is_rotated_is_used_without_a_restart(tmp_path: Path) -> None:
    file = tmp_path / "token"
    file.write_text("first")
    async with peer((SERVICES,)) as server:
        questions = Questions(Settings(entrypoint=server.url, bearer_token_file=str(file)))
        with anyio.fail_after(5):
            await services(questions)
            file.write_text("second")
            await services(questions)
            file.unlink()
            with pytest.raises(SourceError, match="BEARER_TOKEN_FILE names cannot be read"):
                await services(questions)
        await questions.aclose()
    sent = [dict(request.headers)[b"authorization"] for request in server.requests]
    assert sent == [b"Bearer first", b"Bearer second"]


async def test_what_is_hidden_is_neither_given_nor_asked_for() -> None:
    body = recorded_body("115-trace-checkout_declined")
    given, sent = await ask(
        lambda questions: questions.trace("d777a4774c66e0a8a013ac6ededa4e16", TENANT, ()),
        sized(body),
        hidden_fields=("*",),
    )
    assert sent is not None
    assert b"hidden_fields_filters=span_attr%3A%2A" in sent.target
    assert b"exception.message" in body
    assert b"exception.message" not in orjson.dumps(given.raw)
    assert not any(span.attributes or span.resource for span in given.traces[0].spans)
    assert {span.service for span in given.traces[0].spans} > {"payment"}
