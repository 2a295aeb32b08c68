"""What a supervisor and its workers say to each other: one JSON object a line. Pure.

Must not be here: sockets, and what follows from what is said.
"""

from typing import Any

from vtmcp.protocol.codec import decode, encode
from vtmcp.protocol.errors import ParseError
from vtmcp.protocol.framing import LineFramer

Frame = dict[str, Any]

FRAME_BYTES_MAX = 16 * 1024 * 1024
"""How long a frame may be: counts with the most label sets are a few hundred kilobytes, and
those of many workers added up are no more than a few times that."""

KIND = "kind"

BEGIN = "begin"
"""The supervisor's first word: `number` of the worker, its `sockets`, the `key`."""

COUNT = "count"
"""The supervisor wants the worker's counts."""

TOTAL = "total"
"""The `counts` of all, as an answer to the ask of this `number`."""

STOP = "stop"
"""The worker is to end in good order."""

READY = "ready"
"""The worker serves from now on."""

COUNTS = "counts"
"""The worker's `counts`, of its own accord or, with `asked`, because it was asked."""

ASK = "ask"
"""A client wants the counts of all: `number` of the ask, and `counts` of the worker itself."""


NOTE = "note"
"""What one worker has to tell all the others: `note`."""


class FrameReader:
    """Feed bytes, get frames; what is none is left out."""

    def __init__(self) -> None:
        self._framer = LineFramer(FRAME_BYTES_MAX)

    def feed(self, chunk: bytes) -> list[Frame]:
        """Take the next bytes and return the frames that they complete."""
        found = (
            read_frame(document)
            for document in self._framer.feed(chunk)
            if isinstance(document, bytes)
        )
        return [frame for frame in found if frame is not None]


def write_frame(kind: str, **more: object) -> bytes:
    """A frame as a line."""
    return encode({KIND: kind, **more}) + b"\n"


def read_frame(line: bytes) -> Frame | None:
    """The frame of a line, if it is one."""
    try:
        frame = decode(line)
    except ParseError:
        return None
    return frame if isinstance(frame, dict) and isinstance(frame.get(KIND), str) else None
