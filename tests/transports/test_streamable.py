"""The endpoint of Streamable HTTP: who is answered, with which status, by which era's rules."""

from typing import Any

import pytest

from tests.protocol.playbook import INITIALIZED, PREFIX, meta, modern, notification, request
from tests.transports.site import (
    BOTH,
    JSON_ONLY,
    MODERN,
    STREAM_ONLY,
    Answer,
    call,
    opening,
    said,
    stateless,
    streamable,
)
from tests.transports.tools import talkative
from vtmcp.transports.access import METADATA_PATH, TokenAccess
from vtmcp.transports.guards import Guard

pytestmark = pytest.mark.anyio

ORIGIN = "http://localhost:3000"
TOKEN = "secret"
TOKENS = TokenAccess(TOKEN, metadata_url=lambda request: f"http://h{METADATA_PATH}/mcp")

PING = request(1, "ping")
LIST = modern(1, "tools/list")
LIST_HEADERS = {"mcp_protocol_version": MODERN, "mcp_method": "tools/list"}

Row = tuple[str, Any, dict[str, str], int, int | None]
"""Method, body, headers (`$` stands for a session), and the status and error code expected."""

REQUESTS: dict[str, Row] = {
    # ---- who asks
    "a page from elsewhere": ("POST", PING, {"origin": "http://evil.example"}, 403, -32600),
    "a page without a place": ("POST", PING, {"origin": "null"}, 403, -32600),
    "a page whose name begins like a local one": (
        *("GET", None, {"origin": "http://localhost.evil.example"}),
        *(403, -32600),
    ),
    "DELETE from elsewhere": ("DELETE", None, {"origin": "http://evil.example"}, 403, -32600),
    "OPTIONS from elsewhere": ("OPTIONS", None, {"origin": "http://evil.example"}, 403, -32600),
    "another name for us": ("POST", PING, {"Host": "evil.example"}, 421, -32600),
    "a local page": ("POST", opening(), {"origin": ORIGIN}, 200, None),
    # ---- methods
    "PUT": ("PUT", PING, {}, 405, -32600),
    "PATCH": ("PATCH", PING, {}, 405, -32600),
    "HEAD": ("HEAD", None, {}, 405, None),
    "OPTIONS without a page": ("OPTIONS", None, {}, 405, -32600),
    "a method in small letters": ("post", PING, {}, 405, -32600),
    # ---- form
    "text": ("POST", PING, {"content_type": "text/plain"}, 415, -32600),
    "no type": ("POST", PING, {"content_type": ""}, 415, -32600),
    "another charset": (
        *("POST", PING, {"content_type": "application/json; charset=latin-1"}),
        *(415, -32600),
    ),
    "UTF-8 by name": (
        *("POST", opening(), {"content_type": "application/json; charset=UTF-8"}),
        *(200, None),
    ),
    "who takes neither form": ("POST", opening(), {"accept": "text/html"}, 406, -32600),
    "who says nothing of forms": ("POST", opening(), {"accept": ""}, 200, None),
    "who takes anything": ("POST", opening(), {"accept": "*/*"}, 200, None),
    "who takes JSON": ("POST", opening(), {"accept": JSON_ONLY}, 200, None),
    "who takes streams": ("POST", opening(), {"accept": STREAM_ONLY}, 200, None),
    # ---- bodies
    "no body": ("POST", b"", {}, 400, -32700),
    "no JSON": ("POST", b"{", {}, 400, -32700),
    "no UTF-8": ("POST", b'"\xff"', {}, 400, -32700),
    "nesting without end": ("POST", b"[" * 100_000, {}, 400, -32700),
    "a number that is none": ("POST", b'{"x": NaN}', {}, 400, -32700),
    # ---- sessions
    "a request without a session": ("POST", PING, {}, 400, -32600),
    "a notification without a session": ("POST", INITIALIZED, {}, 400, -32600),
    "a text in place of a message": ("POST", "x", {}, 400, -32600),
    "initialize in an array": ("POST", [opening()], {}, 400, -32600),
    "initialize without an id": (
        *("POST", {"jsonrpc": "2.0", "method": "initialize"}, {}),
        *(400, -32600),
    ),
    "initialize with a bad id": ("POST", {**opening(), "id": None}, {}, 400, -32600),
    "initialize without parameters": ("POST", request(1, "initialize"), {}, 200, -32602),
    "a session that never was": ("POST", PING, {"session": "x"}, 404, -32600),
    "GET without a session": ("GET", None, {}, 400, -32600),
    "GET of a session that never was": ("GET", None, {"session": "x"}, 404, -32600),
    "GET for JSON": ("GET", None, {"session": "$", "accept": JSON_ONLY}, 406, -32600),
    "DELETE without a session": ("DELETE", None, {}, 400, -32600),
    "DELETE of a session that never was": ("DELETE", None, {"session": "x"}, 404, -32600),
    "DELETE": ("DELETE", None, {"session": "$"}, 204, None),
    "a ping in a session": ("POST", PING, {"session": "$"}, 200, None),
    "a notification in a session": ("POST", notification("x"), {"session": "$"}, 202, None),
    "initialize in a session": ("POST", opening(), {"session": "$"}, 400, -32600),
    "an answer that nobody waits for": (
        *("POST", {"jsonrpc": "2.0", "id": 9, "result": {}}, {"session": "$"}),
        *(202, None),
    ),
    "an unknown method": ("POST", request(1, "x"), {"session": "$"}, 200, -32601),
    "an unknown tool": ("POST", call(1, "x"), {"session": "$"}, 200, -32602),
    "a bad id": ("POST", {**PING, "id": 1.5}, {"session": "$"}, 400, -32600),
    "another JSON-RPC": ("POST", {**PING, "jsonrpc": "1.0"}, {"session": "$"}, 400, -32600),
    "parameters in an array": ("POST", {**PING, "params": [1]}, {"session": "$"}, 200, -32602),
    "an array": ("POST", [PING], {"session": "$"}, 400, -32600),
    "an empty array": ("POST", [], {"session": "$"}, 400, -32600),
    # ---- the revision's header
    "the session's revision": (
        *("POST", PING, {"session": "$", "mcp_protocol_version": "2025-11-25"}),
        *(200, None),
    ),
    "another legacy revision": (
        *("POST", PING, {"session": "$", "mcp_protocol_version": "2025-03-26"}),
        *(200, None),
    ),
    "a revision that nobody knows": (
        *("POST", PING, {"session": "$", "mcp_protocol_version": "1999-01-01"}),
        *(400, -32602),
    ),
    "a notification of such a revision": (
        *("POST", INITIALIZED, {"session": "$", "mcp_protocol_version": "1999-01-01"}),
        *(400, -32022),
    ),
    "GET of such a revision": (
        *("GET", None, {"session": "$", "mcp_protocol_version": "1999-01-01"}),
        *(400, -32022),
    ),
    "DELETE of such a revision": (
        *("DELETE", None, {"session": "$", "mcp_protocol_version": "x"}),
        *(400, -32022),
    ),
    # ---- the stateless era
    "GET of the stateless era": ("GET", None, {"mcp_protocol_version": MODERN}, 405, -32600),
    "DELETE of the stateless era": (
        *("DELETE", None, {"session": "$", "mcp_protocol_version": MODERN}),
        *(405, -32600),
    ),
    "a stateless request": ("POST", LIST, LIST_HEADERS, 200, None),
    "a stateless request in a session": ("POST", LIST, {"session": "$", **LIST_HEADERS}, 200, None),
    "its body alone makes it one": ("POST", LIST, {"mcp_method": "tools/list"}, 400, -32020),
    "its header alone makes it one": (
        *("POST", request(1, "tools/list"), LIST_HEADERS),
        *(400, -32602),
    ),
    "initialize with its header": (
        *("POST", opening(), {"mcp_protocol_version": MODERN}),
        *(400, -32602),
    ),
}


