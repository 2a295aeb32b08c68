"""`vtmcp conformance`: test a server, or serve the fixtures.

Must not be here: how a server is tested (`runner`), what the fixtures are (`fixture`).
"""

import argparse
import fnmatch
import os
import shlex
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, TextIO

if TYPE_CHECKING:
    from vtmcp.conformance.conversation import Limits
    from vtmcp.conformance.requirements import Gap
    from vtmcp.conformance.runner import Server, Verdict
    from vtmcp.conformance.schemas import Schemas
    from vtmcp.conformance.targets import Target
    from vtmcp.conformance.vectors import Case

EXIT_OK, EXIT_BREACH, EXIT_USAGE = 0, 1, 2
"""All that is a must was kept; some was not; nothing could be tested."""

JOBS_STDIO = os.cpu_count() or 1
"""Each conversation is a process of its own."""

JOBS_HTTP = 4
"""More would measure how a server bears load, which is not asked here."""


def run(words: Sequence[str]) -> int:
    """Run the command and return the exit code; argparse ends the process on a wrong line."""
    if list(words[:1]) == ["serve"]:
        return serve(_serve_parser().parse_args(words[1:]))
    return test(_test_parser().parse_args(words))


def serve(options: argparse.Namespace) -> int:
    """Serve the fixtures until the end of the input, or a signal."""
    from vtmcp.conformance import serving  # noqa: PLC0415 - a test needs no fixtures

    return serving.serve(options.transport, options.listen, options.auth_token)


def test(options: argparse.Namespace) -> int:
    """Test a server and tell what was found."""
    import anyio  # noqa: PLC0415 - only where a server is tested

    from vtmcp.conformance import report  # noqa: PLC0415 - as above
    from vtmcp.conformance.requirements import gaps_of, load_requirements  # noqa: PLC0415
    from vtmcp.conformance.runner import Server  # noqa: PLC0415 - as above

    try:
        target = _target(options)
        gaps = gaps_of(options.known_gaps) if options.known_gaps else {}
    except (OSError, ValueError) as error:
        return _refuse(str(error))
    cases = _cases(options, target.transport)
    if not cases:
        return _refuse("no vector fits --only and --revision")
    server = Server(target, limits=_limits(options), schemas=_schemas(options))
    try:
        verdicts = anyio.run(_play_and_tell, server, cases, options, gaps)
    except OSError as error:
        return _refuse(f"cannot start the server: {error}")
    if all(verdict.outcome == "skipped" for verdict in verdicts):
        reasons = sorted({verdict.problem for verdict in verdicts})
        return _refuse(f"nothing could be tested: {'; '.join(reasons[:3])}")
    # Who asks for a few vectors only is not told of all that none of them tests.
    named = [one for one in load_requirements() if not (options.only and one.untested)]
    found = report.Report(named, verdicts, gaps)
    if options.junit:
        options.junit.write_text(report.junit(found), encoding="utf-8")
    _say(report.as_json(found) if options.json else report.table(found), sys.stdout)
    return EXIT_BREACH if found.is_breach else EXIT_OK


async def _play_and_tell(
    server: "Server",
    cases: "Sequence[Case]",
    options: argparse.Namespace,
    gaps: "dict[str, Gap]",
) -> "list[Verdict]":
    from vtmcp.conformance.report import told  # noqa: PLC0415 - as above
    from vtmcp.conformance.runner import play_all  # noqa: PLC0415 - as above

    async def tell(verdict: "Verdict") -> None:
        is_news = verdict.outcome == "failed" and str(verdict.case) not in gaps
        if is_news or options.verbose:
            _say(told(verdict), sys.stderr if options.json else sys.stdout)

    jobs = options.jobs or (JOBS_STDIO if server.target.transport == "stdio" else JOBS_HTTP)
    return await play_all(server, cases, jobs=jobs, report=tell)


