"""Settings: what each variable accepts, what it refuses, and that an error keeps secrets."""

import ast
import inspect

import pytest

from vtmcp import config
from vtmcp.config import Config, ConfigError
from vtmcp.config_variables import VARIABLES
from vtmcp.traces.tenant import Tenant

URL = "http://localhost:10428"


def read(**variables: str) -> Config:
    return Config.from_env({"VT_INSTANCE_ENTRYPOINT": URL, **variables})


def refusal(**variables: str) -> str:
    with pytest.raises(ConfigError) as caught:
        read(**variables)
    text = str(caught.value)
    assert "\n" not in text
    assert "accepted: " in text
    return text


DEFAULTS = {
    "entrypoint": URL,
    "allow_insecure": False,
    "vt_allowed_hosts": (),
    "bearer_token": "",
    "bearer_token_file": "",
    "headers": (),
    "headers_file": "",
    "vt_tls_ca_file": "",
    "vt_tls_cert_file": "",
    "vt_tls_key_file": "",
    "hidden_fields": (),
    "default_tenant": Tenant(0, 0),
    "instances_file": "",
    "connect_timeout_s": 5.0,
    "tls_timeout_s": 5.0,
    "first_byte_timeout_s": 30.0,
    "read_timeout_s": 30.0,
    "total_timeout_s": 60.0,
    "response_bytes_max": 67_108_864,
    "connections_max": 8,
    "heavy_max": 4,
    "wide_window_s": 86_400.0,
    "wide_window_spans": 20_000_000,
    "kept_spans": 10_000,
    "docs_dir": "",
    "mode": "stdio",
    "listen": ("localhost", 8081),
    "tls_cert_file": "",
    "tls_key_file": "",
    "allowed_hosts": (),
    "allowed_origins": (),
    "allow_unauthenticated": False,
    "auth_token": "",
    "auth_token_file": "",
    "auth_file": "",
    "oauth_introspection_url": "",
    "oauth_issuer": "",
    "oauth_resource": "",
    "oauth_client_id": "",
    "oauth_client_secret": "",
    "oauth_client_secret_file": "",
    "oauth_scopes": "",
    "passthrough_headers": (),
    "rate_limit": 0,
    "caller_calls": 0,
    "total_rate_limit": 0,
    "total_calls": 64,
    "queue_calls": 256,
    "queue_wait_s": 10.0,
    "mask": (),
    "disabled_tools": (),
    "heartbeat_s": 30.0,
    "message_bytes_max": 4_194_304,
    "calls_max": 256,
    "answer_bytes_max": 24_000,
    "clients_max": 10_000,
    "header_bytes_max": 32_768,
    "idle_timeout_s": 75.0,
    "header_timeout_s": 10.0,
    "body_timeout_s": 60.0,
    "write_timeout_s": 30.0,
    "shutdown_timeout_s": 1.0,
    "session_key": "",
    "workers": 1,
    "log_format": "text",
    "log_level": "info",
    "metrics_file": "",
    "otlp_endpoint": "",
    "otlp_traces_endpoint": "",
    "otlp_insecure": "",
    "otlp_headers": "",
    "otlp_timeout": "10000",
    "otel_service_name": "",
    "otel_resource_attributes": "",
    "otel_sampler": "parentbased_always_on",
    "otel_sampler_arg": "1",
    "otel_disabled": "",
}


def test_an_entrypoint_alone_gives_every_default() -> None:
    assert vars(read()) == DEFAULTS


