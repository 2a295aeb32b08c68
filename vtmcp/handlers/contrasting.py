"""Asks for the attributes of bad spans and of the rest, counted over all spans, and compares them.

Must not be here: which spans are compared, text for a reader.
"""

import re
from collections.abc import Sequence
from typing import TYPE_CHECKING, NamedTuple

from vtmcp.handlers.together import together
from vtmcp.handlers.trace_tool import TraceTool
from vtmcp.protocol.messages import Json

if TYPE_CHECKING:
    from vtmcp.traces.contrast import Contrast, Finding, Value
    from vtmcp.traces.spans import Counted, Facet, SpanFilter

LOOKED_UP_MAX = 4
"""Attributes with very many values that are asked for one by one: each costs two questions."""

LOOKED_UP_VALUES = 5
"""Of such an attribute, the values that most bad spans have."""

VALUE_BYTES_MAX = 256
"""What facets leave out for its length is a text, and no property."""

ALL_VALUES = 1_000
"""Facets leave an attribute with more values out, so none is cut."""

SAID_OF_ALL = ("service", "operation", "kind", "status")
"""What every span has is counted with the groups already."""

Counts = dict[str, dict[str, int]]


class Sets(NamedTuple):
    """Spans to compare: all of a kind, the bad ones among them, and how many of each."""

    everything: "SpanFilter"
    bad_ones: "SpanFilter"
    whole: int
    bad: int
    cluster: float = 1.0
    """How many bad spans a trace has."""


class Compared(NamedTuple):
    """What was found, and what could not be looked at."""

    contrast: "Contrast"
    call: "Value | None" = None
    """Which calls were compared, where most bad spans are of one sort of call."""
    apart: "Contrast | None" = None
    """What is found in the spans without the first finding, where there is one."""
    left_out: tuple[str, ...] = ()
    """Attributes with too many or too long values, of which only the most frequent were tried."""


async def compare_sets(tool: TraceTool, sets: Sets, arguments: Json) -> Compared:
    """Compare the bad spans with the rest, and calls of one sort with each other."""
    from vtmcp.traces.contrast import BAD_MIN, REST_MIN, contrast  # noqa: PLC0415 - first call only

    in_bad, in_all = await _counts(tool, sets, arguments)
    found = contrast(in_bad, in_all, sets.bad, sets.whole, cluster=sets.cluster)
    call = None
    narrowed = _of_one_call(sets, found.calls)
    if narrowed is not None:
        call, sets = found.calls[0].values[0], narrowed
        in_bad, in_all = await _counts(tool, sets, arguments)
    left_out: tuple[str, ...] = ()
    if sets.bad >= BAD_MIN and sets.whole - sets.bad >= REST_MIN:
        left_out = await _look_up(tool, sets, (in_bad, in_all), arguments)
    found = contrast(in_bad, in_all, sets.bad, sets.whole, cluster=sets.cluster)
    apart = None
    if len(found.findings) > 1:
        apart = await _apart(tool, sets, (in_bad, in_all), found.findings[0], arguments)
    return Compared(found, call, apart, left_out)


async def compare_within(tool: TraceTool, sets: Sets, arguments: Json) -> "Contrast":
    """Compare with two questions: how many spans there are is counted from their kind."""
    from vtmcp.traces.contrast import contrast  # noqa: PLC0415 - first call only

    in_bad, in_all = await _counts(tool, sets, arguments)
    bad, whole = (sum(counts.get("kind", {}).values()) for counts in (in_bad, in_all))
    return contrast(in_bad, in_all, bad, whole, cluster=sets.cluster)


async def fields_to_share(tool: TraceTool, sets: Sets, arguments: Json) -> tuple[list[str], int]:
    """The attributes to compare in each of many operations, and how many values they have."""
    from vtmcp.traces.contrast import shared_fields  # noqa: PLC0415 - first call only

    in_bad, in_all = await _counts(tool, sets, arguments)
    names = shared_fields(in_bad, in_all, sets.bad, sets.whole)
    return names, sum(len(in_all[name]) for name in names)


def with_value(wanted: "SpanFilter", value: "Value") -> "SpanFilter | None":
    """The spans of a filter that have a value; None where the filter asks for another one."""
    from dataclasses import replace  # noqa: PLC0415 - first call only

    name, text = tag_of(value)
    if wanted.tags.get(name, text) != text:
        return None
    return replace(wanted, tags={**wanted.tags, name: text})


