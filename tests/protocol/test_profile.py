"""What each revision is told of the server."""

from typing import Any

import pytest

from vtmcp.protocol.profile import TTL_MS, Profile
from vtmcp.protocol.versions import REVISIONS

INFO = {
    "name": "n",
    "version": "1",
    "title": "t",
    "description": "d",
    "icons": [],
    "websiteUrl": "http://x/",
}
CAPABILITIES: dict[str, Any] = {"tools": {}, "completions": {}, "extensions": {"a/b": {}}}

KNOWN: dict[str, tuple[tuple[str, ...], tuple[str, ...]]] = {
    # Revision -> the members of its Implementation and of its ServerCapabilities.
    "2024-11-05": (("name", "version"), ("tools",)),
    "2025-03-26": (("name", "version"), ("tools", "completions")),
    "2025-06-18": (("name", "version", "title"), ("tools", "completions")),
    "2025-11-25": (tuple(INFO), ("tools", "completions")),
    "2026-07-28": (tuple(INFO), ("tools", "completions", "extensions")),
}


def pick(value: dict[str, Any], names: tuple[str, ...]) -> dict[str, Any]:
    return {name: value[name] for name in names}


@pytest.mark.parametrize(("name", "known"), KNOWN.items(), ids=KNOWN)
def test_initialize_result(name: str, known: tuple[tuple[str, ...], tuple[str, ...]]) -> None:
    assert Profile(INFO, CAPABILITIES).initialize_result(REVISIONS[name]) == {
        "protocolVersion": name,
        "capabilities": pick(CAPABILITIES, known[1]),
        "serverInfo": pick(INFO, known[0]),
    }


def test_discover_result() -> None:
    profile = Profile(INFO, CAPABILITIES, instructions="do this")
    assert profile.discover_result(REVISIONS["2026-07-28"]) == {
        "supportedVersions": ["2026-07-28"],
        "capabilities": CAPABILITIES,
        "instructions": "do this",
    }


def test_instructions_are_told_when_there_are_any() -> None:
    told = Profile(INFO, {}, instructions="do this").initialize_result(REVISIONS["2025-11-25"])
    assert told["instructions"] == "do this"


def test_lists_are_private_and_kept_for_minutes_unless_said_otherwise() -> None:
    profile = Profile(INFO, {})
    assert (profile.ttl_ms, profile.cache_scope) == (TTL_MS, "private")
