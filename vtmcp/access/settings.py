"""From settings to a door and a gate. Must not be here: the environment.

Errors are `ValueError`s that begin with the name of a variable and never hold a secret.
"""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import NamedTuple, TypeVar

from vtmcp.access.binding_rule import refused_address
from vtmcp.access.door import Door, Refused
from vtmcp.access.form_client import FormClient, read_target
from vtmcp.access.gate import WAIT_S, CallLimits, Gate
from vtmcp.access.introspection import Expected
from vtmcp.access.keys import Keys
from vtmcp.access.metadata import metadata_paths, read_issuer, read_resource, read_scopes
from vtmcp.access.oauth import OAuth, OAuthSettings
from vtmcp.access.permissions import EVERYTHING, Permissions
from vtmcp.access.policy import read_policy
from vtmcp.access.tokens import hash_token, read_secret_file, read_token_file
from vtmcp.access.turns import RUNNING_MAX, WAITING_MAX, Bounds
from vtmcp.access.watched_file import WatchedFile
from vtmcp.transports.access import Access, OpenAccess
from vtmcp.transports.http_exchange import Exchange

Value = TypeVar("Value")


@dataclass(frozen=True, kw_only=True)
class AccessSettings:
    """What the owner of a server may set about callers. Empty is not set."""

    token: str = field(default="", repr=False)
    """`MCP_AUTH_TOKEN`: secret; one token that may do all."""

    token_file: str = ""
    """`MCP_AUTH_TOKEN_FILE`: a file with that token, in place of it."""

    policy_file: str = ""
    """`MCP_AUTH_FILE`: the policy, as in `policy.py`."""

    allows_unauthenticated: bool = False
    """`MCP_ALLOW_UNAUTHENTICATED`: let anyone in whom the listener lets in."""

    introspection_url: str = ""
    """`MCP_OAUTH_INTROSPECTION_URL`: switches OAuth on."""

    issuer: str = ""
    """`MCP_OAUTH_ISSUER`: where clients get their tokens."""

    resource: str = ""
    """`MCP_OAUTH_RESOURCE`: the URL by which clients call this server."""

    client_id: str = ""
    """`MCP_OAUTH_CLIENT_ID`: who we are to the issuer."""

    client_secret: str = field(default="", repr=False)
    """`MCP_OAUTH_CLIENT_SECRET`: secret."""

    client_secret_file: str = ""
    """`MCP_OAUTH_CLIENT_SECRET_FILE`: a file with that secret, in place of it."""

    scopes: str = ""
    """`MCP_OAUTH_SCOPES`: what each token must have, with blanks between."""

    ca_file: str = ""
    """Authorities to trust in place of certifi's."""

    calls_per_minute: int = 0
    """`MCP_RATE_LIMIT`: of one caller, unless the policy says; 0 for no limit."""

    calls_at_once: int = 0
    """`MCP_CALLER_CALLS`: of one caller, unless the policy says; 0 for no limit."""

    total_per_minute: int = 0
    """`MCP_TOTAL_RATE_LIMIT`: of all callers; 0 for no limit."""

    total_calls: int = RUNNING_MAX
    """`MCP_TOTAL_CALLS`: of all callers, at once."""

    queue_calls: int = WAITING_MAX
    """`MCP_QUEUE_CALLS`: calls that wait for their turn."""

    queue_wait_s: float = WAIT_S
    """`MCP_QUEUE_WAIT`: how long a call waits for its turn."""

    @property
    def is_authenticated(self) -> bool:
        """Whether anything is checked at all."""
        ways = (self.token, self.token_file, self.policy_file, self.introspection_url)
        return any(ways)


class Opened(NamedTuple):
    """What a server needs to let callers in."""

    access: Access
    permissions: Callable[[str], Permissions]
    gate: Gate
    paths: Mapping[str, Callable[[Exchange], Awaitable[None]]]
    """Further paths to serve: the metadata, where there is OAuth."""


