"""Whether what a service does inside explains why it is slower: its calls, by their own figures.

A call that many operations make may be slower, or made more often, for one of them only, too little
of all to be a change of its own; it explains that one all the same. So do calls that nobody made
before. Pure. Must not be here: what a change is.
"""

from collections.abc import Sequence
from typing import Final, NamedTuple

from vtmcp.traces.activity import OVER_NS, SERVING_KINDS, Activity
from vtmcp.traces.changes import Change
from vtmcp.traces.comparing import Compared, Measure, Scaled, time
from vtmcp.traces.periods import Period

EXPLAINED: Final = 0.5
"""An inner group that adds half of the time that an outer one does explains it."""


class Excess(NamedTuple):
    """So many calls more than usual, and the time that they take."""

    calls: float
    ns: float


def explained_inside(change: Change, now: Period, bases: Sequence[Period]) -> Change:
    """Return the change of the calls that explain one of a serving group, or that one itself."""
    group = change.group
    if group.kind not in SERVING_KINDS or group.also or change.kind not in ("time", "slow"):
        return change
    found = [
        inner
        for key, candidate in now.groups.items()
        if key[0] == group.service and candidate.kind not in SERVING_KINDS and not candidate.roots
        if (inner := _compared(change, candidate, now, bases)) is not None
    ]
    best = max(found, key=lambda one: (one.compared.excess_ns, one.group.key), default=change)
    # Calls at once may add more than the whole; less than half of it does not explain it.
    return best if best.compared.excess_ns >= EXPLAINED * change.compared.excess_ns else change


def _compared(
    change: Change, candidate: Activity, now: Period, bases: Sequence[Period]
) -> Change | None:
    """Return how a group of calls changed, measured as its service was, however little of all."""
    if not any(candidate.key in base.groups for base in bases):
        return _new_calls(change, candidate, now, bases)
    known = [base for base in bases if base.get(candidate.key) is not None]
    served = [base.serves.get(candidate.service, 0) for base in known]
    if not known or not served[-1]:
        return None
    usual = known[-1].groups[candidate.key]
    scale = now.serves.get(candidate.service, 0) / served[-1]
    excess_ns = candidate.sum_ns - usual.sum_ns * scale
    more = candidate.count - usual.count * scale
    if more * usual.mean_ns >= EXPLAINED * max(excess_ns, change.compared.excess_ns):
        return _more_calls(change, candidate, now, bases, Excess(more, excess_ns))
    if change.kind == "time":
        compared = time(candidate, usual, Scaled(0, 0, 0, 0, 0.0), 1.0)
        compared = compared._replace(excess=excess_ns, excess_ns=excess_ns)
    else:
        place = OVER_NS.index(change.compared.bad_from_ns)
        slow = candidate.over[place] - usual.over[place] * scale
        measures = _measure(change, candidate), _measure(change, usual)
        if slow < EXPLAINED * change.compared.excess:
            return None
        compared = Compared(True, *measures, slow, excess_ns, change.compared.bad_from_ns)
    return Change(
        change.kind, candidate, compared, _then(change, candidate, bases), change.is_recent
    )


def _new_calls(
    change: Change, candidate: Activity, now: Period, bases: Sequence[Period]
) -> Change | None:
    """Return calls that were not made before, unless they may be others under a new name."""
    served = [base.serves.get(candidate.service, 0) for base in bases]
    if not served or not all(served):
        return None
    scale = now.serves.get(candidate.service, 0) / served[-1]
    ended = sum(
        old.count
        for key, old in bases[-1].groups.items()
        if key[0] == candidate.service and old.kind not in SERVING_KINDS and key not in now.groups
    )
    if ended * scale >= EXPLAINED * candidate.count:
        return None
    return _more_calls(change, candidate, now, bases, Excess(candidate.count, candidate.sum_ns))


def _more_calls(
    change: Change, candidate: Activity, now: Period, bases: Sequence[Period], excess: Excess
) -> Change:
    """Return the change of calls that are made more often for each request."""
    served = now.serves.get(candidate.service, 0)
    usual = [
        Measure(
            base.groups[candidate.key].count if candidate.key in base.groups else 0,
            base.serves.get(candidate.service, 0),
        )
        for base in bases
    ]
    compared = Compared(True, Measure(candidate.count, served), usual[-1], *excess)
    return Change("calls", candidate, compared, _placed(change, usual), change.is_recent)


def _then(
    change: Change, candidate: Activity, bases: Sequence[Period]
) -> tuple[Measure | None, Measure | None]:
    """Return what the group was before and yesterday, as far as the service was known then."""
    return _placed(
        change,
        [
            _measure(change, base.groups[candidate.key]) if candidate.key in base.groups else None
            for base in bases
        ],
    )


def _placed(
    change: Change, measured: Sequence[Measure | None]
) -> tuple[Measure | None, Measure | None]:
    """Return what was measured in each period as before and yesterday, of which one may miss."""
    if len(measured) == len(change.then):
        return measured[0], measured[1]
    before, yesterday = change.then
    return (measured[0] if before else None), (measured[0] if yesterday else None)


def _measure(change: Change, group: Activity) -> Measure:
    if change.kind == "time":
        return Measure(group.mean_ns, group.count)
    return Measure(group.over[OVER_NS.index(change.compared.bad_from_ns)], group.count)
