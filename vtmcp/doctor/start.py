"""Settings and files, judged as the server reads them at its start.

Must not be here: anything over the network. No value of a secret, and no path of a file that
holds one, is in a finding.
"""

import io
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from vtmcp.app import build, database_settings, open_source
from vtmcp.config import Config, ConfigError
from vtmcp.config_values import DEMO, is_unset
from vtmcp.config_variable import Variable
from vtmcp.config_variables import VARIABLES
from vtmcp.doctor.findings import CALLERS, DOCUMENTS, SETTINGS, Finding, Sheet, failure
from vtmcp.handlers.source import TraceSource
from vtmcp.logs import Log
from vtmcp.traces.safe import safe
from vtmcp.traces.tenant import Tenant

if TYPE_CHECKING:
    from vtmcp.victoriatraces.settings import Settings

VALUE_CHARS_MAX = 80
"""A longer value is cut: it is there to be recognised, not to be read."""

LEFT_OUT_MAX = 3
"""So many files that were left out are named; the reason of the first ones is that of most."""

LIKENESS = 0.85
"""How alike an unknown variable and a known one are that were meant to be the same."""

OWN_PREFIXES = ("VT_", "MCP_")


class Database(NamedTuple):
    """What the checks after these need of one database."""

    name: str
    """Empty where there is only one."""
    settings: "Settings | None"
    """None for generated data."""
    tenant: Tenant
    told: Callable[[str], str]
    """Writes a text with the names by which this database's settings are set."""


def start(env: Mapping[str, str], sheet: Sheet) -> list[Database]:
    """Tell of settings, documents and callers; none where there is nothing to go on with."""
    try:
        config = Config.from_env(env)
        # The folder of documents has a check of its own.
        build(replace(config, docs_dir=""), _silent())
        databases = _databases(config)
    except ConfigError as error:
        sheet.tell(failure(SETTINGS, str(error)))
        sheet.skip_rest("settings failed")
        return []
    sheet.tell(judge_settings(env))
    sheet.tell(_documents(config))
    sheet.tell(_callers(config, env))
    return databases


def _databases(config: Config) -> list[Database]:
    """All databases that the server would open, in its order."""
    if not config.instances_file:
        return [Database("", _settings(config), config.default_tenant, str)]
    from vtmcp.app_instances import open_instances  # noqa: PLC0415 - only where there is a file

    opened: list[tuple[TraceSource, Config]] = []

    def open_one(own: Config) -> TraceSource:
        source = open_source(own, _silent())
        opened.append((source, own))
        return source

    return [
        Database(
            found.name,
            next(_settings(own) for source, own in opened if source is found.source),
            found.default_tenant,
            found.told,
        )
        for found in open_instances(config, open_one)
    ]


def _settings(config: Config) -> "Settings | None":
    return None if config.entrypoint == DEMO else database_settings(config)


def judge_settings(env: Mapping[str, str]) -> Finding:
    """Say which variables are set, and which look as if they were meant to be."""
    given = {variable: env.get(variable.name, "").strip() for variable in VARIABLES}
    told = [_shown(variable, text) for variable, text in given.items() if not is_unset(text)]
    if env.get("SSL_CERT_FILE"):
        told.append("SSL_CERT_FILE (a file)")
    evidence = f"{len(told)} set: {', '.join(told)}"
    unexpanded = [variable.name for variable, text in given.items() if text and is_unset(text)]
    if unexpanded:
        names = ", ".join(unexpanded)
        return Finding(
            SETTINGS,
            "warn",
            f"{evidence}; not set, as the client did not expand ${{...}}: {names}",
            f"set {names} to a value, or remove it from the client's settings",
        )
    misspelt = _misspelt(env)
    if misspelt:
        pairs = ", ".join(f"{safe(wrong)} (meant: {right}?)" for wrong, right in misspelt.items())
        return Finding(
            SETTINGS,
            "warn",
            f"{evidence}; unknown: {pairs}",
            "correct the names; vtmcp --help lists all variables",
        )
    return Finding(SETTINGS, "ok", evidence)


