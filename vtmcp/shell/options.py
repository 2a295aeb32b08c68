"""The words of a command line: the options that all commands have, and the words that are left.

Must not be here: the parameters of tools (`arguments`), or what an option does.
"""

from collections.abc import Sequence
from typing import NamedTuple

from vtmcp.shell.faults import UsageError

TIMEOUT_S = 120.0
"""How long a command may take in all: twice what one request to the database may (60 s)."""

SERVER_OPTIONS = ("--stdio", "--url", "--header", "--timeout")
"""Options with a value that every command has."""

FLAGS = ("--json", "--verbose", "--help")

OPTIONS_TEXT = """\
The server is the one that the environment configures (vtmcp --help), or:
  --stdio "COMMAND"      a server that this command starts
  --url URL              a server on Streamable HTTP; MCP_AUTH_TOKEN is its bearer token
  --header NAME=VALUE    a header of each request to --url; may be repeated
Options:
  --json                 the whole answer as JSON
  --timeout DURATION     longest time in all, such as 30s or 5m (default 2m)
  --verbose              what the server logs, on standard error
  --help                 this text
"""


class Options(NamedTuple):
    """What a command line says."""

    words: tuple[str, ...]
    """The words that belong to the command itself, in order."""
    values: dict[str, tuple[str, ...]]
    """The values of each option that has some."""
    flags: frozenset[str]
    late: frozenset[str]
    """Options that stand after the first word: a tool may have a parameter of that name."""

    def one(self, option: str) -> str:
        """The value of an option that may be given once; empty when it is not there."""
        values = self.values.get(option, ("",))
        if len(values) > 1:
            raise UsageError(f"{option} is given twice{_ESCAPE}")
        return values[0]

    @property
    def is_json(self) -> bool:
        """Whether JSON is asked for."""
        return "--json" in self.flags

    @property
    def is_verbose(self) -> bool:
        """Whether the server's log is asked for."""
        return "--verbose" in self.flags

    @property
    def wants_help(self) -> bool:
        """Whether only help is asked for."""
        return "--help" in self.flags

    @property
    def timeout_s(self) -> float:
        """How long the command may take."""
        from vtmcp.durations import parse_duration_ns  # noqa: PLC0415 - where it is given

        text = self.one("--timeout")
        if not text:
            return TIMEOUT_S
        try:
            seconds = parse_duration_ns(text) / 1e9
        except ValueError as error:
            raise UsageError(f"--timeout: {error}") from None
        if not seconds:
            raise UsageError("--timeout: no time is no time to answer in")
        return seconds


def read_options(
    words: Sequence[str], own: tuple[str, ...] = (), *, passes_on: bool = False
) -> Options:
    """Take the options out of the words; `own` are more options with a value.

    What follows `--` is left as it is. With `passes_on` so are unknown options and their values.
    Raises `UsageError`.
    """
    with_value = (*SERVER_OPTIONS, *own)
    left: list[str] = []
    values: dict[str, tuple[str, ...]] = {}
    flags, late = set(), set()
    waiting = list(words)
    while waiting:
        word = waiting.pop(0)
        name, equals, value = word.partition("=")
        if word == "--":
            left += waiting
            break
        if name in with_value:
            if not equals and not waiting:
                raise UsageError(f"{name} needs a value")
            values[name] = (*values.get(name, ()), value if equals else waiting.pop(0))
        elif word in FLAGS or (word == "-h" and not left):
            flags.add("--help" if word == "-h" else word)
        elif word.startswith("--") and not passes_on:
            accepted = ", ".join((*with_value, *FLAGS))
            raise UsageError(f"unknown option {name}; accepted: {accepted}")
        else:
            left.append(word)
            continue
        if left:
            late.add(name)
    return Options(tuple(left), values, frozenset(flags), frozenset(late))


_ESCAPE = "; what is meant for the tool stands after --"
