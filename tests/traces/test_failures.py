"""Where failures began."""

import pytest
from hypothesis import given

from tests.traces.samples import any_trace, failed, span
from vtmcp.traces.failures import origins_of, passed_on
from vtmcp.traces.model import Span, Trace
from vtmcp.traces.tree import build_tree

ORIGINS: dict[str, tuple[list[Span], dict[str, str]]] = {
    "nothing failed": ([span("a"), span("b", "a")], {}),
    "one": ([span("a"), failed("b", "a")], {"b": "b"}),
    "passed up": (
        [failed("a"), failed("b", "a"), failed("c", "b")],
        {"a": "c", "b": "c", "c": "c"},
    ),
    "of several the earliest": (
        [failed("a"), failed("c", "a", at_ms=2), failed("b", "a", at_ms=1)],
        {"a": "b", "b": "b", "c": "c"},
    ),
    "what was tolerated on the way is another failure": (
        [failed("a"), span("b", "a"), failed("c", "b")],
        {"a": "a", "c": "c"},
    ),
}


@pytest.mark.parametrize(("spans", "origins"), ORIGINS.values(), ids=ORIGINS)
def test_a_failure_has_an_origin(spans: list[Span], origins: dict[str, str]) -> None:
    tree = build_tree(spans)
    ids = [one.span_id for one in tree.spans]
    assert {ids[here]: ids[origin] for here, origin in origins_of(tree).items()} == origins
    above = {ids[here] for here in passed_on(tree)}
    assert above == {here for here, origin in origins.items() if here != origin}


@given(any_trace)
def test_an_origin_is_a_failure_with_none_right_below(one: Trace) -> None:
    tree = build_tree(one.spans)
    origins = origins_of(tree)
    assert origins.keys() == {here for here, one in enumerate(tree.spans) if one.failed}
    for origin in origins.values():
        assert origins[origin] == origin
        assert not any(tree.spans[child].failed for child in tree.children[origin])
