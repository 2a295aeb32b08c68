"""Counts over time as a chart of text: a line a bucket with time, count and bar. Pure.

Must not be here: what is counted.
"""

from collections.abc import Mapping
from typing import Final, NamedTuple

from vtmcp.traces.times import format_time

BUCKETS_MAX: Final = 32
"""Lines of a chart: as many as a reader takes in, and few enough for the database at any window."""

BAR_CHARS_MAX: Final = 40

STEPS_S: Final = (
    *(1, 2, 5, 10, 15, 30),
    *(60, 120, 300, 600, 900, 1_800),
    *(3_600, 7_200, 10_800, 21_600, 43_200),
    *(86_400, 172_800, 604_800, 1_209_600, 2_592_000),
)
"""Lengths of a bucket that people read without counting, in seconds."""

NS_PER_S: Final = 1_000_000_000

_BAR = "\N{FULL BLOCK}"
_LEAST = "\N{LEFT ONE EIGHTH BLOCK}"
"""The bar of a count that is too small for a whole block: not nothing."""


class Buckets(NamedTuple):
    """Buckets that begin at multiples of their length since 1970, as the database makes them."""

    start_ns: int
    step_s: int
    number: int

    @property
    def starts_ns(self) -> list[int]:
        step_ns = self.step_s * NS_PER_S
        return [self.start_ns + place * step_ns for place in range(self.number)]


def buckets_of(start_ns: int, end_ns: int) -> Buckets:
    """Divide a window into at most `BUCKETS_MAX` buckets, the first and last not wholly in it."""
    for step_s in STEPS_S:
        found = _divided(start_ns, end_ns, step_s)
        if found.number <= BUCKETS_MAX:
            return found
    longest_s = STEPS_S[-1]
    times = -(-(end_ns - start_ns) // (longest_s * NS_PER_S * (BUCKETS_MAX - 1)))
    return _divided(start_ns, end_ns, longest_s * times)


def chart_lines(counts: Mapping[int, int], buckets: Buckets) -> list[str]:
    """Return a line a bucket. `counts` are by the start of the bucket, in nanoseconds."""
    most = max(counts.values(), default=0)
    width = len(f"{most:,}")
    return [
        f"{_time(start_ns)}  {counts.get(start_ns, 0):>{width},}  "
        f"{_bar(counts.get(start_ns, 0), most)}".rstrip()
        for start_ns in buckets.starts_ns
    ]


def _divided(start_ns: int, end_ns: int, step_s: int) -> Buckets:
    step_ns = step_s * NS_PER_S
    first = start_ns // step_ns
    return Buckets(first * step_ns, step_s, max(1, -(-end_ns // step_ns) - first))


def _time(ns: int) -> str:
    return format_time(ns).replace(".000Z", "Z")


def _bar(count: int, most: int) -> str:
    blocks = count * BAR_CHARS_MAX // most if most else 0
    return _BAR * blocks or (_LEAST if count else "")
