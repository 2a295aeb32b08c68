"""Callers over HTTP: from settings to who is let in, and what each may do.

Must not be here: how a token is checked, or what a rate is (`access`).
"""

from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from types import TracebackType
from typing import NamedTuple

from vtmcp.access.door import REASONS, Refused
from vtmcp.access.gate import BusyError
from vtmcp.access.settings import AccessSettings, Opened, open_access
from vtmcp.callers import Callers
from vtmcp.config import Config, ConfigError
from vtmcp.logs import Log
from vtmcp.traces.tenant import Tenant, parse_tenant

ENDPOINT_PATHS = {"http": ("/mcp",), "sse": ("/sse",)}
"""The resources that tokens are for (RFC 9728); where a client POSTs to is a part of one."""

NOT_ALLOWED = "not_allowed"
BUSY = "busy"

REFUSALS = {"caller": REASONS, "tool": (NOT_ALLOWED,), "tenant": (NOT_ALLOWED,), "call": (BUSY,)}
"""What may be refused to a caller, and for which reasons: the labels of a metric."""

Count = Callable[[str, str], None]
"""Told of each refusal: one of `REFUSALS`, and its reason."""


class OpenedCallers(NamedTuple):
    """The door for the endpoints, and the rules for the tools."""

    door: Opened
    callers: Callers


def open_callers(
    config: Config, log: Log, count: Count = lambda what, reason: None
) -> OpenedCallers:
    """Who is let in, and what each may do. Raises `ConfigError`.

    `count` is told of each refusal but those of tools, which the router knows of.
    """

    def report(text: str) -> None:
        log.warn("a file of secrets or rules cannot be used", problem=text)

    def refused(refused: Refused) -> None:
        log.warn("refused", reason=refused.reason, caller=refused.caller, detail=refused.detail)
        count("caller", refused.reason)

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
    permissions = door.permissions
    callers = Callers(
        _Rules(door, count),
        _Tenants(door, log, count),
        lambda caller, tenant: permissions(caller).allows_tenant(str(tenant)),
        lambda caller, name: permissions(caller).allows_deployment(name),
    )
    return OpenedCallers(door, callers)


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

    def __init__(self, door: Opened, count: Count) -> None:
        self._door = door
        self._count = count

    def allows_tool(self, caller: str, tool: str) -> bool:
        return self._door.permissions(caller).allows_tool(tool)

    def turn(self, caller: str) -> AbstractAsyncContextManager[None]:
        return _Turn(self._door.gate.turn(caller), self._count)


class _Turn(AbstractAsyncContextManager[None]):
    """A place at the gate; when there is none, that is counted."""

    def __init__(self, turn: AbstractAsyncContextManager[None], count: Count) -> None:
        self._turn = turn
        self._count = count

    async def __aenter__(self) -> None:
        try:
            await self._turn.__aenter__()
        except BusyError:
            self._count("call", BUSY)
            raise

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> bool | None:
        return await self._turn.__aexit__(kind, error, trace)


class _Tenants:
    """The policy's word on tenants; each refusal is logged and counted."""

    def __init__(self, door: Opened, log: Log, count: Count) -> None:
        self._door = door
        self._log = log
        self._count = count

    def __call__(self, caller: str, tenant: Tenant) -> bool:
        allowed = self._door.permissions(caller).allows_tenant(str(tenant))
        if not allowed:
            self._log.warn("refused", reason="tenant", caller=caller, tenant=str(tenant))
            self._count("tenant", NOT_ALLOWED)
        return allowed
