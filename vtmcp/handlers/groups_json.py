"""Groups of spans as JSON, within the budget: one object a group. Must not be here: comparing."""

from collections.abc import Sequence
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from vtmcp.handlers.visible_json import visible_json
from vtmcp.protocol.results import ToolResult, text

if TYPE_CHECKING:
    from vtmcp.traces.span_groups import Compared
    from vtmcp.traces.spans import SpanStats


def groups_json(
    by: Sequence[str],
    groups: "Sequence[Compared]",
    words: str,
    *,
    max_bytes: int,
    left_out: int = 0,
    next_call: str = "",
) -> ToolResult:
    """`{"data": [...]}` as the first item of the content, words on it as the second."""
    from vtmcp.traces.budget import cut_to_bytes, size_bytes  # noqa: PLC0415 - first call only

    then = f" Next: {next_call}" if next_call else ""

    def note(left: int) -> str:
        return f"{words}\nLeft out: {left:,} groups.{then}" if left else words

    room = max_bytes - min(size_bytes(note(left_out + len(groups))), max_bytes // 2) - _FRAME_BYTES
    kept: list[dict[str, Any]] = []
    for one in groups:
        row = _row(by, one)
        room -= size_bytes(visible_json(row))
        if room < 0:
            break
        kept.append(row)
    data = visible_json({"data": kept})
    told = note(left_out + len(groups) - len(kept))
    return ToolResult([text(data), text(cut_to_bytes(told, max_bytes - len(data.encode())))])


def _row(by: Sequence[str], one: "Compared") -> dict[str, Any]:
    row: dict[str, Any] = {"group": dict(zip(by, one.keys, strict=True)), **_figures(one.now)}
    if one.before is not None:
        row["before"] = _figures(one.before)
        row["excess_errors"] = round(one.excess_errors, 3)
        row["excess_ns"] = round(one.excess_ns)
    return row


def _figures(spans: "SpanStats | None") -> dict[str, Any]:
    """The counts, and the times in nanoseconds."""
    return {name: value for name, value in asdict(spans).items() if name != "keys"} if spans else {}


_FRAME_BYTES = len('{"data":[]}')
