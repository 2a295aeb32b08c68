"""The timetable: ids that are numbers in disguise, traces that keep coming, one rollout."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.demo.samples import entry_list
from vtmcp.demo.timetable import (
    KEPT_US,
    RECIPES,
    entries,
    entry_of,
    is_over,
    kept,
    rollout_us,
)

MINUTE_US = 60_000_000
moments = st.integers(min_value=KEPT_US, max_value=2**53)
places = st.sampled_from(range(len(RECIPES)))
EXPORT = max(RECIPES, key=lambda recipe: recipe.longest_us)


@given(places, moments)
def test_an_id_leads_back_to_its_trace(place: int, now_us: int) -> None:
    for entry in entry_list(place, now_us)[:5]:
        assert len(entry.trace_id) == 32
        assert entry_of(entry.trace_id) == entry


@given(places, moments)
def test_traces_start_within_the_window_in_order(place: int, now_us: int) -> None:
    recipe = RECIPES[place]
    starts = [entry.start_us for entry in entries(recipe, now_us - KEPT_US, now_us)]
    assert starts == sorted(set(starts))
    assert all(now_us - KEPT_US <= start <= now_us for start in starts)


@given(places, moments)
def test_every_recipe_has_a_whole_trace_in_every_hour(place: int, now_us: int) -> None:
    assert entry_list(place, now_us)


@given(moments)
def test_a_window_before_time_began_is_empty(now_us: int) -> None:
    assert not list(entries(RECIPES[0], -now_us, -1))


@given(moments)
def test_the_rollout_is_12_to_42_minutes_old(now_us: int) -> None:
    assert 12 * MINUTE_US <= now_us - rollout_us(now_us) < 42 * MINUTE_US


STRANGE_IDS = ["0" * 31 + "1", "f" * 32, "0123456789abcdef", "0af7651916cd43dd8448eb211c80319c"]


@pytest.mark.parametrize("trace_id", STRANGE_IDS)
def test_an_id_of_another_kind_is_no_trace_of_any_time(trace_id: str) -> None:
    entry = entry_of(trace_id)
    assert entry is None or entry.start_us > 2**60


def test_ids_look_unlike_each_other() -> None:
    ids = [entry.trace_id for place in range(len(RECIPES)) for entry in entry_list(place)]
    assert len({trace_id[:8] for trace_id in ids}) > len(ids) * 0.99
    assert len({trace_id[-8:] for trace_id in ids}) > len(ids) * 0.99
    assert len({trace_id[-1] for trace_id in ids}) == 16


def test_a_trace_is_over_once_its_longest_time_has_passed() -> None:
    entry = entry_list(RECIPES.index(EXPORT))[-1]
    end_us = entry.start_us + EXPORT.longest_us
    assert not is_over(entry, end_us - 1)
    assert is_over(entry, end_us)


def test_an_hour_holds_hundreds_of_traces_and_few_exports() -> None:
    counts = [len(entry_list(place)) for place in range(len(RECIPES))]
    assert sum(counts) > 500
    assert counts[RECIPES.index(EXPORT)] in (1, 2)


KEPT = {
    "the last hour": ((-60, 0), [(-60, 0)]),
    "the hour before": ((-120, -60), [(-120, -60)]),
    "the same time yesterday": ((-1500, -1440), [(-1500, -1440)]),
    "all time": ((-9999, 9), [(-1565, -1440), (-125, 0)]),
    "between": ((-1439, -126), []),
    "the future": ((1, 2), []),
}


@pytest.mark.parametrize(("window", "parts"), KEPT.values(), ids=KEPT)
def test_which_parts_of_a_window_there_are(
    window: tuple[int, int], parts: list[tuple[int, int]]
) -> None:
    now_us = 2**51
    start_us, end_us = (now_us + minutes * MINUTE_US for minutes in window)
    expected = [tuple(now_us + minutes * MINUTE_US for minutes in part) for part in parts]
    assert list(kept(start_us, end_us, now_us)) == expected
