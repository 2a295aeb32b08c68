"""The product on HTTP: from settings to endpoints, health, and what is logged of connections.

Must not be here: what is served there, or how it is listened.
"""

import math
import os
import time
from collections.abc import Awaitable, Callable, Iterable
from contextlib import nullcontext
from functools import partial
from typing import TYPE_CHECKING

import anyio

from vtmcp.app_callers import OpenedCallers
from vtmcp.app_metrics import AppMetrics
from vtmcp.config import Config, ConfigError
from vtmcp.handlers.source import TraceSource
from vtmcp.logs import Log
from vtmcp.server import Beside, Server
from vtmcp.traces.model import SourceError
from vtmcp.traces.safe import safe
from vtmcp.transports.binding import Address, ListenError
from vtmcp.transports.guards import Guard, parse_host
from vtmcp.transports.http import Trouble
from vtmcp.transports.http_limits import DEFAULT_LIMITS, HttpLimits
from vtmcp.transports.http_values import Request
from vtmcp.transports.ops import (
    LIVENESS_PATH,
    METRICS_PATH,
    READINESS_PATH,
    liveness,
    readiness,
)
from vtmcp.transports.ops import metrics as metrics_handler
from vtmcp.web import WebOptions

if TYPE_CHECKING:
    import ssl

    from vtmcp.workers.link import Link

KEY_BYTES = 32
"""The length of a session key made at start: that of the hash it is used with."""


CLOSING_S = 2.0
"""What streams get beyond the time of running calls, for their proper end."""


DEEP_TIMEOUT_S = 2.0
"""How long the database may take to answer a check: probes give up after a few seconds."""

DEEP_KEPT_S = 1.0
"""How long what a check found is told again: anyone may ask, and the database is asked once."""

REASON_CHARS_MAX = 300
"""What a probe shows of a reason; the tools show all of it."""


def run_web(
    config: Config,
    opened: OpenedCallers,
    server: Server,
    source: TraceSource,
    log: Log,
    *,
    metrics: AppMetrics,
    beside: Beside = nullcontext,
    link: "Link | None" = None,
) -> None:
    """Serve until a signal, and run what is `beside` meanwhile.

    Raises `ConfigError` when the address or a file cannot be used.
    """
    try:
        server.run_http(
            web_options(config, log, opened, source=source, metrics=metrics, link=link),
            closing=source.aclose,
            beside=beside,
        )
    except ListenError as error:
        raise ConfigError(f"MCP_LISTEN_ADDR: {error}") from None


def web_options(
    config: Config,
    log: Log,
    opened: OpenedCallers,
    *,
    source: TraceSource | None = None,
    metrics: AppMetrics | None = None,
    link: "Link | None" = None,
) -> WebOptions:
    """How the settings want the server to be reached. Raises `ConfigError`.

    Without a `source` nothing deeper than the server itself is checked, and without `metrics`
    there are none to be read. With a `link` this is one of several processes: the supervisor has
    bound the sockets, says on the log what concerns all, and adds the metrics up.
    """
    host, port = config.listen
    state = _State()
    deep = None if source is None else DeepCheck(partial(source.services, config.default_tenant))

    def listening(addresses: list[Address], path: str) -> None:
        state.not_ready = ""
        if link is None:
            say_listening(config, log, addresses, path)

    def stopping() -> None:
        state.not_ready = "The server is stopping"
        if link is None:
            log.info("stopping")

    async def counts() -> str:
        if metrics is None:
            return ""
        return metrics.text() if link is None else await link.text()

    def trouble(trouble: Trouble) -> None:
        # A fault of ours is a 500 or has no status; the rest is what clients do all day.
        say = log.warn if trouble.status in (0, 500) else log.debug
        say("connection ended early", status=trouble.status, reason=trouble.reason)

    async def is_ready(request: Request) -> str:
        if state.not_ready or deep is None or "deep=1" not in request.query.split("&"):
            return state.not_ready
        return await deep.fault()

    return WebOptions(
        host=host,
        port=port,
        sockets=() if link is None else link.sockets,
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
            **({METRICS_PATH: metrics_handler(counts)} if metrics else {}),
            **opened.door.paths,
        },
        listening=listening,
        stopping=stopping,
        trouble=trouble,
        counting=metrics.counting if metrics else lambda count: None,
        siblings=link,
        attend=None if link is None else link.run,
    )


def say_listening(config: Config, log: Log, addresses: Iterable[Address], path: str) -> None:
    """Tell where clients find the server."""
    scheme = "https" if config.tls_cert_file else "http"
    for address in addresses:
        log.info("listening", url=f"{scheme}://{address}{path}")


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


class DeepCheck:
    """Whether the database answers, asked by `ask` within `timeout_s`, and no more often than
    every `kept_s`: whoever comes meanwhile is told what was found last."""

    def __init__(
        self,
        ask: Callable[[], Awaitable[object]],
        *,
        timeout_s: float = DEEP_TIMEOUT_S,
        kept_s: float = DEEP_KEPT_S,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._ask = ask
        self._timeout_s = timeout_s
        self._kept_s = kept_s
        self._clock = clock
        self._turn = anyio.Lock()
        self._fault = ""
        self._good_until_s = -math.inf

    async def fault(self) -> str:
        """What is wrong, in a sentence; nothing when the database answers."""
        async with self._turn:
            if self._clock() >= self._good_until_s:
                self._fault = await self._look()
                self._good_until_s = self._clock() + self._kept_s
            return self._fault

    async def _look(self) -> str:
        with anyio.move_on_after(self._timeout_s):
            try:
                await self._ask()
            except SourceError as error:
                return safe(str(error), REASON_CHARS_MAX)
            return ""
        return f"The database did not answer within {self._timeout_s:g} s"


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
