"""All conversations with our own fixture server, and the notation that they are written in."""

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from vtmcp.conformance.http_client import address_of
from vtmcp.conformance.notation import VectorError
from vtmcp.conformance.offer import needs_of
from vtmcp.conformance.report import told
from vtmcp.conformance.requirements import gaps_of
from vtmcp.conformance.runner import Server
from vtmcp.conformance.steps import (
    Answer,
    Ask,
    Counted,
    Drop,
    Ends,
    Event,
    Expect,
    Never,
    Open,
    Quiet,
    Say,
    SayRaw,
    Silent,
)
from vtmcp.conformance.targets import HttpTarget, SseTarget, StdioTarget, Target
from vtmcp.conformance.vectors import (
    HTTP,
    REVISIONS,
    SSE,
    STDIO,
    TRANSPORTS,
    Case,
    load,
    parse,
    read_revisions,
)

SERVE = [sys.executable, "-m", "vtmcp", "conformance", "serve", "--transport"]

TOKEN = "open-sesame"
"""What opens the guarded server."""

GAPS = gaps_of(Path(__file__).parents[2] / "conformance" / "known_gaps.toml")

CASES = load()

GUARDED = [
    case
    for case in CASES
    if case.vector.rule.startswith("auth.") or str(case).startswith("http/any/sessions/")
]
"""What is played with a guarded server, too: what a token is needed for."""

SKIPPED = "the server has no pages of"
"""The fixture server's lists have one page; there is nothing else that it does not have."""


def marked(case: Case) -> object:
    """The case as a row of the test, marked when it is slow or known to fail."""
    marks = [pytest.mark.long] if case.vector.is_slow else []
    if str(case) in GAPS:
        marks.append(pytest.mark.xfail(reason=GAPS[str(case)].reason, strict=True))
    return pytest.param(case, id=str(case), marks=marks)


def serving(transport: str, *more: str) -> Iterator[str]:
    """Our own server on a free port, and where it is; it ends with the tests of the module."""
    command = [*SERVE, transport, "--listen", "127.0.0.1:0", *more]
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True) as process:
        assert process.stderr is not None
        yield process.stderr.readline().removeprefix("listening on ").strip()
        process.terminate()
        process.communicate(timeout=10)


@pytest.fixture(scope="module")
def http_url() -> Iterator[str]:
    yield from serving(HTTP)


@pytest.fixture(scope="module")
def sse_url() -> Iterator[str]:
    yield from serving(SSE)


@pytest.fixture(scope="module")
def guarded_http_url() -> Iterator[str]:
    yield from serving(HTTP, "--auth-token", TOKEN)


@pytest.fixture(scope="module")
def guarded_sse_url() -> Iterator[str]:
    yield from serving(SSE, "--auth-token", TOKEN)


@pytest.fixture(scope="module")
def servers() -> dict[str, Server]:
    """What a server offers is asked once for all cases."""
    return {}


def server_of(servers: dict[str, Server], name: str, target: Target) -> Server:
    return servers.setdefault(name, Server(target))


@pytest.mark.anyio
@pytest.mark.parametrize("case", [marked(case) for case in CASES if case.transport == STDIO])
async def test_over_stdio_our_server_keeps_its_part_of_the_conversation(
    case: Case, servers: dict[str, Server]
) -> None:
    await keeps(case, server_of(servers, STDIO, StdioTarget([*SERVE, STDIO], exit_s=5)))


@pytest.mark.anyio
@pytest.mark.parametrize("case", [marked(case) for case in CASES if case.transport == HTTP])
async def test_over_http_our_server_keeps_its_part_of_the_conversation(
    case: Case, http_url: str, servers: dict[str, Server]
) -> None:
    await keeps(case, server_of(servers, HTTP, HttpTarget(address_of(http_url), {})))


@pytest.mark.anyio
@pytest.mark.parametrize("case", [marked(case) for case in CASES if case.transport == SSE])
async def test_over_sse_our_server_keeps_its_part_of_the_conversation(
    case: Case, sse_url: str, servers: dict[str, Server]
) -> None:
    await keeps(case, server_of(servers, SSE, SseTarget(address_of(sse_url), {})))


@pytest.mark.anyio
@pytest.mark.parametrize("case", [marked(case) for case in GUARDED])
async def test_guarded_by_a_token_our_server_keeps_its_part_of_the_conversation(
    case: Case, guarded_http_url: str, guarded_sse_url: str, servers: dict[str, Server]
) -> None:
    headers = {"Authorization": f"Bearer {TOKEN}"}
    target: Target = HttpTarget(address_of(guarded_http_url), headers)
    if case.transport == SSE:
        target = SseTarget(address_of(guarded_sse_url), headers)
    verdict = await server_of(servers, f"guarded {case.transport}", target).play(case)
    assert verdict.outcome == "passed", told(verdict)


