"""Events that are kept: numbers, readers, bounds, and what is left behind."""

import json
from typing import Any

import anyio
import pytest
from anyio.abc import TaskGroup

from tests.clients import settle
from vtmcp.protocol.sse import EventParser
from vtmcp.transports import events
from vtmcp.transports.events import RETRY_MS, EventLog, EventStore, read_event_id
from vtmcp.transports.http_values import PeerGoneError

pytestmark = pytest.mark.anyio

IDS: dict[str, tuple[str, tuple[str, int] | None]] = {
    "one of ours": ("ab.3-17", ("ab.3", 17)),
    "a name with dashes": ("a-b-2", ("a-b", 2)),
    "a priming event's": ("s-0", ("s", 0)),
    "no dash": ("17", None),
    "no number": ("s-", None),
    "a sign": ("s-+1", None),
    "digits of another script": ("s-\u0663", None),
    "a number beyond all streams": ("s-1234567890123456", None),
    "nothing": ("", None),
}


@pytest.mark.parametrize(("text", "found"), IDS.values(), ids=IDS)
def test_an_event_id_is_read(text: str, found: tuple[str, int] | None) -> None:
    assert read_event_id(text) == found


class Reader:
    """Follows a stream, and keeps what it is given."""

    def __init__(self, log: EventLog) -> None:
        self.got: list[Any] = []
        self.ids: list[str] = []
        self.has_ended = False
        self.scope = anyio.CancelScope()
        self.gone = False
        self.may_write = anyio.Event()
        self.may_write.set()
        self._log = log

    async def write(self, data: bytes) -> None:
        (event,) = EventParser().feed(data)
        await self.may_write.wait()
        if self.gone:
            raise PeerGoneError
        self.got.append(json.loads(event.data))
        self.ids.append(event.event_id)

    async def follow(self, after: int | None = None) -> None:
        with self.scope:
            try:
                await self._log.follow(self.write, after)
                self.has_ended = True
            except PeerGoneError:
                return

    def stall(self) -> None:
        self.may_write = anyio.Event()


def new_log(store: EventStore | None = None) -> EventLog:
    return EventLog("s", EventStore() if store is None else store)


async def reading(tasks: TaskGroup, log: EventLog, after: int | None = None) -> Reader:
    reader = Reader(log)
    tasks.start_soon(reader.follow, after)
    await settle()
    return reader


async def test_a_reader_is_given_what_was_said_before_and_what_comes_until_the_end() -> None:
    log = new_log()
    log.add(b"1")
    async with anyio.create_task_group() as tasks:
        reader = await reading(tasks, log)
        assert reader.got == [1]
        assert log.is_read
        log.add(b"2")
        await settle()
        assert (reader.got, reader.ids) == ([1, 2], ["s-1", "s-2"])
        log.add(b"3")
        log.end()
        await settle()
        assert reader.got == [1, 2, 3]
        assert reader.has_ended
    assert not log.is_read


AFTER: dict[str, tuple[int, list[int]]] = {
    "the priming event": (0, [1, 2, 3]),
    "one that was seen": (2, [3]),
    "the last": (3, []),
    # Somebody made it up; what comes next must reach him all the same.
    "one that never was": (99, []),
}


@pytest.mark.parametrize(("after", "expected"), AFTER.values(), ids=AFTER)
async def test_a_reader_that_comes_back_goes_on_after_an_event(
    after: int, expected: list[int]
) -> None:
    log = new_log()
    for number in (b"1", b"2", b"3"):
        log.add(number)
    log.taken()
    async with anyio.create_task_group() as tasks:
        reader = await reading(tasks, log, after)
        assert reader.got == expected
        log.add(b"4")
        log.end()
        await settle()
        assert reader.got == [*expected, 4]


async def test_what_was_written_directly_is_not_given_again_unless_asked_for() -> None:
    log = new_log()
    assert log.add(b"1") == b"id: s-1\nevent: message\ndata: 1\n\n"
    log.taken()
    async with anyio.create_task_group() as tasks:
        reader = await reading(tasks, log)
        assert not reader.got
        reader.scope.cancel()


async def test_of_several_readers_the_newest_is_given_what_comes() -> None:
    log = new_log()
    async with anyio.create_task_group() as tasks:
        old = await reading(tasks, log)
        new = await reading(tasks, log)
        log.add(b"1")
        await settle()
        assert (old.got, new.got) == ([], [1])
        new.scope.cancel()
        await settle()
        log.add(b"2")
        await settle()
        assert (old.got, new.got) == ([2], [1])
        last = await reading(tasks, log)
        log.add(b"3")
        log.end()
        await settle()
        assert (old.got, last.got) == ([2], [3])
        assert old.has_ended
        assert last.has_ended


async def test_an_event_that_is_being_written_is_not_given_to_a_second_reader() -> None:
    log = new_log()
    log.add(b"1")
    log.add(b"2")
    async with anyio.create_task_group() as tasks:
        slow = Reader(log)
        slow.stall()
        tasks.start_soon(slow.follow)
        await settle()
        new = await reading(tasks, log)
        assert new.got == [2]
        slow.may_write.set()
        await settle()
        assert slow.got == [1]
        log.end()


