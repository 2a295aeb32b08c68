"""The variables about what the server tells of itself: logs, metrics, and spans of its own.

Those of the spans are OpenTelemetry's, with its names and its defaults. They are kept as texts:
they are shared with other programs, so what is wrong with one is told only where an endpoint is
set. Must not be here: how they are read (`telemetry/settings.py`), or any reading of the
environment.
"""

from functools import partial

from vtmcp import config_values as values
from vtmcp.config_variable import Variable

LOG_FORMATS = ("text", "json")
LOG_LEVELS = ("debug", "info", "warn", "error")

TELEMETRY = (
    Variable(
        "MCP_LOG_FORMAT",
        "text",
        "Lines on stderr: `text` or `json`",
        "log_format",
        partial(values.read_choice, choices=LOG_FORMATS),
    ),
    Variable(
        "MCP_LOG_LEVEL",
        "info",
        "Least level logged: `debug`, `info`, `warn` or `error`",
        "log_level",
        partial(values.read_choice, choices=LOG_LEVELS),
    ),
    Variable(
        "MCP_METRICS_FILE",
        "",
        "File for the metrics (`stdio`), written at the end and on SIGUSR1",
        "metrics_file",
        str,
    ),
    Variable(
        "OTEL_EXPORTER_OTLP_ENDPOINT",
        "",
        "Where spans of our own go (OTLP/HTTP, JSON), without `/v1/traces`; none without it",
        "otlp_endpoint",
        str,
    ),
    Variable(
        "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT",
        "",
        "The same, whole and as it is; goes before the other",
        "otlp_traces_endpoint",
        str,
    ),
    Variable(
        "OTEL_EXPORTER_OTLP_INSECURE",
        "",
        "`true`: send them over plain `http` to another machine",
        "otlp_insecure",
        str,
    ),
    Variable(
        "OTEL_EXPORTER_OTLP_HEADERS",
        "",
        "Request headers for them, as `k=v,k=v` with percent-encoding",
        "otlp_headers",
        str,
        secret=True,
    ),
    Variable(
        "OTEL_EXPORTER_OTLP_TIMEOUT",
        "10000",
        "Longest time for one export, in milliseconds",
        "otlp_timeout",
        str,
    ),
    Variable(
        "OTEL_SERVICE_NAME",
        "",
        "What they call this service; else `service.name` of the attributes below, or `vtmcp`",
        "otel_service_name",
        str,
    ),
    Variable(
        "OTEL_RESOURCE_ATTRIBUTES",
        "",
        "What they say of this service, as `k=v,k=v` with percent-encoding",
        "otel_resource_attributes",
        str,
    ),
    Variable(
        "OTEL_TRACES_SAMPLER",
        "parentbased_always_on",
        "Which calls are recorded: `always_on`, `always_off`, `traceidratio`, or `parentbased_`"
        " before one of them",
        "otel_sampler",
        str,
    ),
    Variable(
        "OTEL_TRACES_SAMPLER_ARG",
        "1",
        "The ratio of `traceidratio`, from 0 to 1",
        "otel_sampler_arg",
        str,
    ),
    Variable(
        "OTEL_SDK_DISABLED",
        "",
        "`true`: no spans of our own, whatever else is set",
        "otel_disabled",
        str,
    ),
)
"""In the order of the README."""
