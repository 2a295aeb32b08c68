"""Which spans fit a query, by the rules of VictoriaTraces' Jaeger API. Pure.

Conditions hold for one span together, and an empty value fits a span without the attribute.
Must not be here: where spans come from, in which order traces are told.
"""

from collections.abc import Callable, Mapping

from vtmcp.demo.patterns import matcher
from vtmcp.traces.model import SourceError, Span, TraceQuery

LIMIT_MAX = 1_000
"""As in VictoriaTraces."""

Condition = Callable[[Span], bool]

_ERROR_VALUES = {"error": "true", "ok": "false", "unset": "unset"}
"""What the `error` tag says for each status; having the tag means nothing."""

_OWN_TAGS: Mapping[str, Callable[[Span], str]] = {
    "error": lambda span: _ERROR_VALUES[span.status],
    "span.kind": lambda span: span.kind,
    "otel.status_description": lambda span: span.status_message,
    "otel.scope.name": lambda span: span.scope.get("otel.scope.name", ""),
    "otel.scope.version": lambda span: span.scope.get("otel.scope.version", ""),
    "resource_attr:service.name": lambda span: span.service,
}


def condition(query: TraceQuery) -> Condition:
    """Return the test of one span. Raises `SourceError` for what the database refuses too."""
    _check(query)
    tests: list[Condition] = [
        lambda span: span.service == query.service,
        lambda span: query.start_ns <= span.end_ns <= query.end_ns,
    ]
    if query.operation:
        tests.append(lambda span: span.name == query.operation)
    if query.duration_min_ns is not None:
        least_ns = query.duration_min_ns
        tests.append(lambda span: span.duration_ns >= least_ns)
    if query.duration_max_ns is not None:
        most_ns = query.duration_max_ns
        tests.append(lambda span: span.duration_ns <= most_ns)
    tests += [_tag_condition(name, value) for name, value in query.tags.items()]
    return lambda span: all(test(span) for test in tests)


def _check(query: TraceQuery) -> None:
    if not query.service:
        raise SourceError("no service is named; list the services and choose one of them")
    if not 1 <= query.limit <= LIMIT_MAX:
        raise SourceError(f"limit is {query.limit}; accepted: a whole number from 1 to {LIMIT_MAX}")
    if query.start_ns > query.end_ns:
        raise SourceError("the start of the time window is after its end; swap them")


def _tag_condition(name: str, value: str) -> Condition:
    read = _OWN_TAGS.get(name) or _reader(name)
    if value.startswith("~"):
        matches = matcher(value.removeprefix("~"))
        return lambda span: matches(read(span))
    return lambda span: read(span) == value


def _reader(name: str) -> Callable[[Span], str]:
    if name.startswith("resource_attr:"):
        key = name.removeprefix("resource_attr:")
        return lambda span: span.resource.get(key, "")
    if name.startswith("scope_attr:"):
        key = name.removeprefix("scope_attr:")
        return lambda span: span.scope.get(key, "")
    return lambda span: span.attributes.get(name, "")
