"""Questions about many spans, and their answers: filters, statistics, counts. Plain values.

A field is `service`, `operation`, `kind`, `status` or an attribute: a bare name is a span
attribute, `resource_attr:NAME` and `scope_attr:NAME` name the other scopes, as in
`TraceQuery.tags`; `span_attr:NAME` is a span attribute whose name alone would mean something else.
Must not be here: LogsQL, HTTP, text for a reader.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

from vtmcp.traces.model import Attributes

FIELDS = ("service", "operation", "kind", "status")
"""The fields that every span has; every other name is an attribute."""

ROWS_MAX = 1_000
"""The most groups, values, spans or rows of one answer. More would flood whoever reads them; the
database takes a larger number without complaint, so the bound is ours."""

BUCKETS_MAX = 1_000
"""The most buckets of one histogram: with very many the database does not come back."""

BY_MAX = 10
"""The most fields to group by: each makes groups smaller and rows longer."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SpanFilter:
    """Which spans are meant. Times are Unix nanoseconds; a span counts by its end, which lies at
    `start_ns` or later and before `end_ns`, so that windows side by side count each span once.
    """

    start_ns: int
    end_ns: int
    service: str = ""
    operation: str = ""
    tags: Attributes = field(default_factory=dict)
    """Exact values, or a regular expression after `~`, as in `TraceQuery`."""
    errors_only: bool = False
    duration_min_ns: int | None = None
    duration_max_ns: int | None = None


@dataclass(frozen=True, slots=True)
class SpanStats:
    """The spans of one group: how many, how many failed, how long they took.

    A quantile is the smallest duration with more than that share of the spans at or below it. A
    span that ends before it starts is counted, but has no part in the durations.
    """

    keys: tuple[str, ...]
    """The values of the fields that were grouped by; empty for a field that a span lacks."""
    count: int
    errors: int
    sum_ns: int
    p50_ns: int
    p95_ns: int
    p99_ns: int
    max_ns: int


@dataclass(frozen=True, slots=True)
class Counted:
    """A name or value, and in how many spans it occurs."""

    text: str
    count: int


@dataclass(frozen=True, slots=True)
class Facet:
    """A field, and its values in the spans that fit, the most frequent first."""

    name: str
    values: tuple[Counted, ...]


@dataclass(frozen=True, slots=True)
class Histogram:
    """Spans over time: `counts[i]` end within `step_ns` from `start_ns + i * step_ns`."""

    start_ns: int
    step_ns: int
    counts: tuple[int, ...]


Row = Mapping[str, str]
"""A row of a LogsQL answer, as the database said it."""


def rank(share: float, count: int) -> int:
    """Return the place of a quantile among `count` sorted values, as VictoriaTraces counts it."""
    return min(int(share * count), count - 1)