ACCEPTED = {
    "a slash at the end of a URL goes": (
        *("VT_INSTANCE_ENTRYPOINT", "http://localhost:10428/"),
        {"entrypoint": URL},
    ),
    "a path prefix is kept": (
        *("VT_INSTANCE_ENTRYPOINT", "https://vt.example.com/team/a%20b/"),
        {"entrypoint": "https://vt.example.com/team/a%20b"},
    ),
    "a scheme is read in any case": (
        *("VT_INSTANCE_ENTRYPOINT", "HTTPS://vt"),
        {"entrypoint": "https://vt"},
    ),
    "an IPv6 address stands in brackets": (
        *("VT_INSTANCE_ENTRYPOINT", "http://[::1]:10428"),
        {"entrypoint": "http://[::1]:10428"},
    ),
    "a host name may hold an underscore, as in Compose": (
        *("VT_INSTANCE_ENTRYPOINT", "http://victoria_traces:10428"),
        {"entrypoint": "http://victoria_traces:10428"},
    ),
    "an at sign in a path is no user": (
        *("VT_INSTANCE_ENTRYPOINT", "http://vt/@a"),
        {"entrypoint": "http://vt/@a"},
    ),
    "demo is a word": ("VT_INSTANCE_ENTRYPOINT", "Demo", {"entrypoint": "demo"}),
    "white space round a value goes": (
        *("VT_INSTANCE_BEARER_TOKEN", " abc.def-1=\r\n"),
        {"bearer_token": "abc.def-1="},
    ),
    "headers are pairs": (
        *("VT_INSTANCE_HEADERS", "X-Team=shop, X-Scope = eu west ,"),
        {"headers": (("X-Team", "shop"), ("X-Scope", "eu west"))},
    ),
    "a header's value may hold an equals sign": (
        *("VT_INSTANCE_HEADERS", "Authorization=Basic dTpw=="),
        {"headers": (("Authorization", "Basic dTpw=="),)},
    ),
    "a header may be empty": ("VT_INSTANCE_HEADERS", "X-A=", {"headers": (("X-A", ""),)}),
    "a header with an unexpanded value is left out": (
        *("VT_INSTANCE_HEADERS", "X-A=${env:A},X-B=b"),
        {"headers": (("X-B", "b"),)},
    ),
    "an account alone has project 0": (
        *("VT_DEFAULT_TENANT_ID", "7"),
        {"default_tenant": Tenant(7, 0)},
    ),
    "account and project": ("VT_DEFAULT_TENANT_ID", "7:3", {"default_tenant": Tenant(7, 3)}),
    "a mode is read in any case": ("MCP_SERVER_MODE", "HTTP", {"mode": "http"}),
    "a port alone is all interfaces": (
        *("MCP_LISTEN_ADDR", ":9000"),
        {"listen": ("", 9000)},
    ),
    "an IPv6 address to listen on": (
        *("MCP_LISTEN_ADDR", "[::1]:9000"),
        {"listen": ("::1", 9000)},
    ),
    "port 0 is any free one": (
        *("MCP_LISTEN_ADDR", "127.0.0.1:0"),
        {"listen": ("127.0.0.1", 0)},
    ),
    "the old name of the address": (
        *("MCP_SSE_ADDR", "0.0.0.0:9000"),
        {"listen": ("0.0.0.0", 9000)},
    ),
    "names of tools, each once": (
        *("MCP_DISABLED_TOOLS", "traces, services ,,traces,${X}"),
        {"disabled_tools": ("traces", "services")},
    ),
    "a compound duration": ("MCP_HEARTBEAT_INTERVAL", "1m30s", {"heartbeat_s": 90.0}),
    "no heartbeat": ("MCP_HEARTBEAT_INTERVAL", "0", {"heartbeat_s": 0.0}),
    "a short time limit": ("VT_CONNECT_TIMEOUT", "250ms", {"connect_timeout_s": 0.25}),
    "a day is the longest": ("VT_TOTAL_TIMEOUT", "24h", {"total_timeout_s": 86_400.0}),
    "bytes": ("VT_MAX_RESPONSE_BYTES", "2048", {"response_bytes_max": 2_048}),
    "kilobytes are thousands": ("MCP_MAX_MESSAGE_BYTES", "10 kB", {"message_bytes_max": 10_000}),
    "kibibytes are 1024": ("MCP_MAX_MESSAGE_BYTES", "10KiB", {"message_bytes_max": 10_240}),
    "megabytes": ("VT_MAX_RESPONSE_BYTES", "1MB", {"response_bytes_max": 1_000_000}),
    "the smallest answer": ("MCP_MAX_ANSWER_BYTES", "1000", {"answer_bytes_max": 1_000}),
    "one connection": ("VT_MAX_CONNECTIONS", "1", {"connections_max": 1}),
    "no queue": ("MCP_QUEUE_CALLS", "0", {"queue_calls": 0}),
    "kinds to mask, in any case": ("MCP_MASK", "Card,email,,card", {"mask": ("card", "email")}),
    "headers to pass on": (
        *("MCP_PASSTHROUGH_HEADERS", "Authorization, X-Team"),
        {"passthrough_headers": ("Authorization", "X-Team")},
    ),
    "a file of databases beside one": ("VT_INSTANCES_FILE", "a.toml", {"instances_file": "a.toml"}),
    "a key": ("MCP_SESSION_KEY", "0123456789abcdef", {"session_key": "0123456789abcdef"}),
    "a log format": ("MCP_LOG_FORMAT", "JSON", {"log_format": "json"}),
    "a log level": ("MCP_LOG_LEVEL", "Debug", {"log_level": "debug"}),
}


