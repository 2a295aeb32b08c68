"""Steps of HTTP on a server that is told what to answer: what passes, what fails, and why."""

from collections.abc import Sequence

import pytest

from tests.conformance.web import HOLD, Answers, Received, accepted, document, head, stream, web
from vtmcp.conformance.conversation import Limits
from vtmcp.conformance.http_client import address_of
from vtmcp.conformance.report import told
from vtmcp.conformance.runner import Server, Verdict
from vtmcp.conformance.targets import HttpTarget, SseTarget
from vtmcp.conformance.vectors import HTTP, SSE, Case, parse

pytestmark = pytest.mark.anyio

LIMITS = Limits(step_s=0.5, exit_s=0.5)
"""Long enough for a server that answers; a row with silence takes as long as this."""

NOTE = {"jsonrpc": "2.0", "method": "notifications/note", "params": {"n": 1}}

ANSWER = {"jsonrpc": "2.0", "id": 1, "result": {"n": 1}}

REFUSAL = {"jsonrpc": "2.0", "id": "server", "error": {"code": -32000, "message": "no"}}


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


def default(received: Received) -> Sequence[bytes]:
    """What the server says to the questions about its offer."""
    method = received.message.get("method")
    request_id = received.message.get("id")
    if method == "initialize":
        version = received.message["params"]["protocolVersion"]
        told = {"protocolVersion": version, "capabilities": {}}
        return document(
            {"jsonrpc": "2.0", "id": request_id, "result": told}, mcp_session_id="the-id"
        )
    if method == "server/discover":
        told = {"resultType": "complete", "supportedVersions": ["2026-07-28"], "capabilities": {}}
        return document({"jsonrpc": "2.0", "id": request_id, "result": told})
    if method == "ping":
        return document({"jsonrpc": "2.0", "id": request_id, "result": {}})
    return accepted()


def saying(**answers: Sequence[bytes]) -> Answers:
    """A server with answers by JSON-RPC method, or by the method of HTTP."""

    def answer(received: Received) -> Sequence[bytes]:
        name = str(received.message.get("method", received.method))
        return answers.get(name) or default(received)

    return answer


async def played(
    answer: Answers,
    body: str,
    *,
    revision: str = "2025-06-18",
    headers: dict[str, str] | None = None,
) -> Verdict:
    """The verdict on a server that is told what to answer."""
    vector = parse(f"T\nrule: r\nneeds: only\n\n{body}\n", f"http/{revision}/x.txt")
    async with web(answer) as server:
        target = HttpTarget(address_of(f"{server.origin}/mcp"), headers or {})
        return await Server(target, limits=LIMITS).play(Case(vector, revision, HTTP))


ASKED = '=> {"message": {"id": 1, "method": "m"}}\n'

NAMED = '=>one {"message": {"id": 1, "method": "m"}}\n'

