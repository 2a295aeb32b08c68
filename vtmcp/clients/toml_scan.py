"""The statements of a TOML file with their places: headers of tables, and keys with values.

The text was read by `tomllib` before, so it is known to be right, and little is checked here. Must
not be here: any change of the text (`toml_edit`).
"""

import json
import re
import tomllib
from typing import Any, NamedTuple

from vtmcp.clients.faults import BrokenFile
from vtmcp.clients.merging import Path

_SPACE = re.compile(r"(?:[ \t\r\n]|#[^\n]*)*")
_BLANK = re.compile(r"[ \t]*")
_KEY = re.compile(r"""[A-Za-z0-9_-]+|"(?:[^"\\\n]|\\.)*"|'[^'\n]*'""")
_TEXT = re.compile(
    r'"""(?:[^\\]|\\.)*?"{3,5}|' + r"'''.*?'{3,5}|" + r'"(?:[^"\\\n]|\\.)*"|' + r"'[^'\n]*'",
    re.DOTALL,
)
_COMMENT = re.compile(r"#[^\n]*")
_PLACE = re.compile(r"\(at line ([0-9]+), column ([0-9]+)\)")


class Statement(NamedTuple):
    """A header (`[table]`, `[[table]]`), or a key with its value."""

    path: Path
    """From the root of the file."""
    table: Path
    """The table that it stands in; of a header, itself."""
    start: int
    end: int
    """Behind its last character; a comment on the line comes after it."""
    value: int
    """Where the value begins; of a header, -1."""

    @property
    def is_header(self) -> bool:
        """Whether it opens a table."""
        return self.value < 0


def parse(text: str) -> dict[str, Any]:
    """The values of a text. Raises `BrokenFile`."""
    try:
        return tomllib.loads(text.replace("\r\n", "\n"))
    except tomllib.TOMLDecodeError as error:
        told = str(error)
        found = _PLACE.search(told)
        line, column = (int(found[1]), int(found[2])) if found else (0, 0)
        before = text.split("\n")[: line - 1]
        offset = sum(len(each) + 1 for each in before) + column - 1 if found else len(text)
        problem = told.partition(" (at ")[0]
        raise BrokenFile(problem[:1].lower() + problem[1:], text, offset) from None
    except RecursionError:
        raise BrokenFile("nested too deep", text, 0) from None


def scan(text: str) -> list[Statement]:
    """The statements of a text that `parse` could read."""
    found: list[Statement] = []
    table: Path = ()
    at = _end(_SPACE, text, 0)
    while at < len(text):
        if text[at] == "[":
            path, at_end = _header(text, at)
            table = path
            found.append(Statement(path, path, at, at_end, -1))
        else:
            key, equals = _key(text, at)
            value = _end(_BLANK, text, equals + 1)
            at_end = _value_end(text, value)
            found.append(Statement((*table, *key), table, at, at_end, value))
        at = _end(_SPACE, text, at_end)
    return found


def _header(text: str, at: int) -> tuple[Path, int]:
    brackets = 2 if text.startswith("[[", at) else 1
    path, end = _key(text, _end(_BLANK, text, at + brackets))
    return path, end + brackets


def _key(text: str, at: int) -> tuple[Path, int]:
    """A key with dots, and the place of what follows it."""
    parts = []
    while True:
        found = _KEY.match(text, at)
        assert found is not None
        word = found[0]
        parts.append(_read_key(word))
        at = _end(_BLANK, text, found.end())
        if not text.startswith(".", at):
            return tuple(parts), at
        at = _end(_BLANK, text, at + 1)


def _read_key(word: str) -> str:
    if word.startswith('"'):
        [key] = tomllib.loads(f"{word} = 0")
        return str(key)
    return word.strip("'")


def _value_end(text: str, at: int) -> int:
    """Behind the value: over strings, and over brackets with all that is in them."""
    depth, end = 0, at
    while at < len(text):
        quoted = _TEXT.match(text, at)
        if quoted is not None:
            at = end = quoted.end()
            continue
        sign = text[at]
        if sign == "#":
            at = _end(_COMMENT, text, at)
            continue
        if sign == "\n" and not depth:
            return end
        depth += (sign in "[{") - (sign in "]}")
        at += 1
        if not sign.isspace():
            end = at
    return end


def _end(pattern: re.Pattern[str], text: str, at: int) -> int:
    found = pattern.match(text, at)
    return found.end() if found else at


def rendered(value: Any) -> str:
    """A value as TOML on one line."""
    if isinstance(value, dict):
        inside = ", ".join(f"{key(name)} = {rendered(item)}" for name, item in value.items())
        return f"{{ {inside} }}" if inside else "{}"
    if isinstance(value, list):
        return f"[{', '.join(map(rendered, value))}]"
    # JSON's strings and TOML's differ in this one character.
    return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")


def key(name: str) -> str:
    """A key as TOML."""
    return name if re.fullmatch(r"[A-Za-z0-9_-]+", name) else rendered(name)
