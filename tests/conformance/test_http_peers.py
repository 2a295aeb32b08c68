"""Both peers over HTTP, and the client below them, on a server that is told what to answer."""

import json
import ssl
from collections.abc import Iterator, Sequence
from typing import Any

import anyio
import pytest
import trustme

from tests.conformance.web import HOLD, Received, accepted, document, head, result, stream, web
from tests.victoriatraces.peer import peer, sized
from vtmcp.conformance import http_client, http_peer, sse_peer
from vtmcp.conformance.http_client import Address, address_of, exchange
from vtmcp.conformance.http_headers import Standing, encoded, headers_for, session_headers
from vtmcp.conformance.peer import PeerClosedError, Refused
from vtmcp.conformance.targets import HttpTarget, SseTarget, StdioTarget

pytestmark = pytest.mark.anyio

REQUEST = b'{"jsonrpc":"2.0","id":1,"method":"m"}'

NOTICE = b'{"jsonrpc":"2.0","method":"notifications/x"}'

META = {"io.modelcontextprotocol/protocolVersion": "2026-07-28"}

MODERN = json.dumps({"id": 1, "method": "m", "params": {"_meta": META}}).encode()

INITIALIZE = b'{"id":0,"method":"initialize","params":{"protocolVersion":"2025-11-25"}}'

INITIALIZED = b'{"method":"notifications/initialized"}'

ERROR = {"jsonrpc": "2.0", "error": {"code": -32600, "message": "no"}}


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


ADDRESSES = {
    "http://localhost:8000/mcp": Address("http", "localhost", 8000, "/mcp"),
    "http://example.com": Address("http", "example.com", 80, "/"),
    "https://[::1]/a?b=c": Address("https", "::1", 443, "/a?b=c"),
}


@pytest.mark.parametrize(("url", "address"), ADDRESSES.items())
def test_an_address_is_read(url: str, address: Address) -> None:
    assert address_of(url) == address


@pytest.mark.parametrize("url", ["", "ftp://example.com", "http://", "localhost:8000"])
def test_what_is_no_address_is_refused(url: str) -> None:
    with pytest.raises(ValueError, match="is not an"):
        address_of(url)


def test_an_address_knows_its_names() -> None:
    assert address_of("http://[::1]:8000/mcp").origin == "http://[::1]:8000"
    assert address_of("https://example.com/mcp").authority == "example.com"
    loopback = ["http://localhost/", "http://127.0.0.2/", "http://[::1]/", "http://10.0.0.1/"]
    assert [address_of(url).is_loopback for url in loopback] == [True, True, True, False]


def test_references_are_resolved_and_those_to_other_servers_are_not() -> None:
    address = address_of("http://example.com/base/sse")
    references = ["/message?a=1", "message", "http://example.com/x", "http://evil.example/x"]
    found = [address.path_of(one) for one in references]
    assert found == ["/message?a=1", "/base/message", "/x", ""]


async def test_a_request_gets_its_answer() -> None:
    def answer(received: Received) -> Sequence[bytes]:
        return [b"HTTP/1.1 100 Continue\r\n\r\n", *document({"a": 1}, x_many="1", X_Many="2")]

    async with (
        web(answer) as server,
        exchange(address_of(server.origin), "POST", "/mcp", {"A": "b"}, b"body") as reply,
    ):
        body = await reply.body()
    assert (reply.status, reply.media_type, body) == (200, "application/json", b'{"a": 1}')
    assert reply.headers["x-many"] == "1, 2"
    (received,) = server.received
    assert (received.method, received.path, received.body) == ("POST", "/mcp", b"body")
    assert received.headers["a"] == "b"


BROKEN: dict[str, list[bytes]] = {
    "nothing": [b""],
    "what is not HTTP": [b"hello\r\n\r\n"],
    "an end within the body": [head(content_length="10"), b"half"],
}


@pytest.mark.parametrize("parts", BROKEN.values(), ids=BROKEN.keys())
async def test_what_is_broken_off_is_told(parts: list[bytes]) -> None:
    async with web(lambda received: parts) as server:
        with pytest.raises(PeerClosedError):
            async with exchange(address_of(server.origin), "GET", "/", {}, b"") as reply:
                await reply.body()


