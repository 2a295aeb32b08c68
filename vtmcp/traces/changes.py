"""What a system does otherwise than before: in errors, time, calls and presence. Pure.

A change counts against the same time yesterday where that is known, which allows for daily
patterns and for what began before the window; else against the window before. Must not be here:
which change is the cause of others (`causes.py`), text.
"""

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Final, NamedTuple

from vtmcp.traces.activity import OVER_NS, SERVING_KINDS, Activity, added
from vtmcp.traces.comparing import (
    COMPARISONS,
    EXCESS_ERRORS_MIN,
    Compared,
    Measure,
    Scaled,
    first_errors,
)
from vtmcp.traces.periods import COMPARED_MIN, Key, Period, growth
from vtmcp.traces.presences import Presence, Traffic, gone, new, traffic

CHANCE_MAX: Final = 0.001
"""One answer in a thousand may call a change what is chance, over all groups together."""

PERHAPS_MAX: Final = 0.01
"""Where nothing is sure, failures and slow spans are named that chance makes in no more than one
answer of a hundred: who asks has a reason to, and is told how sure it is."""

SPREAD: Final = 0.5
"""Where no group has half of the failures more than usual, they are spread over many."""

FOCUSED: Final = 0.8
"""Where a group has that part of all failures, the others beside it tell nothing more."""

BEFORE, YESTERDAY = 0, 1
"""The places of the periods to compare with."""


class Change(NamedTuple):
    """One group does something otherwise. `kind` is one of `COMPARISONS`."""

    kind: str
    group: Activity
    """With a version in `also` where only its spans changed; without an operation, all groups of
    the service and kind, and without a service, all there are."""
    compared: Compared
    then: tuple[Measure | None, Measure | None]
    """Before and yesterday, as far as known."""
    is_recent: bool
    """Whether it is so against the window before too; else it began earlier."""
    is_spread: bool = False
    """Whether it is one of several groups together, none of which has most of it."""


class Changes(NamedTuple):
    """All that changed, and among how many groups."""

    found: tuple[Change, ...]
    presences: tuple[Presence, ...]
    traffic: tuple[Traffic, ...]
    compared: int
    perhaps: tuple[Change, ...] = ()
    """Where nothing is found: what chance does in `PERHAPS_MAX` of answers at the most."""

    def versions(self, service: str) -> dict[str, Presence]:
        """The versions of a service that are new."""
        return {
            one.name: one
            for one in self.presences
            if one.kind == "new version" and one.service == service
        }


def changes(now: Period, before: Period, yesterday: Period) -> Changes:
    """Compare a period with the one before and with yesterday's; either may be empty."""
    periods = (before, yesterday)
    bases = [period for period in periods if period.parts]
    groups = [group for group in now.groups.values() if group.count >= COMPARED_MIN]
    presences = (*gone(now, bases), *new(now, bases))
    found = Changes((), presences, tuple(traffic(now, bases)), len(groups))
    failed = _failed((now, *periods))
    judge = _Judge(now, periods, _chances(groups, failed))
    changed = [one for group in groups for one in judge.changes(group)]
    known = {(one.kind, one.group.key) for one in changed}
    for part in now.parts:
        if part.also in found.versions(part.service) and part.count >= COMPARED_MIN:
            # What a release does is lost in a window that is mostly older than it.
            own = judge.changes(part, kinds=("errors", "time", "slow"))
            changed += [one for one in own if (one.kind, part.key) not in known]
    for one in judge.spread(failed.pools):
        if _has_no_focus(one, changed):
            changed.append(one)
    if changed or any(one.kind == "gone" for one in presences):
        return found._replace(found=tuple(changed))
    judge.chances = {
        "errors": PERHAPS_MAX / 2 / max(1, failed.tested),
        "slow": PERHAPS_MAX / 2 / max(1, len(groups)),
    }
    perhaps = [one for group in groups for one in judge.changes(group, kinds=("errors", "slow"))]
    return found._replace(perhaps=tuple(perhaps))


class _Failed(NamedTuple):
    """Which groups may be found to fail more, and which of them are several groups together."""

    groups: frozenset[Key]
    pools: frozenset[Key]

    @property
    def tested(self) -> int:
        """How many comparisons chance has a part in."""
        return len(self.groups) + len(self.pools)


def _failed(periods: Sequence[Period]) -> _Failed:
    """Return what failed often enough in all windows together.

    Where nearly all that fails in several groups fails in one, that one is compared, and they are
    not.
    """
    groups: Counter[Key] = Counter()
    together: Counter[Key] = Counter()
    for period in periods:
        groups.update({key: group.origin_traces for key, group in period.groups.items()})
        together.update({key: pool.origin_traces for key, pool in pools(period).items()})
    most: Counter[Key] = Counter()
    for (service, _, kind), count in groups.items():
        for key in ((service, "", kind), ("", "", "")):
            most[key] = max(most[key], count)
    return _Failed(
        frozenset(key for key, count in groups.items() if count >= EXCESS_ERRORS_MIN),
        frozenset(
            key
            for key, count in together.items()
            if count >= EXCESS_ERRORS_MIN and most[key] < FOCUSED * count
        ),
    )


