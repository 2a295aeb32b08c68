"""Queries say what a filter means, and nothing that stands in a filter can say anything else."""

import re
from collections.abc import Callable
from typing import Any

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from vtmcp.traces.spans import BY_MAX, ROWS_MAX, SpanFilter
from vtmcp.victoriatraces import logsql

MS = 1_000_000


def wanted(**more: Any) -> SpanFilter:
    return SpanFilter(start_ns=0, end_ns=1, **more)


EXISTS = "duration:<9223372036854775808"

FILTERS: dict[str, tuple[dict[str, Any], str]] = {
    "all spans, without the rows of the index": ({}, "trace_id:*"),
    "a service": ({"service": "cart"}, 'trace_id:* {"resource_attr:service.name"="cart"}'),
    "an operation": ({"operation": "GET /"}, 'trace_id:* {name="GET /"}'),
    "both": (
        {"service": "a", "operation": "b"},
        'trace_id:* {"resource_attr:service.name"="a",name="b"}',
    ),
    "errors": ({"errors_only": True}, "trace_id:* status_code:=2"),
    "at least, but not the durations below zero": (
        {"duration_min_ns": 5 * MS},
        f"trace_id:* duration:>=5000000 {EXISTS}",
    ),
    "at most": ({"duration_max_ns": 0}, "trace_id:* duration:<=0"),
    "an attribute": (
        {"tags": {"http.route": "/a b"}},
        'trace_id:* "span_attr:http.route":="/a b"',
    ),
    "an attribute of the resource": (
        {"tags": {"resource_attr:host.name": "n"}},
        'trace_id:* "resource_attr:host.name":="n"',
    ),
    "a span without the attribute": ({"tags": {"a": ""}}, 'trace_id:* "span_attr:a":=""'),
    "an expression": ({"tags": {"a": '~^"\\d'}}, r'trace_id:* "span_attr:a":~"^\"\\d"'),
    "words for numbers": (
        {"tags": {"error": "true", "span.kind": "server"}},
        'trace_id:* "status_code":="2" "kind":="2"',
    ),
    "line breaks and characters of a terminal": (
        {"tags": {"a": "b\n\x1b\u202e\x00\x7f"}},
        'trace_id:* "span_attr:a":="b\\n\\u001b\u202e\\u0000\x7f"',
    ),
}


@pytest.mark.parametrize(("more", "text"), FILTERS.values(), ids=FILTERS)
def test_a_filter_is_written(more: dict[str, Any], text: str) -> None:
    assert logsql.where(wanted(**more)) == text
    assert logsql.newest_query(wanted(**more)) == text


QUERIES = {
    "statistics of all spans": (
        logsql.stats_query(wanted(), [], 10),
        "trace_id:* | stats count() n, count() if (status_code:=2) errors,"
        f" sum(duration) if ({EXISTS}) sum_ns, quantile(0.5, duration) if ({EXISTS}) p50_ns,"
        f" quantile(0.95, duration) if ({EXISTS}) p95_ns,"
        f" quantile(0.99, duration) if ({EXISTS}) p99_ns, max(duration) if ({EXISTS}) max_ns"
        " | sort by (n desc) limit 10",
    ),
    "values": (
        logsql.values_query(wanted(), "a.b", 3),
        'trace_id:* "span_attr:a.b":* | stats by ("span_attr:a.b") count() n'
        ' | sort by (n desc, "span_attr:a.b") limit 3',
    ),
    "counts of fields": (
        logsql.counts_query(wanted(), ["span_attr:a", "scope_name"]),
        'trace_id:* | stats count("span_attr:a") n0, count("scope_name") n1',
    ),
    "the slowest": (
        logsql.slowest_query(wanted(), 7),
        f"trace_id:* {EXISTS} | sort by (duration desc) limit 7",
    ),
    "durations of two groups": (
        logsql.durations_query(
            wanted(), ["service", "a"], [{"span_attr:a": "x"}, {"span_attr:a": '"', "n": "1"}]
        ),
        f"trace_id:* {EXISTS} "
        '(("resource_attr:service.name":="" "span_attr:a":="x")'
        ' or ("resource_attr:service.name":="" "span_attr:a":="\\""))'
        " | math round(ln(duration) * 200) as bucket"
        ' | stats by ("resource_attr:service.name", "span_attr:a", bucket) count() n',
    ),
    "durations of all spans": (
        logsql.durations_query(wanted(), [], [{"n": "20000"}]),
        f"trace_id:* {EXISTS} ((*)) | math round(ln(duration) * 200) as bucket"
        " | stats by (bucket) count() n",
    ),
}


@pytest.mark.parametrize(("written", "text"), QUERIES.values(), ids=QUERIES)
def test_a_query_is_written(written: str, text: str) -> None:
    assert written == text


def test_a_field_is_grouped_by_once() -> None:
    text = logsql.stats_query(wanted(), ["kind", "span.kind", "a", "a"], 5)
    assert 'stats by ("kind", "span_attr:a") count() n' in text
    assert text.endswith('sort by (n desc, "kind", "span_attr:a") limit 5')


