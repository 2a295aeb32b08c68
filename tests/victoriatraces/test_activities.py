"""The question what groups of spans did: its text, and what its rows mean."""

from typing import Any

import pytest

from vtmcp.traces.activity import GROUPS_MAX, OVER_NS, Activity
from vtmcp.traces.spans import SpanFilter
from vtmcp.victoriatraces.activities import activity_query, read_activities

HOUR = SpanFilter(start_ns=0, end_ns=3_600 * 10**9)
PAY = SpanFilter(start_ns=0, end_ns=3_600 * 10**9, service='pay"')
VERSION = "resource_attr:service.version"

TEXTS: dict[str, tuple[SpanFilter, dict[str, Any], tuple[str, ...]]] = {
    "failures": (
        HOUR,
        {},
        (
            'stats by ("resource_attr:service.name", "name", "kind") count() n, ',
            "count() if (status_code:=2) bad, ",
            "count() if (status_code:=2"
            " !span_id:in(trace_id:* status_code:=2 | fields parent_span_id)) origins, ",
            'count() if (parent_span_id:="" status_code:=2) bad_roots, ',
            f"limit {GROUPS_MAX}",
        ),
    ),
    "what is slow": (
        HOUR,
        {"slower_than_ns": 5},
        ("count() if (duration:>=5 duration:<9223372036854775808) bad, ",),
    ),
    "a field more": (HOUR, {"also_by": VERSION}, (f'"kind", "{VERSION}") count() n',)),
    "one service, and passed on by any": (
        PAY,
        {},
        (
            r'trace_id:* {"resource_attr:service.name"="pay\""} | math ',
            "in(trace_id:* status_code:=2 | fields parent_span_id)",
        ),
    ),
}


@pytest.mark.parametrize(("wanted", "more", "parts"), TEXTS.values(), ids=TEXTS)
def test_the_text_of_the_question(
    wanted: SpanFilter, more: dict[str, Any], parts: tuple[str, ...]
) -> None:
    text = activity_query(wanted, **more)
    for part in parts:
        assert part in text


def test_a_name_for_many_fields_is_refused() -> None:
    with pytest.raises(ValueError, match=r"ends with \*"):
        activity_query(HOUR, also_by="resource_attr:*")


ROW = {
    "resource_attr:service.name": "pay",
    "name": "charge",
    "kind": "2",
    VERSION: "1.2",
    "n": "7",
    "bad": "3",
    "origins": "2",
    "origin_traces": "1",
    "traces": "6",
    "roots": "5",
    "bad_roots": "1",
    "roots_ns": "50",
    "sum_ns": "7e+18",
    "squares": "12.5",
    "first": "11",
    "last": "99",
    **{f"over{place}": str(place) for place in range(len(OVER_NS))},
}


def test_a_row_is_a_group() -> None:
    (found,) = read_activities([ROW], also_by=VERSION)
    assert found == Activity(
        service="pay",
        operation="charge",
        kind="server",
        also="1.2",
        count=7,
        bad=3,
        origins=2,
        origin_traces=1,
        traces=6,
        roots=5,
        bad_roots=1,
        roots_ns=50,
        sum_ns=7 * 10**18,
        squares_ms2=12.5,
        over=tuple(range(len(OVER_NS))),
        first_ns=11,
        last_ns=99,
    )
    assert read_activities([ROW])[0].also == ""


ODD = {"the sum of nothing": "NaN", "no number": "x", "below nothing": "-1", "no end": "inf"}


@pytest.mark.parametrize("text", ODD.values(), ids=ODD)
def test_what_is_no_number_is_nothing(text: str) -> None:
    (found,) = read_activities([{**ROW, "sum_ns": text, "squares": text}])
    assert (found.sum_ns, found.squares_ms2) == (0, 0.0)


def test_without_spans_there_is_no_group() -> None:
    assert read_activities([{"n": "0"}, {}]) == []
