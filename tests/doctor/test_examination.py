"""All checks of a database: a good, a wrong, a slow, a broken and an absent one."""

import socket
import ssl
from contextlib import suppress
from pathlib import Path
from typing import Any

import anyio
import anyio.to_thread
import pytest
import trustme

from tests.doctor.database import (
    BUILDINFO,
    DEPENDENCIES,
    NEWEST_NS,
    NOW_NS,
    QUERY,
    SERVICES,
    TENANTS,
    Answer,
    Database,
    Routes,
    answer,
    good,
    page,
    replayed,
    serving,
    spans,
    text,
)
from tests.victoriatraces.peer import CLOSE, LISTEN
from vtmcp.doctor import data, examination
from vtmcp.doctor.examination import DAY_NS, Examination
from vtmcp.doctor.findings import OF_DATABASE, Finding, Sheet
from vtmcp.traces.tenant import Tenant
from vtmcp.victoriatraces.settings import Settings

pytestmark = pytest.mark.anyio

ZERO = Tenant(0, 0)
EMPTY = answer(b'{"data":[],"errors":null,"limit":0,"offset":0,"total":0}', "application/json")
NO_SPANS = answer(b"", "application/stream+json")

Findings = dict[str, Finding]


async def examined(entrypoint: str, tenant: Tenant = ZERO, **settings: Any) -> Findings:
    sheet = Sheet(lambda finding: None, OF_DATABASE)
    with anyio.fail_after(10):
        at = Settings(entrypoint=entrypoint, **settings)
        await Examination(at, tenant, sheet, lambda: NOW_NS).run()
    assert [finding.check for finding in sheet.findings] == list(OF_DATABASE)
    return {finding.check: finding for finding in sheet.findings}


async def examine(routes: Routes, **options: Any) -> Findings:
    async with serving(routes) as database:
        return await examined(database.url, **options)


def verdicts(findings: Findings) -> dict[str, list[str]]:
    """The checks by verdict, without those that are ok."""
    by: dict[str, list[str]] = {}
    for finding in findings.values():
        if finding.verdict != "ok":
            by.setdefault(finding.verdict, []).append(finding.check)
    return by


async def test_a_good_database_is_good() -> None:
    findings = await examine(good())
    assert verdicts(findings) == {"skip": ["TLS"]}
    told = {check: finding.evidence for check, finding in findings.items()}
    assert told["version"] == "v0.9.0: all that vtmcp asks for"
    assert told["other tenants"] == "1 with data: 7:3"
    assert told["newest span"] == "it ended 2 min 3 s ago"
    assert told["retention"] == "-retentionPeriod=10y; no span is older than 1 h"
    assert told["latency offset"].startswith("the last 30s are not found yet")
    assert "ours (±" in told["clock"]


async def test_the_old_version_of_july_2025() -> None:
    """Its own answers: no version, no list of tenants, no service graph."""
    metrics = (
        'vm_app_version{version="victoria-traces-0297391d-master-20250711", short_version=""} 1\n'
        'flag{name="retentionPeriod", value="30d", is_set="true"} 1\n'
    )
    old = text('unsupported path requested: "/select/..."', 400)
    no_graph = text("/api/dependencies API is not supported yet.", 400)
    findings = await examine(
        {
            **good(),
            "/metrics": text(metrics),
            BUILDINFO: old,
            TENANTS: old,
            DEPENDENCIES: no_graph,
        }
    )
    assert verdicts(findings) == {
        "skip": ["TLS", "other tenants", "latency offset"],
        "warn": ["version", "service graph"],
    }
    assert "v0.4.0 or later" in findings["service graph"].remedy


NOT_OURS: dict[str, tuple[Routes, str, str, str]] = {
    "401": ({SERVICES: text("Unauthorized", 401)}, "credentials", "401", "VT_INSTANCE_BEARER"),
    "403": ({SERVICES: text("Forbidden", 403)}, "credentials", "403", "VT_DEFAULT_TENANT_ID"),
    "a page before it": (
        dict.fromkeys(["/", "/metrics", SERVICES], page("<title>Sign in</title>")),
        "product",
        'a web page called "Sign in"',
        "VT_INSTANCE_ENTRYPOINT",
    ),
    "VictoriaLogs": (
        {
            "/metrics": text('vm_app_version{version="victoria-logs-v1.50.0"} 1\n'),
            SERVICES: text("unsupported path requested", 400),
        },
        "product",
        "this is VictoriaLogs",
        "port 10428",
    ),
    "Tempo": (
        {
            "/api/echo": text("echo"),
            SERVICES: text("404 page not found", 404),
            "/metrics": CLOSE,
            "/": CLOSE,
        },
        "product",
        "this is Grafana Tempo",
        "port 10428",
    ),
    "Jaeger": (
        {"/api/services": EMPTY, **dict.fromkeys(["/", "/metrics", SERVICES], page("<html>"))},
        "product",
        "this is Jaeger",
        "port 10428",
    ),
    "it is stopping": ({"/health": text("stopping", 503)}, "health", "503", "log of the database"),
    "no HTTP": ({"/health": b"garbage\r\n\r\n"}, "health", "valid HTTP", "VT_INSTANCE_ENTRYPOINT"),
    "it hangs up on questions": ({SERVICES: CLOSE}, "credentials", "closed the conn", "try again"),
    "no LogsQL": ({QUERY: text("no such thing", 404)}, "tenant", "404", "path prefix"),
    "spans without a time": (
        {QUERY: answer(b'{"_time":"soon"}\n', "application/stream+json")},
        "tenant",
        "no time that can be read",
        "",
    ),
}


