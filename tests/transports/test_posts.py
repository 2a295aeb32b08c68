"""One POST and its response: who writes when, what is whole, and clients that are gone."""

import json
from collections.abc import Awaitable, Callable
from typing import Any

import anyio
import pytest

from tests.clients import settle
from tests.transports.site import JSON_ONLY, STREAM_ONLY, Site
from vtmcp.protocol.errors import InvalidRequest, ToolError
from vtmcp.transports.events import EventLog, EventStore
from vtmcp.transports.http import Exchange
from vtmcp.transports.http_values import Headers
from vtmcp.transports.posts import (
    HEARTBEAT,
    Form,
    PostChannel,
    ResumableChannel,
    error_response,
    stopped_response,
)

pytestmark = pytest.mark.anyio

BOTH = Form(json=True, stream=True)
JSON = Form(json=True, stream=False)
STREAM = Form(json=False, stream=True)

STATUSES = {-32601: 404}
HEADERS: Headers = (("x", "y"),)
NOTE = b'{"method":"note"}'
QUESTION = b'{"id":1,"method":"question"}'
RESULT = b'{"result":{}}'

Story = Callable[[PostChannel], Awaitable[None]]


class Told:
    """The handler of a test: tells a story on a channel."""

    def __init__(self, story: Story, form: Form = BOTH, *, primes: bool | None = None) -> None:
        self.log: EventLog | None = None
        self.channel: PostChannel
        self.ended = anyio.Event()
        self._story = story
        self._form = form
        self._primes = primes

    async def __call__(self, exchange: Exchange) -> None:
        def headers() -> Headers:
            return HEADERS

        if self._primes is None:
            self.channel = PostChannel(exchange, self._form, STATUSES, headers)
        else:
            self.channel = ResumableChannel(
                *(exchange, self._form, STATUSES, headers),
                open_log=self._open,
                primes=self._primes,
            )
        try:
            await self._story(self.channel)
        finally:
            self.ended.set()

    def _open(self) -> EventLog:
        assert self.log is None
        self.log = EventLog("s", EventStore())
        return self.log


async def heard(told: Told) -> tuple[int, str, bytes]:
    """Status, type and body of what the story leads to."""
    with anyio.fail_after(5):
        async with anyio.create_task_group() as tasks:
            site = Site(told, tasks)
            answer = await site.post({})
            await site.leave()
        assert not site.troubles
    assert answer.headers["x"] == "y"
    return answer.status, answer.headers.get("content-type", ""), answer.body


def events(*documents: bytes) -> bytes:
    return b"".join(b"event: message\ndata: %b\n\n" % document for document in documents)


async def result(channel: PostChannel) -> None:
    await channel.send(RESULT, 1, 0)


async def failure(channel: PostChannel) -> None:
    await channel.send(RESULT, 1, -32601)


async def failure_without_status(channel: PostChannel) -> None:
    await channel.send(RESULT, 1, -32602)


async def note_and_result(channel: PostChannel) -> None:
    await channel.send(NOTE, 1)
    await channel.send(RESULT, 1, 0)


async def note_and_failure(channel: PostChannel) -> None:
    await channel.send(NOTE, 1)
    await channel.send(RESULT, 1, -32601)


async def beats(channel: PostChannel) -> None:
    await channel.beat()
    await channel.beat()
    await channel.send(RESULT, 1, 0)
    await channel.beat()


async def nothing(channel: PostChannel) -> None:
    assert await channel.receive() is None
    await channel.release()
    await channel.close_stream()
    await channel.close_stream()


async def too_much(channel: PostChannel) -> None:
    await channel.send(RESULT, 1, 0)
    await channel.send(NOTE, 1)
    await channel.beat()
    await channel.close_stream()


async def late_note(channel: PostChannel) -> None:
    await note_and_result(channel)
    await channel.send(NOTE, 1)
    await channel.close_stream()


