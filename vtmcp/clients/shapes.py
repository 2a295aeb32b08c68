"""What a client's file holds for a server: one function a family of clients.

Each gives the value of the entry, what is set only where it is not there yet, and the keys of the
other transport, which must go. Must not be here: where the entry stands (`table`).
"""

from collections.abc import Callable
from typing import Any, NamedTuple

from vtmcp.clients.entry import Entry
from vtmcp.clients.secrets import Told

DESCRIPTION = "Distributed traces, from VictoriaTraces"

GOOSE_TIMEOUT_S = 300
"""What Goose itself writes for an extension."""


class Shaped(NamedTuple):
    """An entry as a client's file has it."""

    value: dict[str, Any]
    initial: dict[str, Any]
    """Keys that a person may have changed: set only where they are not there."""
    stale: tuple[str, ...] = ()
    """Keys of the other transport."""
    joined: tuple[str, ...] = ()
    """Keys of lists that a person may have added to: theirs stay."""


Shape = Callable[[Entry, Told], Shaped]

_STDIO = ("command", "args", "env", "source")


def common(
    *,
    url: str = "url",
    stdio: dict[str, Any] | None = None,
    remote: dict[str, Any] | None = None,
    initial: dict[str, Any] | None = None,
) -> Shape:
    """`command`, `args`, `env`, or a URL and `headers`; before them what the client adds."""

    def shape(entry: Entry, told: Told) -> Shaped:
        if entry.url:
            value = {**(remote or {}), url: entry.url, **_given("headers", told.values)}
            return Shaped(value, initial or {}, _other(value, (*_STDIO, "type")))
        value = {**(stdio or {}), **_started(entry), **_given("env", told.values)}
        return Shaped(value, initial or {}, _other(value, (url, "headers", "type")))

    return shape


def codex(entry: Entry, told: Told) -> Shaped:
    """Variables are forwarded by name; a bearer token has a key of its own."""
    if not entry.url:
        forwarded = [secret.variable for secret in told.forwarded.values()]
        value = {
            **_started(entry),
            **({"env_vars": forwarded} if forwarded else {}),
            **_given("env", told.values),
        }
        stale = ("url", "http_headers", "env_http_headers", "bearer_token_env_var")
        return Shaped(value, {}, stale, joined=("env_vars",))
    value = {"url": entry.url}
    others = dict(told.forwarded)
    bearer = next((name for name, secret in others.items() if secret.prefix == "Bearer "), "")
    if bearer:
        value["bearer_token_env_var"] = others.pop(bearer).variable
    by_name = {name: secret.variable for name, secret in others.items()}
    value |= _given("env_http_headers", by_name) | _given("http_headers", told.values)
    return Shaped(value, {}, ("command", "args", "env", "env_vars"))


def goose(entry: Entry, told: Told) -> Shaped:
    """`cmd` and `envs`, or `uri`; secrets are named in `env_keys` and kept in Goose's keyring."""
    keys = [secret.variable for secret in told.forwarded.values()]
    about = {"name": entry.name, "description": DESCRIPTION}
    initial = {"enabled": True, "timeout": GOOSE_TIMEOUT_S, "env_keys": []}
    named = {"env_keys": keys} if keys else {}
    if not entry.url:
        value = {
            **{"type": "stdio", **about, "cmd": entry.command[0], "args": [*entry.command[1:]]},
            **{"envs": told.values, **named},
        }
        return Shaped(value, initial, ("uri", "headers"), joined=("env_keys",))
    references = {
        name: f"{secret.prefix}${{{secret.variable}}}" for name, secret in told.forwarded.items()
    }
    value = {
        **{"type": "streamable_http", **about, "uri": entry.url},
        **_given("headers", {**told.values, **references}),
        **named,
    }
    return Shaped(value, initial, ("cmd", "args", "envs"), joined=("env_keys",))


def opencode(entry: Entry, told: Told) -> Shaped:
    """One list for the command with its arguments, and `environment`."""
    initial = {"enabled": True}
    if entry.url:
        value = {"type": "remote", "url": entry.url, **_given("headers", told.values)}
        return Shaped(value, initial, ("command", "environment"))
    value = {
        **{"type": "local", "command": [*entry.command]},
        **_given("environment", told.values),
    }
    return Shaped(value, initial, ("url", "headers"))


def _started(entry: Entry) -> dict[str, Any]:
    return {"command": entry.command[0], "args": [*entry.command[1:]]}


def _given(key: str, values: dict[str, str]) -> dict[str, Any]:
    return {key: dict(values)} if values else {}


def _other(value: dict[str, Any], keys: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(key for key in keys if key not in value)
