"""Groups of spans in one window beside the same groups in another: what got worse, and how much.

Must not be here: text, where figures come from. Pure.
"""

import math
from collections.abc import Callable, Iterable
from typing import Final, NamedTuple

from vtmcp.traces.spans import SpanStats

NS_PER_S: Final = 1_000_000_000

SORTS: Final = ("excess", "errors", "p95", "count")

FEW: Final = 30
"""Below so many spans in either window a share or a quantile is chance, and no verdict is built on
it."""

MANY: Final = 100

Z_MIN: Final = 4.0
"""How many standard errors a share must have moved: once in 30,000 groups by chance."""

SHARE_MIN: Final = 0.005
"""Half a per cent of spans: a smaller rise is real in a large number, and nobody's incident."""

SLOWER_MIN: Final = 1.5
SLOWER_OF_FEW_MIN: Final = 2.0
"""By what factor a median or a p95 must have risen, with `MANY` spans and with fewer."""

STEP_MIN: Final = 2.5
"""Where the p99 is so many times the p95, a few spans do something else that takes long, and the
p95 is at the step between: it jumps by chance. Of usual tails it is twice at the most."""

MEAN_SLOWER_MIN: Final = 1.25
"""By what factor the mean must have risen for a p95 at a step to be believed."""

SLOWER_NS_MIN: Final = 2_000_000
"""Two milliseconds: what is faster twice is still fast."""


class Compared(NamedTuple):
    """One group in both windows; None where it has no spans."""

    keys: tuple[str, ...]
    now: SpanStats | None
    before: SpanStats | None

    @property
    def excess_errors(self) -> float:
        """Failing spans beyond those that the other window's share would have made of the spans of
        this one: `errors - count * before.errors / before.count`. Of a new group, all of them.
        """
        if self.now is None:
            return 0.0
        share = self.before.errors / self.before.count if self.before else 0.0
        return self.now.errors - self.now.count * share

    @property
    def excess_ns(self) -> float:
        """Time beyond that which the other window's mean would have made of the spans of this one:
        `sum - count * before.sum / before.count`. Of a new group nothing: what is normal for it is
        not known.
        """
        if self.now is None or self.before is None:
            return 0.0
        return self.now.sum_ns - self.now.count * self.before.sum_ns / self.before.count

    @property
    def excess(self) -> float:
        """What got worse by amount: excess errors and excess seconds, an error as one second, each
        where it is more than nothing. Both scale with the spans of this window, so a group is not
        worse for being asked more.
        """
        return max(0.0, self.excess_errors) + max(0.0, self.excess_ns / NS_PER_S)

    @property
    def fails_more(self) -> bool:
        """Whether more of the spans fail than chance explains."""
        if self.now is None or self.before is None:
            return False
        return _has_risen(
            (self.now.errors, self.now.count), (self.before.errors, self.before.count)
        )

    @property
    def slower(self) -> float:
        """The factor by which the median or the p95 rose, the larger; 0 if it may be chance."""
        if self.now is None or self.before is None:
            return 0.0
        fewest = min(self.now.count, self.before.count)
        least = SLOWER_MIN if fewest >= MANY else SLOWER_OF_FEW_MIN
        quantiles = [(self.now.p50_ns, self.before.p50_ns)]
        if not self._steps:
            quantiles.append((self.now.p95_ns, self.before.p95_ns))
        factors = [
            after / max(before, 1) for after, before in quantiles if after - before >= SLOWER_NS_MIN
        ]
        factor = max(factors, default=0.0)
        return factor if fewest >= FEW and factor >= least else 0.0

    @property
    def _steps(self) -> bool:
        """Whether the p95 moved only along a step that was there before."""
        assert self.now is not None
        assert self.before is not None
        now, before = self.now, self.before
        usual_ns = before.sum_ns / before.count * now.count
        return (
            before.p99_ns >= STEP_MIN * before.p95_ns > 0
            and now.p95_ns < before.p99_ns
            and now.sum_ns < MEAN_SLOWER_MIN * usual_ns
        )


def compare_groups(now: Iterable[SpanStats], before: Iterable[SpanStats]) -> list[Compared]:
    """Put the groups of two windows side by side, those that only one has included."""
    earlier = {one.keys: one for one in before}
    compared = [Compared(one.keys, one, earlier.pop(one.keys, None)) for one in now]
    return compared + [Compared(one.keys, None, one) for one in earlier.values()]


def sort_groups(groups: Iterable[Compared], sort: str) -> list[Compared]:
    """Return the groups that this window has, the first by `sort`; equal ones by their count."""
    by = _KEYS[sort]

    def place(one: Compared) -> tuple[float, int, tuple[str, ...]]:
        return -by(one), -(one.now.count if one.now else 0), one.keys

    return sorted((one for one in groups if one.now is not None), key=place)


_KEYS: Final[dict[str, Callable[[Compared], float]]] = {
    "excess": lambda one: one.excess,
    "errors": lambda one: float(one.now.errors if one.now else 0),
    "p95": lambda one: float(one.now.p95_ns if one.now else 0),
    "count": lambda one: float(one.now.count if one.now else 0),
}


def _has_risen(now: tuple[int, int], before: tuple[int, int]) -> bool:
    """Compare two shares, each a count of a whole, with the error that counts have by chance."""
    if min(now[1], before[1]) < FEW:
        return False
    rise = now[0] / now[1] - before[0] / before[1]
    both = (now[0] + before[0]) / (now[1] + before[1])
    error = math.sqrt(both * (1 - both) * (1 / now[1] + 1 / before[1]))
    return rise >= SHARE_MIN and rise >= Z_MIN * error
