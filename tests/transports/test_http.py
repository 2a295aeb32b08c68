"""The server loop: bytes in, statuses out; whole, byte by byte, with the next request behind."""

import gc
from collections.abc import Awaitable, Callable
from typing import NamedTuple

import anyio
import h11
import pytest

from tests.transports.scripted import NEXT, Echo, Script, converse, one_by_one
from vtmcp.transports import http
from vtmcp.transports.http import Exchange, HttpLimits, HttpServer, PeerGoneError, Trouble
from vtmcp.transports.http_values import RefusalError, Request, Response

pytestmark = pytest.mark.anyio

GET = b"GET / HTTP/1.1\r\nHost: h\r\n"
POST = b"POST / HTTP/1.1\r\nHost: h\r\n"
CHUNKED = POST + b"Transfer-Encoding: chunked\r\n\r\n"
SMALL = HttpLimits(header_bytes_max=200, header_count_max=5, body_bytes_max=10)


class Row(NamedTuple):
    raw: bytes
    body: bytes = b""


SERVED: dict[str, Row] = {
    "a request without a body": Row(GET + b"\r\n"),
    "an empty body with a length": Row(POST + b"Content-Length: 0\r\n\r\n"),
    "a body with a length": Row(POST + b"Content-Length: 3\r\n\r\nabc", b"abc"),
    "a body as long as may be": Row(POST + b"Content-Length: 10\r\n\r\n0123456789", b"0123456789"),
    "a body of GET": Row(GET + b"Content-Length: 3\r\n\r\nabc", b"abc"),
    "a body that looks like a request": Row(
        POST + b"Content-Length: 10\r\n\r\nGET / HTTP", b"GET / HTTP"
    ),
    "an empty chunked body": Row(CHUNKED + b"0\r\n\r\n"),
    "a chunked body": Row(CHUNKED + b"3\r\nabc\r\n2;x=y\r\nde\r\n0\r\n\r\n", b"abcde"),
    "a chunked body with a trailer": Row(CHUNKED + b"1\r\na\r\n0\r\nX: y\r\n\r\n", b"a"),
    "a coding in capitals": Row(
        POST + b"Transfer-Encoding: CHUNKED\r\n\r\n1\r\na\r\n0\r\n\r\n", b"a"
    ),
    "an empty line before the request": Row(b"\r\n" + GET + b"\r\n"),
    "an upgrade, which is not taken": Row(
        GET + b"Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\n\r\n"
    ),
}

