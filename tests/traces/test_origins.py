"""Which failing spans are told as the origin of a failure, and what each came to."""

from typing import NamedTuple

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.traces.samples import any_span, failed, span
from vtmcp.traces.model import Span
from vtmcp.traces.origins import (
    PASSED_MAX,
    Failing,
    bone_of,
    origins_of,
    parted_traces,
)


class Case(NamedTuple):
    """Spans of one trace, which of them fit, and what is expected."""

    spans: list[Span]
    origins: list[str]
    passed: tuple[str, ...] = ()
    """Of the first origin."""
    fitting: tuple[str, ...] = ()
    """Ids; all failing ones where there are none."""
    has_bones: bool = True


CHAIN = [
    failed("r", service="web", at_ms=0),
    failed("a", "r", service="checkout", at_ms=1),
    failed("b", "a", service="payment", at_ms=2),
    failed("c", "b", service="bank", at_ms=3),
]

CASES = {
    "a failure passed up four services began at the deepest": Case(
        CHAIN, ["c"], ("payment", "checkout", "web")
    ),
    "a single failure is its own origin": Case([failed("a")], ["a"]),
    "two failures below one are two origins": Case(
        [failed("r"), failed("a", "r", at_ms=1), failed("b", "r", at_ms=2)], ["a", "b"]
    ),
    "spans between that did not fail do not part": Case(
        [
            failed("r", service="web"),
            span("x", "r", at_ms=1),
            span("y", "x", at_ms=2),
            failed("a", "y", at_ms=3),
        ],
        ["a"],
        ("web",),
    ),
    "a span between that is well does": Case(
        [failed("r"), span("x", "r", status="ok", at_ms=1), failed("a", "x", at_ms=2)],
        ["r", "a"],
    ),
    "without a skeleton spans between part": Case(
        [failed("r"), span("x", "r", at_ms=1), failed("a", "x", at_ms=2)],
        ["r", "a"],
        has_bones=False,
    ),
    "only what reached a span that fits is told": Case(
        [*CHAIN, failed("d", "z", service="other", at_ms=9)],
        ["c"],
        ("payment", "checkout", "web"),
        fitting=("r",),
    ),
    "what is above a span that fits is no part of it": Case(
        CHAIN, ["c"], ("payment", "checkout", "web"), fitting=("c",)
    ),
    "a span that came twice is one": Case([failed("a"), failed("a", at_ms=1)], ["a"]),
    "a circle began at its earliest": Case(
        [failed("a", "b", at_ms=1), failed("b", "a", at_ms=2)], ["a"]
    ),
    "a span that is its own parent": Case([failed("a", "a")], ["a"]),
    "a circle of spans that did not fail": Case(
        [span("x", "y"), span("y", "x"), failed("a", "x", at_ms=1), failed("b", "y", at_ms=2)],
        ["a", "b"],
    ),
    "a span that leads to itself": Case(
        [failed("a", "x"), span("x", "a", at_ms=1), failed("b", at_ms=2)], ["a", "b"]
    ),
    "nothing failed": Case([span("a")], []),
}


def failing(case: Case) -> Failing:
    failed_ones = [one for one in case.spans if one.failed]
    fitting = [one for one in failed_ones if not case.fitting or one.span_id in case.fitting]
    kin = [one for one in case.spans if one.failed or not one.parent_span_id]
    bones = map(bone_of, case.spans) if case.has_bones else ()
    return Failing(tuple(fitting), tuple(kin), tuple(bones))


@pytest.mark.parametrize("case", CASES.values(), ids=CASES)
def test_where_failures_began(case: Case) -> None:
    origins = origins_of(failing(case))
    assert [one.span.span_id for one in origins] == case.origins
    if origins:
        assert origins[0].passed == case.passed


def test_the_root_is_the_earliest_without_a_parent() -> None:
    spans = [failed("a", "r", at_ms=3), span("r", at_ms=1), span("q", at_ms=2), span("p", at_ms=4)]
    (origin,) = origins_of(failing(Case(spans, [])))
    assert (origin.root.span_id, origin.is_root_known) == ("r", True)
    (origin,) = origins_of(failing(Case([failed("a", "b"), failed("b", "gone")], [])))
    assert (origin.span.span_id, origin.root.span_id, origin.is_root_known) == ("a", "b", False)


def test_a_span_that_fits_is_told_even_if_its_trace_was_not_read() -> None:
    assert [one.span.span_id for one in origins_of(Failing((failed("a"),), ()))] == ["a"]


def test_the_services_above_are_bounded() -> None:
    spans = [failed(f"s{n}", f"s{n - 1}" if n else "", service=f"v{n}") for n in range(100)]
    (origin,) = origins_of(failing(Case(spans, [])))
    assert len(origin.passed) <= PASSED_MAX


PARTED = {
    "one chain": (CHAIN, False),
    "two failures that nothing joins": ([failed("r"), failed("a", "x")], True),
    "two below one": ([failed("r"), failed("a", "r"), failed("b", "r")], False),
    "a span that is its own parent and another": ([failed("a", "a"), failed("b", "x")], True),
}


@pytest.mark.parametrize(("spans", "is_parted"), PARTED.values(), ids=PARTED)
def test_only_traces_with_several_ends_need_a_skeleton(spans: list[Span], is_parted: bool) -> None:
    assert bool(parted_traces(spans)) is is_parted


@given(st.lists(any_span, max_size=30))
def test_any_failure_has_an_origin(spans: list[Span]) -> None:
    origins = origins_of(failing(Case(spans, [])))
    assert bool(origins) is any(one.failed for one in spans)
    assert all(one.span.failed for one in origins)


def test_ten_thousand_levels_take_no_time_and_no_stack() -> None:
    spans = [failed(f"s{n}", f"s{n - 1}" if n else "", at_ms=n) for n in range(10_000)]
    spans += [failed(f"t{n}", f"s{n}", at_ms=n + 1) for n in range(10_000)]
    assert len(origins_of(failing(Case(spans, [])))) == 10_000
