"""Put the members of one entry into the text of a YAML file; all other lines stay as they are.

A value is replaced on its line, a missing key goes behind the last of its mapping. Must not be
here: which values, and the check that the rest means what it meant (`formats`).
"""

import json
import re
from collections.abc import Sequence
from typing import Any

from vtmcp.clients.faults import CannotEdit
from vtmcp.clients.merging import Path, plain, shown
from vtmcp.clients.yaml_scan import QUOTED, Member, Node, scan

UNIT = "  "

_PLAIN = re.compile(r"[A-Za-z/][A-Za-z0-9_./@:+=-]*[A-Za-z0-9_/]|[A-Za-z/]")
_NOT_TEXT = {"null", "true", "false", "yes", "no", "on", "off", "y", "n"}
"""Words that some reader of YAML takes for something else than text."""


def merge(text: str, wanted: dict[str, Any], stale: Sequence[Path] = ()) -> str:
    """The text with `wanted` in it. Raises `BrokenFile` and `CannotEdit`."""
    editor = _Editor(text, stale)
    editor.mapping(scan(text), wanted, ())
    return editor.applied()


def render(wanted: dict[str, Any], newline: str = "\n") -> str:
    """The values as the text of a file of their own."""
    return newline.join(_lines(plain(wanted), ""))


def _lines(values: dict[str, Any], margin: str) -> list[str]:
    """The lines of a mapping."""
    lines = []
    for name, value in values.items():
        if isinstance(value, dict) and value:
            lines += [f"{margin}{scalar(name)}:", *_lines(value, margin + UNIT)]
        elif isinstance(value, list) and value:
            items = [f"{margin}{UNIT}- {scalar(item)}" for item in value]
            lines += [f"{margin}{scalar(name)}:", *items]
        else:
            lines.append(f"{margin}{scalar(name)}: {scalar(value)}")
    return lines


def scalar(value: Any) -> str:
    """A value on one line; text in quotes wherever YAML could take it for something else."""
    if isinstance(value, str) and _PLAIN.fullmatch(value) and value.lower() not in _NOT_TEXT:
        return value
    written = json.dumps(value, ensure_ascii=False)
    return "".join(sign if sign.isprintable() else _escaped(sign) for sign in written)


def _escaped(sign: str) -> str:
    """What JSON lets stand, but YAML does not."""
    return f"\\U{ord(sign):08x}"


class _Editor:
    """Collects changes of lines: the first, the one behind the last, what stands there then."""

    def __init__(self, text: str, stale: Sequence[Path]) -> None:
        self.newline = "\r\n" if "\r\n" in text else "\n"
        self.lines = re.findall(r"[^\n]*\n|[^\n]+", text)
        self.stale = stale
        self.changes: list[tuple[int, int, list[str]]] = []

    def applied(self) -> str:
        done: list[str] = []
        at = 0
        for first, end, new in sorted(self.changes, key=lambda change: change[0]):
            done += self.lines[at:first]
            if new and done and not done[-1].endswith("\n"):
                done[-1] += self.newline
            done += [line + self.newline for line in new]
            at = end
        return "".join([*done, *self.lines[at:]])

    def mapping(self, node: Node, wanted: dict[str, Any], path: Path) -> None:
        if not node.is_block:
            raise CannotEdit(f"{shown(path)} is not a mapping over several lines")
        members = {member.key: member for member in node.members}
        for member in node.members:
            if (*path, member.key) in self.stale:
                self.changes.append((member.line, member.node.end, []))
        new: dict[str, Any] = {}
        for key, value in wanted.items():
            if key not in members:
                new[key] = value
            elif members[key].node.value != value or isinstance(value, bool):
                self.member(members[key], value, (*path, key), " " * node.indent)
        if new:
            end = node.members[-1].node.end if node.members else len(self.lines)
            self.changes.append((end, end, _lines(plain(new), " " * node.indent)))

    def member(self, member: Member, value: Any, path: Path, margin: str) -> None:
        node = member.node
        if isinstance(value, dict) and node.value:
            self.mapping(node, value, path)
        elif isinstance(value, dict | list) or node.end > member.line + 1:
            lines = _lines({member.key: value}, margin)
            self.changes.append(
                (member.line, node.end, [lines[0] + self.comment(member), *lines[1:]])
            )
        elif type(node.value) is not type(value) or node.value != value:
            before = self.lines[member.line][: member.column].rstrip()
            line = f"{before} {scalar(value)}{self.comment(member)}"
            self.changes.append((member.line, node.end, [line]))

    def comment(self, member: Member) -> str:
        """The comment on the line of a key, with the blanks before it."""
        rest = self.lines[member.line].rstrip("\r\n")[member.column :]
        bare = rest
        if rest[:1] in ("'", '"', "[", "{"):
            bare = QUOTED.sub(lambda found: "x" * len(found[0]), rest)
        found = re.search(r"(?:^|[ \t]+)#.*$", bare)
        return f" {rest[found.start() :].lstrip()}" if found else ""
