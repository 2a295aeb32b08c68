"""Whether what answers is VictoriaTraces at all, and what it is if not. Pure.

Must not be here: any asking. Only VictoriaTraces has a Jaeger API at `/select/jaeger`.
"""

import re
from typing import NamedTuple

from vtmcp.doctor.findings import PRODUCT, Finding, failure
from vtmcp.traces.model import SourceError
from vtmcp.traces.safe import quoted
from vtmcp.victoriatraces.answers import read_names
from vtmcp.victoriatraces.complaints import status_complaint
from vtmcp.victoriatraces.response import HttpResponse

TITLE_CHARS_MAX = 60

OURS = "VictoriaTraces"

_BUILDS = {
    "victoria-traces": OURS,
    "victoria-logs": "VictoriaLogs",
    "victoria-metrics": "VictoriaMetrics",
    "vmauth": "vmauth",
    "vmselect": "VictoriaMetrics",
    "vlagent": "vlagent",
    "vmagent": "vmagent",
    "vmalert": "vmalert",
}
"""How `vm_app_version` begins."""

_METRICS = (
    (b"tempo_build_info", "Grafana Tempo"),
    (b"jaeger_", "Jaeger"),
    (b"grafana_build_info", "Grafana"),
    (b"loki_build_info", "Grafana Loki"),
    (b"otelcol_", "an OpenTelemetry collector"),
    (b"prometheus_build_info", "Prometheus"),
)
_PAGES = (
    ("victoriatraces</h2>", OURS),
    ("victorialogs</h2>", "VictoriaLogs"),
    ("victoriametrics</h2>", "VictoriaMetrics"),
    ("<title>jaeger ui</title>", "Jaeger"),
    ("<title>grafana</title>", "Grafana"),
)
_TITLE = re.compile(r"<title[^>]{0,100}>([^<]{1,200})", re.IGNORECASE)
_ENTRYPOINT = (
    "set VT_INSTANCE_ENTRYPOINT to VictoriaTraces (single node: port 10428; cluster: vtselect)"
)


class Signs(NamedTuple):
    """Answers that tell servers apart; None for what was not answered."""

    services: HttpResponse
    """`/select/jaeger/api/services`, the question that every tool depends on."""
    metrics: HttpResponse | None = None
    build: str = ""
    front: HttpResponse | None = None
    jaeger: HttpResponse | None = None
    """`/api/services`."""
    tempo: HttpResponse | None = None
    """`/api/echo`."""


def services_of(response: HttpResponse) -> list[str] | None:
    """The services, or None when this is no answer of VictoriaTraces."""
    try:
        return read_names(response)
    except SourceError:
        return None


def product_of(signs: Signs) -> str:
    """The name of what answers, or nothing where no sign tells."""
    named = next((name for key, name in _BUILDS.items() if signs.build.startswith(key)), "")
    if named:
        return named
    if signs.metrics is not None and signs.metrics.status == 200:
        for metric, name in _METRICS:
            if metric in signs.metrics.body:
                return name
    front = signs.front.text.lower() if signs.front else ""
    for words, name in _PAGES:
        if words in front:
            return name
    if signs.tempo is not None and signs.tempo.status == 200 and signs.tempo.text == "echo":
        return "Grafana Tempo"
    if signs.jaeger is not None and services_of(signs.jaeger) is not None:
        return "Jaeger"
    return ""


def judge_product(signs: Signs) -> Finding:
    """Say whether it is VictoriaTraces, by its answer to the question that all tools need."""
    build = f" ({quoted(signs.build)})" if signs.build else ""
    if services_of(signs.services) is not None:
        return Finding(PRODUCT, "ok", f"{OURS}{build}: its Jaeger API answers")
    name = product_of(signs)
    if name == OURS:
        return failure(PRODUCT, f"{OURS}{build}, and {_complaint(signs.services)}", "")
    if name:
        return Finding(PRODUCT, "fail", f"this is {name}, not {OURS}{build}", _ENTRYPOINT)
    if signs.services.is_html:
        title = _TITLE.search(signs.services.body.decode("utf-8", "replace"))
        called = f" called {quoted(title[1].strip(), TITLE_CHARS_MAX)}" if title else ""
        return Finding(
            PRODUCT,
            "fail",
            f"a web page{called} answers ({signs.services.status}): a login, or a proxy's own",
            f"{_ENTRYPOINT}; behind a login, set VT_INSTANCE_HEADERS to what it accepts",
        )
    return failure(PRODUCT, _complaint(signs.services))


def _complaint(response: HttpResponse) -> str:
    """What the server's own tools would say of this answer."""
    try:
        read_names(response)
    except SourceError as error:
        return str(error)
    return status_complaint(response)  # pragma: no cover - only called for what cannot be read
