"""Vectors as plain text files: one file a conversation, read into cases.

A case is a conversation at one revision over one transport. The format is described in
`vectors/README.md`. Must not be here: how a conversation is played (`conversation`), and how its
lines are read (`notation`).
"""

import re
from pathlib import Path
from typing import NamedTuple

from vtmcp.conformance.notation import VectorError, read_steps
from vtmcp.conformance.steps import Ask, Step

LEGACY = ("2024-11-05", "2025-03-26", "2025-06-18", "2025-11-25")
MODERN = "2026-07-28"
REVISIONS = (*LEGACY, MODERN)

STDIO, HTTP, SSE = "stdio", "http", "sse"

TRANSPORTS: dict[str, tuple[str, ...]] = {
    STDIO: REVISIONS,
    HTTP: REVISIONS[1:],
    SSE: LEGACY,
}
"""Each transport, and the revisions that are played over it: Streamable HTTP came with the second,
HTTP+SSE knows sessions only."""

SHARED = "shared"
"""The folder of what holds on every transport."""

FOLDER = Path(__file__).parent / "vectors"


class Vector(NamedTuple):
    """One file. `level` is `must` or `should`; `rule` names what it tests."""

    name: str
    title: str
    rule: str
    level: str
    revisions: tuple[str, ...]
    transports: tuple[str, ...]
    needs: tuple[str, ...]
    is_slow: bool
    steps: tuple[Step, ...]

    @property
    def is_of_http(self) -> bool:
        """Whether it speaks of HTTP itself, and so needs the server's streams for itself."""
        return any(isinstance(step, Ask) for step in self.steps)


class Case(NamedTuple):
    """One conversation at one revision over one transport."""

    vector: Vector
    revision: str
    transport: str

    def __str__(self) -> str:
        return f"{self.vector.name}@{self.revision}/{self.transport}"


def load(folder: Path = FOLDER) -> list[Case]:
    """Read all vectors below a folder, in order of name, transport and revision.

    Raises:
        VectorError: for a file that cannot be read.
    """
    return [
        Case(vector, revision, transport)
        for path in sorted(folder.rglob("*.txt"))
        for vector in [parse(path.read_text("utf-8"), path.relative_to(folder).as_posix())]
        for transport in vector.transports
        for revision in vector.revisions
        if revision in TRANSPORTS[transport]
    ]


def parse(text: str, path: str) -> Vector:
    """Read one vector. `path` is relative: the first part is the transport, or `shared`; the
    second is the revision, or `any`.

    Raises:
        VectorError: for what is not a vector.
    """
    title, headers, body, first_line = _split(text, path)
    home, _, rest = path.partition("/")
    folder = rest.partition("/")[0]
    transports = headers.pop("transports", " ".join(TRANSPORTS) if home == SHARED else home)
    revisions = headers.pop("revisions", "" if folder == "any" else folder)
    vector = Vector(
        name=path.removesuffix(".txt"),
        title=title,
        rule=headers.pop("rule", ""),
        level=headers.pop("level", "must"),
        revisions=read_revisions(revisions, path),
        transports=_read_transports(transports, path),
        needs=tuple(filter(None, re.split(r"\s*,\s*", headers.pop("needs", "")))),
        is_slow=headers.pop("slow", "no") == "yes",
        steps=tuple(read_steps(body, first_line, path)),
    )
    if headers:
        raise VectorError(f"{path}: unknown headers {', '.join(headers)}")
    if not vector.rule or vector.level not in ("must", "should"):
        raise VectorError(f"{path}: needs `rule: ...`, and `level:` must or should")
    if not vector.steps:
        raise VectorError(f"{path}: has no steps")
    return vector


def read_revisions(text: str, path: str) -> tuple[str, ...]:
    """Read `all`, `legacy`, `2025-06-18`, `2025-06-18..2025-11-25`, `2025-06-18..`; several too.

    Raises:
        VectorError: for another word.
    """
    found: set[str] = set()
    for word in text.split():
        first, dots, last = word.partition("..")
        named = {"all": REVISIONS, "legacy": LEGACY}.get(word)
        if named is None:
            try:
                start = REVISIONS.index(first) if first else 0
                stop = REVISIONS.index(last) if last else len(REVISIONS) - 1
            except ValueError as error:
                raise VectorError(f"{path}: {word!r} names no revision") from error
            named = REVISIONS[start : stop + 1] if dots else (first,)
        found.update(named)
    if not found:
        raise VectorError(f"{path}: needs `revisions: ...`")
    return tuple(revision for revision in REVISIONS if revision in found)


def _read_transports(text: str, path: str) -> tuple[str, ...]:
    words = text.split()
    if not words or any(word not in TRANSPORTS for word in words):
        raise VectorError(f"{path}: {text!r} names no transport")
    return tuple(transport for transport in TRANSPORTS if transport in words)


def _split(text: str, path: str) -> tuple[str, dict[str, str], list[str], int]:
    lines = text.split("\n")
    title = lines[0].strip()
    headers: dict[str, str] = {}
    for number, line in enumerate(lines[1:], start=2):
        if not line.strip():
            return title, headers, lines[number:], number + 1
        key, colon, value = line.partition(":")
        if not colon:
            raise VectorError(f"{path}:{number}: a header is `name: value`")
        headers[key.strip()] = value.strip()
    raise VectorError(f"{path}: a blank line must follow the headers")
