"""Patterns of attributes that nobody is shown: what they match, what the database is told. Pure.

A pattern is matched against the name that the database stores (`span_attr:user.email`) and
against the bare key (`user.email`, in every scope); `*` stands for any text. What a tree of spans
is made of (ids, names, times, kind, status) is no attribute and stays.
Must not be here: traces (`hidden.py`).
"""

import re
from collections.abc import Iterable, Sequence
from urllib.parse import quote

from vtmcp.traces.model import KINDS

PATTERNS_MAX = 100
"""Each pattern is sent along with every question, whose length is bounded."""

PATTERN_CHARS_MAX = 200
"""No attribute's key is longer."""

SENT_CHARS_MAX = 4_000
"""The database takes 16,384 characters for a whole question."""

KEYS_KNOWN_MAX = 4_096
"""Keys whose answer is remembered; strangers write keys, so it must not grow."""

ACCEPTED = "patterns such as span_attr:user.email,resource_attr:host.*,*password*"

SPAN, RESOURCE, SCOPE, EVENT, LINK = "span", "resource", "scope", "event", "link"

# Each scope, and the stored names that a key in it may have; the database puts a number after
# the name of an event's or a link's attribute, and older versions put it before.
_SCOPES: dict[str, tuple[str, ...]] = {
    SPAN: ("span_attr:",),
    RESOURCE: ("resource_attr:",),
    SCOPE: ("scope_attr:",),
    EVENT: ("event:event_attr:", "event_attr:"),
    LINK: ("link:link_attr:", "link_attr:"),
}
_SENT_FOR_ANY_SCOPE = tuple(prefixes[0] for prefixes in _SCOPES.values())
_KNOWN_PREFIXES = (*(one for several in _SCOPES.values() for one in several), "event:", "link:")

# Fields of a span with a name of their own, by the key that they have in Jaeger's answers.
STATUS_MESSAGE, EVENT_NAME = "otel.status_description", "event"
_OWN_NAMES = {
    (SPAN, STATUS_MESSAGE): ("status_message",),
    (SPAN, "w3c.tracestate"): ("trace_state",),
    (SPAN, "otel.scope.name"): ("scope_name", "scope_attr:otel.scope.name"),
    (SPAN, "otel.scope.version"): ("scope_version", "scope_attr:otel.scope.version"),
    (SCOPE, "otel.scope.name"): ("scope_name", "span_attr:otel.scope.name"),
    (SCOPE, "otel.scope.version"): ("scope_version", "span_attr:otel.scope.version"),
    (EVENT, EVENT_NAME): ("event:event_name", "event_name"),
}
# Tags that tell a span's kind and status. Any other value of these keys is an attribute's.
_STRUCTURE = {
    "error": ("unset", "false", "true"),
    "otel.status_code": ("unset", "ok", "error"),
    "span.kind": ("", *KINDS),
}
_STRUCTURAL_FIELDS = (
    *("_msg", "_stream", "_stream_id", "_time", "duration", "end_time_unix_nano", "flags"),
    *("kind", "name", "parent_span_id", "span_id", "start_time_unix_nano", "status_code"),
    *("trace_id", "event:event_time_unix_nano", "link:link_trace_id", "link:link_span_id"),
)


def pattern_fault(pattern: str) -> str:
    """Say what is wrong with one entry of `VT_HIDDEN_FIELDS`, or return an empty text."""
    shown = ascii(pattern[:60])
    bad = "," in pattern or not pattern.isprintable()
    if bad or not pattern or len(pattern) > PATTERN_CHARS_MAX:
        return f"holds {shown}, which is no pattern; accepted: {ACCEPTED}"
    prefix, colon, _ = pattern.partition(":")
    if colon and "*" not in prefix and not pattern.startswith(_KNOWN_PREFIXES):
        return (
            f"holds {shown}, whose scope is not known; accepted: span_attr:, resource_attr:, "
            "scope_attr:, event_attr:, link_attr:, or no scope for all"
        )
    return ""