STORIES: dict[str, tuple[Story, Form, tuple[int, str, bytes]]] = {
    "a result": (result, BOTH, (200, JSON_ONLY, RESULT)),
    "a result for who takes streams": (result, STREAM, (200, STREAM_ONLY, events(RESULT))),
    "an error": (failure, BOTH, (404, JSON_ONLY, RESULT)),
    "an error for who takes streams": (failure, STREAM, (404, JSON_ONLY, RESULT)),
    "an error that has no status for who takes streams": (
        *(failure_without_status, STREAM),
        (200, STREAM_ONLY, events(RESULT)),
    ),
    "a note before": (note_and_result, BOTH, (200, STREAM_ONLY, events(NOTE, RESULT))),
    "a note that is not heard": (note_and_result, JSON, (200, JSON_ONLY, RESULT)),
    "a note before an error": (note_and_failure, BOTH, (200, STREAM_ONLY, events(NOTE, RESULT))),
    "heartbeats": (beats, BOTH, (200, STREAM_ONLY, HEARTBEAT * 2 + events(RESULT))),
    "heartbeats that are not heard": (beats, JSON, (200, JSON_ONLY, RESULT)),
    "nothing": (nothing, BOTH, (200, STREAM_ONLY, b"")),
    "nothing for who takes no stream": (nothing, JSON, (202, "", b"")),
    "more than the answer": (too_much, BOTH, (200, JSON_ONLY, RESULT)),
    "more than the stream": (late_note, BOTH, (200, STREAM_ONLY, events(NOTE, RESULT))),
}


@pytest.mark.parametrize(("story", "form", "expected"), STORIES.values(), ids=STORIES)
async def test_what_is_said_becomes_one_response(
    story: Story, form: Form, expected: tuple[int, str, bytes]
) -> None:
    assert await heard(Told(story, form)) == expected


async def test_a_question_that_could_not_be_heard_is_an_error() -> None:
    async def story(channel: PostChannel) -> None:
        with pytest.raises(ToolError):
            await channel.send(QUESTION, 1)
        await channel.send(NOTE, 1)
        await channel.send(RESULT, 1, 0)

    assert await heard(Told(story, JSON)) == (200, JSON_ONLY, RESULT)


async def test_a_question_is_written_for_who_takes_a_stream() -> None:
    async def story(channel: PostChannel) -> None:
        await channel.send(QUESTION, 1)
        await channel.send(RESULT, 1, 0)

    assert await heard(Told(story)) == (200, STREAM_ONLY, events(QUESTION, RESULT))


async def test_what_several_tasks_say_at_once_is_written_one_after_the_other() -> None:
    async def story(channel: PostChannel) -> None:
        async with anyio.create_task_group() as tasks:
            for _ in range(5):
                tasks.start_soon(channel.send, NOTE, 1)
                tasks.start_soon(channel.beat)
        await channel.send(RESULT, 1, 0)
        assert not channel.is_gone

    status, _, body = await heard(Told(story))
    assert status == 200
    assert body.count(HEARTBEAT) == 5
    assert body.replace(HEARTBEAT, b"") == events(*[NOTE] * 5, RESULT)


async def test_nothing_comes_after_the_end_however_it_waited() -> None:
    async def story(channel: PostChannel) -> None:
        await channel.send(NOTE, 1)
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(channel.send, RESULT, 1, 0)
            tasks.start_soon(channel.beat)
            await settle()
            await channel.beat()

    _, _, body = await heard(Told(story))
    assert body.endswith(events(RESULT)) or body.endswith(events(RESULT) + HEARTBEAT)


@pytest.mark.parametrize("form", [BOTH, STREAM], ids=["JSON", "a stream"])
async def test_a_heartbeat_while_a_slow_client_reads_its_answer_is_no_harm(form: Form) -> None:
    async def story(channel: PostChannel) -> None:
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(channel.send, b'"%b"' % (b"x" * 2_000_000), 1, 0)
            for _ in range(3):
                await settle()
                tasks.start_soon(channel.beat)

    with anyio.fail_after(5):
        async with anyio.create_task_group() as tasks:
            site = Site(Told(story, form), tasks)
            # The client takes a piece only when it reads.
            slow = await site.begin("POST", {}, parts=0)
            await settle()
            answer = await slow.answer()
            assert len(answer.messages[0]) == 2_000_000
            await site.leave()
        assert not site.troubles


# ---- clients that are gone ----------------------------------------------------------------------


