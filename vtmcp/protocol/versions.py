"""What differs by revision, in tables. No rule by revision stands anywhere else.

Sources: the five revisions of the MCP specification, their `schema.json`, and the changelog page
of each. Must not be here: state, or code that acts on a table beyond reading it.
"""

from typing import Any, NamedTuple


class Revision(NamedTuple):
    """One revision of MCP, by what a server does differently under it."""

    name: str
    modern: bool = False
    """Stateless: each request carries `_meta`, each result `resultType`."""
    batches: bool = False
    """Arrays of messages are received (2025-03-26, basic, "Batching")."""
    structured_objects_only: bool = True
    """`structuredContent` and the root of `outputSchema` must be objects."""


REVISIONS: dict[str, Revision] = {
    revision.name: revision
    for revision in (
        Revision("2024-11-05"),
        Revision("2025-03-26", batches=True),
        Revision("2025-06-18"),
        Revision("2025-11-25"),
        Revision("2026-07-28", modern=True, structured_objects_only=False),
    )
}
LEGACY_NAMES = tuple(name for name, revision in REVISIONS.items() if not revision.modern)
MODERN_NAMES = tuple(name for name, revision in REVISIONS.items() if revision.modern)
LATEST_LEGACY = LEGACY_NAMES[-1]
MODERN = REVISIONS[MODERN_NAMES[-1]]

FIELDS: dict[str, dict[str, tuple[str, str]]] = {
    "tool": {
        "annotations": ("2025-03-26", ""),
        "title": ("2025-06-18", ""),
        "outputSchema": ("2025-06-18", ""),
        "_meta": ("2025-06-18", ""),
        "icons": ("2025-11-25", ""),
        "execution": ("2025-11-25", "2025-11-25"),
    },
    "prompt": {
        "title": ("2025-06-18", ""),
        "_meta": ("2025-06-18", ""),
        "icons": ("2025-11-25", ""),
    },
    "prompt argument": {"title": ("2025-06-18", "")},
    "resource": {
        "title": ("2025-06-18", ""),
        "_meta": ("2025-06-18", ""),
        "icons": ("2025-11-25", ""),
    },
    "resource contents": {"_meta": ("2025-06-18", "")},
    "content": {"_meta": ("2025-06-18", ""), "icons": ("2025-11-25", "")},
    "annotations": {"lastModified": ("2025-06-18", "")},
    "implementation": {
        "title": ("2025-06-18", ""),
        "description": ("2025-11-25", ""),
        "icons": ("2025-11-25", ""),
        "websiteUrl": ("2025-11-25", ""),
    },
    "capabilities": {
        "completions": ("2025-03-26", ""),
        "extensions": ("2026-07-28", ""),
    },
    "call result": {"structuredContent": ("2025-06-18", "")},
    "progress": {"message": ("2025-03-26", "")},
    "form elicitation": {"mode": ("2025-11-25", "")},
    "form property": {"default": ("2025-11-25", "")},
    "url elicitation": {"elicitationId": ("2025-11-25", "2025-11-25")},
    "cached result": {"ttlMs": ("2026-07-28", ""), "cacheScope": ("2026-07-28", "")},
}
"""For each kind of object: the fields that not every revision knows, with first and last one."""

CONTENT_SINCE = {"audio": "2025-03-26", "resource_link": "2025-06-18"}
"""Content types that came later than 2024-11-05."""

QUESTIONS_SINCE = {
    "roots/list": "2024-11-05",
    "sampling/createMessage": "2024-11-05",
    "elicitation/create": "2025-06-18",
    "elicitation/create url": "2025-11-25",
}
"""What a server may ask its client, and since when."""


class Method(NamedTuple):
    """A request method: where it exists, and the server capability without which it does not."""

    legacy: bool = True
    modern: bool = True
    capability: str = ""
    cached: bool = False
    """Its modern result carries `ttlMs` and `cacheScope` (2026-07-28, server/utilities/caching)."""
    resumable: bool = False
    """Its modern result may be `input_required` (2026-07-28, basic/utilities/mrtr)."""


METHODS: dict[str, Method] = {
    "initialize": Method(modern=False),
    "ping": Method(modern=False),
    "logging/setLevel": Method(modern=False, capability="logging"),
    "resources/subscribe": Method(modern=False, capability="resources"),
    "resources/unsubscribe": Method(modern=False, capability="resources"),
    "server/discover": Method(legacy=False, cached=True),
    "subscriptions/listen": Method(legacy=False),
    "tools/list": Method(capability="tools", cached=True),
    "tools/call": Method(capability="tools", resumable=True),
    "prompts/list": Method(capability="prompts", cached=True),
    "prompts/get": Method(capability="prompts", resumable=True),
    "resources/list": Method(capability="resources", cached=True),
    "resources/templates/list": Method(capability="resources", cached=True),
    "resources/read": Method(capability="resources", cached=True, resumable=True),
    "completion/complete": Method(capability="completions"),
}

LOG_LEVELS = ("debug", "info", "notice", "warning", "error", "critical", "alert", "emergency")
"""RFC 5424 severities, the least severe first."""


def negotiate(requested: str) -> Revision:
    """The revision that `initialize` is answered with: the one asked for, or the newest legacy."""
    known = REVISIONS.get(requested)
    return REVISIONS[LATEST_LEGACY] if known is None or known.modern else known


def known_fields(revision: Revision, kind: str, value: dict[str, Any]) -> dict[str, Any]:
    """`value` without the fields that `revision` does not know for this kind of object."""
    unknown = _UNKNOWN[revision.name, kind]
    if unknown.isdisjoint(value):
        return value
    return {name: member for name, member in value.items() if name not in unknown}


def _knows(name: str, first: str, last: str) -> bool:
    # Revisions are dates in ISO form, so text order is time order.
    return first <= name and (not last or name <= last)


_UNKNOWN = {
    (name, kind): frozenset(field for field, span in fields.items() if not _knows(name, *span))
    for name in REVISIONS
    for kind, fields in FIELDS.items()
}