def tag_of(value: "Value") -> tuple[str, str]:
    """The tag of a filter for a value, which may look like a regular expression of ours."""
    text = value.text
    return value.name, f"~^{re.escape(text)}$" if text.startswith("~") else text


def _of_one_call(sets: Sets, calls: "Sequence[Finding]") -> Sets | None:
    """The spans of the sort of call that most bad spans are of, if they are of one."""
    from vtmcp.traces.strata import CONCENTRATED  # noqa: PLC0415 - first call only

    if not calls or calls[0].bad < CONCENTRATED * sets.bad:
        return None
    value = calls[0].values[0]
    everything, bad_ones = with_value(sets.everything, value), with_value(sets.bad_ones, value)
    if everything is None or bad_ones is None:
        return None
    return Sets(everything, bad_ones, value.bad + value.rest, value.bad, sets.cluster)


async def _counts(tool: TraceTool, sets: Sets, arguments: Json) -> tuple[Counts, Counts]:
    """In how many of the bad spans and of all spans each value is."""
    from vtmcp.traces.contrast import counts_of  # noqa: PLC0415 - first call only

    in_bad, in_all = await _facets(tool, (sets.bad_ones, sets.everything), arguments)
    return counts_of(in_bad), counts_of(in_all)


async def _facets(
    tool: TraceTool, filters: "Sequence[SpanFilter]", arguments: Json
) -> "list[list[Facet]]":
    source, tenant = tool.desk.source, tool.tenant(arguments)
    return await together(
        *(lambda one=one: source.facets(one, tenant, limit=ALL_VALUES) for one in filters)
    )


async def _look_up(
    tool: TraceTool, sets: Sets, counts: tuple[Counts, Counts], arguments: Json
) -> tuple[str, ...]:
    """Add the frequent values of attributes that facets leave out. Returns the names of those.

    An attribute with a thousand values in all may have one value that most bad spans have.
    """
    from vtmcp.traces.contrast import is_call, is_effect  # noqa: PLC0415 - first call only

    in_bad, in_all = counts
    source, tenant = tool.desk.source, tool.tenant(arguments)
    names = [one.text for one in await source.field_names(sets.bad_ones, tenant)]
    left_out = [name for name in names if name not in in_all and name not in SAID_OF_ALL]
    chosen = [name for name in left_out if not is_effect(name) and not is_call(name)]

    async def one(name: str) -> None:
        frequent = await source.field_values(sets.bad_ones, name, tenant, limit=LOOKED_UP_VALUES)
        in_these = {value.text: value.count for value in frequent if _is_pattern(value, sets)}
        if not in_these or name in sets.everything.tags:
            return
        pattern = "|".join(map(re.escape, in_these))
        wanted = _with_tag(sets.everything, name, f"~^(?:{pattern})$")
        found = await source.field_values(wanted, name, tenant, limit=LOOKED_UP_VALUES)
        in_bad[name] = in_these
        in_all[name] = {value.text: value.count for value in found}

    await together(*(lambda name=name: one(name) for name in chosen[:LOOKED_UP_MAX]))
    return tuple(left_out)


def _is_pattern(value: "Counted", sets: Sets) -> bool:
    from vtmcp.traces.contrast import COVERAGE_MIN, WITH_VALUE_MIN  # noqa: PLC0415

    is_frequent = value.count >= max(WITH_VALUE_MIN, COVERAGE_MIN * sets.bad)
    return is_frequent and 0 < len(value.text.encode()) <= VALUE_BYTES_MAX


def _with_tag(wanted: "SpanFilter", name: str, value: str) -> "SpanFilter":
    from dataclasses import replace  # noqa: PLC0415 - first call only

    return replace(wanted, tags={**wanted.tags, name: value})


async def _apart(
    tool: TraceTool,
    sets: Sets,
    counts: tuple[Counts, Counts],
    finding: "Finding",
    arguments: Json,
) -> "Contrast | None":
    """Compare the spans without the first finding's value: what is left is another cause."""
    from vtmcp.traces.contrast import contrast, counts_of, less  # noqa: PLC0415 - first call only

    value = finding.values[0]
    bad_ones, everything = with_value(sets.bad_ones, value), with_value(sets.everything, value)
    if bad_ones is None or everything is None:
        return None
    with_it = await _facets(tool, (bad_ones, everything), arguments)
    in_bad, in_all = (
        less(whole, counts_of(part)) for whole, part in zip(counts, with_it, strict=True)
    )
    bad, whole = sets.bad - finding.bad, sets.whole - finding.bad - finding.rest
    return contrast(in_bad, in_all, bad, whole, cluster=sets.cluster)