def _target(options: argparse.Namespace) -> "Target":
    """The server that is meant.

    Raises:
        ValueError: for an address or a header that is none.
    """
    from vtmcp.conformance import targets  # noqa: PLC0415 - as above
    from vtmcp.conformance.http_client import address_of  # noqa: PLC0415 - as above

    if options.stdio is not None:
        command = shlex.split(options.stdio)
        if not command:
            raise ValueError("--stdio needs a command")
        return targets.StdioTarget(command, exit_s=options.step_timeout)
    headers = {}
    for text in options.header:
        name, colon, value = text.partition(":")
        if not colon or not name.strip():
            raise ValueError(f"--header {name!r} is not `Name: value`")
        headers[name.strip()] = value.strip()
    kind = targets.SseTarget if options.sse else targets.HttpTarget
    return kind(address_of(options.url), headers)


def _cases(options: argparse.Namespace, transport: str) -> "list[Case]":
    from vtmcp.conformance.vectors import REVISIONS, load  # noqa: PLC0415 - as above

    patterns = options.only or ["*"]
    revisions = options.revision or REVISIONS
    return [
        case
        for case in load()
        if case.transport == transport
        and case.revision in revisions
        and any(fnmatch.fnmatch(str(case), f"*{pattern}*") for pattern in patterns)
    ]


def _limits(options: argparse.Namespace) -> "Limits":
    from vtmcp.conformance.conversation import Limits  # noqa: PLC0415 - as above

    return Limits(step_s=options.step_timeout, exit_s=options.step_timeout)


def _schemas(options: argparse.Namespace) -> "Schemas | None":
    from vtmcp.conformance.schemas import Schemas  # noqa: PLC0415 - as above

    return Schemas(options.schemas) if options.schemas else None


def _say(text: str, where: TextIO) -> None:
    """What a server said may hold what no encoding has: halves of surrogate pairs."""
    print(text.encode("utf-8", "replace").decode(), file=where, flush=True)


def _refuse(problem: str) -> int:
    print(f"vtmcp conformance: {problem}", file=sys.stderr)
    return EXIT_USAGE


def _serve_parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="vtmcp conformance serve",
        description="Serve the fixtures that the conformance suites test against.",
    )
    parser.add_argument("--transport", choices=("stdio", "http", "sse"), default="stdio")
    parser.add_argument("--listen", metavar="HOST:PORT", default="127.0.0.1:0")
    parser.add_argument(
        "--auth-token", metavar="TOKEN", help="guard the endpoint; this token opens it"
    )
    return parser


def _test_parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="vtmcp conformance",
        description="Test an MCP server against the specification; `serve` serves our fixtures.",
    )
    which = parser.add_mutually_exclusive_group(required=True)
    which.add_argument("--stdio", metavar="COMMAND", help="what starts the server")
    which.add_argument("--url", metavar="URL", help="the endpoint of a running server")
    parser.add_argument("--sse", action="store_true", help="the URL is a stream of HTTP+SSE")
    parser.add_argument(
        "--header", action="append", default=[], metavar="'NAME: VALUE'", help="for each request"
    )
    parser.add_argument("--revision", action="append", metavar="R", help="2025-11-25, say")
    parser.add_argument("--only", action="append", metavar="PATTERN", help="names of vectors")
    parser.add_argument("--json", action="store_true", help="tell everything as JSON")
    parser.add_argument("--junit", type=Path, metavar="FILE", help="write a JUnit report, too")
    parser.add_argument(
        "--known-gaps", type=Path, metavar="FILE", help="failures that are known, with reasons"
    )
    parser.add_argument(
        "--schemas", type=Path, metavar="DIR", help="official schemas, REVISION.json"
    )
    parser.add_argument("--jobs", type=int, metavar="N", help="conversations at once")
    parser.add_argument("--step-timeout", type=float, default=10.0, metavar="S")
    parser.add_argument("--verbose", action="store_true", help="tell of what passed, too")
    return parser