async def without_client(told: Told) -> None:
    """Tell a story to a client that is gone before anything is said."""
    start = anyio.Event()
    story = told._story

    async def later(channel: PostChannel) -> None:
        await start.wait()
        await story(channel)

    told._story = later
    with anyio.fail_after(5):
        async with anyio.create_task_group() as tasks:
            site = Site(told, tasks)
            connection = await site.begin("POST", {})
            await settle()
            await connection.leave()
            start.set()
            await told.ended.wait()
        assert not site.troubles


GONE: dict[str, tuple[Story, bool | None]] = {
    "a result": (result, None),
    "a note": (note_and_result, None),
    "nothing": (nothing, None),
    "a note of a session": (note_and_result, True),
    "nothing in a session": (nothing, True),
    "nothing in an older session": (nothing, False),
}


@pytest.mark.parametrize(("story", "primes"), GONE.values(), ids=GONE)
async def test_what_is_said_to_a_client_that_is_gone_is_no_error(
    story: Story, primes: bool | None
) -> None:
    told = Told(story, primes=primes)
    await without_client(told)
    assert told.channel.is_gone


async def test_a_session_keeps_what_a_client_that_is_gone_did_not_hear() -> None:
    told = Told(note_and_result, primes=True)
    await without_client(told)
    assert told.log is not None
    assert told.log.is_ended
    got: list[bytes] = []

    async def write(data: bytes) -> None:
        got.append(data.split(b"data: ")[1].strip())

    await told.log.follow(write, 0)
    assert got == [NOTE, RESULT]


async def test_a_released_channel_keeps_what_is_said_and_never_beats() -> None:
    async def story(channel: PostChannel) -> None:
        await channel.send(NOTE, 1)
        await channel.release()
        await channel.release()
        await channel.beat()
        await channel.send(RESULT, 1, 0)
        await channel.close_stream()

    told = Told(story, primes=True)
    status, _, body = await heard(told)
    assert status == 200
    assert RESULT not in body
    assert NOTE in body
    assert told.log is not None
    assert told.log.is_ended


async def test_what_was_never_answered_is_dropped() -> None:
    async def story(channel: PostChannel) -> None:
        assert isinstance(channel, ResumableChannel)
        await channel.send(NOTE, 1)
        channel.finish()
        await channel.close_stream()

    told = Told(story, primes=True)
    await heard(told)
    assert told.log is not None
    assert told.log.is_dropped


async def test_what_never_became_a_stream_is_not_one_to_come_back_to() -> None:
    async def story(channel: PostChannel) -> None:
        assert isinstance(channel, ResumableChannel)
        channel.finish()
        await channel.close_stream()

    told = Told(story, primes=True)
    assert await heard(told) == (200, STREAM_ONLY, b"")
    assert told.log is None


async def test_an_answered_stream_is_kept() -> None:
    async def story(channel: PostChannel) -> None:
        assert isinstance(channel, ResumableChannel)
        await note_and_result(channel)
        channel.finish()

    told = Told(story, primes=False)
    await heard(told)
    assert told.log is not None
    assert told.log.is_ended
    assert not told.log.is_dropped


# ---- responses ----------------------------------------------------------------------------------


STOPPED: dict[str, tuple[Any, bool]] = {
    "a request": ({"id": 0, "method": "x"}, True),
    "an array": ([{"id": 0, "method": "x"}], False),
}


@pytest.mark.parametrize(("value", "has_id"), STOPPED.values(), ids=STOPPED)
def test_who_is_cut_off_by_a_stop_may_try_again(value: Any, has_id: bool) -> None:
    status, body, headers = stopped_response(value, HEADERS)
    message = json.loads(body)
    assert status == 503
    assert message["error"]["code"] == -32603
    assert ("id" in message) == has_id
    assert dict(headers) == {"content-type": JSON_ONLY, "retry-after": "1", "x": "y"}


def test_an_error_names_the_request_if_it_could_be_read() -> None:
    status, body, _ = error_response(400, 0, InvalidRequest("no"))
    error = {"code": -32600, "message": "no"}
    assert status == 400
    assert json.loads(body) == {"jsonrpc": "2.0", "id": 0, "error": error}
    assert "id" not in json.loads(error_response(400, None, InvalidRequest("no")).body)
