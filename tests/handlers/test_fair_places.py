"""Places are few, and fair."""

import anyio
import pytest

from tests.clients import settle
from vtmcp.handlers.fair_places import FairPlaces

pytestmark = pytest.mark.anyio


class Askers:
    """Those who wait for a place, in the order in which they got one."""

    def __init__(self, places: FairPlaces, tasks: anyio.abc.TaskGroup) -> None:
        self.places = places
        self.got: list[str] = []
        self._tasks = tasks

    async def come(self, name: str) -> anyio.CancelScope:
        scope = anyio.CancelScope()
        self._tasks.start_soon(self._wait, name, scope)
        await settle()
        return scope

    async def leave(self, name: str) -> None:
        self.places.release(name)
        await settle()

    async def _wait(self, name: str, scope: anyio.CancelScope) -> None:
        with scope:
            await self.places.acquire(name)
            self.got.append(name)


ORDERS: dict[str, tuple[int, list[str], list[str], str]] = {
    "one asker has all places": (2, ["a", "a", "a"], [], "aa"),
    "then in the order of coming": (1, ["a", "b", "c"], ["a", "b"], "abc"),
    "who has least comes next": (3, ["a", "a", "a", "a", "b"], ["a"], "aaab"),
    "the last place is for another": (3, ["b", "a", "a", "a"], ["b"], "baa"),
    "which gets it at once": (3, ["b", "a", "a", "a", "b"], ["b"], "baab"),
    "one place is for anyone": (1, ["b", "a", "a"], ["b", "a"], "baa"),
}


@pytest.mark.parametrize(("most", "come", "leave", "got"), ORDERS.values(), ids=ORDERS)
async def test_places_are_given(most: int, come: list[str], leave: list[str], got: str) -> None:
    with anyio.fail_after(5):
        async with anyio.create_task_group() as tasks:
            askers = Askers(FairPlaces(most), tasks)
            for name in come:
                await askers.come(name)
            for name in leave:
                await askers.leave(name)
            tasks.cancel_scope.cancel()
    assert "".join(askers.got) == got


async def test_who_gives_up_takes_no_place() -> None:
    with anyio.fail_after(5):
        async with anyio.create_task_group() as tasks:
            places = FairPlaces(1)
            askers = Askers(places, tasks)
            await askers.come("a")
            scope = await askers.come("b")
            scope.cancel()
            await settle()
            scope = await askers.come("b")
            # It goes, and in the same moment its turn comes.
            scope.cancel()
            places.release("a")
            await settle()
            assert askers.got == ["a"]
            await askers.come("c")
            assert askers.got == ["a", "c"]
