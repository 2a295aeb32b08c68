"""Groups of spans for tests, described by what matters."""

from typing import Any

from vtmcp.traces.activity import OVER_NS, Activity
from vtmcp.traces.periods import Period

MS, S = 1_000_000, 1_000_000_000
START_NS = 1_795_528_800 * S
HOUR_NS = 3_600 * S


def group(
    name: str, count: int, *, mean_ms: float = 10.0, sd_ms: float = 4.0, **more: Any
) -> Activity:
    """A group by `service operation kind`, with spans of that mean all over an hour."""
    service, operation, kind = name.split(" ")
    failing = more.pop("failing", 0)
    mean_ns = round(mean_ms * MS)
    defaults: dict[str, Any] = {
        "service": service,
        "operation": operation,
        "kind": kind,
        "count": count,
        "bad": failing,
        "origins": failing,
        "origin_traces": failing,
        "sum_ns": mean_ns * count,
        "squares_ms2": count * (mean_ms**2) + max(0, count - 1) * sd_ms**2,
        "first_ns": START_NS,
        "last_ns": START_NS + HOUR_NS,
        "over": tuple(count if mean_ns >= bound else 0 for bound in OVER_NS),
    }
    return Activity(**(defaults | more))


def root(name: str, count: int, **more: Any) -> Activity:
    """A group in which requests come in."""
    made = group(name, count, **more)
    defaults = {"roots": count, "bad_roots": made.bad, "roots_ns": made.sum_ns}
    return group(name, count, **(defaults | more))


def period(*groups: Activity) -> Period:
    return Period(START_NS, START_NS + HOUR_NS, groups)
