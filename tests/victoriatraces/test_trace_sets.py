"""Queries for whole traces in figures, and what their rows mean."""

import re
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vtmcp.traces.model import Span
from vtmcp.traces.spans import Row, SpanFilter
from vtmcp.traces.summary import Summary
from vtmcp.victoriatraces.logsql import QUERY_BYTES_MAX
from vtmcp.victoriatraces.trace_sets import (
    TRACES_A_QUERY,
    Matching,
    figures_query,
    matching_query,
    parts,
    read_figures,
    read_matching,
    read_total,
    total_query,
)

ERRORS = SpanFilter(start_ns=0, end_ns=1, service="cart", errors_only=True)
FILTER = 'trace_id:* {"resource_attr:service.name"="cart"} status_code:=2'
BY_TRACE = (
    "stats by (trace_id) min(end_time_unix_nano) first, max(end_time_unix_nano) last,"
    " max(duration) if (duration:<9223372036854775808) longest"
)
ORDERS = {
    "newest": (False, "| sort by (last desc, trace_id) limit 21"),
    "slowest": (True, "| sort by (longest desc, trace_id) limit 21"),
}


@pytest.mark.parametrize(("slowest", "order"), ORDERS.values(), ids=ORDERS)
def test_traces_are_found_by_their_spans_that_fit(slowest: bool, order: str) -> None:
    assert matching_query(ERRORS, 21, slowest=slowest) == f"{FILTER} | {BY_TRACE} {order}"


def test_traces_that_fit_are_counted_each_once() -> None:
    assert total_query(ERRORS) == f"{FILTER} | stats count_uniq(trace_id) traces"


def test_figures_are_of_all_spans_of_the_traces() -> None:
    query = figures_query([Matching("ab", 1, 2), Matching('c"', 1, 2)])
    assert query.startswith(r'trace_id:in("ab","c\"") | stats by (trace_id) count() spans, ')
    assert "status_code:=2" in query
    assert 'if (parent_span_id:="") root' in query
    assert "service" not in query.replace("resource_attr:service.name", "").replace("services", "")


def test_as_many_traces_as_are_said_fit_a_query() -> None:
    traces = [Matching("f" * 32, 1, 2)] * (2 * TRACES_A_QUERY + 1)
    groups = list(parts(traces))
    assert [len(group) for group in groups] == [TRACES_A_QUERY, TRACES_A_QUERY, 1]
    assert len(figures_query(groups[0]).encode()) <= QUERY_BYTES_MAX


def test_ids_that_are_too_long_for_a_query_are_refused() -> None:
    with pytest.raises(ValueError, match="the database takes 16384"):
        figures_query([Matching("f" * 64, 1, 2)] * TRACES_A_QUERY)


def test_matching_traces_are_read() -> None:
    rows = [{"trace_id": "ab", "first": "5", "last": "1795343613000000001"}, {"last": "x"}]
    assert read_matching(rows) == [Matching("ab", 5, 1_795_343_613_000_000_001), Matching("", 0, 0)]
    assert read_total([{"traces": "12"}]) == 12
    assert read_total([]) == 0


ROOT = '{"name":"GET /","resource_attr:service.name":"web","span_id":"a","duration":"7"}'
CHILD = '{"name":"b","span_id":"b","parent_span_id":"x","start_time_unix_nano":"5"}'
ROW: Row = {
    "trace_id": "ab",
    "spans": "3",
    "failed": "1",
    "first_start": "100",
    "last_start": "150",
    "last_end": "190",
    "services": '["web","","cart"]',
    "root": ROOT,
    "earliest": CHILD,
}
A_ROOT = Span(trace_id="ab", span_id="a", service="web", name="GET /", start_ns=0, duration_ns=7)
A_CHILD = Span(
    trace_id="ab",
    span_id="b",
    parent_span_id="x",
    service="",
    name="b",
    start_ns=5,
    duration_ns=0,
)

FIGURES: dict[str, tuple[Row, dict[str, Any]]] = {
    "a trace": ({}, {}),
    "a trace without a root begins with its earliest span": ({"root": "{}"}, {"root": A_CHILD}),
    "a trace whose last span ends before it starts": ({"last_end": "90"}, {"duration_ns": 50}),
    "a trace of one span that ends before it starts": (
        {"last_start": "100", "last_end": "90"},
        {"duration_ns": 0},
    ),
    "nobody is named": ({"services": "[]"}, {"services": ()}),
    "what is no JSON": (
        {"services": "web", "root": "", "earliest": "[1"},
        {"services": (), "root": None},
    ),
    "what is another JSON": (
        {"services": "7", "root": "[]", "earliest": '"x"'},
        {"services": (), "root": None},
    ),
    "half of a surrogate pair": ({"services": '["a"]\udcff'}, {"services": ()}),
}


@pytest.mark.parametrize(("changes", "differs"), FIGURES.values(), ids=FIGURES)
def test_a_row_is_a_trace(changes: Row, differs: dict[str, Any]) -> None:
    expected = {
        "trace_id": "ab",
        "start_ns": 100,
        "duration_ns": 90,
        "root": A_ROOT,
        "span_count": 3,
        "services": ("cart", "web"),
        "failed_count": 1,
    }
    assert read_figures([{**ROW, **changes}]) == [Summary(**{**expected, **differs})]


@given(st.dictionaries(st.sampled_from(list(ROW)), st.text(max_size=30)))
def test_any_row_is_read(row: dict[str, str]) -> None:
    (summary,) = read_figures([row])
    assert summary.duration_ns >= 0


@given(st.text(max_size=40))
def test_no_id_ends_its_quotes(trace_id: str) -> None:
    query = figures_query([Matching(trace_id, 1, 2)])
    assert re.fullmatch(r'trace_id:in\("(?:\\.|[^"\\])*"\) \| stats by .*', query, re.DOTALL)