async def test_a_slow_reader_does_not_take_back_what_another_asked_to_hear_again() -> None:
    log = new_log()
    for number in (b"1", b"2", b"3"):
        log.add(number)
    async with anyio.create_task_group() as tasks:
        slow = Reader(log)
        slow.stall()
        tasks.start_soon(slow.follow, 2)
        await settle()
        again = await reading(tasks, log, 0)
        slow.may_write.set()
        await settle()
        assert again.got == [1, 2, 3]
        log.end()


@pytest.mark.parametrize("cancelled", [False, True], ids=["gone", "cancelled"])
async def test_an_event_that_could_not_be_written_waits_for_the_next_reader(
    cancelled: bool,
) -> None:
    log = new_log()
    log.add(b"1")
    async with anyio.create_task_group() as tasks:
        first = Reader(log)
        first.stall()
        tasks.start_soon(first.follow)
        await settle()
        if cancelled:
            first.scope.cancel()
        else:
            first.gone = True
            first.may_write.set()
        await settle()
        assert not log.is_read
        second = await reading(tasks, log)
        assert second.got == [1]
        log.end()


async def test_a_late_failure_does_not_repeat_what_others_have_heard() -> None:
    log = new_log()
    log.add(b"1")
    async with anyio.create_task_group() as tasks:
        first = Reader(log)
        first.stall()
        tasks.start_soon(first.follow)
        await settle()
        log.add(b"2")
        second = await reading(tasks, log)
        first.gone = True
        first.may_write.set()
        await settle()
        log.add(b"3")
        log.end()
        await settle()
        assert second.got == [2, 3]


def test_the_oldest_events_are_gone_beyond_a_number(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(events, "STREAM_EVENTS_MAX", 2)
    store = EventStore()
    log = new_log(store)
    sizes = [len(log.add(b"%d" % number)) for number in range(4)]
    assert store.kept_bytes == sum(sizes[2:])
    assert log.priming(after=0) == b"id: s-0\nretry: %d\ndata: \n\n" % RETRY_MS


async def test_the_oldest_events_are_gone_beyond_a_size(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(events, "STREAM_BYTES_MAX", 200)
    log = new_log()
    log.add(b'"%s"' % (b"x" * 150))
    log.add(b"2")
    log.add(b'"%s"' % (b"y" * 300))
    async with anyio.create_task_group() as tasks:
        reader = await reading(tasks, log, 0)
        # One event alone may be longer; numbers go on as if nothing were missing.
        assert reader.got == ["y" * 300]
        assert reader.ids == ["s-3"]
        log.end()


def test_a_stream_primes_with_what_was_delivered() -> None:
    log = new_log()
    log.add(b"1")
    assert log.priming().startswith(b"id: s-0\n")
    log.taken()
    assert log.priming().startswith(b"id: s-1\n")


def test_all_streams_together_keep_no_more_than_the_bound() -> None:
    store = EventStore(bytes_max=1_000)
    logs = [EventLog(f"s{number}", store) for number in range(50)]
    for round_number in range(20):
        for log in logs:
            log.add(b"%d" % round_number)
            assert store.kept_bytes <= 1_000
    # The streams that were added to last are those that still keep something.
    assert 0 < len(store) < 50
    for log in logs:
        log.drop()
    assert (store.kept_bytes, len(store)) == (0, 0)


def test_an_event_above_the_whole_bound_is_not_kept() -> None:
    store = EventStore(bytes_max=100)
    small, large = EventLog("a", store), EventLog("b", store)
    small.add(b"1")
    assert large.add(b"1" * 200).endswith(b"1\n\n")
    assert (store.kept_bytes, len(store)) == (0, 0)
    large.add(b"2")
    assert len(store) == 1


async def test_a_dropped_stream_is_kept_for_those_who_read_it_and_no_longer() -> None:
    store = EventStore()
    log = new_log(store)
    async with anyio.create_task_group() as tasks:
        reader = Reader(log)
        reader.stall()
        tasks.start_soon(reader.follow)
        log.add(b"1")
        log.add(b"2")
        await settle()
        log.drop()
        assert log.add(b"3").startswith(b"id: s-3\n")
        assert len(store) == 1
        reader.may_write.set()
        await settle()
        assert reader.got == [1, 2]
        assert reader.has_ended
    assert (store.kept_bytes, len(store)) == (0, 0)


async def test_a_reader_goes_on_where_events_were_lost_meanwhile(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(events, "STREAM_EVENTS_MAX", 2)
    log = new_log()
    async with anyio.create_task_group() as tasks:
        reader = Reader(log)
        reader.stall()
        tasks.start_soon(reader.follow)
        for number in range(6):
            log.add(b"%d" % number)
            await settle()
        reader.may_write.set()
        log.end()
        await settle()
        assert reader.got == [0, 4, 5]
