"""What the OTEL_* variables say, read by OpenTelemetry's rules. Pure.

They are shared with every other program of an environment, so they are read only where an
endpoint is set: a sampler for somebody else stops no start. Sources: OpenTelemetry, "Environment
Variable Specification" and "OTLP Exporter". Must not be here: reading the environment itself. No
error repeats a value: headers hold credentials.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import NamedTuple
from urllib.parse import unquote

from vtmcp.posting import Header, Target, read_target
from vtmcp.telemetry.otlp import PATH
from vtmcp.telemetry.sampling import Sampler, read_sampler

ENDPOINT = "OTEL_EXPORTER_OTLP_ENDPOINT"
TRACES_ENDPOINT = "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT"
INSECURE = "OTEL_EXPORTER_OTLP_INSECURE"

ACCEPTED = "an http or https URL such as http://localhost:10428/insert/opentelemetry"

TIMEOUT_MS = 10_000
"""As OpenTelemetry has it."""

TIMEOUT_MS_MAX = 600_000
"""Longer is a mistyped unit: the variable is in milliseconds."""

SERVICE = "vtmcp"

_NAME = re.compile(r"[A-Za-z0-9!#$%&'*+.^_`|~-]+")  # RFC 9110, section 5.6.2, token.
_VALUE = re.compile(r"[!-~](?:[ -~]*[!-~])?|")
_OURS = frozenset(
    (
        *("accept", "accept-encoding", "connection", "content-encoding", "content-length"),
        *("content-type", "expect", "host", "te", "trailer", "transfer-encoding", "upgrade"),
    )
)
"""Headers that frame the message or say what it is."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Texts:
    """The variables as they stand in the environment; empty for not set."""

    endpoint: str = ""
    traces_endpoint: str = ""
    insecure: str = ""
    headers: str = field(default="", repr=False)
    timeout: str = ""
    service_name: str = ""
    resource_attributes: str = ""
    sampler: str = ""
    sampler_arg: str = ""
    disabled: str = ""


class Settings(NamedTuple):
    """Where spans go, what they say of us, and which there are."""

    target: Target
    headers: tuple[Header, ...]
    timeout_s: float
    service: str
    resource: dict[str, str]
    sampler: Sampler


def read_settings(texts: Texts) -> Settings | None:
    """What they say, or None where nothing is exported.

    Raises `ValueError` that begins with a variable's name.
    """
    if not (texts.endpoint or texts.traces_endpoint) or _is_true(texts.disabled):
        return None
    target = _target(texts)
    headers = tuple(_headers(texts.headers))
    timeout_s = _timeout_ms(texts.timeout) / 1_000
    resource = dict(_pairs("OTEL_RESOURCE_ATTRIBUTES", texts.resource_attributes))
    service = texts.service_name or resource.pop("service.name", SERVICE)
    resource.pop("service.name", None)
    sampler = read_sampler(texts.sampler, texts.sampler_arg)
    return Settings(target, headers, timeout_s, service, resource, sampler)


def _target(texts: Texts) -> Target:
    variable = TRACES_ENDPOINT if texts.traces_endpoint else ENDPOINT
    url = texts.traces_endpoint or texts.endpoint.rstrip("/") + PATH
    try:
        target = read_target(url)
    except ValueError as error:
        raise ValueError(f"{variable}: {error}; accepted: {ACCEPTED}") from None
    if not target.is_private and not _is_true(texts.insecure):
        raise ValueError(
            f"{variable}: is plain http to another machine, where anyone on the way reads which"
            f" traces are looked at; accepted: https, http to localhost, or set {INSECURE}=true"
        )
    return target


def _headers(text: str) -> Iterator[Header]:
    for number, (name, value) in enumerate(_pairs("OTEL_EXPORTER_OTLP_HEADERS", text), start=1):
        fault = ""
        if not _NAME.fullmatch(name):
            fault = "has a name that is not an HTTP header name"
        elif not _VALUE.fullmatch(value):
            fault = f"has a value for {name} with control or non-ASCII characters"
        elif name.lower() in _OURS:
            fault = f"names {name}, which is set here"
        if fault:
            raise ValueError(
                f"OTEL_EXPORTER_OTLP_HEADERS: entry {number} {fault}; accepted: name=value pairs"
                " with commas between them, special characters percent-encoded"
            )
        yield name, value


def _pairs(variable: str, text: str) -> Iterator[tuple[str, str]]:
    """The pairs of `k=v,k=v`, percent-decoded."""
    entries = (entry for entry in text.split(",") if entry.strip())
    for number, entry in enumerate(entries, start=1):
        key, equals, value = (unquote(part.strip()) for part in entry.partition("="))
        if not key or not equals:
            raise ValueError(
                f"{variable}: entry {number} is no pair; accepted: name=value pairs with commas"
                " between them, special characters percent-encoded"
            )
        yield key, value


def _timeout_ms(text: str) -> int:
    if not text:
        return TIMEOUT_MS
    digits = text.isascii() and text.isdigit() and len(text) <= len(str(TIMEOUT_MS_MAX))
    if not digits or not 1 <= int(text) <= TIMEOUT_MS_MAX:
        raise ValueError(
            "OTEL_EXPORTER_OTLP_TIMEOUT: is no time; accepted: whole milliseconds from 1 to"
            f" {TIMEOUT_MS_MAX}"
        )
    return int(text)


def _is_true(text: str) -> bool:
    """OpenTelemetry has one word for yes; all others are no."""
    return text.lower() == "true"
