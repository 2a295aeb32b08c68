"""A recipe and a number to a trace. Pure: the same number gives the same spans, always.

Times are whole microseconds, as Jaeger JSON has no finer ones. Must not be here: what is in the
shop, which traces there are.
"""

import random
from collections.abc import Mapping
from typing import NamedTuple

from vtmcp.demo.recipe import Range, Slow, Thrown, Work
from vtmcp.demo.services import Pod, pods_of
from vtmcp.demo.timetable import Entry
from vtmcp.traces.model import Event, Span, Trace

NS_PER_US = 1_000

USERS = 120
SKUS = 40
"""Few enough to be met again, so that a search by one of them finds several traces."""

_SCOPES = {
    "client": {"otel.scope.name": "opentelemetry.instrumentation.client"},
    "consumer": {"otel.scope.name": "opentelemetry.instrumentation.messaging"},
    "internal": {"otel.scope.name": "app"},
    "producer": {"otel.scope.name": "opentelemetry.instrumentation.messaging"},
    "server": {"otel.scope.name": "opentelemetry.instrumentation.server"},
}


def generate(entry: Entry, *, rolled_out: bool) -> Trace:
    """Return the trace of an entry, as it is before the rollout began or since then."""
    builder = _Builder(entry, rolled_out=rolled_out)
    builder.add(entry.recipe.root, _Above("", entry.start_us, None))
    return Trace(entry.trace_id, tuple(builder.spans))


class _Above(NamedTuple):
    """What a span needs to know of the one above: its id, the time, and the pod it is on."""

    span_id: str
    now_us: int
    pod: Pod | None


class _Done(NamedTuple):
    end_us: int
    failed: bool


class _Builder:
    def __init__(self, entry: Entry, *, rolled_out: bool) -> None:
        self.spans: list[Span] = []
        self._trace_id = entry.trace_id
        self._rolled_out = rolled_out
        self._random = random.Random(entry.number)
        self._words = {
            "user": f"u{self._below(USERS):04}",
            "sku": f"sku-{1_000 + self._below(SKUS)}",
            "order": f"o-{self._random.getrandbits(32):08x}",
            "n": "0",
        }

    def add(self, work: Work, above: _Above) -> _Done:
        """Add the span of some work and of all below it. Recipes are as deep as tables are."""
        pod = above.pod
        if pod is None or pod.service != work.service:
            pods = pods_of(work.service, rolled_out=self._rolled_out)
            pod = pods[self._below(len(pods))]
        start_us = above.now_us + self._draw(work.wait_us)
        span_id = f"{self._random.getrandbits(64):016x}"
        thrown, own_us, slow = self._fate(work, pod)
        attributes = self._attributes(work, slow)
        done = self._add_below(work, _Above(span_id, start_us + own_us // 3, pod))
        if done.failed:
            thrown = work.rethrown
        failed = done.failed or thrown is not None
        end_us = done.end_us + own_us - own_us // 3
        if not work.lost:
            self.spans.append(
                Span(
                    trace_id=self._trace_id,
                    span_id=span_id,
                    parent_span_id=above.span_id,
                    service=work.service,
                    name=work.name,
                    kind=work.kind,
                    start_ns=(start_us + pod.skew_us) * NS_PER_US,
                    duration_ns=(end_us - start_us) * NS_PER_US,
                    status="error" if failed else "unset",
                    status_message=thrown.message if thrown else "",
                    attributes={**attributes, **work.if_failed} if failed else attributes,
                    resource=pod.resource,
                    scope=_SCOPES[work.kind],
                    events=_exception(thrown, done.end_us + pod.skew_us) if thrown else (),
                )
            )
        return _Done(end_us, failed)

    def _add_below(self, work: Work, above: _Above) -> _Done:
        now_us = end_us = above.now_us
        failed = False
        for child in work.below:
            for number in range(self._draw(child.times)):
                self._words["n"] = str(number)
                done = self.add(child, above._replace(now_us=now_us))
                if not child.detached:
                    end_us = max(end_us, done.end_us)
                failed = failed or (done.failed and not child.tolerated)
                if not work.at_once:
                    now_us = end_us
                    if failed:
                        return _Done(end_us, failed)
        return _Done(end_us, failed)

    def _fate(self, work: Work, pod: Pod) -> tuple[Thrown | None, int, Slow | None]:
        """Draw whether the work fails on its own, how long it takes, and if that is slow."""
        fault, slow = work.fault, work.slow
        if fault and fault.version in ("", pod.version) and self._random.random() < fault.share:
            return fault.thrown, self._draw(fault.own_us or work.own_us), None
        if slow and self._random.random() < slow.share:
            return None, self._draw(slow.own_us), slow
        return None, self._draw(work.own_us), None

    def _attributes(self, work: Work, slow: Slow | None) -> Mapping[str, str]:
        """Return the attributes of a span that does not fail; one object for equal ones."""
        if not work.varied:
            return work.attributes
        varied = {
            key: (value if isinstance(value, str) else value[self._below(len(value))]).format_map(
                self._words
            )
            for key, value in work.varied.items()
        }
        return {**work.attributes, **varied, **(slow.attributes if slow else {})}

    def _draw(self, between: Range) -> int:
        """Draw from a range, most often near its lower end."""
        least, most = between
        if least == most:
            return least
        return least + int((most - least + 1) * self._random.random() ** 2)

    def _below(self, count: int) -> int:
        """Draw a number below `count`; unlike `choice`, the same in every version of Python."""
        return int(count * self._random.random())


def _exception(thrown: Thrown, time_us: int) -> tuple[Event]:
    attributes = {
        "exception.type": thrown.type,
        "exception.message": thrown.message,
        "exception.stacktrace": thrown.stack,
    }
    return (Event("exception", time_us * NS_PER_US, attributes),)
