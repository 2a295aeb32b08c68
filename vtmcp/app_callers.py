"""Callers over HTTP: from settings to who is let in, and what each may do.

Must not be here: how a token is checked, or what a rate is (`access`).
"""

from contextlib import AbstractAsyncContextManager
from typing import NamedTuple

from vtmcp.access.door import Refused
from vtmcp.access.settings import AccessSettings, Opened, open_access
from vtmcp.callers import Callers
from vtmcp.config import Config, ConfigError
from vtmcp.logs import Log
from vtmcp.traces.tenant import Tenant, parse_tenant

ENDPOINT_PATHS = {"http": ("/mcp",), "sse": ("/sse", "/message")}


class OpenedCallers(NamedTuple):
    """The door for the endpoints, and the rules for the tools."""

    door: Opened
    callers: Callers


def open_callers(config: Config, log: Log) -> OpenedCallers:
    """Who is let in, and what each may do. Raises `ConfigError`."""

    def report(text: str) -> None:
        log.warn("a file of secrets or rules cannot be used", problem=text)

    def refused(refused: Refused) -> None:
        log.warn("refused", reason=refused.reason, caller=refused.caller, detail=refused.detail)

    try:
        door = open_access(
            settings_of(config),
            config.listen[0],
            endpoint_paths=ENDPOINT_PATHS[config.mode],
            read_tenant=lambda text: str(parse_tenant(text)),
            report=report,
            observe=refused,
        )
    except ValueError as error:
        raise ConfigError(str(error)) from None
    return OpenedCallers(door, Callers(_Rules(door), _Tenants(door, log)))


def settings_of(config: Config) -> AccessSettings:
    """The settings about callers, as `access` wants them."""
    return AccessSettings(
        token=config.auth_token,
        token_file=config.auth_token_file,
        policy_file=config.auth_file,
        allows_unauthenticated=config.allow_unauthenticated,
        introspection_url=config.oauth_introspection_url,
        issuer=config.oauth_issuer,
        resource=config.oauth_resource,
        client_id=config.oauth_client_id,
        client_secret=config.oauth_client_secret,
        client_secret_file=config.oauth_client_secret_file,
        scopes=config.oauth_scopes,
        calls_per_minute=config.rate_limit,
        calls_at_once=config.caller_calls,
        total_per_minute=config.total_rate_limit,
        total_calls=config.total_calls,
        queue_calls=config.queue_calls,
        queue_wait_s=config.queue_wait_s,
    )


class _Rules:
    """The policy's word on tools, and the gate before each call."""

    def __init__(self, door: Opened) -> None:
        self._door = door

    def allows_tool(self, caller: str, tool: str) -> bool:
        return self._door.permissions(caller).allows_tool(tool)

    def turn(self, caller: str) -> AbstractAsyncContextManager[None]:
        return self._door.gate.turn(caller)


class _Tenants:
    """The policy's word on tenants; each refusal is logged."""

    def __init__(self, door: Opened, log: Log) -> None:
        self._door = door
        self._log = log

    def __call__(self, caller: str, tenant: Tenant) -> bool:
        allowed = self._door.permissions(caller).allows_tenant(str(tenant))
        if not allowed:
            self._log.warn("refused", reason="tenant", caller=caller, tenant=str(tenant))
        return allowed
