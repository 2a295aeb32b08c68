"""`traces`: the question that each argument makes, both forms of the answer, finding nothing."""

import json
from dataclasses import replace
from typing import Any

import pytest

from tests.handlers.tools.empty import EmptySource
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
from vtmcp.handlers.tools.traces import SUMMED_UP, Traces
from vtmcp.protocol.errors import ToolError
from vtmcp.protocol.messages import Json
from vtmcp.traces.model import Trace as TraceOfSpans
from vtmcp.traces.model import TraceQuery
from vtmcp.traces.spans import SpanFilter
from vtmcp.traces.tenant import Tenant

pytestmark = pytest.mark.anyio

MS = 1_000_000
S = 1_000 * MS
HOUR = 3_600 * S
ANY = SpanFilter(start_ns=NOW_NS - HOUR, end_ns=NOW_NS)
WINDOW = "2026-11-24 13:00:03Z to 14:00:03Z (1 h), tenant 7:3"

QUERIES: dict[str, tuple[Json, Json]] = {
    "all spans of the last hour": ({}, {}),
    "a service": ({"service": "cart"}, {"service": "cart"}),
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
    "only errors": ({"errors_only": True}, {"errors_only": True}),
    "only errors, in a text": ({"errors_only": "true"}, {"errors_only": True}),
    "not only errors": ({"errors_only": False}, {}),
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
    "null is nothing": ({"operation": None, "tags": None, "start": None, "limit": None}, {}),
    "an empty service is none": ({"service": ""}, {}),
}

