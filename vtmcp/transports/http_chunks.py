"""Takes a chunked body (RFC 9112, 7.1) out of a buffer, strictly. Must not be here: waiting.

Strict where h11 is lenient: half line ends in trailers, and blanks after a chunk's size, are read
in two ways by two programs, and what lies between is a way to smuggle a request past one of them.
"""

import re
from collections.abc import Callable

from vtmcp.transports.http_head import HALF_LINE_END
from vtmcp.transports.http_values import RefusalError

CHUNK_LINE_BYTES_MAX = 256
"""A size and its extensions, which nobody uses."""

TRAILER_BYTES_MAX = 8_192
"""Fields after the last chunk. They are checked and dropped."""

_SIZE_LINE = re.compile(rb"([0-9A-Fa-f]{1,16})(?:[ \t]*;[\t\x20-\x7e\x80-\xff]*)?")
_FIELD_LINE = re.compile(rb"[!#$%&'*+.^_`|~0-9A-Za-z-]+:[\t\x20-\x7e\x80-\xff]*")


class ChunkedBody:
    """One body on its way in."""

    def __init__(self, bytes_max: int) -> None:
        self.data = bytearray()
        self._bytes_max = bytes_max
        self._left_bytes = 0
        self._trailer_bytes = 0
        self._step: Callable[[bytearray], bool] | None = self._take_size

    def feed(self, buffer: bytearray) -> bool:
        """Take what belongs to the body; say whether it is whole. Raises `RefusalError`."""
        while self._step is not None and self._step(buffer):
            pass
        return self._step is None

    def _take_size(self, buffer: bytearray) -> bool:
        line = _take_line(buffer, CHUNK_LINE_BYTES_MAX, 400)
        if line is None:
            return False
        size = _SIZE_LINE.fullmatch(line)
        if size is None:
            raise RefusalError(400, "The size of a chunk is malformed.")
        self._left_bytes = int(size[1], 16)
        if len(self.data) + self._left_bytes > self._bytes_max:
            raise RefusalError(413, f"A body may have {self._bytes_max} bytes.")
        self._step = self._take_data if self._left_bytes else self._take_trailer
        return True

    def _take_data(self, buffer: bytearray) -> bool:
        part = buffer[: self._left_bytes]
        self.data += part
        del buffer[: len(part)]
        self._left_bytes -= len(part)
        if self._left_bytes:
            return False
        self._step = self._take_data_end
        return True

    def _take_data_end(self, buffer: bytearray) -> bool:
        if not b"\r\n".startswith(buffer[:2]):
            raise RefusalError(400, "A chunk is longer than its size.")
        if len(buffer) < 2:
            return False
        del buffer[:2]
        self._step = self._take_size
        return True

    def _take_trailer(self, buffer: bytearray) -> bool:
        line = _take_line(buffer, TRAILER_BYTES_MAX - self._trailer_bytes, 431)
        if line is None:
            return False
        if not line:
            self._step = None
        elif not _FIELD_LINE.fullmatch(line):
            raise RefusalError(400, "A trailer is malformed.")
        self._trailer_bytes += len(line) + 2
        return True


def _take_line(buffer: bytearray, bytes_max: int, status: int) -> bytes | None:
    """The next line without its end, or None while it is not whole."""
    end = buffer.find(b"\r\n", 0, bytes_max + 2)
    # A line that is broken already need not be waited for.
    if HALF_LINE_END.search(buffer, 0, bytes_max if end < 0 else end):
        raise RefusalError(400, "Each line of a chunked body must end with CR LF.")
    if end < 0:
        if len(buffer) >= bytes_max + 2:
            raise RefusalError(status, "A line of a chunked body is too long.")
        return None
    line = bytes(buffer[:end])
    del buffer[: end + 2]
    return line
