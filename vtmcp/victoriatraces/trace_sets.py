"""Questions about whole traces as LogsQL text, and their rows as figures. Pure.

One query finds the traces with a span that fits, another counts all spans of those traces: the
figures are of whole traces, and no span leaves the database. Must not be here: HTTP.
"""

from collections.abc import Awaitable, Callable, Iterable, Iterator, Sequence
from typing import Any, NamedTuple, TypeVar

import orjson

from vtmcp.traces.model import Span
from vtmcp.traces.spans import Row, SpanFilter
from vtmcp.traces.summary import Summary
from vtmcp.victoriatraces.logsql import NEGATIVE_FROM_NS, own_query, quoted, where
from vtmcp.victoriatraces.span_fields import SERVICE
from vtmcp.victoriatraces.span_rows import read_span

AskRows = Callable[[SpanFilter, Callable[[], str]], Awaitable[list[Row]]]
"""Asks a query, which may refuse to be written, in the window of a filter."""

Each = TypeVar("Each")

TRACES_A_QUERY = 400
"""An id of 32 digits takes 35 bytes, and a query may have 16,384 with all that it says."""

_SERVICE = quoted(SERVICE)
_ROOT = f"start_time_unix_nano, duration, name, {_SERVICE}, span_id, parent_span_id"
_FIGURES = ", ".join(
    (
        "count() spans",
        "count() if (status_code:=2) failed",
        "min(start_time_unix_nano) first_start",
        "max(start_time_unix_nano) last_start",
        "max(end_time_unix_nano) last_end",
        f"uniq_values({_SERVICE}) services",
        f'row_min(start_time_unix_nano, {_ROOT}) if (parent_span_id:="") root',
        f"row_min(start_time_unix_nano, {_ROOT}) earliest",
    )
)


class Matching(NamedTuple):
    """A trace with spans that fit, and when the first and the last of those ended."""

    trace_id: str
    first_ns: int
    last_ns: int


def matching_query(wanted: SpanFilter, limit: int, *, slowest: bool) -> str:
    """Ask for the traces with the newest or the slowest spans that fit."""
    order = "longest" if slowest else "last"
    return own_query(
        f"{where(wanted)} | stats by (trace_id) min(end_time_unix_nano) first,"
        f" max(end_time_unix_nano) last, max(duration) if (duration:<{NEGATIVE_FROM_NS}) longest"
        f" | sort by ({order} desc, trace_id) limit {limit}"
    )


def total_query(wanted: SpanFilter) -> str:
    """Ask how many traces have a span that fits."""
    return own_query(f"{where(wanted)} | stats count_uniq(trace_id) traces")


def figures_query(traces: Sequence[Matching]) -> str:
    """Ask for the figures of these traces, `TRACES_A_QUERY` at most."""
    these = of_traces(one.trace_id for one in traces)
    return own_query(f"{these} | stats by (trace_id) {_FIGURES}")


def of_traces(trace_ids: Iterable[str]) -> str:
    """Return the filter for all spans of these traces, `TRACES_A_QUERY` at most."""
    return f"trace_id:in({','.join(map(quoted, trace_ids))})"


def parts(traces: Sequence[Each]) -> Iterator[Sequence[Each]]:
    """Yield the traces, or their ids, in groups that one query can name."""
    for start in range(0, len(traces), TRACES_A_QUERY):
        yield traces[start : start + TRACES_A_QUERY]


def read_matching(rows: Sequence[Row]) -> list[Matching]:
    """Read an answer to `matching_query`."""
    return [
        Matching(row.get("trace_id", ""), _number(row, "first"), _number(row, "last"))
        for row in rows
    ]


def read_total(rows: Sequence[Row]) -> int:
    """Read an answer to `total_query`."""
    return _number(rows[0], "traces") if rows else 0


def read_figures(rows: Sequence[Row]) -> list[Summary]:
    """Read an answer to `figures_query`.

    Without a span that has no parent the earliest one stands for the root: which parents are
    missing is not known without the spans.
    """
    return [_summary(row) for row in rows]


def _summary(row: Row) -> Summary:
    trace_id, start_ns = row.get("trace_id", ""), _number(row, "first_start")
    # A span that ends before it starts lasts no time, but it was there at its start.
    end_ns = max(_number(row, "last_start"), _number(row, "last_end"), start_ns)
    services = _json(row, "services")
    return Summary(
        trace_id,
        start_ns,
        end_ns - start_ns,
        _root(row, trace_id),
        _number(row, "spans"),
        tuple(sorted(filter(None, map(str, services if isinstance(services, list) else [])))),
        _number(row, "failed"),
    )


def _root(row: Row, trace_id: str) -> Span | None:
    for name in ("root", "earliest"):
        found = _json(row, name)
        if isinstance(found, dict) and found:
            return read_span(
                {"trace_id": trace_id, **{key: str(value) for key, value in found.items()}}
            )
    return None


def _json(row: Row, name: str) -> Any:
    try:
        return orjson.loads(row.get(name, "").encode(errors="replace"))
    except orjson.JSONDecodeError:
        return None


def _number(row: Row, name: str) -> int:
    text = row.get(name, "")
    return int(text) if text.isascii() and text.isdigit() and len(text) <= 20 else 0
