"""Nothing of what is hidden is in a trace or in the JSON that it was read from."""

from typing import Any

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.victoriatraces.recordings import recorded_body
from vtmcp.traces.jaeger import read_trace
from vtmcp.traces.model import Event, Link, Span, Trace
from vtmcp.victoriatraces.hidden import raw_without_hidden, without_hidden
from vtmcp.victoriatraces.hidden_patterns import NOTHING_HIDDEN, HiddenPatterns

SECRET = "s3cret"
ALL = HiddenPatterns(["*"])

SPAN = Span(
    trace_id="a" * 32,
    span_id="b" * 16,
    service="cart",
    name="GET",
    kind="server",
    start_ns=1,
    duration_ns=2,
    status="error",
    status_message=SECRET,
    attributes={"key": SECRET},
    resource={"key": SECRET},
    scope={"key": SECRET},
    events=(Event(SECRET, 3, {"key": SECRET}),),
    links=(Link("c" * 32, "d" * 16, {"key": SECRET}),),
)
TRACE = Trace(SPAN.trace_id, (SPAN,))


def test_a_trace_without_attributes_keeps_its_structure() -> None:
    (span,) = without_hidden(TRACE, ALL).spans
    assert SECRET not in repr(span)
    assert (span.span_id, span.service, span.name, span.kind) == ("b" * 16, "cart", "GET", "server")
    assert (span.status, span.start_ns, span.duration_ns) == ("error", 1, 2)
    assert span.events == (Event("", 3, {}),)
    assert span.links == (Link("c" * 32, "d" * 16, {}),)


def tags(*pairs: tuple[object, object]) -> list[dict[str, object]]:
    return [{"key": key, "type": "string", "value": value} for key, value in pairs]


def raw(**span: Any) -> dict[str, Any]:
    return {
        "traceID": "a" * 32,
        "processes": {"p1": {"serviceName": "cart", "tags": []}},
        "spans": [{"spanID": "b" * 16, "processID": "p1", "tags": [], **span}],
    }


HIDDEN: dict[str, tuple[str, dict[str, Any]]] = {
    "of a span": ("key", raw(tags=tags(("key", SECRET)))),
    "of a scope": ("scope_attr:key", raw(tags=tags(("scope_attr:key", SECRET)))),
    "of an event": (
        "event_attr:key",
        raw(logs=[{"timestamp": 1, "fields": tags(("key", SECRET))}]),
    ),
    "the name of an event": ("event_name", raw(logs=[{"fields": tags(("event", SECRET))}])),
    "the message of a status": (
        "status_message",
        raw(tags=tags(("otel.status_description", SECRET))),
    ),
    "of a link": (
        "link_attr:key",
        raw(references=[{"spanID": "c", "tags": tags(("key", SECRET))}]),
    ),
    "of a process": (
        "resource_attr:key",
        {**raw(), "processes": {"p1": {"serviceName": "cart", "tags": tags(("key", SECRET))}}},
    ),
    "of a process within a span": (
        "resource_attr:key",
        raw(process={"serviceName": "cart", "tags": tags(("key", SECRET))}),
    ),
    "one of several with the same key": ("key", raw(tags=tags(("key", "a"), ("key", SECRET)))),
    "of a key that is no text": ("key", raw(tags=tags((7, SECRET)))),
    "of a list that is none": ("key", raw(tags={"key": SECRET})),
    "of processes that are none": ("key", {**raw(), "processes": [SECRET]}),
    "of spans that are none": ("key", {**raw(), "spans": SECRET}),
    "of events that are none": ("key", raw(logs={"key": SECRET})),
}


@pytest.mark.parametrize(("pattern", "given"), HIDDEN.values(), ids=HIDDEN)
def test_json_is_cleaned(pattern: str, given: dict[str, Any]) -> None:
    before = orjson.dumps(given)
    cleaned = raw_without_hidden(given, HiddenPatterns([pattern]))
    assert SECRET in before.decode()
    assert SECRET not in orjson.dumps(cleaned).decode()
    assert orjson.dumps(given) == before


KEPT: dict[str, dict[str, Any]] = {
    "nothing at all": {},
    "a span without members": {"spans": [{}]},
    "an event without fields": raw(logs=[{"timestamp": 1}]),
    "a process that is none": {**raw(), "processes": {"p1": None}},
    "a process without tags": raw(process={"serviceName": "cart"}),
    "a reference": raw(references=[{"refType": "CHILD_OF", "spanID": "c"}]),
    "the status and the kind": raw(tags=tags(("error", "true"), ("span.kind", "server"))),
}


@pytest.mark.parametrize("given", KEPT.values(), ids=KEPT)
def test_what_is_not_hidden_is_as_it_was(given: dict[str, Any]) -> None:
    assert raw_without_hidden(given, ALL) == given


def test_without_patterns_nothing_is_touched() -> None:
    given = raw(tags=tags(("key", SECRET)))
    assert raw_without_hidden(given, NOTHING_HIDDEN) is given
    assert without_hidden(TRACE, NOTHING_HIDDEN) is TRACE


RECORDED = ("115-trace-checkout_declined", "116-trace-checkout_nplus1", "118-trace-attr_types")
PATTERNS = (
    ["span_attr:*"],
    ["resource_attr:host.*", "*message*"],
    ["event:*", "scope_*"],
    ["*"],
    ["status_message", "http.*", "deployment.environment.name"],
)


@pytest.mark.parametrize("name", RECORDED)
@pytest.mark.parametrize("patterns", PATTERNS, ids=str)
def test_the_trace_and_its_json_are_cleaned_alike(name: str, patterns: list[str]) -> None:
    hidden = HiddenPatterns(patterns)
    for item in orjson.loads(recorded_body(name))["data"]:
        cleaned = read_trace(raw_without_hidden(item, hidden))
        assert cleaned == without_hidden(read_trace(item), hidden)
        assert cleaned != read_trace(item)


KEYS = (
    st.sampled_from(["error", "span.kind", "scope_attr:a", "event", "otel.status_code"]) | st.text()
)
TAGS = st.lists(
    st.fixed_dictionaries({"key": KEYS, "value": st.sampled_from(["", "true", "server", "x"])}),
    unique_by=lambda tag: tag["key"],
)
SPANS = st.lists(
    st.fixed_dictionaries(
        {"spanID": st.just("b"), "processID": st.just("p1"), "tags": TAGS},
        optional={"logs": st.lists(st.fixed_dictionaries({"fields": TAGS}))},
    ),
    max_size=3,
)


@given(spans=SPANS, resource=TAGS, patterns=st.lists(st.sampled_from(["*", "a*", "scope_attr:a"])))
def test_any_trace_and_its_json_are_cleaned_alike(
    spans: list[Any], resource: list[Any], patterns: list[str]
) -> None:
    item = {"spans": spans, "processes": {"p1": {"serviceName": "cart", "tags": resource}}}
    hidden = HiddenPatterns(patterns)
    assert read_trace(raw_without_hidden(item, hidden)) == without_hidden(read_trace(item), hidden)
