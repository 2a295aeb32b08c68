"""Responses, whole and in parts, as they stand on the wire."""

from collections.abc import Awaitable, Callable

import anyio
import pytest

from tests.transports.scripted import NEXT, Script, converse
from vtmcp.transports import http_wire
from vtmcp.transports.http import Exchange, PeerGoneError
from vtmcp.transports.http_values import Response, text_response

pytestmark = pytest.mark.anyio

Handles = Callable[[Exchange], Awaitable[None]]


async def whole(exchange: Exchange) -> None:
    assert not exchange.started
    await exchange.respond(Response(200, b"abc", (("x", "y"),)))
    assert exchange.started


async def empty(exchange: Exchange) -> None:
    await exchange.respond(Response(202))


async def nothing(exchange: Exchange) -> None:
    await exchange.respond(Response(204, b"abc"))


async def parts(exchange: Exchange) -> None:
    assert not exchange.started
    await exchange.start_stream((("x", "y"),))
    assert exchange.started
    await exchange.write(b"0123456789abcdef")
    await exchange.write(b"")
    await exchange.write(b"x")
    await exchange.end()


async def first_part_at_once(exchange: Exchange) -> None:
    await exchange.start_stream(status=201, first=b"abc")
    await exchange.end()


WHOLE = b"HTTP/1.1 200 OK\r\nx: y\r\ncontent-length: 3\r\n"
STREAM = b"HTTP/1.1 200 OK\r\nx: y\r\n"
CHUNKED = b"transfer-encoding: chunked\r\n"
CLOSE = b"connection: close\r\n"
END = b"\r\n"

ANSWERS: dict[str, tuple[str, str, Handles, bytes]] = {
    "a whole one": ("GET", "1.1", whole, WHOLE + END + b"abc"),
    "a whole one to HEAD": ("HEAD", "1.1", whole, WHOLE + END),
    "a whole one to HTTP/1.0": ("GET", "1.0", whole, WHOLE + CLOSE + END + b"abc"),
    "an empty one": ("GET", "1.1", empty, b"HTTP/1.1 202 Accepted\r\ncontent-length: 0\r\n\r\n"),
    "one that has no body": ("GET", "1.1", nothing, b"HTTP/1.1 204 No Content\r\n\r\n"),
    "a stream": (
        *("GET", "1.1", parts),
        STREAM + CHUNKED + END + b"10\r\n0123456789abcdef\r\n1\r\nx\r\n0\r\n\r\n",
    ),
    "a stream to HEAD": ("HEAD", "1.1", parts, STREAM + CHUNKED + END),
    "a stream to HTTP/1.0": ("GET", "1.0", parts, STREAM + CLOSE + END + b"0123456789abcdefx"),
    "a stream with its first part": (
        *("GET", "1.1", first_part_at_once),
        b"HTTP/1.1 201 Created\r\n" + CHUNKED + END + b"3\r\nabc\r\n0\r\n\r\n",
    ),
}


@pytest.mark.parametrize(
    ("method", "version", "handler", "expected"), ANSWERS.values(), ids=ANSWERS
)
async def test_on_the_wire(method: str, version: str, handler: Handles, expected: bytes) -> None:
    script = Script(f"{method} / HTTP/{version}\r\nHost: h\r\n\r\n".encode())
    assert not await converse(script, handler)
    assert script.sent == expected


async def test_what_follows_an_answer_to_head_is_served() -> None:
    async def handler(exchange: Exchange) -> None:
        await (parts if exchange.request.path == "/" else whole)(exchange)

    script = Script(b"HEAD / HTTP/1.1\r\nHost: h\r\n\r\n" + NEXT)
    await converse(script, handler)
    assert script.sent == STREAM + CHUNKED + END + WHOLE + END + b"abc"


async def test_the_first_part_goes_out_with_the_head() -> None:
    script = Script(NEXT)
    await converse(script, first_part_at_once)
    assert script.sends == 2


