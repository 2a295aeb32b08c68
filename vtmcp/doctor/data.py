"""What is in the database for us: tenants, ages of spans, the graph, and how fast it answers. Pure.

Must not be here: any asking.
"""

from collections.abc import Sequence
from typing import NamedTuple

import orjson

from vtmcp.doctor.findings import (
    GRAPH,
    LATENCY,
    NEWEST,
    OTHER_TENANTS,
    RETENTION,
    SPEED,
    TENANT,
    Finding,
    failure,
)
from vtmcp.doctor.flags import Told
from vtmcp.durations import format_duration, parse_duration_ns
from vtmcp.traces.model import Dependency
from vtmcp.traces.safe import safe
from vtmcp.traces.tenant import Tenant
from vtmcp.victoriatraces.response import HttpResponse

TENANTS_MAX = 10
"""So many other tenants are named; a database may have thousands."""

QUIET_NS = 3_600_000_000_000
"""Tools look at the last hour unless told otherwise, and would find nothing."""

LATENCY_NS_MAX = 120_000_000_000
"""A larger offset hides what an on-call engineer looks for first."""

SLOW_S = 2.0
"""The list of services takes some milliseconds, on a large cluster a few hundred."""

FLAG_CHARS_MAX = 40

_LATENCY_FLAG, _RETENTION_FLAG = "search.latencyOffset", "retentionPeriod"
_GRAPH_FLAG, _NODES_FLAG = "servicegraph.enableTask", "storageNode"
_NOT_TOLD = "the database does not tell (/metrics, /flags)"


class Ages(NamedTuple):
    """Between which two ages the oldest span is; nothing where none is older than the first."""

    least_ns: int
    most_ns: int | None


def read_tenants(response: HttpResponse | None) -> list[Tenant] | None:
    """Return the tenants with data, or None when they are not told."""
    if response is None or response.status != 200:
        return None
    try:
        found = orjson.loads(response.body)
        return sorted(Tenant(row["account_id"], row["project_id"]) for row in found)
    except (orjson.JSONDecodeError, TypeError, KeyError):
        return None


def judge_tenant(
    tenant: Tenant, services: int, newest_ns: int | None, others: Sequence[Tenant]
) -> Finding:
    """Say whether the configured tenant has data."""
    if newest_ns is not None or services:
        return Finding(TENANT, "ok", f"{tenant} has spans, {services} services lately")
    remedy = "send spans to /insert/opentelemetry/v1/traces, with the headers of that tenant"
    if others:
        remedy = f"set VT_DEFAULT_TENANT_ID to a tenant with data, such as {others[0]}"
    return Finding(TENANT, "warn", f"{tenant} has no spans", remedy)


def judge_other_tenants(tenant: Tenant, tenants: Sequence[Tenant] | None) -> Finding:
    """Name the other tenants with data, which a call may ask for."""
    if tenants is None:
        return Finding(OTHER_TENANTS, "skip", "this version, or a proxy, does not list tenants")
    others = [str(each) for each in tenants if each != tenant]
    if not others:
        return Finding(OTHER_TENANTS, "ok", "none")
    more = f" and {len(others) - TENANTS_MAX} more" if len(others) > TENANTS_MAX else ""
    named = ", ".join(others[:TENANTS_MAX])
    return Finding(OTHER_TENANTS, "ok", f"{len(others)} with data: {named}{more}")


def judge_newest(newest_ns: int | None, now_ns: int) -> Finding:
    """Say how old the newest span is."""
    if newest_ns is None:
        return Finding(NEWEST, "skip", "there are no spans")
    age_ns = now_ns - newest_ns
    if age_ns < 0:
        return Finding(
            NEWEST,
            "warn",
            f"it ends {format_duration(-age_ns)} in the future",
            "set the clock of whoever sends spans, or that of this machine",
        )
    evidence = f"it ended {format_duration(age_ns)} ago"
    if age_ns <= QUIET_NS:
        return Finding(NEWEST, "ok", evidence)
    return Finding(
        NEWEST,
        "warn",
        f"{evidence}, so the last hour, which tools look at first, is empty",
        "see whether the services, or the collector, still send spans for this tenant",
    )


def judge_retention(told: Told, oldest: Ages | None) -> Finding:
    """Say how long spans are kept, and how old the oldest are."""
    kept = told.flags.get(_RETENTION_FLAG, "")
    flag = f"-retentionPeriod={safe(kept, FLAG_CHARS_MAX)}" if kept else f"how long: {_NOT_TOLD}"
    if oldest is None:
        return Finding(RETENTION, "ok" if kept else "skip", flag)
    least = format_duration(oldest.least_ns)
    if oldest.most_ns is None:
        ages = f"the oldest span is more than {least} old"
    elif oldest.least_ns:
        ages = f"the oldest span is {least} to {format_duration(oldest.most_ns)} old"
    else:
        ages = f"no span is older than {format_duration(oldest.most_ns)}"
    return Finding(RETENTION, "ok", f"{flag}; {ages}")


def judge_latency(told: Told) -> Finding:
    """Say how new a span is too new to be found."""
    text = told.flags.get(_LATENCY_FLAG, "")
    if not text:
        known = "this version has none that can be set" if told.is_complete else _NOT_TOLD
        return Finding(LATENCY, "skip", known)
    evidence = f"the last {safe(text, FLAG_CHARS_MAX)} are not found yet (-{_LATENCY_FLAG})"
    try:
        is_long = parse_duration_ns(text) > LATENCY_NS_MAX
    except ValueError:
        is_long = False
    if not is_long:
        return Finding(LATENCY, "ok", evidence)
    return Finding(LATENCY, "warn", evidence, f"start the database with a shorter -{_LATENCY_FLAG}")


def judge_graph(edges: Sequence[Dependency] | str, told: Told) -> Finding:
    """Say whether there is a service graph. `edges` is a text where they could not be had."""
    if isinstance(edges, str):
        return failure(GRAPH, edges)._replace(verdict="warn")
    if edges:
        return Finding(GRAPH, "ok", f"{len(edges)} edges in the last day")
    evidence, where = "it is empty for the last day", ""
    if told.flags.get(_NODES_FLAG):
        where = " on each vtstorage"
    elif told.flags.get(_GRAPH_FLAG) == "true":
        return Finding(
            GRAPH,
            "warn",
            f"{evidence}, and the task that makes it is on",
            "nothing, if the database is new; else see whether spans have the kinds client and "
            "server, and vt_servicegraph_task_execution_error_total",
        )
    return Finding(
        GRAPH,
        "warn",
        evidence,
        f"start the database with -{_GRAPH_FLAG}=true{where}; dependencies has no answer without",
    )


def judge_speed(services_s: float, health_s: float) -> Finding:
    """Say how long a cheap question takes, and whether the way there is what takes long."""
    took, way = format_duration(round(services_s * 1e9)), format_duration(round(health_s * 1e9))
    evidence = f"the list of services took {took}, /health {way}"
    if services_s < SLOW_S:
        return Finding(SPEED, "ok", evidence)
    if health_s > services_s / 2:
        remedy = "the way to the database is slow: run vtmcp closer to it"
    else:
        remedy = (
            "the database is busy or short of CPU: see vt_concurrent_select_current and "
            "-search.maxConcurrentRequests; raise VT_FIRST_BYTE_TIMEOUT if questions fail"
        )
    return Finding(SPEED, "warn", evidence, remedy)
