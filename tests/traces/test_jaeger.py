"""Jaeger JSON: what is read of real answers and of broken ones, and that it is written back."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.traces.samples import START_NS, TRACE_ID, any_trace, recorded, span, trace
from vtmcp.traces.jaeger import TIME_US_MAX, read_trace, write_trace
from vtmcp.traces.model import Event, Link, Span, Trace

OTHER_TRACE = "f" * 32
START_US = START_NS // 1_000

RECORDINGS = [
    "049-traces-limit1",
    "061-traces-unicode",
    "115-trace-checkout_declined",
    "116-trace-checkout_nplus1",
    "117-trace-unicode",
    "118-trace-attr_types",
    "119-trace-orphan",
    "120-trace-two_roots",
    "121-trace-clock_skew",
    "123-trace-cycle",
    "124-trace-dup_span",
    "125-trace-self_parent",
    "126-trace-no_service",
    "127-trace-kind0_ok",
    "128-trace-deep_300",
    "141-trace-tenant73",
    "131-trace-huge",
]


def read_span(**raw: object) -> Span:
    """Read a trace of one span, in process `p1` unless it says otherwise."""
    processes = {"p1": {"serviceName": "cart", "tags": tags(host="a")}}
    whole = {"traceID": TRACE_ID, "processes": processes, "spans": [{"processID": "p1"} | raw]}
    return read_trace(whole).spans[0]


def tags(**values: object) -> list[dict[str, object]]:
    return [{"key": key, "type": "string", "value": value} for key, value in values.items()]


def reference(kind: str, span_id: str, trace_id: object = TRACE_ID) -> dict[str, object]:
    return {"refType": kind, "traceID": trace_id, "spanID": span_id}


@pytest.mark.parametrize("name", RECORDINGS)
def test_what_is_written_is_read_back(name: str) -> None:
    traces = [read_trace(raw) for raw in recorded(name)]
    assert traces
    assert [read_trace(write_trace(trace)) for trace in traces] == traces


@pytest.mark.parametrize("name", RECORDINGS)
def test_what_is_written_is_what_the_database_writes(name: str) -> None:
    for raw in recorded(name):
        assert _sorted(write_trace(read_trace(raw))) == _sorted(raw)


def test_a_real_span_is_read() -> None:
    spans = {span.span_id: span for span in read_trace(recorded("141-trace-tenant73")[0]).spans}
    failed = [span for span in spans.values() if span.failed and span.events]
    assert [span.name for span in failed] == ["GET /devices"]
    found = failed[0]
    assert found.trace_id == "6c27522400461c0cbb83114a5fde222d"
    assert found.service == "device-registry"
    assert found.resource["deployment.environment.name"] == "prod"
    assert found.kind == "server"
    assert found.status_message == "shard down"
    assert spans[found.parent_span_id].service == "gateway"
    assert found.events[0].name == "exception"
    assert found.events[0].attributes["exception.type"] == "UpstreamError"
    assert found.start_ns <= found.events[0].time_ns <= found.end_ns
    assert not {"error", "span.kind", "otel.status_description"} & found.attributes.keys()


def test_a_service_without_a_name_stays_without() -> None:
    assert [s.service for s in read_trace(recorded("126-trace-no_service")[0]).spans] == [""]


def test_all_of_a_large_trace_is_read() -> None:
    found = read_trace(recorded("131-trace-huge")[0])
    assert len(found.spans) == 6_000
    assert len({span.span_id for span in found.spans}) == len(found.spans)


STATUSES = {
    "unset is no failure": ({"error": "unset"}, "unset"),
    "false is a status of ok": ({"error": "false"}, "ok"),
    "true is a failure": ({"error": "true"}, "error"),
    "another case": ({"error": "True"}, "error"),
    "a boolean, as Jaeger writes it": ({"error": True}, "error"),
    "a boolean that is false": ({"error": False}, "ok"),
    "a value of nobody's is none": ({"error": "perhaps"}, "unset"),
    "no tag at all": ({}, "unset"),
    "OpenTelemetry's own tag": ({"otel.status_code": "ERROR"}, "error"),
    "OpenTelemetry's own tag is more exact": (
        {"error": "unset", "otel.status_code": "OK"},
        "ok",
    ),
}


@pytest.mark.parametrize(("raw", "status"), STATUSES.values(), ids=STATUSES)
def test_a_status_is_in_the_value_of_the_error_tag(raw: dict[str, object], status: str) -> None:
    found = read_span(tags=tags(**raw))
    assert found.status == status
    assert found.failed == (status == "error")


def test_an_error_tag_of_nobodys_stays_an_attribute() -> None:
    found = read_span(tags=tags(error="perhaps"))
    assert found.attributes == {"error": "perhaps"}
    assert read_trace(write_trace(trace(found))).spans[0] == found


KINDS = {
    "a kind": ("server", "server", {}),
    "another case": ("CLIENT", "client", {}),
    "an empty one": ("", "unspecified", {}),
    "one that nobody knows": ("robot", "unspecified", {"span.kind": "robot"}),
}


@pytest.mark.parametrize(("value", "kind", "attributes"), KINDS.values(), ids=KINDS)
def test_a_kind_is_read(value: str, kind: str, attributes: dict[str, str]) -> None:
    found = read_span(tags=tags(**{"span.kind": value}))
    assert (found.kind, found.attributes) == (kind, attributes)


VALUES: dict[str, tuple[object, str]] = {
    "a text": ("1", "1"),
    "a whole number": (1, "1"),
    "a fraction": (0.5, "0.5"),
    "a truth": (True, "true"),
    "nothing": (None, ""),
    "a list": (["a", 1], '["a",1]'),
    "a number beyond 64 bits": (2**70, "(a value that cannot be shown)"),
}


@pytest.mark.parametrize(("value", "text"), VALUES.values(), ids=VALUES)
def test_every_value_is_text(value: object, text: str) -> None:
    assert read_span(tags=tags(k=value)).attributes == {"k": text}


def test_the_last_of_several_equal_tags_wins() -> None:
    assert read_span(tags=[*tags(k="1"), *tags(k="2")]).attributes == {"k": "2"}


def test_tags_of_the_scope_are_apart() -> None:
    raw = {"otel.scope.name": "lib", "scope_attr:k": "v", "http.method": "GET"}
    found = read_span(tags=tags(**raw))
    assert found.scope == {"otel.scope.name": "lib", "k": "v"}
    assert found.attributes == {"http.method": "GET"}


TIMES: dict[str, tuple[object, int]] = {
    "microseconds": (START_US, START_NS),
    "microseconds in a text": (str(START_US), START_NS),
    "a fraction": (1.5, 1_500),
    "a fraction in a text": ("1.5", 1_500),
    "less than nothing": (-7, -7_000),
    "nothing": (None, 0),
    "a truth": (True, 0),
    "a word": ("soon", 0),
    "a very long text": ("1" * 5_000, 0),
    "not a number": (float("nan"), 0),
    "infinity": (float("inf"), TIME_US_MAX * 1_000),
    "before all times": (-(10**400), -TIME_US_MAX * 1_000),
}


@pytest.mark.parametrize(("value", "ns"), TIMES.values(), ids=TIMES)
def test_a_time_is_read(value: object, ns: int) -> None:
    found = read_span(startTime=value, duration=value, logs=[{"timestamp": value}])
    assert (found.start_ns, found.duration_ns, found.events[0].time_ns) == (ns, ns, ns)


REFERENCES: dict[str, tuple[list[Any], str, list[str]]] = {
    "none is a root": ([], "", []),
    "CHILD_OF is the parent": ([reference("CHILD_OF", "a")], "a", []),
    "FOLLOWS_FROM is a link": (
        [reference("FOLLOWS_FROM", "b"), reference("CHILD_OF", "a")],
        "a",
        ["b"],
    ),
    "a link that names the parent is the parent when there is no CHILD_OF": (
        [reference("FOLLOWS_FROM", "a")],
        "a",
        ["a"],
    ),
    "the first link of this trace is": (
        [
            reference("FOLLOWS_FROM", "x", OTHER_TRACE),
            reference("FOLLOWS_FROM", "a"),
            reference("FOLLOWS_FROM", "b"),
        ],
        "a",
        ["x", "a", "b"],
    ),
    "a link into another trace is no parent": (
        [reference("FOLLOWS_FROM", "x", OTHER_TRACE)],
        "",
        ["x"],
    ),
    "a parent in another trace is a link": ([reference("CHILD_OF", "x", OTHER_TRACE)], "", ["x"]),
    "a second parent is a link": (
        [reference("CHILD_OF", "a"), reference("CHILD_OF", "b")],
        "a",
        ["b"],
    ),
    "without a trace id it is this trace": ([reference("CHILD_OF", "a", None)], "a", []),
    "without a span id it is nothing": ([reference("CHILD_OF", "")], "", []),
    "a link without a span id is nothing": ([reference("FOLLOWS_FROM", "")], "", []),
    "no object is nothing": (["CHILD_OF", None], "", []),
}


@pytest.mark.parametrize(("raw", "parent", "links"), REFERENCES.values(), ids=REFERENCES)
def test_references_are_a_parent_and_links(raw: list[Any], parent: str, links: list[str]) -> None:
    found = read_span(references=raw)
    assert found.parent_span_id == parent
    assert [link.span_id for link in found.links] == links
    assert read_trace(write_trace(trace(found))).spans[0] == found


def test_a_real_span_with_a_link_to_its_parent_is_no_second_root() -> None:
    spans = read_trace(recorded("116-trace-checkout_nplus1")[0]).spans
    assert [span.name for span in spans if not span.parent_span_id] == ["POST /checkout"]
    linked = next(span for span in spans if span.links)
    assert linked.parent_span_id == linked.links[0].span_id


def test_the_parent_is_also_read_where_old_clients_wrote_it() -> None:
    assert read_span(parentSpanID="a").parent_span_id == "a"


def test_a_process_may_stand_in_the_span() -> None:
    found = read_span(processID="p9", process={"serviceName": "", "tags": tags(**{"a": 1})})
    assert (found.service, found.resource) == ("", {"a": "1"})
    named = read_span(processID=None, process={"tags": tags(**{"service.name": "cart"})})
    assert named.service == "cart"


@pytest.mark.parametrize("empty", [{}, {"traceID": ""}, {"traceID": None}], ids=str)
def test_the_trace_id_is_taken_from_a_span_when_it_stands_nowhere_else(
    empty: dict[str, Any],
) -> None:
    found = read_trace({"spans": [{"spanID": "a", "traceID": TRACE_ID}, {"spanID": "b"}]} | empty)
    assert found.trace_id == TRACE_ID
    assert [span.trace_id for span in found.spans] == [TRACE_ID] * 2


BROKEN: dict[str, tuple[dict[str, Any], int]] = {
    "nothing": ({}, 0),
    "spans of another type": ({"spans": "many"}, 0),
    "a span of another type": ({"spans": [None, 7, {}]}, 1),
    "processes of another type": ({"spans": [{}], "processes": []}, 1),
    "a process of another type": ({"spans": [{"processID": "p1"}], "processes": {"p1": 7}}, 1),
    "tags of another type": ({"spans": [{"tags": {"a": 1}, "logs": 3, "references": {}}]}, 1),
    "keys of another type": ({"spans": [{"tags": [{"key": 7}, {}], "spanID": {}}]}, 1),
}


@pytest.mark.parametrize(("raw", "count"), BROKEN.values(), ids=BROKEN)
def test_whatever_is_missing_or_wrong_is_empty(raw: dict[str, Any], count: int) -> None:
    assert [span.service for span in read_trace(raw).spans] == [""] * count


def test_spans_of_one_service_and_resource_share_a_process() -> None:
    spans = [
        span("a", resource={"host": "1", "zone": "x"}),
        span("b", resource={"zone": "x", "host": "1"}),
        span("c", resource={"host": "2"}),
    ]
    written = write_trace(trace(*spans))
    assert list(written["processes"]) == ["p1", "p2"]
    assert [item["processID"] for item in written["spans"]] == ["p1", "p1", "p2"]


def test_a_span_with_everything_is_written_and_read_back() -> None:
    whole = span(
        "a",
        "b",
        kind="producer",
        status="error",
        status_message="no",
        attributes={"http.method": "GET"},
        resource={"service.name": "cart"},
        scope={"otel.scope.version": "1", "k": "v"},
        events=(Event("exception", START_NS, {"exception.type": "E"}),),
        links=(Link(TRACE_ID, "c"), Link(OTHER_TRACE, "b")),
    )
    assert read_trace(write_trace(trace(whole))) == trace(whole)


_JSON = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(), st.floats(), st.text(max_size=5)),
    lambda inner: st.one_of(
        st.lists(inner, max_size=3), st.dictionaries(st.text(max_size=3), inner, max_size=3)
    ),
    max_leaves=5,
)
_PARTS = st.sampled_from(
    ["spanID", "traceID", "tags", "logs", "references", "process", "processID", "startTime"]
)
_RAW = st.fixed_dictionaries(
    {},
    optional={
        "traceID": _JSON,
        "processes": _JSON,
        "spans": st.one_of(_JSON, st.lists(st.dictionaries(_PARTS, _JSON), max_size=3)),
    },
)


@given(_RAW)
def test_reading_never_fails(raw: dict[str, Any]) -> None:
    found = read_trace(raw)
    assert len(found.spans) == len([s for s in _list(raw.get("spans")) if isinstance(s, dict)])
    write_trace(found)


@given(any_trace)
def test_no_span_is_lost_in_writing(found: Trace) -> None:
    read_back = read_trace(write_trace(found))
    assert [(s.span_id, s.service, s.name, s.status) for s in read_back.spans] == [
        (s.span_id, s.service, s.name, s.status) for s in found.spans
    ]


def _list(value: object) -> list[Any]:
    return value if isinstance(value, list) else []


def _sorted(value: Any, process_ids: dict[str, str] | None = None) -> Any:
    """Return JSON with tags in order and processes named by what they are."""
    if process_ids is None:
        process_ids = {name: str(_sorted(one, {})) for name, one in value["processes"].items()}
    if isinstance(value, dict):
        return {
            process_ids.get(key, key): process_ids.get(str(one), _sorted(one, process_ids))
            for key, one in value.items()
        }
    if isinstance(value, list):
        return sorted((_sorted(one, process_ids) for one in value), key=str)
    return value
