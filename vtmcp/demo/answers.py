"""The questions of a trace source, answered from generated traces. Loaded at the first question.

Must not be here: rules of a match (`search.py`), what the data is (`shop.py`).
"""

from collections.abc import Callable, Iterator

from vtmcp.demo.generate import NS_PER_US, generate
from vtmcp.demo.graph import count_edges
from vtmcp.demo.recipe import Recipe, Work
from vtmcp.demo.search import condition
from vtmcp.demo.timetable import (
    KNOWN_US,
    RECIPES,
    Entry,
    entries,
    entry_of,
    is_over,
    kept,
    rollout_us,
)
from vtmcp.traces.jaeger import write_trace
from vtmcp.traces.model import Dependency, Found, SourceError, Trace, TraceQuery
from vtmcp.traces.tenant import Tenant

TRACES_MAX = 2_000
"""Traces that are kept once they are generated: some 17 MB. Then all go, and an hour of them is
generated again in a tenth of a second; to compare with another hour, some are made twice."""

NS_PER_MS = 1_000_000


class Answers:
    """Every method raises `SourceError` only; see `Demo`."""

    def __init__(self, now_ns: Callable[[], int]) -> None:
        self._now_ns = now_ns
        self._generated: dict[tuple[int, bool], Trace] = {}

    def services(self, tenant: Tenant) -> list[str]:
        return sorted({work.service for recipe in _recipes(tenant) for work in _spans(recipe)})

    def operations(self, service: str, tenant: Tenant) -> list[str]:
        work_of_all = (work for recipe in _recipes(tenant) for work in _spans(recipe))
        return sorted({work.name for work in work_of_all if work.service == service})

    def search(self, query: TraceQuery, tenant: Tenant) -> Found:
        fits = condition(query)
        found = []
        recipes = [recipe for recipe in _recipes(tenant) if _has_service(recipe, query.service)]
        for trace in self._traces(recipes, query.start_ns, query.end_ns):
            newest_ns = max((span.end_ns for span in trace.spans if fits(span)), default=None)
            if newest_ns is not None:
                found.append((newest_ns, trace))
        found.sort(key=lambda ranked: ranked[0], reverse=True)
        return _found([trace for _, trace in found[: query.limit]])

    def trace(self, trace_id: str, tenant: Tenant) -> Found:
        try:
            entry = entry_of(trace_id)
        except ValueError:
            raise SourceError("a trace id is 16 or 32 hexadecimal digits") from None
        now_us = self._now_us()
        is_known = (
            entry is not None
            and entry.recipe.tenant == tenant
            and entry.start_us >= now_us - KNOWN_US
            and is_over(entry, now_us)
        )
        return _found([self._trace(entry, now_us)] if entry is not None and is_known else [])

    def dependencies(self, *, end_ms: int, lookback_ms: int, tenant: Tenant) -> list[Dependency]:
        end_ns = end_ms * NS_PER_MS
        start_ns = end_ns - lookback_ms * NS_PER_MS
        traces = self._traces(_recipes(tenant), start_ns, end_ns)
        return count_edges(traces, start_ns, end_ns)

    def _traces(self, recipes: list[Recipe], start_ns: int, end_ns: int) -> Iterator[Trace]:
        """Yield every kept trace that may have a span that ends in the window."""
        now_us = self._now_us()
        for recipe in recipes:
            from_us = start_ns // NS_PER_US - recipe.longest_us
            to_us = min(end_ns // NS_PER_US, now_us - recipe.longest_us)
            for part in kept(from_us, to_us, now_us):
                for entry in entries(recipe, *part):
                    yield self._trace(entry, now_us)

    def _trace(self, entry: Entry, now_us: int) -> Trace:
        key = (entry.number, entry.start_us >= rollout_us(now_us))
        trace = self._generated.get(key)
        if trace is None:
            if len(self._generated) >= TRACES_MAX:
                self._generated.clear()
            trace = self._generated[key] = generate(entry, rolled_out=key[1])
        return trace

    def _now_us(self) -> int:
        return self._now_ns() // NS_PER_US


def _recipes(tenant: Tenant) -> list[Recipe]:
    return [recipe for recipe in RECIPES if recipe.tenant == tenant]


def _has_service(recipe: Recipe, service: str) -> bool:
    return any(work.service == service for work in _spans(recipe))


def _spans(recipe: Recipe) -> Iterator[Work]:
    """Yield the work of a recipe whose spans arrive."""
    waiting = [recipe.root]
    while waiting:
        work = waiting.pop()
        waiting.extend(work.below)
        if not work.lost:
            yield work


def _found(traces: list[Trace]) -> Found:
    return Found(tuple(traces), tuple(write_trace(trace) for trace in traces))
