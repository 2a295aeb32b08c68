"""Servers on Streamable HTTP: of both eras, and some that do what no server should."""

import json
import ssl
from collections.abc import Callable, Iterator
from typing import Any

import pytest
import trustme

from tests.shell.site import (
    GREETING,
    TOOL,
    Answer,
    Asked,
    answer_to,
    event,
    http,
    legacy,
    result,
    scripted,
    served,
    stream,
    text,
)
from tests.transports.tools import talkative
from vtmcp.handlers.base import Tool
from vtmcp.handlers.context import Context
from vtmcp.protocol.messages import Json
from vtmcp.protocol.sse import EventParser
from vtmcp.server import Server
from vtmcp.shell import client, web, web_link
from vtmcp.shell.commands import run


@pytest.fixture(autouse=True)
def bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("MCP_AUTH_TOKEN", raising=False)
    monkeypatch.setattr(web, "BODY_BYTES_MAX", 1_000_000)


Say = Callable[..., tuple[int, str, str]]


@pytest.fixture
def say(capsys: pytest.CaptureFixture[str]) -> Say:
    """Call the tool `say` of a server, and tell the exit code and both outputs."""

    def called(url: str, *more: str) -> tuple[int, str, str]:
        code = run("call", ["--url", url, "--timeout", "5s", *more, "say", "--text", "hello"])
        heard = capsys.readouterr()
        return code, heard.out, heard.err

    return called


def methods(asked: list[Asked]) -> list[str]:
    return [each.about for each in asked]


def test_a_server_of_the_stateless_era_is_asked_without_a_greeting(say: Say) -> None:
    def answer(asked: Asked) -> bytes:
        match asked.about:
            case "server/discover":
                return result(asked, {"supportedVersions": ["2026-07-28"]})
            case "tools/list":
                return result(asked, {"tools": [TOOL]})
        return result(asked, text("hi"))

    with scripted(answer) as (url, asked):
        assert say(url) == (0, "hi\n", "")
    assert methods(asked) == ["server/discover", "tools/list", "tools/call"]
    assert {each.headers["mcp-protocol-version"] for each in asked} == {"2026-07-28"}
    assert asked[2].headers["mcp-method"] == "tools/call"
    assert asked[2].headers["mcp-name"] == "say"


ERROR = {"jsonrpc": "2.0", "id": 1, "error": {"code": -32601, "message": "no such method"}}

OLDER: dict[str, bytes] = {
    "it refuses the request": http(b"no session", "400 Bad Request"),
    "it has no such method": http(json.dumps(ERROR).encode()),
    "it has no such method, and says so by status too": http(
        json.dumps(ERROR).encode(), "404 Not Found"
    ),
    "it knows the method, and not the revision": http(
        json.dumps(answer_to({"id": 1}, {"supportedVersions": ["2027-01-01"]})).encode()
    ),
    "it says nothing": http(b"", "202 Accepted"),
    "it breaks off": b"",
    "it answers with a page": http(b"<html>", content_type="text/html"),
}


@pytest.mark.parametrize("refusal", OLDER.values(), ids=OLDER)
def test_an_older_server_is_greeted(refusal: bytes, say: Say) -> None:
    older = legacy(lambda asked: result(asked, text("hi")))

    def answer(asked: Asked) -> bytes:
        return refusal if asked.about == "server/discover" else older(asked)

    with scripted(answer) as (url, asked):
        assert say(url) == (0, "hi\n", "")
    assert methods(asked)[1:] == [
        *("initialize", "notifications/initialized", "tools/list", "tools/call", "DELETE")
    ]
    assert all(each.headers["mcp-session-id"] == "s1" for each in asked[2:])
    assert all(each.headers["mcp-protocol-version"] == "2025-11-25" for each in asked[2:])


