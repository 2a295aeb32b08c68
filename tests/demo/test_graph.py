"""The service graph: who called whom, and which databases."""

from typing import Any

import pytest

from tests.demo.samples import NOW_NS, S, span
from vtmcp.demo.graph import count_edges
from vtmcp.traces.model import Dependency, Span, Trace

ROOT = span(span_id="a")
SQL = {"kind": "client", "attributes": {"db.system": "postgresql"}}


def below(**more: Any) -> Span:
    return span(span_id="b", parent_span_id="a", **more)


GRAPHS: dict[str, tuple[list[Span], list[Dependency]]] = {
    "one service alone": ([ROOT, below()], []),
    "a call": ([ROOT, below(service="cart")], [Dependency("checkout", "cart", 1)]),
    "two calls": (
        [ROOT, below(service="cart"), below(service="cart")],
        [Dependency("checkout", "cart", 2)],
    ),
    "a database": ([ROOT, below(**SQL)], [Dependency("checkout", "checkout:postgresql", 1)]),
    "a parent that is missing": ([below(service="cart")], []),
    "a call after the window": ([ROOT, below(service="cart", duration_ns=11 * S)], []),
    "a call before the window": ([ROOT, below(service="cart", start_ns=NOW_NS - 99 * S)], []),
    "the most calls first": (
        [ROOT, below(service="cart"), below(**SQL), below(**SQL)],
        [Dependency("checkout", "checkout:postgresql", 2), Dependency("checkout", "cart", 1)],
    ),
}


@pytest.mark.parametrize(("spans", "edges"), GRAPHS.values(), ids=GRAPHS)
def test_edges_are_counted(spans: list[Span], edges: list[Dependency]) -> None:
    traces = [Trace("", tuple(spans))]
    assert count_edges(traces, NOW_NS - 60 * S, NOW_NS) == edges
