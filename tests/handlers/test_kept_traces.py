"""Traces fetched a moment ago: what is kept, for how long, and how much of it."""

import pytest

from tests.traces.samples import START_NS, span
from vtmcp.handlers.kept_traces import KEPT_S, SETTLED_NS, KeptTraces
from vtmcp.traces.model import Found, Trace

NOW_NS = START_NS + 10 * SETTLED_NS


class Clock:
    now_s = 0.0

    def __call__(self) -> float:
        return self.now_s


def found(spans: int = 1) -> Found:
    return Found((Trace("t", tuple(span(str(n)) for n in range(spans))),), ({},))


def test_a_trace_is_found_again_until_it_is_old() -> None:
    clock = Clock()
    kept, one = KeptTraces(10, clock=clock), found()
    kept.keep("a", one, now_ns=NOW_NS)
    assert kept.get("a") is one
    assert kept.get("b") is None
    clock.now_s = KEPT_S + 0.1
    assert kept.get("a") is None


NOT_KEPT = {
    "no trace at all": (Found((), ()), NOW_NS),
    "more spans than are kept in all": (found(11), NOW_NS),
    "a trace that may still be arriving": (found(), START_NS + SETTLED_NS // 2),
}


@pytest.mark.parametrize(("one", "now_ns"), NOT_KEPT.values(), ids=NOT_KEPT)
def test_this_is_not_kept(one: Found, now_ns: int) -> None:
    kept = KeptTraces(10, clock=Clock())
    kept.keep("a", one, now_ns=now_ns)
    assert kept.get("a") is None


def test_what_was_used_longest_ago_gives_way() -> None:
    kept = KeptTraces(10, clock=Clock())
    for key in "abc":
        kept.keep(key, found(3), now_ns=NOW_NS)
    kept.get("a")
    kept.keep("d", found(4), now_ns=NOW_NS)
    assert [key for key in "abcd" if kept.get(key)] == ["a", "c", "d"]


def test_a_trace_that_was_fetched_again_counts_once() -> None:
    kept = KeptTraces(10, clock=Clock())
    for spans in (8, 9, 10):
        kept.keep("a", found(spans), now_ns=NOW_NS)
    again = kept.get("a")
    assert again is not None
    assert len(again.traces[0].spans) == 10
