"""Find services whose clocks are wrong, by children that start or end outside their parents.

What a caller waits for lies within the call, so each call between two places bounds how far their
clocks are apart. Must not be here: the notes on single spans, which `trust.py` writes.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from typing import Final, NamedTuple

from vtmcp.durations import format_duration
from vtmcp.traces.model import Span
from vtmcp.traces.safe import label
from vtmcp.traces.tree import EARLY_NS_MIN, NO_PARENT, Tree
from vtmcp.traces.trust import counted

LATE_NS_MIN: Final = 5_000_000
"""A server may go on for some milliseconds after its answer left."""

SKEWS_NOTED_MAX: Final = 3
"""More wrong clocks than this are counted: one reader mends one clock at a time."""

NAME_CHARS_MAX: Final = 60
"""A host's name; what is longer is a description."""

_INSTANCE_KEYS: Final = ("host.name", "k8s.node.name", "k8s.pod.name", "service.instance.id")
"""What tells one clock of a service from another, the machine first: clocks belong to machines."""


class Place(NamedTuple):
    """Where a span was recorded: a service on a host, which is empty when nobody said it."""

    service: str
    host: str


class Skew(NamedTuple):
    """A clock that is wrong: adding `offset_ns` to its times puts them where its callers' are."""

    place: Place
    offset_ns: int
    span_count: int


class _Bounds:
    """What the calls from one place to another say of the offset of the second's clock."""

    def __init__(self) -> None:
        self.least_ns: int | None = None
        self.most_ns: int | None = None
        self.most_surely_ns: int | None = None

    def see(self, parent: Span, child: Span) -> None:
        """Take a call into account. A message may be taken at any time after it was sent."""
        least_ns, most_ns = parent.start_ns - child.start_ns, parent.end_ns - child.end_ns
        self.least_ns = least_ns if self.least_ns is None else max(self.least_ns, least_ns)
        if parent.kind == "producer" or child.kind == "consumer" or most_ns < least_ns:
            return
        self.most_ns = most_ns if self.most_ns is None else min(self.most_ns, most_ns)
        if child.kind == "server" and _has_seen_the_end(parent, child):
            surely_ns = self.most_surely_ns
            self.most_surely_ns = most_ns if surely_ns is None else min(surely_ns, most_ns)

    def offset_ns(self) -> int:
        """Return the middle of what is possible; 0 when a right clock is possible too."""
        least_ns, most_ns = self.least_ns or 0, self.most_ns
        if least_ns >= EARLY_NS_MIN:
            return least_ns if most_ns is None or most_ns < least_ns else (least_ns + most_ns) // 2
        surely_ns = self.most_surely_ns
        if surely_ns is not None and least_ns <= surely_ns <= -LATE_NS_MIN:
            return (least_ns + surely_ns) // 2
        return 0


def _has_seen_the_end(parent: Span, child: Span) -> bool:
    """Only a client that got its answer has; and no request begins after its caller ended."""
    return not parent.failed and (parent.kind == "client" or child.start_ns >= parent.end_ns)


def find_skews(tree: Tree) -> tuple[Skew, ...]:
    """Return the wrong clocks, the worst first. The clock of a trace's root counts as right."""
    places = _places(tree.spans)
    bounds: dict[tuple[Place, Place], _Bounds] = {}
    for here, parent in enumerate(tree.parents):
        if parent != NO_PARENT and places[here] != places[parent]:
            key = places[parent], places[here]
            bounds.setdefault(key, _Bounds()).see(tree.spans[parent], tree.spans[here])
    offsets_ns: dict[Place, int] = {}
    for here, parent in enumerate(tree.parents):
        if places[here] not in offsets_ns:
            offset_ns = 0
            if parent != NO_PARENT:
                between_ns = bounds[places[parent], places[here]].offset_ns()
                offset_ns = offsets_ns[places[parent]] + between_ns
            offsets_ns[places[here]] = offset_ns
    counts = Counter(places)
    skews = [
        Skew(place, offset_ns, counts[place])
        for place, offset_ns in offsets_ns.items()
        if offset_ns
    ]
    return tuple(sorted(skews, key=lambda skew: -abs(skew.offset_ns)))


def corrected(spans: Sequence[Span], skews: Sequence[Skew]) -> tuple[Span, ...]:
    """Return the spans with their times as they would be with right clocks."""
    offsets_ns = {skew.place: skew.offset_ns for skew in skews}
    return tuple(
        _moved(span, offsets_ns[place]) if place in offsets_ns else span
        for span, place in zip(spans, _places(spans), strict=True)
    )


def skew_notes(skews: Sequence[Skew]) -> tuple[str, ...]:
    """Return a sentence on each wrong clock, and that its spans were moved."""
    notes = [_note(skew) for skew in skews[:SKEWS_NOTED_MAX]]
    if len(skews) > SKEWS_NOTED_MAX:
        notes.append(f"{counted(len(skews) - SKEWS_NOTED_MAX, 'more clock')} corrected likewise")
    return tuple(notes)


def _note(skew: Skew) -> str:
    service = label(skew.place.service, NAME_CHARS_MAX, one_word=True)
    where = service if skew.place.service else "(no service)"
    if skew.place.host:
        where += f" on {label(skew.place.host, NAME_CHARS_MAX, one_word=True)}"
    by = format_duration(abs(skew.offset_ns))
    side, shown = ("behind", "later") if skew.offset_ns > 0 else ("ahead", "earlier")
    whose = counted(skew.span_count, "span is", "spans are")
    return f"clock of {where} is about {by} {side} its callers': its {whose} shown {by} {shown}"


def _places(spans: Sequence[Span]) -> list[Place]:
    known: dict[tuple[int, str], Place] = {}
    places = []
    for span in spans:
        key = id(span.resource), span.service
        place = known.get(key)
        if place is None:
            host = next((span.resource[key] for key in _INSTANCE_KEYS if key in span.resource), "")
            place = known[key] = Place(span.service, host)
        places.append(place)
    return places


def _moved(span: Span, by_ns: int) -> Span:
    events = tuple(replace(event, time_ns=event.time_ns + by_ns) for event in span.events)
    return replace(span, start_ns=span.start_ns + by_ns, events=events)
