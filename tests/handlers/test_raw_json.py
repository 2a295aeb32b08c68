"""What the database said, within the budget, with words on what is left out."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vtmcp.handlers.raw_json import nothing_said, raw_json
from vtmcp.protocol.results import ToolResult


def a_trace(spans: int, **more: Any) -> dict[str, Any]:
    return {"traceID": "1", "spans": [{"spanID": f"{n:016x}"} for n in range(spans)], **more}


def shown(
    *raw: dict[str, Any],
    max_bytes: int = 1000,
    subject: str = "all",
    notice: str = "",
    next_call: str = "more()",
) -> tuple[Any, str]:
    """The data that are shown, and the words beside them; both together fit."""
    result = raw_json(raw, subject=subject, max_bytes=max_bytes, notice=notice, next_call=next_call)
    data, words = _texts(result)
    assert len(data.encode()) + len(words.encode()) <= max_bytes
    return json.loads(data)["data"], words


def _texts(result: ToolResult) -> list[str]:
    return [item["text"] for item in result.content]


def test_all_of_it() -> None:
    traces = (a_trace(1), a_trace(2))
    assert shown(*traces, notice="Demo.") == (list(traces), "2 traces, all.\nDemo.")


def test_none_of_it() -> None:
    assert shown() == ([], "0 traces, all.")
    found = nothing_said("Why.", {"format": "json"})
    assert isinstance(found, ToolResult)
    assert _texts(found) == ['{"data":[]}', "Why."]
    assert nothing_said("Why.", {"format": "text"}) == nothing_said("Why.", {}) == "Why."


def test_whole_traces_as_many_as_fit() -> None:
    data, words = shown(*[a_trace(5)] * 9, notice="Demo.")
    assert data == [a_trace(5)] * len(data)
    assert 1 < len(data) < 9
    left_out = f"Left out: {9 - len(data)} of 9 traces. Next: more()"
    assert words == f"9 traces, all.\n{left_out}\nDemo."


def test_whole_spans_of_the_first_when_no_trace_fits() -> None:
    data, words = shown(a_trace(900, warnings=None), a_trace(1))
    (trace,) = data
    kept = len(trace["spans"])
    assert trace == a_trace(kept, warnings=None)
    assert 10 < kept < 900
    assert words.splitlines()[1:] == [
        f"The first trace is cut: {kept} of its 900 spans, as they came.",
        "Left out: 2 of 2 traces. Next: more()",
    ]


@pytest.mark.parametrize(
    "trace",
    [
        {"traceID": "x" * 2000},
        {"traceID": "x" * 2000, "spans": [{}]},
        {"spans": [{"spanID": "x" * 2000}]},
    ],
    ids=["a trace without spans", "much beside the spans", "a span that is too long"],
)
def test_what_cannot_be_cut_is_left_out(trace: dict[str, Any]) -> None:
    data, words = shown(trace)
    assert data == []
    assert words == "1 trace, all.\nLeft out: 1 of 1 trace. Next: more()"


def test_no_next_call_where_there_is_none() -> None:
    _, words = shown({"traceID": "x" * 2000}, next_call="")
    assert words.endswith("Left out: 1 of 1 trace.")


def test_long_words_leave_half_of_the_room_to_the_data() -> None:
    data, words = shown(*[a_trace(1)] * 20, subject="\u65e5" * 900)
    assert len(data) > 5
    assert words.endswith("…")


@given(
    st.lists(
        st.dictionaries(st.text(max_size=20), st.text(max_size=60) | st.lists(st.text()))
        | st.fixed_dictionaries({"spans": st.lists(st.text(max_size=90))}),
        max_size=9,
    ),
    st.text(max_size=600),
    st.integers(1000, 1500),
)
def test_anything_fits_and_what_is_shown_is_as_it_came(
    raw: list[dict[str, Any]], subject: str, max_bytes: int
) -> None:
    data, _ = shown(*raw, subject=subject, max_bytes=max_bytes)
    assert data == raw[: len(data)] or len(data) == 1
