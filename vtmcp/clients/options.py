"""The words of `vtmcp config`: what is to be configured, for whom, and what is done with it.

Must not be here: the table of clients, and what an option does.
"""

import shlex
from collections.abc import Sequence
from typing import NamedTuple

from vtmcp.clients.faults import WrongWords

NAME = "victoriatraces"

COMMAND = ("uvx", "vtmcp")
"""Needs nothing on the machine but uv."""

WITH_VALUE = (
    *("--entrypoint", "--url", "--header", "--name", "--command", "--env", "--scope", "--file"),
)
FLAGS = ("--local", "--write", "--with-secrets", "--list", "--link", "--help")
REPEATED = ("--header", "--env")
SCOPES = ("user", "project")
_NAME_CHARS = frozenset("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-")
NAME_CHARS_MAX = 64
"""Some clients put the name before each tool's, and models take 64 characters in all."""


class Options(NamedTuple):
    """What a command line says."""

    client: str
    values: dict[str, tuple[str, ...]]
    flags: frozenset[str]

    def one(self, option: str) -> str:
        """The value of an option; empty when it is not there."""
        return self.values.get(option, ("",))[0]

    @property
    def name(self) -> str:
        """What the server is called in the file."""
        return self.one("--name") or NAME

    @property
    def command(self) -> tuple[str, ...]:
        """The command as words; empty when none is given."""
        try:
            words = tuple(shlex.split(self.one("--command")))
        except ValueError as error:
            raise WrongWords(f"--command: {str(error).lower()}") from None
        return words

    def pairs(self, option: str) -> dict[str, str]:
        """The values of an option as names and texts. Raises `WrongWords`."""
        found = {}
        for word in self.values.get(option, ()):
            name, equals, text = word.partition("=")
            if not equals or not name.strip():
                raise WrongWords(f"{option} takes NAME=VALUE")
            if name.strip() in found:
                raise WrongWords(f"{option} names {name.strip()[:60]} twice")
            found[name.strip()] = text.strip()
        return found


def read_options(words: Sequence[str]) -> Options:
    """The options of a command line. Raises `WrongWords`."""
    values: dict[str, tuple[str, ...]] = {}
    flags: set[str] = set()
    left: list[str] = []
    waiting = list(words)
    while waiting:
        word = waiting.pop(0)
        name, equals, value = word.partition("=")
        if name in WITH_VALUE:
            if not equals and not waiting:
                raise WrongWords(f"{name} needs a value")
            if name in values and name not in REPEATED:
                raise WrongWords(f"{name} is given twice")
            values[name] = (*values.get(name, ()), value if equals else waiting.pop(0))
        elif word in FLAGS or word == "-h":
            flags.add("--help" if word == "-h" else word)
        elif word.startswith("-"):
            raise _unknown(name)
        else:
            left.append(word)
    if len(left) > 1:
        raise WrongWords(f"one client at a time, not {' and '.join(left[:3])}")
    options = Options(left[0] if left else "", values, frozenset(flags))
    _check(options)
    return options


def _check(options: Options) -> None:
    for one, other in CONFLICTS:
        if _given(options, one) and _given(options, other):
            raise WrongWords(f"{one} and {other} do not go together")
    if _given(options, "--header") and not _given(options, "--url"):
        raise WrongWords("--header goes with --url")
    if _given(options, "--scope") and options.one("--scope") not in SCOPES:
        raise WrongWords(f"--scope takes {' or '.join(SCOPES)}")
    if not set(options.name) <= _NAME_CHARS or len(options.name) > NAME_CHARS_MAX:
        raise WrongWords(f"--name takes up to {NAME_CHARS_MAX} letters, digits, - and _")
    empty = next((name for name, found in options.values.items() if "" in found), "")
    if empty:
        raise WrongWords(f"{empty} needs a value")


CONFLICTS = (
    *(("--url", each) for each in ("--entrypoint", "--command", "--local", "--env")),
    ("--command", "--local"),
    ("--scope", "--file"),
    ("--link", "--write"),
    ("--link", "--with-secrets"),
)


def _given(options: Options, option: str) -> bool:
    return option in options.values or option in options.flags


def _unknown(name: str) -> WrongWords:
    from vtmcp.protocol.schema import did_you_mean  # noqa: PLC0415 - errors only

    near = did_you_mean(name, [*WITH_VALUE, *FLAGS])
    accepted = ", ".join((*WITH_VALUE, *FLAGS))
    return WrongWords(f"unknown option {name[:60]}{near} (accepted: {accepted})")
