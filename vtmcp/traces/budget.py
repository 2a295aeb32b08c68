"""Keep an answer within its size, and never cut it silently. Knows nothing of traces.

Every text for a model is collected here, so that there is one place where a size is held.
"""

from collections.abc import Callable
from typing import Final

DEFAULT_ANSWER_BYTES: Final = 24_000
"""About 8,000 tokens: clients warn their users at 10,000. `MCP_MAX_ANSWER_BYTES` sets another."""

CUT_MARK: Final = "…"

Closing = Callable[[int], str]
"""Given how many items were left out, the last lines: what is missing, and the call to get it.

It is also asked with 0, and may answer nothing."""


def closing_line(next_call: str = "", items: str = "lines") -> Closing:
    """Return a closing that counts what was left out and names the exact next call, if any."""
    then = f" Next: {next_call}" if next_call else ""
    return lambda left_out: f"Left out: {left_out:,} {items}.{then}" if left_out else ""


def cut_to_bytes(text: str, max_bytes: int) -> str:
    """Return the text, or its beginning and a mark, in at most so many bytes of UTF-8."""
    data = text.encode()
    if len(data) <= max_bytes:
        return text
    kept_bytes = max_bytes - len(CUT_MARK.encode())
    return data[:kept_bytes].decode(errors="ignore") + CUT_MARK if kept_bytes >= 0 else ""


class Budget:
    """Collects the lines of one answer, of at most `max_bytes` bytes of UTF-8 with line breaks.

    The head is kept before all else, then the closing, then as many lines as fit, in their order.
    Once a line does not fit, no later one is taken, so that what is shown has no gaps.
    """

    def __init__(
        self, max_bytes: int = DEFAULT_ANSWER_BYTES, *, closing: Closing | None = None
    ) -> None:
        self._max_bytes = max_bytes
        self._closing = closing or closing_line()
        self._head: list[str] = []
        self._lines: list[tuple[str, int]] = []
        self._used_bytes = 0
        self._is_full = False
        self.left_out = 0

    @property
    def room_bytes(self) -> int:
        """How many bytes are free, before the closing takes its part."""
        return max(0, self._max_bytes - self._used_bytes)

    def head(self, line: str) -> None:
        """Add a line that is never left out, such as the verdict or a notice."""
        self._head.append(line)
        self._used_bytes += size_bytes(line)

    def add(self, line: str, items: int = 1) -> bool:
        """Add a line that stands for so many items, or count them as left out. True if it fits."""
        self._is_full = self._is_full or size_bytes(line) > self.room_bytes
        if self._is_full:
            self.left_out += items
            return False
        self._lines.append((line, items))
        self._used_bytes += size_bytes(line)
        return True

    def leave_out(self, items: int) -> None:
        """Count items for which there is no line."""
        self.left_out += items

    def text(self) -> str:
        """Return the answer, without a line break at its end. Lines give way to the closing."""
        closing = self._closing(self.left_out)
        while self._lines and self._used_bytes + _closing_bytes(closing) > self._max_bytes:
            line, items = self._lines.pop()
            self._used_bytes -= size_bytes(line)
            self.left_out += items
            closing = self._closing(self.left_out)
        body = "\n".join([*self._head, *(line for line, _ in self._lines)])
        parts = (cut_to_bytes(body, self._max_bytes - _closing_bytes(closing)), closing)
        return cut_to_bytes("\n".join(part for part in parts if part), self._max_bytes)


def size_bytes(line: str) -> int:
    """Return how much room a line takes, with its line break."""
    return len(line.encode()) + 1


def _closing_bytes(closing: str) -> int:
    return size_bytes(closing) if closing else 0
