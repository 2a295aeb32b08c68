"""The settings that a client is to pass on: those of the command line, and of the environment.

Only what differs from its default, only what a server that a client starts can use, secrets as
secrets, and files by their whole path: a client starts its servers anywhere. Must not be here: the
environment itself; it is handed in.
"""

import re
from collections.abc import Mapping
from pathlib import Path

from vtmcp.clients.entry import Entry, Secret, Value
from vtmcp.clients.faults import WrongWords
from vtmcp.clients.options import COMMAND, Options
from vtmcp.clients.paths import Machine
from vtmcp.config_callers import CALLERS
from vtmcp.config_values import is_unset
from vtmcp.config_variable import Variable
from vtmcp.config_variables import VARIABLES

ENTRYPOINT = "VT_INSTANCE_ENTRYPOINT"
ENTRYPOINT_USUAL = "http://localhost:10428"
"""Where VictoriaTraces listens when it is started without flags."""

INSTANCES = "VT_INSTANCES_FILE"
"""Names several databases, and then no entrypoint is needed."""

AUTH_TOKEN = "MCP_AUTH_TOKEN"
"""The token that a server over HTTP asks for, and that its clients send."""

LISTENER = {
    *(variable.name for variable in CALLERS),
    *("MCP_SERVER_MODE", "MCP_LISTEN_ADDR", "MCP_SSE_ADDR", "MCP_WORKERS", "MCP_SESSION_KEY"),
    *("MCP_TLS_CERT_FILE", "MCP_TLS_KEY_FILE", "MCP_ALLOWED_HOSTS", "MCP_ALLOWED_ORIGINS"),
    *("MCP_HEARTBEAT_INTERVAL", "MCP_MAX_CONNECTIONS", "MCP_MAX_HEADER_BYTES"),
    *("MCP_IDLE_TIMEOUT", "MCP_HEADER_TIMEOUT", "MCP_BODY_TIMEOUT"),
}
"""Variables of a server that listens: one that a client starts listens to nobody else."""

_SECRET_HEADER = re.compile(r"auth|cookie|token|key|secret|password|credential", re.IGNORECASE)
_REFERENCE = re.compile(r"\$\{[^}]+\}|\{env:[^}]+\}|\$[A-Z][A-Z0-9_]*")
_HEADER = re.compile(r"[A-Za-z0-9!#$%&'*+.^_`|~-]+")
_URL = re.compile(r"https?://[^\s/@?#]+[^\s@#]*", re.IGNORECASE)


def read_entry(options: Options, machine: Machine, installed: tuple[str, ...]) -> Entry:
    """What the options and the environment ask for; `installed` is this installation's command.

    Raises `WrongWords`.
    """
    url = options.one("--url")
    if url:
        if not _URL.fullmatch(url):
            raise WrongWords("--url takes an http or https URL such as http://localhost:8081/mcp")
        return Entry(name=options.name, url=url, headers=_headers(options, machine.env))
    command = installed if "--local" in options.flags else options.command or COMMAND
    return Entry(name=options.name, command=command, env=_variables(options, machine))


def _variables(options: Options, machine: Machine) -> dict[str, Value]:
    given = _given(options)
    found: dict[str, Value] = {}
    for variable in VARIABLES:
        name = variable.name
        text = given.get(name, machine.env.get(name, "").strip())
        if is_unset(text) or (name not in given and not _is_passed_on(name)):
            continue
        if text == variable.default and name not in given:
            continue
        _check(variable, text)
        found[name] = (
            Secret(name, text, meaning=variable.meaning.replace("`", ""))
            if variable.secret
            else _whole(name, text, machine)
        )
    if INSTANCES not in found:
        found.setdefault(ENTRYPOINT, ENTRYPOINT_USUAL)
    for name in [*found]:
        if f"{name}_FILE" in found and name not in given:
            # The file is the better place: it can be changed, and no client has to hold it.
            del found[name]
    order = [variable.name for variable in VARIABLES]
    return {name: found[name] for name in sorted(found, key=order.index)}


def _given(options: Options) -> dict[str, str]:
    """The variables that the command line names."""
    given = options.pairs("--env")
    entrypoint = options.one("--entrypoint")
    if entrypoint and ENTRYPOINT in given:
        raise WrongWords(f"--entrypoint and --env {ENTRYPOINT} do not go together")
    if entrypoint:
        given[ENTRYPOINT] = entrypoint
    known = {variable.name for variable in VARIABLES}
    for name in given:
        if name in LISTENER:
            raise WrongWords(f"{name} is for a server over HTTP, which no client starts; see --url")
        if name not in known:
            from vtmcp.protocol.schema import did_you_mean  # noqa: PLC0415 - errors only

            near = did_you_mean(name, sorted(known - LISTENER))
            raise WrongWords(f"unknown variable {name[:60]}{near} (vtmcp --help shows all)")
    return given


def _is_passed_on(name: str) -> bool:
    """Whether it is meant for vtmcp: those of OpenTelemetry may be another program's."""
    return name.startswith(("VT_", "MCP_")) and name not in LISTENER


def _check(variable: Variable, text: str) -> None:
    try:
        variable.read(text)
    except ValueError as error:
        raise WrongWords(f"{variable.name}: {error}") from None


def _whole(name: str, text: str, machine: Machine) -> str:
    if not name.endswith(("_FILE", "_DIR")):
        return text
    if text.startswith("~/"):
        return str(machine.home / text[2:])
    return str(machine.folder / Path(text))


def _headers(options: Options, env: Mapping[str, str]) -> dict[str, Value]:
    headers: dict[str, Value] = {}
    for name, text in options.pairs("--header").items():
        if not _HEADER.fullmatch(name) or not text.isprintable() or not text.isascii():
            raise WrongWords("--header takes NAME=VALUE of plain characters")
        is_secret = _SECRET_HEADER.search(name) and not _REFERENCE.search(text)
        headers[name] = Secret("", text, meaning=f"{name} header") if is_secret else text
    token = env.get(AUTH_TOKEN, "").strip()
    if not is_unset(token) and "authorization" not in {name.lower() for name in headers}:
        meaning = "Token that the server over HTTP asks for"
        headers["Authorization"] = Secret(AUTH_TOKEN, token, "Bearer ", meaning)
    return headers
