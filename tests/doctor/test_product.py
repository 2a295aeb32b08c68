"""Whether it is VictoriaTraces, and what it is if not."""

import pytest

from tests.victoriatraces.recordings import recorded
from vtmcp.doctor.product import Signs, judge_product, product_of
from vtmcp.victoriatraces.response import HttpResponse

HTML = (("content-type", "text/html"),)
JSON = (("content-type", "application/json"),)
TEXT = (("content-type", "text/plain"),)

GOOD = recorded("020-services")
UNKNOWN_PATH = HttpResponse(400, TEXT, b'unsupported path requested: "/select/jaeger/api/services"')
INSERT_NODE = HttpResponse(400, TEXT, b"requests to /select/* are disabled with -select.disable")
PAGE = HttpResponse(200, HTML, b"<!doctype html><title>Sign in\x1b[1m</title>")
JAEGER = HttpResponse(200, JSON, b'{"data":["a"],"total":1,"limit":0,"offset":0,"errors":null}')
REDIRECT = HttpResponse(302, (("location", "https://login.example.com/"),), b"")


def text(body: bytes, status: int = 200) -> HttpResponse:
    return HttpResponse(status, TEXT, body)


FINDINGS = {
    "ours": (
        Signs(GOOD, build="victoria-traces-1"),
        "ok",
        'VictoriaTraces ("victoria-traces-1"): its Jaeger API answers',
        "",
    ),
    "ours behind a proxy that lets nothing else through": (
        Signs(GOOD),
        "ok",
        "VictoriaTraces: its Jaeger API answers",
        "",
    ),
    "ours, and a node for data only": (
        Signs(INSERT_NODE, build="victoria-traces-1"),
        "fail",
        "and the database answered 400",
        "use a vtselect node",
    ),
    "ours by its front page, behind a prefix": (
        Signs(UNKNOWN_PATH, front=recorded("001-root")),
        "fail",
        "VictoriaTraces, and the database answered 400",
        "path prefix",
    ),
    "the sister for logs": (
        Signs(UNKNOWN_PATH, build="victoria-logs-20260101-v1.50.0"),
        "fail",
        'this is VictoriaLogs, not VictoriaTraces ("victoria-logs',
        "port 10428",
    ),
    "Tempo by its metrics": (
        Signs(text(b"404 page not found", 404), metrics=text(b"tempo_build_info{} 1")),
        "fail",
        "this is Grafana Tempo,",
        "VT_INSTANCE_ENTRYPOINT",
    ),
    "Tempo by its echo": (
        Signs(text(b"404 page not found", 404), metrics=text(b"x", 404), tempo=text(b"echo")),
        "fail",
        "this is Grafana Tempo,",
        "VT_INSTANCE_ENTRYPOINT",
    ),
    "Jaeger by its API": (
        Signs(PAGE, front=PAGE, jaeger=JAEGER),
        "fail",
        "this is Jaeger,",
        "VT_INSTANCE_ENTRYPOINT",
    ),
    "Jaeger by its page": (
        Signs(PAGE, front=HttpResponse(200, HTML, b"<title>Jaeger UI</title>")),
        "fail",
        "this is Jaeger,",
        "VT_INSTANCE_ENTRYPOINT",
    ),
    "a web page": (
        Signs(PAGE),
        "fail",
        'a web page called "Sign in" answers (200)',
        "VT_INSTANCE_HEADERS",
    ),
    "a web page without a title": (
        Signs(HttpResponse(404, HTML, b"<html>")),
        "fail",
        "a web page answers (404)",
        "VT_INSTANCE_ENTRYPOINT",
    ),
    "a redirect to a login": (
        Signs(REDIRECT),
        "fail",
        "a redirect to login.example.com",
        "final address",
    ),
    "some other JSON": (
        Signs(HttpResponse(200, JSON, b'{"hello":1}'), tempo=text(b"no"), jaeger=text(b"no")),
        "fail",
        "JSON of an unknown shape",
        "VT_INSTANCE_ENTRYPOINT",
    ),
}


@pytest.mark.parametrize(
    ("signs", "verdict", "evidence", "remedy"), FINDINGS.values(), ids=FINDINGS
)
def test_products_are_told_apart(signs: Signs, verdict: str, evidence: str, remedy: str) -> None:
    finding = judge_product(signs)
    assert finding.verdict == verdict
    assert evidence in finding.evidence
    assert remedy in finding.remedy
    assert bool(remedy) == bool(finding.remedy)
    assert "\x1b" not in finding.evidence


def test_metrics_of_nobody_we_know_name_nobody() -> None:
    assert product_of(Signs(PAGE, metrics=text(b"go_goroutines 1"))) == ""
