"""Two ends in one process: what goes in here comes out there, until one is closed."""

import anyio
import pytest

from tests.clients import settle
from vtmcp.protocol.framing import Oversized
from vtmcp.transports.memory import DOCUMENTS_MAX, MemoryChannel, channel_pair

pytestmark = pytest.mark.anyio


def close(*channels: MemoryChannel) -> None:
    for channel in channels:
        channel.close()


async def test_what_is_sent_on_one_end_is_received_on_the_other() -> None:
    here, there = channel_pair()
    await here.send(b"1")
    await here.send(b"2", 7)
    await there.send(b"3")
    await there.send(Oversized(8))
    assert [await there.receive(), await there.receive()] == [b"1", b"2"]
    assert [await here.receive(), await here.receive()] == [b"3", Oversized(8)]
    close(here, there)


async def test_after_the_end_comes_what_is_on_its_way_and_then_none() -> None:
    here, there = channel_pair()
    await here.send(b"1")
    here.close()
    assert [await there.receive() for _ in range(3)] == [b"1", None, None]
    close(there)


async def test_who_closed_receives_nothing_more() -> None:
    here, there = channel_pair()
    await there.send(b"1")
    here.close()
    assert await here.receive() is None
    close(there, here)


async def test_a_receiver_waits_until_the_other_end_is_closed() -> None:
    here, there = channel_pair()
    with anyio.fail_after(5):
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(here.receive)
            await settle()
            there.close()
    close(here)


async def test_a_sender_waits_while_nobody_receives() -> None:
    here, there = channel_pair()
    sent: list[int] = []

    async def send() -> None:
        for number in range(DOCUMENTS_MAX + 1):
            await here.send(b"x")
            sent.append(number)

    with anyio.fail_after(5):
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(send)
            while len(sent) < DOCUMENTS_MAX:
                await anyio.lowlevel.checkpoint()
            await settle()
            assert len(sent) == DOCUMENTS_MAX
            await there.receive()
    assert len(sent) == DOCUMENTS_MAX + 1
    close(here, there)


async def test_to_send_to_an_end_that_is_gone_is_no_fault() -> None:
    here, there = channel_pair()
    there.close()
    try:
        await here.send(b"1")
        assert await here.receive() is None
    finally:
        here.close()
