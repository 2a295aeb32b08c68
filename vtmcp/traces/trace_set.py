"""Many traces in figures: what a source says of them, and what they have in common. Pure.

Must not be here: text for a reader, how the figures were asked for.
"""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final, NamedTuple, TypeVar

from vtmcp.traces.spans import Counted, rank
from vtmcp.traces.summary import Summary

_Key = TypeVar("_Key", str, tuple[str, str])

MARGIN_NS: Final = 600_000_000_000
"""Ten minutes: the figures of a trace count its spans that ended so far outside the window or the
spans that fit. The database itself looks one minute further (-search.traceMaxDurationWindow)."""


@dataclass(frozen=True, slots=True)
class TraceSet:
    """Traces with a span that fits a filter. Only name, service, ids and times of roots are known.

    `total` counts all of them, those included for which there is no summary.
    """

    traces: tuple[Summary, ...]
    total: int


class SetFigures(NamedTuple):
    """A set of traces in a few numbers. Who comes most often stands first."""

    failed: int
    p50_ns: int
    max_ns: int
    entry_points: tuple[tuple[Summary, int], ...]
    """A trace of each root, by service and name, and how many begin with such a root."""
    services: tuple[Counted, ...]


def figures_of(traces: Iterable[Summary]) -> SetFigures:
    """Return the figures of a set that is not empty."""
    traces = list(traces)
    durations_ns = sorted(one.duration_ns for one in traces)
    roots = Counter(map(_root_key, traces))
    examples = {_root_key(one): one for one in traces}
    services = Counter(service for one in traces for service in one.services)
    return SetFigures(
        sum(one.failed_count > 0 for one in traces),
        durations_ns[rank(0.5, len(durations_ns))],
        durations_ns[-1],
        tuple((examples[key], count) for key, count in _ranked(roots)),
        tuple(Counted(name, count) for name, count in _ranked(services)),
    )


def _root_key(one: Summary) -> tuple[str, str]:
    return (one.root.service, one.root.name) if one.root else ("", "")


def _ranked(counts: Counter[_Key]) -> list[tuple[_Key, int]]:
    return sorted(counts.items(), key=lambda item: (-item[1], item[0]))
