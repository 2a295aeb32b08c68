"""Traces that were fetched a moment ago, so that the next tool need not fetch them again.

An engineer looks at one trace with four tools in a row. Small and bounded: by number of spans, by
age, and only for traces that nothing is added to any more. Must not be here: how one is fetched.
"""

from collections.abc import Callable, Hashable
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from vtmcp.traces.model import Found

KEPT_S = 120.0
"""How long a trace is kept: a few questions of one conversation."""

SETTLED_NS = 60_000_000_000
"""A trace whose last span ended less than a minute ago may still be arriving."""


class _Kept(NamedTuple):
    found: "Found"
    spans: int
    until_s: float


class KeptTraces:
    """Traces by key, the least recently used ones dropped first."""

    def __init__(self, spans_max: int, *, clock: Callable[[], float]) -> None:
        """`spans_max` spans are kept in all; 0 keeps nothing. `clock` tells seconds."""
        self._spans_max = spans_max
        self._clock = clock
        self._kept: dict[Hashable, _Kept] = {}
        self._spans = 0

    def get(self, key: Hashable) -> "Found | None":
        """The trace, if it is kept and not too old."""
        kept = self._kept.get(key)
        if kept is None:
            return None
        self._drop(key)
        if kept.until_s < self._clock():
            return None
        self._put(key, kept)
        return kept.found

    def keep(self, key: Hashable, found: "Found", *, now_ns: int) -> None:
        """Keep a trace, if it is one that is complete and fits."""
        spans = sum(len(trace.spans) for trace in found.traces)
        if not spans or spans > self._spans_max:
            return
        newest_ns = max(span.end_ns for trace in found.traces for span in trace.spans)
        if newest_ns > now_ns - SETTLED_NS:
            return
        self._drop(key)
        while self._spans + spans > self._spans_max:
            self._drop(next(iter(self._kept)))
        self._put(key, _Kept(found, spans, self._clock() + KEPT_S))

    def _put(self, key: Hashable, kept: _Kept) -> None:
        self._kept[key] = kept
        self._spans += kept.spans

    def _drop(self, key: Hashable) -> None:
        if (kept := self._kept.pop(key, None)) is not None:
            self._spans -= kept.spans
