"""Counts over time as text: buckets that people can read, bars that do not lie."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vtmcp.traces.chart_text import BUCKETS_MAX, NS_PER_S, STEPS_S, buckets_of, chart_lines

AT_S = 1_795_343_400
"""2026-11-22 10:30:00 UTC."""

WINDOWS = {
    "a second": (AT_S, 1, 1, 1),
    "half a minute": (AT_S, 30, 1, 30),
    "an hour": (AT_S, 3_600, 120, 30),
    "an hour that begins within a bucket": (AT_S + 13, 3_600, 120, 31),
    "six hours": (AT_S, 21_600, 900, 24),
    "a week": (AT_S, 604_800, 21_600, 29),
    "forty years": (0, 40 * 365 * 86_400, 2_592_000 * 16, 31),
}


@pytest.mark.parametrize(("start_s", "length_s", "step_s", "number"), WINDOWS.values(), ids=WINDOWS)
def test_a_window_is_divided(start_s: int, length_s: int, step_s: int, number: int) -> None:
    found = buckets_of(start_s * NS_PER_S, (start_s + length_s) * NS_PER_S)
    assert (found.step_s, found.number) == (step_s, number)


@given(st.integers(0, 2**63 - 2), st.integers(1, 2**63 - 1))
def test_any_window_lies_in_few_buckets(start_ns: int, length_ns: int) -> None:
    end_ns = min(start_ns + length_ns, 2**63 - 1)
    found = buckets_of(start_ns, end_ns)
    starts_ns, step_ns = found.starts_ns, found.step_s * NS_PER_S
    assert 1 <= len(starts_ns) <= BUCKETS_MAX
    assert starts_ns[0] <= start_ns < starts_ns[0] + step_ns
    assert starts_ns[-1] < end_ns <= starts_ns[-1] + step_ns
    assert all(each % step_ns == 0 for each in starts_ns)
    assert found.step_s in STEPS_S or found.step_s % STEPS_S[-1] == 0


def test_each_bucket_is_a_line_and_empty_ones_too() -> None:
    buckets = buckets_of(AT_S * NS_PER_S, (AT_S + 4) * NS_PER_S)
    counts = {(AT_S + 1) * NS_PER_S: 1, (AT_S + 2) * NS_PER_S: 1_000, (AT_S + 3) * NS_PER_S: 500}
    assert chart_lines(counts, buckets) == [
        "2026-11-22 10:30:00Z      0",
        "2026-11-22 10:30:01Z      1  \N{LEFT ONE EIGHTH BLOCK}",
        f"2026-11-22 10:30:02Z  1,000  {'█' * 40}",
        f"2026-11-22 10:30:03Z    500  {'█' * 20}",
    ]


def test_without_counts_there_are_no_bars() -> None:
    buckets = buckets_of(AT_S * NS_PER_S, (AT_S + 1) * NS_PER_S)
    assert chart_lines({}, buckets) == ["2026-11-22 10:30:00Z  0"]
