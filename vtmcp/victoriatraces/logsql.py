"""Questions about many spans as LogsQL text. Pure.

Every name and value from outside stands in double quotes, escaped as in JSON, which LogsQL reads
like Go does. So none of them can end its quotes, whatever it holds. Must not be here: HTTP.
Functions raise `ValueError`, whose text is for the caller.
"""

from collections.abc import Iterable, Sequence

import orjson

from vtmcp.traces.spans import BY_MAX, ROWS_MAX, Row, SpanFilter
from vtmcp.victoriatraces.span_fields import (
    SERVICE,
    stored_name,
    stored_tag_name,
    stored_tag_value,
)

QUERY_BYTES_MAX = 16_384
"""VictoriaTraces refuses longer queries (-search.maxQueryLen)."""

SPANS = "trace_id:*"
"""All spans and nothing else: `*` also finds the rows of the index and of the service graph."""

SHARES = {"p50_ns": 0.5, "p95_ns": 0.95, "p99_ns": 0.99}
"""The quantiles of a group, by the name of their column."""

NEGATIVE_FROM_NS = 2**63
"""A span that ends before it starts is stored with a duration from here on: 2^64 is added."""

BUCKETS_PER_E = 200
"""Buckets for each factor of e between durations: half of one is 0.25 %, and the durations from
a microsecond to an hour fill 4,400 at most."""

_DURATION_EXISTS = f"duration:<{NEGATIVE_FROM_NS}"


def quoted(text: str) -> str:
    """Return a text as a string of LogsQL."""
    try:
        return orjson.dumps(text).decode()
    except orjson.JSONEncodeError:
        raise ValueError("a name or value holds half of a surrogate pair, no text") from None


def field(stored: str) -> str:
    """Return the stored name of a field as LogsQL writes one field.

    A name that ends with a star stands for many fields there, and quotes do not change that.
    """
    if stored.endswith("*"):
        raise ValueError("a name ends with *; the database would take it for many attributes")
    return quoted(stored)


def where(wanted: SpanFilter) -> str:
    """Return the filter for the spans that are meant. The window is not part of it."""
    return " ".join([SPANS, *_stream(wanted), *_conditions(wanted)])


def newest_query(wanted: SpanFilter) -> str:
    """Ask for the spans as they are. The API's own limit keeps the newest."""
    return _checked(where(wanted))


def slowest_query(wanted: SpanFilter, limit: int) -> str:
    """Ask for the spans that took longest."""
    return _checked(
        f"{where(wanted)} {_DURATION_EXISTS} | sort by (duration desc) limit {checked_limit(limit)}"
    )


def stats_query(wanted: SpanFilter, by: Sequence[str], limit: int) -> str:
    """Ask for counts, failures and durations of the groups with most spans."""
    fields = _fields(by)
    columns = ["count() n", "count() if (status_code:=2) errors"]
    functions = {
        "sum_ns": "sum(duration)",
        **{name: f"quantile({share}, duration)" for name, share in SHARES.items()},
        "max_ns": "max(duration)",
    }
    columns += [f"{call} if ({_DURATION_EXISTS}) {name}" for name, call in functions.items()]
    return _checked(
        f"{where(wanted)} | stats {_by(fields)}{', '.join(columns)}"
        f" | sort by ({', '.join(['n desc', *fields])}) limit {checked_limit(limit)}"
    )


def durations_query(wanted: SpanFilter, by: Sequence[str], groups: Sequence[Row]) -> str:
    """Ask how many durations of each of these groups lie in which bucket (see `BUCKETS_PER_E`).

    Groups are rows of an answer to `stats_query`. The last ones are left out where the text would
    be too long for the database.
    """
    fields = _fields(by)
    bucket = f"math round(ln(duration) * {BUCKETS_PER_E}) as bucket"
    text = ""
    for count in range(len(groups), 0, -1):
        chosen = " or ".join(_group(by, group) for group in groups[:count])
        text = (
            f"{where(wanted)} {_DURATION_EXISTS} ({chosen}) | {bucket}"
            f" | stats {_by([*fields, 'bucket'])}count() n"
        )
        if len(text.encode()) <= QUERY_BYTES_MAX:
            return text
    return _checked(text)


