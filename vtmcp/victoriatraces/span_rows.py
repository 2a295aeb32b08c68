"""One row of the database, as LogsQL gives it, to a span. Pure.

Versions write the number of an event or a link at different places: `event:0:event_name` at first,
`event:event_name:0` later. Reading never fails: what is missing becomes an empty or zero value.
Must not be here: HTTP, queries.
"""

from vtmcp.traces.model import KINDS, STATUSES, Attributes, Event, Link, Span
from vtmcp.traces.spans import Row
from vtmcp.victoriatraces.logsql import NEGATIVE_FROM_NS
from vtmcp.victoriatraces.span_fields import SERVICE

_SPAN, _RESOURCE, _SCOPE = "span_attr:", "resource_attr:", "scope_attr:"
_SCOPE_OWN = {"scope_name": "otel.scope.name", "scope_version": "otel.scope.version"}
_DIGITS_MAX = 20

_Numbered = dict[int, dict[str, str]]


def read_span(row: Row) -> Span:
    """Read a row with all its fields."""
    found = _Fields(row)
    return Span(
        trace_id=row.get("trace_id", ""),
        span_id=row.get("span_id", ""),
        parent_span_id=row.get("parent_span_id", ""),
        service=row.get(SERVICE, ""),
        name=row.get("name", ""),
        kind=_word(KINDS, row.get("kind", "")),
        start_ns=_start_ns(row),
        duration_ns=_duration_ns(row),
        status=_word(STATUSES, row.get("status_code", "")),
        status_message=row.get("status_message", ""),
        attributes=found.attributes,
        resource=found.resource,
        scope=found.scope,
        events=tuple(_event(found.events[place]) for place in sorted(found.events)),
        links=tuple(_link(found.links[place]) for place in sorted(found.links)),
    )


class _Fields:
    """The attributes of a row by where they belong."""

    def __init__(self, row: Row) -> None:
        self.attributes: dict[str, str] = {}
        self.resource: dict[str, str] = {}
        self.scope: dict[str, str] = {}
        self.events: _Numbered = {}
        self.links: _Numbered = {}
        for name, value in row.items():
            if value:
                self._add(name, value)

    def _add(self, name: str, value: str) -> None:
        if name.startswith(_SPAN):
            self.attributes[name.removeprefix(_SPAN)] = value
        elif name.startswith(_RESOURCE) and name != SERVICE:
            self.resource[name.removeprefix(_RESOURCE)] = value
        elif name.startswith(_SCOPE):
            self.scope[name.removeprefix(_SCOPE)] = value
        elif name in _SCOPE_OWN:
            self.scope[_SCOPE_OWN[name]] = value
        elif name == "trace_state":
            self.attributes["w3c.tracestate"] = value
        elif name.startswith("event:"):
            _put(self.events, name.removeprefix("event:"), value)
        elif name.startswith("link:"):
            _put(self.links, name.removeprefix("link:"), value)


def _put(numbered: _Numbered, name: str, value: str) -> None:
    """Put a field to the others of its number, which stands before or after its name."""
    before, _, rest = name.partition(":")
    if not _is_number(before):
        rest, _, before = name.rpartition(":")
    if _is_number(before):
        numbered.setdefault(int(before), {})[rest] = value


def _event(fields: dict[str, str]) -> Event:
    return Event(
        fields.get("event_name", ""),
        _number(fields.get("event_time_unix_nano", "")),
        _attributes(fields, "event_attr:"),
    )


def _link(fields: dict[str, str]) -> Link:
    return Link(
        fields.get("link_trace_id", ""),
        fields.get("link_span_id", ""),
        _attributes(fields, "link_attr:"),
    )


def _attributes(fields: dict[str, str], prefix: str) -> Attributes:
    return {
        name.removeprefix(prefix): value
        for name, value in fields.items()
        if name.startswith(prefix)
    }


def _duration_ns(row: Row) -> int:
    duration_ns = _number(row.get("duration", ""))
    return duration_ns if duration_ns < NEGATIVE_FROM_NS else duration_ns - 2 * NEGATIVE_FROM_NS


def _start_ns(row: Row) -> int:
    return _number(row.get("start_time_unix_nano", ""))


def _word(words: tuple[str, ...], stored: str) -> str:
    number = _number(stored)
    return words[number] if number < len(words) else words[0]


def _number(text: str) -> int:
    return int(text) if _is_number(text) else 0


def _is_number(text: str) -> bool:
    return text.isascii() and text.isdigit() and len(text) <= _DIGITS_MAX
