"""Traces and spans as every other room sees them: plain values, times in nanoseconds.

Must not be here: JSON, HTTP, text for a reader. `jaeger.py` reads and writes the wire shape.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

KINDS = ("unspecified", "internal", "server", "client", "producer", "consumer")
"""OpenTelemetry span kinds, by the number VictoriaTraces stores in `kind`."""

STATUSES = ("unset", "ok", "error")
"""OpenTelemetry span status codes, by the number VictoriaTraces stores in `status_code`."""

Attributes = Mapping[str, str]
"""Attribute values are strings: VictoriaTraces stores nothing else."""


@dataclass(frozen=True, slots=True)
class Event:
    """A span event, such as an `exception`."""

    name: str
    time_ns: int
    attributes: Attributes = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Link:
    """A link to a span of this or another trace."""

    trace_id: str
    span_id: str
    attributes: Attributes = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Span:
    """One span. `parent_span_id` is empty for a root; `service` is empty when nobody said it."""

    trace_id: str
    span_id: str
    parent_span_id: str = ""
    service: str
    name: str
    kind: str = "unspecified"
    start_ns: int
    duration_ns: int
    status: str = "unset"
    status_message: str = ""
    attributes: Attributes = field(default_factory=dict)
    resource: Attributes = field(default_factory=dict)
    scope: Attributes = field(default_factory=dict)
    events: tuple[Event, ...] = ()
    links: tuple[Link, ...] = ()

    @property
    def end_ns(self) -> int:
        return self.start_ns + self.duration_ns

    @property
    def failed(self) -> bool:
        return self.status == "error"


@dataclass(frozen=True, slots=True)
class Trace:
    """The spans of one trace id, in no promised order."""

    trace_id: str
    spans: tuple[Span, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class TraceQuery:
    """What `search` looks for. Times are Unix nanoseconds, durations nanoseconds.

    `tags` are exact values, or a regular expression after `~`; a bare key is a span attribute,
    `resource_attr:KEY` and `scope_attr:KEY` name the other scopes, `error=true` a failed span.
    """

    service: str
    operation: str = ""
    tags: Attributes = field(default_factory=dict)
    start_ns: int
    end_ns: int
    duration_min_ns: int | None = None
    duration_max_ns: int | None = None
    limit: int = 20


@dataclass(frozen=True, slots=True)
class Dependency:
    """One edge of the service graph: `parent` called `child` so many times."""

    parent: str
    child: str
    call_count: int


@dataclass(frozen=True, slots=True)
class Found:
    """Traces, and the Jaeger JSON objects they were read from (what the database said)."""

    traces: tuple[Trace, ...]
    raw: tuple[Mapping[str, object], ...]


class SourceError(Exception):
    """A trace source could not answer. The text is for the model: what happened, what to do next.

    It never holds a token, a header's value or a local path.
    """
