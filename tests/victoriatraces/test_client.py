"""The client against a real server on loopback that keeps to HTTP, or does not."""

import gzip
import socket
import ssl
import warnings
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import Any

import anyio
import anyio.to_thread
import pytest
import trustme

from tests.victoriatraces.peer import CLOSE, FLOOD, LISTEN, Peer, Step, chunk, gzipped, head, peer
from tests.victoriatraces.peer import sized as ok
from tests.victoriatraces.resolver import resolving
from vtmcp.traces.model import SourceError
from vtmcp.victoriatraces import client as client_module
from vtmcp.victoriatraces import dialling
from vtmcp.victoriatraces.client import Client
from vtmcp.victoriatraces.connection import HEAD_BYTES_MAX
from vtmcp.victoriatraces.requests import HttpRequest
from vtmcp.victoriatraces.response import HttpResponse
from vtmcp.victoriatraces.settings import Settings

pytestmark = pytest.mark.anyio

BODY = b'{"data":["a"]}'
LARGE = b'{"data":["' + b"x" * 300_000 + b'"]}'
JSON = "Content-Type: application/json"
CHUNKED = "Transfer-Encoding: chunked"
BOMB = gzip.compress(bytes(30_000_000))
KEPT = (ok(BODY),)
SHORT_S = 0.05
"""A time limit that a test waits for."""
PATIENCE = 5
"""How much longer a limit is where a call must also succeed within it, on a busy machine."""


@asynccontextmanager
async def client_of(url: str, **settings: Any) -> AsyncIterator[Client]:
    made = Client(Settings(entrypoint=url, **settings))
    try:
        with anyio.fail_after(5):
            yield made
    finally:
        await made.aclose()


def request(*headers: tuple[str, str], target: str = "/x") -> HttpRequest:
    return HttpRequest("GET", target, (("Host", "db"), *headers))


async def ask(*script: tuple[Step, ...], calls: int = 1, **settings: Any) -> HttpResponse:
    """Return the last of several answers that come one after the other."""
    async with peer(*script) as server, client_of(server.url, **settings) as client:
        for _ in range(calls - 1):
            await client.send(request())
        return await client.send(request())


ANSWERS: dict[str, tuple[tuple[Step, ...], int, bytes]] = {
    "with a length": ((ok(BODY),), 200, BODY),
    "with a length, in pieces": (
        tuple(ok(BODY)[at : at + 1] for at in range(len(ok(BODY)))),
        200,
        BODY,
    ),
    "chunked": (
        (head(200, JSON, CHUNKED), chunk(BODY[:5]), chunk(BODY[5:]), chunk(b"")),
        200,
        BODY,
    ),
    "compressed": ((gzipped(LARGE),), 200, LARGE),
    "compressed and chunked": (
        (
            head(200, JSON, CHUNKED, "Content-Encoding: gzip"),
            chunk(gzip.compress(BODY)),
            chunk(b""),
        ),
        200,
        BODY,
    ),
    "large": ((ok(LARGE),), 200, LARGE),
    "up to the end of the connection": ((head(200, JSON), BODY, CLOSE), 200, BODY),
    "of HTTP/1.0": ((b"HTTP/1.0 200 OK\r\n\r\n" + BODY, CLOSE), 200, BODY),
    "after a word of patience": ((head(102), head(103, "Link: x"), ok(BODY)), 200, BODY),
    "that failed": ((ok(b"no", status=400),), 400, b"no"),
    "without a body": ((head(204),), 204, b""),
    "that points elsewhere, not followed": (
        (head(302, "Location: http://127.0.0.1:1/", "Content-Length: 0"),),
        302,
        b"",
    ),
}


@pytest.mark.parametrize(("steps", "status", "body"), ANSWERS.values(), ids=ANSWERS)
async def test_an_answer_is_read(steps: tuple[Step, ...], status: int, body: bytes) -> None:
    response = await ask(steps)
    assert (response.status, response.body) == (status, body)


async def test_the_head_of_an_answer_is_kept() -> None:
    response = await ask((ok(BODY, "X-Some: \xe9"),))
    assert response.header("content-type") == "application/json"
    assert response.header("x-some")


