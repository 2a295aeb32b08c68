"""Asks one database for failing spans, with only what tells failures apart of each, and their kin.

A span is some 500 bytes of JSON so, and 30 on the wire; in full it is three times that.
Must not be here: where a failure began, HTTP.
"""

from collections.abc import Sequence
from dataclasses import replace
from functools import partial
from itertools import accumulate

from vtmcp.traces.origins import (
    FAILURE_ATTRIBUTES,
    INSTANCE_ATTRIBUTES,
    Bone,
    Failing,
    bone_of,
    parted_traces,
)
from vtmcp.traces.spans import SpanFilter
from vtmcp.traces.trace_set import MARGIN_NS
from vtmcp.victoriatraces.logsql import own_query, quoted, where
from vtmcp.victoriatraces.span_fields import SERVICE
from vtmcp.victoriatraces.span_rows import read_span
from vtmcp.victoriatraces.trace_sets import AskRows, of_traces, parts

FITTING_MAX = 10_000
"""The most failing spans that are read: 5 MB, and a second to read them and their kin."""

KIN_MAX = 40_000
"""The most failing spans and roots of their traces: four for each, which is a long chain."""

SIZE_DIGITS_MAX = 18
"""No trace has more spans than can be written so."""

BONES_MAX = 50_000
"""The most spans of which only the parent is read: 10 MB, or two thousand usual traces."""

EVENTS_READ = 4
"""Events of a span that may be its exception. Who records more first logs by events."""

_IDS = ("trace_id", "span_id", "parent_span_id")
_OWN = (
    *_IDS,
    SERVICE,
    *("name", "kind", "status_code", "status_message", "start_time_unix_nano", "duration"),
)
_OF_EVENTS = ("event_name", "event_attr:exception.type", "event_attr:exception.message")
_FIELDS = (
    *_OWN,
    *(f"span_attr:{name}" for name in FAILURE_ATTRIBUTES),
    *(f"resource_attr:{name}" for name in INSTANCE_ATTRIBUTES),
    # Old versions write the number of an event first, later ones last.
    *(f"event:{number}:{name}" for number in range(EVENTS_READ) for name in _OF_EVENTS),
    *(f"event:{name}:{number}" for number in range(EVENTS_READ) for name in _OF_EVENTS),
)
_LIGHT = ", ".join(map(quoted, _FIELDS))
_FAILED = "status_code:=2"


async def ask_failing(ask: AskRows, wanted: SpanFilter, *, limit: int) -> Failing:
    """Return failing spans that fit, the newest `limit` or `FITTING_MAX`, and their kin."""
    limit = min(limit, FITTING_MAX)
    rows = await ask(wanted, lambda: fitting_query(wanted, limit))
    fitting = sorted(map(read_span, rows), key=lambda span: span.end_ns, reverse=True)
    if not fitting:
        return Failing((), ())
    around = SpanFilter(
        start_ns=max(0, wanted.start_ns - MARGIN_NS), end_ns=wanted.end_ns + MARGIN_NS
    )
    read = wanted
    if len(fitting) == limit:
        read = replace(wanted, start_ns=max(wanted.start_ns, fitting[-1].end_ns))
    kin = tuple(map(read_span, await ask(around, lambda: kin_query(read))))
    parted = parted_traces(kin)
    chosen = await _smallest(ask, parted, around)
    bones = await _bones(ask, chosen, around)
    is_whole = len(kin) < KIN_MAX and len(chosen) == len(parted)
    return Failing(tuple(fitting), kin, tuple(bones), is_whole)


async def _smallest(ask: AskRows, trace_ids: Sequence[str], around: SpanFilter) -> list[str]:
    """Return the traces that together have at most `BONES_MAX` spans, the smallest first."""
    sizes: list[tuple[int, str]] = []
    for part in parts(trace_ids):
        rows = await ask(around, partial(sizes_query, part))
        sizes += [(_size(row.get("n", "")), row.get("trace_id", "")) for row in rows]
    sizes.sort()
    together = accumulate(size for size, _ in sizes)
    return [one for (_, one), spans in zip(sizes, together, strict=True) if spans <= BONES_MAX]


def _size(text: str) -> int:
    """Return a number of spans; what is none is a trace too large to look at."""
    is_number = text.isascii() and text.isdigit() and len(text) <= SIZE_DIGITS_MAX
    return int(text) if is_number else BONES_MAX + 1


async def _bones(ask: AskRows, trace_ids: Sequence[str], around: SpanFilter) -> list[Bone]:
    bones: list[Bone] = []
    for part in parts(trace_ids):
        rows = await ask(around, partial(bones_query, part))
        bones += (bone_of(read_span(row)) for row in rows)
    return bones


def fitting_query(wanted: SpanFilter, limit: int) -> str:
    """Ask for the failing spans that fit, the newest of them."""
    return own_query(
        f"{_failing(wanted)} | sort by (_time desc, span_id) limit {limit} | fields {_LIGHT}"
    )


def kin_query(wanted: SpanFilter) -> str:
    """Ask for the failing spans and roots of the traces that have a failing span that fits.

    The window is part of the text: the traces reach further than what must fit.
    """
    window = f"_time:[{wanted.start_ns}, {wanted.end_ns})"
    return own_query(
        f"trace_id:in({_failing(wanted)} {window} | fields trace_id)"
        f' ({_FAILED} or parent_span_id:="") | limit {KIN_MAX} | fields {_LIGHT}'
    )


def sizes_query(trace_ids: Sequence[str]) -> str:
    """Ask how many spans each of these traces has, `TRACES_A_QUERY` at most."""
    return own_query(f"{of_traces(trace_ids)} | stats by (trace_id) count() n")


def bones_query(trace_ids: Sequence[str]) -> str:
    """Ask who is whose parent in these traces, `TRACES_A_QUERY` at most."""
    fields = ", ".join((*_IDS, "status_code"))
    return own_query(f"{of_traces(trace_ids)} | limit {BONES_MAX} | fields {fields}")


def _failing(wanted: SpanFilter) -> str:
    return where(replace(wanted, errors_only=True))
