"""JSON of which every character can be seen: exact for a program, harmless for a reader.

Must not be here: what is written, or how much of it.
"""

from typing import Any

from vtmcp.protocol.codec import encode


def visible_json(value: Any) -> str:
    """One line of JSON; what would not be seen, or would move what is seen, is escaped."""
    return visible(encode(value).decode())


def visible(text: str) -> str:
    """A text in one line, with what would not be seen escaped as in JSON."""
    if text.isprintable():
        return text
    return "".join(char if char.isprintable() else _escaped(char) for char in text)


def _escaped(char: str) -> str:
    units = char.encode("utf-16-be", "surrogatepass")
    return "".join(f"\\u{units[at : at + 2].hex()}" for at in range(0, len(units), 2))
