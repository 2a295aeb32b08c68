"""Put the tables of one entry into the text of a TOML file; all other bytes stay as they are.

A value is replaced in its place, a missing one goes behind the last of its table, a missing table
behind those of its entry, or to the end of the file. Must not be here: which values, and the check
that the rest means what it meant (`formats`).
"""

from collections.abc import Sequence
from typing import Any

from vtmcp.clients.faults import CannotEdit
from vtmcp.clients.merging import Path, checked_object, merged, plain, shown
from vtmcp.clients.toml_scan import Statement, key, parse, rendered, scan


def merge(text: str, wanted: dict[str, Any], stale: Sequence[Path] = ()) -> str:
    """The text with `wanted` in it. Raises `BrokenFile` and `CannotEdit`."""
    before = parse(text)
    editor = _Editor(text, stale)
    editor.remove_stale()
    editor.descend(before, wanted, ())
    return editor.applied()


def render(wanted: dict[str, Any], newline: str = "\n") -> str:
    """The values as the text of a file of their own."""
    return newline.join(_blocks(plain(wanted), ()))


def _blocks(values: dict[str, Any], path: Path) -> list[str]:
    """The lines of a table and of those in it; a table of tables alone has no header."""
    plain_ones = {name: value for name, value in values.items() if not isinstance(value, dict)}
    lines = _lines(plain_ones)
    if path and (lines or not values):
        lines = [_header(path), *lines]
    for name, value in values.items():
        if isinstance(value, dict):
            lines += ([""] if lines else []) + _blocks(value, (*path, name))
    return lines


def _lines(values: dict[str, Any]) -> list[str]:
    return [f"{key(name)} = {rendered(value)}" for name, value in values.items()]


def _header(path: Path) -> str:
    return f"[{'.'.join(map(key, path))}]"


class _Editor:
    """Collects changes of a text: start, end, what stands there then."""

    def __init__(self, text: str, stale: Sequence[Path]) -> None:
        self.text, self.stale = text, stale
        self.newline = "\r\n" if "\r\n" in text else "\n"
        self.statements = scan(text)
        self.changes: list[tuple[int, int, str]] = []

    def applied(self) -> str:
        done, at = [], 0
        for start, end, new in sorted(self.changes, key=lambda change: change[0]):
            done += [self.text[at:start], new]
            at = end
        return "".join([*done, self.text[at:]])

    def descend(self, before: dict[str, Any], wanted: dict[str, Any], path: Path) -> None:
        """Edit the table at `path`, which stands in the file as `before`."""
        for name, value in wanted.items():
            there = (*path, name)
            if name not in before:
                self.add_table(there, value)
            else:
                self.table(checked_object(before[name], there), value, there)

    def table(self, before: dict[str, Any], wanted: dict[str, Any], path: Path) -> None:
        inline = [each for each in self.pairs() if each.path == path]
        if inline:
            self.inline(inline[0], before, wanted, path)
            return
        headers = [each for each in self.statements if each.is_header and each.path == path]
        tables = {name: value for name, value in wanted.items() if isinstance(value, dict)}
        if len(tables) == len(wanted) and not headers:
            self.descend(before, tables, path)
        elif len(headers) != 1:
            raise CannotEdit(f"{shown(path)} is not a table with one header of its own")
        else:
            self.section(headers[0], before, wanted)

    def section(self, header: Statement, before: dict[str, Any], wanted: dict[str, Any]) -> None:
        """Edit a table with a header: its keys, and the tables in it."""
        path, last = header.path, ([header, *self.own(header)])[-1]
        new: dict[str, Any] = {}
        late: dict[str, dict[str, Any]] = {}
        for name, value in wanted.items():
            there = (*path, name)
            if isinstance(value, dict) and name not in before:
                late[name] = value
            elif isinstance(value, dict):
                self.table(checked_object(before[name], there), value, there)
            elif name not in before:
                new[name] = value
            elif before[name] != value:
                self.replace(there, value)
        margin = self.margin(last.start)
        if new:
            self.append(last, [margin + line for line in _lines(new)])
        for name, value in late.items():
            self.append(last, ["", *_blocks(plain(value), (*path, name))])

    def append(self, after: Statement, lines: list[str]) -> None:
        """Put lines under the line that a statement ends on, whatever else is on that line."""
        end = self.text.find("\n", after.end)
        new = "".join(line + self.newline for line in lines)
        if end < 0:
            self.changes.append((len(self.text), len(self.text), self.newline + new))
        else:
            self.changes.append((end + 1, end + 1, new))

    def margin(self, offset: int) -> str:
        """The blanks before a statement."""
        return self.text[self.text.rfind("\n", 0, offset) + 1 : offset]

    def add_table(self, path: Path, wanted: dict[str, Any]) -> None:
        """Put a table that is not there to the end of the file."""
        blocks = self.newline.join(_blocks(plain(wanted), path)) + self.newline
        text = self.text
        gap = "" if not text or text.endswith("\n") else self.newline
        gap += self.newline if text.strip() and not text.endswith(self.newline * 2) else ""
        self.changes.append((len(text), len(text), gap + blocks))

    def inline(
        self, pair: Statement, before: dict[str, Any], wanted: dict[str, Any], path: Path
    ) -> None:
        """Write an inline table anew: no comment can be in one."""
        self.set(pair, merged(before, wanted, self.stale, path))

    def replace(self, path: Path, value: Any) -> None:
        pairs = [each for each in self.pairs() if each.path == path]
        if len(pairs) != 1:
            raise CannotEdit(f"{shown(path)} is not one key of its table")
        self.set(pairs[0], value)

    def set(self, pair: Statement, value: Any) -> None:
        if parse(f"a = {self.text[pair.value : pair.end]}") != {"a": value}:
            self.changes.append((pair.value, pair.end, rendered(value)))

    def remove_stale(self) -> None:
        """Take out statements with their lines; a comment on such a line is about it."""
        for each in self.statements:
            if any(each.path[: len(path)] == path for path in self.stale):
                start = self.text.rfind("\n", 0, each.start) + 1
                end = self.text.find("\n", each.end)
                self.changes.append((start, len(self.text) if end < 0 else end + 1, ""))

    def pairs(self) -> list[Statement]:
        return [each for each in self.statements if not each.is_header]

    def own(self, header: Statement) -> list[Statement]:
        """The keys under a header."""
        at = self.statements.index(header) + 1
        found = []
        for each in self.statements[at:]:
            if each.is_header:
                break
            found.append(each)
        return found
