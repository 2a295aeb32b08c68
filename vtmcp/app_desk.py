"""From settings to the desk that the tools work at: databases, what is passed on, what is masked.

Must not be here: how a database is opened, or what is a mask.
"""

import os
import time
from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING, NamedTuple

from vtmcp.callers import Callers
from vtmcp.config import Config, ConfigError
from vtmcp.handlers.deployment import Deployment, Deployments
from vtmcp.handlers.desk import Desk
from vtmcp.handlers.guarded_source import GuardedSource, GuardLimits
from vtmcp.handlers.library import Library
from vtmcp.handlers.source import TraceSource
from vtmcp.handlers.wide_windows import WideWindows
from vtmcp.logs import Log

if TYPE_CHECKING:
    from vtmcp.traces.masking import Masking
    from vtmcp.victoriatraces.passthrough import Passthrough

Open = Callable[[Config], TraceSource]

_NS_PER_S = 1_000_000_000

KEY_BYTES = 32
"""The length of a key for masks: that of the hash it is used with."""

_MASKS = b"vtmcp masks"
"""What keeps the key of the masks apart from that of the sessions, which it is made of."""


class Sources(NamedTuple):
    """What the tools ask, and what the server closes."""

    whole: TraceSource
    """All of it, as one thing to name and to close; asked, it is the usual one."""
    usual: Deployment
    deployments: Deployments | None = None
    """None where there is one database only."""


def open_sources(config: Config, open_one: Open, callers: Callers) -> Sources:
    """The databases that the settings name. Raises `ConfigError`."""
    open_one = partial(_open_guarded, open_one)
    if config.instances_file:
        from vtmcp.app_instances import open_instances  # noqa: PLC0415 - only where asked for

        found = open_instances(config, open_one)
        if len(found) > 1:
            from vtmcp.app_instances import together  # noqa: PLC0415

            others = tuple(found[1:])
            several = Deployments(found[0], others, callers.allows_deployment, callers.may_read)
            return Sources(together(found), found[0], several)
        return Sources(found[0].source, found[0])
    source = open_one(config)
    return Sources(source, Deployment("", "", source, config.default_tenant))


def _open_guarded(open_one: Open, config: Config) -> TraceSource:
    """A database with a guard of its own before it."""
    wide = WideWindows(round(config.wide_window_s * _NS_PER_S), config.wide_window_spans)
    return GuardedSource(open_one(config), GuardLimits(config.heavy_max, wide, config.kept_spans))


def open_desk(
    config: Config, log: Log, sources: Sources, callers: Callers, library: Library
) -> Desk:
    """The desk of all calls. Raises `ConfigError`."""
    usual = sources.usual
    passthrough = open_passthrough(config, log)
    desk = Desk(
        source=usual.source,
        library=library,
        default_tenant=usual.default_tenant,
        answer_bytes=config.answer_bytes_max,
        now_ns=time.time_ns,
        allows_tenant=callers.allows_tenant,
        may_read=callers.may_read,
        passed_on=None if passthrough is None else passthrough.headers,
        masking=open_masking(config),
        deployments=sources.deployments,
        told=usual.told,
    )
    if sources.deployments is not None or usual.tenants is None:
        return desk
    return desk._replace(
        allows_tenant=lambda caller, tenant: (
            usual.has(tenant) and callers.allows_tenant(caller, tenant)
        )
    )


def open_passthrough(config: Config, log: Log) -> "Passthrough | None":
    """What is passed on of a caller's headers. Raises `ConfigError`."""
    if not config.passthrough_headers:
        return None
    from vtmcp.victoriatraces.passthrough import Passthrough  # noqa: PLC0415 - where asked for

    ours = (
        *(config.auth_token, config.auth_token_file, config.auth_file),
        config.oauth_introspection_url,
    )
    is_http = config.mode != "stdio"
    try:
        found = Passthrough(config.passthrough_headers, is_authenticated=is_http and any(ours))
    except ValueError as error:
        raise ConfigError(str(error)) from None
    if is_http:
        return found
    log.warn("MCP_PASSTHROUGH_HEADERS does nothing over stdio, which has no request headers")
    return None


def open_masking(config: Config) -> "Masking | None":
    """What is masked. With `MCP_SESSION_KEY` the marks are the same on each replica and start."""
    if not config.mask:
        return None
    import hmac  # noqa: PLC0415 - where asked for

    from vtmcp.traces.masking import Masking  # noqa: PLC0415

    key = os.urandom(KEY_BYTES)
    if config.session_key:
        key = hmac.digest(config.session_key.encode(), _MASKS, "sha256")
    return Masking(config.mask, key)
