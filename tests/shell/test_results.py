"""What a call or a resource brought, as a person reads it."""

from typing import Any

import pytest

from vtmcp.shell.faults import UnreachableError
from vtmcp.shell.results import call_text, contents_bytes, contents_of, contents_text

BLOCKS: dict[str, tuple[dict[str, Any], str]] = {
    "a text": ({"type": "text", "text": "a\n"}, "a\n"),
    "an image": (
        {"type": "image", "mimeType": "image/png", "data": "/wA="},
        "[image: image/png, 2 bytes]\n",
    ),
    "a sound of no type": ({"type": "audio", "data": 7}, "[audio: of no known type, 0 bytes]\n"),
    "a link": ({"type": "resource_link", "uri": "a:b"}, "[resource a:b: vtmcp read shows it]\n"),
    "a resource": ({"type": "resource", "resource": {"uri": "a:b", "text": "x"}}, "x\n"),
    "a resource of bytes": (
        {"type": "resource", "resource": {"uri": "a:b", "blob": "/w=="}},
        "[a:b: of no known type, 1 bytes]\n",
    ),
    "something new": ({"type": "smell"}, "[smell: --json shows it]\n"),
    "a text without a text": ({"type": "text", "text": 7}, "[text: --json shows it]\n"),
    "a resource without one": ({"type": "resource"}, "[resource: --json shows it]\n"),
}


@pytest.mark.parametrize(("block", "text"), BLOCKS.values(), ids=BLOCKS)
def test_each_block_is_lines_of_text(block: Any, text: str) -> None:
    assert call_text({"content": [block]}) == text


def test_a_result_may_be_data_alone_or_nothing() -> None:
    assert call_text({"content": [], "structuredContent": {"a": 1}}) == '{\n  "a": 1\n}\n'
    assert call_text({"content": []}) == ""
    assert call_text({"content": [7]}) == "[None: --json shows it]\n"
    with pytest.raises(UnreachableError):
        call_text({})


def test_a_resource_is_text_or_the_very_bytes() -> None:
    parts = [{"uri": "a", "text": "x\r\n"}, {"uri": "b", "blob": "/wA="}]
    assert contents_of({"contents": parts}) == parts
    assert contents_bytes(parts) == b"x\r\n\xff\x00"
    assert contents_text(parts) == "x\r\n[b: of no known type, 2 bytes]\n"
    assert contents_text([]) == ""
    assert contents_bytes([{"text": "\ud800"}]) == b"\xed\xa0\x80"


@pytest.mark.parametrize("result", [{}, {"contents": 7}, {"contents": [7]}])
def test_what_is_no_resource_is_refused(result: Any) -> None:
    with pytest.raises(UnreachableError, match="no contents"):
        contents_of(result)


def test_what_is_no_base64_is_refused() -> None:
    with pytest.raises(UnreachableError, match="not base64"):
        contents_bytes([{"blob": "!"}])
