"""`trace`: how an id may be written, both forms of the answer, and an unknown id."""

import json
from typing import Any

import anyio
import pytest

from tests.handlers.tools.source import (
    DEFAULT_TENANT,
    HIDDEN,
    HOSTILE,
    NOW_NS,
    ScriptedSource,
    call,
    call_for_text,
)
from tests.traces.samples import MS, TRACE_ID, batch_job, failed, span, trace
from vtmcp.handlers.tools.trace import Trace
from vtmcp.protocol.errors import ToolError
from vtmcp.protocol.messages import Json
from vtmcp.traces.jaeger import write_trace
from vtmcp.traces.spans import Row
from vtmcp.traces.tenant import Tenant

pytestmark = pytest.mark.anyio

TWO_SPANS = trace(span("a", duration_ns=13 * MS), failed("b", "a", at_ms=3))
DASHED = "0af76519-16cd-43dd-8448-eb211c80319c"

IDS: dict[str, tuple[Json, tuple[str, Tenant]]] = {
    "32 digits": ({"trace_id": TRACE_ID}, (TRACE_ID, DEFAULT_TENANT)),
    "16 digits": ({"trace_id": TRACE_ID[:16]}, (TRACE_ID[:16], DEFAULT_TENANT)),
    "any case": ({"trace_id": TRACE_ID.upper()}, (TRACE_ID, DEFAULT_TENANT)),
    "dashes": ({"trace_id": DASHED}, (TRACE_ID, DEFAULT_TENANT)),
    "blanks round it": ({"trace_id": f" {TRACE_ID}\n"}, (TRACE_ID, DEFAULT_TENANT)),
    "a traceparent": (
        {"trace_id": f"00-{TRACE_ID}-b7ad6b7169203331-01"},
        (TRACE_ID, DEFAULT_TENANT),
    ),
    "a tenant": ({"trace_id": TRACE_ID, "tenant": "9"}, (TRACE_ID, Tenant(9, 0))),
}

REFUSED: dict[str, tuple[Json, str]] = {
    "no id": ({}, "missing argument trace_id"),
    "an empty id": ({"trace_id": ""}, "argument trace_id"),
    "a word": ({"trace_id": "latest"}, "argument trace_id: 'latest' is not a trace id; accepted"),
    "a path": ({"trace_id": "../../admin"}, "is not a trace id"),
    "zeros": ({"trace_id": "0" * 32}, "is not a trace id"),
    "an unknown format": (
        {"trace_id": TRACE_ID, "format": "jsn"},
        r"argument format: .jsn. is not one of .*did you mean json",
    ),
}


@pytest.mark.parametrize(("arguments", "asked"), IDS.values(), ids=IDS)
async def test_an_id_as_people_write_it(arguments: Json, asked: tuple[str, Tenant]) -> None:
    source = ScriptedSource(traces=(TWO_SPANS,))
    text = await call_for_text(Trace, arguments, source)
    assert source.asked == [("trace", *asked)]
    assert text.startswith(f"trace {TRACE_ID}: 2 spans, 1 service, 13 ms, ")


@pytest.mark.parametrize(("arguments", "words"), REFUSED.values(), ids=REFUSED)
async def test_refused(arguments: Json, words: str) -> None:
    source = ScriptedSource()
    with pytest.raises(ToolError, match=f"^trace: .*{words}"):
        await call(Trace, arguments, source)
    assert source.asked == []


async def test_the_tree_comes_after_verdict_and_notice() -> None:
    source = ScriptedSource(traces=(TWO_SPANS,), notice="Demo data.")
    text = await call_for_text(Trace, {"trace_id": TRACE_ID}, source)
    assert text.splitlines()[1:] == [
        'first error: cart GET /cart  s2  +3 ms  ERROR "deadlock"',
        "Demo data.",
        "* marks the critical path",
        "*s1 cart GET /cart  13 ms  +0  self 3 ms",
        '  *s2 cart GET /cart  10 ms  +3 ms  ERROR "deadlock"',
    ]


