"""The critical path: which span each moment is told to, and that the times add up to the whole."""

from collections import defaultdict

import pytest
from hypothesis import given

from tests.traces.samples import MS, any_trace, recorded, span
from vtmcp.traces.critical import CriticalPath, critical_path, time_on_path
from vtmcp.traces.jaeger import read_trace
from vtmcp.traces.model import Span, Trace
from vtmcp.traces.timing import NOBODY
from vtmcp.traces.tree import Tree, build_tree

ROOT = span("root", duration_ns=100 * MS)


def below(span_id: str, at_ms: int, took_ms: int, parent: str = "root", **more: object) -> Span:
    return span(span_id, parent, at_ms=at_ms, duration_ns=took_ms * MS, **more)


def told(spans: list[Span]) -> dict[str, dict[str, int]]:
    """The milliseconds of each span in each section; `a>b` is waiting for b since a ended."""
    tree = build_tree(spans)
    path = critical_path(tree)
    sections: dict[str, dict[str, int]] = {}
    for section in path.sections:
        times: defaultdict[str, int] = defaultdict(int)
        for segment in section.segments:
            here = "?" if segment.position == NOBODY else tree.spans[segment.position].span_id
            if segment.awaited != NOBODY:
                here += f">{tree.spans[segment.awaited].span_id}"
            times[here] += segment.length_ns // MS
        sections[section.name] = dict(times)
    return sections


PATHS: dict[str, tuple[list[Span], dict[str, dict[str, int]]]] = {
    "a span alone": ([ROOT], {"during": {"root": 100}}),
    "one child": ([ROOT, below("a", 20, 30)], {"during": {"root": 70, "a": 30}}),
    "one after the other": (
        [ROOT, below("a", 10, 30), below("b", 50, 40)],
        {"during": {"root": 30, "a": 30, "b": 40}},
    ),
    "of two at once, the one that ends last": (
        [ROOT, below("a", 10, 30), below("b", 10, 80)],
        {"during": {"root": 20, "b": 80}},
    ),
    "where they overlap, the one that ends last": (
        [ROOT, below("a", 0, 60), below("b", 40, 60)],
        {"during": {"a": 40, "b": 60}},
    ),
    "a child of a child": (
        [ROOT, below("a", 10, 80), below("b", 20, 60, "a")],
        {"during": {"root": 20, "a": 20, "b": 60}},
    ),
    "a child that nobody waits for is not on the path of the root": (
        [ROOT, below("a", 90, 110)],
        {"during": {"root": 100}, "after": {"a": 100}},
    ),
    "a consumer is not waited for, even when it is quick": (
        [ROOT, below("a", 10, 50, kind="consumer")],
        {"during": {"root": 100}},
    ),
    "a client waits for a server until it gives up": (
        [
            span("root", duration_ns=100 * MS, kind="client"),
            below("a", 10, 500, kind="server"),
        ],
        {"during": {"root": 10, "a": 90}, "after": {"a": 410}},
    ),
    "time in a queue": (
        [
            ROOT,
            below("p", 50, 10, kind="producer"),
            below("c", 160, 40, "p", kind="consumer"),
        ],
        {"during": {"root": 90, "p": 10}, "after": {"p>c": 60, "c": 40}},
    ),
    "a child before its parent": (
        [ROOT, below("a", -20, 60)],
        {"during": {"a": 40, "root": 60}, "before": {"a": 20}},
    ),
    "no time at all": ([span("root", duration_ns=0)], {"during": {}}),
    "an end before the start": ([span("root", duration_ns=-5)], {"during": {}}),
    "two roots and nothing between them": (
        [ROOT, span("other", at_ms=150, duration_ns=50 * MS)],
        {"whole": {"root": 100, "?": 50, "other": 50}},
    ),
    "no root": (
        [span("a", "gone", duration_ns=30 * MS), span("b", "gone", at_ms=20, duration_ns=30 * MS)],
        {"whole": {"a": 20, "b": 30}},
    ),
    "a span whose parent is missing runs within the root": (
        [ROOT, span("a", "gone", at_ms=20, duration_ns=30 * MS)],
        {"during": {"root": 100}},
    ),
    "a span whose parent is missing goes on": (
        [ROOT, span("a", "gone", at_ms=120, duration_ns=30 * MS)],
        {"during": {"root": 100}, "after": {"?": 20, "a": 30}},
    ),
    "no spans": ([], {}),
}


@pytest.mark.parametrize(("spans", "sections"), PATHS.values(), ids=PATHS)
def test_each_moment_is_told_to_one_span(
    spans: list[Span], sections: dict[str, dict[str, int]]
) -> None:
    assert told(spans) == sections


def adds_up(tree: Tree, path: CriticalPath) -> None:
    for section in path.sections:
        assert sum(segment.length_ns for segment in section.segments) == section.length_ns
        assert all(segment.length_ns >= 0 for segment in section.segments)
    for here, time_ns in time_on_path(path).items():
        assert here in path.spans
        assert 0 <= time_ns <= max(0, tree.spans[here].duration_ns)


@given(any_trace)
def test_the_times_of_any_trace_add_up_to_the_whole(one: Trace) -> None:
    tree = build_tree(one.spans)
    path = critical_path(tree)
    adds_up(tree, path)
    if one.spans:
        lengths = sum(section.length_ns for section in path.sections)
        start_ns = min(one.start_ns for one in tree.spans)
        assert lengths == max(max(one.start_ns, one.end_ns) for one in tree.spans) - start_ns


def test_a_recorded_job_of_thousands_is_on_its_path_from_end_to_end() -> None:
    tree = build_tree(read_trace(recorded("131-trace-huge")[0]).spans)
    path = critical_path(tree)
    adds_up(tree, path)
    assert len(path.spans) > 5_990
    assert [section.name for section in path.sections] == ["during"]


def test_ten_thousand_levels_need_no_recursion() -> None:
    spans = [below(f"s{n}", n, 20_000 - 2 * n, f"s{n - 1}" if n else "") for n in range(10_000)]
    tree = build_tree(spans)
    adds_up(tree, critical_path(tree))