_STRING = re.compile(r'"(?:[^"\\\n]|\\["\\/bfnrt]|\\u[0-9a-f]{4})*"')
"""A string as Go reads it, but for escapes that are never written."""

ANY = st.text(st.characters(exclude_categories=["Cs"]), max_size=30)
HOSTILE = ANY | st.sampled_from(
    ['"', '\\"', '" or *', "\\", "`", "'", "#", "*", "| delete", "}", ")", "\n", "\\u0022", "$("]
)


@given(st.tuples(*[HOSTILE] * 5), st.integers(0, 2**70), st.booleans())
def test_no_name_or_value_changes_a_query(
    texts: tuple[str, ...], duration_ns: int, errors_only: bool
) -> None:
    service, operation, name, value, by = texts
    filtered = wanted(
        service=f"s{service}",
        operation=f"o{operation}",
        tags={f"t.{name}.": value},
        duration_min_ns=duration_ns,
        errors_only=errors_only,
    )
    plain = wanted(
        service="s",
        operation="o",
        tags={"t..": "~" if value.startswith("~") else ""},
        duration_min_ns=duration_ns,
        errors_only=errors_only,
    )
    group = {f"span_attr:b.{by}.": value}
    pairs = [
        (logsql.stats_query(filtered, [f"b.{by}."], 5), logsql.stats_query(plain, ["b.."], 5)),
        (logsql.values_query(filtered, f"b.{by}.", 5), logsql.values_query(plain, "b..", 5)),
        (
            logsql.durations_query(filtered, [f"b.{by}."], [group]),
            logsql.durations_query(plain, ["b.."], [{}]),
        ),
    ]
    for hostile, harmless in pairs:
        assert _STRING.sub('""', hostile) == _STRING.sub('""', harmless)
        said = [orjson.loads(text) for text in _STRING.findall(hostile)]
        assert {f"s{service}", f"o{operation}", f"span_attr:t.{name}."} <= set(said)


@given(ANY)
def test_a_quoted_text_is_one_string_that_means_the_text(text: str) -> None:
    assert _STRING.fullmatch(logsql.quoted(text))
    assert orjson.loads(logsql.quoted(text)) == text


LONG = "x" * logsql.QUERY_BYTES_MAX

STAR = {"a*": "b"}

REFUSED: dict[str, tuple[Callable[[], str], str]] = {
    "half of a character": (lambda: logsql.where(wanted(service="\ud800")), "surrogate"),
    "half of a character in a query": (lambda: logsql.own_query("\ud800"), "surrogate"),
    "many fields in a filter": (lambda: logsql.where(wanted(tags=STAR)), r"ends with \*"),
    "many fields to group by": (lambda: logsql.stats_query(wanted(), ["*"], 1), r"ends with \*"),
    "values of many fields": (lambda: logsql.values_query(wanted(), "a*", 1), r"ends with \*"),
    "a negative duration": (lambda: logsql.where(wanted(duration_max_ns=-1)), "negative"),
    "a long filter": (
        lambda: logsql.newest_query(wanted(service=LONG)),
        r"the query is 164\d\d bytes long, the database takes 16384; use shorter",
    ),
    "a long query": (lambda: logsql.own_query(f"{LONG}x"), "is 16385 bytes long"),
    "bytes, not characters": (lambda: logsql.own_query("é" * 8_193), "is 16386 bytes long"),
    "no query": (lambda: logsql.own_query(" \n"), "the query is empty"),
    "no rows": (lambda: logsql.stats_query(wanted(), [], 0), "limit is 0"),
    "a negative limit": (lambda: logsql.slowest_query(wanted(), -1), "limit is -1"),
    "too many rows": (
        lambda: logsql.values_query(wanted(), "a", ROWS_MAX + 2),
        "limit is 1002; accepted: a whole number from 1 to 1000",
    ),
    "too many fields": (
        lambda: logsql.stats_query(wanted(), ["a"] * (BY_MAX + 1), 1),
        "11 fields to group by",
    ),
    "groups that cannot even be told alone": (
        lambda: logsql.durations_query(wanted(), ["a"], [{"span_attr:a": LONG}]),
        "bytes long",
    ),
}


@pytest.mark.parametrize(("ask", "complaint"), REFUSED.values(), ids=REFUSED)
def test_what_cannot_be_asked_is_refused(ask: Callable[[], str], complaint: str) -> None:
    with pytest.raises(ValueError, match=complaint):
        ask()


def test_one_row_more_than_the_most_may_be_asked_for() -> None:
    assert logsql.slowest_query(wanted(), ROWS_MAX + 1).endswith(" limit 1001")


def test_a_query_of_the_greatest_length_is_left_as_it_is() -> None:
    assert logsql.own_query(LONG) == LONG


def test_groups_that_the_query_has_no_room_for_are_left_out() -> None:
    groups = [{"span_attr:a": f"{number}{'y' * 3_000}"} for number in range(20)]
    text = logsql.durations_query(wanted(), ["a"], groups)
    assert len(text) <= logsql.QUERY_BYTES_MAX
    assert ['":="0y' in text, '":="4y' in text, '":="5y' in text] == [True, True, False]
