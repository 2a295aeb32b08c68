"""Spans that begin and end: ids, times, and whether they are recorded.

Must not be here: what a span is about, or where it goes.
"""

import os
import time
from collections.abc import Callable
from typing import NamedTuple

from vtmcp.protocol.trace_context import (
    RANDOM,
    SAMPLED,
    SPAN_ID_BYTES,
    TraceContext,
    span_id_of,
)
from vtmcp.telemetry.sampling import Sampler
from vtmcp.traces.model import Attributes, Span

TRACE_ID_BYTES = 16


class Begun(NamedTuple):
    """A span under way. `context` is its place: whoever is asked next is a child of it."""

    context: TraceContext
    parent_span_id: str
    start_ns: int
    tick_ns: int
    """The same moment on a clock that is never set."""


class Tracer:
    """Makes spans and hands those that are recorded to `put`, which must not wait or fail."""

    def __init__(
        self,
        sampler: Sampler,
        put: Callable[[Span], None],
        *,
        service: str,
        resource: Attributes,
        scope: Attributes,
        random: Callable[[int], bytes] = os.urandom,
        now_ns: Callable[[], int] = time.time_ns,
        tick_ns: Callable[[], int] = time.perf_counter_ns,
    ) -> None:
        self._sampler = sampler
        self._put = put
        self._service = service
        self._resource = resource
        self._scope = scope
        self._random = random
        self._now_ns = now_ns
        self._tick_ns = tick_ns

    def begin(self, parent: TraceContext | None) -> Begun:
        """Begin the span of a call, below the one that it was given or in a new trace."""
        if parent is None:
            random = self._random(TRACE_ID_BYTES + SPAN_ID_BYTES)
            trace_id = _trace_id_of(random[:TRACE_ID_BYTES])
            context = TraceContext(trace_id, span_id_of(random[TRACE_ID_BYTES:]), RANDOM)
        else:
            context = parent.child(self._random(SPAN_ID_BYTES))
        is_recorded = self._sampler(parent, context.trace_id)
        flags = context.flags | SAMPLED if is_recorded else context.flags & ~SAMPLED
        return self._begun(context._replace(flags=flags), parent)

    def begin_below(self, parent: TraceContext) -> Begun:
        """Begin a span below one of ours: it is recorded if that one is."""
        return self._begun(parent.child(self._random(SPAN_ID_BYTES)), parent)

    def end(
        self, begun: Begun, name: str, kind: str, attributes: Attributes, *, failed: bool
    ) -> None:
        """End a span, and hand it on if it is recorded."""
        context = begun.context
        if not context.is_sampled:
            return
        self._put(
            Span(
                trace_id=context.trace_id,
                span_id=context.span_id,
                parent_span_id=begun.parent_span_id,
                service=self._service,
                name=name,
                kind=kind,
                start_ns=begun.start_ns,
                duration_ns=self._tick_ns() - begun.tick_ns,
                status="error" if failed else "unset",
                attributes=attributes,
                resource=self._resource,
                scope=self._scope,
            )
        )

    def _begun(self, context: TraceContext, parent: TraceContext | None) -> Begun:
        parent_span_id = "" if parent is None else parent.span_id
        return Begun(context, parent_span_id, self._now_ns(), self._tick_ns())


def _trace_id_of(random: bytes) -> str:
    """An id made of random bytes; it is never all zeros, which is no id."""
    return (random if any(random) else b"\0" * (TRACE_ID_BYTES - 1) + b"\1").hex()
