"""Questions to the database as HTTP requests, without sending them. Pure.

Units are converted here and only here: searches take microseconds, dependencies milliseconds.
Must not be here: sockets, and what an answer means. What the database would take wrongly,
silently or fatally is refused here with `ValueError`, whose text is for the caller.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from urllib.parse import quote

import orjson

from vtmcp.durations import DURATION_NS_MAX, format_go_duration
from vtmcp.traces.ids import parse_trace_id
from vtmcp.traces.model import TraceQuery
from vtmcp.victoriatraces.headers import Header
from vtmcp.victoriatraces.hidden_patterns import NOTHING_HIDDEN, HiddenPatterns

LIMIT_MIN = 1
"""0 finds nothing, and a negative limit ends the whole database process (v0.9.0)."""

LIMIT_MAX = 1_000
"""VictoriaTraces refuses more traces in one search."""

TARGET_CHARS_MAX = 16_384
"""VictoriaTraces refuses longer queries, and many proxies refuse longer request lines."""

LOOKBACK_MS_MAX = (2**63 - 1) // 1_000_000
"""VictoriaTraces reads the lookback into a signed 64-bit number of nanoseconds."""

API = "/select/jaeger/api"

HIDDEN_PARAMETER = "hidden_fields_filters"
"""Known since v0.9.0 on every query endpoint; older versions pass over it, so we hide too."""

_NS_PER_US = 1_000
_DOTS = {".": "%2E", "..": "%2E%2E"}


@dataclass(frozen=True, slots=True)
class HttpRequest:
    """One request without a body. `target` is ASCII: path and query, percent-encoded."""

    method: str
    target: str
    headers: tuple[Header, ...] = field(repr=False)


@dataclass(frozen=True, slots=True)
class Asking:
    """What is the same for all questions of one asker to one database."""

    prefix: str
    """The path before that of the database, without a slash at its end."""

    headers: tuple[Header, ...] = field(repr=False)
    """All headers (`headers.py`), the tenant's included."""

    hidden: HiddenPatterns = field(default=NOTHING_HIDDEN, repr=False)
    """What nobody is shown, and nobody may search by."""


def services_request(asking: Asking) -> HttpRequest:
    """Ask for the names of all services."""
    return _get(asking, f"{API}/services")


def operations_request(asking: Asking, service: str) -> HttpRequest:
    """Ask for the span names of a service. Raises `ValueError` for a name that cannot be sent."""
    return _get(asking, f"{API}/services/{_path_part(_service(service))}/operations")


def search_request(asking: Asking, query: TraceQuery) -> HttpRequest:
    """Ask for traces. Raises `ValueError` when the query asks for what cannot be sent.

    The database takes the bounds of durations as excluded, our callers as included.
    """
    if not LIMIT_MIN <= query.limit <= LIMIT_MAX:
        raise ValueError(
            f"limit is {query.limit}; accepted: a whole number from {LIMIT_MIN} to {LIMIT_MAX}"
        )
    if query.start_ns > query.end_ns:
        raise ValueError("the start of the time window is after its end; swap them")
    start_us = query.start_ns // _NS_PER_US
    end_us = -(-query.end_ns // _NS_PER_US)
    parameters = [
        ("service", _service(query.service)),
        ("operation", query.operation),
        ("tags", _tags(query, asking.hidden)),
        ("start", str(start_us)),
        ("end", str(end_us)),
        ("minDuration", _duration("minimum", query.duration_min_ns, -1)),
        ("maxDuration", _duration("maximum", query.duration_max_ns, 1)),
        ("limit", str(query.limit)),
        (HIDDEN_PARAMETER, asking.hidden.parameter),
    ]
    return _get(asking, f"{API}/traces", parameters)


def trace_request(asking: Asking, trace_id: str) -> HttpRequest:
    """Ask for one trace. The id is checked again here, because it becomes a part of a path."""
    parameters = [(HIDDEN_PARAMETER, asking.hidden.parameter)]
    return _get(asking, f"{API}/traces/{parse_trace_id(trace_id)}", parameters)


def dependencies_request(asking: Asking, *, end_ms: int, lookback_ms: int) -> HttpRequest:
    """Ask for the service graph of the `lookback_ms` before `end_ms` (Unix milliseconds)."""
    if not 1 <= lookback_ms <= LOOKBACK_MS_MAX:
        raise ValueError(
            f"lookback is {lookback_ms} ms; accepted: a positive length of time, such as 1h"
        )
    parameters = [("endTs", str(end_ms)), ("lookback", str(lookback_ms))]
    return _get(asking, f"{API}/dependencies", parameters)


def _get(asking: Asking, path: str, parameters: Iterable[tuple[str, str]] = ()) -> HttpRequest:
    query = "&".join(f"{name}={_encoded(name, value)}" for name, value in parameters if value)
    target = f"{asking.prefix}{path}{'?' if query else ''}{query}"
    if len(target) > TARGET_CHARS_MAX:
        raise ValueError(
            f"the request is {len(target)} characters long, the database takes "
            f"{TARGET_CHARS_MAX}; use shorter or fewer names and tags"
        )
    return HttpRequest("GET", target, asking.headers)


def _service(name: str) -> str:
    if not name:
        raise ValueError("no service is named; list the services and choose one of them")
    return name


def _path_part(text: str) -> str:
    """Encode one part of a path. A part of dots alone would walk up, so its dots are encoded."""
    return _DOTS.get(text) or _encoded("service", text)


def _encoded(name: str, value: str) -> str:
    try:
        return quote(value, safe="")
    except UnicodeEncodeError:
        raise ValueError(f"{name} holds half of a surrogate pair, which is not text") from None


def _tags(query: TraceQuery, hidden: HiddenPatterns) -> str:
    """Return the tags as a JSON object of strings; the database refuses any other type."""
    if not query.tags:
        return ""
    if not all(isinstance(value, str) for value in query.tags.values()):
        raise ValueError('every tag value is a text, such as {"http.response.status_code": "500"}')
    if any(hidden.hides_tag(key, value) for key, value in query.tags.items()):
        raise ValueError("tags name an attribute that VT_HIDDEN_FIELDS hides; search by others")
    try:
        return orjson.dumps(dict(query.tags)).decode()
    except orjson.JSONEncodeError:
        raise ValueError("tags hold half of a surrogate pair, which is not text") from None


def _duration(which: str, duration_ns: int | None, beyond_ns: int) -> str:
    """Return a bound, one nanosecond beyond so that it is itself within."""
    if duration_ns is None:
        return ""
    if duration_ns < 0:
        raise ValueError(f"the {which} duration is negative; accepted: such as 250ms or 1.5s")
    return format_go_duration(min(max(0, duration_ns + beyond_ns), DURATION_NS_MAX))