async def test_what_is_sent_is_what_was_built() -> None:
    async with peer(KEPT) as server, client_of(server.url) as client:
        await client.send(request(("AccountID", "7"), ("X-Q", "caf\xe9"), target="/a%2Fb?c=d"))
    (seen,) = server.requests
    assert (seen.method, seen.target) == (b"GET", b"/a%2Fb?c=d")
    assert list(seen.headers) == [
        (b"host", b"db"),
        (b"accountid", b"7"),
        (b"x-q", "caf\xe9".encode()),
    ]


SMALL = {"response_bytes_max": 1_000}
CLOSED = "closed the connection before its answer was whole"
FIRST = {"first_byte_timeout_s": SHORT_S}
READ = {"read_timeout_s": SHORT_S}
TOTAL = {"total_timeout_s": SHORT_S}

FAILURES: dict[str, tuple[tuple[Step, ...], dict[str, Any], str]] = {
    "closed before any byte": ((CLOSE,), {}, CLOSED),
    "closed within the head": ((b"HTTP/1.1 200 OK\r\nConte", CLOSE), {}, CLOSED),
    "closed within a body with a length": ((ok(LARGE)[:-1], CLOSE), {}, CLOSED),
    "closed within a chunk": ((head(200, CHUNKED), b"ff\r\nabc", CLOSE), {}, CLOSED),
    "closed before the last chunk": ((head(200, CHUNKED), chunk(BODY), CLOSE), {}, CLOSED),
    "compressed, and cut off": (
        (head(200, "Content-Encoding: gzip"), gzip.compress(LARGE)[:-9], CLOSE),
        {},
        "cannot be read: its gzip data breaks off",
    ),
    "damaged": ((ok(BODY, "Content-Encoding: gzip"),), {}, "its gzip data is damaged"),
    "compressed otherwise": ((ok(BODY, "Content-Encoding: br"),), {}, "that was not asked for"),
    "garbage": ((b"\x15\x03\x01\x00\x02\x02\x46 not HTTP\r\n\r\n",), {}, "in valid HTTP"),
    "a protocol that was not asked for": ((head(101, "Upgrade: x"),), {}, "in valid HTTP"),
    "a chunk of no length": ((head(200, CHUNKED), b"zz\r\n"), {}, "in valid HTTP"),
    "headers without end": (
        (head(200)[:-2], b"X-A: " + b"a" * 1_000 + b"\r\n", FLOOD),
        {},
        "headers that are too large",
    ),
    "a body above the bound": ((ok(LARGE),), SMALL, r"more than 1000 bytes \(VT_MAX_RESPONSE"),
    "a bomb": (
        (ok(BOMB, "Content-Encoding: gzip"),),
        {"response_bytes_max": 1_000_000},
        "more than 1000000 bytes",
    ),
    "a body without end": (
        (head(200), b"x" * 10_000, FLOOD),
        {"response_bytes_max": 1_000_000},
        "more than 1000000 bytes",
    ),
    "silence": ((LISTEN,), FIRST, r"sent nothing within 0.05 s \(VT_FIRST_BYTE_TIMEOUT\)"),
    "silence within the head": ((b"HTTP/1.1 2", LISTEN), READ, r"sent no more .*\(VT_READ_TIMEOUT"),
    "silence within the body": ((ok(BODY)[:-1], LISTEN), READ, r"\(VT_READ_TIMEOUT\)"),
    "an answer without end, in time for each byte": (
        (head(200), b"x", FLOOD),
        TOTAL,
        r"did not finish its answer within 0.05 s \(VT_TOTAL_TIMEOUT\)",
    ),
    "compressed pieces without end that hold nothing": (
        (head(200, "Content-Encoding: gzip"), gzip.compress(b"") * 3_000, FLOOD),
        {"response_bytes_max": 1_000_000},
        "more than 1000000 bytes",
    ),
    "silence for longer than everything may take": ((LISTEN,), TOTAL, r"\(VT_TOTAL_TIMEOUT\)"),
    "words of patience without end": (
        (head(102), FLOOD),
        TOTAL,
        r"did not finish its answer within 0.05 s \(VT_TOTAL_TIMEOUT\)",
    ),
}


@pytest.mark.parametrize(("steps", "settings", "complaint"), FAILURES.values(), ids=FAILURES)
async def test_a_failure_is_told(
    steps: tuple[Step, ...], settings: dict[str, Any], complaint: str
) -> None:
    with pytest.raises(SourceError, match=f"^VictoriaTraces at 127.0.0.1 port .*{complaint}"):
        await ask(steps, **settings)


