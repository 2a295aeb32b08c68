"""Rows of statistics to groups of spans and counts. Pure.

The database draws a sample of 10,000 durations for a quantile; where a group has more, its
quantiles are read from counts of durations in narrow buckets instead, so that they are within
0.25 % of the true ones. Must not be here: HTTP, queries.
"""

import math
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

from vtmcp.traces.spans import Counted, Row, SpanStats, rank
from vtmcp.victoriatraces.logsql import BUCKETS_PER_E, SHARES
from vtmcp.victoriatraces.span_fields import own_name, own_value, stored_name

SAMPLE_MAX = 10_000
"""The durations that VictoriaTraces looks at for a quantile, at least: in each of its workers."""

REFINED_MAX = 20
"""The groups whose quantiles are refined, those with most spans: each has up to some 2,000 rows."""

LOG_MAX = math.log(2**64)
"""No duration is longer: it is stored in 64 bits."""

Key = tuple[str, ...]


def read_stats(rows: Iterable[Row], by: Sequence[str]) -> list[SpanStats]:
    """Read the rows of `logsql.stats_query`. Without spans there is no group."""
    groups = (_group(row, by) for row in rows)
    return [group for group in groups if group.count]


def sampled(rows: Sequence[Row]) -> list[Row]:
    """Return the rows whose quantiles come from a sample, as many as are worth another look."""
    return [row for row in rows if _count(row, "n") > SAMPLE_MAX][:REFINED_MAX]


def refined(
    groups: Sequence[SpanStats], by: Sequence[str], buckets: Iterable[Row]
) -> list[SpanStats]:
    """Return the groups with quantiles from the rows of `logsql.durations_query`, if there."""
    counts: defaultdict[Key, dict[float, int]] = defaultdict(dict)
    for row in buckets:
        counts[_keys(row, by)][_duration(row)] = _count(row, "n")
    return [_refine(group, counts.get(group.keys, {})) for group in groups]


def read_values(rows: Iterable[Row], name: str) -> list[Counted]:
    """Read the rows of `logsql.values_query`."""
    field = stored_name(name)
    return [Counted(own_value(name, row.get(field, "")), _count(row, "n")) for row in rows]


def read_counts(rows: Iterable[Row], stored: Sequence[str]) -> list[Counted]:
    """Read the one row of `logsql.counts_query`. What is in no span is left out."""
    row = next(iter(rows), {})
    counts = ((own_name(name), _count(row, f"n{place}")) for place, name in enumerate(stored))
    return [Counted(name, count) for name, count in counts if count]


def _group(row: Row, by: Sequence[str]) -> SpanStats:
    count = _count(row, "n")
    return SpanStats(
        keys=_keys(row, by),
        count=count,
        errors=min(_count(row, "errors"), count),
        sum_ns=_count(row, "sum_ns"),
        p50_ns=_count(row, "p50_ns"),
        p95_ns=_count(row, "p95_ns"),
        p99_ns=_count(row, "p99_ns"),
        max_ns=_count(row, "max_ns"),
    )


def _keys(row: Row, by: Sequence[str]) -> Key:
    return tuple(own_value(name, row.get(stored_name(name), "")) for name in by)


def _refine(group: SpanStats, counts: Mapping[float, int]) -> SpanStats:
    if not counts:
        return group
    ordered = sorted(counts.items())
    total = sum(counts.values())
    found = {name: _at(ordered, rank(share, total)) for name, share in SHARES.items()}
    return replace(
        group,
        p50_ns=min(found["p50_ns"], group.max_ns),
        p95_ns=min(found["p95_ns"], group.max_ns),
        p99_ns=min(found["p99_ns"], group.max_ns),
    )


def _at(ordered: Sequence[tuple[float, int]], place: int) -> int:
    """Return the value at a place among all, given each value and how often it is there."""
    found = 0.0
    for value, count in ordered:
        if place < 0:
            break
        found, place = value, place - count
    return round(found)


def _duration(row: Row) -> float:
    """Return the duration in the middle of a bucket; the bucket of zero is minus infinity."""
    bucket = _number(row.get("bucket", "")) / BUCKETS_PER_E
    return math.exp(min(bucket, LOG_MAX)) if not math.isnan(bucket) else 0.0


def _count(row: Row, name: str) -> int:
    """Return how many; the sum of no durations is `NaN`, and a very large one is rounded."""
    text = row.get(name, "")
    if text.isascii() and text.isdigit():
        return int(text[:20])
    value = _number(text)
    return max(0, int(value)) if math.isfinite(value) else 0


def _number(text: str) -> float:
    try:
        return float(text)
    except ValueError:
        return 0.0
