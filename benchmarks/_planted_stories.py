"""The steps of requests as spans, in time, with a fault or none: traces as Jaeger JSON.

Must not be here: the requests there are, faults, what a tool should say of them.
"""

import random
import zlib
from collections.abc import Iterator
from dataclasses import replace
from typing import NamedTuple

from benchmarks._planted_steps import MINUTE, MS, PODS, Fault, Json, Step, Where
from benchmarks._planted_system import Request

SLOW_SHARE, SLOW_TIMES = 0.01, 6
"""One step in a hundred takes six times as long for no reason: collectors, noisy neighbours."""

SPREAD = 0.5
"""The standard deviation of the logarithm of a duration."""


class Story(NamedTuple):
    """A trace, and whether the fault touched it."""

    trace: Json
    is_touched: bool


def stories(
    fault: Fault, seed: int, start_us: int, end_us: int, *, a_minute: float
) -> Iterator[Story]:
    """Yield traces that begin in the window, so many a minute on average."""
    drawn = random.Random(f"{seed} {start_us}")
    now_us = float(start_us)
    while True:
        times = fault.traffic(int(now_us)) if now_us >= fault.since_us else 1.0
        now_us += drawn.expovariate(a_minute * times) * MINUTE
        if now_us >= end_us:
            return
        yield _Telling(fault, drawn, int(now_us)).story()


def story_of(root: Step, seed: int, start_us: int) -> Story:
    """Return the trace of one request, as it would be without a fault."""
    return _Telling(Fault(), random.Random(seed), start_us).story(root)


class _Telling:
    """One trace as it is being made."""

    def __init__(self, fault: Fault, drawn: random.Random, start_us: int) -> None:
        self.fault, self.drawn, self.start_us = fault, drawn, start_us
        self.is_on = start_us >= fault.since_us
        self.trace_id = f"{drawn.getrandbits(128):032x}"
        self.request = Request(drawn)
        self.is_touched = False
        self.spans: list[Json] = []
        self.processes: dict[str, Json] = {}

    def story(self, root: Step | None = None) -> Story:
        self._do(root or self.request.root(), "", self.start_us, None)
        if self.is_touched:
            self.fault.finish(self.spans)
        arrived = [span for span in self.spans if not span.pop("is_lost")]
        told = {"traceID": self.trace_id, "spans": arrived, "processes": self.processes}
        return Story(told, self.is_touched)

    def _do(self, step: Step, parent: str, at_us: int, pod: int | None) -> tuple[int, bool]:
        """Do a step with all its attempts. Returns when it ended and whether it failed."""
        chosen = self.drawn.randrange(PODS) if pod is None else pod
        version = self.fault.version(step.service, chosen, at_us)
        asks = self.request
        where = Where(step.service, chosen, version, asks.tenant, asks.country, asks.flag, at_us)
        if self.is_on:
            # What is below is done again with each attempt, and then changed anew.
            step = replace(step, tags=dict(step.tags), below=list(step.below))
            self.is_touched |= self.fault.plan(step, where, self.drawn)
        now_us = at_us + self._us(step.wait_ms)
        failed = False
        for number in range(step.attempts):
            if number:
                now_us += self._us(step.backoff_ms)
            now_us, failed = self._attempt(step, parent, now_us, where)
            if not failed:
                break
        return now_us, failed and not step.is_tolerant

    def _attempt(self, step: Step, parent: str, at_us: int, where: Where) -> tuple[int, bool]:
        span_id = f"{self.drawn.getrandbits(64):016x}"
        own_us = self._us(step.own_ms)
        own_failure = self.drawn.random() < step.fails
        is_refused = own_failure and not step.is_tolerant
        place = len(self.spans)
        self.spans.append({})
        now_us, failed = at_us + own_us // 2, False
        end_us = now_us
        for child in () if is_refused else step.below:
            if child.is_skipped:
                continue
            pod = where.pod if child.service == step.service else None
            child_end_us, broken = self._do(child, span_id, now_us, pod)
            if not child.is_async:
                end_us = max(end_us, child_end_us)
            if not step.at_once:
                now_us = end_us
            failed = failed or broken
            if broken and not step.at_once:
                break
        end_us += own_us - own_us // 2
        error = self._error(step, own_failure, failed)
        self.spans[place] = self._span(step, (span_id, parent), (at_us, end_us), where, error)
        return end_us, failed or own_failure

    def _us(self, ms: float) -> int:
        slow = SLOW_TIMES if self.drawn.random() < SLOW_SHARE else 1
        return int(ms * MS * slow * self.drawn.lognormvariate(0, SPREAD)) if ms else 0

    def _error(self, step: Step, own: bool, failed: bool) -> tuple[str, str] | None:
        if own:
            kind, message = step.error
            return kind, message.replace("{id}", str(self.drawn.randint(1_000, 999_999)))
        return ("", "") if failed else None

    def _span(
        self,
        step: Step,
        ids: tuple[str, str],
        times: tuple[int, int],
        where: Where,
        error: tuple[str, str] | None,
    ) -> Json:
        tags = {"span.kind": step.kind, "error": "unset", **step.tags}
        logs = []
        shift_us = self.fault.clock_us(where) if self.is_on else 0
        if error is not None:
            kind, message = error
            tags["error"] = "true"
            if "http.response.status_code" in tags and step.kind == "server":
                tags["http.response.status_code"] = step.says_status or "500"
            if kind and step.kind == "client":
                tags |= {"error.type": kind, "otel.status_description": message}
            elif kind:
                fields = {
                    "event": "exception",
                    "exception.type": kind,
                    "exception.message": message,
                }
                at_us = times[1] + shift_us
                logs.append({"timestamp": at_us, "fields": _tags(fields)})
        process = f"{where.service}-{where.pod}-{where.version}"
        self.processes.setdefault(process, _process(where))
        return {
            "traceID": self.trace_id,
            "spanID": ids[0],
            "operationName": step.name,
            "references": [{"refType": "CHILD_OF", "traceID": self.trace_id, "spanID": ids[1]}]
            if ids[1]
            else [],
            "startTime": times[0] + shift_us,
            "duration": times[1] - times[0],
            "tags": _tags(tags),
            "logs": logs,
            "processID": process,
            "is_lost": self.is_on and self.fault.is_lost(step, where),
        }


def _process(where: Where) -> Json:
    tags = {
        "service.version": where.version,
        "service.instance.id": f"{zlib.crc32(where.pod_name.encode()):08x}",
        "k8s.pod.name": where.pod_name,
        "k8s.node.name": where.node,
        "k8s.namespace.name": "prod",
        "k8s.deployment.name": where.service,
        "cloud.availability_zone": where.zone,
        "cloud.region": "eu-1",
        "deployment.environment.name": "production",
        "telemetry.sdk.language": "go" if len(where.service) % 2 else "java",
    }
    return {"serviceName": where.service, "tags": _tags(tags)}


def _tags(values: dict[str, str]) -> list[Json]:
    return [{"key": name, "type": "string", "value": value} for name, value in values.items()]
