"""Questions about many spans as HTTP requests, without sending them. Pure.

LogsQL takes times in any unit and tells them apart by their size; nanoseconds are sent, and those
that are too small to be nanoseconds are not. Must not be here: the text of a query (`logsql.py`),
sockets. Functions raise `ValueError`, whose text is for the caller.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from urllib.parse import urlencode

from vtmcp.traces.spans import BUCKETS_MAX, FIELDS, Row, SpanFilter
from vtmcp.victoriatraces import logsql
from vtmcp.victoriatraces.requests import HIDDEN_PARAMETER, Asking, HttpRequest
from vtmcp.victoriatraces.span_fields import SPAN_ATTRIBUTE

API = "/select/logsql"

TIME_NS_MIN = 2**31 * 1_000_000
"""January 1970: VictoriaTraces takes a smaller number for microseconds or a longer unit."""

TIME_NS_MAX = 2**63 - 1

FACET_VALUES_MAX = 1_000
"""A field with more values than that is no property to compare by, but an id."""

FACET_VALUE_CHARS_MAX = 256
"""A field with a longer value holds texts, such as statements."""

NS_PER_MS = 1_000_000
_HIDDEN = "an attribute is named that VT_HIDDEN_FIELDS hides; use others"


@dataclass(frozen=True, slots=True)
class Buckets:
    """The buckets of a histogram. The API knows no unit below a millisecond for them."""

    start_ms: int
    step_ms: int
    count: int


def stats_request(asking: Asking, wanted: SpanFilter, by: Sequence[str], limit: int) -> HttpRequest:
    """Ask for counts, failures and durations by the values of fields."""
    if any(is_hidden(asking, name) for name in by):
        raise ValueError(_HIDDEN)
    return _filtered(asking, "query", wanted, logsql.stats_query(wanted, by, limit))


def durations_request(
    asking: Asking, wanted: SpanFilter, by: Sequence[str], groups: Sequence[Row]
) -> HttpRequest:
    """Ask how the durations of these groups are distributed."""
    return _filtered(asking, "query", wanted, logsql.durations_query(wanted, by, groups))


def names_request(asking: Asking, wanted: SpanFilter) -> HttpRequest:
    """Ask which fields occur. What it says of their frequency is an upper bound only."""
    return _filtered(asking, "field_names", wanted, logsql.newest_query(wanted))


def counts_request(asking: Asking, wanted: SpanFilter, stored: Sequence[str]) -> HttpRequest:
    """Ask in how many spans each stored field is."""
    return _filtered(asking, "query", wanted, logsql.counts_query(wanted, stored))


def values_request(asking: Asking, wanted: SpanFilter, name: str, limit: int) -> HttpRequest:
    """Ask for the most frequent values of a field."""
    if is_hidden(asking, name):
        raise ValueError(_HIDDEN)
    return _filtered(asking, "query", wanted, logsql.values_query(wanted, name, limit))


def facets_request(asking: Asking, wanted: SpanFilter, limit: int) -> HttpRequest:
    """Ask for the most frequent values of each field that has few of them."""
    more = [
        ("limit", str(logsql.checked_limit(limit))),
        ("max_values_per_field", str(FACET_VALUES_MAX)),
        ("max_value_len", str(FACET_VALUE_CHARS_MAX)),
        ("keep_const_fields", "1"),
    ]
    return _filtered(asking, "facets", wanted, logsql.newest_query(wanted), more)


def spans_request(asking: Asking, wanted: SpanFilter, limit: int, *, slowest: bool) -> HttpRequest:
    """Ask for spans. Of a query without pipes the API's own limit keeps the newest."""
    if slowest:
        return _filtered(asking, "query", wanted, logsql.slowest_query(wanted, limit))
    more = [("limit", str(logsql.checked_limit(limit)))]
    return _filtered(asking, "query", wanted, logsql.newest_query(wanted), more)


def hits_request(asking: Asking, wanted: SpanFilter, buckets: Buckets) -> HttpRequest:
    """Ask how many spans ended in each bucket."""
    more = [
        ("step", f"{buckets.step_ms}ms"),
        ("offset", f"{buckets.start_ms % buckets.step_ms}ms"),
    ]
    return _filtered(asking, "hits", wanted, logsql.newest_query(wanted), more)


def filtered_request(asking: Asking, wanted: SpanFilter, text: str) -> HttpRequest:
    """Ask a query that was written for a filter, in its window."""
    return _filtered(asking, "query", wanted, text)


def logsql_request(
    asking: Asking, text: str, *, start_ns: int, end_ns: int, limit: int
) -> HttpRequest:
    """Ask what somebody wrote. Refused where attributes are hidden: LogsQL can rename them."""
    if asking.hidden:
        raise ValueError(
            "LogsQL is not accepted where VT_HIDDEN_FIELDS is set: a query could show what is "
            "hidden under another name; use the other tools"
        )
    more = [("limit", str(logsql.checked_limit(limit)))]
    return _get(asking, "query", logsql.own_query(text), _window(start_ns, end_ns) + more)


def buckets_of(start_ns: int, end_ns: int, buckets: int) -> Buckets:
    """Divide a window into at most so many equal buckets, in whole milliseconds."""
    if not 1 <= buckets <= BUCKETS_MAX:
        raise ValueError(f"{buckets} buckets; accepted: a whole number from 1 to {BUCKETS_MAX}")
    _check_window(start_ns, end_ns)
    start_ms, end_ms = start_ns // NS_PER_MS, -(-end_ns // NS_PER_MS)
    step_ms = max(1, -(-(end_ms - start_ms) // buckets))
    return Buckets(start_ms, step_ms, max(1, -(-(end_ms - start_ms) // step_ms)))


def is_hidden(asking: Asking, name: str) -> bool:
    """Whether a field is one that nobody is shown, nor told the values of."""
    return name not in FIELDS and asking.hidden.hides_tag(name.removeprefix(SPAN_ATTRIBUTE), "")


def _filtered(
    asking: Asking,
    endpoint: str,
    wanted: SpanFilter,
    text: str,
    more: Iterable[tuple[str, str]] = (),
) -> HttpRequest:
    """Return the request of a query that was made from a filter."""
    for name, value in wanted.tags.items():
        if asking.hidden.hides_tag(name.removeprefix(SPAN_ATTRIBUTE), value):
            raise ValueError(_HIDDEN)
    window = _window(wanted.start_ns, wanted.end_ns)
    return _get(asking, endpoint, text, [*window, *more])


def _get(asking: Asking, endpoint: str, text: str, more: Iterable[tuple[str, str]]) -> HttpRequest:
    parameters = [("query", text), *more]
    if asking.hidden.parameter:
        parameters.append((HIDDEN_PARAMETER, asking.hidden.parameter))
    target = f"{asking.prefix}{API}/{endpoint}?{urlencode(parameters)}"
    return HttpRequest("GET", target, asking.headers)


def _check_window(start_ns: int, end_ns: int) -> None:
    if start_ns > end_ns:
        raise ValueError("the start of the time window is after its end; swap them")


def _window(start_ns: int, end_ns: int) -> list[tuple[str, str]]:
    """Return the window; the API takes the last nanosecond too, so it ends one before."""
    _check_window(start_ns, end_ns)
    return [("start", _time(start_ns)), ("end", _time(end_ns - 1))]


def _time(time_ns: int) -> str:
    return str(min(max(time_ns, TIME_NS_MIN), TIME_NS_MAX))
