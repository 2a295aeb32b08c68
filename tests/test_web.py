"""Whole stories over real sockets: both transports, several processes' worth of servers, stops."""

import gc
import json
import os
import signal
from collections import Counter
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager
from typing import Any

import anyio
import pytest

from tests.clients import settle
from tests.protocol.playbook import INITIALIZED, PREFIX, request
from tests.transports.site import (
    BOTH,
    JSON_ONLY,
    MODERN,
    STREAM_ONLY,
    Answer,
    Connection,
    call,
    opening,
    said,
    stateless,
    until,
)
from tests.transports.tools import Gate, talkative
from vtmcp.serve import Limits
from vtmcp.server import Server
from vtmcp.transports import http_gone, http_head, http_wire, minding
from vtmcp.transports.binding import Address, ListenError
from vtmcp.transports.http import Trouble
from vtmcp.transports.ops import LIVENESS_PATH, READINESS_PATH, liveness, readiness
from vtmcp.web import ENDPOINT_PATH, Open, Web, WebOptions, serve_until_signal

pytestmark = pytest.mark.anyio

KEY = b"k" * 32


@pytest.fixture(autouse=True)
def soon(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(minding, "MIND_AFTER_S", 0.001)
    monkeypatch.setattr(http_gone, "HALF_CLOSE_GRACE_S", 0.01)
    monkeypatch.setattr(http_wire, "LINGER_S", 0.01)


class Running:
    """A web server that listens, and its clients."""

    def __init__(self, options: WebOptions) -> None:
        self.listens = anyio.Event()
        self.path = ""
        self.is_stopping = False
        self.troubles: list[Trouble] = []
        self.options = options._replace(
            port=0,
            host="127.0.0.1",
            listening=self._told,
            stopping=self._stopping,
            trouble=self.troubles.append,
        )
        self._port = 0

    async def connect(self) -> Connection:
        await self.listens.wait()
        return Connection(await anyio.connect_tcp("127.0.0.1", self._port))

    async def begin(self, method: str, message: Any = None, **headers: str) -> Connection:
        connection = await self.connect()
        await said_on(connection, method, message, **headers)
        return connection

    async def ask(self, method: str, message: Any = None, **headers: str) -> Answer:
        connection = await self.begin(method, message, **headers)
        answer = await connection.answer(is_head=method == "HEAD")
        await connection.leave()
        return answer

    async def post(self, message: Any, **headers: str) -> Answer:
        return await self.ask("POST", message, **headers)

    async def greet(self) -> str:
        session = (await self.post(opening(capabilities={"roots": {}}))).headers["mcp-session-id"]
        assert (await self.post(INITIALIZED, session=session)).status == 202
        return session

    def _told(self, addresses: list[Address], path: str) -> None:
        self._port = addresses[0].port
        self.path = path
        self.listens.set()

    def _stopping(self) -> None:
        self.is_stopping = True


async def said_on(connection: Connection, method: str, message: Any = None, **headers: str) -> None:
    """Send a request; `path` and `session` are no headers of that name."""
    path = headers.pop("path", ENDPOINT_PATH)
    fields = {"accept": headers.pop("accept", BOTH), "mcp-session-id": headers.pop("session", "")}
    if message is not None:
        fields["content-type"] = "application/json"
    fields |= {name.replace("_", "-"): value for name, value in headers.items()}
    body = b"" if message is None else json.dumps(message).encode()
    await connection.send(method, body, {n: v for n, v in fields.items() if v}, path)


@asynccontextmanager
async def running(server: Server, options: WebOptions = WebOptions()) -> AsyncIterator[Running]:  # noqa: B008 - immutable
    """Serve while the block runs, and stop in the proper way after it."""
    found = Running(options)
    tested = Web(server, found.options)
    with anyio.fail_after(30):
        listening = await tested.listen()
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(tested.serve, listening)
            yield found
            tested.stop()
    assert found.is_stopping
    assert not found.troubles


async def test_both_eras_are_served_at_one_address() -> None:
    async with running(talkative()) as site:
        session = await site.greet()
        assert site.path == "/mcp"
        assert said((await site.post(call(1, "say", text="old"), session=session)).json) == "old"
        message, headers = stateless(call(1, "say", text="new"))
        assert said((await site.post(message, **headers)).json) == "new"
        answer = await site.post(call(2, "chat", progress=1, name="x"), session=session)
        assert len(answer.messages) == 5
        assert (await site.ask("GET", path="/")).status == 404
        assert (await site.ask("DELETE", session=session)).status == 204


async def test_one_connection_takes_one_request_after_the_other() -> None:
    gate = Gate()
    async with running(talkative(gate)) as site:
        session = await site.greet()
        connection = await site.connect()
        for number in range(3):
            gate.open(f"{number}")
            message = call(number, "gate", progress=1, name=f"{number}", tells=True)
            await said_on(connection, "POST", message, session=session)
            assert said((await connection.rest())[-1]) == f"{number}"
            connection.status = 0
        await connection.leave()


@pytest.mark.parametrize("is_old", [False, True], ids=["http", "sse"])
async def test_what_clients_hold_open_can_be_counted(is_old: bool) -> None:
    counts: list[Callable[[], Open]] = []
    options = WebOptions(is_old=is_old, counting=counts.append)
    async with running(talkative(), options) as site:
        [count] = counts
        assert count() == Open(connections=0, sessions=0, streams=0)
        session = "" if is_old else await site.greet()
        path = "/sse" if is_old else "/mcp"
        stream = await site.begin("GET", session=session, accept=STREAM_ONLY, path=path)
        await stream.event()
        held = count()
        assert held._replace(connections=1) == Open(connections=1, sessions=1, streams=1)
        await stream.leave()
        while count().connections or count().streams:
            await anyio.lowlevel.checkpoint()
        assert count().sessions == (0 if is_old else 1)
        if not is_old:
            assert (await site.ask("DELETE", session=session)).status == 204
            assert count().sessions == 0


async def test_two_servers_with_one_key_share_their_sessions() -> None:
    options = WebOptions(session_key=KEY)
    async with running(talkative(), options) as site, running(talkative(), options) as other:
        session = await site.greet()
        answer = await other.post(call(1, "say", text="x"), session=session)
        assert said(answer.json) == "x"


async def test_a_key_that_nobody_gave_is_made_up() -> None:
    async with running(talkative()) as site, running(talkative()) as other:
        session = await site.greet()
        assert (await site.post(request(1, "ping"), session=session)).status == 200
        assert (await other.post(request(1, "ping"), session=session)).status == 404


async def test_a_silent_stateless_call_ends_with_its_connection_and_a_session_s_does_not() -> None:
    gate = Gate()
    async with running(talkative(gate)) as site:
        session = await site.greet()
        kept = await site.begin("POST", call(1, "gate", name="kept"), session=session)
        message, headers = stateless(call(1, "gate", name="ended"))
        ended = await site.begin("POST", message, **headers)
        await until(lambda: len(gate.entered) == 2)
        await kept.leave()
        await ended.leave()
        await until(lambda: gate.cancelled)
        gate.open("kept")
        assert gate.cancelled == ["ended"]


async def test_a_broken_stream_goes_on_over_another_connection() -> None:
    gate = Gate()
    async with running(talkative(gate)) as site:
        session = await site.greet()
        message = call(1, "gate", progress=1, name="a", tells=True)
        calling = await site.begin("POST", message, session=session)
        await calling.message()
        await calling.leave()
        last = calling.parser.last_event_id
        back = await site.begin("GET", session=session, accept=STREAM_ONLY, last_event_id=last)
        assert await back.head() == 200
        gate.open("a")
        told = await back.rest()
        assert (told[0]["params"]["progress"], said(told[1])) == (2, "a")
        await back.leave()


async def test_http_and_sse_are_served_at_their_own_paths() -> None:
    async with running(talkative(), WebOptions(is_old=True)) as site:
        stream = await site.begin("GET", path="/sse", accept=STREAM_ONLY)
        path = (await stream.event()).data.decode()
        assert site.path == "/sse"
        assert (await site.post(opening("2024-11-05"), path=path)).status == 202
        assert (await stream.message())["result"]["protocolVersion"] == "2024-11-05"
        assert (await site.post(opening())).status == 404
        await stream.leave()


async def test_further_paths_are_served_beside() -> None:
    async def is_ready(request: object) -> str:
        return ""

    more = {LIVENESS_PATH: liveness(), READINESS_PATH: readiness(is_ready)}
    async with running(talkative(), WebOptions(more=more)) as site:
        for path in more:
            whole, head = await site.ask("GET", path=path), await site.ask("HEAD", path=path)
            assert (whole.status, head.status) == (200, 200)
            assert head.headers == whole.headers
            assert head.body == b""


async def test_an_occupied_port_is_named() -> None:
    async with running(talkative()) as site:
        await site.listens.wait()
        options = WebOptions(host="127.0.0.1", port=site._port)
        with pytest.raises(ListenError, match=str(site._port)):
            await Web(talkative(), options).listen()


# ---- stops --------------------------------------------------------------------------------------


@pytest.mark.parametrize("is_old", [False, True], ids=["streamable", "sse"])
async def test_a_stop_ends_all_streams_and_returns(is_old: bool) -> None:
    gate = Gate()
    streams: list[Connection] = []
    async with running(talkative(gate), WebOptions(is_old=is_old)) as site:
        if is_old:
            streams.append(await site.begin("GET", path="/sse", accept=STREAM_ONLY))
            await streams[0].event()
        else:
            session = await site.greet()
            streams.append(await site.begin("GET", session=session, accept=STREAM_ONLY))
            assert await streams[0].head() == 200
            listen = request(7, "subscriptions/listen", notifications={})
            message, headers = stateless(listen)
            streams.append(await site.begin("POST", message, **headers))
            await streams[1].message()
            streams.append(await site.begin("POST", call(1, "gate", name="a"), session=session))
            await until(lambda: gate.entered)
            # One that was never used; nothing waits for it.
            streams.append(await site.connect())
    # The server has returned though its clients are still there.
    assert await streams[0].rest() == []
    if not is_old:
        (ended,) = await streams[1].rest()
        assert ended["result"]["_meta"][PREFIX + "subscriptionId"] == 7
        assert (await streams[2].answer()).status == 503
        assert gate.cancelled == ["a"]
    for stream in streams:
        await stream.leave()


@pytest.fixture
def signals() -> Iterator[None]:
    """Nothing that a test does to signals outlives it."""
    before = {number: signal.getsignal(number) for number in (signal.SIGTERM, signal.SIGINT)}
    yield
    for number, handler in before.items():
        signal.signal(number, handler)


@pytest.mark.usefixtures("signals")
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
async def test_a_signal_stops_it_in_good_order(number: int) -> None:
    gate = Gate()
    site = Running(WebOptions())
    with anyio.fail_after(5):
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(serve_until_signal, Web(talkative(gate), site.options))
            session = await site.greet()
            calling = await site.begin("POST", call(1, "gate", name="a"), session=session)
            await until(lambda: gate.entered)
            os.kill(os.getpid(), number)
            await until(lambda: site.is_stopping)
            gate.open("a")
            assert said((await calling.answer()).json) == "a"
            await calling.leave()


@pytest.mark.usefixtures("signals")
async def test_a_signal_that_comes_as_soon_as_we_listen_is_heard() -> None:
    site = Running(WebOptions())

    def listening(addresses: list[Address], path: str) -> None:
        os.kill(os.getpid(), signal.SIGTERM)

    options = site.options._replace(listening=listening)
    with anyio.fail_after(5):
        await serve_until_signal(Web(talkative(), options))
    assert site.is_stopping


@pytest.mark.usefixtures("signals")
async def test_a_second_signal_ends_it_at_once() -> None:
    gate = Gate()
    site = Running(WebOptions(drain_s=60))
    server = talkative(gate, Limits(shutdown_s=60))
    with anyio.fail_after(5):
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(serve_until_signal, Web(server, site.options))
            session = await site.greet()
            calling = await site.begin("POST", call(1, "gate", name="a"), session=session)
            await until(lambda: gate.entered)
            os.kill(os.getpid(), signal.SIGTERM)
            await until(lambda: site.is_stopping)
            await settle()
            os.kill(os.getpid(), signal.SIGTERM)
    assert gate.cancelled == ["a"]
    await calling.leave()


@pytest.mark.usefixtures("signals")
async def test_without_signals_it_serves_until_it_is_stopped(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def receiver(*numbers: object) -> object:
        raise NotImplementedError

    monkeypatch.setattr(anyio, "open_signal_receiver", receiver)
    site = Running(WebOptions())
    tested = Web(talkative(), site.options)
    with anyio.fail_after(5):
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(serve_until_signal, tested)
            await site.greet()
            tested.stop()


def test_an_embedder_s_server_runs_and_closes_what_it_holds() -> None:
    site = Running(WebOptions())
    events: list[str] = []

    @asynccontextmanager
    async def beside() -> AsyncIterator[None]:
        events.append("begun")
        yield
        events.append("ended")

    async def closing() -> None:
        events.append("closed")

    def listening(addresses: list[Address], path: str) -> None:
        os.kill(os.getpid(), signal.SIGTERM)

    options = site.options._replace(listening=listening)
    talkative().run_http(options, closing=closing, beside=beside)
    assert events == ["begun", "ended", "closed"]
    assert site.is_stopping


# ---- memory -------------------------------------------------------------------------------------


async def test_exchanges_of_all_kinds_leave_nothing_behind() -> None:
    gate = Gate()
    gate.open("a")
    server = talkative(gate)
    async with running(server) as site:

        async def visit() -> None:
            session = await site.greet()
            home = await site.begin("GET", session=session, accept=STREAM_ONLY)
            assert await home.head() == 200
            chat = call(1, "chat", progress=1, name="x")
            for accept in (BOTH, JSON_ONLY, STREAM_ONLY):
                answer = await site.post(chat, session=session, accept=accept)
                assert answer.status == 200
            message, headers = stateless(chat)
            assert (await site.post(message, **headers)).status == 200
            assert (await site.post(7, mcp_protocol_version=MODERN)).status == 400
            message, headers = stateless(call(2, "gate", name="never"))
            going = await site.begin("POST", message, **headers)
            await until(lambda: "never" in gate.entered)
            await going.leave()
            await until(lambda: "never" in gate.cancelled)
            gate.entered.clear()
            gate.cancelled.clear()
            assert (await site.ask("DELETE", session=session)).status == 204
            await home.rest()
            await home.leave()

        # The first visit imports and fills caches.
        await visit()
        before = await ours(server)
        for _ in range(5):
            await visit()
        assert await ours(server) == before


async def ours(server: Server) -> Counter[str]:
    """How many objects of each class of ours there are, and how many tasks."""
    await until(lambda: not server._conversations)
    # Connections that were just closed are let go in their own time.
    for _ in range(10):
        await settle()
    # Heads are remembered on purpose, within a bound of their own.
    http_head._remembered.cache_clear()
    gc.collect()
    names = [f"{type(one).__module__}.{type(one).__name__}" for one in gc.get_objects()]
    return Counter(name for name in names if name.startswith(("vtmcp.", "_asyncio.Task")))
