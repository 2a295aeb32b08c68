"""The variables about callers over HTTP: who is let in, and how much each may do.

Must not be here: how a token is checked, or what a rate is (`access`).
"""

from functools import partial

from vtmcp import config_values as values
from vtmcp.config_variable import TIMEOUT_S_MIN, Variable

RATE_MAX = 1_000_000
"""More calls a minute than this are no limit."""

AT_ONCE_MAX = 10_000
"""More calls at once than this are no limit."""

_timeout = partial(values.read_seconds, least=TIMEOUT_S_MIN)

CALLERS = (
    Variable(
        "MCP_ALLOW_UNAUTHENTICATED",
        "",
        "`1`: listen where other machines reach, without a token (`sse`, `http`)",
        "allow_unauthenticated",
        values.read_flag,
    ),
    Variable(
        "MCP_AUTH_TOKEN",
        "",
        "Bearer token that clients must send (`sse`, `http`)",
        "auth_token",
        values.read_token,
        secret=True,
    ),
    Variable(
        "MCP_AUTH_TOKEN_FILE",
        "",
        "File with that token; read again when it changes",
        "auth_token_file",
        str,
    ),
    Variable(
        "MCP_AUTH_FILE",
        "",
        "Policy file (TOML): callers, their tokens, tools, tenants and rates",
        "auth_file",
        str,
    ),
    Variable(
        "MCP_OAUTH_INTROSPECTION_URL",
        "",
        "Where tokens are checked (RFC 7662); with it, OAuth 2.1 is on",
        "oauth_introspection_url",
        str,
    ),
    Variable(
        "MCP_OAUTH_ISSUER",
        "",
        "URL of the authorization server that issues them",
        "oauth_issuer",
        str,
    ),
    Variable(
        "MCP_OAUTH_RESOURCE",
        "",
        "URL of this server, as tokens name it in their audience",
        "oauth_resource",
        str,
    ),
    Variable(
        "MCP_OAUTH_CLIENT_ID",
        "",
        "Who this server is to the authorization server",
        "oauth_client_id",
        str,
    ),
    Variable(
        "MCP_OAUTH_CLIENT_SECRET",
        "",
        "Secret that goes with it",
        "oauth_client_secret",
        str,
        secret=True,
    ),
    Variable(
        "MCP_OAUTH_CLIENT_SECRET_FILE",
        "",
        "File with that secret; read again when it changes",
        "oauth_client_secret_file",
        str,
    ),
    Variable(
        "MCP_OAUTH_SCOPES",
        "",
        "Scopes that each token must have, with blanks between them",
        "oauth_scopes",
        str,
    ),
    Variable(
        "MCP_PASSTHROUGH_HEADERS",
        "",
        "Request headers of callers that the database gets too (`sse`, `http`)",
        "passthrough_headers",
        values.read_names,
    ),
    Variable(
        "MCP_RATE_LIMIT",
        "0",
        "Calls a minute of one caller (`sse`, `http`); `0` for no limit",
        "rate_limit",
        partial(values.read_count, least=0, most=RATE_MAX),
    ),
    Variable(
        "MCP_CALLER_CALLS",
        "0",
        "Calls at once of one caller; `0` for no limit",
        "caller_calls",
        partial(values.read_count, least=0, most=AT_ONCE_MAX),
    ),
    Variable(
        "MCP_TOTAL_RATE_LIMIT",
        "0",
        "Calls a minute of all callers; `0` for no limit",
        "total_rate_limit",
        partial(values.read_count, least=0, most=RATE_MAX),
    ),
    Variable(
        "MCP_TOTAL_CALLS",
        "64",
        "Calls at once of all callers",
        "total_calls",
        partial(values.read_count, most=AT_ONCE_MAX),
    ),
    Variable(
        "MCP_QUEUE_CALLS",
        "256",
        "Calls that wait for their turn; `0` for none",
        "queue_calls",
        partial(values.read_count, least=0, most=AT_ONCE_MAX),
    ),
    Variable(
        "MCP_QUEUE_WAIT",
        "10s",
        "Longest time that a call waits for its turn",
        "queue_wait_s",
        _timeout,
    ),
)
"""In the order of the README."""
