"""Rows of a query of one's own: a span on its line, any other row as pairs, tables that align."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.traces.samples import S
from vtmcp.traces.rows_text import (
    COLUMNS_MAX,
    FIELDS_MAX,
    VALUE_CHARS_MAX,
    duration_names,
    is_span,
    newest_first,
    row_line,
    table_lines,
)
from vtmcp.traces.spans import Row

SPAN: dict[str, str] = {
    "_time": "2026-11-22T10:33:33.041Z",
    "_stream": "{}",
    "_msg": "-",
    "trace_id": "0af7651916cd43dd8448eb211c80319c",
    "span_id": "00f067aa0ba902b7",
    "start_time_unix_nano": str(1_795_343_613 * S),
    "end_time_unix_nano": str(1_795_343_613 * S + 41_000_000),
    "duration": "41000000",
    "name": "GET /cart",
    "kind": "2",
    "status_code": "2",
    "flags": "257",
    "dropped_events_count": "0",
    "resource_attr:service.name": "cart",
}
BEGIN = "2026-11-22 10:33:33.000Z  41 ms  cart GET /cart  server  error"
IDS = "trace 0af7651916cd43dd8448eb211c80319c  span 00f067aa0ba902b7"

LINES: dict[str, tuple[Row, str]] = {
    "a root": (SPAN, f"{BEGIN}  {IDS}  no parent"),
    "a child": (SPAN | {"parent_span_id": "ab"}, f"{BEGIN}  {IDS}  parent ab"),
    "what tells most comes first": (
        SPAN
        | {
            "resource_attr:host.name": "n-1",
            "span_attr:http.response.status_code": "402",
            "status_message": 'the "card"',
            "event:0:event_name": "exception",
            "event:0:event_time_unix_nano": "5",
            "event:event_time_unix_nano:0": "5",
            "event:0:event_dropped_attributes_count": "0",
            "span_attr:empty": "",
        },
        f"{BEGIN}  {IDS}  no parent"
        r'  status_message="the \"card\""  event:0:event_name="exception"'
        '  span_attr:http.response.status_code=402  resource_attr:host.name="n-1"',
    ),
    "neither service nor name": (
        SPAN | {"resource_attr:service.name": "", "name": "", "kind": "x", "status_code": "9"},
        "2026-11-22 10:33:33.000Z  41 ms  (no service) (no name)  unspecified  unset"
        f"  {IDS}  no parent",
    ),
    "a duration below zero": (
        SPAN | {"duration": str(2**64 - 5_000_000)},
        f"{BEGIN.replace('41 ms', '-5 ms')}  {IDS}  no parent",
    ),
    "numbers that are none": (
        SPAN | {"duration": "long", "start_time_unix_nano": "then"},
        f'"then"  "long"  cart GET /cart  server  error  {IDS}  no parent',
    ),
    "what a pipe made": ({"n": "12", "name": "a b", "x": ""}, 'n=12  name="a b"'),
    "a duration among others": (
        {"duration": "1500000000", "share": "0.25"},
        "duration=1.5 s  share=0.25",
    ),
    "nothing": ({"x": ""}, "(empty)"),
    "names of strangers": ({"a b\n": "1", "c": "\x1b[31m\u202e\nd"}, r'"a b\n"=1  c="\nd"'),
}


@pytest.mark.parametrize(("row", "line"), LINES.values(), ids=LINES)
def test_a_row_is_a_line(row: Row, line: str) -> None:
    assert row_line(row) == line


def test_more_fields_than_a_line_holds_are_counted() -> None:
    row = SPAN | {f"span_attr:a{number:02}": "b" for number in range(FIELDS_MAX + 3)}
    assert row_line(row).endswith('span_attr:a07="b"  (+3 fields)')


def test_long_values_are_cut_with_a_mark() -> None:
    assert row_line({"a": "b" * (VALUE_CHARS_MAX + 7)}).endswith('b"…(+7 chars)')


def test_fields_come_in_the_order_of_the_query() -> None:
    query = "trace_id:* | stats by (name, kind) count() n, max(duration) as slowest"
    row: Row = {"slowest": "3000000", "kind": "2", "n": "9", "name": "a", "z": "1"}
    assert row_line(row, query) == 'name="a"  kind=2  n=9  slowest=3 ms  z=1'


DURATIONS = {
    "quantile(0.5, duration) p50": {"p50"},
    "max(duration) as slowest, count() n": {"slowest"},
    "sum(duration) if (duration:<5) `s`": {"s"},
    "avg(duration) a, min(duration) b": {"a", "b"},
    "count(duration) n, max(kind) k": set(),
}


@pytest.mark.parametrize("query", DURATIONS)
def test_columns_of_durations_are_known_by_the_query(query: str) -> None:
    assert duration_names(query) - {"duration"} == DURATIONS[query]


def test_a_table_is_aligned() -> None:
    query = 'x | stats by ("resource_attr:service.name", name) count() n, quantile(0.5, duration)'
    rows = [
        {
            "n": "5",
            "name": "GET /",
            "quantile(0.5, duration)": "1500000",
            "resource_attr:service.name": "a",
        },
        {"n": "1200", "name": "two words: a", "resource_attr:service.name": "longer"},
    ]
    assert table_lines(rows, query) == [
        "resource_attr:service.name  name               n  quantile(0.5, duration)".replace(
            "quantile(0.5, duration)", '"quantile(0.5, duration)"'
        ),
        "a                           GET /              5                     1.5 ms",
        'longer                      "two words: a"  1200                          -',
    ]


def test_a_table_of_nothing_has_no_lines() -> None:
    assert table_lines([]) == []
    assert table_lines([{}]) == []


def test_columns_beyond_the_most_are_counted() -> None:
    head, line = table_lines([{f"c{number:02}": "1" for number in range(COLUMNS_MAX + 2)}])
    assert head.endswith("c19  (+2 columns)")
    assert len(line.split()) == COLUMNS_MAX


def test_rows_are_put_in_the_order_of_time_where_they_have_one() -> None:
    times = ["2026-01-01T00:00:00Z", "2026-01-01T00:00:00.5Z", "2026-01-01T00:00:00.45Z"]
    rows: list[Row] = [{"_time": time} for time in times]
    assert newest_first(rows) == [rows[1], rows[2], rows[0]]
    assert newest_first([*rows, {}]) == [*rows, {}]


def test_a_span_has_all_that_its_line_needs() -> None:
    assert is_span(SPAN)
    assert not is_span({"trace_id": "a", "name": "b"})


_NAMES = st.one_of(st.sampled_from([*SPAN, "span_attr:a", "n"]), st.text(max_size=20))
_ROWS = st.lists(
    st.one_of(
        st.dictionaries(_NAMES, st.text(max_size=300), max_size=5),
        st.dictionaries(st.sampled_from(list(SPAN)), st.text(max_size=9)).map(lambda d: SPAN | d),
    ),
    max_size=5,
)


@given(_ROWS, st.text(max_size=50))
def test_any_rows_are_lines(rows: list[Row], query: str) -> None:
    lines = [*(row_line(row, query) for row in rows), *table_lines(rows, query)]
    assert not {"\x1b", "\u202e", "\u200b", "\x00", "\n"} & set("".join(lines))
    assert len(newest_first(rows)) == len(rows)
