"""Read and write the Jaeger JSON of one trace, as VictoriaTraces speaks it.

Must not be here: HTTP, the envelope of an answer (`data`, `errors`), text for a reader.
Reading never fails: whatever is missing or of a wrong type becomes an empty or zero value.
"""

import math
import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final, NamedTuple

import orjson

from vtmcp.traces.model import KINDS, Attributes, Event, Link, Span, Trace

NS_PER_US = 1_000
"""Jaeger's times are microseconds; ours are nanoseconds."""

TIME_US_MAX = (2**63 - 1) // NS_PER_US
"""Times beyond a signed 64-bit number of nanoseconds are not times; they are clamped."""

_CHILD_OF: Final = "CHILD_OF"
_FOLLOWS_FROM: Final = "FOLLOWS_FROM"

_SCOPE_PREFIX: Final = "scope_attr:"
_SCOPE_OWN_KEYS = ("otel.scope.name", "otel.scope.version")
"""These two stand without the prefix in Jaeger answers; `Span.scope` keeps the same keys."""

_STATUS_OF_ERROR_TAG: Final = {"unset": "unset", "false": "ok", "true": "error"}
_ERROR_TAG_OF_STATUS: Final = {status: tag for tag, status in _STATUS_OF_ERROR_TAG.items()}
_STATUS_OF_CODE: Final = {"unset": "unset", "ok": "ok", "error": "error"}

_NUMBER: Final = re.compile(r"-?[0-9]{1,19}(?:\.[0-9]{1,19})?")

_NOT_TEXT: Final = "(a value that cannot be shown)"


_KINDS: Final = frozenset(KINDS)

_IS_TEXT: Final = frozenset((str,))


class _Process(NamedTuple):
    service: str
    resource: Attributes


_NOBODY: Final = _Process("", {})


def read_trace(raw: Mapping[str, Any]) -> Trace:
    """Read one element of `data`. Spans keep their order; nothing is dropped, duplicates included.

    A span's parent is its `CHILD_OF` reference of the same trace, else the first `FOLLOWS_FROM`
    of the same trace: VictoriaTraces leaves out `CHILD_OF` when a link names the parent too.
    """
    raw_spans = _objects(raw.get("spans"))
    trace_id = _text(raw.get("traceID"))
    if not trace_id and raw_spans:
        trace_id = _text(raw_spans[0].get("traceID"))
    raw_processes = raw.get("processes")
    if not isinstance(raw_processes, dict):
        raw_processes = {}
    processes = {_text(key): _read_process(value) for key, value in raw_processes.items()}
    plain: set[str] = set()
    return Trace(
        trace_id, tuple(_read_span(item, trace_id, processes, plain) for item in raw_spans)
    )


def write_trace(trace: Trace) -> dict[str, Any]:
    """Write one element of `data`, every tag typed `string` and every span with an `error` tag.

    Times lose what is below a microsecond, and link attributes are not part of Jaeger JSON.
    """
    process_ids: dict[tuple[str, frozenset[tuple[str, str]]], str] = {}
    processes: dict[str, Any] = {}
    spans = []
    for span in trace.spans:
        key = (span.service, frozenset(span.resource.items()))
        process_id = process_ids.get(key)
        if process_id is None:
            process_id = process_ids[key] = f"p{len(process_ids) + 1}"
            processes[process_id] = {
                "serviceName": span.service,
                "tags": _write_tags(span.resource.items()),
            }
        spans.append(_write_span(span, process_id))
    return {"processes": processes, "spans": spans, "traceID": trace.trace_id, "warnings": None}


def _read_process(raw: object) -> _Process:
    if not isinstance(raw, dict):
        return _NOBODY
    resource = _read_tags(raw.get("tags"))
    return _Process(_text(raw.get("serviceName")) or resource.get("service.name", ""), resource)


