"""A scanner of the YAML that settings are written in: block mappings and lists, one-line values.

That is what Goose writes itself, and people with it. Whatever else YAML has (anchors, tags, text
over several lines, several documents) is not guessed at: it is refused, with its place. Must not be
here: any change of the text (`yaml_edit`).
"""

import json
import re
from typing import Any, NamedTuple

from vtmcp.clients.faults import BrokenFile, CannotEdit, place

DEPTH_MAX = 50
"""Deeper than any settings; a file that nests deeper would end the recursion."""

_KEY = re.compile(
    r"""(?P<key>"(?:[^"\\]|\\.)*"|'(?:[^']|'')*'|[^\s\-?:,\[\]{}#&*!|>'"%@`][^#]*?|[-?:][^\s#][^#]*?)"""
    r"[ \t]*:(?=[ \t]|$)"
)
QUOTED = re.compile(r""""(?:[^"\\]|\\.)*"|'(?:[^']|'')*'""")
_NUMBER = re.compile(r"[-+]?(?:[0-9]+|(?:[0-9]+\.[0-9]*|\.[0-9]+)(?:[eE][-+]?[0-9]+)?)")
_WORDS = {"null": None, "~": None, "true": True, "false": False, "": None}
_SIGNS = {"&": "an anchor", "*": "an alias", "!": "a tag", "?": "a key of several lines"}


class Node(NamedTuple):
    """A value, the line it ends on, and its members where it is a block mapping."""

    value: Any
    end: int
    """The number of the line behind its last."""
    indent: int = 0
    members: tuple["Member", ...] = ()
    is_block: bool = False
    """Whether it is a block mapping."""


class Member(NamedTuple):
    """One key of a block mapping."""

    key: str
    line: int
    column: int
    """Where the value begins on the line of the key."""
    node: Node


class Line(NamedTuple):
    """A line that says something."""

    number: int
    """From 0."""
    indent: int
    text: str
    """Without the blanks before and after; with its comment, and with tabs before."""

    @property
    def is_item(self) -> bool:
        """Whether an item of a list begins on it."""
        return self.text == "-" or self.text.startswith("- ")


def scan(text: str) -> Node:
    """The mapping that a text is. Raises `BrokenFile` and `CannotEdit`."""
    scanner = _Scanner(text)
    if not scanner.lines:
        return Node({}, 0, is_block=True)
    node = scanner.block(scanner.lines[0].indent, 0)
    if scanner.at < len(scanner.lines):
        raise scanner.broken("a line that belongs to nothing above it")
    if not node.is_block:
        raise CannotEdit("the file is not a mapping")
    return node


def parse(text: str) -> dict[str, Any]:
    """The values of a text. Raises `BrokenFile` and `CannotEdit`."""
    value: dict[str, Any] = scan(text).value
    return value


