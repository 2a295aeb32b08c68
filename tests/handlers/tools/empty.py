"""A source that has no spans at all, and says so to every question."""

from typing import Any

from tests.handlers.tools.source import NOW_NS, ScriptedSource
from vtmcp.traces.spans import Histogram


class EmptySource(ScriptedSource):
    """Answers every question on spans with none."""

    async def span_stats(self, *asked: Any, **more: Any) -> list[Any]:
        return []

    field_names = field_values = facets = spans = logsql = span_stats

    async def span_counts(self, *asked: Any, **more: Any) -> Histogram:
        return Histogram(NOW_NS, 1, (0,))
