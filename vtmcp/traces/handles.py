"""Short names for the spans of one trace, `s17`, and spans by such a name or by their id.

A handle is a span's place in the tree, which is the same in any process. Must not be here: text
of spans.
"""

import re
from typing import Final

from vtmcp.traces.tree import Tree

ACCEPTED: Final = "a handle such as s17, or a span id of 16 hexadecimal digits"

SHOWN_CHARS_MAX: Final = 80
"""An error repeats no more than this of what was given."""

_HANDLE: Final = re.compile(r"[sS]([1-9][0-9]{0,8})", re.ASCII)
_SPAN_ID: Final = re.compile(r"[0-9a-f]{16}", re.ASCII)


def handle(position: int) -> str:
    """Return the handle of a span by its position in `Tree.spans`."""
    return f"s{position + 1}"


def find_spans(tree: Tree, text: str) -> tuple[int, ...]:
    """Return the positions of the spans that a handle or id means: one, unless an id is doubled.

    Raises `ValueError` that says what there is.
    """
    wanted = text.strip()
    if match := _HANDLE.fullmatch(wanted):
        position = int(match[1]) - 1
        if position < len(tree.spans):
            return (position,)
        last = handle(len(tree.spans) - 1)
        raise ValueError(f"{wanted} is not in this trace; its spans are s1 to {last}")
    ids = {wanted, wanted.lower().replace("-", "")}
    found = tuple(here for here, span in enumerate(tree.spans) if span.span_id in ids)
    if wanted and found:
        return found
    shown = wanted[:SHOWN_CHARS_MAX]
    if _SPAN_ID.fullmatch(wanted.lower()):
        raise ValueError(f"no span of this trace has the id {shown}")
    raise ValueError(f"{shown!r} is not a span of this trace; accepted: {ACCEPTED}")
