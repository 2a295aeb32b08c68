"""Cut a byte stream into documents, one a line. Knows nothing of JSON.

Only the byte 0x0A ends a line (MCP, basic, transports, stdio); U+2028 and its like are text.
"""

from typing import NamedTuple

DOCUMENT_BYTES_MAX = 4 * 1024 * 1024
"""How long a line may be, in bytes: far above any request, far below what hurts a process."""


class Oversized(NamedTuple):
    """A document that was longer than `limit` bytes and has been thrown away."""

    limit: int


Document = bytes | Oversized


class LineFramer:
    """Feed bytes, get documents. Holds at most `limit` bytes and one chunk."""

    def __init__(self, limit: int = DOCUMENT_BYTES_MAX) -> None:
        self._limit = limit
        self._kept = bytearray()
        self._skipping = False

    def feed(self, chunk: bytes) -> list[Document]:
        """Take the next bytes and return the documents they complete; blank lines are none."""
        *complete, rest = chunk.split(b"\n")
        documents = [document for line in complete if (document := self._close(line)) is not None]
        self._keep(rest)
        return documents

    def end(self) -> list[Document]:
        """Return what stood after the last line end, if it is anything."""
        document = self._close(b"")
        return [] if document is None else [document]

    def _keep(self, part: bytes) -> None:
        if self._skipping:
            return
        self._kept += part
        if len(self._kept) > self._limit:
            self._skipping = True
            self._kept.clear()

    def _close(self, part: bytes) -> Document | None:
        self._keep(part)
        skipped, self._skipping = self._skipping, False
        line = bytes(self._kept)
        self._kept.clear()
        if skipped:
            return Oversized(self._limit)
        return line.strip(b" \t\r") or None
