"""`vtmcp doctor [--json]`: check the set-up and say what to change.

Must not be here: a check. The report goes to standard output: this is no MCP session.
"""

import os
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from typing import TextIO

from vtmcp import __version__
from vtmcp.doctor.findings import (
    EXIT_USAGE,
    OF_DATABASE,
    STARTING,
    Finding,
    Sheet,
    exit_code,
)
from vtmcp.doctor.report import json_of, summary_of, text_of
from vtmcp.doctor.start import Database, start

Show = Callable[[Finding], None]

EXIT_INTERRUPTED = 130
"""What shells say of a program that was ended by Ctrl-C."""

HELP = """vtmcp doctor: check the settings and the database, and say what to change

Usage:
  vtmcp doctor [--json]

Reads the same environment variables as the server (vtmcp --help lists them) and reaches the
database as the server does. Each check has a verdict (ok, warn, fail, skip), the evidence and,
where something is wrong, a remedy. No secret is shown.

Exit code: 0 when nothing failed, 1 when a check failed, 2 when the settings would stop the
server's start or the command line is wrong."""


def run(words: Sequence[str], env: Mapping[str, str] | None = None) -> int:
    """Run the command and return the exit code."""
    match list(words):
        case []:
            is_json = False
        case ["--json"]:
            is_json = True
        case ["--help" | "-h"]:
            print(HELP)
            return 0
        case _:
            print("vtmcp: accepted: doctor, doctor --json, doctor --help", file=sys.stderr)
            return EXIT_USAGE
    env = os.environ if env is None else env
    in_colour = _is_coloured(sys.stdout, env)

    def show(finding: Finding) -> None:
        if not is_json:
            print(text_of(finding, in_colour=in_colour), flush=True)

    try:
        findings, database = _check(env, show)
    except KeyboardInterrupt:
        return EXIT_INTERRUPTED
    if is_json:
        print(json_of(findings, version=__version__, database=database))
    else:
        print(f"\nvtmcp {__version__}, {database}: {summary_of(findings)}")
    return exit_code(findings)


def _check(env: Mapping[str, str], show: Show) -> tuple[list[Finding], str]:
    """Make all checks; return them, and what was checked, for a reader."""
    sheet = Sheet(show, STARTING)
    databases = start(env, sheet)
    if not databases:
        nothing = Sheet(show, OF_DATABASE)
        nothing.skip_rest("settings failed")
        return [*sheet.findings, *nothing.findings], "no database"
    findings = _examine_all(databases, show)
    return [*sheet.findings, *findings], ", ".join(map(_called, databases))


def _examine_all(databases: Sequence[Database], show: Show) -> list[Finding]:
    """Examine all databases at once. A single one is told of as it goes, several in turn."""
    if len(databases) == 1:
        on_finding = show
    else:

        def on_finding(finding: Finding) -> None:
            """Held back: findings of several databases would be mixed."""

    sheets = [
        Sheet(on_finding, OF_DATABASE, deployment=one.name, told=one.told) for one in databases
    ]
    for sheet, one in zip(sheets, databases, strict=True):
        if one.settings is None:
            sheet.skip_rest("generated data: the entrypoint is demo, there is no database")
    real = [row for row in zip(sheets, databases, strict=True) if row[1].settings is not None]
    if real:
        _examine(real)
    findings = [finding for sheet in sheets for finding in sheet.findings]
    if len(databases) > 1:
        for finding in findings:
            show(finding)
    return findings


def _examine(rows: Sequence[tuple[Sheet, Database]]) -> None:
    import anyio  # noqa: PLC0415 - 30 ms, and only where there is a database

    from vtmcp.doctor.examination import Examination  # noqa: PLC0415 - h11, ssl: 30 ms

    async def examine() -> None:
        # Within the loop: what a client is made of belongs to one.
        async with anyio.create_task_group() as tasks:
            for sheet, one in rows:
                assert one.settings is not None
                examination = Examination(one.settings, one.tenant, sheet, time.time_ns)
                tasks.start_soon(examination.run)

    anyio.run(examine)


def _called(database: Database) -> str:
    """A database for a reader: its name where there are several, and its address."""
    if database.settings is None:
        place = "generated data (demo)"
    else:
        from vtmcp.victoriatraces.entrypoint import parse_entrypoint  # noqa: PLC0415 - not for demo

        place = parse_entrypoint(database.settings.entrypoint).url
    return f"{database.name}: {place}" if database.name else place


def _is_coloured(out: TextIO, env: Mapping[str, str]) -> bool:
    return out.isatty() and not env.get("NO_COLOR") and env.get("TERM") != "dumb"
