"""Every environment variable there is: name, default, meaning, the field it fills, how it is read.

The order is that of the README, and the defaults stand here alone. Must not be here: any reading
of the environment (`config.py`), or how a text becomes a value (`config_values.py`).
"""

from functools import partial

from vtmcp import config_values as values
from vtmcp.config_callers import CALLERS
from vtmcp.config_telemetry import TELEMETRY
from vtmcp.config_variable import TIMEOUT_S_MIN, Variable

MODES = ("stdio", "sse", "http")
MASKS = ("email", "token", "card")
"""The kinds of `vtmcp.traces.masking`, which is not loaded at the start."""

HEARTBEAT_S_MIN = 0.01
"""Faster heartbeats would keep the server busy with nothing else."""

RESPONSE_BYTES_MIN = 1_024
"""Less would not hold the database's own error texts."""

MESSAGE_BYTES_MIN = 1_024
"""Less would not hold an `initialize` request."""

ANSWER_BYTES_MIN = 1_000
"""Less would not hold a verdict and the call that shows the rest."""

ANSWER_BYTES_MAX = 1_000_000
"""More than a client could show to its model."""

CONNECTIONS_MAX = 1_000
"""More would run into the usual limit on open files."""

WIDE_WINDOW_S_MIN = 60.0
"""Less would count before almost every question."""

SPANS_MAX = 999_999_999
"""To look at more in one question is beyond its time limit."""

KEPT_SPANS_MAX = 1_000_000
"""Some 2 kB of memory each."""

CLIENTS_MAX = 100_000
"""More open connections than this need more than one process."""

HEADER_BYTES_MIN = 1_024
"""Less would refuse the headers of ordinary clients."""

CALLS_MAX = 100_000
"""More calls in flight than this cost memory that no one process should spend."""

WORKERS_MAX = 64
"""More than the processors of most machines; each takes 30 MB before its first call."""

SESSION_KEY_CHARS_MIN = 16
"""A shorter key can be guessed."""


_timeout = partial(values.read_seconds, least=TIMEOUT_S_MIN)
_answer_bytes = partial(values.read_bytes, least=ANSWER_BYTES_MIN, most=ANSWER_BYTES_MAX)

