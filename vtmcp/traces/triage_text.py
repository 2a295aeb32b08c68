"""The text of a triage: the likeliest cause first, then what else changed and what is hit.

Must not be here: what counts as a change (`changes.py`), which is the cause (`causes.py`).
"""

from typing import Final

from vtmcp.durations import format_duration
from vtmcp.traces.causes import Cause, Release
from vtmcp.traces.changes import BEFORE, CHANCE_MAX, YESTERDAY, Change, Changes
from vtmcp.traces.comparing import (
    ERROR_SHARE_MIN,
    EXCESS_ERRORS_MIN,
    EXCESS_SLOW_MIN,
    RATIO_MIN,
    SLOW_RATIO_MIN,
    SLOW_SHARE_MIN,
    SLOWER_MIN,
    Measure,
)
from vtmcp.traces.contrast import Contrast
from vtmcp.traces.contrast_text import (
    NAME_CHARS_MAX,
    lift_text,
    percent,
    value_text,
    values_text,
    who,
)
from vtmcp.traces.entries import Entry
from vtmcp.traces.periods import COMPARED_MIN
from vtmcp.traces.presences import DROP_MAX, SURGE_MIN, Presence, Traffic
from vtmcp.traces.safe import label, quoted
from vtmcp.traces.strata import Within
from vtmcp.traces.times import format_time
from vtmcp.traces.trust import counted

PRESENCES_MAX: Final = 4
"""What is new is named so often: after a deployment much is."""

MESSAGE_CHARS_MAX: Final = 100
MESSAGE: Final = "otel.status_description"

AGAIN_MIN: Final = 1.5
"""What fails so often in a trace is tried again."""

_CALLING: Final = ("client", "producer")


def cause_text(cause: Cause, common: Contrast | None = None) -> str:
    """Return a cause with its figures, and what its bad spans have in common."""
    if cause.gone is not None:
        return _gone_text(cause.gone)
    assert cause.change is not None
    parts = [change_text(cause.change)]
    if cause.release is not None:
        parts.append(_release_text(cause.change, cause.release))
    if common is not None:
        parts += _common_texts(common, cause.change)
    if cause.more_calls is not None:
        parts.append(f"it {_calls_text(cause.more_calls)}, too")
    if not cause.change.is_recent:
        parts.append("it was so in the window before too")
    return "; ".join(parts)


def change_text(change: Change) -> str:
    """Return `payment POST /charge (server) fails: 12 % of 480 (0.2 % before, 0.1 % yesterday)`."""
    name, then, compared = _name(change), _then(change), change.compared
    now = compared.now
    if change.is_spread and not change.group.service:
        return (
            f"failures began in more requests, spread over many operations: in {_share(now)} of"
            f" {now.of:,} ({then}), {round(compared.excess):,} more than usual"
        )
    if change.is_spread:
        return (
            f"{_service(change.group.service)} fails of itself in several operations"
            f" ({label(change.group.kind or 'no kind')}): in {_share(now)} of {now.of:,} requests"
            f" ({then}), {round(compared.excess):,} more than usual"
        )
    if change.kind == "errors":
        return (
            f"{name} fails of itself: {_share(now)} of {now.of:,} ({then}),"
            f" {round(compared.excess):,} more than usual{_again_text(change)}"
        )
    if change.kind == "calls":
        return f"{name} {_calls_text(change)}"
    own = "its calls wait" if change.group.kind in _CALLING else "its own time"
    why = f"{format_duration(round(compared.excess_ns))} more in all; nothing inside it, so {own}"
    if change.kind == "time":
        mean = format_duration(round(now.amount))
        return f"{name} is slower: mean {mean} of {now.of:,} ({then}), {why}"
    bound = format_duration(compared.bad_from_ns)
    return f"{name} takes {bound} or more in {_share(now)} of {now.of:,} ({then}), {why}"


def within_text(within: Within, began: int) -> str:
    """Return what many operations have in common that fail."""
    return (
        f"{percent(within.value.bad, began)} of it began where {value_text(within.value)},"
        f" {lift_text(within.lift)} as elsewhere in the same operations"
    )


def follower_text(change: Change) -> str:
    """Return one change that follows from a cause, short."""
    usual = next((one for one in reversed(change.then) if one is not None), None)
    now = change.compared.now
    if change.kind == "time":
        before = f" ({format_duration(round(usual.amount))})" if usual else ""
        return f"{_name(change)} mean {format_duration(round(now.amount))}{before}"
    if change.kind == "slow":
        bound = format_duration(change.compared.bad_from_ns)
        before = f" ({_share(usual)})" if usual else ""
        return f"{_name(change)} {_share(now)} of {bound} or more{before}"
    return f"{_name(change)} {_ratio(now)} calls a request"


def entry_text(entry: Entry) -> str:
    """Return how an entry point does, and what is usual."""
    return (
        f"{who(entry.group)}: {percent(entry.group.bad_roots, entry.group.roots)} of"
        f" {entry.group.roots:,} fail ({percent(entry.usual_share, 1.0)} usual), mean"
        f" {format_duration(round(entry.mean_ns))} ({format_duration(round(entry.usual_ns))} usual)"
    )