class _Scanner:
    def __init__(self, text: str) -> None:
        self.text = text
        self.raw = [line.removesuffix("\r") for line in text.split("\n")]
        self.lines: list[Line] = []
        self.at = 0
        for number, line in enumerate(self.raw):
            said = line.strip()
            if said and not said.startswith("#"):
                text = line.lstrip(" ").rstrip()
                self.lines.append(Line(number, len(line) - len(line.lstrip(" ")), text))
        if self.lines and self.lines[0][1:] == (0, "---"):
            del self.lines[0]

    def offset(self, line: int, column: int) -> int:
        return sum(len(each) + 1 for each in self.text.split("\n")[:line]) + column

    def broken(self, problem: str, column: int = -1) -> BrokenFile:
        line = self.lines[min(self.at, len(self.lines) - 1)]
        return BrokenFile(
            problem, self.text, self.offset(line.number, line.indent if column < 0 else column)
        )

    def foreign(self, what: str, column: int = -1) -> CannotEdit:
        line = self.lines[self.at]
        at = self.offset(line.number, line.indent if column < 0 else column)
        row, shown = place(self.text, at)
        return CannotEdit(f"line {row}, column {shown}: {what} is not edited here")

    def block(self, indent: int, depth: int) -> Node:
        """The mapping or list whose lines have this indentation."""
        if depth > DEPTH_MAX:
            raise self.broken(f"nested deeper than {DEPTH_MAX} levels")
        line = self.lines[self.at]
        if line.is_item:
            return self.listed(indent, depth)
        return self.mapping(indent, depth)

    def mapping(self, indent: int, depth: int) -> Node:
        members: list[Member] = []
        value: dict[str, Any] = {}
        while self.at < len(self.lines) and self.lines[self.at].indent == indent:
            line = self.lines[self.at]
            if line.is_item:
                break
            member = self.member(line, depth)
            if member.key in value:
                raise self.broken_at(line, f"the key {member.key} is there twice")
            members.append(member)
            value[member.key] = member.node.value
        if self.at < len(self.lines) and self.lines[self.at].indent > indent:
            raise self.broken("an indentation that fits nothing above it")
        end = members[-1].node.end
        return Node(value, end, indent, tuple(members), is_block=True)

    def member(self, line: Line, depth: int) -> Member:
        if line.text.startswith("\t"):
            raise self.broken("a tab in the indentation")
        if line.text in ("---", "...") or line.text.startswith("%"):
            raise self.foreign("a second document or a directive")
        found = _KEY.match(line.text)
        if found is None:
            sign = _SIGNS.get(line.text[0])
            if sign is not None or line.text[0] in "[{":
                raise self.foreign(sign or "a mapping in braces")
            raise self.broken("a key with a colon was expected")
        key = _read_scalar(found["key"])
        column = line.indent + found.end()
        rest = self.raw[line.number][column:]
        column += len(rest) - len(rest.lstrip())
        return Member(str(key), line.number, column, self.value(line, column, depth))

    def listed(self, indent: int, depth: int) -> Node:
        items, end = [], self.lines[self.at].number
        while self.at < len(self.lines) and self.lines[self.at].indent == indent:
            line = self.lines[self.at]
            if not line.is_item:
                break
            inside = line.text[1:].lstrip()
            column = line.indent + len(line.text) - len(inside)
            if _KEY.match(inside) and not inside.startswith("#"):
                # A mapping that begins on the line of its dash: as if it began on one of its own.
                self.lines[self.at] = Line(line.number, column, inside)
                node = self.mapping(column, depth + 1)
            elif inside == "-" or inside.startswith("- "):
                self.lines[self.at] = Line(line.number, column, inside)
                node = self.listed(column, depth + 1)
            else:
                node = self.value(line, column, depth)
            items.append(node.value)
            end = node.end
        return Node(items, end, indent)

    def value(self, line: Line, column: int, depth: int) -> Node:
        """What stands behind a colon or a dash, and the lines under it."""
        said = self.raw[line.number][column:].rstrip()
        self.at += 1
        if not said or said.startswith("#"):
            return self.nested(line, depth)
        if said[0] in "|>":
            return self.literal(line, said)
        self.at -= 1
        if said[0] in _SIGNS and (said[0] != "?" or said[1:2] in ("", " ")):
            raise self.foreign(_SIGNS[said[0]], column)
        value = self.one_line(said, column)
        self.at += 1
        if self.at < len(self.lines) and self.lines[self.at].indent > line.indent:
            raise self.foreign("a value over several lines")
        return Node(value, line.number + 1)

    def nested(self, line: Line, depth: int) -> Node:
        if self.at < len(self.lines):
            below = self.lines[self.at]
            is_list_of_its = below.is_item and not line.is_item
            if below.indent > line.indent or (below.indent == line.indent and is_list_of_its):
                return self.block(below.indent, depth + 1)
        return Node(None, line.number + 1)

    def literal(self, line: Line, said: str) -> Node:
        """Text under `|` or `>`: all lines that are further in, as they are."""
        end = line.number + 1
        while end < len(self.raw):
            raw = self.raw[end]
            if raw.strip() and len(raw) - len(raw.lstrip(" ")) <= line.indent:
                break
            end += 1
        while self.at < len(self.lines) and self.lines[self.at].number < end:
            self.at += 1
        return Node("\n".join([said, *self.raw[line.number + 1 : end]]).rstrip(), end)

    def one_line(self, said: str, column: int) -> Any:
        if said[0] in "\"'":
            quoted = QUOTED.match(said)
            if quoted is None:
                raise self.foreign("a text over several lines", column)
            self.comment(said[quoted.end() :], column + quoted.end())
            return _read_scalar(quoted[0])
        if said[0] in "[{":
            return self.flow(said, column)
        if said[0] in "%@`" or said[0] in "]},":
            raise self.broken("a value that begins so needs quotes", column)
        word = re.split(r"[ \t]#", said, maxsplit=1)[0].rstrip()
        if re.search(r":(?:[ \t]|$)", word):
            raise self.broken("a second colon; a value with one needs quotes", column)
        return _read_scalar(word)

    def flow(self, said: str, column: int) -> Any:
        """`[a, b]` and `{a: b}` on one line, with plain values in them."""
        closing = "]" if said[0] == "[" else "}"
        at, items = 1, []
        while True:
            at += len(said[at:]) - len(said[at:].lstrip())
            if said[at : at + 1] == closing:
                break
            found = _FLOW_ITEM.match(said, at)
            if found is None:
                raise self.foreign(
                    "a value in brackets over several lines or within others", column
                )
            items.append(found)
            at = found.end()
        self.comment(said[at + 1 :], column + at + 1)
        if closing == "]" and not any(item["key"] for item in items):
            return [_read_scalar(item["value"].strip()) for item in items]
        if closing == "}" and all(item["key"] for item in items):
            pairs = ((_read_scalar(item["key"]), item["value"].strip()) for item in items)
            return {str(name): _read_scalar(value) for name, value in pairs}
        raise self.foreign("a value in brackets that is neither a list nor a mapping", column)

    def comment(self, rest: str, column: int) -> None:
        """Check that only a comment follows a value."""
        if rest.strip() and not re.match(r"[ \t]+#", rest):
            raise self.broken("more text behind the value", column)

    def broken_at(self, line: Line, problem: str) -> BrokenFile:
        return BrokenFile(problem, self.text, self.offset(line.number, line.indent))


_FLOW_VALUE = r"""(?:"(?:[^"\\]|\\.)*"|'(?:[^']|'')*'|[^\s,\[\]{}#&*!|>'"%@`][^,\[\]{}#]*)"""
_FLOW_ITEM = re.compile(
    rf"(?:(?P<key>\"(?:[^\"\\]|\\.)*\"|'(?:[^']|'')*'|[^\s,:\[\]{{}}#&*!|>'\"%@`][^,:\[\]{{}}#]*)"
    rf":[ \t]+)?(?P<value>{_FLOW_VALUE})[ \t]*(?:,|(?=[\]}}]))"
)


def _read_scalar(word: str) -> Any:
    if word.startswith('"'):
        try:
            return json.loads(word)
        except ValueError:
            # An escape of YAML's own: as text it is still equal to itself.
            return word
    if word.startswith("'"):
        return word[1:-1].replace("''", "'")
    if word.lower() in _WORDS and word in (word.lower(), word.title(), word.upper()):
        return _WORDS[word.lower()]
    if _NUMBER.fullmatch(word):
        return int(word) if word.lstrip("+-").isdigit() else float(word)
    return word
