"""One connection: what it is good for between two exchanges. `test_client.py` has the exchanges."""

import anyio
import pytest

from tests.victoriatraces.peer import CLOSE, Step, head, peer, sized
from vtmcp.victoriatraces.connection import Connection, StaleError
from vtmcp.victoriatraces.patience import Limits, Patience
from vtmcp.victoriatraces.requests import HttpRequest
from vtmcp.victoriatraces.response import HttpResponse
from vtmcp.victoriatraces.settings import Settings

pytestmark = pytest.mark.anyio

REQUEST = HttpRequest("GET", "/x", (("Host", "db"),))
ANSWER = sized(b"{}")
LIMITS = Limits(Settings(entrypoint="http://db"))


async def exchange(connection: Connection, request: HttpRequest = REQUEST) -> HttpResponse:
    return await connection.exchange(request, Patience(LIMITS.total), body_bytes_max=100)


async def quiet_after(*steps: Step, close: bool = False) -> bool:
    """Say whether a connection is quiet after one exchange and whatever the server did then."""
    async with peer(steps) as server:
        stream = await anyio.connect_tcp("127.0.0.1", server.port)
        connection = Connection(stream, LIMITS)
        with anyio.fail_after(5):
            await exchange(connection)
            if close:
                await connection.aclose()
            if CLOSE in steps:
                await server.hung_up.wait()
        quiet = connection.is_quiet()
        await connection.aclose()
    return quiet


QUIET: dict[str, tuple[tuple[Step, ...], bool, bool]] = {
    "nothing happened": ((ANSWER,), False, True),
    "the server closed it": ((ANSWER, CLOSE), False, False),
    "we closed it": ((ANSWER,), True, False),
}


@pytest.mark.parametrize(("steps", "close", "quiet"), QUIET.values(), ids=QUIET)
async def test_a_connection_is_quiet(steps: tuple[Step, ...], close: bool, quiet: bool) -> None:
    assert await quiet_after(*steps, close=close) is quiet


REUSABLE: dict[str, tuple[tuple[Step, ...], bool]] = {
    "after an answer": ((ANSWER,), True),
    "after an answer with news before it": ((head(103), ANSWER), True),
    "not when more came with it": ((ANSWER + head(200),), False),
    "not when it closes": ((sized(b"{}", "Connection: close"),), False),
}


@pytest.mark.parametrize(("steps", "reusable"), REUSABLE.values(), ids=REUSABLE)
async def test_a_connection_is_reusable(steps: tuple[Step, ...], reusable: bool) -> None:
    async with peer(steps) as server:
        stream = await anyio.connect_tcp("127.0.0.1", server.port)
        connection = Connection(stream, LIMITS)
        with anyio.fail_after(5):
            response = await exchange(connection)
        assert (response.body, connection.make_reusable()) == (b"{}", reusable)
        await connection.aclose()


async def test_bytes_that_nobody_asked_for_are_noticed() -> None:
    asked = anyio.Event()
    said = anyio.Event()
    async with peer((ANSWER, asked, b"HTTP/1.1 408 Too Slow\r\n\r\n", said)) as server:
        stream = await anyio.connect_tcp("127.0.0.1", server.port)
        connection = Connection(stream, LIMITS)
        with anyio.fail_after(5):
            await exchange(connection)
            assert connection.make_reusable()
            assert connection.is_quiet()
            asked.set()
            while connection.is_quiet():
                await anyio.wait_all_tasks_blocked()
        await connection.aclose()
        said.set()


BROKEN: dict[str, tuple[list[tuple[Step, ...]], type[Exception]]] = {
    "a new connection that closes is a failure": ([(CLOSE,)], anyio.EndOfStream),
    "one that has served is only stale": ([(ANSWER,), (CLOSE,)], StaleError),
    "one that had begun to answer is a failure": (
        [(ANSWER,), (ANSWER[:9], CLOSE)],
        anyio.EndOfStream,
    ),
}


@pytest.mark.parametrize(("script", "raised"), BROKEN.values(), ids=BROKEN)
async def test_an_exchange_ends_with(
    script: list[tuple[Step, ...]], raised: type[Exception]
) -> None:
    async with peer(*script) as server:
        stream = await anyio.connect_tcp("127.0.0.1", server.port)
        connection = Connection(stream, LIMITS)
        for _ in script[1:]:
            await exchange(connection)
            assert connection.make_reusable()
        with pytest.raises(raised):
            await exchange(connection)
        assert not connection.make_reusable()
        await connection.aclose()


HEADERS = {
    "the same headers": REQUEST.headers,
    "others": (("Host", "db"), ("X-Own", "1")),
}


@pytest.mark.parametrize("headers", HEADERS.values(), ids=HEADERS)
async def test_each_request_has_its_own_headers_and_target(
    headers: tuple[tuple[str, str], ...],
) -> None:
    async with peer((ANSWER,)) as server:
        connection = Connection(await anyio.connect_tcp("127.0.0.1", server.port), LIMITS)
        with anyio.fail_after(5):
            await exchange(connection)
            assert connection.make_reusable()
            await exchange(connection, HttpRequest("GET", "/y", headers))
        await connection.aclose()
    assert server.targets == ["/x", "/y"]
    sent = [(name.lower().encode(), value.encode()) for name, value in headers]
    assert list(server.requests[1].headers) == sent
