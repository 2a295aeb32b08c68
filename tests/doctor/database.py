"""A database on loopback that answers by path: a good one from recordings, or what a test says."""

import ssl
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from email.utils import formatdate
from urllib.parse import parse_qs, urlsplit

import anyio
import h11
from anyio.abc import ByteStream, SocketAttribute
from anyio.streams.tls import TLSStream

from tests.victoriatraces.peer import CLOSE, GONE, LISTEN, Peer, head
from tests.victoriatraces.recordings import recorded

NOW_NS = 1_795_343_640_000_000_000
"""2026-11-22 10:34:00 UTC: when the recordings were made."""

NEWEST = "2026-11-22T10:31:57.104747660Z"
NEWEST_NS = 1_795_343_517_104_747_660

SERVICES = "/select/jaeger/api/services"
DEPENDENCIES = "/select/jaeger/api/dependencies"
QUERY = "/select/logsql/query"
TENANTS = "/select/tenant_ids"
BUILDINFO = "/select/buildinfo"

Answer = bytes | str | Callable[[str], bytes]
"""Bytes, what to do (`CLOSE`, `LISTEN`), or a function of the target."""

Routes = dict[str, Answer]


@dataclass
class Database(Peer):
    """A peer whose answer depends on the path alone."""

    routes: Routes = field(default_factory=dict)

    async def _answer(self, stream: ByteStream, request: h11.Request) -> None:
        self.requests.append(request)
        target = request.target.decode()
        path = urlsplit(target).path
        answer = self.routes.get(path, text(f'unsupported path requested: "{path}"', 400))
        if answer == CLOSE:
            raise anyio.EndOfStream
        if answer == LISTEN:
            await stream.receive()
            return
        assert not isinstance(answer, str)
        await stream.send(answer if isinstance(answer, bytes) else answer(target))

    def headers_of(self, path: str) -> dict[str, str]:
        """The headers of the first request for a path."""
        found = next(row for row in self.requests if urlsplit(row.target.decode()).path == path)
        return {name.decode().lower(): value.decode() for name, value in found.headers}


@asynccontextmanager
async def serving(routes: Routes, tls: ssl.SSLContext | None = None) -> AsyncIterator[Database]:
    """Serve these paths on a free port; every other is answered as the database does."""
    listener = await anyio.create_tcp_listener(local_host="127.0.0.1")
    port = listener.extra(SocketAttribute.local_port)
    database = Database([], port, routes=routes)

    async def handle(stream: ByteStream) -> None:
        async with stream:
            with suppress(*GONE):
                if tls is not None:
                    stream = await TLSStream.wrap(
                        stream, server_side=True, ssl_context=tls, standard_compatible=False
                    )
                await database.serve(stream)

    async with listener, anyio.create_task_group() as tasks:
        tasks.start_soon(listener.serve, handle)
        yield database
        tasks.cancel_scope.cancel()


def good(now_ns: int = NOW_NS, **others: Answer) -> Routes:
    """What v0.9.0 answered, with the time that a test takes for now."""
    date = f"Date: {formatdate(now_ns / 1e9, usegmt=True)}"
    recordings = {
        "/": "001-root",
        "/health": "002-health",
        "/metrics": "007-metrics",
        "/flags": "008-flags",
        BUILDINFO: "009-buildinfo",
        TENANTS: "011-tenant-ids",
        SERVICES: "020-services",
        DEPENDENCIES: "151-deps-endts-ms",
    }
    routes: Routes = {path: replayed(name, date) for path, name in recordings.items()}
    return {**routes, QUERY: spans(NEWEST_NS), **others}


def replayed(name: str, *headers: str) -> bytes:
    """A recorded answer as bytes, with other headers beside its own type."""
    response = recorded(name)
    kind = response.header("content-type")
    return answer(response.body, kind, *headers, status=response.status)


def spans(newest_ns: int, oldest_ns: int | None = None) -> Callable[[str], bytes]:
    """Answer the question for the newest span of a window, given one span or two."""

    def answered(target: str) -> bytes:
        query = parse_qs(urlsplit(target).query)
        start_ns, end_ns = int(query["start"][0]), int(query["end"][0])
        for time_ns in (newest_ns, oldest_ns):
            if time_ns is not None and start_ns <= time_ns <= end_ns:
                return answer(b'{"_time":"%s"}\n' % _rfc_3339(time_ns), "application/stream+json")
        return answer(b"", "application/stream+json")

    return answered


def text(said: str, status: int = 200, *headers: str) -> bytes:
    """A plain text, as the database's errors are."""
    return answer(said.encode(), "text/plain; charset=utf-8", *headers, status=status)


def page(said: str, status: int = 200) -> bytes:
    """A web page."""
    return answer(said.encode(), "text/html; charset=utf-8", status=status)


def answer(body: bytes, kind: str, *headers: str, status: int = 200) -> bytes:
    """A response with its length."""
    return head(status, f"Content-Type: {kind}", f"Content-Length: {len(body)}", *headers) + body


def _rfc_3339(time_ns: int) -> bytes:
    from datetime import UTC, datetime  # noqa: PLC0415 - only here

    seconds, rest_ns = divmod(time_ns, 1_000_000_000)
    return f"{datetime.fromtimestamp(seconds, UTC):%Y-%m-%dT%H:%M:%S}.{rest_ns:09}Z".encode()
