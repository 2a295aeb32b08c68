"""Frames: one a line, however the bytes come, and nothing else."""

import pytest

from vtmcp.workers import frames
from vtmcp.workers.frames import KIND, Frame, FrameReader, read_frame, write_frame

SAID = write_frame(frames.READY) + write_frame(frames.ASK, number=3, counts=[{"name": "a\nb"}])
HEARD = [{KIND: "ready"}, {KIND: "ask", "number": 3, "counts": [{"name": "a\nb"}]}]


@pytest.mark.parametrize("size", [len(SAID), 1, 7])
def test_frames_come_whole_in_any_pieces(size: int) -> None:
    reader = FrameReader()
    found: list[Frame] = []
    for at in range(0, len(SAID), size):
        found += reader.feed(SAID[at : at + size])
    assert found == HEARD


NONE = {
    "no JSON": b"ready",
    "no object": b"[]",
    "an object without a kind": b'{"number": 1}',
    "a kind that is no word": b'{"kind": 1}',
}


@pytest.mark.parametrize("line", NONE.values(), ids=NONE)
def test_what_is_no_frame_is_left_out(line: bytes) -> None:
    assert read_frame(line) is None
    assert FrameReader().feed(line + b"\n" + write_frame(frames.STOP)) == [{KIND: "stop"}]


def test_a_frame_that_is_too_long_is_left_out(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(frames, "FRAME_BYTES_MAX", 30)
    long = write_frame(frames.COUNTS, counts=["x" * 30])
    assert FrameReader().feed(long + write_frame(frames.STOP)) == [{KIND: "stop"}]