REFUSED: dict[str, tuple[Json, str]] = {
    "an unknown order": ({"sort": "errors"}, "argument sort"),
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


def found(number: int, **more: Any) -> TraceOfSpans:
    """A trace of one span that began so many seconds before now."""
    trace_id, start_ns = f"{number:032x}", NOW_NS - number * S
    return TraceOfSpans(trace_id, (span("a", trace_id=trace_id, start_ns=start_ns, **more),))


@pytest.mark.parametrize(("arguments", "changes"), QUERIES.values(), ids=QUERIES)
async def test_the_question_that_is_asked(arguments: Json, changes: Json) -> None:
    source = ScriptedSource(traces=(found(1),))
    await call(Traces, arguments, source)
    wanted = replace(ANY, **changes)
    assert source.asked == [("trace_summaries", wanted, DEFAULT_TENANT, SUMMED_UP, False)]


async def test_the_window_is_that_around_a_trace() -> None:
    source = ScriptedSource(traces=(found(60),))
    trace_id = f"{60:032x}"
    text = await call_for_text(Traces, {"start": f"around={trace_id}"}, source)
    assert source.asked[0] == ("trace", trace_id, DEFAULT_TENANT)
    assert "2026-11-24 13:44:03Z to 14:14:03.010Z" in text.splitlines()[0]


ASKED: dict[str, tuple[Json, int, bool]] = {
    "more are summed up than are listed": ({"limit": 1}, SUMMED_UP, False),
    "as many as are listed": ({"limit": 1000}, 1000, False),
    "by time": ({"sort": "time"}, SUMMED_UP, False),
    "by duration": ({"sort": "duration"}, SUMMED_UP, True),
}


@pytest.mark.parametrize(("arguments", "limit", "slowest"), ASKED.values(), ids=ASKED)
async def test_how_many_are_asked_for(arguments: Json, limit: int, slowest: bool) -> None:
    source = ScriptedSource(traces=(found(1),))
    await call(Traces, arguments, source)
    assert source.asked == [("trace_summaries", ANY, DEFAULT_TENANT, limit, slowest)]


async def test_a_tenant_is_asked_that_was_named() -> None:
    source = ScriptedSource(traces=(found(1),))
    text = await call_for_text(Traces, {"tenant": "1:2"}, source)
    assert source.asked[0][2] == Tenant(1, 2)
    assert "tenant 1:2" in text.splitlines()[0]


@pytest.mark.parametrize(("arguments", "words"), REFUSED.values(), ids=REFUSED)
async def test_refused(arguments: Json, words: str) -> None:
    source = ScriptedSource()
    with pytest.raises(ToolError, match=f"^traces: .*{words}"):
        await call(Traces, {"service": "cart", **arguments}, source)
    assert source.asked == []


async def test_a_head_and_one_line_a_trace_the_newest_first() -> None:
    slow = found(3, duration_ns=2 * S)
    source = ScriptedSource(traces=(slow, found(1)), notice="Demo data.")
    lines = (await call_for_text(Traces, {"service": "cart"}, source)).splitlines()
    assert lines[:4] == [
        f'2 traces for service "cart", {WINDOW}: 0 with errors, p50 2 s, max 2 s.',
        "Demo data.",
        "Entry points: cart GET /cart x2. Services: cart x2.",
        "Newest first:",
    ]
    assert [line.split()[0][-1] for line in lines[4:]] == ["1", "3"]
    assert lines[4].endswith("10 ms  cart GET /cart  1 span  1 service  ok")


async def test_the_longest_first() -> None:
    source = ScriptedSource(traces=(found(1), found(3, duration_ns=2 * S)))
    lines = (await call_for_text(Traces, {"sort": "duration"}, source)).splitlines()
    assert lines[2] == "Longest first:"
    assert [line.split()[0][-1] for line in lines[3:]] == ["3", "1"]


async def test_the_head_says_all_that_was_looked_for() -> None:
    arguments = {
        "service": "cart",
        "operation": "GET /cart",
        "tags": {"a": "b"},
        "errors_only": True,
        "minDuration": "1ms",
        "maxDuration": "2s",
    }
    text = await call_for_text(Traces, arguments, ScriptedSource(traces=(found(1),)))
    said = 'service "cart", operation "GET /cart", "a"="b", errors only, at least 1 ms, at most 2 s'
    assert text.startswith(f"1 trace for {said}, 2026-11-24")


MORE: dict[str, tuple[Json, int, str]] = {
    "a higher limit": ({"limit": 2}, 900, 'traces(limit=10, tenant="1")'),
    "all there are": ({"limit": 2}, 5, 'traces(limit=5, tenant="1")'),
    "the highest limit": ({"limit": 500}, 5_000, 'traces(limit=1000, tenant="1")'),
    "no higher limit than there is": (
        {"limit": 1000},
        5_000,
        "a shorter window (start, end) or more conditions",
    ),
}


@pytest.mark.parametrize(("arguments", "total", "then"), MORE.values(), ids=MORE)
async def test_beyond_the_limit_they_are_counted_with_the_next_call(
    arguments: Json, total: int, then: str
) -> None:
    source = ScriptedSource(traces=(found(1), found(2), found(3)), total=total)
    text = await call_for_text(Traces, {**arguments, "tenant": "1"}, source)
    listed = min(arguments["limit"], 3)
    assert text.startswith(f"{total:,} traces for all spans, ")
    assert text.splitlines()[-1] == (
        f"Not listed: {total - listed:,} more traces that fit;"
        f" limit {arguments['limit']:,} reached. Next: {then}"
    )


SEARCHES: dict[str, tuple[Json, Json]] = {
    "a service": ({}, {}),
    "errors are a tag there": ({"errors_only": True}, {"tags": {"error": "true"}}),
    "errors with an attribute": (
        {"errors_only": True, "tags": {"a": "b"}},
        {"tags": {"a": "b", "error": "true"}},
    ),
    "everything else": (
        {"operation": "a", "minDuration": "1s", "maxDuration": "2s", "limit": 7},
        {"operation": "a", "duration_min_ns": S, "duration_max_ns": 2 * S, "limit": 7},
    ),
}


@pytest.mark.parametrize(("arguments", "changes"), SEARCHES.values(), ids=SEARCHES)
async def test_json_of_a_service_is_its_own_search(arguments: Json, changes: Json) -> None:
    source = ScriptedSource(traces=(found(1),))
    await call(Traces, {"service": "cart", "format": "json", **arguments}, source)
    query = TraceQuery(service="cart", start_ns=NOW_NS - HOUR, end_ns=NOW_NS)
    assert source.asked == [("search", replace(query, **changes), DEFAULT_TENANT)]


async def test_json_of_a_service_is_what_the_database_said_and_words_beside_it() -> None:
    source = ScriptedSource(traces=(found(1), found(2)), notice="Demo data.")
    data, words = await call(Traces, {"service": "cart", "format": "json"}, source)
    assert [each["traceID"] for each in json.loads(data)["data"]] == [f"{1:032x}", f"{2:032x}"]
    assert words == f'2 traces, service "cart", {WINDOW}.\nDemo data.'
    arguments = {"service": "cart", "format": "json", "sort": "duration"}
    _, words = await call(Traces, arguments, source)
    assert "the newest, as sort does not apply to json" in words


async def test_json_without_a_service_is_figures() -> None:
    source = ScriptedSource(traces=(found(1), found(2)), total=9, notice="Demo data.")
    data, words = await call(Traces, {"format": "json", "limit": 1}, source)
    assert [each["traceID"] for each in json.loads(data)["traces"]] == [f"{1:032x}"]
    assert words.splitlines() == [
        f"9 traces for all spans, {WINDOW}; these are figures, and format=json with a service"
        " gives whole traces.",
        "Left out: 8 more.",
        "Demo data.",
    ]


@pytest.mark.parametrize("more", [{}, {"service": "cart", "format": "json"}, {"format": "json"}])
async def test_what_is_left_out_is_counted_with_the_next_call(more: Json) -> None:
    traces = tuple(found(number, name=WIDE * 9) for number in range(1, 101))
    arguments = {**more, "limit": 100, "tenant": "1", "max_bytes": 2000}
    texts = await call(Traces, arguments, ScriptedSource(traces=traces))
    # The head of the lines names the one entry point too.
    shown = sum(text.count(WIDE * 9) for text in texts) - (not more)
    assert 0 < shown < 100
    assert sum(len(text.encode()) for text in texts) <= 2000
    assert f"Left out: {100 - shown} " in texts[-1]
    assert "Next: traces(" in texts[-1]
    assert "max_bytes=8000)" in texts[-1]


NOTHING: dict[str, Json] = {
    "as text": {"service": "kart"},
    "of any service": {},
    "as what the database says": {"service": "kart", "format": "json"},
    "as figures": {"format": "json"},
}


@pytest.mark.parametrize("arguments", NOTHING.values(), ids=NOTHING)
async def test_nothing_found_is_told_as_every_tool_tells_it(arguments: Json) -> None:
    texts = await call(Traces, arguments, EmptySource())
    assert texts[-1].startswith("No spans: ")
    if "format" in arguments:
        assert json.loads(texts[0]) == {"data": []}
    assert len(texts) == (2 if "format" in arguments else 1)


@pytest.mark.parametrize("arguments", [{}, {"service": "cart", "format": "json"}])
async def test_a_question_that_fails_is_told(arguments: Json) -> None:
    source = ScriptedSource(failing=("search", "trace_summaries"))
    with pytest.raises(ToolError, match=r"^the database does not answer \w+; try again$"):
        await call(Traces, arguments, source)


async def test_hostile_text_is_harmless_wherever_it_stands() -> None:
    arguments = {"service": HOSTILE, "operation": HOSTILE, "tags": {HOSTILE: HOSTILE}}
    trace = TraceOfSpans("1", (failed("a", service=HOSTILE, name=HOSTILE),))
    source = ScriptedSource(traces=(trace, trace))
    texts = [
        *await call(Traces, arguments, source),
        *await call(Traces, {**arguments, "format": "json"}, source),
        *await call(Traces, {"format": "json"}, source),
    ]
    assert not [char for char in HIDDEN for text in texts if char in text]
    assert not [line for text in texts for line in text.splitlines() if line.startswith("Ignore")]
