"""The last hand on an answer: values masked, and the lines that come after it. Pure.

Must not be here: what is masked (`vtmcp.traces.masking`), or how an answer is written.
"""

from collections import Counter
from collections.abc import Callable
from typing import Any

from vtmcp.handlers.visible_json import visible_json
from vtmcp.protocol.codec import decode
from vtmcp.protocol.errors import ParseError
from vtmcp.protocol.messages import Json
from vtmcp.protocol.results import ToolResult, text
from vtmcp.traces.budget import cut_to_bytes, size_bytes
from vtmcp.traces.masking import notice

Answer = ToolResult | str
Mask = Callable[[str], tuple[str, Counter[str]]]

LINES_BYTES = 400
"""What the lines at the end may take: one on where the answer came from, one on what was masked."""


def no_mask(value: str) -> tuple[str, Counter[str]]:
    """Everything as it is."""
    return value, Counter()


def finished(answer: Answer, said: str, mask: Mask = no_mask) -> Answer:
    """The answer, masked, with `said` and what was masked as its last lines."""
    counts: Counter[str] = Counter()
    if isinstance(answer, str):
        written = _masked_text(answer, mask, counts)
        return "\n".join(part for part in (written, *_lines(said, counts)) if part)
    content = [_masked_block(block, mask, counts) for block in answer.content]
    structured, meta = answer.structured, answer.meta
    if mask is not no_mask:
        # What goes to programs repeats what the blocks say, where there are any.
        again: Counter[str] = Counter()
        structured = _masked_value(structured, mask, again if content else counts)
        meta = _masked_value(meta, mask, again)
    if lines := _lines(said, counts):
        last = _text_of(answer.content[-1]) if content else ""
        content = _with_lines(content, "\n".join(lines), is_words=bool(last) and not _is_json(last))
    return answer._replace(content=content, structured=structured, meta=meta)


def answer_bytes(answer: Answer) -> int:
    """How long the texts of an answer are."""
    texts = [answer] if isinstance(answer, str) else [_text_of(block) for block in answer.content]
    return sum(len(each.encode()) for each in texts)


def _lines(said: str, counts: Counter[str]) -> list[str]:
    masked = notice(counts)
    room = LINES_BYTES - (size_bytes(masked) if masked else 0) - 1
    return [line for line in (cut_to_bytes(said, room), masked) if line]


def _with_lines(content: list[Json], lines: str, *, is_words: bool) -> list[Json]:
    if not is_words:
        return [*content, text(lines)]
    return [*content[:-1], {**content[-1], "text": f"{_text_of(content[-1])}\n{lines}"}]


def _masked_block(block: Json, mask: Mask, counts: Counter[str]) -> Json:
    return (
        {**block, "text": _masked_text(_text_of(block), mask, counts)} if "text" in block else block
    )


def _masked_text(value: str, mask: Mask, counts: Counter[str]) -> str:
    if mask is not no_mask and _is_json(value):
        try:
            # What stands for a character in JSON must not be taken for a part of a value.
            return visible_json(_masked_value(decode(value.encode()), mask, counts))
        except ParseError:
            pass
    masked, found = mask(value)
    counts += found
    return masked


def _masked_value(value: Any, mask: Mask, counts: Counter[str]) -> Any:
    match value:
        case str():
            masked, found = mask(value)
            counts += found
            return masked
        case bool() | None | float():
            return value
        case int():
            masked, found = mask(str(value))
            counts += found
            return masked if found else value
        case dict():
            return {
                _masked_value(key, mask, counts): _masked_value(each, mask, counts)
                for key, each in value.items()
            }
        case _:
            return [_masked_value(each, mask, counts) for each in value]


def _text_of(block: Json) -> str:
    found = block.get("text")
    return found if isinstance(found, str) else ""


def _is_json(value: str) -> bool:
    return value.startswith(("{", "["))