def values_query(wanted: SpanFilter, name: str, limit: int) -> str:
    """Ask for the most frequent values of a field.

    The endpoint made for it gives any values and no counts, once there are more than its limit.
    """
    column = field(stored_name(name))
    return _checked(
        f"{where(wanted)} {column}:* | stats by ({column}) count() n"
        f" | sort by (n desc, {column}) limit {checked_limit(limit)}"
    )


def counts_query(wanted: SpanFilter, stored: Sequence[str]) -> str:
    """Ask in how many spans each of these stored fields is: the columns `n0`, `n1` and so on."""
    columns = (f"count({field(name)}) n{place}" for place, name in enumerate(stored))
    return _checked(f"{where(wanted)} | stats {', '.join(columns)}")


def own_query(text: str) -> str:
    """Check a query that somebody wrote, and return it as it is."""
    if not text.strip():
        raise ValueError("the query is empty; all spans are trace_id:*")
    quoted(text)
    return _checked(text)


def checked_limit(limit: int) -> int:
    """Return the number of rows. One more than the most tells whether there are more."""
    if not 1 <= limit <= ROWS_MAX + 1:
        raise ValueError(f"limit is {limit}; accepted: a whole number from 1 to {ROWS_MAX}")
    return limit


def _checked(text: str) -> str:
    length = len(text.encode())
    if length > QUERY_BYTES_MAX:
        raise ValueError(
            f"the query is {length} bytes long, the database takes {QUERY_BYTES_MAX}; "
            "use shorter or fewer names and values"
        )
    return text


def _stream(wanted: SpanFilter) -> Iterable[str]:
    """Yield a filter on streams, which are found without reading spans, where one is possible."""
    labels = []
    if wanted.service:
        labels.append(f"{quoted(SERVICE)}={quoted(wanted.service)}")
    if wanted.operation:
        labels.append(f"name={quoted(wanted.operation)}")
    if labels:
        yield f"{{{','.join(labels)}}}"


def _conditions(wanted: SpanFilter) -> Iterable[str]:
    if wanted.errors_only:
        yield "status_code:=2"
    if wanted.duration_min_ns is not None:
        yield f"duration:>={_duration(wanted.duration_min_ns)} {_DURATION_EXISTS}"
    if wanted.duration_max_ns is not None:
        yield f"duration:<={_duration(wanted.duration_max_ns)}"
    for name, value in wanted.tags.items():
        yield _tag(name, value)


def _tag(name: str, value: str) -> str:
    column = field(stored_tag_name(name))
    if value.startswith("~"):
        return f"{column}:~{quoted(value.removeprefix('~'))}"
    return f"{column}:={quoted(stored_tag_value(name, value))}"


def _duration(duration_ns: int) -> int:
    if duration_ns < 0:
        raise ValueError("a duration is negative; accepted: such as 250ms or 1.5s")
    return duration_ns


def _fields(by: Sequence[str]) -> list[str]:
    """Return the stored names, quoted, each once."""
    if len(by) > BY_MAX:
        raise ValueError(f"{len(by)} fields to group by; accepted: at most {BY_MAX}")
    return list(dict.fromkeys(field(stored_name(name)) for name in by))


def _by(fields: Sequence[str]) -> str:
    return f"by ({', '.join(fields)}) " if fields else ""


def _group(by: Sequence[str], group: Row) -> str:
    """Return the filter for the spans of one group, by its row."""
    stored = dict.fromkeys(map(stored_name, by))
    equal = " ".join(f"{field(name)}:={quoted(group.get(name, ''))}" for name in stored)
    return f"({equal or '*'})"
