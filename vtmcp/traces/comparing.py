"""A group of spans against the same group in another window: is it more than chance and habit?

Each comparison has a bound for chance, one for what is little against the usual, and one for what
is little in itself, so that small services do not cry wolf. Pure. Must not be here: which groups
and windows are compared.
"""

import math
from collections.abc import Callable
from typing import Final, NamedTuple

from vtmcp.traces.activity import OVER_NS, SERVING_KINDS, Activity
from vtmcp.traces.chance import binomial_tail, z_of, z_of_means
from vtmcp.traces.periods import COMPARED_MIN

EXCESS_ERRORS_MIN: Final = 5
"""So many more failing traces at least: a small service fails now and then."""

ERROR_SHARE_MIN: Final = 0.002
"""So much more of the spans must fail: less is lost among retries, and no incident."""

NEW_ERROR_SHARE_MIN: Final = 0.05
"""What was not there before and fails once in twenty times does not work."""

RATIO_MIN: Final = 1.5
"""Shares and numbers of calls must grow by half: between two hours they vary by less."""

SLOWER_MIN: Final = 1.25
"""A mean must grow by a quarter."""

SLOWER_NS_MIN: Final = 1_000_000
"""And by a millisecond: below that nobody waits."""

Z_MIN: Final = 5.0
"""Durations have long tails, so a mean must be this many standard errors higher."""

EXCESS_SLOW_MIN: Final = 10
"""So many more slow spans at least: one pause of a machine makes a few."""

SLOW_SHARE_MIN: Final = 0.01
"""So much more of the spans must be slow: latencies have tails on good days too."""

SLOW_RATIO_MIN: Final = 2.0
"""And twice the share."""


class Measure(NamedTuple):
    """What a group did in one window: so many of so many, or a mean in nanoseconds of so many."""

    amount: float
    of: int


class Compared(NamedTuple):
    """A group against one other window."""

    is_more: bool
    now: Measure
    then: Measure
    excess: float
    """Failing traces, nanoseconds, slow spans or calls more than at the other window's rate."""
    excess_ns: float = 0.0
    """The time that it adds, but for errors."""
    bad_from_ns: int = 0
    """What takes this long is what is slow."""


class Scaled(NamedTuple):
    """How much there is of what makes the calls of a group, in both windows."""

    served: int
    served_then: int
    """What the group's own service serves."""
    requests: int
    requests_then: int
    growth: float
    """How many times as many requests the entry point has that grew most."""


Comparison = Callable[[Activity, Activity, Scaled, float], Compared]
"""Compares a group with what it was. The last is how likely chance may do the same."""


def errors(group: Activity, other: Activity, scaled: Scaled, chance: float) -> Compared:
    """Compare failures that began here. Those of one trace count once: retries fail alike."""
    now, then = group.origin_traces, other.origin_traces
    share, usual = now / group.count, then / other.count
    excess = now - usual * group.count
    is_more = (
        excess >= EXCESS_ERRORS_MIN
        and share - usual >= ERROR_SHARE_MIN
        and share >= RATIO_MIN * usual
        and binomial_tail(now, now + then, group.count / (group.count + other.count)) <= chance
    )
    return Compared(is_more, Measure(now, group.count), Measure(then, other.count), excess)


def first_errors(group: Activity) -> Compared:
    """Judge a group that was not there before: failing is not what it was made for."""
    now = group.origin_traces
    is_more = now >= EXCESS_ERRORS_MIN and now >= NEW_ERROR_SHARE_MIN * group.count
    return Compared(is_more, Measure(now, group.count), Measure(0, 0), now)


def time(group: Activity, other: Activity, scaled: Scaled, chance: float) -> Compared:
    """Compare mean durations."""
    now, then = Measure(group.mean_ns, group.count), Measure(other.mean_ns, other.count)
    z = z_of_means(
        now.amount / 1e6,
        group.variance_ms2,
        round(now.of * group.weight),
        then.amount / 1e6,
        other.variance_ms2,
        round(then.of * other.weight),
    )
    is_more = (
        now.amount >= SLOWER_MIN * then.amount
        and now.amount - then.amount >= SLOWER_NS_MIN
        and z >= max(Z_MIN, z_of(chance))
    )
    excess_ns = (now.amount - then.amount) * now.of
    slow_ns = round(then.amount + 2e6 * math.sqrt(min(other.variance_ms2, 1e18)))
    return Compared(is_more, now, then, excess_ns, excess_ns, slow_ns)


def slow(group: Activity, other: Activity, scaled: Scaled, chance: float) -> Compared:
    """Compare how many spans are slow, at the bound where that differs most.

    A few that take very long are lost in the mean of many.
    """
    found = [_slow_at(place, group, other, chance / len(OVER_NS)) for place in range(len(OVER_NS))]
    return max(found, key=lambda one: (one.is_more, one.excess_ns))


def calls(group: Activity, other: Activity, scaled: Scaled, chance: float) -> Compared:
    """Compare how often a call is made for each span that its service serves.

    What serves is compared with the requests that come in, of which no entry point may have grown
    as much.
    """
    if group.kind in SERVING_KINDS:
        bases = scaled.requests, scaled.requests_then
        usual = scaled.growth
        effective = group.count, other.count
    else:
        bases = scaled.served, scaled.served_then
        usual = scaled.served / scaled.served_then if scaled.served_then else 0.0
        # Many calls for one request are no more certain than the requests are many, and a job that
        # makes many calls comes now and then.
        effective = min(group.occasions, scaled.served), min(other.occasions, scaled.served_then)
    now, then = Measure(group.count, bases[0]), Measure(other.count, bases[1])
    if min(bases) < COMPARED_MIN or usual <= 0.0 or group.roots:
        return Compared(False, now, then, 0.0)
    expected = other.count * usual
    error = math.sqrt(1 / effective[0] + 1 / effective[1])
    ratio = group.count / expected
    is_more = ratio >= RATIO_MIN and math.log(ratio) >= max(Z_MIN, z_of(chance)) * error
    excess = group.count - expected
    return Compared(is_more, now, then, excess, excess * group.mean_ns)


def _slow_at(place: int, group: Activity, other: Activity, chance: float) -> Compared:
    bound_ns = OVER_NS[place]
    now, then = group.over[place], other.over[place]
    share, usual = now / group.count, then / other.count
    excess = now - usual * group.count
    weight = min(group.weight, other.weight)
    is_more = (
        excess >= EXCESS_SLOW_MIN
        and share - usual >= SLOW_SHARE_MIN
        and share >= SLOW_RATIO_MIN * usual
        and binomial_tail(
            int(now * weight), int((now + then) * weight), group.count / (group.count + other.count)
        )
        <= chance
    )
    measures = Measure(now, group.count), Measure(then, other.count)
    # The time that it adds is at least what lies above the usual, or all that the mean says.
    excess_ns = max(
        excess * (bound_ns - other.mean_ns), (group.mean_ns - other.mean_ns) * group.count
    )
    return Compared(is_more, *measures, excess, excess_ns, bound_ns)


COMPARISONS: Final[dict[str, Comparison]] = {
    "errors": errors,
    "time": time,
    "slow": slow,
    "calls": calls,
}
"""By the kind of change that they find."""