REFUSED: dict[str, tuple[bytes, int]] = {
    "garbage": (b"\x16\x03\x01\x02\x00\x01\x00", 400),
    "a blank at the beginning": (b" " + GET + b"\r\n", 400),
    "two empty lines before the request": (b"\r\n\r\n" + GET + b"\r\n", 400),
    "no version": (b"GET /\r\n\r\n", 400),
    "lines that end with LF": (b"GET / HTTP/1.1\nHost: h\n\n", 400),
    "one line that ends with LF": (b"GET / HTTP/1.1\r\nHost: h\nX: y\r\n\r\n", 400),
    "an empty line that ends with LF": (GET + b"\n", 400),
    "a CR within a line": (b"GET / HTTP/1.1\r\nHost: h\rX: y\r\n\r\n", 400),
    "the preface of HTTP/2": (b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", 505),
    "no host": (b"GET / HTTP/1.1\r\n\r\n", 400),
    "too many headers": (GET + b"A: 1\r\n" * 5 + b"\r\n", 431),
    "a head too long": (GET + b"X: " + b"y" * 200 + b"\r\n\r\n", 431),
    "a head too long that never ends": (GET + b"X: " + b"y" * 200, 431),
    "a body too long": (POST + b"Content-Length: 11\r\n\r\n0123456789a", 413),
    "a length beyond any number": (POST + b"Content-Length: 99999999999999999999\r\n\r\n", 413),
    "a chunked body too long": (CHUNKED + b"6\r\nabcdef\r\n5\r\nabcde\r\n0\r\n\r\n", 413),
    "a chunk beyond any number": (CHUNKED + b"FFFFFFFFFFFFFFFF\r\n", 413),
    "a chunk longer than its size": (CHUNKED + b"1\r\nab\r\n0\r\n\r\n", 400),
    "a chunk size that is none": (CHUNKED + b"0x1\r\na\r\n0\r\n\r\n", 400),
    "a trailer that ends with LF": (CHUNKED + b"0\r\n\n", 400),
    "a head that ends with the connection": (b"GET / HT", 400),
    "a body that ends with the connection": (POST + b"Content-Length: 3\r\n\r\nab", 400),
    "a chunked body that ends with the connection": (CHUNKED + b"3\r\nab", 400),
    "both framings, length first": (
        POST + b"Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        400,
    ),
    "both framings, coding first": (
        POST + b"Transfer-Encoding: chunked\r\nContent-Length: 5\r\n\r\n0\r\n\r\n",
        400,
    ),
    "two lengths": (POST + b"Content-Length: 1\r\nContent-Length: 2\r\n\r\nab", 400),
    "one length twice": (POST + b"Content-Length: 1\r\nContent-Length: 1\r\n\r\na", 400),
    "an unknown coding": (POST + b"Transfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n", 501),
    "a coding of HTTP/1.0": (
        b"POST / HTTP/1.0\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        400,
    ),
    "an unknown expectation": (GET + b"Expect: a miracle\r\n\r\n", 417),
}

WAYS: dict[str, Callable[[bytes], Script]] = {
    "whole": Script,
    "byte by byte": lambda raw: Script(*one_by_one(raw)),
}

ways = pytest.mark.parametrize("script_of", WAYS.values(), ids=WAYS)


@ways
@pytest.mark.parametrize("row", SERVED.values(), ids=SERVED)
async def test_served_and_the_next_request_too(row: Row, script_of: type[Script]) -> None:
    echo, script = Echo(), script_of(row.raw + NEXT)
    assert not await converse(script, echo, limits=SMALL)
    assert script.statuses() == [200, 200]
    assert echo.seen[0].body == row.body
    assert echo.paths() == ["/", "/next"]


@ways
@pytest.mark.parametrize("row", SERVED.values(), ids=SERVED)
async def test_served_alone(row: Row, script_of: type[Script]) -> None:
    echo, script = Echo(), script_of(row.raw)
    assert not await converse(script, echo, limits=SMALL)
    assert script.statuses() == [200]
    assert script.sends == 1


ENDS = "that ends with the connection"


@pytest.mark.parametrize("more", [b"", NEXT], ids=["alone", "with the next request behind"])
@ways
@pytest.mark.parametrize("name", REFUSED)
async def test_refused_once_and_nothing_after_it_is_served(
    name: str, script_of: type[Script], more: bytes
) -> None:
    raw, status = REFUSED[name]
    echo, script = Echo(), script_of(raw if ENDS in name else raw + more)
    troubles = await converse(script, echo, limits=SMALL)
    assert script.statuses() == [status]
    assert [trouble.status for trouble in troubles] == [status]
    assert b"connection: close\r\n" in script.sent
    assert not echo.seen


@pytest.mark.parametrize(
    "raw",
    [
        pytest.param(b"", id="nothing"),
        pytest.param(b"\r\n", id="an empty line"),
    ],
)
async def test_silence_is_not_answered(raw: bytes) -> None:
    script = Script(raw) if raw else Script()
    assert not await converse(script, Echo())
    assert not script.sent


LAST: dict[str, bytes] = {
    "the client says so": GET + b"Connection: close\r\n\r\n",
    "the client says so among other things": GET + b"Connection: TE, Close\r\n\r\n",
    "the client says so in a second line": GET + b"Connection: x\r\nConnection: close\r\n\r\n",
    "the client speaks HTTP/1.0": b"GET / HTTP/1.0\r\n\r\n",
}


@pytest.mark.parametrize("raw", LAST.values(), ids=LAST)
async def test_the_connection_ends_after_one_request_when(raw: bytes) -> None:
    echo, script = Echo(), Script(raw + NEXT)
    assert not await converse(script, echo)
    assert echo.paths() == ["/"]
    assert script.statuses() == [200]
    assert b"connection: close\r\n" in script.sent
    assert script.has_sent_end


async def test_what_is_said_after_the_last_answer_is_read_and_dropped() -> None:
    script = Script(LAST["the client says so"], NEXT, NEXT)
    await converse(script, Echo())
    assert script.silent.is_set()
    assert script.statuses() == [200]


async def test_the_request_is_as_it_was_sent() -> None:
    echo = Echo()
    raw = b"PoST /a%20b?c=d?e HTTP/1.1\r\nHost: h\r\nX-A:  \tb \t\r\nx-a: c\xe9\r\nX-B:\r\n\r\n"
    await converse(Script(raw), echo, is_tls=True)
    request = echo.seen[0]
    headers = (("host", "h"), ("x-a", "b"), ("x-a", "c\xe9"), ("x-b", ""))
    assert request == Request("PoST", "/a%20b", "c=d?e", headers, b"", "", True)


async def test_a_client_library_understands_each_answer() -> None:
    script = Script((POST + b"Content-Length: 3\r\n\r\nabc") * 3)
    await converse(script, Echo())
    client = h11.Connection(h11.CLIENT)
    client.receive_data(bytes(script.sent))
    for _ in range(3):
        client.send(h11.Request(method="POST", target="/", headers=[("Host", "h")]))
        client.send(h11.EndOfMessage())
        response, data, end = (client.next_event() for _ in range(3))
        assert isinstance(response, h11.Response)
        assert (response.status_code, response.reason) == (200, b"OK")
        assert isinstance(data, h11.Data)
        assert bytes(data.data) == b"abc"
        assert isinstance(end, h11.EndOfMessage)
        client.start_next_cycle()


# ---- Expect, and looking at a head before its body --------------------------------------------

CONTINUE = POST + b"Expect: 100-continue\r\nContent-Length: 3\r\n\r\n"


async def test_a_body_is_asked_for_when_it_is_waited_for() -> None:
    script = Script(CONTINUE, b"abc")
    await converse(script, Echo())
    assert script.statuses() == [100, 200]


CONTINUED: dict[str, tuple[bytes, list[int]]] = {
    "it is there": (CONTINUE + b"abc", [200]),
    "it is on its way": (CONTINUE + b"a", [400]),
    "it is too long": (CONTINUE.replace(b"3", b"11"), [413]),
    "it is empty": (CONTINUE.replace(b"3", b"0"), [200]),
    "the client speaks HTTP/1.0": (CONTINUE.replace(b"/1.1", b"/1.0"), [400]),
}


@pytest.mark.parametrize(("raw", "statuses"), CONTINUED.values(), ids=CONTINUED)
async def test_a_body_is_not_asked_for_when(raw: bytes, statuses: list[int]) -> None:
    script = Script(raw)
    await converse(script, Echo(), limits=SMALL)
    assert script.statuses() == statuses


def refuse_all(request: Request) -> None:
    raise RefusalError(401, "No.", (("www-authenticate", "Bearer"),))


async def test_a_head_may_be_refused_before_its_body_is_waited_for() -> None:
    echo, script = Echo(), Script(CONTINUE, b"abc" + NEXT)
    troubles = await converse(script, echo, check_head=refuse_all)
    assert script.statuses() == [401]
    assert b"\r\nwww-authenticate: Bearer\r\n" in script.sent
    assert troubles == [Trouble(401, "No.")]
    assert not echo.seen


async def test_a_head_is_not_looked_at_where_there_is_nothing_to_wait_for() -> None:
    script = Script(CONTINUE + b"abc" + NEXT)
    assert not await converse(script, Echo(), check_head=refuse_all)
    assert script.statuses() == [200, 200]


async def test_a_head_that_is_not_refused_is_served() -> None:
    script = Script(CONTINUE, b"abc")
    await converse(script, Echo(), check_head=lambda request: None)
    assert script.statuses() == [100, 200]


# ---- handlers that fail -----------------------------------------------------------------------


async def fails(exchange: Exchange) -> None:
    raise KeyError("a secret")


async def fails_in_a_group(exchange: Exchange) -> None:
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(fails, exchange)


async def fails_late(exchange: Exchange) -> None:
    await exchange.start_stream(first=b"x")
    await fails(exchange)


async def forgets_to_answer(exchange: Exchange) -> None:
    pass


async def forgets_to_end(exchange: Exchange) -> None:
    await exchange.start_stream(first=b"x")


async def answers_twice(exchange: Exchange) -> None:
    await exchange.respond(Response(200))
    await exchange.respond(Response(200))


async def breaks_a_line(exchange: Exchange) -> None:
    await exchange.respond(Response(200, b"", (("x", "y\r\nz: 1"),)))


async def sees_the_client_gone(exchange: Exchange) -> None:
    raise PeerGoneError


async def sees_the_client_gone_twice(exchange: Exchange) -> None:
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(sees_the_client_gone, exchange)
        tasks.start_soon(sees_the_client_gone, exchange)


Handles = Callable[[Exchange], Awaitable[None]]
FAILING: dict[str, tuple[Handles, list[int], list[str]]] = {
    "an error": (fails, [500], ["KeyError:fails"]),
    "an error in a task": (fails_in_a_group, [500], ["KeyError:fails"]),
    "an error in a stream": (fails_late, [200], ["KeyError:fails"]),
    "no answer": (forgets_to_answer, [500], ["RuntimeError:_exchange"]),
    "a stream without an end": (forgets_to_end, [200], []),
    "two answers": (answers_twice, [200], ["RuntimeError:_start"]),
    "a header with a line break": (breaks_a_line, [500], ["ValueError:encode_head"]),
    "a client that is gone": (sees_the_client_gone, [], []),
    "a client that several find gone": (sees_the_client_gone_twice, [], []),
}


@pytest.mark.parametrize(("handler", "statuses", "places"), FAILING.values(), ids=FAILING)
async def test_a_handler_that_fails_ends_its_connection_only(
    handler: Handles, statuses: list[int], places: list[str]
) -> None:
    script = Script(GET + b"\r\n" + NEXT)
    troubles = await converse(script, handler)
    assert script.statuses() == statuses
    assert [trouble.reason.rpartition(":")[0] for trouble in troubles] == places
    assert b"secret" not in script.sent
    assert b"secret" not in repr(troubles).encode()
    assert not script.sent.endswith(b"\r\n0\r\n\r\n")


async def test_no_answer_is_missed_by_a_client_that_is_gone() -> None:
    async def handler(exchange: Exchange) -> None:
        await exchange.wait_gone()

    script = Script(GET + b"\r\n")
    assert not await converse(script, handler)
    assert not script.sent


async def test_a_client_that_ended_its_side_gets_its_answer() -> None:
    async def handler(exchange: Exchange) -> None:
        await exchange.wait_gone()
        await exchange.respond(Response(200, b"still"))

    script = Script(GET + b"\r\n")
    assert not await converse(script, handler)
    assert script.sent.endswith(b"still")


BROKEN: dict[str, Exception] = {
    "reset": anyio.BrokenResourceError(),
    "closed": anyio.ClosedResourceError(),
    "broken below": OSError(),
}


@pytest.mark.parametrize("error", BROKEN.values(), ids=BROKEN)
async def test_a_connection_that_breaks_is_closed_without_a_word(error: Exception) -> None:
    reading, writing = Script(GET), Script(GET + b"\r\n")
    reading.on_receive = writing.on_send = error
    echo = Echo()
    await converse(reading, echo)
    await converse(writing, echo)
    assert not reading.sent
    assert echo.paths() == ["/"]


async def test_a_refusal_that_cannot_be_told_is_none_of_ours() -> None:
    script = Script(b"\x16")
    script.on_send = anyio.BrokenResourceError()
    troubles = await converse(script, Echo())
    assert [trouble.status for trouble in troubles] == [400]


async def test_a_farewell_that_fails_does_no_harm() -> None:
    script = Script(GET + b"\r\n")
    script.on_close = anyio.BrokenResourceError()
    await converse(script, Echo())
    assert script.statuses() == [200]


async def test_a_cancelled_connection_is_closed() -> None:
    script = Script(stays=True)
    server = HttpServer(Echo())
    with anyio.fail_after(5):
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(server.serve_connection, script)
            await script.silent.wait()
            tasks.cancel_scope.cancel()
    assert script.is_closed


# ---- room, and stopping -----------------------------------------------------------------------


async def test_a_connection_without_room_is_told_so() -> None:
    script = Script(NEXT)
    troubles: list[Trouble] = []
    server = HttpServer(Echo(), observe=troubles.append)
    with anyio.fail_after(5):
        await server.turn_away(script)
    assert script.statuses() == [503]
    assert b"\r\nretry-after: 1\r\n" in script.sent
    assert [trouble.status for trouble in troubles] == [503]
    assert script.is_closed


async def test_the_connection_that_was_idle_for_longest_makes_room() -> None:
    server = HttpServer(Echo())
    assert not server.make_room()
    scripts = [Script(GET + b"\r\n", stays=True) for _ in range(3)]
    with anyio.fail_after(5):
        async with anyio.create_task_group() as tasks:
            for script in scripts:
                tasks.start_soon(server.serve_connection, script)
                await script.silent.wait()
            assert server.make_room()
            assert server.make_room()
            while not scripts[1].is_closed:
                await anyio.lowlevel.checkpoint()
            assert [script.is_closed for script in scripts] == [True, True, False]
            tasks.cancel_scope.cancel()
    assert [script.statuses() for script in scripts] == [[200]] * 3


async def test_or_else_the_one_whose_request_is_longest_on_its_way() -> None:
    server = HttpServer(Echo())
    slow = [Script(GET, stays=True), Script(POST + b"Content-Length: 3\r\n\r\na", stays=True)]
    idle = Script(stays=True)
    with anyio.fail_after(5):
        async with anyio.create_task_group() as tasks:
            for script in (*slow, idle):
                tasks.start_soon(server.serve_connection, script)
                await script.silent.wait()
            for expected in (idle, *slow):
                assert server.make_room()
                while not expected.is_closed:
                    await anyio.lowlevel.checkpoint()
            assert not server.make_room()
    assert not any(script.sent for script in (*slow, idle))


async def test_what_a_crowd_leaves_behind_is_collected(monkeypatch: pytest.MonkeyPatch) -> None:
    collected: list[int] = []
    server = HttpServer(Echo(), HttpLimits(idle_s=100, write_stall_s=0.001))
    monkeypatch.setattr(http, "CROWD_MIN", 4)
    monkeypatch.setattr(gc, "collect", lambda: collected.append(len(server._wires)))
    scripts = [Script(stays=True) for _ in range(4)]
    with anyio.fail_after(5):
        async with anyio.create_task_group() as tasks:
            for script in scripts:
                tasks.start_soon(server.serve_connection, script)
                await script.silent.wait()
            tasks.start_soon(server.keep_time)
            while server._crowd < 4:
                await anyio.lowlevel.checkpoint()
            assert not collected
            for _ in range(2):
                server.make_room()
            while not collected:
                await anyio.lowlevel.checkpoint()
            tasks.cancel_scope.cancel()
    assert collected == [2]


async def test_a_stop_ends_idle_connections_now_and_busy_ones_with_their_answer() -> None:
    begun, go_on = anyio.Event(), anyio.Event()

    async def handler(exchange: Exchange) -> None:
        begun.set()
        await go_on.wait()
        await exchange.respond(Response(200))

    server = HttpServer(handler)
    idle, busy = Script(stays=True), Script(GET + b"\r\n" + NEXT)
    late = Script(NEXT)
    with anyio.fail_after(5):
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(server.serve_connection, busy)
            await begun.wait()
            tasks.start_soon(server.serve_connection, idle)
            await idle.silent.wait()
            server.begin_stop()
            while not idle.is_closed:
                await anyio.lowlevel.checkpoint()
            await server.serve_connection(late)
            assert not busy.is_closed
            go_on.set()
    assert busy.statuses() == [200]
    assert b"connection: close\r\n" in busy.sent
    assert not late.sent
    assert not idle.sent
