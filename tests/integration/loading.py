"""Sends the stories to a real database under names of this run alone, and waits for them.

Must not be here: what a test expects. Nothing that was there before is changed or deleted.
"""

import secrets
import time
import urllib.error
import urllib.request
from collections.abc import Iterable
from typing import Any

from tests.integration import stories
from tests.integration.otlp import export_request

Json = dict[str, Any]

AGO_S = 60
"""The spans end so long ago: the last 30 s are hidden from searches (-search.latencyOffset)."""

STEP_US = 1_000_000
"""Each trace ends so much before the one after it, so that their order is known."""

FOUND_S_MAX = 60
"""Ids are found 20 s after the spans came (-insert.indexFlushInterval), 30 s in some versions."""

POLL_S = 0.5

HOSTILE = {
    'say "hi" \\ there': 'quoted "operation" \\',
    "a name  of spaces ": " GET  / ",
    "..": "of two dots",
    "../../metrics": "of a path",
    "100%25 %2F": "of percents",
    "`x`:=y | limit 1": "of a query",
    "two\nlines\tof it": "of\nlines",
    "x\u202egnp.exe\x1b[31m": "of what is not seen",
}
"""Services and operations whose names mean something to a URL, a query or a terminal."""


def load(
    entrypoint: str, first: tuple[int, int], second: tuple[int, int], suffix: str
) -> tuple[dict[str, Json], dict[str, Json], str]:
    """Send all stories. Returns what each tenant holds, and the id of a trace that is lost.

    The keys are those of `stories.TRACES`, the recording and a number for the traces of searches,
    and the service for hostile names.
    """
    told = [(name, _one(recording)) for name, recording in stories.TRACES.items()]
    told += [
        (f"{recording} {number}", trace)
        for recording in stories.SEARCHES
        for number, trace in enumerate(stories.traces_of(recording))
    ]
    told += [(service, _hostile(service, operation)) for service, operation in HOSTILE.items()]
    end_us = (time.time_ns() // 1_000_000_000 - AGO_S) * stories.US_PER_S
    mine = {
        name: stories.retold(
            trace,
            trace_id=secrets.token_hex(16),
            suffix="" if name in HOSTILE else suffix,
            end_us=end_us - number * STEP_US,
        )
        for number, (name, trace) in enumerate(told)
    }
    theirs = {
        stories.TRACE_OF_ANOTHER: stories.retold(
            _one(stories.TRACE_OF_ANOTHER),
            trace_id=secrets.token_hex(16),
            suffix=suffix,
            end_us=end_us,
        )
    }
    lost = stories.retold(_lost(), trace_id=secrets.token_hex(16), suffix=suffix, end_us=end_us)
    send(entrypoint, first, export_request(lost))
    for tenant, traces in ((first, mine), (second, theirs)):
        for trace in traces.values():
            send(entrypoint, tenant, export_request(trace))
        _wait(entrypoint, tenant, traces.values())
    return mine, theirs, lost["traceID"]


def send(entrypoint: str, tenant: tuple[int, int], body: bytes) -> None:
    """Send an OTLP request to the database."""
    request = urllib.request.Request(
        f"{entrypoint}/insert/opentelemetry/v1/traces",
        data=body,
        headers={**tenant_headers(tenant), "Content-Type": "application/x-protobuf"},
    )
    with urllib.request.urlopen(request, timeout=FOUND_S_MAX) as response:
        response.read()


def tenant_headers(tenant: tuple[int, int]) -> dict[str, str]:
    return {"AccountID": str(tenant[0]), "ProjectID": str(tenant[1])}


def _one(recording: str) -> Json:
    (trace,) = stories.traces_of(recording)
    return trace


def _hostile(service: str, operation: str) -> Json:
    """A trace of one span with these names."""
    trace = _one("127-trace-kind0_ok")
    trace["spans"] = trace["spans"][:1]
    trace["spans"][0] |= {"operationName": operation, "references": []}
    trace["processes"] = {trace["spans"][0]["processID"]: {"serviceName": service, "tags": []}}
    return trace


def _lost() -> Json:
    """A trace of one span that ends before it starts, which the database takes and never shows."""
    trace = _one("127-trace-kind0_ok")
    trace["spans"][0]["duration"] = -5_000
    return trace


def _wait(entrypoint: str, tenant: tuple[int, int], traces: Iterable[Json]) -> None:
    """Return once each trace is found by its id and whole. A database tells nobody when it is."""
    deadline_s = time.monotonic() + FOUND_S_MAX
    for trace in traces:
        while _count_found(entrypoint, tenant, trace["traceID"]) < len(trace["spans"]):
            if time.monotonic() > deadline_s:
                raise TimeoutError(f"{trace['traceID']} is not whole {FOUND_S_MAX} s after sending")
            time.sleep(POLL_S)


def _count_found(entrypoint: str, tenant: tuple[int, int], trace_id: str) -> int:
    url = f"{entrypoint}/select/jaeger/api/traces/{trace_id}"
    request = urllib.request.Request(url, headers=tenant_headers(tenant))
    try:
        with urllib.request.urlopen(request, timeout=FOUND_S_MAX) as response:
            return int(response.read().count(b'"operationName"'))
    except urllib.error.HTTPError as error:  # Newer versions say 404 as long as there is nothing.
        error.close()
        return 0