@pytest.mark.parametrize(("name", "text", "changed"), ACCEPTED.values(), ids=ACCEPTED)
def test_a_value_is_accepted(name: str, text: str, changed: dict[str, object]) -> None:
    assert vars(read(**{name: text})) == DEFAULTS | changed


def test_a_file_of_databases_takes_the_place_of_the_one() -> None:
    alone = Config.from_env({"VT_INSTANCES_FILE": "a.toml"})
    assert vars(alone) == DEFAULTS | {"entrypoint": "", "instances_file": "a.toml"}


def test_the_new_name_of_the_address_wins() -> None:
    assert read(MCP_LISTEN_ADDR=":1", MCP_SSE_ADDR=":2").listen == ("", 1)


@pytest.mark.parametrize("text", ["", "  ", "${X}", "${input:x}", "${user_config.X}"])
def test_an_empty_or_unexpanded_value_counts_as_unset(text: str) -> None:
    others = {variable.name: text for variable in VARIABLES[1:]}
    assert vars(read(**others)) == DEFAULTS
    assert refusal(VT_INSTANCE_ENTRYPOINT=text).startswith("VT_INSTANCE_ENTRYPOINT: not set; ")


REFUSED = {
    "a URL without a scheme": ("VT_INSTANCE_ENTRYPOINT", "localhost:10428", "is not an http"),
    "another scheme": ("VT_INSTANCE_ENTRYPOINT", "ftp://vt", "is not an http or https URL"),
    "no host": ("VT_INSTANCE_ENTRYPOINT", "http:///select", "has no valid host"),
    "a half-expanded host": ("VT_INSTANCE_ENTRYPOINT", "http://${HOST}:1", "has no valid host"),
    "two ports": ("VT_INSTANCE_ENTRYPOINT", "http://a:1:2", "has no valid host"),
    "port 0": ("VT_INSTANCE_ENTRYPOINT", "http://a:0", "has no valid port"),
    "a port too high": ("VT_INSTANCE_ENTRYPOINT", "http://a:65536", "has no valid port"),
    "brackets round no IPv6": ("VT_INSTANCE_ENTRYPOINT", "http://[a]", "has no valid host"),
    "an IPv6 zone": ("VT_INSTANCE_ENTRYPOINT", "http://[fe80::1%eth0]", "has no valid host"),
    "a query": ("VT_INSTANCE_ENTRYPOINT", "http://a/?x=1", "has a query or a fragment"),
    "a query at once": ("VT_INSTANCE_ENTRYPOINT", "http://a?x=1", "has a query or a fragment"),
    "a fragment": ("VT_INSTANCE_ENTRYPOINT", "http://a/#x", "has a query or a fragment"),
    "a space in a path": ("VT_INSTANCE_ENTRYPOINT", "http://a/b c", "needs percent-encoding"),
    "a line feed in a path": ("VT_INSTANCE_ENTRYPOINT", "http://a/b\nc", "percent-encoding"),
    "a user": ("VT_INSTANCE_ENTRYPOINT", "http://me@a", "holds a user name or password"),
    "the word Bearer": ("VT_INSTANCE_BEARER_TOKEN", "Bearer abc", "without the word Bearer"),
    "a header without a value": ("VT_INSTANCE_HEADERS", "X-A=1,X-B", "entry 2 has no ="),
    "no header name": ("VT_INSTANCE_HEADERS", "=1", "entry 1 has a name that is not"),
    "a space in a header name": ("VT_INSTANCE_HEADERS", "X A=1", "a name that is not an HTTP"),
    "a control character": ("VT_INSTANCE_HEADERS", "X-A=1\x00", "a value with control"),
    "a line feed": ("VT_INSTANCE_HEADERS", "X-A=1\nX-B: 2", "a value with control"),
    "a header value beyond ASCII": ("VT_INSTANCE_HEADERS", "X-A=caf\xe9", "non-ASCII"),
    "a header twice": ("VT_INSTANCE_HEADERS", "X-A=1,x-a=2", "a name that is there already"),
    "a tenant that is no number": ("VT_DEFAULT_TENANT_ID", "shop", "is not a tenant"),
    "a tenant too high": ("VT_DEFAULT_TENANT_ID", "4294967296", "from 0 to 4294967295"),
    "a mode that is none": ("MCP_SERVER_MODE", "grpc", "'grpc' is not known"),
    "an address without a port": ("MCP_LISTEN_ADDR", "localhost", "has no valid port"),
    "an address with a name for a port": ("MCP_LISTEN_ADDR", "a:http", "has no valid port"),
    "a port beyond the last": ("MCP_LISTEN_ADDR", ":65536", "has no valid port"),
    "an address that is a URL": ("MCP_LISTEN_ADDR", "http://a:1", "has no valid port"),
    "an IPv6 address without brackets": ("MCP_LISTEN_ADDR", "::1:80", "has no valid port"),
    "an address with a bad host": ("MCP_LISTEN_ADDR", "a b:1", "has no valid host"),
    "the old name, by its name": ("MCP_SSE_ADDR", "localhost", "has no valid port"),
    "no duration": ("MCP_HEARTBEAT_INTERVAL", "often", "is not a duration"),
    "a number without a unit": ("MCP_HEARTBEAT_INTERVAL", "30", "is not a duration"),
    "a heartbeat too fast": ("MCP_HEARTBEAT_INTERVAL", "1ms", "0.01s to 24h, or 0 for none"),
    "a time limit of nothing": ("VT_READ_TIMEOUT", "0", "accepted: 0.001s to 24h"),
    "a time limit too long": ("MCP_SHUTDOWN_TIMEOUT", "25h", "is out of range"),
    "no size": ("VT_MAX_RESPONSE_BYTES", "big", "is not a size"),
    "a negative size": ("VT_MAX_RESPONSE_BYTES", "-1", "is not a size"),
    "a size with another digit": ("VT_MAX_RESPONSE_BYTES", "\u0661024", "is not a size"),
    "a size too small": ("MCP_MAX_MESSAGE_BYTES", "1KB", "from 1024 to 1073741824"),
    "a size too large": ("MCP_MAX_MESSAGE_BYTES", "2GiB", "from 1024 to 1073741824"),
    "an answer too small": ("MCP_MAX_ANSWER_BYTES", "999", "from 1000 to 1000000"),
    "no connections": ("VT_MAX_CONNECTIONS", "0", "from 1 to 1000"),
    "too many calls": ("MCP_MAX_CALLS", "100001", "from 1 to 100000"),
    "a count that is no number": ("MCP_MAX_CALLS", "many", "'many' is out of range"),
    "a count of many digits": ("MCP_MAX_CALLS", "9" * 5_000, "is out of range"),
    "a short key": ("MCP_SESSION_KEY", "secret", "has 6 characters; accepted: at least 16"),
    "a log format that is none": ("MCP_LOG_FORMAT", "xml", "accepted: text or json"),
    "a log level that is none": ("MCP_LOG_LEVEL", "loud", "debug, info, warn or error"),
}