@pytest.mark.parametrize(
    ("steps", "settings"), [row[:2] for row in FAILURES.values()], ids=FAILURES
)
async def test_after_a_failure_the_next_call_has_a_new_connection(
    steps: tuple[Step, ...], settings: dict[str, Any]
) -> None:
    limits = {
        name: limit * (PATIENCE if name.endswith("_s") else 1) for name, limit in settings.items()
    }
    async with (
        peer(steps, KEPT) as server,
        client_of(server.url, connections_max=1, **limits) as client,
    ):
        with pytest.raises(SourceError):
            await client.send(request())
        assert (await client.send(request())).body == BODY
        assert server.opened == 2


def test_the_bound_on_a_head_is_above_what_proxies_send() -> None:
    assert HEAD_BYTES_MAX == 65_536


REUSE: dict[str, tuple[list[tuple[Step, ...]], int, int]] = {
    "a connection serves again": ([KEPT], 3, 1),
    "also after a refusal": ([(ok(b"no", status=400),), KEPT], 2, 1),
    "also after a chunked answer": (
        [(head(200, CHUNKED), chunk(BODY), chunk(b"")), KEPT],
        2,
        1,
    ),
    "not when it said that it closes": ([(ok(BODY, "Connection: close"),), KEPT], 2, 2),
    "not when the end was the end of the answer": ([(head(200), BODY, CLOSE), KEPT], 2, 2),
    "not when more came than was asked for": ([(ok(BODY) + ok(b"evil"),), KEPT], 2, 2),
    "one that closes at the next request is replaced": ([KEPT, (CLOSE,), KEPT], 2, 2),
}


@pytest.mark.parametrize(("script", "calls", "opened"), REUSE.values(), ids=REUSE)
async def test_connections_are_reused(
    script: list[tuple[Step, ...]], calls: int, opened: int
) -> None:
    async with peer(*script) as server, client_of(server.url) as client:
        for _ in range(calls):
            assert (await client.send(request())).body in (BODY, b"no")
        assert server.opened == opened


async def test_a_connection_closed_while_idle_is_replaced_without_a_word() -> None:
    script = [(ok(BODY), CLOSE), KEPT]
    async with peer(*script) as server, client_of(server.url) as client:
        await client.send(request())
        await server.hung_up.wait()
        assert (await client.send(request())).body == BODY
        assert server.targets == ["/x", "/x"]