async def keeps(case: Case, server: Server) -> None:
    """Play a case; only what our server does not have may be skipped."""
    verdict = await server.play(case)
    lacks_guard = verdict.problem == "the server has no auth"
    if verdict.outcome == "skipped" and (lacks_guard or verdict.problem.startswith(SKIPPED)):
        pytest.skip(verdict.problem)
    assert verdict.outcome == "passed", told(verdict)


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


def test_known_gaps_are_cases() -> None:
    assert GAPS.keys() <= set(map(str, CASES))


def test_each_revision_has_conversations_of_its_own_and_shared_ones() -> None:
    own = {case.revision for case in CASES if f"/{case.revision}/" in case.vector.name}
    shared = {case.revision for case in CASES if "/any/" in case.vector.name}
    assert own == shared == set(REVISIONS)


def test_each_transport_is_played_at_each_of_its_revisions() -> None:
    played = {(case.transport, case.revision) for case in CASES}
    assert played == {(name, one) for name, revisions in TRANSPORTS.items() for one in revisions}


def test_no_two_conversations_have_one_title_at_a_revision() -> None:
    titles = [(case.vector.title, case.revision, case.transport) for case in CASES]
    assert sorted({title for title in titles if titles.count(title) > 1}) == []


def read(
    body: str, *, path: str = "shared/any/x.txt", headers: str = "rule: r\nrevisions: all"
) -> object:
    """The steps of a vector."""
    return parse(f"Title\n{headers}\n\n{body}\n", path).steps


STEPS = {
    "a message of the client": ('> {"id": 1}', Say({"id": 1}, "")),
    "a message of an era": ('>modern {"id": 1}', Say({"id": 1}, "modern")),
    "a line as it is": (">> x{{e2 80 a8}}y", SayRaw("x\u2028y\n".encode())),
    "an empty line": (">>", SayRaw(b"\n")),
    "a piece of a line": (">_ ab", SayRaw(b"ab")),
    "a repetition": ('>> {{"[" * 3}}{{"\\"" * 2}}', SayRaw(b'[[[\\"\\"\n')),
    "a message of the server": ('< {"id": 1}', Expect(({"id": 1},), "next")),
    "a message that may come": ('<? {"id": 1}', Expect(({"id": 1},), "maybe")),
    "messages in any order": ("<~ 1\n<~ 2", Expect((1, 2), "all")),
    "one of several messages": ("<| 1\n# or\n\n<| 2", Expect((1, 2), "either")),
    "what must not be said": ('never {"id": 1}', Never({"id": 1})),
    "a handshake": ("open", Open({})),
    "a handshake with capabilities": ('open {"roots": {}}', Open({"roots": {}})),
    "silence": ("quiet", Quiet()),
    "a request of HTTP": ('=> {"method": "GET"}', Ask({"method": "GET"}, "")),
    "a request with a name": ('=>one {"message": {}}', Ask({"message": {}}, "one")),
    "an answer of HTTP": ('<= {"status": 200}', Answer(({"status": 200},))),
    "one of several answers": ("<=| 1\n<=| 2", Answer((1, 2))),
    "an event of a stream": ('<-one {"at": 0}', Event({"at": 0}, "one")),
    "the end of a stream by the client": ("drop one", Drop("one")),
    "the end of a stream by the server": ("ends one", Ends("one")),
    "silence on a stream": ("silent one", Silent("one")),
    "a message on one of several streams": (
        'once {"message": 1, "on": ["one", "two"]}',
        Counted(1, ("one", "two"), 1),
    ),
    "a message on no stream": ('none {"message": 1, "on": ["one"]}', Counted(1, ("one",), 0)),
    "a line that is continued": ('> {"id":\n   1}', Say({"id": 1}, "")),
}


@pytest.mark.parametrize(("body", "step"), STEPS.values(), ids=STEPS.keys())
def test_a_line_is_a_step(body: str, step: object) -> None:
    assert read(body) == (step,)


def test_groups_end_where_another_mark_begins() -> None:
    groups = (Expect((1,), "all"), Expect((2, 3), "either"), Quiet(), Expect((4,), "all"))
    assert read("<~ 1\n<| 2\n<| 3\nquiet\n<~ 4") == groups


