"""Whether a difference can be chance: tails against exact sums, intervals against known ones."""

import math
from itertools import product

import pytest

from vtmcp.traces.chance import (
    Z_MAX,
    binomial_tail,
    hypergeometric_tail,
    ratio_of_shares,
    surprise,
    z_of,
    z_of_means,
)

CLOSE = 1e-9


def binomial(found: int, trials: int, share: float) -> float:
    terms = range(found, trials + 1)
    return sum(math.comb(trials, k) * share**k * (1 - share) ** (trials - k) for k in terms)


def hypergeometric(found: int, drawn: int, marked: int, whole: int) -> float:
    ways = sum(
        math.comb(marked, k) * math.comb(whole - marked, drawn - k)
        for k in range(found, min(drawn, marked) + 1)
    )
    return ways / math.comb(whole, drawn)


@pytest.mark.parametrize("share", [0.01, 0.3, 0.5, 0.9])
def test_a_binomial_tail_above_the_expected_is_the_sum_of_its_terms(share: float) -> None:
    for trials in (1, 7, 40):
        for found in range(math.ceil(trials * share + 1e-12), trials + 1):
            expected = binomial(found, trials, share) if found > trials * share else 1.0
            assert binomial_tail(found, trials, share) == pytest.approx(expected, rel=CLOSE)


def test_a_hypergeometric_tail_above_the_expected_is_the_sum_of_its_terms() -> None:
    for drawn, marked, whole in product((1, 5, 12), (1, 6, 20), (20, 33)):
        if max(drawn, marked) > whole:
            continue
        for found in range(min(drawn, marked) + 1):
            if found * whole > drawn * marked:
                expected = hypergeometric(found, drawn, marked, whole)
                tail = hypergeometric_tail(found, drawn, marked, whole)
                assert tail == pytest.approx(expected, rel=CLOSE)


EDGES = {
    "none is always reached": (binomial_tail(0, 5, 0.1), 1.0),
    "more than there are, never": (binomial_tail(6, 5, 0.1), 0.0),
    "what cannot be, never": (binomial_tail(1, 5, 0.0), 0.0),
    "what must be, always": (binomial_tail(5, 5, 1.0), 1.0),
    "no more than expected is not looked at": (binomial_tail(3, 10, 0.5), 1.0),
    "all drawn": (hypergeometric_tail(3, 10, 3, 10), 1.0),
    "more than drawn": (hypergeometric_tail(4, 3, 9, 10), 0.0),
    "no more marked than expected": (hypergeometric_tail(1, 4, 5, 10), 1.0),
    "far out in large numbers": (hypergeometric_tail(900, 1_000, 1_000, 10**9), 0.0),
}


@pytest.mark.parametrize(("tail", "expected"), EDGES.values(), ids=EDGES)
def test_the_ends_of_tails(tail: float, expected: float) -> None:
    assert tail == pytest.approx(expected, abs=1e-300)


def test_a_ratio_of_shares_lies_in_its_interval() -> None:
    found = ratio_of_shares(90, 100, 10, 100, 1.96)
    # Katz: ln 9 +- 1.96 sqrt(1/90 - 1/100 + 1/10 - 1/100)
    half = 1.96 * math.sqrt(1 / 90 - 1 / 100 + 1 / 10 - 1 / 100)
    assert found.estimate == pytest.approx(9.0)
    assert found.low == pytest.approx(9 * math.exp(-half))
    assert found.high == pytest.approx(9 * math.exp(half))


def test_where_there_are_none_of_the_others_the_lower_bound_is_exact() -> None:
    low = ratio_of_shares(15, 300, 0, 600, 2.575829).low
    # At that ratio, all fifteen are among the first three hundred once in two hundred times.
    assert (low * 300 / (low * 300 + 600)) ** 15 == pytest.approx(0.005, abs=1e-6)
    assert ratio_of_shares(1, 300, 0, 600, 0.1).low <= ratio_of_shares(1, 300, 0, 600, 0.1).estimate


def test_a_share_of_nothing_counts_as_half_a_one() -> None:
    found = ratio_of_shares(10, 10, 0, 100, 2.0)
    assert found.estimate == pytest.approx((10.5 / 10.5) / (0.5 / 100.5))
    assert found.low < found.estimate < found.high < math.inf
    none = ratio_of_shares(0, 10, 10, 100, 2.0)
    assert none.estimate == pytest.approx((0.5 / 10.5) / (10.5 / 100.5))
    assert 0 < none.low < none.estimate < none.high


@pytest.mark.parametrize(("tail", "z"), [(0.05, 1.959964), (0.01, 2.575829), (1e-6, 4.891638)])
def test_tails_of_the_normal_distribution(tail: float, z: float) -> None:
    assert z_of(tail) == pytest.approx(z, abs=1e-4)


def test_tails_have_ends() -> None:
    assert z_of(1.0) == pytest.approx(0.0, abs=1e-5)
    assert 38 < z_of(0.0) <= Z_MAX


MEANS = {
    "a difference in standard errors": ((12.0, 4.0, 4, 10.0, 4.0, 4), math.sqrt(2)),
    "a smaller mean": ((10.0, 4.0, 4, 12.0, 4.0, 4), -math.sqrt(2)),
    "a single value has no variance": ((10.0, math.inf, 1, 1.0, 1.0, 9), 0.0),
    "constants": ((2.0, 0.0, 3, 1.0, 0.0, 3), Z_MAX),
}


@pytest.mark.parametrize(("given", "z"), MEANS.values(), ids=MEANS)
def test_means_are_compared_in_standard_errors(
    given: tuple[float, float, int, float, float, int], z: float
) -> None:
    assert z_of_means(*given) == pytest.approx(z)


def test_surprise_is_nothing_for_equal_shares_and_most_for_a_clean_split() -> None:
    assert surprise(10, 100, 20, 200) == pytest.approx(0.0)
    clean, half = surprise(50, 50, 0, 50), surprise(40, 50, 10, 50)
    assert clean == pytest.approx(2 * 100 * math.log(2))
    assert clean > half > 0


def test_counts_of_any_size_have_a_ratio() -> None:
    most = float(2**63)
    found = ratio_of_shares(most, most, 0.0, most, 3.0)
    assert 0 < found.low <= found.estimate <= found.high < math.inf
