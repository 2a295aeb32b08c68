"""The settings of the server, read once from the environment, as one frozen value.

Must not be here: names, defaults and meanings of variables (`config_variables.py`), how a text
becomes a value (`config_values.py`), and any reading of the environment itself: `Config.from_env`
takes a mapping.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from vtmcp import config_values as values
from vtmcp.config_variable import Variable
from vtmcp.config_variables import VARIABLES
from vtmcp.traces.tenant import Tenant


class ConfigError(ValueError):
    """A variable is wrong. One line: its name, what is wrong, what is accepted; never a secret."""


@dataclass(frozen=True, kw_only=True)
class Config:
    """The settings of one server, built by `from_env`; tests pass it a mapping of their own."""

    entrypoint: str
    """`VT_INSTANCE_ENTRYPOINT`: URL without a slash at its end, or `demo`; empty only where
    there is `VT_INSTANCES_FILE`."""

    allow_insecure: bool
    """`VT_ALLOW_INSECURE_ENTRYPOINT`: plain http to another machine."""

    vt_allowed_hosts: tuple[str, ...]
    """`VT_ALLOWED_HOSTS`: names, addresses, networks; empty for the entrypoint's own rule."""

    bearer_token: str = field(repr=False)
    """`VT_INSTANCE_BEARER_TOKEN`: secret; empty for none."""

    bearer_token_file: str
    """`VT_INSTANCE_BEARER_TOKEN_FILE`: path; empty for none."""

    headers: tuple[tuple[str, str], ...] = field(repr=False)
    """`VT_INSTANCE_HEADERS`: names and values, secret; empty for none."""

    headers_file: str
    """`VT_INSTANCE_HEADERS_FILE`: path; empty for none."""

    vt_tls_ca_file: str
    """`VT_TLS_CA_FILE`: path; empty for the usual authorities."""

    vt_tls_cert_file: str
    """`VT_TLS_CERT_FILE`: path; empty for none."""

    vt_tls_key_file: str
    """`VT_TLS_KEY_FILE`: path; empty for none."""

    hidden_fields: tuple[str, ...]
    """`VT_HIDDEN_FIELDS`: patterns; empty for none."""

    default_tenant: Tenant
    """`VT_DEFAULT_TENANT_ID`: tenant of a call that names none; default `0:0`."""

    instances_file: str
    """`VT_INSTANCES_FILE`: path; empty for none."""

    connect_timeout_s: float
    """`VT_CONNECT_TIMEOUT`: seconds; default `5s`."""

    tls_timeout_s: float
    """`VT_TLS_TIMEOUT`: seconds for the handshake; default `5s`."""

    first_byte_timeout_s: float
    """`VT_FIRST_BYTE_TIMEOUT`: seconds from request to first byte; default `30s`."""

    read_timeout_s: float
    """`VT_READ_TIMEOUT`: seconds between two reads; default `30s`."""

    total_timeout_s: float
    """`VT_TOTAL_TIMEOUT`: seconds for a whole exchange; default `60s`."""

    response_bytes_max: int
    """`VT_MAX_RESPONSE_BYTES`: bytes after decompression; default `64MiB`."""

    connections_max: int
    """`VT_MAX_CONNECTIONS`: connections of the pool; default `8`."""

    heavy_max: int
    """`VT_MAX_HEAVY_QUERIES`: questions about many spans at once; default `4`."""

    wide_window_s: float
    """`VT_WIDE_WINDOW`: seconds; default `24h`."""

    wide_window_spans: int
    """`VT_WIDE_WINDOW_SPANS`: spans; default `20000000`."""

    kept_spans: int
    """`VT_KEPT_SPANS`: spans kept in memory; default `10000`."""

    docs_dir: str
    """`VT_DOCS_DIR`: path of a folder; empty for none."""

    mode: str
    """`MCP_SERVER_MODE`: one of `MODES`; default `stdio`."""

    listen: tuple[str, int]
    """`MCP_LISTEN_ADDR` or `MCP_SSE_ADDR`: host without brackets (empty for all interfaces) and
    port (0 for any free one); default `localhost:8081`."""

    tls_cert_file: str
    """`MCP_TLS_CERT_FILE`: path; empty for plain HTTP."""

    tls_key_file: str
    """`MCP_TLS_KEY_FILE`: path, given with the certificate's."""

    allowed_hosts: tuple[str, ...]
    """`MCP_ALLOWED_HOSTS`: `name` or `name:port`; empty for the listener's own rule."""

    allowed_origins: tuple[str, ...]
    """`MCP_ALLOWED_ORIGINS`: `scheme://name[:port]`; empty for the listener's own rule."""

    allow_unauthenticated: bool
    """`MCP_ALLOW_UNAUTHENTICATED`: let anyone in whom the listener lets in."""

    auth_token: str = field(repr=False)
    """`MCP_AUTH_TOKEN`: secret; empty for none."""

    auth_token_file: str
    """`MCP_AUTH_TOKEN_FILE`: path; empty for none."""

    auth_file: str
    """`MCP_AUTH_FILE`: path; empty for none."""

    oauth_introspection_url: str
    """`MCP_OAUTH_INTROSPECTION_URL`: empty for no OAuth."""

    oauth_issuer: str
    """`MCP_OAUTH_ISSUER`: URL, needed with OAuth."""

    oauth_resource: str
    """`MCP_OAUTH_RESOURCE`: URL, needed with OAuth."""

    oauth_client_id: str
    """`MCP_OAUTH_CLIENT_ID`: needed with OAuth."""

    oauth_client_secret: str = field(repr=False)
    """`MCP_OAUTH_CLIENT_SECRET`: secret; it or the file is needed with OAuth."""

    oauth_client_secret_file: str
    """`MCP_OAUTH_CLIENT_SECRET_FILE`: path; empty for none."""

    oauth_scopes: str
    """`MCP_OAUTH_SCOPES`: words; empty for none."""

    passthrough_headers: tuple[str, ...]
    """`MCP_PASSTHROUGH_HEADERS`: names of headers; empty for none."""

    rate_limit: int
    """`MCP_RATE_LIMIT`: calls a minute of one caller, 0 for no limit; default `0`."""

    caller_calls: int
    """`MCP_CALLER_CALLS`: calls at once of one caller, 0 for no limit; default `0`."""

    total_rate_limit: int
    """`MCP_TOTAL_RATE_LIMIT`: calls a minute of all callers, 0 for no limit; default `0`."""

    total_calls: int
    """`MCP_TOTAL_CALLS`: calls at once of all callers; default `64`."""

    queue_calls: int
    """`MCP_QUEUE_CALLS`: calls that wait for their turn; default `256`."""

    queue_wait_s: float
    """`MCP_QUEUE_WAIT`: seconds that a call waits for its turn; default `10s`."""

    mask: tuple[str, ...]
    """`MCP_MASK`: some of `MASKS`; empty for none."""

    disabled_tools: tuple[str, ...]
    """`MCP_DISABLED_TOOLS`: names as given, known or not; empty for none."""

    heartbeat_s: float
    """`MCP_HEARTBEAT_INTERVAL`: seconds, 0 for none; default `30s`."""

    message_bytes_max: int
    """`MCP_MAX_MESSAGE_BYTES`: bytes of one message from a client; default `4MiB`."""

    calls_max: int
    """`MCP_MAX_CALLS`: calls in flight of one client; default `256`."""

    answer_bytes_max: int
    """`MCP_MAX_ANSWER_BYTES`: bytes of one tool answer; default `24000`."""

    clients_max: int
    """`MCP_MAX_CONNECTIONS`: open connections of clients; default `10000`."""

    header_bytes_max: int
    """`MCP_MAX_HEADER_BYTES`: bytes of a request's head; default `32KiB`."""

    idle_timeout_s: float
    """`MCP_IDLE_TIMEOUT`: seconds of silence between requests; default `75s`."""

    header_timeout_s: float
    """`MCP_HEADER_TIMEOUT`: seconds for a head to arrive; default `10s`."""

    body_timeout_s: float
    """`MCP_BODY_TIMEOUT`: seconds for a body to arrive; default `60s`."""

    write_timeout_s: float
    """`MCP_WRITE_TIMEOUT`: seconds that a client may not read; default `30s`."""

    shutdown_timeout_s: float
    """`MCP_SHUTDOWN_TIMEOUT`: seconds for running calls to end; default `1s`."""

    session_key: str = field(repr=False)
    """`MCP_SESSION_KEY`: secret, at least 16 characters; empty for one made at start."""

    workers: int
    """`MCP_WORKERS`: processes that serve; default `1`."""

    log_format: str
    """`MCP_LOG_FORMAT`: one of `LOG_FORMATS`; default `text`."""

    log_level: str
    """`MCP_LOG_LEVEL`: one of `LOG_LEVELS`; default `info`."""

    metrics_file: str
    """`MCP_METRICS_FILE`: path; empty for none."""

    otlp_endpoint: str
    """`OTEL_EXPORTER_OTLP_ENDPOINT`: URL; empty for none. This and all below as they are set."""

    otlp_traces_endpoint: str
    """`OTEL_EXPORTER_OTLP_TRACES_ENDPOINT`: URL; empty for none."""

    otlp_insecure: str
    """`OTEL_EXPORTER_OTLP_INSECURE`: `true`, or anything else for no."""

    otlp_headers: str = field(repr=False)
    """`OTEL_EXPORTER_OTLP_HEADERS`: pairs, secret; empty for none."""

    otlp_timeout: str
    """`OTEL_EXPORTER_OTLP_TIMEOUT`: milliseconds; default `10000`."""

    otel_service_name: str
    """`OTEL_SERVICE_NAME`: empty for the one of the attributes, or `vtmcp`."""

    otel_resource_attributes: str
    """`OTEL_RESOURCE_ATTRIBUTES`: pairs; empty for none."""

    otel_sampler: str
    """`OTEL_TRACES_SAMPLER`: a name; default `parentbased_always_on`."""

    otel_sampler_arg: str
    """`OTEL_TRACES_SAMPLER_ARG`: a ratio; default `1`."""

    otel_disabled: str
    """`OTEL_SDK_DISABLED`: `true`, or anything else for no."""

    @classmethod
    def from_env(cls, env: Mapping[str, str]) -> "Config":
        """Read all settings. Raises `ConfigError` for the first variable that is wrong."""
        if not _given(env, "VT_INSTANCES_FILE"):
            _require_entrypoint(env)
        found = {variable.field: _read(env, variable) for variable in VARIABLES if variable.field}
        if _given(env, "MCP_SSE_ADDR") and not _given(env, "MCP_LISTEN_ADDR"):
            found["listen"] = _read(env, _BY_NAME["MCP_SSE_ADDR"])
        config = cls(**found)
        _check_together(config)
        return config