PASSING: dict[str, tuple[Answers, str]] = {
    "a document": (
        saying(m=document(ANSWER)),
        ASKED + '<= {"status": 200, "headers": {"content-type": "application/json"}, '
        '"message": {"id": 1, "result": {"n": 1}}, "events": "<absent>"}',
    ),
    "a stream": (
        saying(m=stream(NOTE, ANSWER)),
        ASKED + '<= {"status": 200, "message": {"id": 1}, '
        '"events": {"<some>": {"at": 0, "message": {"params": {"n": 1}}}}}',
    ),
    "one of several answers": (
        saying(m=accepted(405)),
        ASKED + '<=| {"status": 200}\n<=| {"status": 405, "text": ""}',
    ),
    "a body that is no JSON": (
        saying(m=[head(200, content_length="2"), b"ok"]),
        ASKED + '<= {"text": "ok", "message": "<absent>"}',
    ),
    "a body as it is": (
        saying(POST=document(REFUSAL, 400)),
        '=> {"text": "{{7b}}"}\n<= {"status": 400, "message": {"error": {"code": -32000}}}',
    ),
    "a session": (
        saying(DELETE=accepted(204), m=document(ANSWER)),
        'open\n=> {"method": "DELETE", "headers": {"A": "${session}"}}\n<= {"status": 204}',
    ),
    "another path": (
        saying(GET=document({"a": 1})),
        '=> {"method": "GET", "path": ["/no", "${endpoint}"]}\n<= {"message": {"a": 1}}',
    ),
    "a stream that is left": (saying(GET=stream(HOLD)), '=> {"method": "GET"}\n<= {"status": 200}'),
    "events one by one": (
        saying(m=stream(NOTE, b"id: 1\ndata:\n\n", ANSWER)),
        NAMED + '<= {"status": 200}\n<-one {"at": 0, "message": {"params": {"n": 1}}}\n'
        '<-one {"id": "1", "text": ""}\n<-one {"at": 2, "message": {"id": 1}}\n'
        "ends one\nsilent one",
    ),
    "events that are passed over": (
        saying(m=stream(NOTE, b"retry: 5\ndata:\n\n", ANSWER)),
        NAMED + '<-one {"message": {"id": 1}}',
    ),
    "a retry": (
        saying(m=stream(b"retry: 5\ndata: x\n\n")),
        NAMED + '<-one {"retry": 5, "text": "x", "message": "<absent>"}',
    ),
    "a document read as a stream": (
        saying(m=document(ANSWER)),
        NAMED + '<-one {"event": "document", "message": {"id": 1}}\nends one',
    ),
    "a stream that the client closes": (
        saying(m=stream(NOTE, HOLD)),
        NAMED + "drop one\nends one",
    ),
    "an answer that nobody waits for": (
        saying(m=[HOLD]),
        '=>one {"message": {"id": 1, "method": "m"}, "wait": false}\ndrop one',
    ),
    "a message on one of two streams": (
        saying(m=stream(NOTE, HOLD), n=stream(HOLD)),
        NAMED + '=>two {"message": {"id": 2, "method": "n"}}\n'
        'once {"message": {"params": {"n": 1}}, "on": ["one", "two"]}\n'
        'none {"message": {"params": {"n": 1}}, "on": ["two"]}',
    ),
    "a request that is made until its answer fits": (
        saying(m=document(ANSWER)),
        '=> {"message": {"id": 1, "method": "m"}, "until": {"status": 200}}\n<= {"status": 200}',
    ),
    "a message of another era": (
        saying(m=document(ANSWER)),
        '=> {"era": "modern", "message": {"id": 1, "method": "m"}}\n<= {"status": 200}',
    ),
    "steps of any transport beside those of HTTP": (
        saying(m=document(ANSWER)),
        'open\n> {"id": 1, "method": "m"}\n< {"id": 1}\n' + ASKED + '<= {"status": 200}\nquiet',
    ),
    "a refusal where an error is wanted": (
        saying(m=document(REFUSAL, 400)),
        'open\n> {"id": 1, "method": "m"}\n< {"id": 1, "error": {}}',
    ),
    "a refusal as one of several answers": (
        saying(m=document(REFUSAL, 400)),
        'open\n> {"id": 1, "method": "m"}\n<| {"id": 1, "result": {}}\n<| {"id": 1, "error": {}}',
    ),
    "a refusal that is let pass": (
        saying(m=document(REFUSAL, 400)),
        'open\n<? {"error": {}}\n> {"id": 1, "method": "m"}\nquiet',
    ),
}

FAILING: dict[str, tuple[Answers, str, str]] = {
    "another status": (saying(m=accepted(404)), ASKED + '<= {"status": 200}', "status is not 200"),
    "none of several answers": (
        saying(m=accepted(404)),
        ASKED + '<=| {"status": 200}\n<=| {"status": 405}',
        "; nor: ",
    ),
    "no answer": (saying(m=[HOLD]), ASKED, "waited 0.5 s for the answer"),
    "an answer that is not HTTP": (saying(m=[b"hello"]), ASKED, "while waiting for the answer"),
    "an answer that never fits": (
        saying(m=accepted(404)),
        '=> {"message": {"id": 1, "method": "m"}, "until": {"status": 200}}\n<= {"status": 200}',
        "status is not 200, it is 404",
    ),
    "no event": (saying(m=stream(HOLD)), NAMED + '<-one {"id": "1"}', "waited 0.5 s for"),
    "no such event": (
        saying(m=stream(NOTE, HOLD)),
        NAMED + '<-one {"message": {"method": "x"}}',
        "passed over",
    ),
    "the end of a stream": (saying(m=stream(NOTE)), NAMED + '<-one {"id": "1"}', "one has ended"),
    "a stream that breaks off": (
        saying(m=[head(content_type="text/event-stream", content_length="99"), b"data: x"]),
        NAMED + '<-one {"id": "1"}',
        "does not speak HTTP",
    ),
    "an answer that is not passed over": (
        saying(m=stream(ANSWER)),
        NAMED + '<-one {"message": {"method": "x"}}',
        "message.method is missing",
    ),
    "a message where silence should be": (
        saying(m=stream(NOTE)),
        NAMED + "ends one\nsilent one",
        "nothing may come on one",
    ),
    "a stream that does not end": (saying(m=stream(HOLD)), NAMED + "ends one", "the end of one"),
    "a message that comes twice": (
        saying(m=stream(NOTE, NOTE, HOLD)),
        NAMED + 'once {"message": {"params": {"n": 1}}, "on": ["one"]}',
        "2 messages, not 1, on one",
    ),
    "a message that does not come": (
        saying(m=stream(HOLD)),
        NAMED + 'once {"message": {"params": {"n": 1}}, "on": ["one"]}',
        "0 messages, not 1, on one",
    ),
    "a stream that the vector does not have": (saying(), ASKED + "silent one", "no stream 'one'"),
    "what must never be said": (
        saying(m=stream(NOTE, ANSWER)),
        'never {"method": "notifications/note"}\n' + ASKED,
        "must never say",
    ),
    "what must never be said, at the end": (
        saying(m=stream(NOTE, HOLD)),
        'never {"method": "notifications/note"}\n' + NAMED,
        "must never say",
    ),
    "a refusal where a result is wanted": (
        saying(m=document(REFUSAL, 400)),
        'open\n> {"id": 1, "method": "m"}\n< {"id": 1, "result": {}}',
        "HTTP 400 without an answer of its own",
    ),
}


