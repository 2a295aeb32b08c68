"""Traces in figures: how often a database is asked, in which windows, and what is never said."""

from typing import Any
from urllib.parse import parse_qsl, urlsplit

import pytest

from tests.victoriatraces.test_span_questions import NOW_NS, TENANT, WANTED, S, ask, lines, queries
from vtmcp.traces.spans import SpanFilter
from vtmcp.traces.trace_set import MARGIN_NS, TraceSet
from vtmcp.victoriatraces.trace_sets import TRACES_A_QUERY

pytestmark = pytest.mark.anyio


def matching(*trace_ids: str) -> bytes:
    first, last = str(NOW_NS - 60 * S), str(NOW_NS - 30 * S)
    return lines(*({"trace_id": each, "first": first, "last": last} for each in trace_ids))


def figures(*trace_ids: str) -> bytes:
    start, end = str(NOW_NS - 60 * S), str(NOW_NS)
    times = {"first_start": start, "last_start": start, "last_end": end}
    return lines(
        *({"trace_id": each, "spans": "2", "services": "[]"} | times for each in trace_ids)
    )


async def summaries(
    limit: int, *answers: bytes, slowest: bool = False, wanted: SpanFilter = WANTED, **more: Any
) -> tuple[Any, list[str]]:
    return await ask(
        lambda source: source.trace_summaries(wanted, TENANT, limit=limit, slowest=slowest),
        *answers,
        **more,
    )


def windows(targets: list[str]) -> list[tuple[int, int]]:
    given = [dict(parse_qsl(urlsplit(target).query)) for target in targets]
    return [(int(each["start"]), int(each["end"]) + 1) for each in given]


async def test_all_that_fit_are_found_with_two_queries() -> None:
    given, targets = await summaries(3, matching("b", "a"), figures("a", "b"))
    assert isinstance(given, TraceSet)
    assert ([one.trace_id for one in given.traces], given.total) == (["b", "a"], 2)
    assert given.traces[0].duration_ns == 60 * S
    assert [target.partition("?")[0] for target in targets] == ["/select/logsql/query"] * 2
    assert queries(targets)[0].endswith("sort by (last desc, trace_id) limit 4")
    assert queries(targets)[1].startswith('trace_id:in("b","a") | stats by (trace_id)')


async def test_figures_are_looked_for_a_margin_around_the_spans_that_fit() -> None:
    _, targets = await summaries(3, matching("a"), figures("a"))
    around = (NOW_NS - 60 * S - MARGIN_NS, NOW_NS - 30 * S + MARGIN_NS)
    assert windows(targets) == [(WANTED.start_ns, WANTED.end_ns), around]


async def test_beyond_the_limit_they_are_counted() -> None:
    given, targets = await summaries(1, matching("a", "b"), lines({"traces": "17"}), figures("a"))
    assert ([one.trace_id for one in given.traces], given.total) == (["a"], 17)
    assert queries(targets)[1] == "trace_id:* | stats count_uniq(trace_id) traces"
    assert windows(targets)[1] == (WANTED.start_ns, WANTED.end_ns)


async def test_the_slowest_are_asked_for_by_their_spans() -> None:
    _, targets = await summaries(1, matching("a"), figures("a"), slowest=True)
    assert "sort by (longest desc, trace_id) limit 2" in queries(targets)[0]


async def test_nothing_that_fits_is_asked_for_once() -> None:
    given, targets = await summaries(5, lines())
    assert (given, len(targets)) == (TraceSet((), 0), 1)


async def test_many_traces_are_asked_for_in_parts() -> None:
    ids = [f"{number:032x}" for number in range(TRACES_A_QUERY + 1)]
    given, targets = await summaries(
        1_000, matching(*ids), figures(*ids[:TRACES_A_QUERY]), figures(*ids[TRACES_A_QUERY:])
    )
    assert (len(given.traces), given.total, len(targets)) == (len(ids), len(ids), 3)


async def test_a_trace_that_is_gone_between_two_queries_is_left_out() -> None:
    given, _ = await summaries(5, matching("a", "b"), figures("b"))
    assert ([one.trace_id for one in given.traces], given.total) == (["b"], 2)


async def test_no_more_is_asked_for_than_a_source_gives() -> None:
    _, targets = await summaries(5_000, matching("a"), figures("a"))
    assert queries(targets)[0].endswith("limit 1001")


async def test_a_filter_by_what_is_hidden_is_refused() -> None:
    hidden = SpanFilter(start_ns=0, end_ns=NOW_NS, tags={"user.id": "7"})
    given, targets = await summaries(5, wanted=hidden, hidden_fields=("user.*",))
    assert "VT_HIDDEN_FIELDS" in str(given)
    assert targets == []
