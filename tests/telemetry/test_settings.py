"""The OTEL_* variables, read by OpenTelemetry's rules; no error repeats a value."""

from typing import Any

import pytest

from vtmcp.posting import Target
from vtmcp.telemetry.settings import Settings, Texts, read_settings

LOCAL = "http://localhost:10428/insert/opentelemetry"
HUNTER = "hunter2hunter2"


def settings(**texts: str) -> Settings:
    found = read_settings(Texts(**{"endpoint": LOCAL, **texts}))
    assert found is not None
    return found


def test_an_endpoint_is_enough() -> None:
    found = settings()
    assert found.target == Target(
        *(False, "localhost", 10428, "localhost:10428"), "/insert/opentelemetry/v1/traces"
    )
    assert found[1:5] == ((), 10.0, "vtmcp", {})
    assert found.sampler(None, "0" * 31 + "1")


NOTHING: dict[str, dict[str, str]] = {
    "nothing is set": {"endpoint": ""},
    "it is switched off": {"disabled": "True"},
    "there is no endpoint, whatever else is wrong": {
        "endpoint": "",
        "sampler": "xray",
        "headers": "x",
        "timeout": "soon",
    },
}


@pytest.mark.parametrize("texts", NOTHING.values(), ids=NOTHING)
def test_nothing_is_exported_where(texts: dict[str, str]) -> None:
    assert read_settings(Texts(**{"endpoint": LOCAL, **texts})) is None


URLS: dict[str, tuple[dict[str, str], str]] = {
    "a slash at the end": ({"endpoint": f"{LOCAL}/"}, "/insert/opentelemetry/v1/traces"),
    "a host alone": ({"endpoint": "http://localhost:4318"}, "/v1/traces"),
    "a whole one, as it is": ({"traces_endpoint": "http://localhost:1/a/?b=c"}, "/a/?b=c"),
    "a whole one without a path": ({"traces_endpoint": "https://otel.example"}, "/"),
    "a whole one alone": ({"endpoint": "", "traces_endpoint": "http://127.0.0.1/x"}, "/x"),
}


@pytest.mark.parametrize(("texts", "path"), URLS.values(), ids=URLS)
def test_the_path_of(texts: dict[str, str], path: str) -> None:
    assert settings(**texts).target.path == path


READ: dict[str, tuple[dict[str, str], int, Any]] = {
    "headers": (
        {"headers": "Authorization=Basic%20dTpw==, AccountID = 7 ,"},
        1,
        (("Authorization", "Basic dTpw=="), ("AccountID", "7")),
    ),
    "a header without a value": ({"headers": "X-A="}, 1, (("X-A", ""),)),
    "a time in milliseconds": ({"timeout": "1500"}, 2, 1.5),
    "a name": ({"service_name": "mcp"}, 3, "mcp"),
    "a name among the attributes": ({"resource_attributes": "service.name=mcp"}, 3, "mcp"),
    "of two names the one of its own": (
        {"service_name": "a", "resource_attributes": "service.name=b"},
        3,
        "a",
    ),
    "attributes": (
        {"resource_attributes": "service.name=b,k8s.pod.name=p,a=x%2Cy=z"},
        4,
        {"k8s.pod.name": "p", "a": "x,y=z"},
    ),
    "another machine, if that is allowed": (
        {"endpoint": "http://otel:4318", "insecure": "true"},
        0,
        Target(False, "otel", 4318, "otel:4318", "/v1/traces"),
    ),
}


@pytest.mark.parametrize(("texts", "place", "expected"), READ.values(), ids=READ)
def test_what_is_read(texts: dict[str, str], place: int, expected: Any) -> None:
    assert settings(**texts)[place] == expected


REFUSED: dict[str, tuple[dict[str, str], str]] = {
    "plain http to another machine": (
        {"endpoint": f"http://{HUNTER}:4318", "insecure": "yes"},
        "OTEL_EXPORTER_OTLP_ENDPOINT: is plain http",
    ),
    "what is no URL": ({"endpoint": HUNTER}, "OTEL_EXPORTER_OTLP_ENDPOINT: is not an http"),
    "another scheme": (
        {"traces_endpoint": f"grpc://{HUNTER}"},
        "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: is not an http",
    ),
    "a port that is none": (
        {"endpoint": f"http://{HUNTER}:x"},
        "OTEL_EXPORTER_OTLP_ENDPOINT: is not a URL",
    ),
    "a password in the URL": (
        {"endpoint": f"https://me:{HUNTER}@otel.example"},
        "OTEL_EXPORTER_OTLP_ENDPOINT: holds a user",
    ),
    "a header without an equals sign": (
        {"headers": f"X-A=1,{HUNTER}"},
        "OTEL_EXPORTER_OTLP_HEADERS: entry 2 is no pair",
    ),
    "a header without a name": (
        {"headers": f"={HUNTER}"},
        "OTEL_EXPORTER_OTLP_HEADERS: entry 1 is no pair",
    ),
    "a header that is none": (
        {"headers": f"a b={HUNTER}"},
        "OTEL_EXPORTER_OTLP_HEADERS: entry 1 has a name that is not",
    ),
    "a header that breaks its line": (
        {"headers": f"X-A={HUNTER}%0d%0aX-B: 1"},
        "OTEL_EXPORTER_OTLP_HEADERS: entry 1 has a value for X-A",
    ),
    "a header that frames the message": (
        {"headers": f"Content-Length={HUNTER}"},
        "OTEL_EXPORTER_OTLP_HEADERS: entry 1 names Content-Length",
    ),
    "an attribute without a value": (
        {"resource_attributes": HUNTER},
        "OTEL_RESOURCE_ATTRIBUTES: entry 1 is no pair",
    ),
    "a time with a unit": ({"timeout": "10s"}, "OTEL_EXPORTER_OTLP_TIMEOUT: is no time"),
    "no time": ({"timeout": "0"}, "OTEL_EXPORTER_OTLP_TIMEOUT: is no time"),
    "a time without end": ({"timeout": "9" * 40}, "OTEL_EXPORTER_OTLP_TIMEOUT: is no time"),
    "an unknown sampler": ({"sampler": HUNTER}, "OTEL_TRACES_SAMPLER: "),
    "no ratio": ({"sampler": "traceidratio", "sampler_arg": HUNTER}, "OTEL_TRACES_SAMPLER_ARG: "),
}


@pytest.mark.parametrize(("texts", "told"), REFUSED.values(), ids=REFUSED)
def test_a_start_is_refused_for(texts: dict[str, str], told: str) -> None:
    with pytest.raises(ValueError, match="accepted: ") as caught:
        settings(**texts)
    assert str(caught.value).startswith(told)
    assert HUNTER not in str(caught.value)


def test_headers_are_in_no_repr() -> None:
    assert HUNTER not in repr(Texts(headers=HUNTER))
