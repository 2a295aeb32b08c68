"""Where bad spans began and where they surface: which groups of spans are compared, each in itself.

Spans of one operation are like each other but for what went wrong, so that no mix of operations
passes for a cause. Pure. Must not be here: attributes, text.
"""

import math
from collections import defaultdict
from collections.abc import Iterable, Sequence
from typing import Final, NamedTuple

from vtmcp.traces.activity import Activity
from vtmcp.traces.chance import Interval, binomial_tail
from vtmcp.traces.contrast import BAD_MIN, INTERVAL_Z, REST_MIN, Value

CONCENTRATED: Final = 0.5
"""Half of what began in one operation: then that operation is what to look at."""

ORIGINS_MAX: Final = 3
"""Groups in which something began: a bound for what is slow may hold for all of one of them."""

MORE_STRATA_MAX: Final = 2
"""Groups on the way between, which are asked for where the others tell nothing."""


class Strata(NamedTuple):
    """The groups to compare: where most began, where most come in, and on the way between."""

    origins: tuple[Activity, ...]
    entry: Activity | None
    between: tuple[Activity, ...]
    share: float
    """Which part of what began did so in the first of the origins."""
    operations: int
    """In how many operations something began."""

    @property
    def origin(self) -> Activity:
        return self.origins[0]

    @property
    def is_concentrated(self) -> bool:
        """Whether most of what began did so in one operation, or nothing did."""
        return self.share >= CONCENTRATED or not self.operations


def strata(groups: Sequence[Activity]) -> Strata:
    """Choose groups among those that have bad spans; there must be one."""
    bad = [group for group in groups if group.bad]
    ranked = sorted(bad, key=lambda group: (-group.origins, -group.bad, group.key))
    comparable = [group for group in ranked[1:] if group.origins and _is_comparable(group)]
    origins = [ranked[0], *comparable[: ORIGINS_MAX - 1]]
    entries = [group for group in bad if group.bad_roots >= BAD_MIN and group not in origins]
    entry = max(entries, key=lambda group: (group.bad_roots, group.key), default=None)
    between = [
        group
        for group in sorted(bad, key=lambda group: (group.kind != "server", -group.bad, group.key))
        if group not in origins and group is not entry and _is_comparable(group)
    ]
    return Strata(
        tuple(origins),
        entry,
        tuple(between[:MORE_STRATA_MAX]),
        ranked[0].origins / max(1, sum(group.origins for group in bad)),
        sum(group.origins > 0 for group in bad),
    )


def _is_comparable(group: Activity) -> bool:
    return group.bad >= BAD_MIN and group.count - group.bad >= REST_MIN


class Within(NamedTuple):
    """What a value does within operations: each in itself, then taken together."""

    value: Value
    """Its counts are spans that began it, and all others."""
    lift: Interval
    chance: float
    """How likely chance alone does as much."""


def within_operations(name: str, groups: Iterable[Activity]) -> list[Within]:
    """Compare for each value of a field the spans with it and those without, of one operation.

    The groups are told apart by that field too. Operations are taken together after Mantel and
    Haenszel, with Greenland and Robins' interval; those of which all spans have the value, or
    none, say nothing. What began in one trace counts once.
    """
    operations: defaultdict[tuple[str, ...], list[Activity]] = defaultdict(list)
    for group in groups:
        operations[group.key].append(group)
    tables: defaultdict[str, list[_Table]] = defaultdict(list)
    for parts in operations.values():
        whole, bad = sum(p.count for p in parts), sum(p.origin_traces for p in parts)
        for part in parts:
            if part.also and 0 < part.count < whole:
                tables[part.also].append(_Table(part.origin_traces, part.count, bad, whole))
    return [found for text in tables if (found := _together(name, text, tables[text]))]


class _Table(NamedTuple):
    """One operation: with the value bad and all, then in all bad and all."""

    ones: int
    of: int
    bad: int
    whole: int


def _together(name: str, text: str, tables: Sequence[_Table]) -> Within | None:
    upper = lower = spread = expected = 0.0
    for ones, of, bad, whole in tables:
        others, of_others = bad - ones, whole - of
        upper += ones * of_others / whole
        lower += others * of / whole
        spread += (bad * of * of_others - ones * others * whole) / whole**2
        expected += of * bad / whole
    if upper <= 0.0:
        return None
    lower = lower or 0.5
    factor = math.exp(min(INTERVAL_Z * math.sqrt(max(0.0, spread) / (upper * lower)), 700.0))
    began, bad_ones = sum(table.ones for table in tables), sum(table.bad for table in tables)
    return Within(
        Value(name, text, began, sum(table.of for table in tables) - began),
        Interval(upper / lower / factor, upper / lower, upper / lower * factor),
        # The sum over operations varies less than draws with their mean share would (Hoeffding
        # 1956), and of a few in each the normal distribution says too much.
        binomial_tail(began, bad_ones, expected / bad_ones),
    )
