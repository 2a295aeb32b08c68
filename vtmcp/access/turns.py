"""Who may run now and who waits: a bound in total, one a caller, and a bounded queue. Pure.

Whoever runs least comes next, so that one busy caller holds up nobody else. Must not be here:
waiting itself, and how long.
"""

from collections import Counter
from enum import Enum
from typing import NamedTuple

AT_ONCE_MAX = 10_000
"""More calls at once would not fit into one process."""


RUNNING_MAX = 64
"""Calls that run at once, of all callers: eight for each connection to the database."""

WAITING_MAX = 256
"""Calls that wait for that: as many as one client may have in flight."""


class State(Enum):
    """What became of a question."""

    RUNNING = "running"
    WAITING = "waiting"
    REFUSED = "refused"


class Bounds(NamedTuple):
    """How many calls may run, and how many may wait for that."""

    running_max: int = RUNNING_MAX
    waiting_max: int = WAITING_MAX


class Turn:
    """One call that asked to run."""

    __slots__ = ("at_once_max", "caller", "state")

    def __init__(self, caller: str, at_once_max: int) -> None:
        self.caller = caller
        self.at_once_max = at_once_max
        self.state = State.REFUSED


class Turns:
    """The calls that run and wait."""

    def __init__(self, bounds: Bounds = Bounds()) -> None:  # noqa: B008 - immutable
        self._bounds = bounds
        self._running: Counter[str] = Counter()
        self._waiting: list[Turn] = []

    def ask(self, caller: str, at_once_max: int = 0) -> Turn:
        """A turn that runs, waits or is refused; `at_once_max` 0 is no bound for the caller."""
        turn = Turn(caller, at_once_max)
        if self._may_run(turn):
            self._run(turn)
        elif self._may_wait(turn):
            turn.state = State.WAITING
            self._waiting.append(turn)
        return turn

    def leave(self, turn: Turn) -> list[Turn]:
        """End a turn, whatever its state; return those that run from now on."""
        if turn.state is State.RUNNING:
            self._running[turn.caller] -= 1
            self._running += Counter()  # Drops who runs nothing any more.
        elif turn.state is State.WAITING:
            self._waiting.remove(turn)
        turn.state = State.REFUSED
        begun = []
        while (following := self._next()) is not None:
            self._waiting.remove(following)
            self._run(following)
            begun.append(following)
        return begun

    @property
    def running(self) -> int:
        """Calls that run."""
        return self._running.total()

    @property
    def waiting(self) -> int:
        """Calls that wait."""
        return len(self._waiting)

    def _may_run(self, turn: Turn) -> bool:
        own = self._running[turn.caller]
        has_room = not turn.at_once_max or own < turn.at_once_max
        return has_room and self._running.total() < self._bounds.running_max

    def _may_wait(self, turn: Turn) -> bool:
        # Half of the queue for one caller at most: there is a place for the next.
        own = sum(other.caller == turn.caller for other in self._waiting)
        share = max(1, self._bounds.waiting_max // 2)
        return len(self._waiting) < self._bounds.waiting_max and own < share

    def _run(self, turn: Turn) -> None:
        turn.state = State.RUNNING
        self._running[turn.caller] += 1

    def _next(self) -> Turn | None:
        able = [turn for turn in self._waiting if self._may_run(turn)]
        return min(able, key=lambda turn: self._running[turn.caller], default=None)