_BY_NAME = {variable.name: variable for variable in VARIABLES}


def _require_entrypoint(env: Mapping[str, str]) -> None:
    if not _given(env, "VT_INSTANCE_ENTRYPOINT"):
        accepted = values.ENTRYPOINT_ACCEPTED
        raise ConfigError(f"VT_INSTANCE_ENTRYPOINT: not set; accepted: {accepted}")


def _check_together(config: Config) -> None:
    """What is wrong only beside another setting."""
    if config.bearer_token and any(name.lower() == "authorization" for name, _ in config.headers):
        # Two credentials for one header would leave open which is sent.
        raise ConfigError(
            "VT_INSTANCE_HEADERS: names Authorization, which VT_INSTANCE_BEARER_TOKEN sets; "
            "accepted: one of the two"
        )
    if bool(config.tls_cert_file) != bool(config.tls_key_file):
        missing = "MCP_TLS_KEY_FILE" if config.tls_cert_file else "MCP_TLS_CERT_FILE"
        raise ConfigError(f"{missing}: not set; accepted: both files of the listener, or none")
    if config.workers > 1:
        _check_workers(config)


def _check_workers(config: Config) -> None:
    """What several processes cannot share."""
    if config.mode != "http":
        reason = {
            "stdio": "has one client, on the input of one process",
            "sse": "sends answers on a stream that one process has, to questions that reach any",
        }[config.mode]
        raise ConfigError(
            f"MCP_WORKERS: the mode {config.mode} {reason}; accepted: 1, or MCP_SERVER_MODE=http"
        )
    for name, total in (
        ("MCP_TOTAL_CALLS", config.total_calls),
        ("MCP_TOTAL_RATE_LIMIT", config.total_rate_limit or config.workers),
    ):
        if total < config.workers:
            raise ConfigError(
                f"{name}: {total} is less than one for each of MCP_WORKERS={config.workers};"
                f" accepted: at least {config.workers}"
            )


def _read(env: Mapping[str, str], variable: Variable) -> Any:
    try:
        return variable.read(_given(env, variable.name) or variable.default)
    except ValueError as error:
        raise ConfigError(f"{variable.name}: {error}") from None


def _given(env: Mapping[str, str], name: str) -> str:
    text = env.get(name, "").strip()
    return "" if values.is_unset(text) else text
