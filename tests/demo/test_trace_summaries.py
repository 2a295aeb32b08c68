"""Generated traces in figures are those of the traces that a search finds."""

import pytest

from tests.demo.samples import HOUR_NS, NOW_NS, query
from vtmcp.demo.source import Demo
from vtmcp.demo.spans import SpanAnswers
from vtmcp.traces.model import SourceError
from vtmcp.traces.spans import SpanFilter
from vtmcp.traces.summary import summarise
from vtmcp.traces.tenant import Tenant

pytestmark = pytest.mark.anyio

SHOP = Tenant(0, 0)
ANSWERS = SpanAnswers(lambda: NOW_NS)
WANTED = SpanFilter(start_ns=NOW_NS - HOUR_NS, end_ns=NOW_NS, service="fraud")
FAILING = SpanFilter(start_ns=NOW_NS - HOUR_NS, end_ns=NOW_NS, errors_only=True)


def test_they_are_whole_traces() -> None:
    found = ANSWERS.trace_summaries(WANTED, SHOP, limit=1_000, slowest=False)
    searched = ANSWERS.search(query("fraud", limit=1_000), SHOP).traces
    assert {one.trace_id: one for one in found.traces} == {
        trace.trace_id: summarise(trace) for trace in searched
    }
    assert found.total == len(searched) > 10


def test_a_limit_keeps_the_newest_and_counts_all() -> None:
    whole = ANSWERS.trace_summaries(FAILING, SHOP, limit=1_000, slowest=False)
    found = ANSWERS.trace_summaries(FAILING, SHOP, limit=3, slowest=False)
    assert found.traces == whole.traces[:3]
    assert found.total == whole.total == len(whole.traces)
    assert all(one.failed_count for one in whole.traces)


def test_the_slowest_are_those_with_the_slowest_spans_that_fit() -> None:
    (span,) = ANSWERS.spans(FAILING, SHOP, limit=1, slowest=True)
    found = ANSWERS.trace_summaries(FAILING, SHOP, limit=1, slowest=True)
    assert found.traces[0].trace_id == span.trace_id


def test_a_limit_beyond_the_most_is_refused() -> None:
    with pytest.raises(SourceError, match="limit is 1002"):
        ANSWERS.trace_summaries(WANTED, SHOP, limit=1_002, slowest=False)


async def test_the_source_hands_the_question_on() -> None:
    found = await Demo(lambda: NOW_NS).trace_summaries(WANTED, SHOP, limit=2)
    assert found == ANSWERS.trace_summaries(WANTED, SHOP, limit=2, slowest=False)