def test_a_silent_server_is_greeted_after_a_while(
    say: Say, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(client, "PROBE_S", 0.05)
    older = legacy(lambda asked: result(asked, text("hi")))

    def answer(asked: Asked) -> bytes:
        return stream(b": wait\n\n") if asked.about == "server/discover" else older(asked)

    with scripted(answer) as (url, _):
        assert say(url)[:2] == (0, "hi\n")


PING = {"jsonrpc": "2.0", "id": "p", "method": "ping"}
QUESTION = {"jsonrpc": "2.0", "id": "q", "method": "roots/list"}


def test_what_comes_before_the_answer_is_only_news(say: Say) -> None:
    news = b"HTTP/1.1 103 Early Hints\r\n\r\n"
    with scripted(legacy(lambda asked: news + result(asked, text("hi")))) as (url, _):
        assert say(url) == (0, "hi\n", "")


def test_an_address_that_closes_at_once(say: Say) -> None:
    with scripted(lambda asked: b"") as (url, _):
        code, _, err = say(url)
    assert code == 3
    assert "the server closed the connection without an answer" in err


def test_who_is_told_of_progress_and_logs(say: Say) -> None:
    greeting = {**GREETING, "capabilities": {"logging": {}}}

    def progress(asked: Asked, **more: Any) -> bytes:
        params = {"progressToken": asked.message["params"]["_meta"]["progressToken"], **more}
        return event({"jsonrpc": "2.0", "method": "notifications/progress", "params": params})

    def call(asked: Asked) -> bytes:
        note = {"level": "info", "data": {"rows": 5}}
        return stream(
            progress(asked, progress=1, total=2, message="half"),
            progress(asked, progress="no", total=[]),
            event({"jsonrpc": "2.0", "method": "notifications/message", "params": note}),
            event(answer_to(asked.message, text("hi"))),
        )

    def answer(asked: Asked) -> bytes:
        if asked.about in ("initialize", "logging/setLevel"):
            return result(asked, greeting)
        return legacy(call)(asked)

    with scripted(answer) as (url, asked):
        assert say(url, "--verbose") == (0, "hi\n", 'info: {"rows":5}\n')
    assert [each.message["params"] for each in asked if each.about == "logging/setLevel"] == [
        {"level": "info"}
    ]


def timed_out(answer: Answer) -> list[Asked]:
    """What a server is asked whose call takes longer than the caller has time."""

    def slow(asked: Asked) -> bytes:
        return stream(b": wait\n\n") if asked.about == "tools/call" else answer(asked)

    with scripted(slow, stays=True) as (url, asked):
        assert run("call", ["--url", url, "--timeout", "0.3s", "say", "--text", "x"]) == 3
    return asked


def test_a_call_that_takes_too_long_is_cancelled(capsys: pytest.CaptureFixture[str]) -> None:
    asked = timed_out(legacy(lambda asked: b""))
    [cancelled] = [each.message for each in asked if each.about == "notifications/cancelled"]
    assert cancelled["params"] == {"requestId": 4}
    assert "no answer within 0.3 s (--timeout)" in capsys.readouterr().err


def test_a_server_may_not_want_to_know_of_that() -> None:
    older = legacy(lambda asked: b"")
    refused = http(b"", "400 Bad")
    asked = timed_out(
        lambda asked: refused if asked.about == "notifications/cancelled" else older(asked)
    )
    assert asked[-1].about == "DELETE"


def test_in_the_stateless_era_the_end_of_the_stream_says_it() -> None:
    def answer(asked: Asked) -> bytes:
        if asked.about == "server/discover":
            return result(asked, {"supportedVersions": ["2026-07-28"]})
        return result(asked, {"tools": [TOOL]})

    assert methods(timed_out(answer)) == ["server/discover", "tools/list", "tools/call"]


def test_what_a_server_asks_on_the_way_is_answered(say: Say) -> None:
    def call(asked: Asked) -> bytes:
        done = answer_to(asked.message, text("hi"))
        return stream(event(PING), event(QUESTION), event([done]))

    with scripted(legacy(call)) as (url, asked):
        assert say(url) == (0, "hi\n", "")
    answers = [each.message for each in asked if each.message and "method" not in each.message]
    assert answers[0] == {"jsonrpc": "2.0", "id": "p", "result": {}}
    assert answers[1]["error"]["code"] == -32601


def resuming(rest: bytes, *, event_id: str = "7") -> Answer:
    """A server that closes the stream of a call after an event with an id, and then says `rest`."""

    def call(asked: Asked) -> bytes:
        if asked.about == "tools/call":
            return stream(b"retry: 1\n", event(None, event_id))
        return rest

    return legacy(call)


def test_a_stream_that_is_closed_early_is_asked_for_again(say: Say) -> None:
    # The fourth request is the call: discover, initialize and tools/list come before it.
    done = event(answer_to({"id": 4}, text("hi")))
    with scripted(resuming(stream(done))) as (url, asked):
        assert say(url) == (0, "hi\n", "")
    [again] = [each for each in asked if each.about == "GET"]
    assert again.headers["last-event-id"] == "7"


CLOSED: dict[str, tuple[Answer, str]] = {
    "there is nothing to come back with": (
        legacy(lambda asked: stream()),
        "the server closed the stream without an answer",
    ),
    "it is no stream when asked for again": (
        resuming(http(b"")),
        "the server closed the stream without an answer",
    ),
    "it refuses to go on": (resuming(http(b"", "404 Not Found")), "HTTP 404"),
    "it closes again and again": (
        resuming(stream(event(None, "8"))),
        "the server closed the stream without an answer",
    ),
}


@pytest.mark.parametrize(("answer", "told"), CLOSED.values(), ids=CLOSED)
def test_a_stream_that_never_answers_is_given_up(
    answer: Answer, told: str, say: Say, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(web_link, "RESUME_MAX", 3)
    with scripted(answer) as (url, _):
        code, out, err = say(url)
    assert (code, out) == (3, "")
    assert told in err


def answering(document: Any) -> Answer:
    """A legacy server that answers each call with these bytes, or with this document."""
    return legacy(
        lambda asked: http(
            document if isinstance(document, bytes) else json.dumps(document).encode()
        )
    )


HOSTILE: dict[str, tuple[Answer, int, str]] = {
    "it answers with nonsense": (
        answering(b"\x00\xff<html>"),
        3,
        r"what the server says is not JSON: \u0000",
    ),
    "it answers with nothing": (answering(b""), 3, "is not JSON: (nothing)"),
    "it answers with a number": (answering(7), 3, "no message of MCP"),
    "it answers another question": (answering({"id": 99}), 3, "holds no answer to the question"),
    "it answers with no list of messages": (answering([]), 3, "holds no answer"),
    "its answer has no result": (answering({"id": 4}), 3, "neither a result nor an error"),
    "its result is none": (answering({"id": 4, "result": 7}), 3, "neither a result nor an error"),
    "its result has no content": (answering({"id": 4, "result": {}}), 3, "has no content"),
    "its error says nothing": (answering({"id": 4, "error": {"code": 5}}), 1, "error 5"),
    "its notifications are nonsense": (
        legacy(
            lambda asked: stream(
                event({"method": "notifications/progress", "params": 7}),
                event({"method": "notifications/message", "params": {"data": {}}}),
                event({"method": ["x"], "params": {}}),
                event(answer_to(asked.message, text("hi"))),
            )
        ),
        0,
        "",
    ),
    "it answers with a kind of its own": (
        answering({"id": 4, "result": {"resultType": "task"}}),
        1,
        "answers with 'task'",
    ),
    "it asks back": (
        answering(
            {
                "id": 4,
                "result": {
                    "resultType": "input_required",
                    "inputRequests": {"a": {"method": "elicitation/create"}, "b": 7},
                },
            }
        ),
        1,
        "the server asks back (elicitation/create), which a shell cannot answer",
    ),
    "it asks back nothing": (
        answering({"id": 4, "result": {"resultType": "input_required", "inputRequests": 7}}),
        1,
        "the server asks back, which",
    ),
    "it is too long": (answering(b"[" * 2_000_000), 3, "longer than 1,000,000 bytes"),
    "it does not speak HTTP": (lambda asked: b"SSH-2.0\r\n\r\n", 3, "does not speak HTTP"),
    "its head does not end": (
        lambda asked: b"HTTP/1.1 200 OK\r\n" + b"A: b\r\n" * 20_000,
        3,
        "does not speak HTTP",
    ),
    "it promises more than comes": (
        lambda asked: b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nab",
        3,
        "the server closed the connection in the midst of its answer",
    ),
    "it has moved": (
        lambda asked: http(b"", "307 Temporary Redirect", Location="http://else/mcp"),
        3,
        "HTTP 307: it is at http://else/mcp now",
    ),
    "it wants a token": (
        lambda asked: http(b'{"error":{"message":"who?"}}', "401 Unauthorized"),
        3,
        "HTTP 401: who?; give a token: MCP_AUTH_TOKEN, or --header",
    ),
    "it has an error of its own": (lambda asked: http(b"oops", "500 No"), 3, "HTTP 500: oops"),
    "its error is no text": (lambda asked: http(b'{"error":{}}', "500 No"), 3, "HTTP 500\n"),
    "it refuses to be told of the end of the greeting": (
        lambda asked: (
            http(b"no", "400 Bad")
            if asked.about == "notifications/initialized"
            else legacy(lambda asked: http(b""))(asked)
        ),
        3,
        "HTTP 400: no",
    ),
    "it speaks another revision": (
        lambda asked: result(asked, {"protocolVersion": "1999-01-01"}),
        3,
        "another revision of MCP: '1999-01-01'",
    ),
    "its list is none": (
        lambda asked: result(asked, GREETING),
        3,
        "the answer to tools/list has no list of tools",
    ),
    "its list has no end": (
        lambda asked: result(asked, {**GREETING, "tools": [], "nextCursor": "a"}),
        3,
        "the answer to tools/list has no end",
    ),
}


@pytest.mark.parametrize(("answer", "code", "told"), HOSTILE.values(), ids=HOSTILE)
def test_a_server_that_talks_nonsense_is_told_of(
    answer: Answer, code: int, told: str, say: Say
) -> None:
    with scripted(answer) as (url, _):
        got, _, err = say(url)
    assert got == code
    assert told in err


def test_a_list_that_goes_on_and_on_is_given_up(say: Say, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(client, "PAGES_MAX", 3)
    pages: list[str] = []

    def answer(asked: Asked) -> bytes:
        pages.append("")
        return result(asked, {**GREETING, "tools": [], "nextCursor": str(len(pages))})

    with scripted(answer) as (url, _):
        assert "has no end" in say(url)[2]


def test_an_event_without_an_end_is_given_up(say: Say, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(web_link, "EventParser", lambda: EventParser(1_000))
    endless = scripted(legacy(lambda asked: stream(b"data: ")), goes_on=lambda: b"x" * 10_000)
    with endless as (url, _):
        code, _, err = say(url)
    assert code == 3
    assert "an event is longer than 1,000 bytes" in err


def test_a_stream_without_an_end_is_given_up(say: Say) -> None:
    note = event({"jsonrpc": "2.0", "method": "notifications/message", "params": {}})
    with scripted(legacy(lambda asked: stream()), goes_on=lambda: note * 100) as (url, _):
        code, _, err = say(url)
    assert code == 3
    assert "longer than" in err


def test_a_silent_stream_ends_by_the_time_limit(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(client, "PROBE_S", 0.01)
    with scripted(lambda asked: stream(), goes_on=lambda: b": wait\n\n") as (url, _):
        assert run("tools", ["--url", url, "--timeout", "0.1s"]) == 3
    assert "no answer within 0.1 s (--timeout)" in capsys.readouterr().err


def test_nobody_listens(say: Say) -> None:
    with scripted(legacy(lambda asked: b"")) as (url, _):
        pass
    code, _, err = say(url)
    assert code == 3
    assert err.startswith("vtmcp: cannot reach http://127.0.0.1:")
    assert err.endswith("Connection refused\n")


def test_no_such_machine(say: Say) -> None:
    code, _, err = say("http://nobody.invalid/mcp")
    assert code == 3
    assert "cannot reach http://nobody.invalid: " in err


def test_a_connection_that_is_never_made(say: Say, monkeypatch: pytest.MonkeyPatch) -> None:
    async def never(*arguments: Any, **more: Any) -> None:
        raise TimeoutError

    monkeypatch.setattr("anyio.connect_tcp", never)
    assert "no connection within 10 s" in say("http://localhost:1/mcp")[2]


@pytest.fixture
def authority() -> trustme.CA:
    return trustme.CA()


@pytest.fixture
def tls(authority: trustme.CA) -> ssl.SSLContext:
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    authority.issue_cert("localhost").configure_cert(context)
    return context


@pytest.fixture
def trusted(authority: trustme.CA, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    with authority.cert_pem.tempfile() as path:
        monkeypatch.setenv("SSL_CERT_FILE", path)
        yield


@pytest.mark.usefixtures("trusted")
def test_a_server_over_https(tls: ssl.SSLContext, say: Say) -> None:
    with scripted(legacy(lambda asked: result(asked, text("hi"))), tls=tls) as (url, _):
        assert say(url) == (0, "hi\n", "")


def test_a_certificate_that_nobody_signed(
    tls: ssl.SSLContext, say: Say, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("SSL_CERT_FILE", raising=False)
    with scripted(legacy(lambda asked: b""), tls=tls) as (url, _):
        code, _, err = say(url)
    assert code == 3
    assert "its certificate is not trusted: unable to get local issuer certificate" in err


def test_a_file_without_certificates(say: Say, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", __file__)
    code, _, err = say("https://localhost:1/mcp")
    assert code == 2
    assert "SSL_CERT_FILE names holds no certificate" in err


def test_headers_and_the_token_are_sent(say: Say, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MCP_AUTH_TOKEN", "t0ken")
    with scripted(legacy(lambda asked: result(asked, text("hi")))) as (url, asked):
        assert say(url, "--header", "X-A=b=c", "--header", "X-B: d")[0] == 0
        assert {each.headers["authorization"] for each in asked} == {"Bearer t0ken"}
        assert {(each.headers["x-a"], each.headers["x-b"]) for each in asked} == {("b=c", "d")}
        asked.clear()
        assert say(url, "--header", "authorization=Basic x")[0] == 0
        assert {each.headers["authorization"] for each in asked} == {"Basic x"}


LINES: dict[str, tuple[list[str], str]] = {
    "no URL": (["--url", "localhost:8081"], "is not an http:// or https:// address"),
    "a port that is none": (["--url", "http://x:port/"], "--url: "),
    "a header that is none": (["--url", "http://x", "--header", "x"], "'x' is not NAME=VALUE"),
    "a header over two lines": (
        ["--url", "http://127.0.0.1:1", "--header", "X=a\nB: c"],
        "HTTP cannot carry this request",
    ),
    "a header for no URL": (["--header", "X=a"], "--header goes with --url"),
}


@pytest.mark.parametrize(("words", "told"), LINES.values(), ids=LINES)
def test_an_address_or_a_header_that_is_none(
    words: list[str], told: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run("tools", words) == 2
    assert told in capsys.readouterr().err


def test_the_token_is_not_given_to_whoever_listens_on_the_way(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("MCP_AUTH_TOKEN", "t0ken")
    assert run("tools", ["--url", "http://traces.example.com/mcp"]) == 2
    err = capsys.readouterr().err
    assert "MCP_AUTH_TOKEN is not sent over plain http to another machine" in err
    assert "t0ken" not in err


class Place(Tool):
    """Repeats an argument in a header."""

    name = "say"
    input_schema = {  # noqa: RUF012
        "type": "object",
        "properties": {
            "text": {"type": "string", "x-mcp-header": "Text"},
            "more": {
                "type": "object",
                "properties": {"deep": {"type": "integer", "x-mcp-header": "Deep"}},
            },
        },
    }

    async def call(self, arguments: Json, context: Context) -> str:
        return str(arguments["text"])


def test_arguments_are_repeated_in_the_headers_that_a_tool_names(say: Say) -> None:
    with served(Server("tested", tools=[Place()])) as url:
        assert say(f"{url}/mcp") == (0, "hello\n", "")


def test_a_tool_with_impossible_headers_is_not_called(say: Say) -> None:
    tool = {"name": "say", "inputSchema": {"properties": {"text": {"x-mcp-header": "?:"}}}}

    def answer(asked: Asked) -> bytes:
        if asked.about == "server/discover":
            return result(asked, {"supportedVersions": ["2026-07-28"]})
        return result(asked, {"tools": [tool]})

    with scripted(answer) as (url, _):
        code, _, err = say(url)
    assert code == 1
    assert "the schema of say is unusable" in err


def test_both_eras_of_our_own_server_answer_alike(say: Say) -> None:
    with served(talkative()) as url:
        assert say(f"{url}/mcp") == (0, "hello\n", "")


def test_a_session_may_end_as_it_likes(say: Say) -> None:
    older = legacy(lambda asked: result(asked, text("hi")))
    with scripted(lambda asked: b"" if asked.about == "DELETE" else older(asked)) as (url, _):
        assert say(url) == (0, "hi\n", "")
