"""The question what groups of spans did as LogsQL text, and its rows as figures. Pure.

Must not be here: HTTP.
"""

from collections.abc import Iterable

from vtmcp.traces.activity import GROUPS_MAX, OVER_NS, TRACES_MAX, Activity
from vtmcp.traces.spans import Row, SpanFilter
from vtmcp.victoriatraces.logsql import NEGATIVE_FROM_NS, SPANS, field, own_query, where
from vtmcp.victoriatraces.span_fields import own_value, stored_name

_FIELDS = ("service", "operation", "kind")
_LASTS = f"duration:<{NEGATIVE_FROM_NS}"
_ROOT = 'parent_span_id:=""'


def activity_query(
    wanted: SpanFilter, *, slower_than_ns: int | None = None, also_by: str = ""
) -> str:
    """Ask for the groups with most spans, `GROUPS_MAX` of them."""
    bad = "status_code:=2" if slower_than_ns is None else f"duration:>={slower_than_ns} {_LASTS}"
    # Who passes on what went wrong below it is told by ids, over all services of the window.
    origin = f"{bad} !span_id:in({SPANS} {bad} | fields parent_span_id)"
    fields = [field(stored_name(name)) for name in _names(also_by)]
    columns = (
        "count() n",
        f"count() if ({bad}) bad",
        f"count() if ({origin}) origins",
        f"count_uniq(trace_id) if ({origin}) origin_traces",
        f"count_uniq(trace_id) limit {TRACES_MAX} traces",
        f"count() if ({_ROOT}) roots",
        f"count() if ({_ROOT} {bad}) bad_roots",
        f"sum(duration) if ({_ROOT} {_LASTS}) roots_ns",
        f"sum(duration) if ({_LASTS}) sum_ns",
        f"sum(square) if ({_LASTS}) squares",
        *(
            f"count() if (duration:>={bound_ns} {_LASTS}) over{place}"
            for place, bound_ns in enumerate(OVER_NS)
        ),
        "min(start_time_unix_nano) first",
        "max(end_time_unix_nano) last",
    )
    return own_query(
        f"{where(wanted)} | math (duration / 1000000) as ms, (ms * ms) as square"
        f" | stats by ({', '.join(fields)}) {', '.join(columns)}"
        f" | sort by (n desc, {', '.join(fields)}) limit {GROUPS_MAX}"
    )


def read_activities(rows: Iterable[Row], *, also_by: str = "") -> list[Activity]:
    """Read an answer to `activity_query`. Without spans there is no group."""
    groups = (_activity(row, also_by) for row in rows)
    return [group for group in groups if group.count]


def _activity(row: Row, also_by: str) -> Activity:
    service, operation, kind = (own_value(name, row.get(stored_name(name), "")) for name in _FIELDS)
    return Activity(
        service=service,
        operation=operation,
        kind=kind,
        also=own_value(also_by, row.get(stored_name(also_by), "")) if also_by else "",
        count=_number(row, "n"),
        bad=_number(row, "bad"),
        origins=_number(row, "origins"),
        origin_traces=_number(row, "origin_traces"),
        traces=_number(row, "traces"),
        roots=_number(row, "roots"),
        bad_roots=_number(row, "bad_roots"),
        roots_ns=_number(row, "roots_ns"),
        sum_ns=_number(row, "sum_ns"),
        squares_ms2=_float(row, "squares"),
        over=tuple(_number(row, f"over{place}") for place in range(len(OVER_NS))),
        first_ns=_number(row, "first"),
        last_ns=_number(row, "last"),
    )


def _names(also_by: str) -> tuple[str, ...]:
    return (*_FIELDS, also_by) if also_by else _FIELDS


def _number(row: Row, name: str) -> int:
    """Return a whole number; a very large one is written with an exponent."""
    text = row.get(name, "")
    return int(text[:20]) if text.isascii() and text.isdigit() else int(_float(row, name))


def _float(row: Row, name: str) -> float:
    """Return a number of spans or of durations; the sum of none is `NaN`."""
    try:
        value = float(row.get(name, ""))
    except ValueError:
        return 0.0
    return value if 0.0 <= value < float("inf") else 0.0