@pytest.mark.parametrize(
    ("method", "body", "headers", "status", "code"), REQUESTS.values(), ids=REQUESTS
)
async def test_a_request_is_answered(
    method: str, body: Any, headers: dict[str, str], status: int, code: int | None
) -> None:
    async with streamable(talkative()) as site:
        sent = dict(headers)
        if sent.get("session") == "$":
            sent["session"] = await site.greet()
        answer = await site.ask(method, body, **sent)
        assert answer.status == status, answer
        if code is not None:
            assert answer.code == code
        elif status == 202:
            assert (answer.body, answer.headers.get("content-type")) == (b"", None)
        elif answer.messages:
            assert "result" in answer.messages[0]


async def test_what_is_not_allowed_says_what_is() -> None:
    async with streamable(talkative()) as site:
        answer = await site.ask("PUT")
        assert answer.headers["allow"] == "GET, POST, DELETE"
        answer = await site.ask("GET", mcp_protocol_version=MODERN)
        assert answer.headers["allow"] == "POST"


FORMS: dict[str, tuple[str, str]] = {
    "both": (BOTH, JSON_ONLY),
    "JSON": (JSON_ONLY, JSON_ONLY),
    "a stream": (STREAM_ONLY, STREAM_ONLY),
    "anything": ("*/*", JSON_ONLY),
    "anything but JSON": ("*/*, application/json;q=0", STREAM_ONLY),
}


