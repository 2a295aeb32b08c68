"""What a group of spans did in a window, in sums that can be compared and added. Plain values.

Must not be here: what a change of them means (`changes.py`), LogsQL, text for a reader.
"""

import math
from collections.abc import Iterable
from dataclasses import dataclass, replace

GROUPS_MAX = 5_000
"""The most groups of one answer, those with most spans: some 300 bytes each, so 1.5 MB. They are
computed with, and no reader is shown them, so there may be more than `ROWS_MAX`."""

OVER_NS = tuple(ms * 1_000_000 for ms in (10, 30, 100, 300, 1_000, 3_000, 10_000))
"""Bounds for what is slow: from each to the next it is three times as slow."""

TRACES_MAX = 1_000
"""Traces of a group are counted no further: by then chance has little to say, and the ids of more
would cost the database memory."""

ALIKE = 0.2
"""How much spans of one trace are like each other: a slow host makes all calls of a loop slow. The
share of the variance that they have in common."""

SERVING_KINDS = ("server", "consumer")
"""The kinds of spans that answer somebody. A span without a parent serves too, of any kind."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Activity:
    """The spans of one service, operation and kind, and of one value more where asked.

    A span is bad if it failed, or where a bound was given, if it took that long. It is an origin
    if it is bad and no span right below it is: the badness began there, and others pass it on.
    """

    service: str
    operation: str
    kind: str
    also: str = ""
    """The value of one field more, where groups are told apart by it too."""
    count: int
    bad: int = 0
    origins: int = 0
    origin_traces: int = 0
    """How many traces those origins are in: bad spans of one trace are not independent."""
    traces: int = 0
    """How many traces the spans are in, as far as `TRACES_MAX`; 0 where that is not known."""
    roots: int = 0
    """Spans without a parent: requests that come in here."""
    bad_roots: int = 0
    roots_ns: int = 0
    """The sum of the durations of roots."""
    sum_ns: int = 0
    squares_ms2: float = 0.0
    """The sum of the squares of durations, for their variance."""
    over: tuple[int, ...] = (0,) * len(OVER_NS)
    """How many took as long as each bound of `OVER_NS`."""
    first_ns: int = 0
    """When the first span started."""
    last_ns: int = 0
    """When the last span ended."""

    @property
    def key(self) -> tuple[str, str, str]:
        return self.service, self.operation, self.kind

    @property
    def serves(self) -> int:
        """How many of the spans answer somebody."""
        return self.count if self.kind in SERVING_KINDS else self.roots

    @property
    def occasions(self) -> int:
        """How often it came to these spans: spans of one trace come together."""
        return self.traces or self.count

    @property
    def weight(self) -> float:
        """How many spans that have nothing to do with each other say as much as one of these."""
        if not 0 < self.traces < TRACES_MAX:
            return 1.0
        return 1.0 / (1.0 + ALIKE * max(0.0, self.count / self.traces - 1.0))

    @property
    def mean_ns(self) -> float:
        return self.sum_ns / self.count if self.count else 0.0

    @property
    def variance_ms2(self) -> float:
        """The variance of a duration; of rounded sums it may come out below zero."""
        mean_ms = self.mean_ns / 1e6
        spread = self.squares_ms2 - self.count * mean_ms * mean_ms
        return max(0.0, spread / (self.count - 1)) if self.count > 1 else math.inf


def added(parts: Iterable[Activity]) -> Activity:
    """Add groups up; service, operation, kind and the other value are those of the first."""
    first, *others = parts
    total = first
    for one in others:
        total = replace(
            total,
            count=total.count + one.count,
            bad=total.bad + one.bad,
            origins=total.origins + one.origins,
            origin_traces=total.origin_traces + one.origin_traces,
            traces=total.traces + one.traces,
            roots=total.roots + one.roots,
            bad_roots=total.bad_roots + one.bad_roots,
            roots_ns=total.roots_ns + one.roots_ns,
            sum_ns=total.sum_ns + one.sum_ns,
            squares_ms2=total.squares_ms2 + one.squares_ms2,
            over=tuple(map(sum, zip(total.over, one.over, strict=True))),
            first_ns=min(total.first_ns, one.first_ns),
            last_ns=max(total.last_ns, one.last_ns),
        )
    return total
