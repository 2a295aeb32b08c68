"""Fields of a span by the names that questions use, as VictoriaTraces would answer them. Pure.

Must not be here: which spans a question is about (`spans.py`).
"""

from collections.abc import Callable, Iterator

from vtmcp.traces.model import Span
from vtmcp.traces.spans import FIELDS

Read = Callable[[Span], str]

_OWN: dict[str, Read] = {
    "service": lambda span: span.service,
    "operation": lambda span: span.name,
    "kind": lambda span: span.kind,
    "status": lambda span: span.status,
}
_TAGS: dict[str, Read] = {
    "error": lambda span: {"error": "true", "ok": "false", "unset": "unset"}[span.status],
    "span.kind": lambda span: span.kind,
    "otel.status_description": lambda span: span.status_message,
    "otel.scope.name": lambda span: span.scope.get("otel.scope.name", ""),
    "otel.scope.version": lambda span: span.scope.get("otel.scope.version", ""),
    "resource_attr:service.name": lambda span: span.service,
}
_SPAN, _RESOURCE, _SCOPE = "span_attr:", "resource_attr:", "scope_attr:"
_SCOPES = (_SPAN, _RESOURCE, _SCOPE)


def field_reader(name: str) -> Read:
    """Return what reads a field that is grouped by or listed; empty where a span lacks it."""
    return _OWN.get(name) or tag_reader(name)


def tag_reader(name: str) -> Read:
    """Return what reads a tag of a filter, where `service` and its like are attributes."""
    found = _TAGS.get(name)
    if found is not None:
        return found
    if name.startswith(_RESOURCE):
        return lambda span: span.resource.get(name.removeprefix(_RESOURCE), "")
    if name.startswith(_SCOPE):
        return lambda span: span.scope.get(name.removeprefix(_SCOPE), "")
    return lambda span: span.attributes.get(name.removeprefix(_SPAN), "")


def attributes(span: Span) -> Iterator[tuple[str, str]]:
    """Yield the names, as questions say them, and the values of all attributes of a span."""
    for key, value in span.attributes.items():
        means_something_else = key in FIELDS or key in _TAGS or key.startswith(_SCOPES)
        yield f"{_SPAN}{key}" if means_something_else else key, value
    for key, value in span.resource.items():
        yield f"{_RESOURCE}{key}", value
    for key, value in span.scope.items():
        yield key if key in _TAGS else f"{_SCOPE}{key}", value
    if span.status_message:
        yield "otel.status_description", span.status_message


def fields(span: Span) -> Iterator[tuple[str, str]]:
    """Yield what `attributes` yields, and the fields that every span has."""
    for name, read in _OWN.items():
        yield name, read(span)
    yield from attributes(span)
