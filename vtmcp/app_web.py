"""The product on HTTP: from settings to endpoints, health, and what is logged of connections.

Must not be here: what is served there, or how it is listened.
"""

import os
from typing import TYPE_CHECKING

from vtmcp.app_callers import OpenedCallers
from vtmcp.config import Config, ConfigError
from vtmcp.handlers.source import TraceSource
from vtmcp.logs import Log
from vtmcp.server import Server
from vtmcp.transports.binding import Address, ListenError
from vtmcp.transports.guards import Guard, parse_host
from vtmcp.transports.http import Trouble
from vtmcp.transports.http_limits import DEFAULT_LIMITS, HttpLimits
from vtmcp.transports.http_values import Request
from vtmcp.transports.ops import LIVENESS_PATH, READINESS_PATH, liveness, readiness
from vtmcp.web import WebOptions

if TYPE_CHECKING:
    import ssl

KEY_BYTES = 32
"""The length of a session key made at start: that of the hash it is used with."""


CLOSING_S = 2.0
"""What streams get beyond the time of running calls, for their proper end."""


def run_web(
    config: Config, opened: OpenedCallers, server: Server, source: TraceSource, log: Log
) -> None:
    """Serve until a signal. Raises `ConfigError` when the address or a file cannot be used."""
    try:
        server.run_http(web_options(config, log, opened), closing=source.aclose)
    except ListenError as error:
        raise ConfigError(f"MCP_LISTEN_ADDR: {error}") from None


def web_options(config: Config, log: Log, opened: OpenedCallers) -> WebOptions:
    """How the settings want the server to be reached. Raises `ConfigError`."""
    host, port = config.listen
    state = _State()

    def listening(addresses: list[Address], path: str) -> None:
        state.not_ready = ""
        scheme = "https" if config.tls_cert_file else "http"
        for address in addresses:
            log.info("listening", url=f"{scheme}://{address}{path}")

    def stopping() -> None:
        state.not_ready = "The server is stopping"
        log.info("stopping")

    def trouble(trouble: Trouble) -> None:
        # A fault of ours is a 500 or has no status; the rest is what clients do all day.
        say = log.warn if trouble.status in (0, 500) else log.debug
        say("connection ended early", status=trouble.status, reason=trouble.reason)

    async def is_ready(request: Request) -> str:
        return state.not_ready

    return WebOptions(
        host=host,
        port=port,
        is_old=config.mode == "sse",
        session_key=config.session_key.encode() or os.urandom(KEY_BYTES),
        heartbeat_s=config.heartbeat_s,
        guard=guard_of(config),
        access=opened.door.access,
        limits=limits_of(config),
        drain_s=config.shutdown_timeout_s + CLOSING_S,
        tls=_tls(config),
        more={
            LIVENESS_PATH: liveness(),
            READINESS_PATH: readiness(is_ready),
            **opened.door.paths,
        },
        listening=listening,
        stopping=stopping,
        trouble=trouble,
    )


def guard_of(config: Config) -> Guard:
    """The rules for `Host` and `Origin`. Raises `ConfigError` for an entry that fits nothing."""
    named = parse_host(_bracketed(config.listen[0]))
    guard = Guard(
        is_loopback=named is not None and named.is_loopback,
        allowed_hosts=config.allowed_hosts,
        allowed_origins=config.allowed_origins,
    )
    for entry in guard.unreadable():
        is_host = entry in config.allowed_hosts
        name = "MCP_ALLOWED_HOSTS" if is_host else "MCP_ALLOWED_ORIGINS"
        accepted = "name or name:port" if is_host else "scheme://name or scheme://name:port"
        raise ConfigError(f"{name}: {entry[:60]!a} fits nothing; accepted: {accepted}, with commas")
    return guard


def limits_of(config: Config) -> HttpLimits:
    """What one client may cost."""
    return DEFAULT_LIMITS._replace(
        header_bytes_max=config.header_bytes_max,
        body_bytes_max=config.message_bytes_max,
        connections_max=config.clients_max,
        idle_s=config.idle_timeout_s,
        header_read_s=config.header_timeout_s,
        body_read_s=config.body_timeout_s,
        write_stall_s=config.write_timeout_s,
    )


class _State:
    """Why the server is not ready, or nothing."""

    not_ready = "The server is starting"


def _tls(config: Config) -> "ssl.SSLContext | None":
    if not config.tls_cert_file:
        return None
    from vtmcp.transports.listening_tls import server_context  # noqa: PLC0415 - TLS only

    try:
        return server_context(config.tls_cert_file, config.tls_key_file)
    except ListenError as error:
        raise ConfigError(f"MCP_TLS_CERT_FILE, MCP_TLS_KEY_FILE: {error}") from None


def _bracketed(host: str) -> str:
    return f"[{host}]" if ":" in host else host
