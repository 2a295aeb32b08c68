"""The parameters that tools on many spans share: what each means, and what is refused."""

from dataclasses import replace
from typing import Any

import pytest

from tests.handlers.tools.source import DEFAULT_TENANT, NOW_NS, ScriptedSource
from tests.traces.samples import span
from vtmcp.handlers.desk import Desk
from vtmcp.handlers.filters import AROUND_NS, FILTERS, WINDOW_NS, span_filter
from vtmcp.handlers.library import Library
from vtmcp.handlers.trace_tool import TraceTool
from vtmcp.protocol.messages import Json
from vtmcp.traces.model import Trace
from vtmcp.traces.spans import SpanFilter

pytestmark = pytest.mark.anyio

HOUR = SpanFilter(start_ns=NOW_NS - WINDOW_NS, end_ns=NOW_NS)
MS = 1_000_000
TRACE_ID = "ab" * 16


class Asker(TraceTool):
    """A tool on many spans, as far as its parameters go."""

    name = "asker"
    properties = FILTERS
    rank = 1


def asker(*traces: Trace) -> Asker:
    source: Any = ScriptedSource(traces=traces)
    return Asker(Desk(source, Library(), DEFAULT_TENANT, 24_000, lambda: NOW_NS))


READ: dict[str, tuple[Json, Json]] = {
    "nothing is all spans of the last hour": ({}, {}),
    "a service": ({"service": "cart"}, {"service": "cart"}),
    "an operation": ({"operation": "GET /"}, {"operation": "GET /"}),
    "attributes of each type": (
        {"tags": {"a": "b", "n": 5, "f": 0.5, "t": True, "u": False}},
        {"tags": {"a": "b", "n": "5", "f": "0.5", "t": "true", "u": "false"}},
    ),
    "errors": ({"errors_only": True}, {"errors_only": True}),
    "durations": (
        {"minDuration": "1ms", "maxDuration": "2ms"},
        {"duration_min_ns": MS, "duration_max_ns": 2 * MS},
    ),
    "a start": ({"start": "now-2h"}, {"start_ns": NOW_NS - 2 * WINDOW_NS}),
    "an end": (
        {"end": "now-1h"},
        {"start_ns": NOW_NS - 2 * WINDOW_NS, "end_ns": NOW_NS - WINDOW_NS},
    ),
}

REFUSED: dict[str, tuple[Json, str]] = {
    "a start after the end": ({"start": "now", "end": "now-1h"}, "must be before end"),
    "no time": ({"start": "soon"}, "argument start: 'soon' is not a time"),
    "no duration": ({"minDuration": "soon"}, "argument minDuration"),
    "durations the wrong way round": (
        {"minDuration": "2s", "maxDuration": "1s"},
        "is more than maxDuration",
    ),
    "around something that is no id": ({"start": "around=x"}, "is not a trace id"),
    "around a trace, with an end": (
        {"start": f"around={TRACE_ID}", "end": "now"},
        "leave end out",
    ),
    "around a trace that is not there": (
        {"start": f"around={TRACE_ID}"},
        f"no trace {TRACE_ID} to look around",
    ),
}


@pytest.mark.parametrize(("arguments", "changes"), READ.values(), ids=READ)
async def test_the_arguments_become_a_filter(arguments: Json, changes: Json) -> None:
    assert await span_filter(asker(), arguments) == replace(HOUR, **changes)


@pytest.mark.parametrize(("arguments", "words"), REFUSED.values(), ids=REFUSED)
async def test_what_means_nothing_is_refused(arguments: Json, words: str) -> None:
    with pytest.raises(ValueError, match=words):
        await span_filter(asker(), arguments)


@pytest.mark.parametrize("form", ["around={}", "around {}", " AROUND: {}"])
async def test_a_window_may_lie_around_a_trace(form: str) -> None:
    one = span("a", start_ns=NOW_NS - 60_000 * MS, duration_ns=500 * MS)
    tool = asker(Trace(TRACE_ID, (one,)))
    wanted = await span_filter(tool, {"start": form.format(TRACE_ID.upper())})
    assert wanted.start_ns == one.start_ns - AROUND_NS
    assert wanted.end_ns == one.start_ns + one.duration_ns + AROUND_NS
    asked: Any = tool.desk.source
    assert asked.asked == [("trace", TRACE_ID, DEFAULT_TENANT)]
