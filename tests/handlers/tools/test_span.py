"""`span`: which spans may be named, in both forms, and what is said of wrong ones."""

import json

import pytest

from tests.handlers.tools.source import (
    DEFAULT_TENANT,
    HIDDEN,
    HOSTILE,
    ScriptedSource,
    call,
    call_for_text,
)
from tests.traces.samples import TRACE_ID, failed, span, trace
from vtmcp.handlers.tools.span import SPANS_MAX, Span
from vtmcp.protocol.errors import ToolError
from vtmcp.protocol.messages import Json
from vtmcp.traces.jaeger import write_trace

pytestmark = pytest.mark.anyio

ID = "00f067aa0ba902b7"
THREE = trace(
    span("a", resource={"host.name": "x"}),
    failed(ID, "a", at_ms=1, service="pay", attributes={"k": "v"}),
    span("c", ID, at_ms=2, service="pay"),
)

NAMED: dict[str, tuple[object, list[str]]] = {
    "a handle": (["s2"], ["s2"]),
    "an id": ([ID], ["s2"]),
    "several, in their order, each once": (["s3", ID, "s3", "s2"], ["s3", "s2"]),
    "one as a text": ("s2", ["s2"]),
    "several as a text": ("s1, s3", ["s1", "s3"]),
    "a list in a text": (f'["s1", "{ID}"]', ["s1", "s2"]),
}

REFUSED: dict[str, tuple[Json, str]] = {
    "no spans": ({}, "missing argument spans"),
    "an empty list": ({"spans": []}, "argument spans"),
    "a text of nothing": ({"spans": ", "}, "argument spans: 0 spans are named; from 1 to 50"),
    "too many": ({"spans": "s1 " * (SPANS_MAX + 1)}, f"argument spans: {SPANS_MAX + 1} spans are"),
    "a handle that is not there": ({"spans": ["s1", "s4"]}, "argument spans: s4 is not in this"),
    "a number": ({"spans": 7}, "argument spans"),
}


@pytest.mark.parametrize(("spans", "handles"), NAMED.values(), ids=NAMED)
async def test_spans_as_people_name_them(spans: object, handles: list[str]) -> None:
    source = ScriptedSource(traces=(THREE,))
    text = await call_for_text(Span, {"trace_id": TRACE_ID, "spans": spans}, source)
    lines = text.splitlines()
    assert lines[0] == f"{len(handles)} span{'s'[: len(handles) > 1]} of trace {TRACE_ID}"
    told = [line.lstrip("*").partition(" ")[0] for line in lines if line.startswith(("s", "*s"))]
    assert told == handles
    assert source.asked == [("trace", TRACE_ID, DEFAULT_TENANT)]


@pytest.mark.parametrize(("arguments", "words"), REFUSED.values(), ids=REFUSED)
async def test_refused(arguments: Json, words: str) -> None:
    with pytest.raises(ToolError, match=f"^span: .*{words}"):
        await call(Span, {"trace_id": TRACE_ID, **arguments}, ScriptedSource(traces=(THREE,)))


async def test_json_is_what_the_database_said_of_these_spans() -> None:
    arguments = {"trace_id": TRACE_ID, "spans": ["s2"], "format": "json"}
    data, words = await call(Span, arguments, ScriptedSource(traces=(THREE,), notice="Demo data."))
    (said,) = json.loads(data)["data"]
    whole = write_trace(THREE)
    assert said["spans"] == [whole["spans"][1]]
    assert said["processes"] == {"p2": whole["processes"]["p2"]}
    assert words.startswith("1 trace, 1 span of trace ")
    assert words.endswith("\nDemo data.")


@pytest.mark.parametrize("form", ["text", "json"])
async def test_an_unknown_trace_is_said_to_be_unknown(form: str) -> None:
    arguments = {"trace_id": TRACE_ID, "spans": ["s1"], "format": form}
    texts = await call(Span, arguments, ScriptedSource())
    assert texts[-1].startswith(f"No trace {TRACE_ID} in tenant 7:3")
    assert form == "text" or json.loads(texts[0]) == {"data": []}


async def test_a_long_answer_stays_within_its_bytes_and_names_the_next_call() -> None:
    long = trace(span("a", attributes={f"k{n:03}": "v" * 90 for n in range(100)}))
    arguments = {"trace_id": TRACE_ID, "spans": ["s1"], "max_bytes": 2_000}
    text = await call_for_text(Span, arguments, ScriptedSource(traces=(long,)))
    assert len(text.encode()) <= 2_000
    assert text.endswith(f'Next: span(trace_id="{TRACE_ID}", spans=["s1"], max_bytes=8000)')


async def test_hostile_text_is_harmless_in_both_forms() -> None:
    values = {HOSTILE: HOSTILE}
    found = trace(failed("a", service=HOSTILE, name=HOSTILE, message=HOSTILE, attributes=values))
    for form in ("text", "json"):
        arguments = {"trace_id": TRACE_ID, "spans": ["s1"], "format": form}
        text = "\n".join(await call(Span, arguments, ScriptedSource(traces=(found,))))
        assert not [char for char in HIDDEN if char in text]
        assert not [line for line in text.splitlines() if line.startswith("Ignore")]