@pytest.mark.parametrize(("others", "check", "evidence", "remedy"), NOT_OURS.values(), ids=NOT_OURS)
async def test_one_fault_is_one_failure_and_the_rest_says_why_not(
    others: Routes, check: str, evidence: str, remedy: str
) -> None:
    findings = await examine({**good(), **others})
    by = verdicts(findings)
    assert by["fail"] == [check]
    assert evidence in findings[check].evidence
    assert remedy in findings[check].remedy
    later = OF_DATABASE[OF_DATABASE.index(check) + 1 :]
    assert check == "tenant" or all(
        findings[each] == Finding(each, "skip", f"{check} failed") for each in later
    )


async def test_where_credentials_are_wanted_for_all_they_are_what_fails() -> None:
    closed = dict.fromkeys(["/health", "/metrics", SERVICES], text("who?", 401))
    by = verdicts(await examine({**good(), **closed}))
    assert by["fail"] == ["credentials"]
    assert "health" in by["skip"]


async def test_spans_are_not_to_be_had_but_the_rest_is_told() -> None:
    findings = await examine({**good(), QUERY: text("no such thing", 404)})
    assert verdicts(findings) == {"skip": ["TLS", "newest span"], "fail": ["tenant"]}
    assert findings["retention"].evidence == "-retentionPeriod=10y"


async def test_an_empty_tenant_beside_others() -> None:
    findings = await examine({**good(), SERVICES: EMPTY, QUERY: NO_SPANS}, tenant=Tenant(5, 0))
    assert verdicts(findings) == {"skip": ["TLS", "newest span"], "warn": ["tenant"]}
    assert "VT_DEFAULT_TENANT_ID to a tenant with data, such as 0:0" in findings["tenant"].remedy


AGES: dict[str, tuple[Answer, str]] = {
    "all are new": (spans(NEWEST_NS), "no span is older than 1 h"),
    "some are of this week": (
        spans(NEWEST_NS, NOW_NS - 4 * DAY_NS),
        "the oldest span is 3 d to 7 d old",
    ),
    "the newest is of last week": (
        spans(NOW_NS - 8 * DAY_NS),
        "the oldest span is 7 d to 14 d old",
    ),
    "some are very old": (
        spans(NEWEST_NS, NOW_NS - 900 * DAY_NS),
        "the oldest span is more than 365 d old",
    ),
}


@pytest.mark.parametrize(("answers", "evidence"), AGES.values(), ids=AGES)
async def test_the_age_of_the_oldest_span(answers: Answer, evidence: str) -> None:
    async with serving({**good(), QUERY: answers}) as database:
        findings = await examined(database.url)
    assert findings["retention"].evidence.endswith(evidence)
    asked = [target for target in database.targets if target.startswith(QUERY)]
    assert len(asked) <= 6
    assert all("limit=1" in target for target in asked)


async def test_a_database_that_refuses_long_windows() -> None:
    lately = spans(NEWEST_NS)

    def answered(target: str) -> bytes:
        return lately(target) if "start=1795" in target else text("too long a range", 400)

    findings = await examine({**good(), QUERY: answered})
    assert findings["tenant"].verdict == "ok"
    assert findings["retention"].evidence == "-retentionPeriod=10y"


async def test_clocks_that_are_minutes_apart() -> None:
    findings = await examine(good(NOW_NS + 180 * 10**9))
    assert verdicts(findings)["fail"] == ["clock"]
    assert "s ahead of ours" in findings["clock"].evidence


async def test_answers_without_a_date() -> None:
    undated = {
        path: replayed(name)
        for path, name in (("/health", "002-health"), (SERVICES, "020-services"))
    }
    refused = dict.fromkeys(["/metrics", "/flags", BUILDINFO, TENANTS, DEPENDENCIES], CLOSE)
    findings = await examine({**good(), **undated, **refused, QUERY: CLOSE})
    assert findings["clock"] == Finding("clock", "skip", "no answer has a Date")


