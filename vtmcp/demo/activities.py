"""What groups of generated spans did, as VictoriaTraces would sum it up. Pure.

Must not be here: which spans there are (`spans.py`).
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence

from vtmcp.demo.search import Condition
from vtmcp.traces.activity import GROUPS_MAX, OVER_NS, Activity, added
from vtmcp.traces.model import Span


class Sums:
    """Adds up trace by trace, so that hours of traces need not be held at once."""

    def __init__(self, fits: Condition, is_bad: Condition) -> None:
        self._fits = fits
        self._is_bad = is_bad
        self._groups: dict[tuple[str, ...], Activity] = {}

    def add(self, spans: Iterable[Span], also: Callable[[Span], str] | None) -> None:
        """Add the spans of one trace, told apart by one field more if one is given."""
        spans = list(spans)
        passed_on = {span.parent_span_id for span in spans if self._is_bad(span)}
        groups: defaultdict[tuple[str, ...], list[Span]] = defaultdict(list)
        for span in filter(self._fits, spans):
            groups[span.service, span.name, span.kind, also(span) if also else ""].append(span)
        for key, group in groups.items():
            part = self._activity(group, key[-1], passed_on)
            self._groups[key] = added((self._groups[key], part)) if key in self._groups else part

    def activities(self) -> list[Activity]:
        """Return the groups with most spans first."""
        ranked = sorted(self._groups.items(), key=lambda item: (-item[1].count, item[0]))
        return [group for _, group in ranked[:GROUPS_MAX]]

    def _activity(self, spans: Sequence[Span], also: str, passed_on: set[str]) -> Activity:
        bad = [span for span in spans if self._is_bad(span)]
        origins = sum(span.span_id not in passed_on for span in bad)
        roots = [span for span in spans if not span.parent_span_id]
        return Activity(
            service=spans[0].service,
            operation=spans[0].name,
            kind=spans[0].kind,
            also=also,
            count=len(spans),
            bad=len(bad),
            origins=origins,
            origin_traces=int(origins > 0),
            traces=1,
            roots=len(roots),
            bad_roots=sum(map(self._is_bad, roots)),
            roots_ns=sum(span.duration_ns for span in roots),
            sum_ns=sum(span.duration_ns for span in spans),
            squares_ms2=sum((span.duration_ns / 1e6) ** 2 for span in spans),
            over=tuple(sum(span.duration_ns >= bound for span in spans) for bound in OVER_NS),
            first_ns=min(span.start_ns for span in spans),
            last_ns=max(span.end_ns for span in spans),
        )