def _read_span(
    raw: Mapping[str, Any], trace_id: str, processes: Mapping[str, _Process], plain: set[str]
) -> Span:
    """Read one span. `plain` are the keys of the trace so far that are not those of a scope."""
    process = processes.get(_text(raw.get("processID"))) or _read_process(raw.get("process"))
    tags = _read_tags(raw.get("tags"))
    own_trace_id = _text(raw.get("traceID")) or trace_id
    parent_span_id, links = _read_references(raw.get("references"), own_trace_id)
    if not parent_span_id:
        parent_span_id = _text(raw.get("parentSpanID"))
    return Span(
        trace_id=own_trace_id,
        span_id=_text(raw.get("spanID")),
        parent_span_id=parent_span_id,
        service=process.service,
        name=_text(raw.get("operationName")),
        kind=_take_kind(tags),
        start_ns=_time_ns(raw.get("startTime")),
        duration_ns=_time_ns(raw.get("duration")),
        status=_take_status(tags),
        status_message=tags.pop("otel.status_description", ""),
        scope=_take_scope(tags, plain),
        attributes=tags,
        resource=process.resource,
        events=tuple(_read_event(item) for item in _objects(raw.get("logs"))),
        links=links,
    )


def _read_tags(raw: object) -> dict[str, str]:
    """Read a list of `{key, type, value}`; the last of several equal keys wins."""
    try:
        # Nearly all tags are as they should be, and a large trace has a hundred thousand.
        tags = {item["key"]: item["value"] for item in raw}  # type: ignore[attr-defined]
    except (TypeError, KeyError):
        pass
    else:
        if _IS_TEXT.issuperset(map(type, tags)) and _IS_TEXT.issuperset(map(type, tags.values())):
            return tags
    return {_text(item.get("key")): _text(item.get("value")) for item in _objects(raw)}


def _take_kind(tags: dict[str, str]) -> str:
    kind = tags.get("span.kind", "").lower()
    if kind in _KINDS or not kind:
        tags.pop("span.kind", None)
        return kind or "unspecified"
    return "unspecified"


def _take_status(tags: dict[str, str]) -> str:
    """Take the status out of the tags. Having an `error` tag means nothing; its value does."""
    status = _STATUS_OF_ERROR_TAG.get(tags.get("error", ""), "")
    if status and "otel.status_code" not in tags:
        del tags["error"]
        return status
    status = "unset"
    for key, meanings in (("error", _STATUS_OF_ERROR_TAG), ("otel.status_code", _STATUS_OF_CODE)):
        meaning = meanings.get(tags.get(key, "").lower())
        if meaning is not None:
            status = meaning
            del tags[key]
    return status


def _take_scope(tags: dict[str, str], plain: set[str]) -> Attributes:
    scope = {key: tags.pop(key) for key in _SCOPE_OWN_KEYS if key in tags}
    if not plain.issuperset(tags):
        # Spans of a trace have few keys, again and again, and each is looked at once.
        for key in [key for key in tags if key not in plain]:
            if key.startswith(_SCOPE_PREFIX):
                scope[key.removeprefix(_SCOPE_PREFIX)] = tags.pop(key)
            else:
                plain.add(key)
    return scope


def _read_references(raw: object, own_trace_id: str) -> tuple[str, tuple[Link, ...]]:
    """Return the parent's span id, or an empty text, and every reference that is a link."""
    if not raw:
        return "", ()
    if parent := _only_parent(raw, own_trace_id):
        return parent, ()
    parent_span_id = ""
    links: list[Link] = []
    for item in _objects(raw):
        link = Link(_text(item.get("traceID")) or own_trace_id, _text(item.get("spanID")))
        is_parent = item.get("refType") == _CHILD_OF and link.trace_id == own_trace_id
        if is_parent and not parent_span_id:
            parent_span_id = link.span_id
        elif link.span_id:
            links.append(link)
    if not parent_span_id:
        parent_span_id = _own_trace_link(links, own_trace_id)
    return parent_span_id, tuple(links)


