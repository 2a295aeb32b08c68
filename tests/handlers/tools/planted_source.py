"""A trace source that holds a planted system in memory, and answers as the demo does."""

from collections.abc import Iterator
from functools import cache
from typing import Any

from tests.handlers.tools.source import NOW_NS, ScriptedSource
from tests.integration import planted
from vtmcp.demo.spans import SpanAnswers
from vtmcp.traces.jaeger import read_trace
from vtmcp.traces.model import SourceError, Trace
from vtmcp.traces.spans import SpanFilter
from vtmcp.traces.tenant import Tenant

A_MINUTE = 20.0
SINCE_MINUTES = 25
END_US = NOW_NS // 1_000 - 60 * planted.S
FEW_A_MINUTE = 10.0
"""Enough to tell what changed, where it is not asked what the bad ones have in common."""

HOURS = (0, 1, 24)
"""The window that is asked about, the one before it, and the same time yesterday."""


@cache
def told(
    name: str, seed: int = 1, hours: tuple[int, ...] = HOURS, a_minute: float = A_MINUTE
) -> tuple[Trace, ...]:
    """The traces of a scene that began 25 minutes before the end."""
    scene = planted.SCENES[name]()
    scene.since_us = END_US - SINCE_MINUTES * planted.MINUTE
    found = []
    for ago in hours:
        end_us = END_US - ago * 60 * planted.MINUTE
        start_us = end_us - 60 * planted.MINUTE
        traces = planted.traces(scene, seed, start_us, end_us, a_minute=a_minute)
        found += [read_trace(trace) for trace in traces]
    return tuple(found)


class _Answers(SpanAnswers):
    def __init__(self, traces: tuple[Trace, ...]) -> None:
        super().__init__(lambda: NOW_NS)
        self.held = traces

    def _kept(self, wanted: SpanFilter, tenant: Tenant) -> Iterator[Trace]:
        margin_ns = 30 * 10**9  # No trace takes as long.
        for trace in self.held:
            if wanted.start_ns - margin_ns <= trace.spans[-1].start_ns < wanted.end_ns:
                yield trace


class PlantedSource(ScriptedSource):
    """Counts what it was asked, by the name of the question."""

    def __init__(self, traces: tuple[Trace, ...], *, notice: str = "", failing: str = "") -> None:
        super().__init__(notice=notice)
        self._answers = _Answers(traces)
        self._refused = failing

    @property
    def questions(self) -> list[str]:
        return [asked[0] for asked in self.asked]

    def _answer(self, name: str, *asked: Any, **more: Any) -> Any:
        self._ask(name, *asked)
        if name == self._refused:
            raise SourceError(f"the database does not answer {name}")
        return getattr(self._answers, name)(*asked, **more)

    async def activity(
        self,
        wanted: SpanFilter,
        tenant: Tenant,
        *,
        slower_than_ns: int | None = None,
        also_by: str = "",
    ) -> Any:
        more = {"slower_than_ns": slower_than_ns, "also_by": also_by}
        return self._answer("activity", wanted, tenant, **more)

    async def facets(self, *asked: Any, **more: Any) -> Any:
        return self._answer("facets", *asked, **more)

    async def field_names(self, *asked: Any) -> Any:
        return self._answer("field_names", *asked)

    async def field_values(self, *asked: Any, **more: Any) -> Any:
        return self._answer("field_values", *asked, **more)

    async def span_counts(self, *asked: Any, **more: Any) -> Any:
        return self._answer("span_counts", *asked, **more)

    async def spans(self, wanted: SpanFilter, tenant: Tenant, **more: Any) -> Any:
        return self._answer("spans", wanted, tenant, **{"slowest": False, **more})
