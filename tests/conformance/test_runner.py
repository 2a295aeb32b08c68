"""The runner on servers that are told what to say: what passes, what fails, with what evidence."""

from pathlib import Path

import pytest

from tests.conformance.scripted import PONG, command
from vtmcp.conformance.conversation import Limits
from vtmcp.conformance.offer import offered
from vtmcp.conformance.peer import PeerClosedError
from vtmcp.conformance.report import told
from vtmcp.conformance.runner import Server, Verdict, play_all
from vtmcp.conformance.schemas import Schemas
from vtmcp.conformance.stdio_peer import started
from vtmcp.conformance.targets import StdioTarget
from vtmcp.conformance.vectors import STDIO, Case, parse

pytestmark = pytest.mark.anyio

LIMITS = Limits(step_s=0.5, exit_s=0.5)
"""Long enough for a server that answers; a row with silence takes as long as this."""

ANSWER = '{"jsonrpc":"2.0","id":$id,"result":{"n":%d}}'

NOTE = '{"jsonrpc":"2.0","method":"notifications/note","params":{"n":%d}}'

QUESTION = '{"jsonrpc":"2.0","id":"q","method":"roots/list"}'

TOLD = '{"jsonrpc":"2.0","id":1,"result":{"n":3}}'

PASSING: dict[str, tuple[dict[str, list[str]], str]] = {
    "an answer": (
        {"m": [ANSWER % 1]},
        '> {"id": 1, "method": "m"}\n< {"id": 1, "result": {"n": 1}}',
    ),
    "notifications are passed over": (
        {"m": [NOTE % 1, ANSWER % 1]},
        '> {"id": 1, "method": "m"}\n< {"id": 1}',
    ),
    "notifications in their order": (
        {"m": [NOTE % 1, NOTE % 2, ANSWER % 1]},
        '> {"id": 1, "method": "m"}\n< {"params": {"n": 1}}\n< {"params": {"n": 2}}\n< {"id": 1}',
    ),
    "any order": (
        {"m": [NOTE % 1, ANSWER % 1]},
        '> {"id": 1, "method": "m"}\n<~ {"id": 1}\n<~ {"params": {"n": 1}}',
    ),
    "either": (
        {"m": [ANSWER % 1]},
        '> {"id": 1, "method": "m"}\n<| {"error": {}}\n<| {"result": {"n": 1}}',
    ),
    "what may come and comes": (
        {"m": [ANSWER % 1]},
        '> {"id": 1, "method": "m"}\n<? {"id": 1, "result": {"n": 1}}\nquiet',
    ),
    "what may come and does not": ({}, '<? {"id": 1}\nquiet'),
    "a question of the server": (
        {"m": [QUESTION], "answer": [TOLD]},
        '> {"id": 1, "method": "m"}\n< {"id": "<id as q>", "method": "roots/list"}\n'
        '> {"id": "$q", "result": {}}\n< {"id": 1}',
    ),
    "a ping of the server is answered": (
        {
            "m": ['{"jsonrpc":"2.0","id":"p","method":"ping"}'],
            "answer": [TOLD],
        },
        '> {"id": 1, "method": "m"}\n< {"id": 1, "result": {"n": 3}}',
    ),
    "the end of the input": ({}, "quiet\nclose\nexits"),
    "the end by a signal": ({}, "quiet\nterminate\nexits"),
    "silence": ({}, '> {"method": "notifications/x"}\nquiet\nquiet'),
}

FAILING: dict[str, tuple[dict[str, list[str]], str, str]] = {
    "a wrong answer": (
        {"m": [ANSWER % 2]},
        '> {"id": 1, "method": "m"}\n< {"id": 1, "result": {"n": 1}}',
        "result.n is not 1, it is 2",
    ),
    "no answer": ({}, '> {"id": 1, "method": "m"}\n< {"id": 1}', "waited 0.5 s for"),
    "no answer but a notification": (
        {"m": [NOTE % 1]},
        '> {"id": 1, "method": "m"}\n< {"params": {"n": 2}}',
        "passed over",
    ),
    "none of several": (
        {"m": [ANSWER % 3]},
        '> {"id": 1, "method": "m"}\n<| {"id": 2}\n<| {"id": 1, "result": {"n": 1}}',
        "result.n is not 1",
    ),
    "an answer where silence should be": (
        {"notifications/x": ['{"jsonrpc":"2.0","error":{"code":1,"message":"what?"}}']},
        '> {"method": "notifications/x"}\nquiet',
        "id is missing",
    ),
    "what must never be said": (
        {"m": [NOTE % 1, ANSWER % 1]},
        'never {"method": "notifications/note"}\n> {"id": 1, "method": "m"}\n< {"id": 1}',
        "must never say",
    ),
    "what must never be said, at the end": (
        {"end": [NOTE % 1]},
        'never {"method": "notifications/note"}\nquiet',
        "must never say",
    ),
    "a rule of all conversations": (
        {"m": [ANSWER % 1, ANSWER % 1]},
        '> {"id": 1, "method": "m"}\n< {"id": 1}\nquiet',
        "answered before",
    ),
    "a batch where there is none": (
        {"m": [f"[{PONG}]"]},
        '> {"id": 1, "method": "m"}\n< {"id": 1}',
        "batches",
    ),
    "a line that is no message": (
        {"m": ["hello"]},
        '> {"id": 1, "method": "m"}\n< {"id": 1}',
        "JSON",
    ),
    "the end of the server": (
        {"m": ["!exit"]},
        '> {"id": 1, "method": "m"}\n< {"id": 1}',
        "closed",
    ),
    "a server that does not end": ({"end": ["!hang"]}, "close\nexits", "has not ended"),
    "a wrong pattern": ({"m": [PONG]}, '> {"id": 1, "method": "m"}\n< "<what>"', "not a word"),
    "a name that was not captured": ({}, '> {"id": "$x", "method": "m"}', "$x was not captured"),
}


