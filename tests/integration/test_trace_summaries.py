"""Traces in figures are those of the traces that were sent, whoever computes them."""

from collections import Counter
from typing import Any

import pytest

from tests.integration.asking import ask
from tests.integration.stories import traces_of
from tests.integration.test_span_questions import LOST, held, lost, source, wanted
from tests.integration.upstream import Upstream
from vtmcp.traces.jaeger import read_trace
from vtmcp.traces.model import Span, Trace
from vtmcp.traces.summary import Summary, summarise
from vtmcp.traces.tenant import Tenant

pytestmark = pytest.mark.anyio

ALL = 400
"""More traces than were sent."""


def sent(database: Upstream) -> list[Trace]:
    """The traces of the first tenant with a named service, and the one that Jaeger never shows."""
    traces = [read_trace(trace) for trace in database.mine.values()]
    (raw,) = traces_of(LOST)
    return [
        *(trace for trace in traces if any(map(is_named(database), trace.spans))),
        Trace(raw["traceID"], (lost(database),)),
    ]


def is_named(database: Upstream) -> Any:
    return lambda span: bool(span.service) and span.service.endswith(database.suffix)


def timeless(summary: Summary) -> tuple[object, ...]:
    """All of a summary but its place in time and its id, which recordings do not share."""
    root = summary.root
    about_root = root and (root.service, root.name, root.parent_span_id)
    figures = (summary.duration_ns, summary.span_count, summary.failed_count)
    return (*figures, summary.services, about_root)


async def test_figures_are_those_of_whole_traces(database: Upstream) -> None:
    async with source(database) as asked:
        found = await asked.trace_summaries(wanted(database), Tenant(), limit=ALL)
    expected = [timeless(summarise(trace)) for trace in sent(database)]
    assert Counter(map(timeless, found.traces)) == Counter(expected)
    assert found.total == len(expected)


async def test_one_span_that_fits_brings_the_whole_trace(database: Upstream) -> None:
    async with source(database) as asked:
        found = await asked.trace_summaries(wanted(database, errors_only=True), Tenant(), limit=ALL)
    failing = [
        trace
        for trace in sent(database)
        if any(span.failed and is_named(database)(span) for span in trace.spans)
    ]
    assert Counter(map(timeless, found.traces)) == Counter(
        timeless(summarise(trace)) for trace in failing
    )
    assert all(one.span_count > one.failed_count > 0 for one in found.traces)


async def test_beyond_the_limit_the_newest_are_kept_and_all_counted(database: Upstream) -> None:
    async with source(database) as asked:
        whole = await asked.trace_summaries(wanted(database), Tenant(), limit=ALL)
        found = await asked.trace_summaries(wanted(database), Tenant(), limit=3)
    assert found.traces == whole.traces[:3]
    assert found.total == whole.total


async def test_the_slowest_are_those_with_the_slowest_spans(database: Upstream) -> None:
    async with source(database) as asked:
        found = await asked.trace_summaries(wanted(database), Tenant(), limit=2, slowest=True)
    slowest = sorted(sent(database), key=lambda trace: _longest(trace.spans), reverse=True)
    assert Counter(map(timeless, found.traces)) == Counter(
        timeless(summarise(trace)) for trace in slowest[:2]
    )
    assert found.total == len(slowest)


def _longest(spans: tuple[Span, ...]) -> int:
    return max(span.duration_ns for span in spans)


async def test_the_tool_tells_the_figures_of_the_set(database: Upstream) -> None:
    """The tool has the same filter as `wanted`, so that it asks what is recorded for it."""
    tags = wanted(database).tags
    answer = await ask(
        database.entrypoint, "traces", tags=tags, sort="duration", limit=2, **database.window
    )
    summaries = [summarise(trace) for trace in sent(database)]
    failed = sum(one.failed_count > 0 for one in summaries)
    assert answer.lines[0].startswith(f"{len(summaries)} traces for ")
    assert f": {failed} with errors, p50 " in answer.lines[0]
    assert "Longest first:" in answer.lines
    assert f"  50 s  batch-worker{database.suffix} nightly reconcile  6,000 spans" in answer.text
    assert f"Not listed: {len(summaries) - 2} more traces that fit; limit 2" in answer.text


async def test_a_query_of_ones_own_is_told_as_a_table(database: Upstream) -> None:
    text = f'"resource_attr:service.name":~".{database.suffix}$"'
    counts = Counter(span.kind for span in [*held(database), lost(database)])
    query = f"{text} | stats by (kind) count() spans, max(duration) if (duration:<1h) slowest"
    answer = await ask(
        database.entrypoint, "query", query=query, view="stats", limit=9, **database.window
    )
    assert answer.lines[0].startswith(f"{len(counts)} rows: ")
    assert answer.lines[1].startswith("Note: The query does not name trace_id")
    assert answer.lines[2].split() == ["kind", "spans", "slowest"]
    spans = sorted(int(line.split()[1]) for line in answer.lines[3:])
    assert spans == sorted(counts.values())
    assert "  50 s" in answer.text


async def test_a_query_of_ones_own_is_told_as_a_chart(database: Upstream) -> None:
    query = f'trace_id:* "resource_attr:service.name":~".{database.suffix}$"'
    if not database.is_real:
        pytest.skip("the buckets of a recording lie at another time")
    answer = await ask(database.entrypoint, "query", query=query, view="hits", **database.window)
    assert answer.lines[0].startswith(f"{len(held(database)) + 1:,} rows: ")
    counts = [int(line.split()[2].replace(",", "")) for line in answer.lines if "Z  " in line]
    assert sum(counts) == len(held(database)) + 1


async def test_a_fault_in_a_query_comes_with_the_rule(database: Upstream) -> None:
    answer = await ask(database.entrypoint, "query", query='name:~"("', **database.window)
    assert answer.is_error
    assert "missing closing )" in answer.lines[0]
    assert answer.lines[1].startswith("LogsQL is filters, then pipes after |")


async def test_values_of_an_attribute_are_counted(database: Upstream) -> None:
    tags = wanted(database).tags
    answer = await ask(
        database.entrypoint, "attributes", name="http.route", tags=tags, limit=3, **database.window
    )
    spans = held(database)
    routes = Counter(route for span in spans if (route := span.attributes.get("http.route")))
    having = f"in {routes.total():,} of {len(spans) + 1:,} spans"
    assert answer.lines[0].startswith(f"http.route: {len(routes)} values {having}")
    counts = [int(line.split("  ")[1].split()[0]) for line in answer.lines[1:4]]
    assert counts == sorted(routes.values(), reverse=True)[:3]
    assert answer.lines[-1].startswith("Next: traces(")


async def test_attributes_are_counted(database: Upstream) -> None:
    tags = wanted(database).tags
    answer = await ask(
        database.entrypoint,
        "attributes",
        errors_only=True,
        tags=tags,
        limit=1000,
        **database.window,
    )
    failed = [span for span in held(database) if span.failed]
    counts = Counter(key for span in failed for key in span.attributes)
    assert answer.lines[0].split(" attributes in ")[1].startswith(f"{len(failed):,} spans: ")
    for name, count in counts.items():
        assert any(
            line.startswith((f"{name}  {count:,} span", f'"{name}"  {count:,} span'))
            for line in answer.lines
        ), name
