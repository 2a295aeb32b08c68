"""Objects of our own as JSON, within the budget: whole ones, and words on those left out.

What the database said of whole traces is `raw_json.py`. Must not be here: what the objects are.
"""

from collections.abc import Sequence
from itertools import accumulate, takewhile

from vtmcp.handlers.visible_json import visible_json
from vtmcp.protocol.messages import Json
from vtmcp.protocol.results import ToolResult, text
from vtmcp.traces.budget import cut_to_bytes, size_bytes


def list_json(
    name: str,
    items: Sequence[Json],
    *,
    words: str,
    max_bytes: int,
    unlisted: int = 0,
    notice: str = "",
    next_call: str = "",
) -> ToolResult:
    """`{NAME: [...]}` as the first item of the content, `words` and what is missing as the second.

    `unlisted` counts what there is beyond the items.
    """

    def note(kept: int) -> str:
        missing = len(items) - kept + unlisted
        then = f" Next: {next_call}" if next_call and kept < len(items) else ""
        left_out = f"Left out: {missing:,} more.{then}" if missing else ""
        return "\n".join(line for line in (words, left_out, notice) if line)

    # The words are nearly the same whatever is kept, but are not to push out all of the data.
    longest = size_bytes(note(0))
    room = max_bytes - min(longest, max_bytes // 2) - len(visible_json({name: []}))
    used = accumulate(size_bytes(visible_json(item)) for item in items)
    kept = sum(1 for _ in takewhile(lambda size: size <= room, used))
    data = visible_json({name: list(items[:kept])})
    return ToolResult([text(data), text(cut_to_bytes(note(kept), max_bytes - len(data.encode())))])
