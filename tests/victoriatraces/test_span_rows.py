"""A row of the database is the span that Jaeger's API tells of, and more exact."""

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.victoriatraces.recordings import recorded, recorded_body
from vtmcp.traces.jaeger import read_trace
from vtmcp.traces.model import Event, Link
from vtmcp.victoriatraces.logsql_answers import read_rows
from vtmcp.victoriatraces.span_rows import read_span


def test_a_row_is_the_span_of_a_trace() -> None:
    (row,) = read_rows(recorded("199-q-all-fields-rare"))
    trace = read_trace(orjson.loads(recorded_body("118-trace-attr_types"))["data"][0])
    (expected,) = trace.spans
    found = read_span(row)
    assert len(found.events) == len(expected.events) > 10
    same = ("trace_id", "span_id", "parent_span_id", "service", "name", "kind", "status")
    for name in (*same, "attributes", "resource", "scope", "status_message"):
        assert getattr(found, name) == getattr(expected, name), name
    assert (found.start_ns // 1_000, found.duration_ns // 1_000) == (
        expected.start_ns // 1_000,
        expected.duration_ns // 1_000,
    )
    for ours, theirs in zip(found.events, expected.events, strict=True):
        assert (ours.name, ours.attributes) == (theirs.name, theirs.attributes)
        assert ours.time_ns // 1_000 == theirs.time_ns // 1_000
    assert [(link.trace_id, link.span_id) for link in found.links] == [
        (link.trace_id, link.span_id) for link in expected.links
    ]


EVENTS = {
    "the number last": {
        "event:event_name:0": "exception",
        "event:event_time_unix_nano:0": "5",
        "event:event_attr:exception.type:0": "A",
        "event:event_attr:a:b:10": "c",
        "event:event_name:10": "late",
        "event:event_dropped_attributes_count:0": "0",
    },
    "the number first": {
        "event:0:event_name": "exception",
        "event:0:event_time_unix_nano": "5",
        "event:0:event_attr:exception.type": "A",
        "event:10:event_attr:a:b": "c",
        "event:10:event_name": "late",
        "event:0:event_dropped_attributes_count": "0",
    },
}


@pytest.mark.parametrize("row", EVENTS.values(), ids=EVENTS)
def test_events_are_read_as_each_version_writes_them(row: dict[str, str]) -> None:
    assert read_span(row).events == (
        Event("exception", 5, {"exception.type": "A"}),
        Event("late", 0, {"a:b": "c"}),
    )


LINKS = {
    "the number last": {
        "link:link_trace_id:1": "t",
        "link:link_span_id:1": "s",
        "link:link_attr:a:1": "b",
        "link:link_span_id:0": "r",
    },
    "the number first": {
        "link:1:link_trace_id": "t",
        "link:1:link_span_id": "s",
        "link:1:link_attr:a": "b",
        "link:0:link_span_id": "r",
    },
}


@pytest.mark.parametrize("row", LINKS.values(), ids=LINKS)
def test_links_are_read_as_each_version_writes_them(row: dict[str, str]) -> None:
    assert read_span(row).links == (Link("", "r"), Link("t", "s", {"a": "b"}))


def test_a_span_that_ends_before_it_starts_has_a_negative_duration() -> None:
    span = read_span({"duration": str(2**64 - 5_000), "start_time_unix_nano": "7000"})
    assert (span.duration_ns, span.end_ns) == (-5_000, 2_000)


def test_the_parts_of_a_span_go_where_they_belong() -> None:
    span = read_span(
        {
            "resource_attr:service.name": "cart",
            "resource_attr:host.name": "n",
            "scope_name": "go",
            "scope_version": "1",
            "scope_attr:team": "x",
            "trace_state": "k=v",
            "span_attr:a": "b",
            "span_attr:empty": "",
            "kind": "3",
            "status_code": "2",
            "status_message": "no",
            "event:odd": "x",
            "_stream": "{}",
        }
    )
    assert (span.service, span.resource) == ("cart", {"host.name": "n"})
    assert span.scope == {"otel.scope.name": "go", "otel.scope.version": "1", "team": "x"}
    assert span.attributes == {"w3c.tracestate": "k=v", "a": "b"}
    assert (span.kind, span.status, span.status_message) == ("client", "error", "no")
    assert (span.events, span.links) == ((), ())


NAMES = st.sampled_from(
    ["kind", "status_code", "duration", "start_time_unix_nano", "event:0:x", "link:a:0", "event:"]
)


@given(st.dictionaries(NAMES | st.text(), st.text()))
def test_reading_never_fails(row: dict[str, str]) -> None:
    assert read_span(row).kind
