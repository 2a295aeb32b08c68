"""How often somebody may call: token buckets, one a name. Pure: whoever asks says what time it is.

A bucket holds a minute's calls, and fills evenly. Must not be here: who is refused, and how.
"""

from collections import OrderedDict

PER_MINUTE_MAX = 1_000_000
"""No one process answers more calls than that in a minute."""

NAMES_MAX = 10_000
"""Buckets that are kept; the one that was longest without a call is forgotten, and is full then."""

_MINUTE_S = 60.0


class Buckets:
    """`per_minute` is given with each question, so that it may change; 0 is no limit."""

    def __init__(self) -> None:
        self._levels: OrderedDict[str, tuple[float, float]] = OrderedDict()
        """Calls that are left, and when that was so; who called last stands last."""

    def __len__(self) -> int:
        return len(self._levels)

    def wait_s(self, name: str, per_minute: int, now_s: float) -> float:
        """How long until the next call is within the rate; 0 for now. Takes nothing."""
        if not per_minute:
            return 0.0
        missing = 1.0 - self._level(name, per_minute, now_s)
        return max(0.0, missing) * _MINUTE_S / per_minute

    def take(self, name: str, per_minute: int, now_s: float) -> float:
        """Take one call and return 0, or take nothing and return how long to wait."""
        wait_s = self.wait_s(name, per_minute, now_s)
        if wait_s or not per_minute:
            return wait_s
        self._levels[name] = (self._level(name, per_minute, now_s) - 1.0, now_s)
        self._levels.move_to_end(name)
        if len(self._levels) > NAMES_MAX:
            self._levels.popitem(last=False)
        return 0.0

    def _level(self, name: str, per_minute: int, now_s: float) -> float:
        level, since_s = self._levels.get(name, (float(per_minute), now_s))
        gained = max(0.0, now_s - since_s) * per_minute / _MINUTE_S
        # Adding and taking parts of a call leaves crumbs that must not cost a whole one.
        return min(float(per_minute), round(level + gained, 6))
