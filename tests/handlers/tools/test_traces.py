"""`traces`: the search that each argument makes, both forms of the answer, and finding nothing."""

import json
from dataclasses import replace
from typing import Any

import pytest

from tests.handlers.tools.source import (
    DEFAULT_TENANT,
    HIDDEN,
    HOSTILE,
    NOW_NS,
    WIDE,
    ScriptedSource,
    call,
    call_for_text,
)
from tests.traces.samples import failed, span
from vtmcp.handlers.tools.traces import Traces
from vtmcp.protocol.errors import ToolError
from vtmcp.protocol.messages import Json
from vtmcp.traces.model import Trace as TraceOfSpans
from vtmcp.traces.model import TraceQuery
from vtmcp.traces.tenant import Tenant

pytestmark = pytest.mark.anyio

MS = 1_000_000
S = 1_000 * MS
HOUR = 3_600 * S
CART = TraceQuery(service="cart", start_ns=NOW_NS - HOUR, end_ns=NOW_NS)
WINDOW = "2026-11-24 13:00:03Z to 14:00:03Z (1 h), tenant 7:3"

QUERIES: dict[str, tuple[Json, Json]] = {
    "a service in the last hour": ({}, {}),
    "an operation": ({"operation": "GET /cart"}, {"operation": "GET /cart"}),
    "an empty operation is none": ({"operation": ""}, {}),
    "attributes as they are": (
        {"tags": {"resource_attr:host": "~a.*", "http.status_code": 500, "ratio": 0.5}},
        {"tags": {"resource_attr:host": "~a.*", "http.status_code": "500", "ratio": "0.5"}},
    ),
    "attributes that are true or false": (
        {"tags": {"a": True, "b": False}},
        {"tags": {"a": "true", "b": "false"}},
    ),
    "attributes in a text": ({"tags": '{"a": "b"}'}, {"tags": {"a": "b"}}),
    "only errors": ({"errors_only": True}, {"tags": {"error": "true"}}),
    "only errors, in a text": ({"errors_only": "true"}, {"tags": {"error": "true"}}),
    "not only errors": ({"errors_only": False}, {}),
    "errors with an attribute": (
        {"errors_only": True, "tags": {"a": "b"}},
        {"tags": {"a": "b", "error": "true"}},
    ),
    "milliseconds": (
        {"start": 1_795_000_000_000, "end": 1_795_000_001_000},
        {"start_ns": 1_795_000_000 * S, "end_ns": 1_795_000_001 * S},
    ),
    "milliseconds in texts": (
        {"start": "1795000000000", "end": "1795000001000"},
        {"start_ns": 1_795_000_000 * S, "end_ns": 1_795_000_001 * S},
    ),
    "seconds and nanoseconds": (
        {"start": 1_795_000_000, "end": 1_795_000_000_000_000_001},
        {"start_ns": 1_795_000_000 * S, "end_ns": 1_795_000_000 * S + 1},
    ),
    "an hour before the end that is given": (
        {"end": "now-2h"},
        {"start_ns": NOW_NS - 3 * HOUR, "end_ns": NOW_NS - 2 * HOUR},
    ),
    "until now from the start that is given": (
        {"start": "2h ago"},
        {"start_ns": NOW_NS - 2 * HOUR},
    ),
    "RFC 3339 with an offset": (
        {"start": "2026-11-24T14:00:03.5+01:00"},
        {"start_ns": NOW_NS - HOUR + S // 2},
    ),
    "no start is before 1970": (
        {"end": "1970-01-01T00:10:00Z"},
        {"start_ns": 0, "end_ns": 600 * S},
    ),
    "durations of several units": (
        {"minDuration": "1.5s", "maxDuration": "1m30s"},
        {"duration_min_ns": 1500 * MS, "duration_max_ns": 90 * S},
    ),
    "the shortest duration": ({"minDuration": "1ns"}, {"duration_min_ns": 1}),
    "no duration at least is one": ({"minDuration": "0"}, {"duration_min_ns": 0}),
    "equal durations": (
        {"minDuration": "250ms", "maxDuration": "250ms"},
        {"duration_min_ns": 250 * MS, "duration_max_ns": 250 * MS},
    ),
    "the least limit": ({"limit": 1}, {"limit": 1}),
    "the largest limit, in a text": ({"limit": "1000"}, {"limit": 1000}),
    "null is nothing": ({"operation": None, "tags": None, "start": None, "limit": None}, {}),
}

REFUSED: dict[str, tuple[Json, str]] = {
    "an empty service": ({"service": ""}, "argument service"),
    "a limit of none": ({"limit": 0}, "argument limit: 0 is less than the minimum 1"),
    "a limit beyond the database's": (
        {"limit": 1001},
        "argument limit: 1001 is more than the maximum 1000",
    ),
    "a misspelled argument": (
        {"min_duration": "1s"},
        r'unknown argument "min_duration"; did you mean minDuration\? \(accepted: end, ',
    ),
    "a start in words": ({"start": "yesterday"}, "argument start: 'yesterday' is not a time"),
    "an end in words": ({"end": "later"}, "argument end: 'later' is not a time"),
    "a duration without a unit": (
        {"minDuration": "250"},
        "argument minDuration: '250' is not a duration; accepted: a number and a unit",
    ),
    "a negative duration": ({"maxDuration": "-1s"}, "argument maxDuration: '-1s' is not"),
    "a start after the end": (
        {"start": "now", "end": "now-1h"},
        r"start \(2026-11-24 14:00:03\.000Z\) must be before end \(2026-11-24 13:00:03\.000Z\)",
    ),
    "a start at the end": ({"start": "now"}, "must be before end"),
    "a least duration above the most": (
        {"minDuration": "2s", "maxDuration": "1s"},
        r"minDuration \(2 s\) is more than maxDuration \(1 s\)",
    ),
    "a tag that is a list": ({"tags": {"a": []}}, "argument tags.a"),
    "tags that are words": ({"tags": "a=b"}, "argument tags: .* is not of type object"),
    "an unusable tenant": ({"tenant": "1:2:3"}, "argument tenant: '1:2:3' is not a tenant"),
    "an unknown format": ({"format": "xml"}, "argument format"),
}

RELAXED: dict[str, tuple[Json, list[str]]] = {
    "an hour becomes a day": (
        {},
        ['traces(service="cart", start="now-24h")'],
    ),
    "each condition is dropped on its own": (
        {"errors_only": True, "operation": "a", "minDuration": "1s"},
        [
            'traces(service="cart", operation="a", minDuration="1s")',
            'traces(service="cart", errors_only=true, minDuration="1s")',
            'traces(service="cart", errors_only=true, operation="a")',
            'traces(service="cart", errors_only=true, operation="a", minDuration="1s",'
            ' start="now-24h")',
        ],
    ),
    "a day before the end that was given": (
        {"end": "2026-11-20T00:00:00Z"},
        [
            'traces(service="cart", end="2026-11-20T00:00:00Z", start="2026-11-19 00:00:00.000Z")',
        ],
    ),
    "a day becomes a week": (
        {"start": "now-24h", "tenant": "1"},
        ['traces(service="cart", start="now-7d", tenant="1")'],
    ),
    "beyond a month there is another question": (
        {"start": "now-40d", "tenant": "1"},
        ['services(tenant="1")'],
    ),
}


def found(number: int, **more: Any) -> TraceOfSpans:
    """A trace of one span that began so many seconds before the sample's start."""
    trace_id = f"{number:032x}"
    return TraceOfSpans(trace_id, (span("a", trace_id=trace_id, at_ms=-1000 * number, **more),))


@pytest.mark.parametrize(("arguments", "changes"), QUERIES.values(), ids=QUERIES)
async def test_the_search_that_is_made(arguments: Json, changes: Json) -> None:
    source = ScriptedSource(traces=(found(1),))
    await call(Traces, {"service": "cart", **arguments}, source)
    assert source.asked == [("search", replace(CART, **changes), DEFAULT_TENANT)]


async def test_a_tenant_is_searched_that_is_asked_for() -> None:
    source = ScriptedSource(traces=(found(1),))
    text = await call_for_text(Traces, {"service": "cart", "tenant": "1:2"}, source)
    assert source.asked == [("search", CART, Tenant(1, 2))]
    assert "tenant 1:2" in text.splitlines()[0]


@pytest.mark.parametrize(("arguments", "words"), REFUSED.values(), ids=REFUSED)
async def test_refused(arguments: Json, words: str) -> None:
    source = ScriptedSource()
    with pytest.raises(ToolError, match=f"^traces: .*{words}"):
        await call(Traces, {"service": "cart", **arguments}, source)
    assert source.asked == []


async def test_one_line_a_trace_the_newest_first() -> None:
    source = ScriptedSource(traces=(found(3), found(1)), notice="Demo data.")
    text = await call_for_text(Traces, {"service": "cart"}, source)
    lines = text.splitlines()
    assert lines[0] == f'2 traces for service "cart", {WINDOW}, 0 with errors, newest first.'
    assert lines[1] == "Demo data."
    assert [line.split()[0][-1] for line in lines[2:]] == ["1", "3"]
    assert lines[2].endswith("10 ms  cart GET /cart  1 span  1 service  ok")


async def test_the_head_says_all_that_was_looked_for() -> None:
    arguments = {
        "service": "cart",
        "operation": "GET /cart",
        "tags": {"a": "b"},
        "minDuration": "1ms",
        "maxDuration": "2s",
    }
    text = await call_for_text(Traces, arguments, ScriptedSource(traces=(found(1),)))
    said = 'service "cart", operation "GET /cart", "a"="b", at least 1 ms, at most 2 s, 2026-11-24'
    assert text.startswith(f"1 trace for {said}")


async def test_a_reached_limit_is_said() -> None:
    source = ScriptedSource(traces=(found(1), found(2)))
    text = await call_for_text(Traces, {"service": "cart", "limit": 2}, source)
    assert "limit 2 reached, older traces may exist" in text.splitlines()[0]


async def test_json_is_what_the_database_said_and_words_beside_it() -> None:
    source = ScriptedSource(traces=(found(1), found(2)), notice="Demo data.")
    data, words = await call(Traces, {"service": "cart", "format": "json"}, source)
    assert [each["traceID"] for each in json.loads(data)["data"]] == [f"{1:032x}", f"{2:032x}"]
    assert words == f'2 traces, service "cart", {WINDOW}.\nDemo data.'


@pytest.mark.parametrize("form", ["text", "json"])
async def test_what_is_left_out_is_counted_with_the_next_call(form: str) -> None:
    traces = tuple(found(number, name=WIDE * 9) for number in range(1, 101))
    arguments = {"service": "cart", "format": form, "tenant": "1", "max_bytes": 2000}
    texts = await call(Traces, arguments, ScriptedSource(traces=traces))
    shown = sum(text.count(WIDE * 9) for text in texts)
    assert 0 < shown < 100
    assert sum(len(text.encode()) for text in texts) <= 2000
    assert f"Left out: {100 - shown} " in texts[-1]
    written = f'traces(service="cart", format="{form}", tenant="1", max_bytes=8000)'
    assert texts[-1].endswith(f"Next: {written}")


@pytest.mark.parametrize(("arguments", "calls"), RELAXED.values(), ids=RELAXED)
async def test_nothing_found_proposes_one_condition_less(arguments: Json, calls: list[str]) -> None:
    source = ScriptedSource(services=("cart",))
    text = await call_for_text(Traces, {"service": "cart", **arguments}, source)
    lines = text.splitlines()
    assert [line for line in lines if line.startswith("Next: ")] == [
        f"Next: {each}" for each in calls
    ]


async def test_nothing_found_says_where_it_looked() -> None:
    source = ScriptedSource(services=("cart",))
    lines = (await call_for_text(Traces, {"service": "kart"}, source)).splitlines()
    assert lines[:2] == [f'No traces: service "kart", {WINDOW}.', 'Near names: "cart".']
    assert "-search.latencyOffset" in lines[2]
    source = ScriptedSource(services=("cart",), notice="Demo data.")
    demo = (await call_for_text(Traces, {"service": "kart"}, source)).splitlines()
    assert demo[1:3] == ["Demo data.", 'Near names: "cart".']
    assert demo[3].startswith("Next: ")


async def test_nothing_found_in_json_has_the_same_words() -> None:
    (text,) = await call(Traces, {"service": "cart"}, ScriptedSource())
    data, words = await call(Traces, {"service": "cart", "format": "json"}, ScriptedSource())
    assert json.loads(data) == {"data": []}
    assert words.replace(', format="json"', "") == text


async def test_nothing_found_stays_within_the_bytes_whatever_was_asked() -> None:
    tags = {f"{WIDE * 20}{number}": WIDE * 50 for number in range(50)}
    arguments = {"service": WIDE * 500, "tags": tags, "operation": "a", "max_bytes": 1500}
    text = await call_for_text(Traces, arguments, ScriptedSource())
    assert len(text.encode()) <= 1500


async def test_a_search_that_fails_is_told() -> None:
    with pytest.raises(ToolError, match=r"^the database does not answer search; try again$"):
        await call(Traces, {"service": "cart"}, ScriptedSource(failing=("search",)))


async def test_a_failure_to_name_near_services_does_not_fail_the_answer() -> None:
    text = await call_for_text(Traces, {"service": "cart"}, ScriptedSource(failing=("services",)))
    assert "could not be asked" in text.splitlines()[1]


async def test_hostile_text_is_harmless_wherever_it_stands() -> None:
    arguments = {"service": HOSTILE, "operation": HOSTILE, "tags": {HOSTILE: HOSTILE}}
    trace = TraceOfSpans("1", (failed("a", service=HOSTILE, name=HOSTILE),))
    texts = [
        *await call(Traces, arguments, ScriptedSource(traces=(trace,))),
        *await call(Traces, {**arguments, "format": "json"}, ScriptedSource(traces=(trace,))),
        *await call(Traces, arguments, ScriptedSource()),
    ]
    assert not [char for char in HIDDEN for text in texts if char in text]
    assert not [line for text in texts for line in text.splitlines() if line.startswith("Ignore")]
