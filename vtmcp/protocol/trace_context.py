"""W3C trace context: which trace a request belongs to, read strictly and written again.

Source: the W3C Recommendation "Trace Context", level 1, and of level 2 the flag for random ids.
Where both may stand, `_meta` of a request goes before the headers of HTTP. What cannot be read is
ignored, never an error (MCP 2026-07-28, basic, "_meta"). Must not be here: random numbers, or
whom it is sent to.
"""

import re
from collections.abc import Callable, Sequence
from typing import NamedTuple

from vtmcp.protocol.messages import Json

TRACEPARENT = "traceparent"
TRACESTATE = "tracestate"

SPAN_ID_BYTES = 8

SAMPLED = 0x01
RANDOM = 0x02
"""The flags there are; others are dropped, as nobody knows what they would promise."""

STATE_CHARS_MAX = 512
"""What everybody has to pass on of a `tracestate`; what is beyond is left out."""

STATE_MEMBERS_MAX = 32
_LONG_MEMBER_CHARS = 128
"""Longer members are left out first (3.3.1.5, "Limits")."""

_PARENT = re.compile(r"([0-9a-f]{2})-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})(-.*)?", re.DOTALL)
_KEY = r"[a-z][a-z0-9_*/-]{0,255}|[a-z0-9][a-z0-9_*/-]{0,240}@[a-z][a-z0-9_*/-]{0,13}"
_VALUE = r"[ -+\--<>-~]{0,255}[!-+\--<>-~]"
_MEMBER = re.compile(rf"({_KEY})={_VALUE}")


class TraceContext(NamedTuple):
    """One place in one trace. `span_id` is the span that whoever is asked is a child of."""

    trace_id: str
    span_id: str
    flags: int = 0
    state: str = ""

    @property
    def is_sampled(self) -> bool:
        """Whether its sender recorded it."""
        return bool(self.flags & SAMPLED)

    def traceparent(self) -> str:
        """The header as this version writes it."""
        return f"00-{self.trace_id}-{self.span_id}-{self.flags:02x}"

    def headers(self) -> tuple[tuple[str, str], ...]:
        """What a request carries that belongs to this trace."""
        parent = (TRACEPARENT, self.traceparent())
        return (parent, (TRACESTATE, self.state)) if self.state else (parent,)

    def child(self, random: bytes) -> "TraceContext":
        """The same trace with a span of our own in it; `random` are `SPAN_ID_BYTES` bytes."""
        return self._replace(span_id=span_id_of(random))


def span_id_of(random: bytes) -> str:
    """An id made of random bytes; it is never all zeros, which is no id."""
    return (random if any(random) else b"\0" * (SPAN_ID_BYTES - 1) + b"\1").hex()


def parse(parents: Sequence[str], states: Sequence[str] = ()) -> TraceContext | None:
    """The context of these values of `traceparent` and `tracestate`, or None for none.

    Two parents are none. Of a version that is not known yet, what version 00 has is read.
    """
    found = _PARENT.fullmatch(parents[0]) if len(parents) == 1 else None
    if found is None:
        return None
    version, trace_id, span_id, flags, more = found.groups()
    if version == "ff" or (version == "00" and more is not None):
        return None
    if not trace_id.strip("0") or not span_id.strip("0"):
        return None
    return TraceContext(trace_id, span_id, int(flags, 16) & (SAMPLED | RANDOM), parse_state(states))


def parse_state(values: Sequence[str]) -> str:
    """The members of `tracestate` over all its lines; empty where one of them is wrong."""
    members: dict[str, str] = {}
    for text in ",".join(values).split(","):
        member = text.strip(" \t")
        if not member:
            continue
        found = _MEMBER.fullmatch(member)
        if found is None or found[1] in members:
            return ""
        members[found[1]] = member
    if len(members) > STATE_MEMBERS_MAX:
        return ""
    return ",".join(_fitting(list(members.values())))


def from_request(meta: Json, header_values: Callable[[str], Sequence[str]]) -> TraceContext | None:
    """The context that a request came with: by its `_meta`, or else by its headers."""
    given = meta.get(TRACEPARENT)
    if isinstance(given, str):
        state = meta.get(TRACESTATE)
        found = parse([given], [state] if isinstance(state, str) else [])
        if found is not None:
            return found
    parents = header_values(TRACEPARENT)
    return parse(parents, header_values(TRACESTATE)) if parents else None


def _fitting(members: list[str]) -> list[str]:
    for longest in (_LONG_MEMBER_CHARS, 0):
        for index in reversed(range(len(members))):
            if len(",".join(members)) <= STATE_CHARS_MAX:
                return members
            if len(members[index]) > longest:
                del members[index]
    return members
