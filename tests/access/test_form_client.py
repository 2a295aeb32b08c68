"""One POST of a form: what is sent, what comes back, and how it fails."""

import ssl
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from pathlib import Path

import anyio
import pytest
import trustme
from anyio.abc import ByteStream, SocketAttribute

from tests.access.issuer import issuer
from vtmcp.access.form_client import (
    ANSWER_BYTES_MAX,
    Answer,
    ExchangeError,
    FormClient,
    Target,
    read_target,
)
from vtmcp.transports.http_values import Response

pytestmark = pytest.mark.anyio

GONE = (OSError, anyio.EndOfStream, anyio.BrokenResourceError)


@asynccontextmanager
async def answering(*pieces: bytes, closes: bool = True) -> AsyncIterator[Target]:
    """A peer that says these bytes to whatever comes, then closes or stays silent."""
    listener = await anyio.create_tcp_listener(local_host="127.0.0.1")

    async def handle(stream: ByteStream) -> None:
        with suppress(*GONE):
            async with stream:
                await stream.receive()
                for piece in pieces:
                    await stream.send(piece)
                while not closes:
                    await stream.receive()

    port = listener.extra(SocketAttribute.local_port)
    with anyio.fail_after(5):
        async with listener, anyio.create_task_group() as tasks:
            tasks.start_soon(listener.serve, handle)
            yield Target(False, "127.0.0.1", port, f"127.0.0.1:{port}", "/introspect")
            tasks.cancel_scope.cancel()


async def failure(target: Target, total_s: float = 5.0) -> str:
    try:
        await FormClient(target, total_s=total_s).post(b"token=secret", "Basic secret")
    except ExchangeError as error:
        return str(error)
    raise AssertionError("there was an answer")


async def test_a_form_is_sent_and_answered() -> None:
    async with issuer(abc={"sub": "bob"}) as found:
        client = FormClient(read_target(found.url))
        answer = await client.post(b"token=abc", "Basic xyz")
    assert answer.status == 200
    assert b"bob" in answer.body
    sent = found.asked[0]
    assert (sent.method, sent.path, sent.query, sent.body) == (
        *("POST", "/introspect", "realm=a"),
        b"token=abc",
    )
    assert sent.header_values("authorization") == ["Basic xyz"]
    assert sent.header("content-type") == "application/x-www-form-urlencoded"
    assert (sent.header("host") or "").startswith("localhost:")


async def test_a_redirect_is_not_followed() -> None:
    async with issuer() as found:
        found.answer = Response(307, b"", (("location", found.url),))
        answer = await FormClient(read_target(found.url)).post(b"", "")
    assert answer == Answer(307, b"")
    assert len(found.asked) == 1


HEAD = b"HTTP/1.1 200 OK\r\nConnection: close\r\n"
LARGE = b"a" * (ANSWER_BYTES_MAX + 1)

FAILURES: dict[str, tuple[tuple[bytes, ...], str]] = {
    "nothing": ((), "the answer is not HTTP/1.1"),
    "half a head": ((HEAD,), "the answer is not HTTP/1.1"),
    "half a body": ((HEAD + b"Content-Length: 9\r\n\r\nab",), "the answer is not HTTP/1.1"),
    "no HTTP": ((b"SSH-2.0-a\r\n\r\n",), "the answer is not HTTP/1.1"),
    "endless headers": (
        (HEAD, *(b"a: " + b"b" * 1_000 + b"\r\n" for _ in range(40))),
        "the answer is not HTTP/1.1",
    ),
    "too large a body": (
        (HEAD + b"\r\n", LARGE),
        f"the answer is larger than {ANSWER_BYTES_MAX} bytes",
    ),
}


@pytest.mark.parametrize(("pieces", "told"), FAILURES.values(), ids=FAILURES)
async def test_an_answer_fails_that_is(pieces: tuple[bytes, ...], told: str) -> None:
    async with answering(*pieces) as target:
        assert await failure(target) == told


async def test_the_largest_answer_is_read_and_news_before_it_is_skipped() -> None:
    body = LARGE[1:]
    async with answering(b"HTTP/1.1 103 Early\r\n\r\n", HEAD + b"\r\n", body) as target:
        assert await FormClient(target).post(b"", "") == Answer(200, body)


@pytest.mark.parametrize("pieces", [(), (HEAD + b"\r\n", b"a")], ids=["silence", "half an answer"])
async def test_time_has_an_end_after(pieces: tuple[bytes, ...]) -> None:
    async with answering(*pieces, closes=False) as target:
        assert await failure(target, total_s=0.05) == "no answer within 0.05 s"


async def test_nobody_may_listen() -> None:
    async with answering() as target:
        pass
    assert await failure(target) == "it cannot be connected to"