async def test_a_body_without_end_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(http_client, "BODY_BYTES_MAX", 3)
    async with web(lambda received: document({"a": 1})) as server:
        with pytest.raises(PeerClosedError, match="longer than 3 bytes"):
            async with exchange(address_of(server.origin), "GET", "/", {}, b"") as reply:
                await reply.body()


async def test_what_http_cannot_say_is_told() -> None:
    with pytest.raises(PeerClosedError, match="cannot say this"):
        async with exchange(address_of("http://a/"), "GET", "/", {"A": "b\nc"}, b""):
            pass


async def test_a_server_that_is_not_there_is_told() -> None:
    async with web(lambda received: []) as server:
        address = address_of(server.origin)
    with pytest.raises(PeerClosedError, match="cannot connect"):
        async with exchange(address, "GET", "/", {}, b""):
            pass
    with pytest.raises(PeerClosedError, match="cannot connect"):
        async with exchange(address._replace(scheme="https"), "GET", "/", {}, b""):
            pass


@pytest.fixture
def tls(monkeypatch: pytest.MonkeyPatch) -> Iterator[ssl.SSLContext]:
    """Of a server whose authority `SSL_CERT_FILE` names."""
    authority = trustme.CA()
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    authority.issue_cert("127.0.0.1").configure_cert(context)
    with authority.cert_pem.tempfile() as path:
        monkeypatch.setenv("SSL_CERT_FILE", path)
        yield context