def _only_parent(raw: object, own_trace_id: str) -> str:
    """Return the parent where nothing else is referred to, as in nearly all spans."""
    if type(raw) is not list or len(raw) != 1 or type(raw[0]) is not dict:
        return ""
    item = raw[0]
    is_own = item.get("refType") == _CHILD_OF and item.get("traceID") == own_trace_id
    span_id = item.get("spanID")
    return span_id if is_own and type(span_id) is str else ""


def _own_trace_link(links: Iterable[Link], own_trace_id: str) -> str:
    return next((link.span_id for link in links if link.trace_id == own_trace_id), "")


def _read_event(raw: Mapping[str, Any]) -> Event:
    attributes = _read_tags(raw.get("fields"))
    return Event(attributes.pop("event", ""), _time_ns(raw.get("timestamp")), attributes)


def _write_span(span: Span, process_id: str) -> dict[str, Any]:
    return {
        "duration": span.duration_ns // NS_PER_US,
        "logs": [_write_event(event) for event in span.events],
        "operationName": span.name,
        "processID": process_id,
        "references": _write_references(span),
        "spanID": span.span_id,
        "startTime": span.start_ns // NS_PER_US,
        "tags": _write_span_tags(span),
        "traceID": span.trace_id,
        "warnings": None,
    }


def _write_span_tags(span: Span) -> list[dict[str, str]]:
    tags = {"span.kind": "" if span.kind == "unspecified" else span.kind}
    for key, value in span.scope.items():
        tags[key if key in _SCOPE_OWN_KEYS else f"{_SCOPE_PREFIX}{key}"] = value
    tags |= span.attributes
    if span.status != "unset" or "error" not in tags:
        tags["error"] = _ERROR_TAG_OF_STATUS.get(span.status, "unset")
    if span.status_message:
        tags["otel.status_description"] = span.status_message
    return _write_tags(tags.items())


def _write_references(span: Span) -> list[dict[str, str]]:
    """Write the links, after the parent unless a link already says who that is (see read_trace)."""
    references = [_write_reference(_FOLLOWS_FROM, link) for link in span.links]
    if span.parent_span_id and _own_trace_link(span.links, span.trace_id) != span.parent_span_id:
        parent = Link(span.trace_id, span.parent_span_id)
        references.insert(0, _write_reference(_CHILD_OF, parent))
    return references


def _write_reference(ref_type: str, link: Link) -> dict[str, str]:
    return {"refType": ref_type, "spanID": link.span_id, "traceID": link.trace_id}


def _write_event(event: Event) -> dict[str, Any]:
    fields = {**event.attributes, "event": event.name}
    return {"timestamp": event.time_ns // NS_PER_US, "fields": _write_tags(fields.items())}


def _write_tags(items: Iterable[tuple[str, str]]) -> list[dict[str, str]]:
    return [{"key": key, "type": "string", "value": value} for key, value in items]


def _objects(raw: object) -> Sequence[dict[str, Any]]:
    if not raw:
        return ()
    return [item for item in raw if isinstance(item, dict)] if isinstance(raw, list) else []


def _text(value: object) -> str:
    """Return a value as text: booleans and lists as JSON writes them, nothing as an empty text."""
    if isinstance(value, str):
        return value
    if value is None:
        return ""
    try:
        return orjson.dumps(value).decode()
    except orjson.JSONEncodeError:
        return _NOT_TEXT


def _time_ns(value: object) -> int:
    """Return microseconds, as a number or a text of digits, in nanoseconds; 0 for anything else."""
    if type(value) is int and 0 <= value <= TIME_US_MAX:
        return value * NS_PER_US
    if type(value) is not int and not isinstance(value, float):
        if not isinstance(value, str) or not _NUMBER.fullmatch(value):
            return 0
        value = float(value) if "." in value else int(value)
    if isinstance(value, float) and math.isnan(value):
        return 0
    return int(max(-TIME_US_MAX, min(TIME_US_MAX, value)) * NS_PER_US)