def _chances(groups: Sequence[Activity], failed: _Failed) -> dict[str, float]:
    """Return how likely chance may do what one comparison of each kind calls a change.

    Each kind has an equal part, and so has each group in it. A group with fewer failures than a
    change has cannot be called one by chance, and takes no part of it.
    """
    part = CHANCE_MAX / len(COMPARISONS)
    chances = dict.fromkeys(COMPARISONS, part / max(1, len(groups)))
    return {**chances, "errors": part / max(1, failed.tested)}


def _has_no_focus(one: Change, changed: Sequence[Change]) -> bool:
    """Tell whether no part of what fails has most of it: then the whole is what is to be named."""
    service = one.group.service
    most = max(
        (
            each.compared.excess
            for each in changed
            if each.kind == "errors" and service in ("", each.group.service)
        ),
        default=0.0,
    )
    return most < SPREAD * one.compared.excess


class _Judge:
    def __init__(
        self, now: Period, periods: Sequence[Period], chances: Mapping[str, float]
    ) -> None:
        self.now = now
        self.periods = periods
        self.chances = chances
        self.growth = [growth(now, period) for period in periods]

    def changes(self, group: Activity, kinds: Sequence[str] = tuple(COMPARISONS)) -> list[Change]:
        """Return how a group changed; that more are slow only where the mean does not say it."""
        others = [period.get(group.key) for period in self.periods]
        found: dict[str, Change] = {}
        for kind in kinds:
            change = self._judged(kind, group, others)
            if change is not None and not (kind == "slow" and "time" in found):
                found[kind] = change
        return list(found.values())

    def spread(self, tested: frozenset[Key]) -> list[Change]:
        """Return in which services more fails, and whether in all, the smaller part first."""
        others = [pools(period) for period in self.periods]
        judged = [
            self._judged("errors", group, [pool.get(key) for pool in others])
            for key, group in pools(self.now).items()
            if key in tested
        ]
        return [one._replace(is_spread=True) for one in judged if one is not None]

    def _judged(
        self, kind: str, group: Activity, others: Sequence[Activity | None]
    ) -> Change | None:
        compare = COMPARISONS[kind]
        scaled = [self._scaled(group.service, place) for place in range(len(others))]
        against = [
            None if other is None else compare(group, other, scaled[place], self.chances[kind])
            for place, other in enumerate(others)
        ]
        decisive = against[YESTERDAY] or against[BEFORE]
        if decisive is None and kind == "errors" and any(one.parts for one in self.periods):
            decisive = first_errors(group)
        if decisive is not None and not decisive.is_more:
            decisive = self._more_than_both(kind, group, others, scaled)
        if decisive is None:
            return None
        then = (
            _measure(kind, decisive, others[BEFORE], against[BEFORE]),
            _measure(kind, decisive, others[YESTERDAY], against[YESTERDAY]),
        )
        return Change(
            kind, group, decisive, then, _is_recent(kind, decisive, against[BEFORE], then[BEFORE])
        )

    def _more_than_both(
        self,
        kind: str,
        group: Activity,
        others: Sequence[Activity | None],
        scaled: Sequence[Scaled],
    ) -> Compared | None:
        """Compare with both windows together: of what is rare, two know more than one.

        It must be no less plain against yesterday alone, but for chance. Calls are no shares, and
        two windows of them do not add up.
        """
        before, yesterday = others
        if before is None or yesterday is None or kind == "calls":
            return None
        compare = COMPARISONS[kind]
        both = compare(group, added((before, yesterday)), scaled[BEFORE], self.chances[kind])
        alone = compare(group, yesterday, scaled[YESTERDAY], 1.0)
        return both if both.is_more and alone.is_more else None

    def _scaled(self, service: str, place: int) -> Scaled:
        then = self.periods[place]
        return Scaled(
            self.now.serves.get(service, 0),
            then.serves.get(service, 0),
            self.now.requests,
            then.requests,
            self.growth[place],
        )


def _is_recent(
    kind: str, decisive: Compared, before: Compared | None, measure: Measure | None
) -> bool:
    """Tell whether at least half of a change is one against the window before too."""
    if before is None or measure is None:
        return True
    excess = before.excess
    if kind == "slow":
        # The bound that differs most from that window may be another than what was decided by.
        excess = decisive.now.amount - measure.amount / measure.of * decisive.now.of
    return excess >= decisive.excess / 2


def _measure(
    kind: str, decisive: Compared, other: Activity | None, against: Compared | None
) -> Measure | None:
    """Return what another window measured; of slow spans, at the bound that was decided by."""
    if other is None or against is None or kind != "slow":
        return against and against.then
    return Measure(other.over[OVER_NS.index(decisive.bad_from_ns)], other.count)


def pools(period: Period) -> dict[Key, Activity]:
    """Return all groups of each service and kind together, and then all there are.

    They are counted in requests, as calls are what requests make. What fails in several operations
    of a service a little each, is plain only then.
    """
    parts: defaultdict[Key, list[Activity]] = defaultdict(list)
    for group in period.groups.values():
        parts[group.service, "", group.kind].append(group)
        parts["", "", ""].append(group)
    found = {}
    for key, groups in sorted(parts.items(), reverse=True):
        service, _, kind = key
        total = added(groups)
        count = total.count if kind in SERVING_KINDS else period.serves.get(service, 0)
        count = count if service else period.requests
        if count >= COMPARED_MIN:
            failed = min(count, total.origin_traces)
            found[key] = replace(
                total,
                service=service,
                operation="",
                kind=kind,
                also="",
                count=count,
                origin_traces=failed,
            )
    return found