async def test_a_connection_idle_for_long_is_not_used(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(client_module, "IDLE_S_MAX", 0.0)
    async with peer(KEPT) as server, client_of(server.url) as client:
        await client.send(request())
        await client.send(request())
        assert server.opened == 2


NO_SECOND_TRY: dict[str, list[tuple[Step, ...]]] = {
    "a second time": [KEPT, (CLOSE,), (CLOSE,), KEPT],
    "after a part of the answer": [KEPT, (b"HTTP/1.1 2", CLOSE), KEPT],
    "after garbage": [KEPT, (b"garbage\r\n\r\n",), KEPT],
}


@pytest.mark.parametrize("script", NO_SECOND_TRY.values(), ids=NO_SECOND_TRY)
async def test_nothing_is_tried_again(script: list[tuple[Step, ...]]) -> None:
    with pytest.raises(SourceError, match=r"closed the connection|valid HTTP"):
        await ask(*script, calls=2)


async def test_calls_share_a_bounded_number_of_connections() -> None:
    gate = anyio.Event()
    async with (
        peer((gate, ok(BODY))) as server,
        client_of(server.url, connections_max=2) as client,
        anyio.create_task_group() as tasks,
    ):
        for _ in range(7):
            tasks.start_soon(client.send, request())
        await until(server, 2)
        await anyio.wait_all_tasks_blocked()
        assert (len(server.requests), server.open_now) == (2, 2)
        gate.set()
        await until(server, 7)
    assert (server.opened, server.open_most) == (2, 2)


async def test_a_call_that_gets_no_connection_in_time_says_so() -> None:
    async with (
        peer((LISTEN,)) as server,
        client_of(server.url, connections_max=1, total_timeout_s=SHORT_S) as client,
        anyio.create_task_group() as tasks,
    ):
        patient = Client(Settings(entrypoint=server.url, connections_max=1))
        patient._slots = client._slots  # It holds the only slot for longer than the other waits.
        tasks.start_soon(patient.send, request())
        await until(server, 1)
        with pytest.raises(SourceError, match="none of the 1 connections"):
            await client.send(request())
        tasks.cancel_scope.cancel()


async def test_cancelling_a_call_closes_its_connection_and_frees_its_place() -> None:
    async with peer((LISTEN,), KEPT) as server, client_of(server.url, connections_max=1) as client:
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(client.send, request())
            await until(server, 1)
            tasks.cancel_scope.cancel()
        await server.hung_up.wait()
        assert (await client.send(request())).body == BODY


async def test_closing_the_client_closes_what_is_idle() -> None:
    async with peer(KEPT) as server, client_of(server.url) as client:
        await client.send(request())
        await client.aclose()
        await server.hung_up.wait()


async def test_a_connection_in_use_closes_after_its_call() -> None:
    gate = anyio.Event()
    async with peer((gate, ok(BODY))) as server, client_of(server.url) as client:
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(client.send, request())
            await until(server, 1)
            await client.aclose()
            gate.set()
        await server.hung_up.wait()


async def test_a_header_that_cannot_be_sent_is_not_shown() -> None:
    async with peer(KEPT) as server, client_of(server.url) as client:
        with pytest.raises(SourceError, match="VT_INSTANCE_HEADERS") as caught:
            await client.send(request(("X-Key", "s3cret\r\nX-Evil: 1")))
    assert "s3cret" not in str(caught.value)
    assert server.requests == []


async def test_a_port_that_nobody_listens_on() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        async with client_of(f"http://127.0.0.1:{taken.getsockname()[1]}") as client:
            with pytest.raises(SourceError, match="refused the connection: nothing listens there"):
                await client.send(request())


async def test_a_name_that_cannot_be_one() -> None:
    async with client_of(f"https://{'a' * 64}.test") as client:
        with pytest.raises(SourceError, match="not found: the name is not known"):
            await client.send(request())


async def test_an_ipv6_address() -> None:
    try:
        async with peer(KEPT, host="::1") as server, client_of(f"http://[::1]:{server.port}") as it:
            assert (await it.send(request())).body == BODY
    except OSError:
        pytest.skip("this machine has no IPv6")


REBOUND: dict[str, tuple[dict[str, Any], list[list[str]], str]] = {
    "a link-local address": ({}, [["169.254.169.254"]], r"\(link-local\).*VT_ALLOWED_HOSTS"),
    "metadata in IPv6": ({}, [["fd00:ec2::254"]], r"\(cloud metadata\)"),
    "metadata in disguise": ({}, [["::ffff:169.254.169.254"]], r"\(IPv4 inside IPv6\)"),
    "no address": ({}, [["0.0.0.0"]], r"\(unspecified\)"),
    "an address that is not listed": (
        {"allowed_hosts": ("10.0.0.0/8",)},
        [["127.0.0.1"]],
        "VT_ALLOWED_HOSTS lists neither",
    ),
    "another machine over plain http": (
        {"allow_insecure": False},
        [["10.0.0.1"]],
        "set VT_ALLOW_INSECURE_ENTRYPOINT=1",
    ),
}


@pytest.mark.parametrize(("settings", "answers", "complaint"), REBOUND.values(), ids=REBOUND)
async def test_an_address_that_is_refused_is_never_connected_to(
    monkeypatch: pytest.MonkeyPatch,
    settings: dict[str, Any],
    answers: list[list[str]],
    complaint: str,
) -> None:
    resolving(monkeypatch, *answers)
    monkeypatch.setattr(anyio, "connect_tcp", lambda *_: pytest.fail("connected"))
    refused: list[str] = []
    given = {"allow_insecure": True, **settings}
    client = Client(
        Settings(entrypoint="http://db.test", **given), lambda address, _: refused.append(address)
    )
    with pytest.raises(SourceError, match=complaint):
        await client.send(request())
    assert refused == answers[0]


async def test_a_resolver_that_changes_its_mind_is_not_asked_again(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Whatever the second answer would be, the connection goes to the address that was checked."""
    async with peer(KEPT) as server:
        asked = resolving(monkeypatch, ["127.0.0.1"], ["169.254.169.254"])
        url = f"http://db.test:{server.port}"
        async with client_of(url, allow_insecure=True) as client:
            assert (await client.send(request())).body == BODY
            assert asked.count(b"db.test") == 1
            await client.aclose()
            with pytest.raises(SourceError, match="link-local"):
                await client.send(request())


async def test_the_next_address_is_tried_and_a_refused_one_passed_over(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    async with peer(KEPT) as server:
        resolving(monkeypatch, ["169.254.169.254", "127.0.0.2", "127.0.0.1"])
        url = f"http://db.test:{server.port}"
        async with client_of(url, allow_insecure=True) as client:
            assert (await client.send(request())).body == BODY


async def test_a_look_up_without_end(monkeypatch: pytest.MonkeyPatch) -> None:
    async def look_up(*_: object) -> list[str]:
        await anyio.sleep_forever()
        raise AssertionError

    monkeypatch.setattr(dialling, "look_up", look_up)
    async with client_of("http://localhost", connect_timeout_s=SHORT_S) as client:
        with pytest.raises(SourceError, match=r"was not found by its name .*VT_CONNECT_TIMEOUT"):
            await client.send(request())


async def test_a_connection_that_nobody_accepts(monkeypatch: pytest.MonkeyPatch) -> None:
    async def connect(*_: object) -> None:
        await anyio.sleep_forever()

    monkeypatch.setattr(dialling, "connect", connect)
    async with client_of("http://localhost", connect_timeout_s=SHORT_S) as client:
        with pytest.raises(SourceError, match=r"did not accept a connection .*VT_CONNECT_TIMEOUT"):
            await client.send(request())


@pytest.fixture(scope="module")
def authority() -> trustme.CA:
    return trustme.CA()


@pytest.fixture
def ca_file(authority: trustme.CA, tmp_path: Path) -> str:
    authority.cert_pem.write_to_path(str(tmp_path / "ca.pem"))
    return str(tmp_path / "ca.pem")


def served_as(authority: trustme.CA, *names: str) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert(*names).configure_cert(context)
    return context


async def test_https(authority: trustme.CA, ca_file: str) -> None:
    script = [(ok(BODY),), (gzipped(LARGE),), (ok(BODY), CLOSE), KEPT]
    async with (
        peer(*script, tls=served_as(authority, "127.0.0.1")) as server,
        client_of(f"https://127.0.0.1:{server.port}", tls_ca_file=ca_file) as client,
    ):
        bodies = [(await client.send(request())).body for _ in range(3)]
        await server.hung_up.wait()
        bodies.append((await client.send(request())).body)
        assert bodies == [BODY, LARGE, BODY, BODY]
        assert server.opened == 2


@pytest.fixture
def loopback(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every name leads to this machine."""
    resolving(monkeypatch, ["127.0.0.1"])


@pytest.mark.usefixtures("loopback")
@pytest.mark.parametrize("host", ["db.test", "db.test."])
async def test_https_names_the_host_and_not_its_address(
    authority: trustme.CA, ca_file: str, host: str
) -> None:
    named: list[str | None] = []
    context = served_as(authority, "db.test")
    context.sni_callback = lambda _, name, __: named.append(name)
    async with (
        peer(KEPT, tls=context) as server,
        client_of(f"https://{host}:{server.port}", tls_ca_file=ca_file) as client,
    ):
        assert (await client.send(request())).body == BODY
    assert named == ["db.test"]


WRONG_NAMES = {
    "another name": ("db.test", "other.test", "Hostname mismatch"),
    "the address alone": ("db.test", "127.0.0.1", "Hostname mismatch"),
    "a name where an address is asked": ("127.0.0.1", "db.test", "IP address mismatch"),
}


@pytest.mark.usefixtures("loopback")
@pytest.mark.parametrize(("host", "served", "fault"), WRONG_NAMES.values(), ids=WRONG_NAMES)
async def test_a_certificate_for_another_name(
    authority: trustme.CA, ca_file: str, host: str, served: str, fault: str
) -> None:
    async with (
        peer(KEPT, tls=served_as(authority, served)) as server,
        client_of(f"https://{host}:{server.port}", tls_ca_file=ca_file) as client,
    ):
        with pytest.raises(SourceError, match=f"not trusted: {fault}"):
            await client.send(request())
        assert server.requests == []


async def test_a_certificate_of_nobody_known(
    authority: trustme.CA, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("SSL_CERT_FILE", raising=False)
    async with (
        peer(KEPT, tls=served_as(authority, "127.0.0.1")) as server,
        client_of(f"https://127.0.0.1:{server.port}") as client,
    ):
        with pytest.raises(SourceError, match=r"not trusted: .*; set VT_TLS_CA_FILE"):
            await client.send(request())


def old_tls(context: ssl.SSLContext, _: trustme.CA) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        context.minimum_version = ssl.TLSVersion.TLSv1
        context.maximum_version = ssl.TLSVersion.TLSv1_1
    context.set_ciphers("ALL:@SECLEVEL=0")


def mutual_tls(context: ssl.SSLContext, authority: trustme.CA) -> None:
    context.verify_mode = ssl.CERT_REQUIRED
    authority.configure_trust(context)


def mutual_tls_1_2(context: ssl.SSLContext, authority: trustme.CA) -> None:
    mutual_tls(context, authority)
    context.maximum_version = ssl.TLSVersion.TLSv1_2


Change = Callable[[ssl.SSLContext, trustme.CA], None]

ALERTS: dict[str, tuple[Change, str]] = {
    "that speaks only old TLS": (old_tls, "does not speak TLS with us: .*protocol version"),
    "that wants our certificate": (
        mutual_tls,
        "does not accept our certificate: .*VT_TLS_CERT_FILE and VT_TLS_KEY_FILE",
    ),
    "that wants it within the handshake": (mutual_tls_1_2, "does not speak TLS with us"),
}


@pytest.mark.parametrize(("change", "complaint"), ALERTS.values(), ids=ALERTS)
async def test_a_server_that_refuses_us(
    authority: trustme.CA, ca_file: str, change: Change, complaint: str
) -> None:
    """The server is one on plain sockets: anyio's closes without sending its alert."""
    context = served_as(authority, "127.0.0.1")
    change(context, authority)
    with socket.create_server(("127.0.0.1", 0)) as listener:
        listener.settimeout(5)

        def refuse() -> None:
            accepted, _ = listener.accept()
            accepted.settimeout(5)
            with accepted.dup() as rest, suppress(ssl.SSLError):
                with (
                    context.wrap_socket(
                        accepted, server_side=True, do_handshake_on_connect=False
                    ) as secured,
                    suppress(ssl.SSLError),
                ):
                    secured.do_handshake()
                rest.shutdown(socket.SHUT_WR)
                while rest.recv(1_000):  # Closed with bytes unread, the alert could be lost.
                    pass

        url = f"https://127.0.0.1:{listener.getsockname()[1]}"
        async with (
            client_of(url, tls_ca_file=ca_file) as client,
            anyio.create_task_group() as tasks,
        ):
            tasks.start_soon(anyio.to_thread.run_sync, refuse)
            with pytest.raises(SourceError, match=complaint):
                await client.send(request())


async def test_our_certificate_is_shown(
    authority: trustme.CA, ca_file: str, tmp_path: Path
) -> None:
    context = served_as(authority, "127.0.0.1")
    mutual_tls(context, authority)
    leaf = authority.issue_cert("client.test")
    leaf.private_key_and_cert_chain_pem.write_to_path(str(tmp_path / "own.pem"))
    own = {"tls_ca_file": ca_file, "tls_cert_file": str(tmp_path / "own.pem")}
    async with (
        peer(KEPT, tls=context) as server,
        client_of(f"https://127.0.0.1:{server.port}", **own) as client,
    ):
        assert (await client.send(request())).body == BODY


async def test_https_where_http_is_spoken(ca_file: str) -> None:
    async with (
        peer((head(400), CLOSE), speaks_http=False) as server,
        client_of(f"https://127.0.0.1:{server.port}", tls_ca_file=ca_file) as client,
    ):
        with pytest.raises(SourceError, match=r"speak TLS with us: .*; is it https\?"):
            await client.send(request())


async def test_a_handshake_without_an_answer(ca_file: str) -> None:
    async with (
        peer((LISTEN,), speaks_http=False) as server,
        client_of(
            f"https://127.0.0.1:{server.port}", tls_ca_file=ca_file, tls_timeout_s=SHORT_S
        ) as client,
    ):
        with pytest.raises(SourceError, match=r"within 0.05 s \(VT_TLS_TIMEOUT\)"):
            await client.send(request())
        await server.hung_up.wait()


async def test_certificates_that_cannot_be_read() -> None:
    async with client_of("https://127.0.0.1:1", tls_ca_file="no-such-file.pem") as client:
        with pytest.raises(SourceError, match="VT_TLS_CA_FILE names cannot be read") as caught:
            await client.send(request())
    assert "no-such-file" not in str(caught.value)


async def until(server: Peer, requests: int) -> None:
    """Wait until the server has seen that many requests."""
    while len(server.requests) < requests:
        await anyio.wait_all_tasks_blocked()