def open_access(
    settings: AccessSettings,
    host: str,
    *,
    endpoint_paths: tuple[str, ...],
    read_tenant: Callable[[str], str],
    report: Callable[[str], None],
    observe: Callable[[Refused], None],
) -> Opened:
    """Make the door for a server that listens at `host`. Raises `ValueError`.

    `report` is told of files that went wrong, `observe` of each refusal.
    """
    refused = refused_address(
        host,
        is_authenticated=settings.is_authenticated,
        allows_unauthenticated=settings.allows_unauthenticated,
    )
    if refused:
        raise ValueError(refused)
    _refuse_twice("MCP_AUTH_TOKEN", settings.token, settings.token_file)
    _refuse_twice("MCP_OAUTH_CLIENT_SECRET", settings.client_secret, settings.client_secret_file)
    _refuse_half(settings)
    if not settings.is_authenticated:
        return Opened(OpenAccess(), lambda caller: EVERYTHING, open_gate(settings), {})
    oauth = _oauth(settings, report)
    keys = Keys(
        token=hash_token(settings.token) if settings.token else None,
        token_file=_watched("MCP_AUTH_TOKEN_FILE", settings.token_file, read_token_file, report),
        policy_file=_watched(
            "MCP_AUTH_FILE",
            settings.policy_file,
            lambda data: read_policy(data, read_tenant=read_tenant),
            report,
        ),
        oauth=oauth,
    )
    gate = open_gate(settings, lambda caller: keys.limits(caller, _defaults(settings)))
    door = Door(keys, wait_s=gate.wait_s, observe=observe)
    paths = _metadata(oauth, settings.issuer, endpoint_paths) if oauth else {}
    return Opened(door, keys.permissions, gate, paths)


def open_gate(
    settings: AccessSettings, limits_of: Callable[[str], CallLimits] | None = None
) -> Gate:
    """The gate alone: for stdio, where there is one caller and no door."""
    return Gate(
        limits_of or (lambda caller: _defaults(settings)),
        total_per_minute=settings.total_per_minute,
        bounds=Bounds(settings.total_calls, settings.queue_calls),
        wait_s=settings.queue_wait_s,
    )


def _refuse_twice(name: str, value: str, file: str) -> None:
    """Two of one would leave open which is good."""
    if value and file:
        raise ValueError(f"{name}: set beside {name}_FILE; accepted: one of the two")


def _refuse_half(settings: AccessSettings) -> None:
    """Who sets up OAuth and forgets where tokens are checked would have an open door."""
    if settings.introspection_url:
        return
    for name, value in (
        ("MCP_OAUTH_ISSUER", settings.issuer),
        ("MCP_OAUTH_RESOURCE", settings.resource),
        ("MCP_OAUTH_CLIENT_ID", settings.client_id),
        ("MCP_OAUTH_CLIENT_SECRET", settings.client_secret),
        ("MCP_OAUTH_CLIENT_SECRET_FILE", settings.client_secret_file),
        ("MCP_OAUTH_SCOPES", settings.scopes),
    ):
        if value:
            raise ValueError(f"MCP_OAUTH_INTROSPECTION_URL: not set; {name} needs it")


def _defaults(settings: AccessSettings) -> CallLimits:
    return CallLimits(settings.calls_per_minute, settings.calls_at_once)


def _oauth(settings: AccessSettings, report: Callable[[str], None]) -> OAuth | None:
    if not settings.introspection_url:
        return None
    for name, value in (
        ("MCP_OAUTH_ISSUER", settings.issuer),
        ("MCP_OAUTH_RESOURCE", settings.resource),
        ("MCP_OAUTH_CLIENT_ID", settings.client_id),
        ("MCP_OAUTH_CLIENT_SECRET", settings.client_secret or settings.client_secret_file),
    ):
        if not value:
            raise ValueError(f"{name}: not set; MCP_OAUTH_INTROSPECTION_URL needs it")
    target = _read("MCP_OAUTH_INTROSPECTION_URL", settings.introspection_url, read_target)
    issuer = _read("MCP_OAUTH_ISSUER", settings.issuer, read_issuer)
    resource = _read("MCP_OAUTH_RESOURCE", settings.resource, read_resource)
    scopes = _read("MCP_OAUTH_SCOPES", settings.scopes, read_scopes)
    file = _watched(
        "MCP_OAUTH_CLIENT_SECRET_FILE", settings.client_secret_file, read_secret_file, report
    )
    secret = file.current if file else lambda: settings.client_secret
    client = FormClient(target, ca_file=settings.ca_file)
    about = OAuthSettings(Expected(resource, issuer), settings.client_id, secret, scopes)
    return OAuth(about, client.post)


def _metadata(
    oauth: OAuth, issuer: str, endpoint_paths: tuple[str, ...]
) -> Mapping[str, Callable[[Exchange], Awaitable[None]]]:
    resource, scopes = oauth.settings.expected.resource, oauth.settings.scopes
    return metadata_paths(resource, issuer, scopes, endpoint_paths)


def _watched(
    variable: str, path: str, read: Callable[[bytes], Value], report: Callable[[str], None]
) -> WatchedFile[Value] | None:
    return WatchedFile(variable, path, read, report=report) if path else None


def _read(name: str, text: str, read: Callable[[str], Value]) -> Value:
    try:
        return read(text)
    except ValueError as error:
        raise ValueError(f"{name}: {error}") from None