def case(body: str, *, revision: str = "2025-06-18", needs: str = "only") -> Case:
    """A case with a handshake before its steps."""
    text = (
        f'Title\nrule: r\nrevisions: {revision}\nneeds: {needs}\n\nopen {{"roots": {{}}}}\n{body}\n'
    )
    return Case(parse(text, "stdio/any/x.txt"), revision, STDIO)


def target(table: dict[str, list[str]]) -> StdioTarget:
    """A server that is told what to say."""
    return StdioTarget(command(table), exit_s=0.5)


async def played(table: dict[str, list[str]], body: str, revision: str = "2025-06-18") -> Verdict:
    """The verdict on a server that is told what to say."""
    server = Server(target(table), limits=LIMITS)
    return await server.play(case(body, revision=revision))


@pytest.mark.parametrize(("table", "body"), PASSING.values(), ids=PASSING.keys())
async def test_a_conversation_passes(table: dict[str, list[str]], body: str) -> None:
    verdict = await played(table, body)
    assert verdict.outcome == "passed", told(verdict)


@pytest.mark.parametrize(("table", "body", "problem"), FAILING.values(), ids=FAILING.keys())
async def test_a_conversation_fails(table: dict[str, list[str]], body: str, problem: str) -> None:
    verdict = await played(table, body)
    assert verdict.outcome == "failed"
    assert problem in verdict.problem


async def test_a_batch_of_2025_03_26_is_taken_apart_or_left_whole() -> None:
    both = '[{"jsonrpc":"2.0","id":2,"result":{}},{"jsonrpc":"2.0","id":1,"result":{}}]'
    said = '>> [{"jsonrpc":"2.0","id":1,"method":"a"},{"jsonrpc":"2.0","id":2,"method":"b"}]\n'
    apart = await played({"batch": [both]}, f'{said}<~ {{"id": 1}}\n<~ {{"id": 2}}', "2025-03-26")
    whole = await played({"batch": [both]}, f'{said}< [{{"id": 2}}, {{"id": 1}}]', "2025-03-26")
    assert (apart.outcome, whole.outcome) == ("passed", "passed")


async def test_at_the_modern_revision_requests_carry_what_they_must() -> None:
    discovered = (
        '{"jsonrpc":"2.0","id":$id,"result":{"resultType":"complete",'
        '"supportedVersions":["2026-07-28"],"capabilities":{}}}'
    )
    verdict = await played(
        {"server/discover": [discovered]},
        '> {"id": 1, "method": "server/discover", "params": {"_meta": {"a": 1, '
        '"~/clientInfo": "<absent>"}}}\n< {"id": 1}\nquiet',
        "2026-07-28",
    )
    assert verdict.outcome == "passed", told(verdict)
    said = verdict.transcript[0]
    assert '"io.modelcontextprotocol/clientCapabilities": {"roots": {}}' in said
    assert '"a": 1' in said
    assert "clientInfo" not in said


async def test_what_a_server_does_not_have_is_skipped() -> None:
    server = Server(target({}), limits=LIMITS)
    lacking = await server.play(case("quiet", needs="tool x"))
    unspoken = await server.play(case("quiet", revision="2026-07-28"))
    assert (lacking.outcome, lacking.problem) == ("skipped", "the server has no tool x")
    assert (unspoken.outcome, unspoken.problem) == (
        "skipped",
        "the server has no revision 2026-07-28 (no answer to the first questions within 0.5 s)",
    )


async def test_what_is_needed_at_another_revision_is_asked_for_there() -> None:
    server = Server(target({}), limits=LIMITS)
    spoken = await server.play(case("quiet", needs="revision 2025-11-25"))
    lacking = await server.play(case("quiet", needs="logging at 2025-11-25"))
    assert spoken.outcome == "passed"
    assert lacking.problem == "the server has no logging at 2025-11-25"


async def test_why_a_server_offers_nothing_is_told() -> None:
    server = Server(target({"initialize": ["!exit"]}), limits=LIMITS)
    verdict = await server.play(case("quiet"))
    assert "revision 2025-06-18 (the server closed its output)" in verdict.problem


