"""What traces have in common: failures, durations, and who comes most often."""

import pytest

from tests.traces.samples import MS, failed, span, trace
from vtmcp.traces.model import Trace
from vtmcp.traces.spans import Counted
from vtmcp.traces.summary import summarise
from vtmcp.traces.trace_set import figures_of


def took(*durations_ms: int) -> list[Trace]:
    return [trace(span("a", duration_ns=each * MS)) for each in durations_ms]


MIDDLES = {
    "one": ([7], 7, 7),
    "two: the middle is the upper, as the database counts it": ([1, 9], 9, 9),
    "three in any order": ([9, 1, 5], 5, 9),
    "four": ([4, 3, 2, 1], 3, 4),
}


@pytest.mark.parametrize(("durations", "p50", "longest"), MIDDLES.values(), ids=MIDDLES)
def test_the_middle_and_the_longest(durations: list[int], p50: int, longest: int) -> None:
    figures = figures_of(map(summarise, took(*durations)))
    assert (figures.p50_ns, figures.max_ns) == (p50 * MS, longest * MS)


def test_a_trace_with_any_failed_span_has_failed() -> None:
    traces = [trace(span("a")), trace(span("a"), failed("b", "a"), failed("c", "a"))]
    assert figures_of(map(summarise, traces)).failed == 1


def test_who_comes_most_often_stands_first() -> None:
    traces = [
        trace(span("a", service="web", name="GET /"), span("b", "a", service="db", name="SELECT")),
        trace(span("a", service="job", name="nightly")),
        trace(span("a", service="web", name="GET /"), span("b", "a", service="web")),
        trace(),
    ]
    figures = figures_of(map(summarise, traces))
    roots = [(one.root and one.root.name, count) for one, count in figures.entry_points]
    assert roots == [("GET /", 2), (None, 1), ("nightly", 1)]
    assert figures.services == (Counted("web", 2), Counted("db", 1), Counted("job", 1))
