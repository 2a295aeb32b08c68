"""Two traces aligned by shape: what differs, in which way, and by how much."""

from typing import Any

import pytest
from hypothesis import given

from tests.traces.samples import MS, any_trace, failed, span, trace
from vtmcp.traces.compare import compare, median_kin
from vtmcp.traces.model import Span, Trace
from vtmcp.traces.reading import read_closely

ROOT = span("root", duration_ns=100 * MS)


def below(span_id: str, name: str, parent: str = "root", **more: Any) -> Span:
    return span(span_id, parent, name=name, **more)


def changes(one: list[Span], other: list[Span]) -> list[str]:
    """Each change as kinds, name, counts, spans below, milliseconds."""
    first, second = read_closely(trace(*one)), read_closely(trace(*other))
    told = []
    for change in compare(first, second).changes:
        side, tree = (
            (change.one, first.tree) if change.one.span_count else (change.other, second.tree)
        )
        kinds = "+".join(change.kinds)
        counts = f"{change.one.span_count}:{change.other.span_count}"
        name = tree.spans[side.longest].name
        told.append(f"{kinds} {name} {counts} +{change.below} {change.cost_ns // MS} ms")
    return told


CHANGES: dict[str, tuple[list[Span], list[Span], list[str]]] = {
    "the same": ([ROOT, below("a", "a")], [ROOT, below("b", "a")], []),
    "a hair slower": (
        [ROOT, below("a", "a", duration_ns=11 * MS)],
        [ROOT, below("a", "a")],
        [],
    ),
    "slower where the time is": (
        [span("root", duration_ns=180 * MS), below("a", "a", duration_ns=90 * MS)],
        [ROOT, below("a", "a")],
        ["slower a 1:1 +0 80 ms"],
    ),
    "faster": (
        [ROOT, below("a", "a", duration_ns=10 * MS)],
        [span("root", duration_ns=180 * MS), below("a", "a", duration_ns=90 * MS)],
        ["faster a 1:1 +0 80 ms"],
    ),
    "new, with what is below it": (
        [ROOT, below("a", "a"), below("b", "b", "a"), below("c", "c", "b")],
        [ROOT],
        ["new a 1:0 +2 10 ms", "faster GET /cart 1:1 +0 10 ms"],
    ),
    "missing": (
        [ROOT],
        [ROOT, below("a", "a"), below("b", "b", "a")],
        ["missing a 0:1 +1 10 ms", "slower GET /cart 1:1 +0 10 ms"],
    ),
    "repeated": (
        [ROOT, *(below(f"a{n}", "a", at_ms=9 * n, duration_ns=0) for n in range(5))],
        [ROOT, below("a", "a", duration_ns=0)],
        ["repeated a 5:1 +0 0 ms"],
    ),
    "one more is not repeated": (
        [ROOT, *(below(f"a{n}", "a", at_ms=9 * n, duration_ns=0) for n in range(2))],
        [ROOT, below("a", "a", duration_ns=0)],
        [],
    ),
    "failed, before what costs more": (
        [failed("root", duration_ns=190 * MS), failed("a", "root", name="a", duration_ns=MS)],
        [ROOT, below("a", "a", duration_ns=MS)],
        ["failed a 1:1 +0 0 ms", "slower GET /cart 1:1 +0 90 ms"],
    ),
    "a failure both have": (
        [ROOT, failed("a", "root", name="a")],
        [ROOT, failed("a", "root", name="a")],
        [],
    ),
    "calls to different systems are different": (
        [ROOT, below("a", "GET", kind="client", attributes={"server.address": "x"})],
        [ROOT, below("a", "GET", kind="client", attributes={"server.address": "y"})],
        ["new GET 1:0 +0 10 ms", "missing GET 0:1 +0 10 ms"],
    ),
    "another root": (
        [ROOT],
        [span("root", name="GET /", duration_ns=100 * MS), below("a", "a")],
        ["new GET /cart 1:0 +0 100 ms", "missing GET / 0:1 +1 100 ms"],
    ),
    "nothing against nothing": ([], [], []),
}


@pytest.mark.parametrize(("one", "other", "told"), CHANGES.values(), ids=CHANGES)
def test_what_differs_is_told_by_kind(one: list[Span], other: list[Span], told: list[str]) -> None:
    assert changes(one, other) == told


def test_what_both_have_is_counted() -> None:
    spans = [ROOT, below("a", "a"), below("b", "b", "a")]
    comparison = compare(read_closely(trace(*spans)), read_closely(trace(*spans[:2])))
    assert comparison.shared_paths == 2


@given(any_trace)
def test_a_trace_does_not_differ_from_itself(one: Trace) -> None:
    assert compare(read_closely(one), read_closely(one)).changes == ()


@given(any_trace, any_trace)
def test_any_two_traces_can_be_compared_both_ways(one: Trace, other: Trace) -> None:
    readings = read_closely(one), read_closely(other)
    here, there = compare(*readings), compare(*reversed(readings))
    assert here.shared_paths == there.shared_paths
    assert sum("new" in change.kinds for change in here.changes) == sum(
        "missing" in change.kinds for change in there.changes
    )


def kin(number: int, took_ms: int, **more: Any) -> Trace:
    make = failed if more.pop("failing", False) else span
    return Trace(f"{number:032x}", (make("a", duration_ns=took_ms * MS, **more),))


OF = kin(99, 500)


def test_the_median_of_the_healthy_is_chosen() -> None:
    traces = [
        OF, kin(1, 30), kin(2, 10), kin(3, 20), kin(4, 5, failing=True), kin(5, 7, name="other"),
        Trace("f" * 32, ()),
    ]  # fmt: skip
    chosen = median_kin(traces, OF)
    assert chosen.trace is traces[3]
    assert (chosen.looked_at, chosen.healthy) == (4, 3)
    assert median_kin(traces[:3], OF).trace is traces[2]


def test_without_healthy_kin_none_is_chosen() -> None:
    assert median_kin([OF, kin(4, 5, failing=True)], OF) == (None, 1, 0)
    assert median_kin([OF], Trace("f" * 32, ())) == (None, 0, 0)
