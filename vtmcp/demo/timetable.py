"""Which traces there are: when each starts, what its id is, when the rollout began. Pure.

Time is cut into periods, and each recipe has one trace in each of its periods. So every trace is
a function of its number, which holds recipe and period, and its id is that number in disguise:
an id can be looked up in any process without a table of ids. Must not be here: spans.
"""

from collections.abc import Iterator
from typing import NamedTuple

from vtmcp.demo import parcels, shop
from vtmcp.demo.recipe import Recipe

RECIPES: tuple[Recipe, ...] = (*shop.RECIPES, *parcels.RECIPES)
"""A recipe's place is a part of its traces' ids: add new ones at the end."""

KEPT_US = 3_600_000_000
"""An hour of traces is searched, as long as a search looks back that does not say when."""

DAY_US = 24 * KEPT_US

COMPARED_US = 2 * KEPT_US + KEPT_US // 12
"""The hour before is searched too, and the same time yesterday: what went wrong in an hour is
told by comparing it with these. Five minutes more leave room for windows that end before now."""

KNOWN_US = DAY_US + COMPARED_US
"""An id that was given out can be asked for so long: as long as anything is searched."""

ROLLOUT_PERIOD_US = KEPT_US // 2
ROLLOUT_AGE_US = ROLLOUT_PERIOD_US * 2 // 5
"""The rollout began 12 to 42 minutes ago: the hour always has a before and an after."""

_RECIPE_BITS = 8
_ID_BITS = 128
_HALF = _ID_BITS // 2
_MIX = 0x9E3779B97F4A7C15F39CC0605CEDC835
"""Any odd number permutes the ids; the golden ratio's digits spread neighbours far apart."""
_UNMIX = pow(_MIX, -1, 1 << _ID_BITS)
_ALL_BITS = (1 << _ID_BITS) - 1


class Entry(NamedTuple):
    """One trace before it is generated."""

    number: int
    recipe: Recipe
    start_us: int

    @property
    def trace_id(self) -> str:
        return f"{_mixed(self.number):032x}"


def rollout_us(now_us: int) -> int:
    """Return when the rollout began that is under way now."""
    return now_us - now_us % ROLLOUT_PERIOD_US - ROLLOUT_AGE_US


def entries(recipe: Recipe, from_us: int, to_us: int) -> Iterator[Entry]:
    """Yield the traces of a recipe that start in a window, the oldest first."""
    place = RECIPES.index(recipe)
    for period in range(max(0, from_us // recipe.period_us), to_us // recipe.period_us + 1):
        entry = _entry(place, period)
        if from_us <= entry.start_us <= to_us:
            yield entry


def kept(from_us: int, to_us: int, now_us: int) -> Iterator[tuple[int, int]]:
    """Yield the parts of a window of which there are traces: yesterday's first."""
    for end_us in (now_us - DAY_US, now_us):
        start_us = max(from_us, end_us - COMPARED_US)
        if start_us <= min(to_us, end_us):
            yield start_us, min(to_us, end_us)


def entry_of(trace_id: str) -> Entry | None:
    """Return the trace of an id, or None for an id that no trace ever has."""
    mixed = int(trace_id, 16)
    number = (mixed ^ (mixed >> _HALF)) * _UNMIX & _ALL_BITS
    period, place = number >> _RECIPE_BITS, number & ((1 << _RECIPE_BITS) - 1)
    return _entry(place, period) if place < len(RECIPES) else None


def is_over(entry: Entry, now_us: int) -> bool:
    """Tell whether all of a trace's spans have arrived; before that there is nothing of it."""
    return entry.start_us + entry.recipe.longest_us <= now_us


def _entry(place: int, period: int) -> Entry:
    """Return the trace of a period. It starts in the first half, so that gaps are bounded."""
    number = period << _RECIPE_BITS | place
    recipe = RECIPES[place]
    into_us = _mixed(number) % (recipe.period_us // 2)
    return Entry(number, recipe, period * recipe.period_us + into_us)


def _mixed(number: int) -> int:
    """Return the number with its bits spread over 128; `entry_of` undoes it."""
    spread = number * _MIX & _ALL_BITS
    return spread ^ (spread >> _HALF)