BROKEN = {
    "an unknown step": ("?? 1", {}),
    "JSON that is none": ("> {", {}),
    "a bare word with text": ("quiet now", {}),
    "no steps": ("", {}),
    "no rule": ("quiet", {"headers": "revisions: all"}),
    "no revision": ("quiet", {"headers": "rule: r"}),
    "an unknown revision": ("quiet", {"headers": "rule: r\nrevisions: 2023-01-01"}),
    "an unknown level": ("quiet", {"headers": "rule: r\nrevisions: all\nlevel: may"}),
    "an unknown header": ("quiet", {"headers": "rule: r\nrevisions: all\ncolour: red"}),
    "an unknown transport": ("quiet", {"headers": "rule: r\nrevisions: all\ntransports: post"}),
    "a header without a colon": ("quiet", {"headers": "rule: r\nrevisions all"}),
}


@pytest.mark.parametrize(("body", "more"), BROKEN.values(), ids=BROKEN.keys())
def test_a_broken_vector_is_refused(body: str, more: dict[str, str]) -> None:
    with pytest.raises(VectorError, match="shared/any/x"):
        read(body, **more)


def test_headers_must_end() -> None:
    with pytest.raises(VectorError, match="blank line"):
        parse("Title\nrule: r", "shared/any/x.txt")


SPANS = {
    "all": REVISIONS,
    "legacy": REVISIONS[:-1],
    "2026-07-28 2024-11-05": (REVISIONS[0], REVISIONS[-1]),
    "2025-06-18..": REVISIONS[2:],
    "..2025-03-26": REVISIONS[:2],
    "2025-03-26..2025-11-25": REVISIONS[1:4],
}


@pytest.mark.parametrize(("text", "revisions"), SPANS.items())
def test_revisions_are_read(text: str, revisions: tuple[str, ...]) -> None:
    assert read_revisions(text, "x") == revisions


def test_the_folders_are_the_transport_and_the_revision(tmp_path: Path) -> None:
    (tmp_path / "stdio" / "2025-06-18").mkdir(parents=True)
    (tmp_path / "stdio" / "2025-06-18" / "a.txt").write_text("T\nrule: r\nslow: yes\n\nquiet\n")
    (case,) = load(tmp_path)
    assert str(case) == "stdio/2025-06-18/a@2025-06-18/stdio"
    assert case.vector.is_slow


def test_what_is_shared_is_played_over_each_transport_that_has_the_revision(tmp_path: Path) -> None:
    (tmp_path / "shared" / "any").mkdir(parents=True)
    (tmp_path / "shared" / "any" / "a.txt").write_text(
        "T\nrule: r\nrevisions: 2024-11-05 2026-07-28\n\nquiet\n"
    )
    assert [str(case).partition("@")[2] for case in load(tmp_path)] == [
        "2024-11-05/stdio",
        "2026-07-28/stdio",
        "2026-07-28/http",
        "2024-11-05/sse",
    ]


NEEDS = {
    "the tool of a call": (
        '> {"id": 1, "method": "tools/call", "params": {"name": "t"}}',
        {"tools", "tool t"},
    ),
    "the tools of a raw batch": (
        '>> [{"method": "tools/call", "params": {"name": "t"}}, 1]',
        {"tools", "tool t"},
    ),
    "nothing for what must not exist": (
        '> {"id": 1, "method": "prompts/get", "params": {"name": "no_such_prompt"}}',
        {"prompts"},
    ),
    "the resource of a subscription": (
        '> {"id": 1, "method": "resources/subscribe", "params": {"uri": "a:b"}}',
        {"resources", "subscribe", "resource a:b"},
    ),
    "the prompt of a completion": (
        '> {"method": "completion/complete", "params": {"ref": {"name": "p"}}}',
        {"completions", "prompt p"},
    ),
    "logging": ('> {"id": 1, "method": "logging/setLevel"}', {"logging"}),
    "the tool of a request of HTTP": (
        '=> {"message": {"method": "tools/call", "params": {"name": "t"}}}',
        {"tools", "tool t"},
    ),
    "nothing for what cannot be read": ('>> {"method"\n> 5\n> {"method": 5}\nquiet', set()),
}


@pytest.mark.parametrize(("body", "needs"), NEEDS.values(), ids=NEEDS.keys())
def test_a_vector_needs_what_it_names(body: str, needs: set[str]) -> None:
    vector = parse(f"T\nrule: r\nrevisions: all\n\n{body}\n", "shared/any/x.txt")
    assert needs_of(vector) == needs


def test_a_header_may_say_all_that_is_needed() -> None:
    body = '> {"id": 1, "method": "tools/call", "params": {"name": "t"}}'
    vector = parse(
        f"T\nrule: r\nrevisions: all\nneeds: only, a, b c\n\n{body}\n", "shared/any/x.txt"
    )
    assert needs_of(vector) == {"a", "b c"}