class HiddenPatterns:
    """What the patterns hide. False when there are none."""

    def __init__(self, patterns: Sequence[str]) -> None:
        """Raises `ValueError` for a pattern that cannot be one, and for too many of them."""
        if len(patterns) > PATTERNS_MAX:
            raise ValueError(f"VT_HIDDEN_FIELDS has more than {PATTERNS_MAX} patterns")
        for pattern in patterns:
            fault = pattern_fault(pattern)
            if fault:
                raise ValueError(f"VT_HIDDEN_FIELDS {fault}")
        self._any = bool(patterns)
        names = dict.fromkeys(name for p in patterns for name in (p, _unnumbered(p)))
        self._hidden = re.compile("|".join(map(_expression, names)), re.S)
        self._known: dict[tuple[str, str], bool] = {}
        self._parameter = ",".join(dict.fromkeys(_sent(patterns)))
        if len(quote(self._parameter, safe="")) > SENT_CHARS_MAX:
            raise ValueError("VT_HIDDEN_FIELDS is too long; accepted: fewer or shorter patterns")

    def __bool__(self) -> bool:
        return self._any

    @property
    def parameter(self) -> str:
        """The value of `hidden_fields_filters`: what the database can hide itself."""
        return self._parameter

    def hides(self, scope: str, key: str, value: object) -> bool:
        """Whether the attribute is hidden. `scope` is one of the constants of this module."""
        if not self._any:
            return False
        structural = _STRUCTURE.get(key) if scope == SPAN else None
        if structural is not None and str(value).lower() in structural:
            return False
        hidden = self._known.get((scope, key))
        if hidden is None:
            names = (key, *(f"{prefix}{key}" for prefix in _SCOPES[scope]))
            own = _OWN_NAMES.get((scope, key), ())
            hidden = any(map(self._hidden.fullmatch, (*names, *own)))
            if len(self._known) >= KEYS_KNOWN_MAX:
                self._known.clear()
            self._known[scope, key] = hidden
        return hidden

    def hides_tag(self, name: str, value: str) -> bool:
        """Whether a search by this tag or stored field would ask about what is hidden.

        Whoever may search by an attribute's value can find the value out.
        """
        for scope, prefixes in _SCOPES.items():
            for prefix in prefixes:
                for spelt in (name, _unnumbered(name)):
                    if spelt.startswith(prefix) and self.hides(
                        scope, spelt.removeprefix(prefix), value
                    ):
                        return True
        if name.startswith(_KNOWN_PREFIXES):
            return False
        if name in _STRUCTURE:
            return self.hides(SPAN, name, value)
        owners = [(scope, key) for (scope, key), own in _OWN_NAMES.items() if name in own]
        places = [*owners, *((scope, name) for scope in _SCOPES)]
        return any(self.hides(scope, key, value) for scope, key in places)


def _expression(pattern: str) -> str:
    """Return the pattern as a regular expression that never goes back over what it has matched."""
    first, *rest = map(re.escape, pattern.split("*"))
    if not rest:
        return first
    middle = "".join(f"(?>.*?{part})" for part in rest[:-1] if part)
    return f"{first}{middle}.*{rest[-1]}"


def _unnumbered(pattern: str) -> str:
    """Return the pattern for all events or links, where it names one by its number."""
    if pattern.startswith(("event:", "event_attr:", "link:", "link_attr:")):
        return re.sub(r":[0-9]+$", "", re.sub(r"^(event|link):[0-9]+:", r"\1:", pattern))
    return pattern


def _sent(patterns: Iterable[str]) -> Iterable[str]:
    """Yield what the database is to hide: it knows whole names and beginnings of names."""
    for given in patterns:
        pattern = _unnumbered(given)
        for alias, stored in (("event_attr:", "event:"), ("link_attr:", "link:")):
            if pattern.startswith(alias):
                pattern = f"{stored}{pattern}"
        if "*" in pattern[:-1]:
            continue  # Only we can hide it.
        scoped = [pattern]
        if ":" not in pattern:
            scoped += [f"{prefix}{pattern}" for prefix in _SENT_FOR_ANY_SCOPE]
        for name in scoped:
            if not _hits_structure(name):
                yield name
            if name.startswith(("event:", "link:")) and not name.endswith("*"):
                yield f"{name}:*"


def _hits_structure(name: str) -> bool:
    if name.endswith("*"):
        return any(field.startswith(name[:-1]) for field in _STRUCTURAL_FIELDS)
    return name in _STRUCTURAL_FIELDS


NOTHING_HIDDEN = HiddenPatterns(())
