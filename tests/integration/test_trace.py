"""`trace` shows the whole of what the database holds under an id, however odd it is."""

import json
import re

import pytest

from tests.integration.asking import ask
from tests.integration.stories import TRACE_OF_ANOTHER, TRACES, Json, Row, rows
from tests.integration.upstream import Upstream
from vtmcp.traces.model import Span
from vtmcp.traces.tenant import Tenant
from vtmcp.traces.trust import counted
from vtmcp.victoriatraces.settings import Settings
from vtmcp.victoriatraces.source import VictoriaTraces

pytestmark = pytest.mark.anyio

ALL = pytest.mark.parametrize("story", TRACES)

SAYS = {
    "an error with exceptions": (
        "6 failed spans",
        'PaymentDeclinedError "card declined: insufficient funds"',
    ),
    "one query for each row": ("note: 1 span starts before its parent, by up to 2 ms",),
    "parents that are not there": ("note: no root span", "a parent that is not in the trace"),
    "two roots": ("note: 2 roots",),
    "a clock that is wrong": ("note: 1 span starts before its parent, by up to 250 ms",),
    "a circle of parents": ("note: a parent cycle was cut",),
    "a span that came twice": ("note: duplicate span id on 2 spans",),
    "a span that is its own parent": ("note: 1 span names itself as parent",),
    "a span of no service": ("(no service) nameless",),
    "three hundred levels": ("[d299] ",),
}
"""What must be said of a trace beside its spans; of all others no note is."""


@ALL
async def test_a_trace_is_shown_with_all_its_spans(database: Upstream, story: str) -> None:
    trace = database.mine[story]
    answer = await ask(database.entrypoint, "trace", trace_id=trace["traceID"])
    assert answer.lines[0].startswith(f"trace {trace['traceID']}: {_counts(trace)}, ")
    assert _spans_told(answer.text) >= len(trace["spans"])
    for words in SAYS.get(story, ()):
        assert words in answer.text
    has_note = any(words.startswith("note: ") for words in SAYS.get(story, ()))
    assert ("\nnote: " in answer.text) == has_note


@ALL
async def test_the_source_reads_what_was_sent(database: Upstream, story: str) -> None:
    trace = database.mine[story]
    source = VictoriaTraces(Settings(entrypoint=database.entrypoint))
    found = await source.trace(trace["traceID"], Tenant())
    await source.aclose()
    (read,) = found.traces
    assert sorted(map(_as_row, read.spans)) == rows(trace)


@pytest.mark.parametrize("story", ["an error with exceptions", "a circle of parents"])
async def test_the_json_is_what_the_database_says(database: Upstream, story: str) -> None:
    trace = database.mine[story]
    answer = await ask(database.entrypoint, "trace", trace_id=trace["traceID"], format="json")
    (shown,) = json.loads(answer.texts[0])["data"]
    assert rows(shown) == rows(trace)


async def test_many_spans_of_one_shape_are_one_line_where_room_is_short(
    database: Upstream,
) -> None:
    trace_id = database.mine["one query for each row"]["traceID"]
    answer = await ask(database.entrypoint, "trace", trace_id=trace_id, max_bytes=2_000)
    assert f"x44 {database.service('inventory')} SELECT stock  p50 " in answer.text


async def test_a_huge_trace_keeps_to_the_usual_size(database: Upstream) -> None:
    trace_id = database.mine["six thousand spans"]["traceID"]
    answer = await ask(database.entrypoint, "trace", trace_id=trace_id, max_bytes=24_000)
    assert "6,000 spans" in answer.lines[0]
    assert len(answer.text.encode()) <= 24_000


WRITTEN = {
    "in capitals": str.upper,
    "as a traceparent": "00-{}-00f067aa0ba902b7-01".format,
    "between spaces": "  {}  ".format,
}


@pytest.mark.parametrize("write", WRITTEN.values(), ids=WRITTEN)
async def test_an_id_is_found_as_people_write_it(database: Upstream, write: type[str]) -> None:
    trace_id = database.mine["two roots"]["traceID"]
    answer = await ask(database.entrypoint, "trace", trace_id=write(trace_id))
    assert answer.lines[0].startswith(f"trace {trace_id}: 2 spans, 2 services, ")


async def test_a_trace_of_another_tenant_is_shown_to_it_alone(database: Upstream) -> None:
    trace, tenant = database.theirs[TRACE_OF_ANOTHER], database.second_tenant
    answer = await ask(database.entrypoint, "trace", trace_id=trace["traceID"], tenant=tenant)
    assert answer.lines[0].startswith(f"trace {trace['traceID']}: {_counts(trace)}, ")
    mine = database.mine["names of all scripts"]["traceID"]
    hidden = await ask(database.entrypoint, "trace", trace_id=mine, tenant=tenant)
    assert hidden.lines[0].startswith(f"No trace {mine} in tenant {tenant}")


async def test_an_unknown_trace_is_said_to_be_unknown(database: Upstream) -> None:
    unknown = f"{1:032x}"
    answer = await ask(database.entrypoint, "trace", trace_id=unknown)
    assert answer.lines[0].startswith(f"No trace {unknown} in tenant 0:0")
    assert not answer.is_error


async def test_a_trace_whose_only_span_was_lost_is_no_trace(database: Upstream) -> None:
    answer = await ask(database.entrypoint, "trace", trace_id=database.lost_id)
    assert answer.lines[0].startswith(f"No trace {database.lost_id} in tenant 0:0")


def _spans_told(text: str) -> int:
    """How many spans the lines of the tree stand for: one, or those of a fold."""
    folds = re.findall(r"(?m)^ *(?:\[d\d+\] )?\*?s\d+ (?:x([\d,]+) )?", text)
    return sum(int(count.replace(",", "")) if count else 1 for count in folds)


def _counts(trace: Json) -> str:
    read = rows(trace)
    services = {row.service for row in read if row.service}
    return f"{counted(len(read), 'span')}, {counted(len(services), 'service')}"


def _as_row(span: Span) -> Row:
    scope = {
        name if name.startswith("otel.scope.") else f"scope_attr:{name}": value
        for name, value in span.scope.items()
    }
    return Row(
        span.span_id,
        span.parent_span_id,
        span.service,
        span.name,
        span.start_ns // 1_000,
        span.duration_ns // 1_000,
        "" if span.kind == "unspecified" else span.kind,
        span.status,
        span.status_message,
        frozenset({**span.attributes, **scope}.items()),
        frozenset(span.resource.items()),
        len(span.events),
    )
