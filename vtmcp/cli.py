"""The command line: `vtmcp`, `vtmcp demo`, `vtmcp conformance`, `vtmcp docs check`.

Without arguments it is the server, and everything is read from the environment. Must not be
here: what a command does; each lives in its own module and is imported when it is asked for.
"""

import sys
from collections.abc import Callable, Sequence

EXIT_OK = 0
EXIT_USAGE = 2
"""A wrong command line or a wrong setting; the text on standard error says which."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a command and return the process's exit code."""
    words = list(sys.argv[1:] if arguments is None else arguments)
    if not words:
        # The path that clients start: nothing is imported for it but the server.
        from vtmcp.app import run  # noqa: PLC0415

        return run()
    command = _COMMANDS.get(words[0])
    if command is None:
        known = ", ".join(_COMMANDS)
        return _refuse(f"unknown command {words[0]!r}; accepted: {known}, or none to serve")
    return command(words[1:])


def _help(words: list[str]) -> int:
    from vtmcp.config_variables import VARIABLES  # noqa: PLC0415 - only where needed

    width = max(len(variable.name) for variable in VARIABLES)
    lines = [USAGE, "Environment:"]
    for variable in VARIABLES:
        default = f" (default {variable.default})" if variable.default else ""
        lines.append(f"  {variable.name:<{width}}  {variable.meaning}{default}")
    print("\n".join(lines))
    return EXIT_OK


def _version(words: list[str]) -> int:
    from vtmcp import __version__  # noqa: PLC0415 - only where needed

    print(f"vtmcp {__version__}")
    return EXIT_OK


def _demo(words: list[str]) -> int:
    from vtmcp.demo_session import run  # noqa: PLC0415 - only where needed

    return _refuse("demo takes no arguments") if words else run()


def _conformance(words: list[str]) -> int:
    from vtmcp.conformance.command import run  # noqa: PLC0415 - only where needed

    return run(words)


def _docs(words: list[str]) -> int:
    from vtmcp.docs_command import run  # noqa: PLC0415 - only where needed

    return run(words)


def _refuse(problem: str) -> int:
    print(f"vtmcp: {problem}", file=sys.stderr)
    return EXIT_USAGE


USAGE = """vtmcp: the MCP server for VictoriaTraces

Usage:
  vtmcp                     serve MCP; settings come from the environment (below)
  vtmcp demo                show the server at work on generated data, no database needed
  vtmcp conformance         test any MCP server, or serve the fixtures (--help says how)
  vtmcp docs check          say which pages of the documentation are old
  vtmcp --version | --help
"""

_COMMANDS: dict[str, Callable[[list[str]], int]] = {
    "demo": _demo,
    "conformance": _conformance,
    "docs": _docs,
    "--help": _help,
    "-h": _help,
    "help": _help,
    "--version": _version,
}
