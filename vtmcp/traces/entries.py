"""Entry points that are worse than before: whom the trouble reaches. Pure.

Must not be here: why they are worse.
"""

from collections.abc import Sequence
from typing import Final, NamedTuple

from vtmcp.traces.activity import Activity
from vtmcp.traces.chance import binomial_tail
from vtmcp.traces.changes import CHANCE_MAX, PERHAPS_MAX, Changes
from vtmcp.traces.comparing import ERROR_SHARE_MIN, EXCESS_ERRORS_MIN, RATIO_MIN
from vtmcp.traces.periods import COMPARED_MIN, Period

SLOWER: Final = ("time", "slow")


class Entry(NamedTuple):
    """An entry point, and what is usual there: the worse of both periods before."""

    group: Activity
    usual_share: float
    usual_ns: float
    fails_more: bool

    @property
    def share(self) -> float:
        return self.group.bad_roots / self.group.roots

    @property
    def mean_ns(self) -> float:
        return self.group.roots_ns / self.group.roots


def worse_entries(now: Period, bases: Sequence[Period], found: Changes) -> list[Entry]:
    """Return the entry points that fail more or are slower, what fails most first."""
    slower = {one.group.key for one in found.found if one.kind in SLOWER}
    # Whom a known failure reaches is no alarm of its own, and needs less to be sure of.
    is_known = any(one.kind == "errors" for one in found.found)
    chance = PERHAPS_MAX if is_known else CHANCE_MAX / 10
    entries = []
    for key, group in now.groups.items():
        others = [base.groups[key] for base in bases if key in base.groups]
        others = [other for other in others if other.roots >= COMPARED_MIN]
        if group.roots < COMPARED_MIN or not others:
            continue
        entry = Entry(
            group,
            max(other.bad_roots / other.roots for other in others),
            max(other.roots_ns / other.roots for other in others),
            all(_fails_more(group, other, chance) for other in others),
        )
        if entry.fails_more or key in slower:
            entries.append(entry)
    return sorted(
        entries,
        key=lambda one: (not one.fails_more, one.usual_share - one.share, one.group.key),
    )


def _fails_more(group: Activity, other: Activity, chance: float) -> bool:
    share, usual = group.bad_roots / group.roots, other.bad_roots / other.roots
    whole = group.bad_roots + other.bad_roots
    part = group.roots / (group.roots + other.roots)
    return (
        group.bad_roots - usual * group.roots >= EXCESS_ERRORS_MIN
        and share - usual >= ERROR_SHARE_MIN
        and share >= RATIO_MIN * usual
        and binomial_tail(group.bad_roots, whole, part) <= chance
    )
