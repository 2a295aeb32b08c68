"""Whether a difference between two counts or means can be chance. Pure, and plain floats.

Counts are judged by exact tails, as the counts of an incident's first minutes are small; only
intervals are approximate. Must not be here: what is counted.
"""

import math
from typing import NamedTuple

TAIL_TERMS_MAX = 100_000
"""A tail falls off fast where it matters; what is longer is far from being significant."""

NEGLIGIBLE = 1e-12
"""A term below this part of the sum so far ends the sum."""

Z_MAX = 40.0
"""Beyond this a float cannot tell a tail from nothing."""


class Interval(NamedTuple):
    """An estimate, and between which bounds the true value lies."""

    low: float
    estimate: float
    high: float


def binomial_tail(successes: int, trials: int, share: float) -> float:
    """Return how likely at least so many successes are, at that share."""
    if successes <= 0:
        return 1.0
    if successes > trials or share <= 0.0:
        return 0.0
    if share >= 1.0 or successes <= trials * share:
        return 1.0
    odds = share / (1.0 - share)
    first = _log_choose(trials, successes)
    first += successes * math.log(share) + (trials - successes) * math.log1p(-share)
    term, total = 1.0, 0.0
    for here in range(successes, min(trials, successes + TAIL_TERMS_MAX) + 1):
        total += term
        term *= odds * (trials - here) / (here + 1)
        if term < total * NEGLIGIBLE:
            break
    return min(1.0, math.exp(first + math.log(total)))


def hypergeometric_tail(found: int, drawn: int, marked: int, whole: int) -> float:
    """Return how likely at least `found` of the `drawn` are marked, when `marked` of all are."""
    most = min(drawn, marked)
    if found <= max(0, drawn + marked - whole):
        return 1.0
    if found > most:
        return 0.0
    if found * whole <= drawn * marked:
        return 1.0
    first = _log_choose(marked, found) + _log_choose(whole - marked, drawn - found)
    first -= _log_choose(whole, drawn)
    term, total = 1.0, 0.0
    for here in range(found, min(most, found + TAIL_TERMS_MAX) + 1):
        total += term
        term *= (marked - here) * (drawn - here)
        term /= (here + 1) * (whole - marked - drawn + here + 1)
        if term < total * NEGLIGIBLE:
            break
    return min(1.0, math.exp(first + math.log(total)))


ODDS_MAX = math.nextafter(1.0, 0.0)
"""The odds of very many ones cannot be told from one, and nothing divides by what is left."""


def ratio_of_shares(ones: float, of: float, others: float, of_others: float, z: float) -> Interval:
    """Return how many times as large the first share is as the second (Katz, on a log scale).

    A share of nothing counts as half a one, so that the ratio is finite; the interval says how
    little is known then. Its lower bound is exact where there are none of the others: half a one
    would be too unsure of many that are all on one side.
    """
    if others < 0.5 <= ones:
        # All of them on one side: so they would be this often if that side had no more than its
        # part times the lower bound (Clopper and Pearson, of the ratio of two Poisson rates).
        odds = min((math.erfc(z / math.sqrt(2)) / 2) ** (1 / ones), ODDS_MAX)
        low = odds / (1 - odds) * of_others / of
        found = ratio_of_shares(ones + 0.5, of + 0.5, 0.5, of_others + 0.5, z)
        return Interval(min(low, found.estimate), found.estimate, found.high)
    if min(ones, others) < 0.5:
        ones, others, of, of_others = ones + 0.5, others + 0.5, of + 0.5, of_others + 0.5
    estimate = (ones / of) / (others / of_others)
    variance = max(0.0, 1.0 / ones - 1.0 / of) + max(0.0, 1.0 / others - 1.0 / of_others)
    factor = math.exp(min(z * math.sqrt(variance), 700.0))
    return Interval(estimate / factor, estimate, estimate * factor)


def z_of(tail: float) -> float:
    """Return how many standard deviations have no more than that tail on each side together."""
    low, high = 0.0, Z_MAX
    while high - low > 1e-6:
        middle = (low + high) / 2
        low, high = (middle, high) if math.erfc(middle / math.sqrt(2)) > tail else (low, middle)
    return high


def z_of_means(mean: float, variance: float, count: int, *others: float) -> float:
    """Return by how many standard errors a mean is above another: mean, variance, count (Welch)."""
    other_mean, other_variance, other_count = others
    if count < 2 or other_count < 2:
        return 0.0
    error = math.sqrt(variance / count + other_variance / other_count)
    difference = mean - other_mean
    return difference / error if error > 0.0 else math.copysign(Z_MAX, difference)


def surprise(ones: float, of: float, others: float, of_others: float) -> float:
    """Return by how much two shares explain better what is seen than one (the G statistic)."""
    whole = of + of_others
    share = (ones + others) / whole
    cells = (
        (ones, of * share),
        (of - ones, of * (1 - share)),
        (others, of_others * share),
        (of_others - others, of_others * (1 - share)),
    )
    return 2 * sum(seen * math.log(seen / expected) for seen, expected in cells if seen > 0)


def _log_choose(of: int, these: int) -> float:
    return math.lgamma(of + 1) - math.lgamma(these + 1) - math.lgamma(of - these + 1)
