"""Put members into the text of a JSON file with comments; all other bytes stay as they are.

Key by key: a value that is right is not touched, a wrong one is replaced in its place, a missing
one goes behind the last, in the indentation of its neighbours. Only an object with a member to
remove (an entry that becomes a URL) is written anew. Must not be here: which members.
"""

import json
import re
from collections.abc import Sequence
from typing import Any, NamedTuple

from vtmcp.clients.faults import CannotEdit
from vtmcp.clients.jsonc import Node, is_blank, scan
from vtmcp.clients.merging import (
    Added,
    Path,
    checked_list,
    checked_object,
    merged,
    plain,
    shown,
)

UNIT = "  "
"""The indentation of a file that has none yet."""

_INDENTED = re.compile(r"\n([ \t]+)[^\s*/]")
_COLON = re.compile(r'":([ \t]*)')
_LEADING = re.compile(r"[ \t]*")


class Style(NamedTuple):
    """How a file is written."""

    unit: str
    newline: str
    is_one_line: bool
    """Whether the file is one line, as programs write it."""


def merge(text: str, wanted: dict[str, Any], stale: Sequence[Path] = ()) -> str:
    """The text with `wanted` in it. Raises `BrokenFile` and `CannotEdit`."""
    newline = "\r\n" if "\r\n" in text else "\n"
    if is_blank(text):
        before = text.rstrip()
        return (before + newline if before else "") + render(plain(wanted), newline) + newline
    node = scan(text)
    checked_object(node.value, ())
    editor = _Editor(text, _style(text, newline), stale)
    editor.object(node, wanted, ())
    return editor.applied()


def render(value: Any, newline: str = "\n", *, unit: str = UNIT, indent: str = "") -> str:
    """A value as text over several lines; lists and objects of nothing but plain values in one."""
    if isinstance(value, dict) and value:
        parts = [
            f"{_json(key)}: {_inner(item, newline, unit, indent)}" for key, item in value.items()
        ]
    elif isinstance(value, list) and any(isinstance(item, dict | list) for item in value):
        parts = [_inner(item, newline, unit, indent) for item in value]
    else:
        return _json(value)
    opening, closing = ("{", "}") if isinstance(value, dict) else ("[", "]")
    inside = f",{newline}".join(f"{indent}{unit}{part}" for part in parts)
    return f"{opening}{newline}{inside}{newline}{indent}{closing}"


def _inner(value: Any, newline: str, unit: str, indent: str) -> str:
    return render(value, newline, unit=unit, indent=indent + unit)


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False)


def _style(text: str, newline: str) -> Style:
    found = _INDENTED.search(text)
    whole = text.strip()
    return Style(found[1] if found else UNIT, newline, "\n" not in whole and whole != "{}")


class _Editor:
    """Collects changes of a text: start, end, what stands there then."""

    def __init__(self, text: str, style: Style, stale: Sequence[Path]) -> None:
        self.text, self.style, self.stale = text, style, stale
        self.changes: list[tuple[int, int, str]] = []

    def applied(self) -> str:
        done, at = [], 0
        for start, end, new in sorted(self.changes, key=lambda change: change[0]):
            done += [self.text[at:start], new]
            at = end
        return "".join([*done, self.text[at:]])

    def object(self, node: Node, wanted: dict[str, Any], path: Path) -> None:
        if any((*path, part.key) in self.stale for part in node.parts):
            self.replace(node, merged(node.value, wanted, self.stale, path))
            return
        new: dict[str, Any] = {}
        for key, value in wanted.items():
            found = [part.node for part in node.parts if part.key == key]
            if len(found) > 1:
                raise CannotEdit(f"{shown((*path, key))} is there twice")
            if found:
                self.member(found[0], value, (*path, key))
            else:
                new[key] = plain(value)
        self.insert(node, [*new.items()])

    def member(self, node: Node, value: Any, path: Path) -> None:
        if isinstance(value, Added):
            listed = checked_list(node.value, path)
            missing = [("", item) for item in value.missing(listed)]
            if node.value is None:
                self.replace(node, plain(value))
            else:
                self.insert(node, missing)
        elif isinstance(value, dict) and isinstance(node.value, dict):
            self.object(node, value, path)
        elif isinstance(value, dict):
            checked_object(node.value, path)
            self.replace(node, plain(value))
        elif not _same(node.value, plain(value)):
            self.replace(node, plain(value))

    def replace(self, node: Node, value: Any) -> None:
        self.changes.append((node.start, node.end, self.rendered(value, self.indent(node.start))))

    def insert(self, node: Node, new: list[tuple[str, Any]]) -> None:
        """Put parts behind the last one of an object or a list; an item has no key."""
        if not new:
            return
        close, last = node.end - 1, node.parts[-1].node.end if node.parts else node.start + 1
        inside = self.text[node.start : close]
        after = node.start + len(inside.rstrip())
        if self.style.is_one_line or (node.parts and "\n" not in inside):
            between, colon = self.separators()
            parts = [
                (_json(key) + colon if key else "") + self.one_line(value) for key, value in new
            ]
            first = between if node.parts else ""
            self.changes.append((last, last, first + between.join(parts)))
            return
        outer = self.indent(node.start)
        inner = outer + self.style.unit
        if node.parts and self.begins_its_line(node.parts[0].start):
            inner = self.indent(node.parts[0].start)
        if node.parts and not node.has_comma:
            self.changes.append((last, last, ","))
        lines = [
            self.style.newline
            + inner
            + (f"{_json(key)}: " if key else "")
            + self.rendered(value, inner)
            for key, value in new
        ]
        closing = "" if "\n" in self.text[after:close] else self.style.newline + outer
        comma = "," if node.has_comma else ""
        self.changes.append((after, after, ",".join(lines) + comma + closing))

    def rendered(self, value: Any, indent: str) -> str:
        if self.style.is_one_line:
            return self.one_line(value)
        return render(value, self.style.newline, unit=self.style.unit, indent=indent)

    def one_line(self, value: Any) -> str:
        return json.dumps(value, ensure_ascii=False, separators=self.separators())

    def separators(self) -> tuple[str, str]:
        """What stands between parts, and behind a key, on one line."""
        first = _COLON.search(self.text)
        is_spaced = first is None or not self.style.is_one_line or bool(first[1])
        return (", ", ": ") if is_spaced else (",", ":")

    def indent(self, offset: int) -> str:
        """The blanks at the beginning of the line that an offset is in."""
        found = _LEADING.match(self.text, self.text.rfind("\n", 0, offset) + 1)
        return found[0] if found else ""

    def begins_its_line(self, offset: int) -> bool:
        start = self.text.rfind("\n", 0, offset) + 1
        return not self.text[start:offset].strip()


def _same(one: Any, other: Any) -> bool:
    """Equal, and not only as Python has it, to whom 1 is True."""
    return _json(one) == _json(other)
