"""Places for questions that cost much: few at once, and none of several askers holds up the rest.

Who runs least comes next, and once there are several askers, the last place is for another than
the one that holds all the others. Must not be here: what a question is, or how long one waits.
"""

from collections import Counter
from collections.abc import Hashable

import anyio


class FairPlaces:
    """`most` places. Whoever waits is cancelled from outside."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._running: Counter[Hashable] = Counter()
        self._waiting: list[tuple[Hashable, anyio.Event]] = []
        self._first: Hashable = None
        self._are_several = False

    async def acquire(self, who: Hashable) -> None:
        """Wait for a place and take it."""
        self._meet(who)
        if self._has_place(who):
            self._running[who] += 1
            return
        place = who, anyio.Event()
        self._waiting.append(place)
        is_there = False
        try:
            await place[1].wait()
            is_there = True
        finally:
            if not is_there:
                self._give_up(place)

    def release(self, who: Hashable) -> None:
        """Give a place back; whoever comes next has it from now on."""
        self._running[who] -= 1
        self._running += Counter()  # Drops who has none any more.
        while able := [place for place in self._waiting if self._has_place(place[0])]:
            following = min(able, key=lambda place: self._running[place[0]])
            self._waiting.remove(following)
            self._running[following[0]] += 1
            following[1].set()

    def _give_up(self, place: tuple[Hashable, anyio.Event]) -> None:
        if place in self._waiting:
            self._waiting.remove(place)
        else:
            # It was given a place in the very moment that it gave up.
            self.release(place[0])

    def _meet(self, who: Hashable) -> None:
        self._are_several = self._are_several or self._first not in (None, who)
        self._first = who

    def _has_place(self, who: Hashable) -> bool:
        kept = 1 if self._are_several and self._most > 1 else 0
        is_free = self._running.total() < self._most
        return is_free and self._running[who] < self._most - kept
