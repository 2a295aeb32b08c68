"""What the database said, as JSON, within the budget: whole traces, or whole spans of the first.

Must not be here: any change to what it said.
"""

from collections.abc import Mapping, Sequence
from itertools import accumulate, takewhile
from typing import Any

from vtmcp.handlers.visible_json import visible_json
from vtmcp.protocol.messages import Json
from vtmcp.protocol.results import ToolResult, text
from vtmcp.traces.budget import cut_to_bytes, size_bytes
from vtmcp.traces.trust import counted

Raw = Mapping[str, Any]

DIGITS = 20
"""What the counts of spans in the words may take beyond the counts of traces."""


def raw_json(
    raw: Sequence[Raw], *, subject: str, max_bytes: int, notice: str, next_call: str
) -> ToolResult:
    """`{"data": [...]}` as the first item of the content, words on it as the second."""

    def note(kept: int, cut: str = "") -> str:
        left_out = ""
        if kept < len(raw):
            then = f" Next: {next_call}" if next_call else ""
            left_out = f"Left out: {len(raw) - kept:,} of {counted(len(raw), 'trace')}.{then}"
        words = (f"{counted(len(raw), 'trace')}, {subject}.", cut, left_out, notice)
        return "\n".join(word for word in words if word)

    # The words are nearly the same whatever is kept, but are not to push out all of the data.
    longest = size_bytes(note(0, _cut_note(len(raw), len(raw))) if raw else note(0))
    room = max_bytes - min(longest + DIGITS, max_bytes // 2) - len(_data([]))
    kept, cut = _first(raw, room), ""
    whole = len(kept)
    if raw and not kept:
        kept, cut = _first_spans(raw[0], room)
    data = _data(kept)
    words = cut_to_bytes(note(whole, cut), max_bytes - len(data.encode()))
    return ToolResult([text(data), text(words)])


def nothing_said(words: str, arguments: Json) -> ToolResult | str:
    """The words on why there is nothing, with no data in the same form where that is asked for."""
    if arguments.get("format") != "json":
        return words
    return ToolResult([text(_data([])), text(words)])


def _data(traces: Sequence[Raw]) -> str:
    return visible_json({"data": traces})


def _first_spans(trace: Raw, room: int) -> tuple[list[Raw], str]:
    """A trace with as many of its spans as fit, and a sentence on that; or nothing."""
    spans = trace.get("spans")
    if not isinstance(spans, list):
        return [], ""
    rest = {**trace, "spans": []}
    kept = _first(spans, room - size_bytes(visible_json(rest)))
    return ([{**rest, "spans": kept}], _cut_note(len(kept), len(spans))) if kept else ([], "")


def _first(items: Sequence[Any], room: int) -> list[Any]:
    """The first items, as many as fit with a comma after each."""
    used = accumulate(size_bytes(visible_json(item)) for item in items)
    return list(items[: sum(1 for _ in takewhile(lambda size: size <= room, used))])


def _cut_note(kept: int, spans: int) -> str:
    return f"The first trace is cut: {kept:,} of its {counted(spans, 'span')}, as they came."