async def test_a_slow_database_is_warned_about(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(data, "SLOW_S", 0.0)
    assert verdicts(await examine(good()))["warn"] == ["speed"]


async def test_a_database_that_never_answers_ends_by_the_servers_own_limit() -> None:
    findings = await examine({**good(), "/health": LISTEN}, first_byte_timeout_s=0.05)
    assert findings["health"].verdict == "fail"
    assert "sent nothing within 0.05 s (VT_FIRST_BYTE_TIMEOUT)" in findings["health"].evidence
    assert findings["health"].remedy.startswith("see the load and the log of the database")
    assert findings["speed"].evidence == "health failed"


async def test_all_checks_together_have_a_bound(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(examination, "WHOLE_S", 0.3)
    findings = await examine({**good(), "/flags": LISTEN})
    assert findings["credentials"].verdict == "ok"
    assert findings["product"].verdict == "fail"
    assert "not done within the 0.3 s" in findings["product"].evidence
    assert findings["version"] == Finding("version", "skip", "the time for all checks was over")


async def test_an_absent_database() -> None:
    async with serving({}) as database:
        url = database.url
    findings = await examined(url)
    assert verdicts(findings)["fail"] == ["connection"]
    assert {findings[check].evidence for check in OF_DATABASE[2:]} == {"connection failed"}


async def test_a_refused_address_is_not_asked() -> None:
    findings = await examined("http://127.0.0.1:1", allowed_hosts=("10.0.0.0/8",))
    assert verdicts(findings)["fail"] == ["name"]


def tls_of(ca: trustme.CA, version: ssl.TLSVersion) -> ssl.SSLContext:
    """A server that wants a certificate of its clients."""
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    ca.issue_cert("127.0.0.1").configure_cert(context)
    ca.configure_trust(context)
    context.verify_mode = ssl.CERT_REQUIRED
    context.maximum_version = version
    return context


def refuse(listener: socket.socket, context: ssl.SSLContext, times: int) -> None:
    """Do so many handshakes on plain sockets: anyio's server closes without its alert."""
    for _ in range(times):
        accepted, _address = listener.accept()
        accepted.settimeout(5)
        with accepted.dup() as rest, suppress(OSError):
            with (
                context.wrap_socket(
                    accepted, server_side=True, do_handshake_on_connect=False
                ) as secured,
                suppress(OSError),
            ):
                secured.do_handshake()
            rest.shutdown(socket.SHUT_WR)
            while rest.recv(1_000):  # Closed with bytes unread, the alert could be lost.
                pass


VERSIONS = {
    "TLS 1.3 tells it with the first answer": (ssl.TLSVersion.TLSv1_3, 2, "health"),
    "TLS 1.2 in the handshake": (ssl.TLSVersion.TLSv1_2, 1, "TLS"),
}


@pytest.mark.parametrize(("version", "times", "check"), VERSIONS.values(), ids=VERSIONS)
async def test_a_database_that_wants_our_certificate(
    version: ssl.TLSVersion, times: int, check: str, tmp_path: Path
) -> None:
    ca = trustme.CA()
    ca.cert_pem.write_to_path(tmp_path / "ca.pem")
    with socket.create_server(("127.0.0.1", 0)) as listener:
        listener.settimeout(5)
        url = f"https://127.0.0.1:{listener.getsockname()[1]}"
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(anyio.to_thread.run_sync, refuse, listener, tls_of(ca, version), times)
            findings = await examined(url, tls_ca_file=str(tmp_path / "ca.pem"))
    assert verdicts(findings)["fail"] == [check]
    assert "VT_TLS_CERT_FILE and VT_TLS_KEY_FILE" in findings[check].remedy


async def test_a_database_with_tls(tmp_path: Path) -> None:
    ca = trustme.CA()
    ca.cert_pem.write_to_path(tmp_path / "ca.pem")
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    ca.issue_cert("127.0.0.1").configure_cert(context)
    async with serving(good(), context) as database:
        url = f"https://127.0.0.1:{database.port}"
        findings = await examined(url, tls_ca_file=str(tmp_path / "ca.pem"))
    assert verdicts(findings) == {}


async def test_secrets_that_come_back_are_not_told() -> None:
    echo = text("you sent Authorization: Bearer s3cret-token", 403)
    findings = await examine(dict.fromkeys(good(), echo), bearer_token="s3cret-token")
    assert "s3cret" not in str(findings)
    assert findings["credentials"].verdict == "fail"


async def test_the_checks_only_read() -> None:
    async with serving(good()) as database:
        await examined(database.url)
    assert isinstance(database, Database)
    assert {request.method for request in database.requests} == {b"GET"}
