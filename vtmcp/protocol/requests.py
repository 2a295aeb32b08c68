"""Read what a request says of its client: the modern `_meta`, the legacy `initialize`.

Sources: MCP 2026-07-28, basic, "_meta"; the lifecycle page of the older revisions. Every reader
raises `InvalidParams` with what is wrong. Must not be here: state.
"""

from typing import Any, NamedTuple

from vtmcp.protocol.errors import InvalidParams, UnsupportedVersion
from vtmcp.protocol.messages import Json, Request
from vtmcp.protocol.versions import LOG_LEVELS, METHODS, MODERN_NAMES

PREFIX = "io.modelcontextprotocol/"
PROTOCOL_VERSION = PREFIX + "protocolVersion"
CLIENT_CAPABILITIES = PREFIX + "clientCapabilities"
CLIENT_INFO = PREFIX + "clientInfo"
LOG_LEVEL = PREFIX + "logLevel"

_MODERN_KEYS = frozenset((PROTOCOL_VERSION, CLIENT_CAPABILITIES, CLIENT_INFO, LOG_LEVEL))


class Client(NamedTuple):
    """What a client said of itself; it never changes what a tool may do."""

    name: str = ""
    version: str = ""
    capabilities: Json = {}  # noqa: RUF012 - read only, and shared on purpose


def is_modern(message: Request) -> bool:
    """Whether the request carries a key of `_meta` that only the stateless era has."""
    meta = message.params.get("_meta")
    return isinstance(meta, dict) and not _MODERN_KEYS.isdisjoint(meta)


def is_modern_only(method: str) -> bool:
    """Whether the method exists in the stateless era alone."""
    known = METHODS.get(method)
    return known is not None and not known.legacy


def read_version(params: Json) -> str:
    """The revision that a modern request names, served or not."""
    meta = params.get("_meta")
    if not isinstance(meta, dict):
        raise InvalidParams(f'Invalid params: "_meta" with "{PROTOCOL_VERSION}" is required')
    version = meta.get(PROTOCOL_VERSION)
    if not isinstance(version, str):
        raise InvalidParams(f'Invalid params: _meta["{PROTOCOL_VERSION}"] must be a string')
    return version


def read_client(params: Json) -> Client:
    """The client of a modern request, after the checks that each such request must pass."""
    version = read_version(params)
    if version not in MODERN_NAMES:
        raise UnsupportedVersion(version, list(MODERN_NAMES))
    meta = params["_meta"]
    capabilities = meta.get(CLIENT_CAPABILITIES)
    if not isinstance(capabilities, dict):
        raise InvalidParams(f'Invalid params: _meta["{CLIENT_CAPABILITIES}"] must be an object')
    if LOG_LEVEL in meta:
        read_level(meta[LOG_LEVEL], f'_meta["{LOG_LEVEL}"]')
    info = meta.get(CLIENT_INFO, {})
    if not isinstance(info, dict):
        raise InvalidParams(f'Invalid params: _meta["{CLIENT_INFO}"] must be an object')
    return Client(_text(info, "name"), _text(info, "version"), capabilities)


def read_initialize(params: Json) -> tuple[str, Client]:
    """The revision asked for and the client, from the parameters of `initialize`."""
    version = read_string(params, "protocolVersion")
    capabilities, info = params.get("capabilities"), params.get("clientInfo")
    if not isinstance(capabilities, dict):
        raise InvalidParams('Invalid params: "capabilities" must be an object')
    if not isinstance(info, dict):
        raise InvalidParams('Invalid params: "clientInfo" must be an object')
    for name in ("name", "version"):
        if not isinstance(info.get(name), str):
            raise InvalidParams(f'Invalid params: "clientInfo.{name}" must be a string')
    return version, Client(info["name"], info["version"], capabilities)


def read_string(params: Json, name: str) -> str:
    """A required string parameter."""
    value = params.get(name)
    if not isinstance(value, str):
        problem = "is required" if value is None else "must be a string"
        raise InvalidParams(f'Invalid params: "{name}" {problem}')
    return value


def read_object(params: Json, name: str) -> Json:
    """An optional object parameter; absent is empty."""
    value = params.get(name, {})
    if not isinstance(value, dict):
        raise InvalidParams(f'Invalid params: "{name}" must be an object')
    return value


def read_level(value: Any, name: str) -> str:
    """A log level."""
    if not isinstance(value, str) or value not in LOG_LEVELS:
        raise InvalidParams(f"Invalid params: {name} must be one of {', '.join(LOG_LEVELS)}")
    return value


def _text(value: Json, name: str) -> str:
    found = value.get(name)
    return found if isinstance(found, str) else ""
