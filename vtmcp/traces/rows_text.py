"""Rows that a query of one's own gave: a line each, or a table. Pure.

Names are those of the database, as the query has to write them. Must not be here: what is wrong
with a query (`logsql_hints.py`), how it was asked.
"""

import re
from collections.abc import Iterable, Sequence
from typing import Final

from vtmcp.durations import format_duration
from vtmcp.traces.model import KINDS, STATUSES
from vtmcp.traces.safe import label, quoted
from vtmcp.traces.spans import Row
from vtmcp.traces.times import format_time

VALUE_CHARS_MAX: Final = 100
"""Of a value on a line or in a table; the mark says how much is missing."""

NAME_CHARS_MAX: Final = 100

FIELDS_MAX: Final = 8
"""Fields of a span on its line beside those that every span has; the rest is counted."""

COLUMNS_MAX: Final = 20
"""A table of more columns is no table; the rest is counted in its head."""

SERVICE: Final = "resource_attr:service.name"

_SPAN = ("trace_id", "span_id", "start_time_unix_nano", "duration", "name")
"""A row with these is a whole span."""

_TOLD = frozenset((*_SPAN, SERVICE, "kind", "status_code", "parent_span_id"))
"""What the line of a span says in its own way."""

_NOISE = re.compile(
    r"_time|_stream|_stream_id|_msg|end_time_unix_nano|flags|scope_name|scope_version"
    r"|(?:.*:)?(?:event_|link_)?dropped_\w+_count(?::\d+)?|event:.*event_time_unix_nano.*"
)
"""What says nothing on a span that its line does not say, or that nobody asks."""

_FIRST = ("status_message", "event:", "span_attr:", "link:", "resource_attr:")
"""Of the other fields of a span those come first that tell most about it."""

_OF_DURATIONS = re.compile(
    r"\b(?:min|max|avg|sum|median|quantile|row_any)\(\s*(?:[\d.]+\s*,\s*)?duration\s*\)"
    r"(?:\s+if\s*\([^()]*\))?\s+(?:as\s+)?[\"'`]?([\w.]+)",
    re.IGNORECASE,
)
_COMPUTED = re.compile(r"(?:min|max|avg|sum|median|quantile)\((?:[\d.]+, ?)?duration\)")
_NUMBER = re.compile(r"-?[0-9]+(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?", re.ASCII)


def is_span(row: Row) -> bool:
    """Whether a row is a whole span, and not what a pipe made of some."""
    return all(name in row for name in _SPAN)


def row_line(row: Row, query: str = "") -> str:
    """Return a row on one line; empty fields are left out, as the database does not keep them."""
    if is_span(row):
        return _span_line(row)
    names = sorted(row, key=lambda name: _place(name, query))
    durations = duration_names(query)
    return "  ".join(_pair(name, row[name], durations) for name in names if row[name]) or "(empty)"


def table_lines(rows: Sequence[Row], query: str = "") -> list[str]:
    """Return a head with the names of columns and a line a row, aligned; none without rows."""
    names = sorted({name: None for row in rows for name in row}, key=lambda n: _place(n, query))
    if not names:
        return []
    more = len(names) - COLUMNS_MAX
    names = names[:COLUMNS_MAX]
    durations = duration_names(query)
    columns = [_column(rows, name, durations) for name in names]
    lines = ["  ".join(cells).rstrip() for cells in zip(*columns, strict=True)]
    if more > 0:
        lines[0] += f"  (+{more:,} columns)"
    return lines


def duration_names(query: str) -> frozenset[str]:
    """Return the columns that hold durations, as far as the query tells, by what it calls them."""
    return frozenset(("duration", *_OF_DURATIONS.findall(query)))


def newest_first(rows: Sequence[Row]) -> list[Row]:
    """Return rows with a time in the order of time, the newest first; others as they are."""
    if not all("_time" in row for row in rows):
        return list(rows)
    return sorted(rows, key=lambda row: _time_key(row["_time"]), reverse=True)