VARIABLES = (
    Variable(
        "VT_INSTANCE_ENTRYPOINT",
        "",
        "Required, or `VT_INSTANCES_FILE`. The URL of VictoriaTraces (a path prefix is kept), or"
        " `demo` for generated data",
        "entrypoint",
        lambda text: text and values.read_entrypoint(text),
    ),
    Variable(
        "VT_ALLOW_INSECURE_ENTRYPOINT",
        "",
        "`1`: plain `http` to a database on another machine",
        "allow_insecure",
        values.read_flag,
    ),
    Variable(
        "VT_ALLOWED_HOSTS",
        "",
        "Names, addresses and networks (CIDR) that may be connected to",
        "vt_allowed_hosts",
        values.read_names,
    ),
    Variable(
        "VT_INSTANCE_BEARER_TOKEN",
        "",
        "Token for the `Authorization` header",
        "bearer_token",
        values.read_token,
        secret=True,
    ),
    Variable(
        "VT_INSTANCE_BEARER_TOKEN_FILE",
        "",
        "File with that token; read again when it changes",
        "bearer_token_file",
        str,
    ),
    Variable(
        "VT_INSTANCE_HEADERS",
        "",
        "More request headers, as `k=v,k=v`",
        "headers",
        values.read_headers,
        secret=True,
    ),
    Variable(
        "VT_INSTANCE_HEADERS_FILE",
        "",
        "File with more headers, one `Name: value` a line; read again when it changes",
        "headers_file",
        str,
    ),
    Variable(
        "VT_TLS_CA_FILE",
        "",
        "Authorities (PEM) to trust for the database, in place of the usual ones",
        "vt_tls_ca_file",
        str,
    ),
    Variable(
        "VT_TLS_CERT_FILE",
        "",
        "Client certificate (PEM) for the database",
        "vt_tls_cert_file",
        str,
    ),
    Variable(
        "VT_TLS_KEY_FILE",
        "",
        "Key (PEM) of `VT_TLS_CERT_FILE`",
        "vt_tls_key_file",
        str,
    ),
    Variable(
        "VT_HIDDEN_FIELDS",
        "",
        "Attributes that no answer shows, as patterns such as `span_attr:user.*`",
        "hidden_fields",
        values.read_names,
    ),
    Variable(
        "VT_DEFAULT_TENANT_ID",
        "0:0",
        "Tenant of a call that names none, as `AccountID` or `AccountID:ProjectID`",
        "default_tenant",
        values.read_tenant,
    ),
    Variable(
        "VT_INSTANCES_FILE",
        "",
        "File (TOML) with several databases: names, addresses, credentials, tenants",
        "instances_file",
        str,
    ),
    Variable(
        "VT_CONNECT_TIMEOUT",
        "5s",
        "Longest wait for a connection to VictoriaTraces",
        "connect_timeout_s",
        _timeout,
    ),
    Variable(
        "VT_TLS_TIMEOUT",
        "5s",
        "Longest time for TLS to agree",
        "tls_timeout_s",
        _timeout,
    ),
    Variable(
        "VT_FIRST_BYTE_TIMEOUT",
        "30s",
        "Longest wait for the first byte of an answer",
        "first_byte_timeout_s",
        _timeout,
    ),
    Variable(
        "VT_READ_TIMEOUT",
        "30s",
        "Longest wait for the next bytes of an answer",
        "read_timeout_s",
        _timeout,
    ),
    Variable(
        "VT_TOTAL_TIMEOUT",
        "60s",
        "Longest time for one request with its answer",
        "total_timeout_s",
        _timeout,
    ),
    Variable(
        "VT_MAX_RESPONSE_BYTES",
        "64MiB",
        "Largest answer read, after decompression",
        "response_bytes_max",
        partial(values.read_bytes, least=RESPONSE_BYTES_MIN),
    ),
    Variable(
        "VT_MAX_CONNECTIONS",
        "8",
        "Connections to VictoriaTraces at once",
        "connections_max",
        partial(values.read_count, most=CONNECTIONS_MAX),
    ),
    Variable(
        "VT_MAX_HEAVY_QUERIES",
        "4",
        "Questions about many spans that are asked of VictoriaTraces at once",
        "heavy_max",
        partial(values.read_count, most=CONNECTIONS_MAX),
    ),
    Variable(
        "VT_WIDE_WINDOW",
        "24h",
        "Longest window that is searched without a condition or a count beforehand",
        "wide_window_s",
        partial(values.read_seconds, least=WIDE_WINDOW_S_MIN),
    ),
    Variable(
        "VT_WIDE_WINDOW_SPANS",
        "20000000",
        "Spans that a longer window without a condition may hold to be searched",
        "wide_window_spans",
        partial(values.read_count, most=SPANS_MAX),
    ),
    Variable(
        "VT_KEPT_SPANS",
        "10000",
        "Spans of traces that are kept in memory for the next question; `0` for none",
        "kept_spans",
        partial(values.read_count, least=0, most=KEPT_SPANS_MAX),
    ),
    Variable(
        "VT_DOCS_DIR",
        "",
        "Folder with markdown of your own, searched beside the documentation",
        "docs_dir",
        str,
    ),
    Variable(
        "MCP_SERVER_MODE",
        "stdio",
        "Transport: `stdio`, `http` (Streamable HTTP at `/mcp`) or `sse` (the old HTTP+SSE)",
        "mode",
        partial(values.read_choice, choices=MODES),
    ),
    Variable(
        "MCP_LISTEN_ADDR",
        "localhost:8081",
        "Address for the modes `sse` and `http`; `:8081` is all interfaces",
        "listen",
        values.read_address,
    ),
    Variable(
        "MCP_SSE_ADDR",
        "",
        "Old name of `MCP_LISTEN_ADDR`, read when that is not set",
        "",
        values.read_address,
    ),
    Variable(
        "MCP_TLS_CERT_FILE",
        "",
        "Certificate chain (PEM) of the listener; with it, HTTPS is served",
        "tls_cert_file",
        str,
    ),
    Variable("MCP_TLS_KEY_FILE", "", "Key (PEM) of `MCP_TLS_CERT_FILE`", "tls_key_file", str),
    Variable(
        "MCP_ALLOWED_HOSTS",
        "",
        "Names that clients may call this server by (`Host`), with commas between them",
        "allowed_hosts",
        values.read_names,
    ),
    Variable(
        "MCP_ALLOWED_ORIGINS",
        "",
        "Web pages that may ask (`Origin`), such as `https://app.example.com`",
        "allowed_origins",
        values.read_names,
    ),
    *CALLERS,
    Variable(
        "MCP_MASK",
        "",
        "What answers show marks for: `email`, `token`, `card`, with commas between them",
        "mask",
        partial(values.read_choices, choices=MASKS),
    ),
    Variable(
        "MCP_DISABLED_TOOLS",
        "",
        "Tools to leave out, with commas between the names",
        "disabled_tools",
        values.read_names,
    ),
    Variable(
        "MCP_HEARTBEAT_INTERVAL",
        "30s",
        "Time between keep-alives on streams; `0` for none",
        "heartbeat_s",
        partial(values.read_seconds, least=HEARTBEAT_S_MIN, zero=True),
    ),
    Variable(
        "MCP_MAX_MESSAGE_BYTES",
        "4MiB",
        "Largest message taken from a client",
        "message_bytes_max",
        partial(values.read_bytes, least=MESSAGE_BYTES_MIN),
    ),
    Variable(
        "MCP_MAX_CALLS",
        "256",
        "Calls in flight at once for one client",
        "calls_max",
        partial(values.read_count, most=CALLS_MAX),
    ),
    Variable(
        "MCP_MAX_ANSWER_BYTES",
        "24000",
        "Largest text of one tool answer, 1000 to 1000000",
        "answer_bytes_max",
        _answer_bytes,
    ),
    Variable(
        "MCP_MAX_CONNECTIONS",
        "10000",
        "Open connections of clients (`sse`, `http`)",
        "clients_max",
        partial(values.read_count, most=CLIENTS_MAX),
    ),
    Variable(
        "MCP_MAX_HEADER_BYTES",
        "32KiB",
        "Largest head of a request (`sse`, `http`)",
        "header_bytes_max",
        partial(values.read_bytes, least=HEADER_BYTES_MIN),
    ),
    Variable(
        "MCP_IDLE_TIMEOUT",
        "75s",
        "Longest silence of a connection between requests",
        "idle_timeout_s",
        _timeout,
    ),
    Variable(
        "MCP_HEADER_TIMEOUT",
        "10s",
        "Longest time for the head of a request to arrive",
        "header_timeout_s",
        _timeout,
    ),
    Variable(
        "MCP_BODY_TIMEOUT",
        "60s",
        "Longest time for the body of a request to arrive",
        "body_timeout_s",
        _timeout,
    ),
    Variable(
        "MCP_WRITE_TIMEOUT",
        "30s",
        "Longest time that a client may not read what is sent to it",
        "write_timeout_s",
        _timeout,
    ),
    Variable(
        "MCP_SHUTDOWN_TIMEOUT",
        "1s",
        "Time that running calls get to end at shutdown",
        "shutdown_timeout_s",
        _timeout,
    ),
    Variable(
        "MCP_SESSION_KEY",
        "",
        "Key that signs sessions, at least 16 characters; made at start when not set",
        "session_key",
        partial(values.read_key, chars_min=SESSION_KEY_CHARS_MIN),
        secret=True,
    ),
    Variable(
        "MCP_WORKERS",
        "1",
        "Processes that serve on one listening socket (`http`), for more than one processor",
        "workers",
        partial(values.read_count, most=WORKERS_MAX),
    ),
    *TELEMETRY,
)