async def test_a_large_body_goes_out_in_pieces(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(http_wire, "PIECE_BYTES", 10)

    async def handler(exchange: Exchange) -> None:
        await exchange.respond(Response(200, b"x" * 100))

    script = Script(NEXT)
    await converse(script, handler)
    assert script.sent.endswith(b"\r\n\r\n" + b"x" * 100)
    assert script.sends == (len(script.sent) + 9) // 10


async def test_several_tasks_may_write() -> None:
    async def handler(exchange: Exchange) -> None:
        await exchange.start_stream()
        async with anyio.create_task_group() as tasks:
            for name in b"abc":
                tasks.start_soon(exchange.write, bytes([name]) * 3)
        await exchange.end()

    script = Script(NEXT)
    assert not await converse(script, handler)
    _, _, body = bytes(script.sent).partition(b"\r\n\r\n")
    chunks = sorted(b"3\r\n%b\r\n" % (name * 3) for name in (b"a", b"b", b"c"))
    assert sorted(body[at : at + 8] for at in range(0, 24, 8)) == chunks
    assert body[24:] == b"0\r\n\r\n"


async def test_a_writer_that_is_cancelled_already_breaks_nothing() -> None:
    async def handler(exchange: Exchange) -> None:
        await exchange.start_stream()
        with anyio.CancelScope() as scope:
            scope.cancel()
            await exchange.write(b"never")
        await exchange.write(b"x")
        await exchange.end()

    script = Script(NEXT)
    assert not await converse(script, handler)
    assert script.sent.endswith(b"\r\n\r\n1\r\nx\r\n0\r\n\r\n")


async def test_a_writer_cancelled_midway_breaks_the_connection() -> None:
    raised: list[str] = []

    async def handler(exchange: Exchange) -> None:
        await exchange.start_stream()
        script.on_send = None
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(exchange.write, b"half")
            await anyio.lowlevel.checkpoint()
            await anyio.lowlevel.checkpoint()
            tasks.cancel_scope.cancel()
        try:
            await exchange.write(b"x")
        except PeerGoneError:
            raised.append("gone")
            raise

    class Stuck(Script):
        async def send(self, item: bytes) -> None:
            if item.startswith(b"4"):
                await anyio.sleep_forever()
            await super().send(item)

    script = Stuck(NEXT + NEXT)
    assert not await converse(script, handler)
    assert raised == ["gone"]
    assert script.statuses() == [200]


MISUSES: dict[str, Handles] = {}


def misuse(handler: Handles) -> Handles:
    MISUSES[getattr(handler, "__name__", "")] = handler
    return handler


@misuse
async def part_before_the_start(exchange: Exchange) -> None:
    await exchange.write(b"x")


@misuse
async def end_before_the_start(exchange: Exchange) -> None:
    await exchange.end()


@misuse
async def part_after_the_end(exchange: Exchange) -> None:
    await parts(exchange)
    await exchange.write(b"x")


@misuse
async def part_after_a_whole_answer(exchange: Exchange) -> None:
    await whole(exchange)
    await exchange.write(b"x")


@misuse
async def stream_after_a_whole_answer(exchange: Exchange) -> None:
    await whole(exchange)
    await exchange.start_stream()


@misuse
async def whole_answer_after_a_stream(exchange: Exchange) -> None:
    await parts(exchange)
    await exchange.respond(text_response(200, "x"))


@pytest.mark.parametrize("handler", MISUSES.values(), ids=MISUSES)
async def test_misuse_is_an_error_of_the_handler(handler: Handles) -> None:
    script = Script(NEXT + NEXT)
    troubles = await converse(script, handler)
    assert len(troubles) == 1
    assert troubles[0].reason.startswith("RuntimeError:")
    assert len(script.statuses()) == 1


async def test_a_client_that_is_gone_is_told_to_the_writer() -> None:
    raised: list[str] = []

    async def handler(exchange: Exchange) -> None:
        await exchange.start_stream()
        script.on_send = anyio.BrokenResourceError()
        for _ in range(2):
            try:
                await exchange.write(b"x")
            except PeerGoneError:
                raised.append("gone")
        await exchange.end()

    script = Script(NEXT + NEXT)
    assert not await converse(script, handler)
    assert raised == ["gone", "gone"]
    assert script.statuses() == [200]