@pytest.mark.parametrize(("answer", "body"), PASSING.values(), ids=PASSING.keys())
async def test_a_conversation_passes(answer: Answers, body: str) -> None:
    verdict = await played(answer, body)
    assert verdict.outcome == "passed", told(verdict)


@pytest.mark.parametrize(("answer", "body", "problem"), FAILING.values(), ids=FAILING.keys())
async def test_a_conversation_fails(answer: Answers, body: str, problem: str) -> None:
    verdict = await played(answer, body)
    assert verdict.outcome == "failed"
    assert problem in verdict.problem


async def test_a_modern_request_that_is_refused_must_be_named() -> None:
    named = '> {"id": 1, "method": "m"}\n< {"id": 1, "error": {}}'
    nameless = '> {"id": null, "method": "m"}\n< {"id": "<absent or null>", "error": {}}'
    answer = saying(m=[head(400, content_length="2"), b"no"])
    verdicts = [await played(answer, body, revision="2026-07-28") for body in (named, nameless)]
    assert [verdict.outcome for verdict in verdicts] == ["failed", "passed"]


async def test_the_users_headers_go_along_unless_the_vector_leaves_them_out() -> None:
    def answer(received: Received) -> Sequence[bytes]:
        if received.message.get("method") != "m":
            return default(received)
        return document({"token": received.headers.get("authorization", "none")})

    ask = (
        '=> {"headers": {%s}, "message": {"id": 1, "method": "m"}}\n'
        '<= {"message": {"token": "%s"}}\n'
    )
    body = ask % ("", "Bearer t") + ask % ('"authorization": "<absent>"', "none")
    body += ask % ('"Authorization": "Other ${token}"', "Other t")
    verdict = await played(answer, body, headers={"Authorization": "Bearer t"})
    assert verdict.outcome == "passed", told(verdict)
    # What is secret does not become evidence.
    assert any("Authorization: Other ${token};" in line for line in verdict.transcript)


async def test_over_sse_the_steps_are_the_same() -> None:
    hello = {"protocolVersion": "2024-11-05", "capabilities": {}}
    # Only the first stream answers: that of the question what the server offers.
    answers = [{"jsonrpc": "2.0", "id": "initialize", "result": hello}]

    def answer(received: Received) -> Sequence[bytes]:
        if received.method == "GET":
            said = [answers.pop()] if answers else []
            return stream(b"event: endpoint\ndata: /message\n\n", *said, HOLD)
        return accepted()

    body = (
        '=>one {"method": "GET"}\n<-one {"at": 0, "event": "endpoint", "text": "<text as there>"}\n'
        '=> {"path": "$there", "message": {"id": 1, "method": "m"}}\n<= {"status": 202}'
    )
    vector = parse(f"T\nrule: r\nneeds: only\n\n{body}\n", "sse/2024-11-05/x.txt")
    async with web(answer) as server:
        target = SseTarget(address_of(f"{server.origin}/sse"), {})
        verdict = await Server(target, limits=LIMITS).play(Case(vector, "2024-11-05", SSE))
    assert verdict.outcome == "passed", told(verdict)
    assert server.received[-1].headers["content-type"] == "application/json"
    assert server.received[-1].path == "/message"


async def test_what_changes_a_shared_server_is_played_alone() -> None:
    vector = parse(
        "T\nrule: r\nneeds: only, loopback, tools changes\n\n" + ASKED, "http/2025-06-18/x.txt"
    )
    tools = {"tools": {"listChanged": True}}

    def answer(received: Received) -> Sequence[bytes]:
        hello = {"protocolVersion": "2025-06-18", "capabilities": tools}
        told = {"initialize": hello, "tools/list": {"tools": []}}
        method = received.message.get("method")
        if method not in told:
            return saying(m=document(ANSWER))(received)
        return document({"jsonrpc": "2.0", "id": received.message["id"], "result": told[method]})

    async with web(answer) as server:
        target = HttpTarget(address_of(server.origin), {})
        tested = Server(target, limits=LIMITS)
        verdict = await tested.play(Case(vector, "2025-06-18", HTTP))
    assert verdict.outcome == "passed", told(verdict)
