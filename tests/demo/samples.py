"""What the tests of the demo share: one moment, its rollout, and short words for questions."""

from functools import cache
from typing import Any

import pytest

from vtmcp.demo.answers import Answers
from vtmcp.demo.shop import TENANT
from vtmcp.demo.timetable import KEPT_US, RECIPES, Entry, entries, is_over
from vtmcp.traces.model import Span, Trace, TraceQuery

S = 1_000_000_000
HOUR_NS = 3600 * S
NOW_NS = 1_795_343_613 * S
"""2026-11-22 10:33:33 UTC; the rollout began at 10:18."""

NOW_US = NOW_NS // 1_000
ROLLOUT_NS = NOW_NS - (15 * 60 + 33) * S


def answers(now_ns: int = NOW_NS) -> Answers:
    return Answers(lambda: now_ns)


def query(service: str = "checkout", **more: Any) -> TraceQuery:
    """Return a search of the last hour that finds all there is."""
    defaults = {"start_ns": NOW_NS - HOUR_NS, "end_ns": NOW_NS, "limit": 1_000}
    return TraceQuery(service=service, **(defaults | more))


def entry_list(place: int, now_us: int = NOW_US) -> list[Entry]:
    """Return the traces of one recipe that there are in the hour before a moment."""
    found = entries(RECIPES[place], now_us - KEPT_US, now_us)
    return [entry for entry in found if is_over(entry, now_us)]


def span(**more: Any) -> Span:
    defaults: dict[str, Any] = {
        "trace_id": "0af7651916cd43dd8448eb211c80319c",
        "span_id": "b7ad6b7169203331",
        "service": "checkout",
        "name": "POST /orders",
        "kind": "server",
        "start_ns": NOW_NS - 10 * S,
        "duration_ns": 2 * S,
    }
    return Span(**(defaults | more))


MOMENTS = [NOW_NS + minutes * 60 * S for minutes in (0, 11, 23, 29, 47)]
ANY_MOMENT = pytest.mark.parametrize("now_ns", MOMENTS)
FAILED = {"error": "true"}
"""The tag of a failed span."""


@cache
def asked_at(now_ns: int) -> Answers:
    """Return the data of a moment, generated once for all tests."""
    return answers(now_ns)


def find(now_ns: int, service: str, **more: Any) -> tuple[Trace, ...]:
    window = {"start_ns": now_ns - HOUR_NS, "end_ns": now_ns}
    return asked_at(now_ns).search(query(service, **window, **more), TENANT).traces


def spans_of(trace: Trace, name: str) -> list[Span]:
    return sorted((s for s in trace.spans if s.name == name), key=lambda span: span.start_ns)
