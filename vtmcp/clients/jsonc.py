"""A scanner of JSON with comments and trailing commas: each value with its place in the text.

What editors read: JSON, `//` and `/* */` comments, a comma before a closing bracket. Must not be
here: any change of the text (`jsonc_edit`).
"""

import json
import re
from typing import Any, NamedTuple

from vtmcp.clients.faults import BrokenFile

DEPTH_MAX = 100
"""Deeper than any settings; a file that nests deeper would end the recursion."""

_BLANK = re.compile(r"[ \t\r\n]*")
_COMMENT = re.compile(r"//[^\n]*|/\*.*?\*/", re.DOTALL)
_STRING = re.compile(r'"(?:[^"\\\x00-\x1f]|\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4}))*"')
_WORD = re.compile(r"-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?|true|false|null")


class Part(NamedTuple):
    """One member of an object, or one item of a list, from its first character to its last."""

    key: str
    """Empty for an item of a list."""
    start: int
    node: "Node"


class Node(NamedTuple):
    """A value and where it stands."""

    value: Any
    start: int
    end: int
    parts: tuple[Part, ...] = ()
    has_comma: bool = False
    """Whether a comma stands behind the last part."""


def scan(text: str) -> Node:
    """The one value of a text. Raises `BrokenFile`."""
    scanner = _Scanner(text)
    node = scanner.value(0)
    scanner.skip()
    if scanner.at < len(text):
        raise scanner.broken("more text after the end")
    return node


def is_blank(text: str) -> bool:
    """Whether a text holds nothing but blanks and comments. Raises `BrokenFile`."""
    scanner = _Scanner(text)
    scanner.skip()
    return scanner.at == len(text)


def parse(text: str) -> Any:
    """The value of a text; one without any is an empty object. Raises `BrokenFile`."""
    return {} if is_blank(text) else scan(text).value


class _Scanner:
    def __init__(self, text: str) -> None:
        self.text = text
        self.at = 0

    def broken(self, problem: str) -> BrokenFile:
        return BrokenFile(problem, self.text, self.at)

    def skip(self) -> None:
        """Go over blanks and comments."""
        while True:
            blank = _BLANK.match(self.text, self.at)
            self.at = blank.end() if blank else self.at
            if not self.text.startswith(("//", "/*"), self.at):
                return
            comment = _COMMENT.match(self.text, self.at)
            if comment is None:
                raise self.broken("a comment that does not end")
            self.at = comment.end()

    def value(self, depth: int) -> Node:
        self.skip()
        if depth > DEPTH_MAX:
            raise self.broken(f"nested deeper than {DEPTH_MAX} levels")
        start, first = self.at, self.text[self.at : self.at + 1]
        if first in ("{", "["):
            return self.container(depth)
        found = (_STRING if first == '"' else _WORD).match(self.text, start)
        if found is None:
            raise self.broken(f"a value was expected{self.instead()}")
        self.at = found.end()
        return Node(json.loads(found[0]), start, self.at)

    def container(self, depth: int) -> Node:
        start, is_object = self.at, self.text[self.at] == "{"
        closing, has_comma = "}" if is_object else "]", False
        parts: list[Part] = []
        self.at += 1
        while True:
            self.skip()
            if self.text.startswith(closing, self.at):
                break
            if parts and not has_comma:
                raise self.broken(f"a comma or {closing} was expected{self.instead()}")
            parts.append(self.member(depth) if is_object else self.item(depth))
            self.skip()
            has_comma = self.text.startswith(",", self.at)
            self.at += has_comma
        self.at += 1
        value: Any = [part.node.value for part in parts]
        if is_object:
            value = {part.key: part.node.value for part in parts}
        return Node(value, start, self.at, tuple(parts), has_comma)

    def member(self, depth: int) -> Part:
        start, key = self.at, _STRING.match(self.text, self.at)
        if key is None:
            raise self.broken(f"a name in double quotes was expected{self.instead()}")
        self.at = key.end()
        self.skip()
        if not self.text.startswith(":", self.at):
            raise self.broken(f"a colon was expected{self.instead()}")
        self.at += 1
        return Part(json.loads(key[0]), start, self.value(depth + 1))

    def item(self, depth: int) -> Part:
        self.skip()
        return Part("", self.at, self.value(depth + 1))

    def instead(self) -> str:
        """What stands there, where it is a single harmless character."""
        found = self.text[self.at : self.at + 1]
        if not found:
            return ", not the end of the file"
        return f", not {found}" if found.isprintable() else ""