@pytest.mark.parametrize("is_modern", [False, True], ids=["in a session", "stateless"])
@pytest.mark.parametrize(("accept", "form"), FORMS.values(), ids=FORMS)
async def test_an_answer_comes_in_a_form_that_the_client_takes(
    accept: str, form: str, is_modern: bool
) -> None:
    async with streamable(talkative()) as site:
        message, headers = call(1, "say", text="x"), {"session": await site.greet(accept=accept)}
        if is_modern:
            message, headers = stateless(message)
        answer = await site.post(message, accept=accept, **headers)
        assert answer.headers["content-type"] == form
        (told,) = answer.messages
        assert said(told) == "x"
        failed = await site.post(call(2, "none"), accept=accept, session=await site.greet())
        assert failed.headers["content-type"] == form
        assert failed.code == -32602


async def test_an_error_with_a_status_of_its_own_is_json_for_everyone() -> None:
    async with streamable(talkative()) as site:
        message, headers = stateless(request(1, "none"))
        answer = await site.post(message, accept=STREAM_ONLY, **headers)
        assert (answer.status, answer.code) == (404, -32601)
        assert answer.headers["content-type"] == JSON_ONLY


async def test_a_page_may_read_what_it_is_answered() -> None:
    async with streamable(talkative(), access=TOKENS) as site:
        # A browser asks without credentials whether it may ask.
        asked = await site.ask(
            "OPTIONS", origin=ORIGIN, access_control_request_headers="mcp-session-id, content-type"
        )
        assert asked.status == 204
        assert asked.headers["access-control-allow-headers"] == "mcp-session-id, content-type"
        refused = await site.post(opening(), origin=ORIGIN)
        assert refused.status == 401
        assert_readable(refused)
        held: dict[str, Any] = {"origin": ORIGIN, "authorization": f"Bearer {TOKEN}"}
        session = await site.greet(**held)
        rows: list[tuple[str, Any, dict[str, str], int]] = [
            ("POST", opening(), {}, 200),
            ("POST", PING, {}, 400),
            ("POST", PING, {"session": session}, 200),
            ("POST", INITIALIZED, {"session": session}, 202),
            ("POST", call(1, "chat", progress=1, name="x"), {"session": session}, 200),
            ("POST", b"{", {}, 400),
            ("POST", PING, {"accept": "text/html"}, 406),
            ("POST", PING, {"content_type": "text/html"}, 415),
            ("POST", LIST, LIST_HEADERS, 200),
            ("POST", LIST, {"mcp_method": "x"}, 400),
            ("GET", None, {"session": session, "last_event_id": "x"}, 400),
            ("PUT", None, {}, 405),
            ("DELETE", None, {"session": session}, 204),
            ("DELETE", None, {"session": session}, 404),
        ]
        for method, body, headers, status in rows:
            answer = await site.ask(method, body, **held, **headers)
            assert answer.status == status
            assert_readable(answer)


def assert_readable(answer: Answer) -> None:
    assert answer.headers["access-control-allow-origin"] == ORIGIN
    assert "Mcp-Session-Id" in answer.headers["access-control-expose-headers"]


@pytest.mark.parametrize("method", ["GET", "POST", "DELETE", "PUT", "OPTIONS"])
async def test_who_may_not_ask_learns_nothing_else(method: str) -> None:
    async with streamable(talkative(), access=TOKENS) as site:
        answer = await site.ask(method, b"{" if method == "POST" else None, session="x")
        assert answer.status == 401
        assert answer.headers["www-authenticate"].startswith("Bearer resource_metadata=")
        assert "access-control-allow-origin" not in answer.headers


async def test_a_listener_that_others_reach_takes_any_name_and_no_page() -> None:
    async with streamable(talkative(), guard=Guard(is_loopback=False)) as site:
        assert (await site.post(opening(), Host="mcp.example.com")).status == 200
        answer = await site.post(opening(), Host="mcp.example.com", origin="http://localhost")
        assert answer.status == 403


async def test_a_session_may_ask_statelessly_too() -> None:
    async with streamable(talkative()) as site:
        session = await site.greet("2025-03-26")
        message, headers = stateless(call(1, "say", text="x"))
        told = (await site.post(message, session=session, **headers)).json
        assert told["result"]["resultType"] == "complete"
        assert told["result"]["_meta"][PREFIX + "serverInfo"]["name"] == "tested"
        told = (await site.post(call(1, "say", text="x"), session=session)).json
        assert "resultType" not in told["result"]


async def test_a_body_that_names_a_revision_of_the_past_is_not_served_by_it() -> None:
    async with streamable(talkative()) as site:
        message = request(1, "tools/list", _meta=meta(protocolVersion="2025-11-25"))
        headers = {"mcp_protocol_version": "2025-11-25", "mcp_method": "tools/list"}
        answer = await site.post(message, **headers)
        assert (answer.status, answer.code) == (400, -32022)