def _time_key(text: str) -> tuple[str, str]:
    whole, _, part = text.removesuffix("Z").partition(".")
    return whole, part.ljust(9, "0")


def _span_line(row: Row) -> str:
    number = row["start_time_unix_nano"]
    service = row.get(SERVICE, "")
    name = label(row["name"], NAME_CHARS_MAX) if row["name"] else "(no name)"
    parent = row.get("parent_span_id", "")
    own = [
        format_time(int(number)) if _is_whole(number) else quoted(number),
        _duration(row["duration"]),
        f"{label(service, one_word=True) if service else '(no service)'} {name}",
        _word(KINDS, row.get("kind", "")),
        _word(STATUSES, row.get("status_code", "")),
        f"trace {label(row['trace_id'], NAME_CHARS_MAX, one_word=True)}",
        f"span {label(row['span_id'], NAME_CHARS_MAX, one_word=True)}",
        f"parent {label(parent, NAME_CHARS_MAX, one_word=True)}" if parent else "no parent",
    ]
    others = [name for name in row if _is_telling(name) and row[name]]
    others.sort(key=_rank)
    own += [_pair(name, row[name]) for name in others[:FIELDS_MAX]]
    if len(others) > FIELDS_MAX:
        own.append(f"(+{len(others) - FIELDS_MAX:,} fields)")
    return "  ".join(own)


def _is_telling(name: str) -> bool:
    return name not in _TOLD and not _NOISE.fullmatch(name)


def _rank(name: str) -> tuple[int, str]:
    place = next((at for at, first in enumerate(_FIRST) if name.startswith(first)), len(_FIRST))
    return place, name


def _pair(name: str, value: str, durations: Iterable[str] = ()) -> str:
    shown = label(name, NAME_CHARS_MAX, one_word=True)
    if _holds_duration(name, durations) and _is_whole(value):
        return f"{shown}={_duration(value)}"
    return f"{shown}={value if _NUMBER.fullmatch(value) else quoted(value, VALUE_CHARS_MAX)}"


def _column(rows: Sequence[Row], name: str, durations: Iterable[str]) -> list[str]:
    """Return the cells of a column with its name, all of one width; numbers end at the right."""
    is_duration = _holds_duration(name, durations)
    values = [row.get(name, "") for row in rows]
    is_number = all(_NUMBER.fullmatch(value) or not value for value in values)
    cells = [label(name, NAME_CHARS_MAX, one_word=True)]
    for value in values:
        if not value:
            cells.append("-")
        elif is_duration and _is_whole(value):
            cells.append(_duration(value))
        else:
            cells.append(value if is_number else label(value, VALUE_CHARS_MAX))
    width = max(map(len, cells))
    return [cell.rjust(width) if is_number else cell.ljust(width) for cell in cells]


def _holds_duration(name: str, durations: Iterable[str]) -> bool:
    return name in durations or _COMPUTED.fullmatch(name) is not None


def _place(name: str, query: str) -> tuple[int, str]:
    """Return where a query names a column: answers come in no order of their own."""
    found = re.search(rf"(?<![\w.:]){re.escape(name)}(?![\w.:])", query)
    return (found.start() if found else len(query)), name


def _duration(text: str) -> str:
    """Write a duration; one below zero is stored with 2^64 added."""
    if not _is_whole(text):
        return quoted(text, VALUE_CHARS_MAX)
    duration_ns = int(text)
    return format_duration(duration_ns if duration_ns < 2**63 else duration_ns - 2**64)


def _word(words: Sequence[str], stored: str) -> str:
    return words[int(stored)] if _is_whole(stored) and int(stored) < len(words) else words[0]


def _is_whole(text: str) -> bool:
    """Whether a text is a whole number that the database can hold; it counts to 2^64."""
    return text.isascii() and text.isdigit() and len(text) <= 20
