"""Which spans fit a query, by the rules of VictoriaTraces' two APIs. Pure.

Conditions hold for one span together, and an empty value fits a span without the attribute.
Must not be here: where spans come from, in which order traces are told.
"""

from collections.abc import Callable, Iterator

from vtmcp.demo.patterns import matcher
from vtmcp.demo.span_fields import Read, tag_reader
from vtmcp.traces.model import SourceError, Span, TraceQuery
from vtmcp.traces.spans import SpanFilter

LIMIT_MAX = 1_000
"""As in VictoriaTraces."""

Condition = Callable[[Span], bool]


def condition(query: TraceQuery) -> Condition:
    """Return the test of one span, as the Jaeger API has it: its window holds its end.

    Raises `SourceError` for what the database refuses too.
    """
    if not query.service:
        raise SourceError("no service is named; list the services and choose one of them")
    if not 1 <= query.limit <= LIMIT_MAX:
        raise SourceError(f"limit is {query.limit}; accepted: a whole number from 1 to {LIMIT_MAX}")
    _check_window(query)
    tests: list[Condition] = [
        lambda span: query.start_ns <= span.end_ns <= query.end_ns,
        *_tests(query, _jaeger_reader),
    ]
    return lambda span: all(test(span) for test in tests)


def span_condition(wanted: SpanFilter) -> Condition:
    """Return the test of one span, as LogsQL has it. Raises as `condition` does."""
    _check_window(wanted)
    tests: list[Condition] = [
        lambda span: wanted.start_ns <= span.end_ns < wanted.end_ns,
        *_tests(wanted, tag_reader),
    ]
    if wanted.errors_only:
        tests.append(lambda span: span.failed)
    return lambda span: all(test(span) for test in tests)


def _check_window(wanted: TraceQuery | SpanFilter) -> None:
    if wanted.start_ns > wanted.end_ns:
        raise SourceError("the start of the time window is after its end; swap them")


def _tests(wanted: TraceQuery | SpanFilter, reader: Callable[[str], Read]) -> Iterator[Condition]:
    """Yield the tests that both APIs have. `reader` gives what reads a tag."""
    if wanted.service:
        yield lambda span: span.service == wanted.service
    if wanted.operation:
        yield lambda span: span.name == wanted.operation
    if (least_ns := wanted.duration_min_ns) is not None:
        yield lambda span: span.duration_ns >= least_ns
    if (most_ns := wanted.duration_max_ns) is not None:
        yield lambda span: span.duration_ns <= most_ns
    for name, value in wanted.tags.items():
        yield _tag_condition(reader(name), value)


def _tag_condition(read: Read, value: str) -> Condition:
    if value.startswith("~"):
        matches = matcher(value.removeprefix("~"))
        return lambda span: matches(read(span))
    return lambda span: read(span) == value


def _jaeger_reader(name: str) -> Read:
    """To the Jaeger API `span_attr:` is a part of an attribute's name like any other."""
    return tag_reader(f"span_attr:{name}" if name.startswith("span_attr:") else name)