def presence_lines(found: Changes) -> list[str]:
    """Return what came, in words, and traffic that halved or doubled."""
    lines = []
    arrived = [one for one in found.presences if one.kind != "gone"]
    for one in arrived[:PRESENCES_MAX]:
        name = " ".join(label(each, NAME_CHARS_MAX) for each in (one.service, one.name) if each)
        lines.append(
            f"{one.kind}: {name or '(no service)'}, since {_clock(one.at_ns)},"
            f" {counted(one.spans, 'span')}"
        )
    if len(arrived) > PRESENCES_MAX:
        lines.append(f"{len(arrived) - PRESENCES_MAX:,} more that are new")
    lines += [traffic_text(each) for each in found.traffic[:PRESENCES_MAX]]
    if len(found.traffic) > PRESENCES_MAX:
        lines.append(f"{len(found.traffic) - PRESENCES_MAX:,} more services with other traffic")
    return lines


def traffic_text(one: Traffic) -> str:
    """Return how much a service serves, and what is expected."""
    return (
        f"traffic of {_service(one.service)}: {one.now:,} served, {one.expected:,} expected"
        f" ({one.ratio:.2g}x)"
    )


def how_text(found: Changes) -> str:
    """Return what counts as a change."""
    return (
        f"How: {counted(found.compared, 'group')} of service, operation and kind compared, with"
        f" {COMPARED_MIN} spans or more each, counted over all spans, against yesterday or else the"
        f" window before. Named is what chance does in fewer than 1 of {1 / CHANCE_MAX:,.0f}"
        f" answers, and: {EXCESS_ERRORS_MIN} traces, {ERROR_SHARE_MIN * 100:g} % and"
        f" {RATIO_MIN:g}x more failing where it began; mean {SLOWER_MIN:g}x and 1 ms more;"
        f" {EXCESS_SLOW_MIN} spans, {SLOW_SHARE_MIN * 100:g} % and {SLOW_RATIO_MIN:g}x more slow;"
        f" {RATIO_MIN:g}x the calls a request; traffic below {DROP_MAX:g}x or above"
        f" {SURGE_MIN:g}x."
    )


def _name(change: Change) -> str:
    version = label(change.group.also, NAME_CHARS_MAX, one_word=True)
    return who(change.group) + (f" of version {version}" if change.group.also else "")


def _again_text(change: Change) -> str:
    """Return how often it fails in one trace, where it is tried again and again."""
    group = change.group
    times = group.origins / max(1, group.origin_traces)
    return f", {times:.2g} times in each such trace, as by retries" if times >= AGAIN_MIN else ""


def _calls_text(change: Change) -> str:
    now = change.compared.now
    return (
        f"is called more often: {_ratio(now)} times a request ({_then(change)}),"
        f" {round(change.compared.excess):,} calls more than usual"
    )


def _release_text(change: Change, release: Release) -> str:
    """Return what a version that was not there before does."""
    version = label(release.version, NAME_CHARS_MAX, one_word=True)
    compared = release.compared
    if change.kind == "errors":
        ones, others = (f"{_share(one)} of {one.of:,}" for one in (compared.now, compared.then))
    elif change.kind == "calls":
        ones, others = (f"{_ratio(one)} a request" for one in (compared.now, compared.then))
    else:
        ones, others = (
            f"mean {format_duration(round(one.amount))}" for one in (compared.now, compared.then)
        )
    blame = "to blame" if compared.is_more else "no worse"
    return (
        f"version {version} is new since {_clock(release.at_ns)} and {blame} ({ones}, other"
        f" versions {others})"
    )


def _common_texts(common: Contrast, change: Change) -> list[str]:
    """Return what the bad spans have in common: a cause, or which calls, and what they say."""
    texts = []
    is_error = change.kind == "errors"
    if common.findings:
        first = common.findings[0]
        texts.append(
            f"{percent(first.bad, common.bad)} of the {'failing' if is_error else 'slow'} ones have"
            f" {values_text(first)} ({percent(first.rest, common.rest)} of the others,"
            f" {lift_text(first.lift)})"
        )
    elif common.calls:
        first = common.calls[0]
        texts.append(f"{percent(first.bad, common.bad)} of them are calls of {values_text(first)}")
    elif common.target and change.group.kind in _CALLING:
        share = percent(common.target.bad, common.bad)
        texts.append(f"{share} of them are calls of {value_text(common.target)}")
    said = next((one for one in common.effects if one.values[0].name == MESSAGE), None)
    if said is not None:
        text = quoted(said.values[0].text, MESSAGE_CHARS_MAX)
        texts.append(f"{percent(said.bad, common.bad)} say {text}")
    return texts


def _gone_text(gone: Presence) -> str:
    return (
        f"{_service(gone.service)} is missing: no span of it since {_clock(gone.at_ns)}, where it"
        f" would usually have served {gone.spans:,}"
    )


def _service(name: str) -> str:
    return f"service {label(name, NAME_CHARS_MAX, one_word=True)}" if name else "(no service)"


def _then(change: Change) -> str:
    """Return what it was before and yesterday."""
    words = []
    for place, when in ((BEFORE, "before"), (YESTERDAY, "yesterday")):
        measure = change.then[place]
        if measure is None:
            continue
        if change.kind in ("errors", "slow"):
            words.append(f"{_share(measure)} {when}")
        elif change.kind == "time":
            words.append(f"{format_duration(round(measure.amount))} {when}")
        else:
            words.append(f"{_ratio(measure)} {when}")
    return ", ".join(words) or "not there before"


def _share(measure: Measure) -> str:
    return percent(measure.amount, measure.of)


def _ratio(measure: Measure) -> str:
    return f"{measure.amount / max(1, measure.of):.2g}"


def _clock(ns: int) -> str:
    return format_time(ns // 1_000_000_000 * 1_000_000_000).replace(".000Z", "Z")
