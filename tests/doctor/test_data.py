"""Tenants, ages, the graph and the speed, as findings."""

import pytest

from tests.victoriatraces.recordings import recorded
from vtmcp.doctor import data
from vtmcp.doctor.data import Ages
from vtmcp.doctor.findings import Finding
from vtmcp.doctor.flags import Told
from vtmcp.traces.model import Dependency
from vtmcp.traces.tenant import Tenant
from vtmcp.victoriatraces.response import HttpResponse

HOUR_NS = 3_600_000_000_000
ZERO, SEVEN = Tenant(0, 0), Tenant(7, 3)
NOTHING_TOLD = Told({}, False, "", "")


def told(complete: bool = True, **flags: str) -> Told:
    return Told({name.replace("_", "."): value for name, value in flags.items()}, complete, "", "")


TENANTS: dict[str, tuple[HttpResponse | None, list[Tenant] | None]] = {
    "the list": (recorded("011-tenant-ids"), [ZERO, SEVEN]),
    "refused with a tenant": (recorded("013-tenant-ids-with-account"), None),
    "no answer": (None, None),
    "no JSON": (HttpResponse(200, (), b"<html>"), None),
    "another JSON": (HttpResponse(200, (), b"[1]"), None),
    "other names": (HttpResponse(200, (), b"[{}]"), None),
}


@pytest.mark.parametrize(("response", "tenants"), TENANTS.values(), ids=TENANTS)
def test_tenants_are_read(response: HttpResponse | None, tenants: list[Tenant] | None) -> None:
    assert data.read_tenants(response) == tenants


FINDINGS: dict[str, tuple[Finding, str, str, str]] = {
    "a tenant with data": (
        data.judge_tenant(ZERO, 12, 1, []),
        "ok",
        "0:0 has spans, 12 services lately",
        "",
    ),
    "an empty tenant of an empty database": (
        data.judge_tenant(ZERO, 0, None, []),
        "warn",
        "0:0 has no spans",
        "/insert/opentelemetry/v1/traces",
    ),
    "an empty tenant beside others": (
        data.judge_tenant(ZERO, 0, None, [SEVEN]),
        "warn",
        "0:0 has no spans",
        "VT_DEFAULT_TENANT_ID to a tenant with data, such as 7:3",
    ),
    "tenants are not listed": (data.judge_other_tenants(ZERO, None), "skip", "a proxy, does", ""),
    "no other tenant": (data.judge_other_tenants(ZERO, [ZERO]), "ok", "none", ""),
    "another tenant": (
        data.judge_other_tenants(ZERO, [ZERO, SEVEN]),
        "ok",
        "1 with data: 7:3",
        "",
    ),
    "many tenants": (
        data.judge_other_tenants(ZERO, [Tenant(number, 0) for number in range(1, 14)]),
        "ok",
        "13 with data: 1:0, 2:0, 3:0, 4:0, 5:0, 6:0, 7:0, 8:0, 9:0, 10:0 and 3 more",
        "",
    ),
    "no newest span": (data.judge_newest(None, 0), "skip", "there are no spans", ""),
    "a new span": (data.judge_newest(0, HOUR_NS // 60), "ok", "1 min ago", ""),
    "an old span": (data.judge_newest(0, 2 * HOUR_NS), "warn", "2 h ago", "still send spans"),
    "a span of tomorrow": (data.judge_newest(HOUR_NS, 0), "warn", "1 h in the future", "clock"),
    "retention and the oldest": (
        data.judge_retention(told(retentionPeriod="30d"), Ages(HOUR_NS, 24 * HOUR_NS)),
        "ok",
        "-retentionPeriod=30d; the oldest span is 1 h to 1 d old",
        "",
    ),
    "all spans are new": (
        data.judge_retention(told(retentionPeriod="7d"), Ages(0, HOUR_NS)),
        "ok",
        "no span is older than 1 h",
        "",
    ),
    "very old spans": (
        data.judge_retention(NOTHING_TOLD, Ages(HOUR_NS, None)),
        "ok",
        "does not tell (/metrics, /flags); the oldest span is more than 1 h old",
        "",
    ),
    "only the retention": (
        data.judge_retention(told(retentionPeriod="7d"), None),
        "ok",
        "-retentionPeriod=7d",
        "",
    ),
    "no retention is told": (data.judge_retention(NOTHING_TOLD, None), "skip", "not tell", ""),
    "the usual latency": (
        data.judge_latency(told(search_latencyOffset="30s")),
        "ok",
        "the last 30s are not found yet",
        "",
    ),
    "a long latency": (
        data.judge_latency(told(search_latencyOffset="10m0s")),
        "warn",
        "the last 10m0s are",
        "shorter -search.latencyOffset",
    ),
    "an odd latency": (data.judge_latency(told(search_latencyOffset="x\n")), "ok", "x\\n are", ""),
    "an old version without latency": (data.judge_latency(told()), "skip", "has none", ""),
    "a latency that is not told": (data.judge_latency(NOTHING_TOLD), "skip", "not tell", ""),
    "a graph": (data.judge_graph([Dependency("a", "b", 1)], told()), "ok", "1 edges", ""),
    "an empty graph that is off": (
        data.judge_graph([], told(servicegraph_enableTask="false")),
        "warn",
        "it is empty",
        "-servicegraph.enableTask=true; dependencies",
    ),
    "an empty graph of a cluster": (
        data.judge_graph([], told(storageNode="secret", servicegraph_enableTask="true")),
        "warn",
        "it is empty",
        "-servicegraph.enableTask=true on each vtstorage",
    ),
    "an empty graph that is on": (
        data.judge_graph([], told(servicegraph_enableTask="true")),
        "warn",
        "the task that makes it is on",
        "kinds client and server",
    ),
    "no graph at all": (
        data.judge_graph("the database answered 400; take v0.4.0", NOTHING_TOLD),
        "warn",
        "answered 400",
        "take v0.4.0",
    ),
    "a quick database": (data.judge_speed(0.004, 0.001), "ok", "took 4 ms, /health 1 ms", ""),
    "a slow way": (data.judge_speed(3.0, 2.9), "warn", "took 3 s, /health 2.9 s", "closer to it"),
    "a slow database": (
        data.judge_speed(3.4, 0.001),
        "warn",
        "the list of services took 3.4 s",
        "VT_FIRST_BYTE_TIMEOUT",
    ),
}


@pytest.mark.parametrize(
    ("finding", "verdict", "evidence", "remedy"), FINDINGS.values(), ids=FINDINGS
)
def test_what_is_in_the_database(
    finding: Finding, verdict: str, evidence: str, remedy: str
) -> None:
    assert finding.verdict == verdict
    assert evidence in finding.evidence
    assert remedy in finding.remedy
    assert bool(remedy) == bool(finding.remedy)
