"""Names and values of fields as we say them, and as VictoriaTraces stores them. Pure.

Must not be here: the text of a query (`logsql.py`), and which fields a question may name.
"""

from vtmcp.traces.model import KINDS, STATUSES
from vtmcp.traces.spans import FIELDS

SERVICE = "resource_attr:service.name"
SPAN_ATTRIBUTE = "span_attr:"
SCOPED = (SPAN_ATTRIBUTE, "resource_attr:", "scope_attr:")
"""What the stored name of an attribute begins with."""

ERROR_TAGS = ("unset", "false", "true")
"""What the tag `error` of Jaeger's answers says, by the number in `status_code`."""

# Of several names for one field the first is the one that we say.
_STORED = {
    "service": SERVICE,
    "operation": "name",
    "kind": "kind",
    "status": "status_code",
    "error": "status_code",
    "span.kind": "kind",
    "otel.status_description": "status_message",
    "otel.scope.name": "scope_name",
    "otel.scope.version": "scope_version",
    "w3c.tracestate": "trace_state",
}
_WORDS = {"kind": KINDS, "span.kind": KINDS, "status": STATUSES, "error": ERROR_TAGS}
"""The words for what is stored as a number."""

_OWN = {stored: name for name, stored in reversed(_STORED.items())}


def stored_name(name: str) -> str:
    """Return what a field is called in the database."""
    return _STORED.get(name) or _attribute(name)


def stored_tag_name(name: str) -> str:
    """Return what a tag of a filter is called in the database.

    In tags, `service` and its like are attributes; the filter has fields of its own for the others.
    """
    return _attribute(name) if name in FIELDS else stored_name(name)


def own_name(stored: str) -> str:
    """Return what we call a stored field; nothing for one that is no attribute of a span."""
    name = _OWN.get(stored)
    if name:
        return name
    if not stored.startswith(SCOPED):
        return ""
    bare = stored.removeprefix(SPAN_ATTRIBUTE)
    means_something_else = bare in _STORED or bare.startswith(SCOPED)
    return stored if bare == stored or means_something_else else bare


def is_attribute(stored: str) -> bool:
    """Whether a stored field is an attribute that can be asked for, and not one of every span."""
    return own_name(stored) not in ("", *FIELDS) and not stored.endswith("*")


def stored_tag_value(name: str, value: str) -> str:
    """Return the stored value for that of a tag; one that cannot be is left as it is."""
    words = _WORDS.get(name, ()) if name not in FIELDS else ()
    return str(words.index(value)) if value in words else value


def own_value(name: str, stored: str) -> str:
    """Return a stored value in our words."""
    words = _WORDS.get(name, ())
    if stored.isascii() and stored.isdigit() and int(stored[:9]) < len(words):
        return words[int(stored[:9])]
    return stored


def _attribute(name: str) -> str:
    return name if name.startswith(SCOPED) else f"{SPAN_ATTRIBUTE}{name}"
