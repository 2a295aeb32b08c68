"""The text of a contrast: what sets bad spans apart, group by group, and what goes with them.

Must not be here: how it was counted, which call is next.
"""

from collections.abc import Sequence
from typing import Final, NamedTuple

from vtmcp.traces.activity import Activity
from vtmcp.traces.chance import Interval
from vtmcp.traces.contrast import (
    BAD_MIN,
    CHANCE_MAX,
    COVERAGE_MIN,
    LIFT_MIN,
    REST_MIN,
    WITH_VALUE_MIN,
    Contrast,
    Finding,
    Value,
)
from vtmcp.traces.safe import label, quoted
from vtmcp.traces.strata import Within
from vtmcp.traces.trust import counted

SAME_MAX: Final = 4
"""Attributes that say the same are named so many; the others are a count."""

EFFECTS_MAX: Final = 3
"""Some of what goes with a failure tells which it is; all of it would push the causes away."""

NAME_CHARS_MAX: Final = 80
VALUE_CHARS_MAX: Final = 80

LIFT_MAX: Final = 1_000.0
"""A larger ratio is a matter of how few others there are."""


class Part(NamedTuple):
    """One group of spans that was compared in itself."""

    group: Activity
    role: str
    """Ours: why it is compared, such as `where most began`."""
    contrast: Contrast
    call: Value | None = None
    """Of the spans with this value only: it tells which call is meant."""
    apart: Contrast | None = None

    @property
    def name(self) -> str:
        return who(self.group) + (f" to {value_text(self.call)}" if self.call else "")


class Overall(NamedTuple):
    """Values that were compared within each of many operations."""

    began: int
    tested: int
    found: tuple[Within, ...]

    @property
    def findings(self) -> list[Within]:
        """Return what is surely no chance, the least likely first."""
        surely = [
            within
            for within in self.found
            if within.chance <= CHANCE_MAX / max(1, self.tested)
            and within.lift.low >= LIFT_MIN
            and within.value.bad >= max(WITH_VALUE_MIN, COVERAGE_MIN * self.began)
        ]
        return sorted(surely, key=lambda one: (one.chance, -one.lift.estimate, one.value))


def who(group: Activity) -> str:
    """Return service, operation and kind of a group."""
    service = label(group.service, NAME_CHARS_MAX, one_word=True) if group.service else "(none)"
    return f"{service} {label(group.operation, NAME_CHARS_MAX)} ({label(group.kind or 'no kind')})"


def part_lines(part: Part, words: str, limit: int) -> list[str]:
    """Return the lines of one group, `limit` findings at most. `words` says what bad is."""
    found = part.contrast
    lines = [f"Within {part.name}, {part.role}: {found.bad:,} {words}, {found.rest:,} not."]
    apart = None if part.apart is None else {one.values[0][:2] for one in part.apart.findings}
    for place, finding in enumerate(found.findings[:limit]):
        is_same = place and apart is not None and finding.values[0][:2] not in apart
        lines.append(
            f"  {values_text(finding)}: {finding.bad:,} of {found.bad:,} {words}"
            f" ({percent(finding.bad, found.bad)}), {finding.rest:,} of {found.rest:,} others"
            f" ({percent(finding.rest, found.rest)}); {lift_text(finding.lift)}"
            f"{'; not without the first' if is_same else ''}"
        )
    if found.bad < BAD_MIN or found.rest < REST_MIN:
        lines.append(f"  Too few to tell: {BAD_MIN} and {REST_MIN} others are compared at least.")
    elif not found.findings:
        lines.append("  Nothing sets them apart.")
    elif len(found.findings) > limit:
        lines.append(f"  ({len(found.findings) - limit:,} more such values)")
    if found.calls and part.call is None:
        shown = "; ".join(
            f"{values_text(one)} ({percent(one.bad, found.bad)})"
            for one in found.calls[:EFFECTS_MAX]
        )
        lines.append(f"  which calls: {shown}{_more(len(found.calls), EFFECTS_MAX)}")
    effects = [one for one in found.effects if one.values[0].name != "status"]
    if effects:
        shown = "; ".join(
            f"{value_text(one.values[0])} ({percent(one.bad, found.bad)})"
            for one in effects[:EFFECTS_MAX]
        )
        lines.append(f"  goes with it, no cause: {shown}{_more(len(effects), EFFECTS_MAX)}")
    return lines


def overall_lines(overall: Overall, words: str, limit: int) -> list[str]:
    """Return what is found where operations are compared each in itself."""
    lines = [f"Over all operations, each in itself: in {overall.began:,} traces some began it."]
    for within in overall.findings[:limit]:
        value = within.value
        lines.append(
            f"  {value_text(value)}: began to be {words} in {value.bad:,}"
            f" ({percent(value.bad, overall.began)} of those); {lift_text(within.lift)}"
        )
    if len(lines) == 1:
        lines.append("  Nothing sets them apart.")
    return lines


def values_text(finding: Finding) -> str:
    """Return the values of a finding: `name="value" = other="value"`."""
    names = [value_text(value) for value in finding.values]
    return f"{' = '.join(names[:SAME_MAX])}{_more(len(names), SAME_MAX)}"


def value_text(value: Value) -> str:
    """Return `name="value"`."""
    name = label(value.name, NAME_CHARS_MAX, one_word=True)
    return f"{name}={quoted(value.text, VALUE_CHARS_MAX)}"


def lift_text(lift: Interval) -> str:
    """Return how many times as often, and the bounds."""
    return f"{_times(lift.estimate)} as often ({_times(lift.low)} to {_times(lift.high)})"


def percent(part: float, whole: float) -> str:
    """Return a share; what is little is not said to be nothing, nor almost all to be all."""
    if part <= 0 or whole <= 0:
        return "0 %"
    share = 100.0 * part / whole
    if part < whole and share > 99.9:
        return ">99.9 %"
    if share < 0.01:
        return "<0.01 %"
    return f"{share:.2g} %" if share < 10 else f"{share:.3g} %"


def how_text(tested: int, left_out: Sequence[str]) -> str:
    """Return how it was judged, and what was not looked at."""
    text = (
        f"How: {counted(tested, 'value')} compared, counted over all spans; intervals of 99 %. A"
        f" value is named if chance alone names any in fewer than 1 of {1 / CHANCE_MAX:,.0f} such"
        f" comparisons, it is surely {LIFT_MIN:g}x as often bad, and in {COVERAGE_MIN * 100:g} % of"
        " the bad ones or more."
    )
    if left_out:
        shown = [label(name, NAME_CHARS_MAX, one_word=True) for name in left_out[:SAME_MAX]]
        text += (
            f" Left out but for their most frequent values: {counted(len(left_out), 'attribute')}"
            f" with over 1,000 values or one over 256 bytes ({', '.join(shown)}"
            f"{_more(len(left_out), SAME_MAX)})."
        )
    return text


def _times(ratio: float) -> str:
    if ratio > LIFT_MAX:
        return f">{LIFT_MAX:,.0f}x"
    return f"{ratio:.2g}x" if ratio < 10 else f"{ratio:,.0f}x"


def _more(count: int, shown: int) -> str:
    return f" and {count - shown:,} more" if count > shown else ""