async def test_a_name_may_be_unknown() -> None:
    target = Target(False, "a" * 70 + ".invalid", 80, "a", "/")
    assert await failure(target) == "its name is not known"


async def test_a_connection_may_break(monkeypatch: pytest.MonkeyPatch) -> None:
    async def broken(host: str, port: int) -> ByteStream:
        raise anyio.BrokenResourceError

    monkeypatch.setattr(anyio, "connect_tcp", broken)
    assert await failure(Target(False, "a", 80, "a", "/")) == "the connection was closed"


@pytest.fixture
def authority() -> trustme.CA:
    return trustme.CA()


def server_context(authority: trustme.CA, name: str) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert(name).configure_cert(context)
    return context


async def test_an_encrypted_question_is_answered(authority: trustme.CA, tmp_path: Path) -> None:
    file = tmp_path / "ca.pem"
    authority.cert_pem.write_to_path(str(file))
    async with issuer(tls=server_context(authority, "localhost"), abc={"sub": "bob"}) as found:
        client = FormClient(read_target(found.url), ca_file=str(file))
        for _ in range(2):
            assert (await client.post(b"token=abc", "Basic xyz")).status == 200
    assert len(found.asked) == 2


async def test_the_usual_authorities_are_replaced_as_openssl_does(
    authority: trustme.CA, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "ca.pem"
    authority.cert_pem.write_to_path(str(file))
    monkeypatch.setenv("SSL_CERT_FILE", str(file))
    async with issuer(tls=server_context(authority, "localhost"), abc={"sub": "bob"}) as found:
        assert (await FormClient(read_target(found.url)).post(b"token=abc", "x")).status == 200
        file.write_text("none")
        for name in (file, tmp_path / "nothing"):
            monkeypatch.setenv("SSL_CERT_FILE", str(name))
            with pytest.raises(ExchangeError, match="SSL_CERT_FILE names holds no certificate"):
                await FormClient(read_target(found.url)).post(b"token=abc", "x")


async def test_a_certificate_of_another_name_is_refused(
    authority: trustme.CA, tmp_path: Path
) -> None:
    file = tmp_path / "ca.pem"
    authority.cert_pem.write_to_path(str(file))
    async with issuer(tls=server_context(authority, "other.example")) as found:
        with pytest.raises(ExchangeError, match="TLS certificate"):
            await FormClient(read_target(found.url), ca_file=str(file)).post(b"", "secret")
    assert not found.asked


async def test_a_certificate_of_an_unknown_authority_is_refused(authority: trustme.CA) -> None:
    async with issuer(tls=server_context(authority, "localhost")) as found:
        with pytest.raises(ExchangeError, match="TLS certificate"):
            await FormClient(read_target(found.url)).post(b"", "secret")
    assert not found.asked


TARGETS: dict[str, tuple[str, Callable[[Target], object], object]] = {
    "a usual port": ("https://issuer.example/a?b", lambda found: found.port, 443),
    "another port": ("https://issuer.example:8443", lambda found: found.port, 8443),
    "no path": ("https://issuer.example", lambda found: found.path, "/"),
    "a query": ("https://issuer.example/a?b=c", lambda found: found.path, "/a?b=c"),
    "no encryption on this machine": ("http://[::1]:80/a", lambda found: found.host, "::1"),
    "encryption": ("https://issuer.example", lambda found: found.is_tls, True),
}


@pytest.mark.parametrize(("url", "part", "expected"), TARGETS.values(), ids=TARGETS)
def test_a_url_is_read(url: str, part: Callable[[Target], object], expected: object) -> None:
    assert part(read_target(url)) == expected


BAD_URLS = {
    "": "is not an http or https URL",
    "issuer.example": "is not an http or https URL",
    "ftp://issuer.example": "is not an http or https URL",
    "https:///introspect": "is not an http or https URL",
    "https://issuer.example/\r\na": "is not an http or https URL",
    "https://issuer.example/a b": "is not an http or https URL",
    "https://b\xfccher.example": "is not an http or https URL",
    "https://issuer.example:port": "is not a URL",
    "https://[::1": "is not a URL",
    "https://me:secret@issuer.example": "holds a user, a password or a fragment",
    "https://issuer.example/#secret": "holds a user, a password or a fragment",
    "http://issuer.example": "would send tokens unencrypted",
    "http://localhost.evil.example": "would send tokens unencrypted",
}


@pytest.mark.parametrize(("url", "fault"), BAD_URLS.items(), ids=map(ascii, BAD_URLS))
def test_a_url_is_refused(url: str, fault: str) -> None:
    with pytest.raises(ValueError, match=r".") as caught:
        read_target(url)
    assert str(caught.value).startswith(f"{fault}; accepted: an https URL")
    assert "secret" not in str(caught.value)