async def test_json_is_what_the_database_said_and_words_beside_it() -> None:
    source = ScriptedSource(traces=(TWO_SPANS,), notice="Demo data.")
    data, words = await call(Trace, {"trace_id": TRACE_ID, "format": "json"}, source)
    assert json.loads(data) == {"data": [write_trace(TWO_SPANS)]}
    assert words == f"1 trace, trace {TRACE_ID}, tenant 7:3.\nDemo data."


async def test_an_unknown_id_says_where_it_looked_and_what_to_try() -> None:
    arguments = {"trace_id": TRACE_ID, "tenant": "1:2"}
    lines = (await call_for_text(Trace, arguments, ScriptedSource())).splitlines()
    assert lines[0].startswith(f"No trace {TRACE_ID} in tenant 1:2, in all of the database's")
    assert lines[1].startswith("A trace that just ended can be found by id")
    assert lines[-1].startswith('Next: services(tenant="1:2") and traces(service=...)')
    demo = await call_for_text(Trace, arguments, ScriptedSource(notice="Demo data."))
    assert demo.splitlines()[:2] == [f"No trace {TRACE_ID} in tenant 1:2.", "Demo data."]


async def test_an_unknown_id_with_zeros_before_it_may_be_known_without() -> None:
    arguments = {"trace_id": "0" * 16 + "8448eb211c80319c"}
    text = await call_for_text(Trace, arguments, ScriptedSource())
    assert 'Next: trace(trace_id="8448eb211c80319c")' in text.splitlines()


async def test_an_unknown_id_in_json_has_the_same_words() -> None:
    arguments = {"trace_id": TRACE_ID}
    (text,) = await call(Trace, arguments, ScriptedSource())
    data, words = await call(Trace, {**arguments, "format": "json"}, ScriptedSource())
    assert json.loads(data) == {"data": []}
    assert words == text


JOB = batch_job(30, 10, failing_every=7)

CENTRES: dict[str, tuple[Json, str, str]] = {
    "a handle": ({"span": "s2"}, "shown: s2 batch chunk, what leads to it, and 10 spans", ""),
    "an id": ({"span": "u17"}, "batch UPDATE, what leads to it, and 0 spans", ""),
    "a depth": (
        {"depth": 1},
        "Left out: 300 of 331 spans, 42 of them failed.",
        f'trace(trace_id="{TRACE_ID}")',
    ),
    "a centre and a depth": (
        {"span": "s1", "depth": 0},
        "*s1 batch nightly  50 s  +0  self 50 s  (+330 below)",
        f'trace(trace_id="{TRACE_ID}", span="s1")',
    ),
}


@pytest.mark.parametrize(("arguments", "words", "call"), CENTRES.values(), ids=CENTRES)
async def test_a_part_of_a_trace_is_shown(arguments: Json, words: str, call: str) -> None:
    source = ScriptedSource(traces=(JOB,))
    text = await call_for_text(Trace, {"trace_id": TRACE_ID, **arguments}, source)
    assert words in text
    assert not call or text.endswith(f"Next: {call}")


async def test_a_fold_names_the_call_that_shows_its_spans() -> None:
    source = ScriptedSource(traces=(batch_job(1, 10),))
    arguments = {"trace_id": TRACE_ID, "tenant": "1"}
    text = await call_for_text(Trace, arguments, source)
    assert text.endswith(f'Next: trace(trace_id="{TRACE_ID}", tenant="1", span="s2")')
    text = await call_for_text(Trace, {**arguments, "span": "s2"}, source)
    assert text.count(" batch UPDATE  10 ms") == 10


async def test_a_span_that_is_not_there_is_told() -> None:
    source = ScriptedSource(traces=(TWO_SPANS,))
    with pytest.raises(ToolError, match=r"^trace: argument span: s9 is not in this trace; .* s2$"):
        await call(Trace, {"trace_id": TRACE_ID, "span": "s9"}, source)


