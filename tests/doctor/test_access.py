"""Health and credentials: who is not let in, and which variable to change."""

import pytest

from tests.victoriatraces.recordings import recorded
from vtmcp.doctor.access import credential_variables, judge_credentials, judge_health
from vtmcp.traces.tenant import Tenant
from vtmcp.victoriatraces.response import HttpResponse
from vtmcp.victoriatraces.settings import Settings

PLAIN = ("content-type", "text/plain")
HTML = ("content-type", "text/html")
TOKEN = "VT_INSTANCE_BEARER_TOKEN"


def said(status: int, text: str = "", *headers: tuple[str, str]) -> HttpResponse:
    return HttpResponse(status, headers or (PLAIN,), text.encode())


HEALTH = {
    "well": (recorded("002-health"), "ok", '/health says "OK" (1 ms)', ""),
    "credentials first": (said(401), "skip", "wants credentials first (status 401)", ""),
    "not allowed": (said(403), "skip", "(status 403)", ""),
    "http to https": (
        said(400, "Client sent an HTTP request to an HTTPS server."),
        "fail",
        "this port speaks https",
        "https://",
    ),
    "shutting down": (said(503, "stopping"), "fail", '503 "stopping"', "log of the database"),
    "a bare gateway": (said(502), "fail", "/health answers 502", "proxy"),
    "not let through": (said(404, "no"), "warn", '/health answers 404 "no"', "lets only /select"),
    "a web page": (said(200, "<html>", HTML), "warn", "answers 200 a web page", "ENTRYPOINT"),
}


@pytest.mark.parametrize(("response", "verdict", "evidence", "remedy"), HEALTH.values(), ids=HEALTH)
def test_health(response: HttpResponse, verdict: str, evidence: str, remedy: str) -> None:
    finding = judge_health(response, "1 ms")
    assert finding.verdict == verdict
    assert evidence in finding.evidence
    assert remedy in finding.remedy
    assert bool(remedy) == bool(finding.remedy)


BASIC = (("www-authenticate", 'Basic realm="VictoriaTraces"'),)
BEARER = (("www-authenticate", "bearer"),)
ODD = (("www-authenticate", "X\x1b[1mY realm=1"),)

CREDENTIALS: dict[str, tuple[HttpResponse, list[str], str, str, str]] = {
    "none needed": (said(200), [], "ok", "none are set, and none are asked for", ""),
    "accepted": (said(200), [TOKEN], "ok", f"not refused with {TOKEN}", ""),
    "another fault is not theirs": (said(400), [TOKEN], "ok", "not refused", ""),
    "missing": (said(401), [], "fail", "401 and no credentials are set", f"set {TOKEN}"),
    "missing, and told which": (
        said(401, "", *BEARER),
        [],
        "fail",
        "it asks for Bearer",
        f"set {TOKEN}",
    ),
    "missing, and Basic is wanted": (
        said(401, "", *BASIC),
        [],
        "fail",
        "it asks for Basic",
        "VT_INSTANCE_HEADERS_FILE",
    ),
    "wrong": (said(401), [TOKEN], "fail", f"the credentials of {TOKEN} are not", f"in {TOKEN}"),
    "an odd scheme": (said(401, "", *ODD), [TOKEN], "fail", "it asks for XY", "renew"),
    "known, and not allowed": (
        said(403, "no way"),
        [TOKEN],
        "fail",
        f'403 with {TOKEN}: this is not allowed for tenant 7:3 "no way"',
        "VT_DEFAULT_TENANT_ID",
    ),
    "not allowed without any": (
        said(403, "<html>", HTML),
        [],
        "fail",
        "403 without credentials",
        "this client",
    ),
    "a proxy's": (said(407), [TOKEN], "fail", "a proxy wants", "database itself"),
}


@pytest.mark.parametrize(
    ("response", "sent", "verdict", "evidence", "remedy"), CREDENTIALS.values(), ids=CREDENTIALS
)
def test_credentials(
    response: HttpResponse, sent: list[str], verdict: str, evidence: str, remedy: str
) -> None:
    finding = judge_credentials(response, sent, Tenant(7, 3))
    assert finding.verdict == verdict
    assert evidence in finding.evidence
    assert remedy in finding.remedy
    assert bool(remedy) == bool(finding.remedy)


def test_variables_are_named_and_never_shown() -> None:
    settings = Settings(
        entrypoint="https://db",
        bearer_token="s3cret",
        headers=(("X-Key", "s3cret"),),
        headers_file="there",
        tls_cert_file="there",
    )
    assert credential_variables(settings) == [
        "VT_INSTANCE_BEARER_TOKEN",
        "VT_INSTANCE_HEADERS",
        "VT_INSTANCE_HEADERS_FILE",
        "VT_TLS_CERT_FILE",
    ]
