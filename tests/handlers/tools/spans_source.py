"""A trace source that counts and groups spans of its own, by the rules of the demo data."""

from collections.abc import Iterator, Sequence
from typing import Any

from tests.handlers.tools.source import NOW_NS, ScriptedSource
from vtmcp.demo.spans import SpanAnswers
from vtmcp.traces.model import Span, Trace
from vtmcp.traces.origins import Failing
from vtmcp.traces.spans import ROWS_MAX, SpanFilter, SpanStats
from vtmcp.traces.tenant import Tenant

S = 1_000_000_000


class SpansSource(ScriptedSource):
    """Answers `span_stats` and `failing` from these spans."""

    def __init__(self, spans: Sequence[Span], *, notice: str = "") -> None:
        super().__init__(notice=notice)
        self._answers = _Answers(spans)

    async def span_stats(
        self,
        wanted: SpanFilter,
        by: Sequence[str],
        tenant: Tenant,
        *,
        limit: int | None = None,
    ) -> list[SpanStats]:
        self._ask("span_stats", wanted, tuple(by))
        return self._answers.span_stats(wanted, by, tenant, limit=limit or ROWS_MAX)

    async def failing(self, wanted: SpanFilter, tenant: Tenant, *, limit: int) -> Failing:
        self._ask("failing", wanted, limit)
        return self._answers.failing(wanted, tenant, limit=limit)


def a_span(number: int, *, ago_s: float = 60.0, **more: Any) -> Span:
    """A span of 10 ms of a trace of its own, that ended so long before now."""
    duration_ns = more.pop("duration_ns", 10_000_000)
    defaults = {
        "trace_id": f"{number:032x}",
        "span_id": f"{number:016x}",
        "service": "cart",
        "name": "GET /cart",
        "duration_ns": duration_ns,
        "start_ns": NOW_NS - round(ago_s * S) - duration_ns,
    }
    return Span(**{**defaults, **more})


def failed(number: int, message: str = "", **more: Any) -> Span:
    return a_span(number, status="error", status_message=message, **more)


class _Answers(SpanAnswers):
    def __init__(self, spans: Sequence[Span]) -> None:
        super().__init__(lambda: NOW_NS)
        self._spans_of: dict[str, list[Span]] = {}
        for span in spans:
            self._spans_of.setdefault(span.trace_id, []).append(span)

    def _kept(self, wanted: SpanFilter, tenant: Tenant) -> Iterator[Trace]:
        for trace_id, spans in self._spans_of.items():
            yield Trace(trace_id, tuple(spans))
