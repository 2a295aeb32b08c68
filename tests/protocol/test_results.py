"""Results as each revision reads them: what it lacks goes, or becomes text."""

from typing import Any

import pytest

from vtmcp.protocol.results import (
    InputRequired,
    ToolResult,
    audio,
    blob_contents,
    embedded,
    image,
    resource_link,
    shape,
    shape_content,
    text,
    text_contents,
)
from vtmcp.protocol.versions import REVISIONS

LATE = {"priority": 1, "lastModified": "2026-01-01"}
EARLY = {"priority": 1}

BLOCKS: dict[str, tuple[Any, Any]] = {
    "a text": (text("a"), {"type": "text", "text": "a"}),
    "a text with annotations": (
        text("a", annotations=EARLY),
        {"type": "text", "text": "a", "annotations": EARLY},
    ),
    "an image": (
        image("AA==", "image/png"),
        {"type": "image", "data": "AA==", "mimeType": "image/png"},
    ),
    "a sound": (
        audio("AA==", "audio/wav", annotations={}),
        {"type": "audio", "data": "AA==", "mimeType": "audio/wav", "annotations": {}},
    ),
    "a link": (
        resource_link("a://b", "b", mimeType="text/plain"),
        {"type": "resource_link", "uri": "a://b", "name": "b", "mimeType": "text/plain"},
    ),
    "contents inside": (
        embedded(text_contents("a://b", "x")),
        {"type": "resource", "resource": {"uri": "a://b", "mimeType": "text/plain", "text": "x"}},
    ),
    "binary contents": (
        blob_contents("a://b", "AA==", "image/png"),
        {"uri": "a://b", "mimeType": "image/png", "blob": "AA=="},
    ),
}

TOOL_RESULTS: dict[str, tuple[ToolResult, dict[str, Any]]] = {
    "content alone": (ToolResult([text("a")]), {"content": [text("a")]}),
    "no content is still a list": (ToolResult([]), {"content": []}),
    "an error": (
        ToolResult([text("a")], is_error=True),
        {"content": [text("a")], "isError": True},
    ),
    "structured data is repeated as text": (
        ToolResult([], structured={"a": [1]}),
        {"content": [text('{"a":[1]}')], "structuredContent": {"a": [1]}},
    ),
    "structured data beside text": (
        ToolResult([text("a")], structured=0),
        {"content": [text("a")], "structuredContent": 0},
    ),
    "data for the client": (
        ToolResult([], meta={"a/b": 1}),
        {"content": [], "_meta": {"a/b": 1}},
    ),
}

CONTENT: dict[str, tuple[dict[str, Any], dict[str, dict[str, Any]]]] = {
    # A block as it was written, and from which revision on it reads how.
    "a text": (text("a"), {"2024-11-05": text("a")}),
    "a sound": (
        audio("AAAA", "audio/wav"),
        {
            "2024-11-05": text("[audio/wav of 4 base64 characters left out]"),
            "2025-03-26": audio("AAAA", "audio/wav"),
        },
    ),
    "a link": (
        resource_link("a://b", "b", icons=[]),
        {
            "2024-11-05": text("b: a://b"),
            "2025-06-18": resource_link("a://b", "b"),
            "2025-11-25": resource_link("a://b", "b", icons=[]),
        },
    ),
    "data for the client": (
        {**text("a"), "_meta": {}},
        {"2024-11-05": text("a"), "2025-06-18": {**text("a"), "_meta": {}}},
    ),
    "a date": (
        text("a", annotations=LATE),
        {"2024-11-05": text("a", annotations=EARLY), "2025-06-18": text("a", annotations=LATE)},
    ),
    "data beside contents inside": (
        embedded({**text_contents("a://b", "x"), "_meta": {}}),
        {
            "2024-11-05": embedded(text_contents("a://b", "x")),
            "2025-06-18": embedded({**text_contents("a://b", "x"), "_meta": {}}),
        },
    ),
}

TOOL = {"name": "t", "inputSchema": {"type": "object"}}
OBJECT = {"type": "object"}
LIST = {"type": "array"}
PROMPT = {"name": "p"}
RESOURCE = {"uri": "a://b", "name": "b"}