@pytest.mark.parametrize(("name", "text", "fault"), REFUSED.values(), ids=REFUSED)
def test_a_value_is_refused(name: str, text: str, fault: str) -> None:
    told = refusal(**{name: text})
    assert told.startswith(f"{name}: ")
    assert fault in told
    assert len(told) < 300


REFUSED_HEADERS = """
    Host connection Content-Length Transfer-Encoding TE Trailer Upgrade Expect Keep-Alive
    AccountID projectid Accept-Encoding Proxy-Authorization Proxy-Connection
"""


@pytest.mark.parametrize("name", REFUSED_HEADERS.split())
def test_a_header_of_the_client_is_refused(name: str) -> None:
    told = refusal(VT_INSTANCE_HEADERS=f"{name}=1")
    assert told.startswith("VT_INSTANCE_HEADERS: entry 1 names ")
    assert f"names {name}: " in told or "names a Proxy- header" in told


def test_a_token_and_an_authorization_header_are_refused_together() -> None:
    told = refusal(VT_INSTANCE_BEARER_TOKEN="a", VT_INSTANCE_HEADERS="authorization=Basic b")
    assert told.startswith("VT_INSTANCE_HEADERS: names Authorization, which VT_INSTANCE_BEARER")


ALONE = {
    "in stdio": (
        {"MCP_SERVER_MODE": "stdio"},
        "MCP_WORKERS: the mode stdio has one client, on the input of one process; accepted: 1, or",
    ),
    "where answers go by one stream": (
        {"MCP_SERVER_MODE": "sse"},
        "MCP_WORKERS: the mode sse sends answers on a stream that one process has,",
    ),
    "with less than one call each": (
        {"MCP_SERVER_MODE": "http", "MCP_TOTAL_CALLS": "3"},
        "MCP_TOTAL_CALLS: 3 is less than one for each of MCP_WORKERS=4; accepted: at least 4",
    ),
    "with less than one call a minute each": (
        {"MCP_SERVER_MODE": "http", "MCP_TOTAL_RATE_LIMIT": "3"},
        "MCP_TOTAL_RATE_LIMIT: 3 is less than one for each",
    ),
}


