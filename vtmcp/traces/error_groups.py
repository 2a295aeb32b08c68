"""Failures that are of one kind, put together: by service, operation, type and message. Pure.

Must not be here: text of an answer, where failures began (`origins.py`).
"""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Final, NamedTuple

from vtmcp.traces.messages import operation_of, pattern_of
from vtmcp.traces.model import Span
from vtmcp.traces.origins import INSTANCE_ATTRIBUTES, VERSION, Origin
from vtmcp.traces.spans import SpanStats
from vtmcp.traces.summary import failure_of

EXAMPLES: Final = 2
"""Traces that are named for a group: one to look at, one to see whether it is the same again."""

CHANCE_MAX: Final = 0.001
"""An instance is named when all failures would be on it by chance less often than this."""


class Kind(NamedTuple):
    """What failures of one group have in common, with placeholders for what differs."""

    service: str
    operation: str
    type: str
    message: str


@dataclass(slots=True)
class ErrorGroup:
    """Failures of one kind. `operation` and `message` are as written, where all are the same."""

    kind: Kind
    operation: str
    message: str
    first_ns: int
    last_ns: int
    count: int = 0
    has_one_operation: bool = True
    traces: dict[str, int] = field(default_factory=dict)
    """Ids, and when the last failure of each was."""
    roots: "Counter[tuple[str, str]]" = field(default_factory=Counter)
    """Service and operation of the roots of these traces, once a trace."""
    failed_roots: int = 0
    known_roots: int = 0
    passed: "Counter[str]" = field(default_factory=Counter)
    instances: dict[str, set[str]] = field(default_factory=dict)
    """The values of `INSTANCE_ATTRIBUTES`; of one that a span lacks, the empty text."""

    @property
    def examples(self) -> list[str]:
        """The newest traces."""
        newest = sorted(self.traces, key=lambda trace_id: -self.traces[trace_id])
        return newest[:EXAMPLES]

    @property
    def shared_attributes(self) -> list[str]:
        """The attributes of instances that all failures have with one and the same value."""
        return [
            name
            for name in INSTANCE_ATTRIBUTES
            if len(values := self.instances.get(name, set())) == 1 and "" not in values
        ]


class Suspect(NamedTuple):
    """A value of an instance's attribute that all failures share and few of the spans have."""

    name: str
    value: str
    share: float
    """Of all spans of the operation."""


def group_errors(origins: Iterable[Origin]) -> list[ErrorGroup]:
    """Return the groups, the largest first, and the last seen first of those of one size."""
    groups: dict[Kind, ErrorGroup] = {}
    for origin in origins:
        kind, message = _kind_of(origin.span)
        group = groups.get(kind)
        if group is None:
            seen_ns = origin.span.start_ns
            group = groups[kind] = ErrorGroup(kind, origin.span.name, message, seen_ns, seen_ns)
        _add(group, origin, message)
    return sorted(groups.values(), key=lambda group: (-group.count, -group.last_ns, group.kind))


def suspects_of(group: ErrorGroup, spans: Sequence[SpanStats]) -> list[Suspect]:
    """Return what all failures of a group share and the rest does not, if it cannot be chance.

    `spans` are all spans of the operation by `shared_attributes`. Failures in one trace are often
    one failure and its retries, so traces are what is counted. One name of an instance is enough,
    beside its version.
    """
    total = sum(one.count for one in spans)
    suspects: list[Suspect] = []
    for place, name in enumerate(group.shared_attributes):
        (value,) = group.instances[name]
        share = sum(one.count for one in spans if one.keys[place] == value) / max(total, 1)
        is_told = bool(suspects) and name != VERSION
        if not is_told and share > 0 and share ** len(group.traces) < CHANCE_MAX:
            suspects.append(Suspect(name, value, share))
    return suspects


def _kind_of(span: Span) -> tuple[Kind, str]:
    failure, message = failure_of(span)
    return Kind(span.service, operation_of(span.name), failure, pattern_of(message)), message


def _add(group: ErrorGroup, origin: Origin, message: str) -> None:
    span = origin.span
    group.count += 1
    group.first_ns = min(group.first_ns, span.start_ns)
    group.last_ns = max(group.last_ns, span.start_ns)
    if span.name != group.operation:
        group.operation, group.has_one_operation = group.kind.operation, False
    if message != group.message:
        group.message = group.kind.message
    if span.trace_id not in group.traces:
        group.roots[origin.root.service, origin.root.name] += 1
        group.known_roots += origin.is_root_known
        group.failed_roots += origin.is_root_known and origin.root.failed
        group.passed.update(origin.passed)
    group.traces[span.trace_id] = max(group.traces.get(span.trace_id, 0), span.start_ns)
    for name in INSTANCE_ATTRIBUTES:
        group.instances.setdefault(name, set()).add(span.resource.get(name, ""))