SHAPED: dict[str, tuple[str, dict[str, Any], dict[str, dict[str, Any]]]] = {
    # A method, its result as it was written, and from which revision on it reads how.
    "tools": (
        "tools/list",
        {"tools": [{**TOOL, "title": "T"}], "nextCursor": "c"},
        {
            "2024-11-05": {"tools": [TOOL], "nextCursor": "c"},
            "2025-06-18": {"tools": [{**TOOL, "title": "T"}], "nextCursor": "c"},
        },
    ),
    "a schema of objects": (
        "tools/list",
        {"tools": [{**TOOL, "outputSchema": OBJECT}]},
        {
            "2024-11-05": {"tools": [TOOL]},
            "2025-06-18": {"tools": [{**TOOL, "outputSchema": OBJECT}]},
        },
    ),
    "a schema of anything else": (
        "tools/list",
        {"tools": [{**TOOL, "outputSchema": LIST}]},
        {
            "2024-11-05": {"tools": [TOOL]},
            "2026-07-28": {"tools": [{**TOOL, "outputSchema": LIST}]},
        },
    ),
    "a call": (
        "tools/call",
        {"content": [resource_link("a://b", "b")], "isError": True},
        {
            "2024-11-05": {"content": [text("b: a://b")], "isError": True},
            "2025-06-18": {"content": [resource_link("a://b", "b")], "isError": True},
        },
    ),
    "a structured object": (
        "tools/call",
        {"content": [], "structuredContent": {}},
        {
            "2024-11-05": {"content": []},
            "2025-06-18": {"content": [], "structuredContent": {}},
        },
    ),
    "a structured list": (
        "tools/call",
        {"content": [], "structuredContent": []},
        {
            "2024-11-05": {"content": []},
            "2026-07-28": {"content": [], "structuredContent": []},
        },
    ),
    "prompts": (
        "prompts/list",
        {"prompts": [{**PROMPT, "arguments": [{"name": "a", "title": "A"}]}, PROMPT]},
        {
            "2024-11-05": {"prompts": [{**PROMPT, "arguments": [{"name": "a"}]}, PROMPT]},
            "2025-06-18": {
                "prompts": [{**PROMPT, "arguments": [{"name": "a", "title": "A"}]}, PROMPT]
            },
        },
    ),
    "a prompt's messages": (
        "prompts/get",
        {"messages": [{"role": "user", "content": audio("AA==", "audio/wav")}]},
        {
            "2024-11-05": {
                "messages": [
                    {
                        "role": "user",
                        "content": text("[audio/wav of 4 base64 characters left out]"),
                    }
                ]
            },
            "2025-03-26": {"messages": [{"role": "user", "content": audio("AA==", "audio/wav")}]},
        },
    ),
    "resources": (
        "resources/list",
        {"resources": [{**RESOURCE, "icons": [], "annotations": LATE}, RESOURCE]},
        {
            "2024-11-05": {"resources": [{**RESOURCE, "annotations": EARLY}, RESOURCE]},
            "2025-06-18": {"resources": [{**RESOURCE, "annotations": LATE}, RESOURCE]},
            "2025-11-25": {"resources": [{**RESOURCE, "icons": [], "annotations": LATE}, RESOURCE]},
        },
    ),
    "templates": (
        "resources/templates/list",
        {"resourceTemplates": [{"uriTemplate": "a://{b}", "name": "b", "title": "B"}]},
        {
            "2024-11-05": {"resourceTemplates": [{"uriTemplate": "a://{b}", "name": "b"}]},
            "2025-06-18": {
                "resourceTemplates": [{"uriTemplate": "a://{b}", "name": "b", "title": "B"}]
            },
        },
    ),
    "contents": (
        "resources/read",
        {
            "contents": [{"uri": "a://b", "text": "", "_meta": {}}],
            "ttlMs": 0,
            "cacheScope": "public",
        },
        {
            "2024-11-05": {"contents": [{"uri": "a://b", "text": ""}]},
            "2025-06-18": {"contents": [{"uri": "a://b", "text": "", "_meta": {}}]},
            "2026-07-28": {
                "contents": [{"uri": "a://b", "text": "", "_meta": {}}],
                "ttlMs": 0,
                "cacheScope": "public",
            },
        },
    ),
    "what has no shape passes": ("ping", {"a": 1}, {"2024-11-05": {"a": 1}}),
}

PAUSE = {"resultType": "input_required", "inputRequests": {}, "requestState": "s"}


def by_revision(since: dict[str, dict[str, Any]]) -> dict[str, dict[str, Any]]:
    """For each revision the entry that is the newest for it."""
    return {name: since[max(each for each in since if each <= name)] for name in REVISIONS}


@pytest.mark.parametrize(("written", "block"), BLOCKS.values(), ids=BLOCKS)
def test_blocks(written: dict[str, Any], block: dict[str, Any]) -> None:
    assert written == block


@pytest.mark.parametrize(("result", "wire"), TOOL_RESULTS.values(), ids=TOOL_RESULTS)
def test_tool_results(result: ToolResult, wire: dict[str, Any]) -> None:
    assert result.wire() == wire


@pytest.mark.parametrize(("block", "since"), CONTENT.values(), ids=CONTENT)
def test_content_by_revision(block: dict[str, Any], since: dict[str, dict[str, Any]]) -> None:
    found = {name: shape_content(one, block) for name, one in REVISIONS.items()}
    assert found == by_revision(since)


@pytest.mark.parametrize(("method", "result", "since"), SHAPED.values(), ids=SHAPED)
def test_results_by_revision(
    method: str, result: dict[str, Any], since: dict[str, dict[str, Any]]
) -> None:
    before = repr(result)
    found = {name: shape(one, method, result) for name, one in REVISIONS.items()}
    assert found == by_revision(since)
    assert repr(result) == before, "a result may be sent to several peers: it is never changed"


@pytest.mark.parametrize("method", ["tools/call", "prompts/get", "resources/read"])
def test_a_pause_passes_as_it_is(method: str) -> None:
    assert shape(REVISIONS["2026-07-28"], method, PAUSE) == PAUSE


def test_a_pause_is_not_caught_by_a_handler_that_catches_exceptions() -> None:
    pause = InputRequired({"a": {}}, {"b": {}})
    assert not isinstance(pause, Exception)
    assert (pause.requests, pause.answers) == ({"a": {}}, {"b": {}})
