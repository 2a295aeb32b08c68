"""`query`: rows, tables and charts of what somebody wrote, with the hints that it calls for."""

import json
from typing import Any

import pytest

from tests.handlers.tools.empty import EmptySource
from tests.handlers.tools.source import (
    DEFAULT_TENANT,
    HIDDEN,
    HOSTILE,
    NOW_NS,
    ScriptedSource,
    call,
    call_for_text,
)
from tests.traces.test_rows_text import BEGIN, SPAN
from vtmcp.handlers.tools.query import Query
from vtmcp.protocol.errors import ToolError
from vtmcp.protocol.messages import Json
from vtmcp.traces.logsql_hints import SYNTAX
from vtmcp.traces.model import SourceError
from vtmcp.traces.spans import Row
from vtmcp.traces.tenant import Tenant

pytestmark = pytest.mark.anyio

HOUR = 3_600_000_000_000
WINDOW = "2026-11-24 13:00:03Z to 14:00:03Z (1 h), tenant 7:3"
COUNT = "trace_id:* | stats by (name) count() n"


class Rows(ScriptedSource):
    """Answers each query with these rows, as many as are asked for, or with an error."""

    def __init__(self, *rows: Row, error: str = "", **more: Any) -> None:
        super().__init__(**more)
        self._rows, self._error = list(rows), error

    async def logsql(
        self, text: str, tenant: Tenant, *, start_ns: int, end_ns: int, limit: int
    ) -> list[Row]:
        self._ask(text, tenant, start_ns, end_ns, limit)
        if self._error:
            raise SourceError(self._error)
        return self._rows[:limit]


def row(number: int) -> Row:
    return {"name": f"n{number}", "n": str(number)}


ASKED: dict[str, tuple[Json, tuple[str, Tenant, int, int, int]]] = {
    "the last hour, and one row more than is shown": (
        {"query": "trace_id:*"},
        ("trace_id:*", DEFAULT_TENANT, NOW_NS - HOUR, NOW_NS, 21),
    ),
    "what is asked for": (
        {"query": COUNT, "limit": 1000, "start": "now-2h", "end": "now-1h", "tenant": "1:2"},
        (COUNT, Tenant(1, 2), NOW_NS - 2 * HOUR, NOW_NS - HOUR, 1001),
    ),
    "a chart, though the query ends with a comment": (
        {"query": "trace_id:* # all", "view": "hits"},
        (
            "trace_id:* # all\n| stats by (_time:120s) count() hits",
            DEFAULT_TENANT,
            NOW_NS - HOUR,
            NOW_NS,
            31,
        ),
    ),
}


@pytest.mark.parametrize(("arguments", "asked"), ASKED.values(), ids=ASKED)
async def test_what_is_asked(arguments: Json, asked: tuple[Any, ...]) -> None:
    source = Rows()
    await call(Query, arguments, source)
    assert source.asked == [asked]


async def test_spans_are_lines_the_newest_first() -> None:
    old = {**SPAN, "_time": "2026-11-22T10:33:33.04Z", "span_id": "old"}
    text = await call_for_text(Query, {"query": "trace_id:*"}, Rows(old, SPAN, notice="Demo."))
    head, notice, *lines = text.splitlines()
    assert (head, notice) == (f'2 rows: "trace_id:*", {WINDOW}.', "Demo.")
    assert [line.startswith(BEGIN) for line in lines] == [True, True]
    assert [" span old " in line for line in lines] == [False, True]


async def test_rows_of_a_pipe_stay_in_its_order() -> None:
    rows = [{"_time": f"2026-11-24T13:00:0{n}Z"} for n in (2, 1, 3)]
    text = await call_for_text(Query, {"query": "trace_id:* | sort by (x)"}, Rows(*rows))
    assert [line[-3] for line in text.splitlines()[1:]] == ["2", "1", "3"]


async def test_more_rows_than_the_limit_are_said_with_the_next_call() -> None:
    source = Rows(*map(row, range(9)))
    lines = (await call_for_text(Query, {"query": COUNT, "limit": 2}, source)).splitlines()
    assert lines == [
        f'2 rows (there are more): "{COUNT}", {WINDOW}.',
        'name="n0"  n=0',
        'name="n1"  n=1',
        f'More rows than the limit of 2. Next: query(query="{COUNT}", limit=10)',
    ]


LAST_CALLS = {
    "rows can be counted": ("trace_id:*", 'query(query="trace_id:*", limit=1000, view="hits")'),
    "what a pipe made can be sorted": (COUNT, "a query that says which rows come first"),
}


