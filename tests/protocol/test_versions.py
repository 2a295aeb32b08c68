"""The tables by revision, read back: what each revision does not know, has, and answers."""

import pytest

from vtmcp.protocol.versions import (
    CONTENT_SINCE,
    FIELDS,
    LATEST_LEGACY,
    LEGACY_NAMES,
    LOG_LEVELS,
    METHODS,
    MODERN,
    MODERN_NAMES,
    QUESTIONS_SINCE,
    REVISIONS,
    known_fields,
    negotiate,
)

NAMES = ("2024-11-05", "2025-03-26", "2025-06-18", "2025-11-25", "2026-07-28")

DROPPED: dict[str, tuple[str, str, str, str, str]] = {
    # For each kind of object and each revision, the oldest first: the fields that go.
    "tool": (
        "annotations title outputSchema _meta icons execution",
        "title outputSchema _meta icons execution",
        "icons execution",
        "",
        "execution",
    ),
    "prompt": ("title _meta icons", "title _meta icons", "icons", "", ""),
    "prompt argument": ("title", "title", "", "", ""),
    "resource": ("title _meta icons", "title _meta icons", "icons", "", ""),
    "resource contents": ("_meta", "_meta", "", "", ""),
    "content": ("_meta icons", "_meta icons", "icons", "", ""),
    "annotations": ("lastModified", "lastModified", "", "", ""),
    "implementation": (
        "title description icons websiteUrl",
        "title description icons websiteUrl",
        "description icons websiteUrl",
        "",
        "",
    ),
    "capabilities": ("completions extensions", "extensions", "extensions", "extensions", ""),
    "call result": ("structuredContent", "structuredContent", "", "", ""),
    "progress": ("message", "", "", "", ""),
    "form elicitation": ("mode", "mode", "mode", "", ""),
    "form property": ("default", "default", "default", "", ""),
    "url elicitation": ("elicitationId", "elicitationId", "elicitationId", "", "elicitationId"),
    "cached result": (
        "ttlMs cacheScope",
        "ttlMs cacheScope",
        "ttlMs cacheScope",
        "ttlMs cacheScope",
        "",
    ),
}

ROWS = [
    (kind, name, set(fields.split()))
    for kind, row in DROPPED.items()
    for name, fields in zip(NAMES, row, strict=True)
]

NEGOTIATED = {
    "2024-11-05": "2024-11-05",
    "2025-03-26": "2025-03-26",
    "2025-06-18": "2025-06-18",
    "2025-11-25": "2025-11-25",
    "2026-07-28": "2025-11-25",
    "1999-01-01": "2025-11-25",
    "2099-01-01": "2025-11-25",
    "": "2025-11-25",
}

METHODS_OF: dict[str, str] = {
    "both eras": "tools/list tools/call prompts/list prompts/get resources/list"
    " resources/templates/list resources/read completion/complete",
    "legacy alone": "initialize ping logging/setLevel resources/subscribe resources/unsubscribe",
    "modern alone": "server/discover subscriptions/listen",
    "cached": "server/discover tools/list prompts/list resources/list resources/templates/list"
    " resources/read",
    "resumable": "tools/call prompts/get resources/read",
    "always there": "initialize ping server/discover subscriptions/listen",
}


@pytest.mark.parametrize(
    ("kind", "name", "dropped"), ROWS, ids=[f"{kind} of {name}" for kind, name, _ in ROWS]
)
def test_exactly_these_fields_are_dropped(kind: str, name: str, dropped: set[str]) -> None:
    value = dict.fromkeys([*FIELDS[kind], "other"], 1)
    known = known_fields(REVISIONS[name], kind, value)
    assert set(value) - set(known) == dropped
    assert list(known) == [field for field in value if field not in dropped]


def test_the_table_here_has_each_kind() -> None:
    assert set(DROPPED) == set(FIELDS)


def test_a_value_that_is_known_is_not_copied() -> None:
    value = {"name": "n"}
    assert known_fields(REVISIONS["2024-11-05"], "tool", value) is value


def test_the_revisions_and_their_eras() -> None:
    assert tuple(REVISIONS) == NAMES
    assert NAMES[:4] == LEGACY_NAMES
    assert NAMES[4:] == MODERN_NAMES
    assert (LATEST_LEGACY, MODERN.name) == NAMES[3:]


def test_batches_and_values_of_any_kind_have_one_revision_each() -> None:
    assert [one.name for one in REVISIONS.values() if one.batches] == ["2025-03-26"]
    free = [one.name for one in REVISIONS.values() if not one.structured_objects_only]
    assert free == ["2026-07-28"]


@pytest.mark.parametrize(("requested", "answered"), NEGOTIATED.items(), ids=repr)
def test_what_initialize_is_answered_with(requested: str, answered: str) -> None:
    assert negotiate(requested).name == answered


def test_methods() -> None:
    found = {
        "both eras": [name for name, one in METHODS.items() if one.legacy and one.modern],
        "legacy alone": [name for name, one in METHODS.items() if not one.modern],
        "modern alone": [name for name, one in METHODS.items() if not one.legacy],
        "cached": [name for name, one in METHODS.items() if one.cached],
        "resumable": [name for name, one in METHODS.items() if one.resumable],
        "always there": [name for name, one in METHODS.items() if not one.capability],
    }
    assert {name: set(row) for name, row in found.items()} == {
        name: set(row.split()) for name, row in METHODS_OF.items()
    }


def test_each_since_is_a_revision() -> None:
    assert {*CONTENT_SINCE.values(), *QUESTIONS_SINCE.values()} <= set(NAMES)


def test_log_levels_rise() -> None:
    # RFC 5424, section 6.2.1, from the last to the first.
    expected = "debug info notice warning error critical alert emergency"
    assert " ".join(LOG_LEVELS) == expected