@pytest.mark.parametrize(("env", "told"), ALONE.values(), ids=ALONE)
def test_several_processes_are_refused_where_they_cannot_be(env: dict[str, str], told: str) -> None:
    assert refusal(MCP_WORKERS="4", **env).startswith(told)
    assert read(MCP_WORKERS="1", **env).workers == 1


def test_several_processes_serve_over_http() -> None:
    assert read(MCP_WORKERS="4", MCP_SERVER_MODE="http").workers == 4


HUNTER = "hunter2hunter2hunter2"

SECRETS = {
    "a token": {"VT_INSTANCE_BEARER_TOKEN": f"{HUNTER} {HUNTER}"},
    "a header": {"VT_INSTANCE_HEADERS": f"X-Key={HUNTER}\x01"},
    "a header without a name": {"VT_INSTANCE_HEADERS": HUNTER},
    "a header with its sides changed": {"VT_INSTANCE_HEADERS": f"{HUNTER}:=X-Key"},
    "a key": {"MCP_SESSION_KEY": HUNTER[:15]},
    "a password in a URL": {"VT_INSTANCE_ENTRYPOINT": f"https://me:{HUNTER}@vt"},
    "a password in a URL of another scheme": {"VT_INSTANCE_ENTRYPOINT": f"ftp://me:{HUNTER}@vt"},
    "a token in a query": {"VT_INSTANCE_ENTRYPOINT": f"https://vt/?token={HUNTER}"},
}


@pytest.mark.parametrize("variables", SECRETS.values(), ids=SECRETS)
def test_an_error_never_shows(variables: dict[str, str]) -> None:
    assert HUNTER[:15] not in refusal(**variables)


def test_a_repr_never_shows_a_secret() -> None:
    settings = {
        "VT_INSTANCE_BEARER_TOKEN": HUNTER,
        "VT_INSTANCE_HEADERS": f"X-Key={HUNTER}",
        "MCP_AUTH_TOKEN": HUNTER,
        "MCP_OAUTH_CLIENT_SECRET": HUNTER,
        "MCP_SESSION_KEY": HUNTER,
        "OTEL_EXPORTER_OTLP_HEADERS": f"X-Key={HUNTER}",
    }
    assert HUNTER not in repr(read(**settings))
    assert set(settings) == {variable.name for variable in VARIABLES if variable.secret}


def test_each_field_names_its_variable_and_its_default() -> None:
    named: set[str] = set()
    for name, text in field_docstrings().items():
        variables = [variable for variable in VARIABLES if f"`{variable.name}`" in text]
        named.update(variable.name for variable in variables)
        assert variables, name
        assert not variables[0].default or f"default `{variables[0].default}`" in text, name
    assert named == {variable.name for variable in VARIABLES}


def field_docstrings() -> dict[str, str]:
    """The text under each field of `Config`, by the field's name."""
    body = ast.parse(inspect.getsource(config.Config)).body[0]
    assert isinstance(body, ast.ClassDef)
    return {
        field.target.id: text.value.value
        for field, text in zip(body.body, body.body[1:], strict=False)
        if isinstance(field, ast.AnnAssign)
        and isinstance(field.target, ast.Name)
        and isinstance(text, ast.Expr)
        and isinstance(text.value, ast.Constant)
        and isinstance(text.value.value, str)
    }


def test_every_field_has_its_text() -> None:
    assert list(field_docstrings()) == list(DEFAULTS)