@pytest.mark.parametrize(("query", "then"), LAST_CALLS.values(), ids=LAST_CALLS)
async def test_beyond_the_highest_limit_there_is_another_question(query: str, then: str) -> None:
    source = Rows(*map(row, range(1001)))
    text = await call_for_text(Query, {"query": query, "limit": 1000}, source)
    assert text.splitlines()[-1].startswith(f"More rows than the limit of 1,000. Next: {then}")


async def test_what_has_no_room_is_counted_with_the_next_call() -> None:
    arguments = {"query": COUNT, "limit": 200, "max_bytes": 1000}
    text = await call_for_text(Query, arguments, Rows(*map(row, range(200))))
    shown = text.count('name="n')
    assert len(text.encode()) <= 1000
    left_out = f"Left out: {200 - shown} rows, for want of room."
    assert text.endswith(f'{left_out} Next: query(query="{COUNT}", limit=200, max_bytes=4000)')
    arguments = {**arguments, "max_bytes": 1_000_000, "limit": 1000}
    huge = [{"name": "x" * 100, **{f"f{n}": "y" * 100 for n in range(200)}} for _ in range(1000)]
    text = await call_for_text(Query, arguments, Rows(*huge))
    assert text.splitlines()[-1].endswith("for want of room.")


async def test_a_table_is_aligned() -> None:
    lines = (
        await call_for_text(Query, {"query": COUNT, "view": "stats"}, Rows(row(5), row(1200)))
    ).splitlines()
    assert lines[1:] == ["name      n", "n5        5", "n1200  1200"]


async def test_a_table_of_empty_rows_has_a_head_only() -> None:
    text = await call_for_text(Query, {"query": COUNT, "view": "stats"}, Rows({}))
    assert text.splitlines()[1:] == ["(no columns)"]


async def test_a_chart_of_counts_with_empty_buckets() -> None:
    rows = [
        {"_time": "2026-11-24T13:02:00Z", "hits": "40"},
        {"_time": "2026-11-24T13:58:00Z", "hits": "1"},
        {"_time": "2026-11-24T13:00:00Z", "hits": "0"},
        {"_time": "2026-11-24T13:04:00Z", "hits": "\u00b2"},
        {"_time": "2026-11-24T13:06:00Z", "hits": "9" * 30},
        {"_time": "soon", "hits": "5"},
    ]
    text = await call_for_text(Query, {"query": "trace_id:*", "view": "hits"}, Rows(*rows))
    lines = text.splitlines()
    assert lines[0] == f'41 rows: "trace_id:*", {WINDOW}.'
    assert lines[1].startswith("Note: The last 30 s may be missing")
    assert lines[2] == "Rows in each 2 min, by their end; empty buckets are shown:"
    assert len(lines[3:]) == 31
    assert lines[3:5] == ["2026-11-24 13:00:00Z   0", f"2026-11-24 13:02:00Z  40  {'█' * 40}"]
    assert lines[-2] == "2026-11-24 13:58:00Z   1  █"


async def test_a_chart_keeps_to_the_bytes() -> None:
    rows = [{"_time": f"2026-11-24T13:{minute:02}:00Z", "hits": "9"} for minute in range(0, 60, 2)]
    arguments = {"query": "trace_id:*", "view": "hits", "max_bytes": 1000}
    text = await call_for_text(Query, arguments, Rows(*rows))
    assert len(text.encode()) <= 1000
    assert " buckets. Next: query(" in text.splitlines()[-1]


async def test_rows_as_json_are_exact() -> None:
    rows = [{"n": "1", "duration": "1500000001"}, {"n": "2"}]
    arguments = {"query": "* | limit 9", "format": "json"}
    data, words = await call(Query, arguments, Rows(*rows, notice="Demo."))
    assert json.loads(data) == {"rows": rows}
    head, hint, notice = words.splitlines()
    assert (head, notice) == (f'2 rows: "* | limit 9", {WINDOW}.', "Demo.")
    assert hint.startswith("The query does not name trace_id")


async def test_a_chart_as_json_is_its_counts() -> None:
    rows = [{"_time": "2026-11-24T13:02:00Z", "hits": "40"}]
    arguments = {"query": "trace_id:*", "view": "hits", "format": "json"}
    data, words = await call(Query, arguments, Rows(*rows))
    assert json.loads(data) == {"rows": rows}
    assert words.startswith("Rows in buckets of 2 min: ")


HINTED: dict[str, tuple[Json, tuple[Row, ...], str]] = {
    "rows of the index may count": (
        {"query": "* | stats count() n"},
        (row(1),),
        "Note: The query does not name trace_id",
    ),
    "a duration without a unit": (
        {"query": "trace_id:* duration:>5"},
        (row(1),),
        "Note: duration is in nanoseconds: 5 is 5 ns",
    ),
    "a name without quotes": (
        {"query": "trace_id:* span_attr:a.b:=c"},
        (),
        "Note: span_attr:a.b without quotes asks for",
    ),
    "what is too new": ({"query": "trace_id:*"}, (), "Note: The last 30 s may be missing"),
}