def _shown(variable: Variable, text: str) -> str:
    """A variable and its value, but for secrets and for what may lead to one."""
    if variable.secret:
        return f"{variable.name} (secret)"
    if variable.name.endswith("_FILE"):
        return f"{variable.name} (a file)"
    if variable.name.endswith("_URL"):  # It is not checked for a password in it.
        return f"{variable.name} (a URL)"
    return f"{variable.name}={safe(text, VALUE_CHARS_MAX)}"


def _misspelt(env: Mapping[str, str]) -> dict[str, str]:
    """Variables that nobody reads, and the one that each was probably meant to be."""
    import difflib  # noqa: PLC0415 - 5 ms, and only here

    known = [variable.name for variable in VARIABLES]
    strange = [name for name in env if name.startswith(OWN_PREFIXES) and name not in known]
    near = {name: difflib.get_close_matches(name, known, 1, LIKENESS) for name in sorted(strange)}
    return {name: found[0] for name, found in near.items() if found}


def _documents(config: Config) -> Finding:
    if not config.docs_dir:
        return Finding(DOCUMENTS, "skip", "VT_DOCS_DIR is not set: no folder of your own")
    from vtmcp.search.local import LocalFolderError, read_local_pages  # noqa: PLC0415

    try:
        pages, left_out = read_local_pages(Path(config.docs_dir))
    except LocalFolderError as error:
        return failure(DOCUMENTS, f"VT_DOCS_DIR: {error}", "set VT_DOCS_DIR to a readable folder")
    evidence = f"{len(pages)} pages in the folder of VT_DOCS_DIR"
    if not left_out:
        return Finding(DOCUMENTS, "ok", evidence)
    some = [f"{safe(path)} ({reason})" for path, reason in sorted(left_out)[:LEFT_OUT_MAX]]
    more = f" and {len(left_out) - LEFT_OUT_MAX} more" if len(left_out) > LEFT_OUT_MAX else ""
    return Finding(
        DOCUMENTS,
        "warn",
        f"{evidence}; left out: {', '.join(some)}{more}",
        "mend or remove these files, or name a folder that holds documentation only",
    )


def _callers(config: Config, env: Mapping[str, str]) -> Finding:
    """Whether the files about callers and the listener can be used, as at the start over HTTP."""
    about = ("MCP_AUTH", "MCP_OAUTH", "MCP_TLS")
    names = [
        variable.name
        for variable in VARIABLES
        if variable.name.startswith(about) and not is_unset(env.get(variable.name, "").strip())
    ]
    if config.mode == "stdio":
        unused = f"; not used: {', '.join(names)}" if names else ""
        return Finding(CALLERS, "skip", f"over stdio the one caller is who starts vtmcp{unused}")
    from vtmcp.app_callers import open_callers  # noqa: PLC0415 - not for stdio
    from vtmcp.app_web import guard_of  # noqa: PLC0415

    try:
        open_callers(config, _silent())
        guard_of(config)
        _check_listener(config)
    except ConfigError as error:
        return failure(CALLERS, str(error))
    told = f"can be used: {', '.join(names)}" if names else "no token is asked for"
    return Finding(CALLERS, "ok", told)


def _check_listener(config: Config) -> None:
    if config.tls_cert_file:
        from vtmcp.transports.binding import ListenError  # noqa: PLC0415 - TLS only
        from vtmcp.transports.listening_tls import server_context  # noqa: PLC0415

        try:
            server_context(config.tls_cert_file, config.tls_key_file)
        except ListenError as error:
            raise ConfigError(f"MCP_TLS_CERT_FILE, MCP_TLS_KEY_FILE: {error}") from None


def _silent() -> Log:
    """What the server would log at its start is a finding here, where it matters."""
    return Log(io.StringIO(), level="error", format="text")