async def test_an_offer_is_read_page_by_page() -> None:
    hello = (
        '{"jsonrpc":"2.0","id":$id,"result":{"protocolVersion":$version,"capabilities":'
        '{"tools":{"listChanged":true},"resources":{"subscribe":true}}}}'
    )
    page = '{"jsonrpc":"2.0","id":$id,"result":{"tools":[{"name":"a"}],"nextCursor":"1"}}'
    empty = '{"jsonrpc":"2.0","id":$id,"result":{"resources":[{"uri":"a:b"}]}}'
    table = {
        "initialize": [hello],
        "tools/list": [NOTE % 1, page],
        "resources/list": [empty],
        "resources/templates/list": ['{"jsonrpc":"2.0","id":$id,"error":{"code":1,"message":""}}'],
    }
    found = (await offered(target(table), "2024-11-05", step_s=5)).has
    areas = {"tools", "resources", "tools changes", "subscribe", "completions"}
    assert found == frozenset(areas) | {"tool a", "pages of tools/list", "resource a:b"}


@pytest.mark.parametrize(
    "table", [{"initialize": ["!exit"]}, {"initialize": ["what?"]}, {"initialize": []}]
)
async def test_a_server_that_cannot_shake_hands_offers_nothing(table: dict[str, list[str]]) -> None:
    offer = await offered(target(table), "2025-06-18", step_s=0.5)
    assert offer.has is None
    assert offer.why_not


async def test_the_last_line_of_a_server_needs_no_newline() -> None:
    async with started(["printf", r"one\ntwo"], exit_s=1) as peer:
        assert [await peer.receive(), await peer.receive()] == [b"one", b"two"]
        with pytest.raises(PeerClosedError):
            await peer.receive()


async def test_what_cannot_be_said_is_told() -> None:
    async with started(["true"], exit_s=1) as peer:
        await peer.wait()
        await peer.close_input()
        with pytest.raises(PeerClosedError):
            await peer.send(b"x")


async def test_verdicts_come_in_the_order_of_the_cases_and_are_told_as_they_come() -> None:
    reported: list[Verdict] = []

    async def report(verdict: Verdict) -> None:
        reported.append(verdict)

    cases = [case("quiet"), case('< {"id": 1}'), case("quiet", needs="tool x")]
    server = Server(target({}), limits=LIMITS)
    verdicts = await play_all(server, cases, jobs=2, report=report)
    assert [verdict.outcome for verdict in verdicts] == ["passed", "failed", "skipped"]
    assert sorted(map(id, reported)) == sorted(map(id, verdicts))


async def test_a_failure_is_told_with_its_evidence() -> None:
    verdict = await played({"m": ["!exit"]}, '> {"id": 1, "method": "m"}\n< {"id": 1}')
    text = told(verdict)
    assert "must, r" in text
    assert '> {"jsonrpc": "2.0", "id": 1, "method": "m"}' in text
    assert "the end, as told" in text


SCHEMA = (
    '{"%s":{"JSONRPCError":{"required":["id"]},"EmptyResult":{"maxProperties":0},'
    '"InitializeResult":{"required":["protocolVersion"]},'
    '"ServerNotification":{"properties":{"method":{"const":"notifications/note"}}},'
    '"ServerRequest":{"properties":{"method":{"format":"uri"},"id":{"format":"byte"}}}}}'
)

AGAINST_SCHEMAS: dict[str, tuple[dict[str, list[str]], str, str]] = {
    "what fits": ({"m": [NOTE % 1, PONG]}, '> {"id": 1, "method": "m"}\n< {"id": 1}', ""),
    "a result": ({"m": [ANSWER % 1]}, '> {"id": 1, "method": "m"}\n< {"id": 1}', "EmptyResult: $"),
    "an error without an id": (
        {"m": ['{"jsonrpc":"2.0","error":{"code":1,"message":""}}']},
        '> {"id": 1, "method": "m"}\n< {"error": {}}',
        "",
    ),
    "a notification": (
        {"m": ['{"jsonrpc":"2.0","method":"notifications/other"}', PONG]},
        '> {"id": 1, "method": "m"}\n< {"id": 1}',
        "ServerNotification: $.method",
    ),
    "the format of a text": (
        {"m": [QUESTION]},
        '> {"id": 1, "method": "m"}\n< {"id": "q"}',
        "is not a 'uri'",
    ),
}


@pytest.mark.parametrize("keyword", ["definitions", "$defs"])
@pytest.mark.parametrize(
    ("table", "body", "problem"), AGAINST_SCHEMAS.values(), ids=AGAINST_SCHEMAS.keys()
)
async def test_messages_are_held_against_schemas(
    table: dict[str, list[str]], body: str, problem: str, keyword: str, tmp_path: Path
) -> None:
    (tmp_path / "2025-06-18.json").write_text(SCHEMA % keyword)
    server = Server(target(table), limits=LIMITS, schemas=Schemas(tmp_path))
    verdict = await server.play(case(body))
    assert verdict.outcome == ("failed" if problem else "passed"), told(verdict)
    assert problem in verdict.problem


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"