@pytest.mark.parametrize(("arguments", "rows", "words"), HINTED.values(), ids=HINTED)
async def test_hints_stand_with_the_answer(
    arguments: Json, rows: tuple[Row, ...], words: str
) -> None:
    text = await call_for_text(Query, arguments, Rows(*rows))
    assert text.splitlines()[1].startswith(words)


async def test_a_window_that_is_over_has_no_spans_to_come() -> None:
    arguments = {"query": "trace_id:*", "end": "now-1m"}
    assert "Note" not in await call_for_text(Query, arguments, Rows())


@pytest.mark.parametrize("view", ["rows", "stats", "hits"])
async def test_no_rows_lead_to_a_longer_window(view: str) -> None:
    arguments = {"query": COUNT, "view": view, "start": "now-3h", "end": "now-2h"}
    text = await call_for_text(Query, arguments, EmptySource(notice="Demo."))
    lines = text.splitlines()
    assert lines[0].startswith(f'No rows: "{COUNT}", 2026-11-24 11:00:03Z to ')
    assert lines[1] == "Demo."
    assert f'Next: query(query="{COUNT}", view="{view}", start="now-24h")' in lines
    assert lines[-1] == "Next: attributes() for the names and values that occur."
    longest = await call_for_text(Query, {**arguments, "start": "now-60d"}, EmptySource())
    assert "Next: query(" not in longest


async def test_no_rows_as_json_have_the_same_words() -> None:
    arguments = {"query": "trace_id:*", "end": "now-1h"}
    text = await call_for_text(Query, arguments, EmptySource())
    data, words = await call(Query, {**arguments, "format": "json"}, EmptySource())
    assert json.loads(data) == {"data": []}
    assert words.replace(', format="json"', "") == text


REFUSED: dict[str, tuple[Json, str]] = {
    "no query": ({}, "query"),
    "a table without a pipe": (
        {"query": "trace_id:*", "view": "stats"},
        r"view=stats shows what a pipe computes, .* add one, such as \| stats by",
    ),
    "an unknown view": ({"query": "a", "view": "graph"}, "argument view"),
    "a limit of none": ({"query": "a", "limit": 0}, "argument limit"),
    "a limit beyond the source's": ({"query": "a", "limit": 1001}, "argument limit"),
    "a start after the end": ({"query": "a", "start": "now", "end": "now-1h"}, "must be before"),
}


@pytest.mark.parametrize(("arguments", "words"), REFUSED.values(), ids=REFUSED)
async def test_refused(arguments: Json, words: str) -> None:
    source = Rows()
    with pytest.raises(ToolError, match=words):
        await call(Query, arguments, source)
    assert source.asked == []


async def test_a_chart_of_rows_without_a_time_is_refused() -> None:
    with pytest.raises(ToolError, match="view=hits counts rows by their _time, which a pipe"):
        await call(Query, {"query": COUNT, "view": "hits"}, Rows({"hits": "5"}))


FAILURES = {
    "a fault of the query": (
        "trace_id:* |",
        'the database answered 400: "unexpected pipe"',
        SYNTAX,
    ),
    "a name without quotes": (
        "trace_id:* | stats by (span_attr:a.b) count() n",
        'the database answered 400: "cannot parse bucket size"',
        "span_attr:a.b without quotes",
    ),
    "what is no fault of the query": (
        "trace_id:*",
        "LogsQL is not accepted where VT_HIDDEN_FIELDS is set",
        "",
    ),
}


@pytest.mark.parametrize(("query", "error", "hint"), FAILURES.values(), ids=FAILURES)
async def test_an_error_comes_with_the_hint_that_fits(query: str, error: str, hint: str) -> None:
    with pytest.raises(ToolError) as raised:
        await call(Query, {"query": query}, Rows(error=error))
    said, *hints = str(raised.value).splitlines()
    assert said == error
    assert [line.startswith(hint) for line in hints] == ([True] if hint else [])


async def test_hostile_text_is_harmless_wherever_it_stands() -> None:
    rows = Rows({HOSTILE: HOSTILE}, {**SPAN, "name": HOSTILE, "span_attr:a": HOSTILE})
    query = f"trace_id:* | {HOSTILE}"
    texts = [
        *await call(Query, {"query": query}, rows),
        *await call(Query, {"query": query, "view": "stats"}, rows),
        *await call(Query, {"query": query, "format": "json"}, rows),
        *await call(Query, {"query": query}, EmptySource()),
    ]
    assert not [char for char in HIDDEN for text in texts if char in text]
    assert not [line for text in texts for line in text.splitlines() if line.startswith("Ignore")]