async def test_a_certificate_is_judged_by_the_authorities_of_the_environment(
    tls: ssl.SSLContext, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with peer((sized(b"{}"),), tls=tls) as server:
        address = address_of(server.url.replace("http:", "https:"))
        async with exchange(address, "GET", "/", {}, b"") as reply:
            assert await reply.body() == b"{}"
        # Without the variable, certifi's are, and ours is none of them.
        monkeypatch.delenv("SSL_CERT_FILE")
        with pytest.raises(PeerClosedError, match="cannot connect"):
            async with exchange(address, "GET", "/", {}, b""):
                pass
        monkeypatch.setenv("SSL_CERT_FILE", __file__)
        with pytest.raises(PeerClosedError, match="SSL_CERT_FILE names holds no certificate"):
            async with exchange(address, "GET", "/", {}, b""):
                pass


SESSION = Standing(is_modern=False, session_id="s", version="2025-11-25")

HEADERS: dict[str, tuple[Any, Standing, dict[str, str]]] = {
    "a session's request": (
        {"id": 1, "method": "m"},
        SESSION,
        {"Mcp-Session-Id": "s", "MCP-Protocol-Version": "2025-11-25"},
    ),
    "an early session's request": (
        {"id": 1, "method": "m"},
        SESSION._replace(version="2025-03-26"),
        {"Mcp-Session-Id": "s"},
    ),
    "a handshake": ({"id": 1, "method": "initialize"}, SESSION, {}),
    "what cannot be read": (None, Standing(is_modern=False), {}),
    "a request of 2026-07-28": (
        {"id": 1, "method": "tools/call", "params": {"name": "n", "_meta": META}},
        SESSION,
        {"MCP-Protocol-Version": "2026-07-28", "Mcp-Method": "tools/call", "Mcp-Name": "n"},
    ),
    "a request that lacks its keys": (
        {"id": 1, "method": "tools/list"},
        Standing(is_modern=True),
        {"MCP-Protocol-Version": "2026-07-28", "Mcp-Method": "tools/list"},
    ),
    "an address of other letters": (
        {"id": 1, "method": "resources/read", "params": {"uri": "a:é", "_meta": META}},
        SESSION,
        {
            **{"MCP-Protocol-Version": "2026-07-28", "Mcp-Method": "resources/read"},
            "Mcp-Name": "=?base64?YTrDqQ==?=",
        },
    ),
    "a method that is no text": (
        {"id": 1, "method": 5, "params": {"_meta": META}},
        SESSION,
        {"MCP-Protocol-Version": "2026-07-28"},
    ),
}


@pytest.mark.parametrize(("said", "standing", "wanted"), HEADERS.values(), ids=HEADERS.keys())
def test_a_message_carries_its_headers(
    said: Any, standing: Standing, wanted: dict[str, str]
) -> None:
    always = {
        "Content-Type": "application/json",
        "Accept": "application/json, text/event-stream",
    }
    assert headers_for(said, standing) == {**always, **wanted}


def test_before_the_handshake_there_is_no_session() -> None:
    assert session_headers(Standing(is_modern=False)) == {}


ENCODED = {
    "plain": "plain",
    " padded": "=?base64?IHBhZGRlZA==?=",
    "two\nlines": "=?base64?dHdvCmxpbmVz?=",
    "=?base64?literal?=": "=?base64?PT9iYXNlNjQ/bGl0ZXJhbD89?=",
}


@pytest.mark.parametrize(("value", "wanted"), ENCODED.items())
def test_a_value_is_encoded_where_it_must_be(value: str, wanted: str) -> None:
    assert encoded(value) == wanted


TAKEN: dict[str, tuple[bytes, Sequence[bytes], Any]] = {
    "a document": (REQUEST, document({"id": 1}), {"id": 1}),
    "a stream": (REQUEST, stream({"id": 1}), {"id": 1}),
    "an error that names the request": (
        REQUEST,
        document({**ERROR, "id": 1}, 404),
        {**ERROR, "id": 1},
    ),
    "an error for what has no id": (b"{}", document(ERROR, 400), ERROR),
    "an error for what cannot be read": (b"{", document(ERROR, 400), ERROR),
    "an error that names nothing": (REQUEST, document(ERROR, 400), 400),
    "an error of another name": (REQUEST, document({**ERROR, "id": "server"}, 400), 400),
    "a refusal in plain words": (REQUEST, [head(400, content_length="2"), b"no"], 400),
    "an acknowledgement of a request": (REQUEST, accepted(), 202),
}


@pytest.mark.parametrize(("said", "parts", "wanted"), TAKEN.values(), ids=TAKEN.keys())
async def test_an_answer_is_taken(said: bytes, parts: Sequence[bytes], wanted: Any) -> None:
    async with (
        web(lambda received: parts) as server,
        http_peer.opened(address_of(server.origin), {}, is_modern=False, listens=False) as peer,
    ):
        await peer.send(said)
        with anyio.fail_after(5):
            came = await peer.receive()
    if isinstance(came, Refused):
        assert came.status == wanted
        assert f"HTTP {wanted}" in str(came)
    else:
        assert json.loads(came) == wanted


@pytest.mark.parametrize("parts", [accepted(), accepted(200), document(ERROR, 400), document({})])
async def test_what_is_said_of_a_notification_is_no_message(parts: Sequence[bytes]) -> None:
    def answer(received: Received) -> Sequence[bytes]:
        return parts if received.body == NOTICE else document({"id": 1})

    async with (
        web(answer) as server,
        http_peer.opened(address_of(server.origin), {}, is_modern=False, listens=False) as peer,
    ):
        await peer.send(NOTICE)
        await peer.send(REQUEST)
        received = [await peer.receive()]
        if parts == document({}):
            received.append(await peer.receive())
    assert b'{"id": 1}' in received


async def test_the_sessions_headers_are_carried_and_at_the_end_it_is_deleted() -> None:
    def answer(received: Received) -> Sequence[bytes]:
        if received.message.get("method") == "initialize":
            hello = result(received, protocolVersion="2025-11-25")
            return document(hello, mcp_session_id="the-session")
        if received.method == "GET":
            return stream(b"id: 7\ndata:\n\n", {"method": "notifications/told"}, HOLD)
        return accepted()

    async with (
        web(answer) as server,
        http_peer.opened(
            address_of(f"{server.origin}/mcp"), {"X-Key": "k"}, is_modern=False, listens=True
        ) as peer,
    ):
        await peer.send(INITIALIZE)
        await peer.receive()
        await peer.send(INITIALIZED)
        assert b"told" in bytes(str(await peer.receive()), "utf-8")
        assert (peer.offers_stream, peer.offers_event_ids) == (True, True)
        await peer.close_input()
        with pytest.raises(PeerClosedError):
            await peer.receive()
        assert peer.last_words() == []
    first, *others = server.received
    assert "mcp-session-id" not in first.headers
    assert [one.method for one in others] == ["POST", "GET", "DELETE"]
    assert {one.headers["mcp-session-id"] for one in others} == {"the-session"}
    assert {one.headers["x-key"] for one in server.received} == {"k"}


async def test_a_server_without_a_stream_for_what_belongs_to_no_request_is_borne() -> None:
    async with (
        web(lambda received: accepted(405) if received.method == "GET" else accepted()) as server,
        http_peer.opened(address_of(server.origin), {}, is_modern=False, listens=True) as peer,
    ):
        await peer.send(INITIALIZED)
        assert not peer.offers_stream


async def test_a_stream_that_breaks_off_is_written_down() -> None:
    async with (
        web(lambda received: [b"no HTTP"] if received.method == "GET" else accepted()) as server,
        http_peer.opened(address_of(server.origin), {}, is_modern=False, listens=True) as peer,
    ):
        await peer.send(INITIALIZED)
        assert "does not speak HTTP" in peer.transcript[-1]


async def test_the_end_of_a_session_that_cannot_be_told_is_no_harm() -> None:
    async with (
        web(lambda received: [b"no HTTP"]) as server,
        http_peer.opened(address_of(server.origin), {}, is_modern=False, listens=False) as peer,
    ):
        assert await peer.end_session(SESSION) == 0


async def test_a_broken_answer_is_told() -> None:
    async with (
        web(lambda received: [b"no HTTP"]) as server,
        http_peer.opened(address_of(server.origin), {}, is_modern=False, listens=False) as peer,
    ):
        await peer.send(REQUEST)
        with pytest.raises(PeerClosedError):
            await peer.receive()


async def test_in_the_modern_era_a_request_is_cancelled_by_closing_its_answer() -> None:
    cancel = b'{"method":"notifications/cancelled","params":{"requestId":%s}}'
    async with (
        web(lambda received: stream(HOLD) if received.body == MODERN else accepted()) as server,
        http_peer.opened(address_of(server.origin), {}, is_modern=True, listens=False) as peer,
    ):
        await peer.send(MODERN)
        await peer.send(cancel % b'"1"')
        await peer.send(cancel % b"1")
        with anyio.fail_after(5):
            await server.has_closed.wait()
        await peer.send(cancel % b"1")
    assert [one.body for one in server.received] == [MODERN, cancel % b'"1"', cancel % b"1"]


async def test_what_a_server_breaks_off_on_purpose_is_asked_for_again() -> None:
    def answer(received: Received) -> Sequence[bytes]:
        if received.message.get("method") == "initialize":
            return document(result(received, protocolVersion="2025-11-25"))
        if received.method == "GET":
            return stream({"id": 1, "result": {}})
        return stream(b"id: 9\nretry: 1\ndata:\n\n")

    async with (
        web(answer) as server,
        http_peer.opened(address_of(server.origin), {}, is_modern=False, listens=False) as peer,
    ):
        await peer.send(INITIALIZE)
        await peer.receive()
        await peer.send(REQUEST)
        with anyio.fail_after(5):
            assert json.loads(str(await peer.receive(), "utf-8")) == {"id": 1, "result": {}}  # type: ignore[arg-type]
    assert server.received[-1].headers["last-event-id"] == "9"


async def test_a_server_that_does_not_give_the_rest_is_not_asked_for_ever() -> None:
    def answer(received: Received) -> Sequence[bytes]:
        if received.message.get("method") == "initialize":
            return document(result(received, protocolVersion="2025-11-25"))
        if received.method == "GET":
            return accepted(404)
        return stream(b"id: 9\ndata:\n\n")

    async with (
        web(answer) as server,
        http_peer.opened(address_of(server.origin), {}, is_modern=False, listens=False) as peer,
    ):
        await peer.send(INITIALIZE)
        await peer.receive()
        await peer.send(REQUEST)
    assert [one.method for one in server.received] == ["POST", "POST", "GET"]


async def test_a_batch_is_answered_message_by_message_or_as_one() -> None:
    batch = b'[{"id":1,"method":"m"},{"method":"n"}]'
    async with (
        web(lambda received: document([{"id": 1, "result": {}}])) as server,
        http_peer.opened(address_of(server.origin), {}, is_modern=False, listens=False) as peer,
    ):
        await peer.send(batch)
        assert await peer.receive() == b'[{"id": 1, "result": {}}]'


def old(received: Received) -> Sequence[bytes]:
    """A server of HTTP+SSE that says one thing."""
    if received.method == "GET":
        return stream(b"event: endpoint\ndata: /message?s=1\n\n", {"id": 1}, HOLD)
    return document(b"no", 400) if received.body == b"{" else accepted()


async def test_over_sse_messages_go_to_the_address_that_the_stream_began_with() -> None:
    async with (
        web(old) as server,
        sse_peer.opened(address_of(f"{server.origin}/sse"), {"X-Key": "k"}) as peer,
    ):
        await peer.send(REQUEST)
        assert await peer.receive() == b'{"id": 1}'
        await peer.send(b"{")
        assert await peer.receive() == Refused(400, "no", is_modern=False)
        await peer.close_input()
        with pytest.raises(PeerClosedError):
            await peer.receive()
        assert peer.last_words() == []
    assert [one.path for one in server.received] == ["/sse", "/message?s=1", "/message?s=1"]
    assert {one.headers["x-key"] for one in server.received} == {"k"}


@pytest.mark.parametrize(
    "parts",
    [accepted(404), stream(b"data: {}\n\n"), stream(b"event: endpoint\ndata: http://a.b/c\n\n")],
)
async def test_without_such_an_address_nothing_can_be_said(parts: Sequence[bytes]) -> None:
    async with (
        web(lambda received: parts) as server,
        sse_peer.opened(address_of(server.origin), {}) as peer,
    ):
        with pytest.raises(PeerClosedError, match="endpoint"):
            await peer.send(REQUEST)


async def test_a_stream_that_is_not_http_is_written_down() -> None:
    async with (
        web(lambda received: [b"no HTTP"]) as server,
        sse_peer.opened(address_of(server.origin), {}) as peer,
    ):
        assert "does not speak HTTP" in peer.transcript[-1]


async def test_what_a_server_on_http_offers_is_learnt() -> None:
    def answer(received: Received) -> Sequence[bytes]:
        if "authorization" not in received.headers:
            return accepted(401)
        if received.message.get("method") == "initialize":
            return document(result(received, protocolVersion="2025-11-25"), mcp_session_id="s")
        if received.method == "GET":
            return stream(b"id: 1\ndata:\n\n", HOLD)
        return accepted(200 if received.method == "DELETE" else 202)

    async with web(answer) as server:
        target = HttpTarget(address_of(server.origin), {"Authorization": "Bearer t"})
        async with target.opened("2025-11-25", listens=True) as peer:
            await peer.send(INITIALIZE)
            await peer.receive()
            await peer.send(INITIALIZED)
            found = await target.facts(peer)
    assert found == {"sessions", "get stream", "event ids", "delete", "auth", "loopback"}


async def test_a_server_may_offer_none_of_it() -> None:
    async with web(lambda received: document({"id": 1})) as server:
        target = HttpTarget(address_of(server.origin), {})
        async with target.opened("2026-07-28", listens=True) as peer:
            assert await target.facts(peer) == {"loopback"}


async def test_over_sse_it_is_learnt_whether_a_token_is_needed() -> None:
    def guarded(received: Received) -> Sequence[bytes]:
        return old(received) if "authorization" in received.headers else accepted(401)

    for answer, wanted in ((old, {"loopback"}), (guarded, {"loopback", "auth"})):
        async with web(answer) as server:
            target = SseTarget(address_of(server.origin), {"Authorization": "Bearer t"})
            async with target.opened("2024-11-05", listens=True) as peer:
                assert await target.facts(peer) == wanted


async def test_over_stdio_there_is_nothing_to_learn() -> None:
    target = StdioTarget(["true"], exit_s=1)
    async with target.opened("2024-11-05", listens=True) as peer:
        assert await target.facts(peer) == set()
