"""Which of the changes in a system is the cause of the others. Pure.

Failures are counted where they began, so each is a cause. Time passes up: whoever calls what is
slow is slow too, so the innermost spans that take longer are the cause; inner spans are the
shorter ones. Must not be here: finding the changes (`changes.py`), text.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Final, NamedTuple

from vtmcp.traces.activity import SERVING_KINDS, Activity, added
from vtmcp.traces.changes import CHANCE_MAX, Change, Changes
from vtmcp.traces.comparing import COMPARISONS, RATIO_MIN, Compared, Measure, Scaled
from vtmcp.traces.inside import EXPLAINED, explained_inside
from vtmcp.traces.periods import COMPARED_MIN, Key, Period
from vtmcp.traces.presences import Presence

SHARE_MIN: Final = 0.1
"""What adds less than a tenth of the time that the most changed group does is no cause of it."""

OUTLASTED: Final = 1.25
"""Who waits for a call takes hardly longer than it; what goes on after its caller left does."""

PASSED_ON: Final = 0.5
"""Who waits for a call that fails mostly fails too; with less than half so many failures, a
service was not told of them."""

FULL_SCORE: Final = 1.0
"""As if each request failed, or took twice its time: a service that is gone counts so."""


class Release(NamedTuple):
    """A version that was not there before, and what its spans do that others do not."""

    version: str
    at_ns: int
    compared: Compared
    """Its spans against those of other versions: of the window if there are enough of them."""


class Cause(NamedTuple):
    """Something that changed, and how much of all requests it is felt in."""

    change: Change | None
    gone: Presence | None
    score: float
    release: Release | None = None
    more_calls: Change | None = None
    """Where what fails is called more often too, as by retries."""


class Verdict(NamedTuple):
    """The causes, what is felt most first, and the changes that follow from them."""

    causes: tuple[Cause, ...]
    followers: tuple[Change, ...]


def causes(found: Changes, now: Period, bases: Sequence[Period]) -> Verdict:
    """Rank what may be the cause."""
    requests = max(1, now.requests)
    usual_ns = max(1.0, _usual_ns(now, bases))
    ranked = [
        Cause(None, one, FULL_SCORE + min(1.0, one.spans / requests))
        for one in found.presences
        if one.kind == "gone"
    ]
    failing = [one for one in found.found if one.kind == "errors"]
    told = {one.group.key for one in failing}
    inner, followers = innermost([one for one in found.found if one.kind != "errors"], told)
    looked_into = [(one, explained_inside(one, now, bases)) for one in inner]
    inner = [explained for _, explained in looked_into]
    calls = {one.group.key: one for one in (*inner, *found.found) if one.kind == "calls"}
    for one in failing:
        score = min(1.0, one.compared.excess / requests)
        ranked.append(Cause(one, None, score, more_calls=calls.get(one.group.key)))
    # What fails and is therefore called again is one cause, and who waits for that follows from it.
    again = [one.kind == "calls" and one.group.key in told for one in inner]
    followers += [
        one
        for (one, explained), is_again in zip(looked_into, again, strict=True)
        if is_again and one is not explained
    ]
    inner = [one for one, is_again in zip(inner, again, strict=True) if not is_again]
    ranked += [Cause(one, None, min(1.0, one.compared.excess_ns / usual_ns)) for one in inner]
    ranked = [one._replace(release=_release(one.change, found, now, bases)) for one in ranked]
    ranked.sort(key=_rank)
    return Verdict(tuple(ranked), tuple(followers))


def innermost(
    slower: Sequence[Change], failing: Collection[Key] = ()
) -> tuple[list[Change], list[Change]]:
    """Split what takes longer, or is called more often, into what is innermost and the rest.

    `failing` are groups in which failures began too.
    """
    most_ns = max((one.compared.excess_ns for one in slower), default=0.0)
    inner: list[Change] = []
    outer: list[Change] = []
    depth = _depths(slower)
    for one in sorted(slower, key=lambda one: (*depth[one.group.key], one.group.key, one.kind)):
        excess_ns = one.compared.excess_ns
        explained_ns = sum(other.compared.excess_ns for other in inner)
        if waiting := _outlasted(one, inner, failing):
            inner = [*(other for other in inner if other not in waiting), one]
            outer += waiting
        elif excess_ns < SHARE_MIN * most_ns or explained_ns >= EXPLAINED * excess_ns:
            outer.append(one)
        else:
            inner.append(one)
    return inner, sorted(outer, key=lambda one: -one.compared.excess_ns)


def _outlasted(one: Change, inner: Sequence[Change], failing: Collection[Key]) -> list[Change]:
    """Return the calls that gave up on a service: they fail, and it works on and does not.

    It takes more time than they waited: it does not follow from them, but they from it.
    """
    gave_up = [other for other in inner if other.group.key in failing]
    is_outlasting = (
        bool(gave_up)
        and one.group.kind in SERVING_KINDS
        and not one.group.roots
        and one.compared.excess_ns >= OUTLASTED * sum(each.compared.excess_ns for each in inner)
        and one.group.bad < PASSED_ON * max(each.group.origin_traces for each in gave_up)
    )
    return gave_up if is_outlasting else []


def _depths(slower: Sequence[Change]) -> dict[Key, tuple[float, bool, float]]:
    """Return what sorts inner groups first.

    A service that is called takes less time than the one that calls it, and what it calls itself
    lies within. Calls alone do not tell: one name stands for calls of many lengths.
    """
    serving: dict[str, tuple[float, float]] = {}
    for one in slower:
        if one.group.kind in SERVING_KINDS:
            found = (one.compared.excess_ns, one.group.mean_ns)
            serving[one.group.service] = max(serving.get(one.group.service, found), found)
    return {
        one.group.key: (
            serving.get(one.group.service, (0.0, one.group.mean_ns))[1],
            one.group.kind in SERVING_KINDS,
            one.group.mean_ns,
        )
        for one in slower
    }


def _rank(cause: Cause) -> tuple[bool, float, float]:
    if cause.change is None:
        return False, -cause.score, 0.0
    return not cause.change.is_recent, -cause.score, -cause.change.compared.excess_ns


def _usual_ns(now: Period, bases: Iterable[Period]) -> float:
    """Return how long all requests of the window would usually take together."""
    means = [base.requests_ns / base.requests for base in bases if base.requests]
    return now.requests * max(means) if means else now.requests_ns


def _release(
    change: Change | None, found: Changes, now: Period, bases: Sequence[Period]
) -> Release | None:
    """Return the newest version of the group that changed, judged against the other versions."""
    new = found.versions(change.group.service) if change is not None else {}
    if change is None or not new:
        return None
    newest = max(new.values(), key=lambda one: one.at_ns)
    parts = [part for part in now.parts if part.key == change.group.key]
    if change.kind == "calls":
        return _calling_release(change, newest, new, now)
    with_it = [part for part in parts if part.also == newest.name]
    others: list[Activity] = [part for part in parts if part.also not in new]
    if sum(part.count for part in others) < COMPARED_MIN:
        old = [part for base in bases for part in base.parts if part.key == change.group.key]
        others = old or others
    if not with_it or not others:
        return None
    compare = COMPARISONS["errors" if change.kind == "errors" else "time"]
    compared = compare(added(with_it), added(others), Scaled(0, 0, 0, 0, 0.0), CHANCE_MAX)
    return Release(newest.name, newest.at_ns, compared)


def _calling_release(
    change: Change, newest: Presence, new: Mapping[str, Presence], now: Period
) -> Release | None:
    """Return whether the newest version makes more calls for what it serves than the older ones."""
    if change.group.kind in SERVING_KINDS:
        return None
    made: dict[bool, list[Activity]] = {True: [], False: []}
    served = {True: 0, False: 0}
    for part in now.parts:
        is_newest = part.also == newest.name
        if part.service != change.group.service or (part.also in new and not is_newest):
            continue
        served[is_newest] += part.serves
        if part.key == change.group.key:
            made[is_newest].append(part)
    if not made[True] or min(served.values()) < COMPARED_MIN:
        return None
    ones = added(made[True])
    others = added(made[False]) if made[False] else replace(ones, count=0, traces=0)
    measures = Measure(ones.count, served[True]), Measure(others.count, served[False])
    expected = others.count * served[True] / served[False]
    is_more = ones.count >= max(RATIO_MIN * expected, COMPARED_MIN)
    compared = Compared(is_more, *measures, ones.count - expected)
    return Release(newest.name, newest.at_ns, compared)
