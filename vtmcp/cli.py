"""The command line: `vtmcp`, `vtmcp doctor`, `vtmcp demo`, `vtmcp call`, and others (`USAGE`).

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
        return _refuse(_unknown(words[0]))
    return command(words[1:])


def _unknown(word: str) -> str:
    """What is wrong with a command that there is not, and what was likely meant."""
    from vtmcp.shell.candidates import candidates  # noqa: PLC0415 - only where needed

    if word.startswith("-"):
        return f"unknown option {word!r}; the server takes its settings from variables: see --help"
    if any(word == name for name, _ in candidates(["call", word], _COMMANDS)):
        return f"{word!r} is a tool; did you mean: vtmcp call {word}"
    known = ", ".join(name for name in _COMMANDS if name not in _HIDDEN)
    return f"unknown command {word!r}; accepted: {known}, or none to serve"


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


def _doctor(words: list[str]) -> int:
    from vtmcp.doctor.command import run  # noqa: PLC0415 - only where needed

    return run(words)


def _config(words: list[str]) -> int:
    from vtmcp.config_command import run  # noqa: PLC0415 - only where needed

    return run(words)


def _demo(words: list[str]) -> int:
    if words[:1] == ["load"]:
        from vtmcp.demo.load import run as load  # noqa: PLC0415 - only where needed

        return load(words[1:])
    from vtmcp.demo_session import run  # noqa: PLC0415 - only where needed

    return _refuse("demo takes no arguments, or load and a URL") if words else run()


def _conformance(words: list[str]) -> int:
    from vtmcp.conformance.command import run  # noqa: PLC0415 - only where needed

    return run(words)


def _docs(words: list[str]) -> int:
    if words[:1] != ["check"]:
        return _in_shell("docs")(words)
    from vtmcp.docs_command import run  # noqa: PLC0415 - only where needed

    return run(words)


def _in_shell(command: str) -> Callable[[list[str]], int]:
    def handed_on(words: list[str]) -> int:
        from vtmcp.shell.commands import run  # noqa: PLC0415 - only where needed

        return run(command, words)

    return handed_on


def _complete(words: list[str]) -> int:
    from vtmcp.shell.candidates import run  # noqa: PLC0415 - only where needed

    return run(words, [name for name in _COMMANDS if name not in ("-h", *_HIDDEN)])


def _worker(words: list[str]) -> int:
    from vtmcp.app import run_worker  # noqa: PLC0415 - only where needed

    return run_worker(int(words[0])) if words[:1] and words[0].isdecimal() else run_worker(-1)


def _refuse(problem: str) -> int:
    print(f"vtmcp: {problem}", file=sys.stderr)
    return EXIT_USAGE


USAGE = """vtmcp: the MCP server for VictoriaTraces

Usage:
  vtmcp                     serve MCP; settings come from the environment (below)
  vtmcp config CLIENT [--write]
                            what an MCP client's file needs, printed or put there (--list, --help)
  vtmcp doctor [--json]     check the settings and the database, and say what to change
  vtmcp demo                show the server at work on generated data, no database needed
  vtmcp demo load URL [--once]
                            send that data to a real VictoriaTraces, and each minute what is new
  vtmcp conformance         test any MCP server, or serve the fixtures (--help says how)
  vtmcp tools [NAME]        the tools, or one of them with all its parameters
  vtmcp call TOOL [--PARAMETER VALUE ...]
                            call a tool; --url or --stdio names any other MCP server
  vtmcp read [URI]          what there is to read, or one resource
  vtmcp docs QUERY          what the documentation says
  vtmcp docs check          say which pages of the documentation are old
  vtmcp completion bash|zsh|fish
                            completion for that shell
  vtmcp --version | --help
"""

_COMPLETE = "__complete"
"""Asked by the scripts of `vtmcp completion`, by nobody else: no help names it."""

_WORKER = "__worker"
"""Asked by the server itself (`MCP_WORKERS`), with the number of a descriptor."""

_HIDDEN = (_COMPLETE, _WORKER)

_COMMANDS: dict[str, Callable[[list[str]], int]] = {
    "config": _config,
    "doctor": _doctor,
    "demo": _demo,
    "conformance": _conformance,
    "tools": _in_shell("tools"),
    "call": _in_shell("call"),
    "read": _in_shell("read"),
    "docs": _docs,
    "completion": _in_shell("completion"),
    _COMPLETE: _complete,
    _WORKER: _worker,
    "--help": _help,
    "-h": _help,
    "help": _help,
    "--version": _version,
}