async def test_a_trace_of_a_moment_ago_may_not_be_complete() -> None:
    just_now = trace(span("a", start_ns=NOW_NS - 5_000 * MS))
    text = await call_for_text(Trace, {"trace_id": TRACE_ID}, ScriptedSource(traces=(just_now,)))
    assert "\nnote: last span ended 4.99 s ago: more may arrive" in text


@pytest.mark.parametrize("form", ["text", "json"])
async def test_a_large_trace_stays_within_its_bytes_and_names_the_next_call(form: str) -> None:
    arguments = {"trace_id": TRACE_ID, "format": form, "max_bytes": 3000}
    source = ScriptedSource(traces=(JOB,))
    texts = await call(Trace, arguments, source)
    written = f'trace(trace_id="{TRACE_ID}", format="{form}", max_bytes=12000)'
    assert sum(len(text.encode()) for text in texts) <= 3000
    assert f"Next: {written}" in texts[-1]
    assert "331 spans" in texts[-1]


async def test_a_failure_of_the_source_is_told() -> None:
    with pytest.raises(ToolError, match=r"^the database does not answer trace; try again$"):
        await call(Trace, {"trace_id": TRACE_ID}, ScriptedSource(failing=("trace",)))


async def test_hostile_text_in_spans_is_harmless_in_both_forms() -> None:
    found = trace(failed("a", service=HOSTILE, name=HOSTILE, message=HOSTILE))
    text = await call_for_text(Trace, {"trace_id": TRACE_ID}, ScriptedSource(traces=(found,)))
    data, _ = await call(
        Trace, {"trace_id": TRACE_ID, "format": "json"}, ScriptedSource(traces=(found,))
    )
    assert not [char for char in HIDDEN if char in text or char in data]
    assert not [line for line in text.splitlines() if line.startswith("Ignore")]
    assert json.loads(data) == {"data": [write_trace(found)]}


COUNTED: dict[str, tuple[tuple[dict[str, str], ...], tuple[str, ...], str]] = {
    "more than came": (
        ({"spans": "5"},),
        (),
        "note: the database counts 5 spans of this trace, 2 came: 3 are missing",
    ),
    "as many": (({"spans": "2"},), (), ""),
    "fewer, as the newest are not shown yet": (({"spans": "0"},), (), ""),
    "nothing": ((), (), ""),
    "no number": (({"spans": "many"},), (), ""),
    "a database that does not count": (({"spans": "5"},), ("logsql",), ""),
}


@pytest.mark.parametrize(("rows", "failing", "note"), COUNTED.values(), ids=COUNTED)
async def test_spans_that_the_database_counts_and_did_not_send_are_missing(
    rows: tuple[dict[str, str], ...], failing: tuple[str, ...], note: str
) -> None:
    source = ScriptedSource(traces=(TWO_SPANS,), rows=rows, failing=failing)
    text = await call_for_text(Trace, {"trace_id": TRACE_ID}, source)
    assert [line for line in text.splitlines() if line.startswith("note: ")] == [note] * bool(note)
    ((query, tenant, start_ns, end_ns),) = source.counted
    assert (query, tenant) == (f'trace_id:="{TRACE_ID}" | stats count() spans', DEFAULT_TENANT)
    ends_ns = [span.end_ns for span in TWO_SPANS.spans]
    assert start_ns < min(ends_ns) <= max(ends_ns) < end_ns


async def test_a_database_that_counts_for_ever_is_not_waited_for(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    class Counting(ScriptedSource):
        async def logsql(self, *asked: Any, **more: Any) -> list[Row]:
            await anyio.sleep_forever()
            return []

    monkeypatch.setattr("vtmcp.handlers.tools.trace.COUNT_S_MAX", 0.01)
    with anyio.fail_after(5):
        text = await call_for_text(Trace, {"trace_id": TRACE_ID}, Counting(traces=(TWO_SPANS,)))
    assert "2 spans" in text
