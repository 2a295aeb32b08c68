"""Exchanges that take long: who has gone is noticed, who waits is shown that we are alive."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import cast

import anyio
import pytest

from tests.clients import settle
from vtmcp.transports import minding
from vtmcp.transports.http import Exchange
from vtmcp.transports.http_values import PeerGoneError
from vtmcp.transports.minding import Minded, Minder

pytestmark = pytest.mark.anyio


@pytest.fixture(autouse=True)
def soon(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(minding, "MIND_AFTER_S", 0.001)


class Watched:
    """An exchange whose client a test sends away."""

    def __init__(self) -> None:
        self.away = anyio.Event()
        self.gone: list[str] = []
        self.beats = 0
        self.beaten = anyio.Event()
        self.fails = False
        self.watching = anyio.Event()

    async def wait_gone(self) -> None:
        self.watching.set()
        await self.away.wait()

    async def beat(self) -> None:
        self.beats += 1
        if self.fails:
            raise PeerGoneError
        if self.beats == 3:
            self.beaten.set()

    def begin(self, minder: Minder) -> Minded:
        return minder.begin(
            cast("Exchange", self), gone=lambda: self.gone.append("gone"), beat=self.beat
        )


@asynccontextmanager
async def running(heartbeat_s: float) -> AsyncIterator[Minder]:
    minder = Minder(heartbeat_s)
    with anyio.fail_after(5):
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(minder.run)
            yield minder
            tasks.cancel_scope.cancel()


async def test_a_client_that_goes_away_is_noticed_once() -> None:
    async with running(0) as minder:
        watched = Watched()
        minded = watched.begin(minder)
        await watched.watching.wait()
        assert not watched.gone
        watched.away.set()
        await settle()
        assert watched.gone == ["gone"]
        await minder.end(minded)
    assert watched.beats == 0


async def test_a_quiet_exchange_beats() -> None:
    async with running(0.001) as minder:
        watched = Watched()
        minded = watched.begin(minder)
        await watched.beaten.wait()
        await minder.end(minded)
        beats = watched.beats
        await settle()
        assert watched.beats == beats
    assert not watched.gone


async def test_a_client_that_cannot_be_written_to_is_gone() -> None:
    async with running(0.001) as minder:
        watched = Watched()
        watched.fails = True
        minded = watched.begin(minder)
        while not watched.gone:
            await settle()
        await minder.end(minded)
    assert (watched.gone, watched.beats) == (["gone"], 1)


async def test_a_short_exchange_costs_no_task() -> None:
    async with running(0.001) as minder:
        watched, other = Watched(), Watched()
        minded = watched.begin(minder)
        await minder.end(minded)
        held = other.begin(minder)
        await other.watching.wait()
        await minder.end(held)
    assert not watched.watching.is_set()
    assert not minder._young


async def test_nobody_reads_the_connection_once_minding_has_ended() -> None:
    ended = anyio.Event()

    class Slow(Watched):
        async def wait_gone(self) -> None:
            try:
                await super().wait_gone()
            finally:
                with anyio.CancelScope(shield=True):
                    await settle()
                ended.set()

    async with running(0) as minder:
        watched = Slow()
        minded = watched.begin(minder)
        await watched.watching.wait()
        with anyio.CancelScope() as scope:
            # Also when whoever ends it is cancelled itself.
            scope.cancel()
            await minder.end(minded)
        assert ended.is_set()


async def test_only_those_that_take_long_are_looked_after(monkeypatch: pytest.MonkeyPatch) -> None:
    now_s = 100.0
    monkeypatch.setattr(minding, "monotonic", lambda: now_s)
    async with running(0) as minder:
        old = Watched()
        ended = old.begin(minder)
        now_s += 1
        young = Watched()
        kept = young.begin(minder)
        await old.watching.wait()
        assert not young.watching.is_set()
        assert list(minder._young) == [kept]
        await minder.end(kept)
        await minder.end(ended)


class SlowBeat(Watched):
    """Takes its time to write a heartbeat."""

    def __init__(self) -> None:
        super().__init__()
        self.beating = anyio.Event()
        self.may_end = anyio.Event()
        self.is_whole = False

    async def beat(self) -> None:
        self.beating.set()
        await self.may_end.wait()
        self.is_whole = True


async def test_a_heartbeat_is_not_cut_short_by_the_answer() -> None:
    async with running(0.001) as minder:
        watched = SlowBeat()
        minded = watched.begin(minder)
        await watched.beating.wait()
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(minder.end, minded)
            await settle()
            watched.may_end.set()
        assert watched.is_whole


async def test_a_heartbeat_is_cut_short_where_all_is() -> None:
    async with running(0.001) as minder:
        watched = SlowBeat()
        minded = watched.begin(minder)
        await watched.beating.wait()
        with anyio.CancelScope() as scope:
            scope.cancel()
            await minder.end(minded)
        assert not watched.is_whole
