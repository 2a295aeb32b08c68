"""How long to wait before a worker is started again. Pure.

Must not be here: clocks, and why it ended.
"""

STEADY_S = 5.0
"""A worker that lived so long did not die of what killed it at its start: the next one is
started at once."""

AT_ONCE = 3
"""How many quick deaths in a row cost no pause: they may be accidents, and a start takes less
than a second of one processor."""

PAUSE_S = 0.5
"""The first pause, about the time that a start takes. Each further one is twice as long."""

PAUSE_S_MAX = 10.0
"""The longest pause: whoever has mended the cause waits no longer for it."""

ALONE_S_MAX = 1.0
"""The longest pause while no worker serves at all: clients queue meanwhile."""


class Restarts:
    """The pauses of one place in the row of workers."""

    def __init__(self) -> None:
        self._quick = 0

    def pause_s(self, lived_s: float, *, others_serve: bool = True) -> float:
        """How long to wait, now that a worker has ended after `lived_s`."""
        if lived_s >= STEADY_S:
            self._quick = 0
            return 0.0
        self._quick += 1
        if self._quick <= AT_ONCE:
            return 0.0
        doublings = min(self._quick - AT_ONCE - 1, 16)  # No need to count to where floats end.
        longest_s = PAUSE_S_MAX if others_serve else ALONE_S_MAX
        return min(longest_s, PAUSE_S * float(1 << doublings))
