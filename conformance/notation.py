"""Lines of a vector, read into steps; `vectors/README.md` lists them.

Must not be here: the headers of a file (`vectors`), and what a pattern means (`patterns`).
"""

import json
import re
from collections.abc import Callable, Iterator

from vtmcp.conformance.patterns import Json
from vtmcp.conformance.steps import (
    Answer,
    Ask,
    Close,
    Counted,
    Drop,
    Ends,
    Event,
    Exits,
    Expect,
    Never,
    Open,
    Quiet,
    Say,
    SayRaw,
    Silent,
    Step,
    Terminate,
)


class VectorError(ValueError):
    """A file is not a vector; the text says which line and why."""


def read_steps(lines: list[str], first_line: int, path: str) -> Iterator[Step]:
    """Join continued lines, then lines of one group, and read each group.

    Raises:
        VectorError: with the path and the line.
    """
    group: list[Json] = []
    group_mark = ""
    for number, line in _joined(lines, first_line):
        mark, _, rest = line.partition(" ")
        try:
            if group and mark != group_mark:
                yield _GROUPS[group_mark](tuple(group))
                group = []
            if mark in _GROUPS:
                group_mark = mark
                group.append(json.loads(rest))
            else:
                yield _step(mark, rest)
        except ValueError as error:
            raise VectorError(f"{path}:{number}: {error}: {line[:200]}") from error
    if group:
        yield _GROUPS[group_mark](tuple(group))


def read_bytes(text: str) -> bytes:
    """Read `{{e2 80 a8}}` as bytes and `{{"[" * 1000}}` as a repetition; the rest is UTF-8."""
    parts = re.split(r'(\{\{[0-9a-f ]+\}\}|\{\{".*?" \* \d+\}\})', text)
    return b"".join(
        _special(part) if index % 2 else part.encode() for index, part in enumerate(parts)
    )


def _joined(lines: list[str], first_line: int) -> Iterator[tuple[int, str]]:
    """Lines without comments and blank lines; an indented line continues the one above."""
    number, text = 0, ""
    for at, line in enumerate(lines, start=first_line):
        if line.startswith("#") or not line.strip():
            continue
        if line.startswith(" "):
            text += " " + line.strip()
            continue
        if text:
            yield number, text
        number, text = at, line
    if text:
        yield number, text


def _step(mark: str, rest: str) -> Step:
    if mark in _BARE and not rest:
        return _BARE[mark]
    if mark in _WITH_TEXT:
        return _WITH_TEXT[mark](rest)
    if named := re.fullmatch(r"(=>|<-)([a-z_]+)", mark):
        return _NAMED[named[1]](json.loads(rest), named[2])
    raise VectorError(f"{mark!r} is not a step")


def _counted(written: dict[str, Json], times: int) -> Counted:
    return Counted(written["message"], tuple(written["on"]), times)


def _special(part: str) -> bytes:
    inner = part[2:-2]
    if not inner.startswith('"'):
        return bytes.fromhex(inner)
    text, _, times = inner.rpartition(" * ")
    return text[1:-1].encode() * int(times)


_GROUPS: dict[str, Callable[[tuple[Json, ...]], Step]] = {
    "<~": lambda patterns: Expect(patterns, "all"),
    "<|": lambda patterns: Expect(patterns, "either"),
    "<=|": Answer,
}
"""Marks whose neighbouring lines belong together."""

_WITH_TEXT: dict[str, Callable[[str], Step]] = {
    ">": lambda rest: Say(json.loads(rest), ""),
    ">legacy": lambda rest: Say(json.loads(rest), "legacy"),
    ">modern": lambda rest: Say(json.loads(rest), "modern"),
    ">>": lambda rest: SayRaw(read_bytes(rest) + b"\n"),
    ">_": lambda rest: SayRaw(read_bytes(rest)),
    "<": lambda rest: Expect((json.loads(rest),), "next"),
    "<?": lambda rest: Expect((json.loads(rest),), "maybe"),
    "never": lambda rest: Never(json.loads(rest)),
    "open": lambda rest: Open(json.loads(rest or "{}")),
    "=>": lambda rest: Ask(json.loads(rest), ""),
    "<=": lambda rest: Answer((json.loads(rest),)),
    "drop": Drop,
    "ends": Ends,
    "silent": Silent,
    "once": lambda rest: _counted(json.loads(rest), 1),
    "none": lambda rest: _counted(json.loads(rest), 0),
}

_NAMED: dict[str, Callable[[Json, str], Step]] = {"=>": Ask, "<-": Event}
"""Marks that a name follows."""

_BARE: dict[str, Step] = {
    "quiet": Quiet(),
    "close": Close(),
    "terminate": Terminate(),
    "exits": Exits(),
}
