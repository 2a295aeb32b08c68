"""Where failures began, over many traces: which failing spans only pass on a failure from below.

A failing span is an origin when no other failing span of its trace is below it. A span between the
two that did not fail itself does not part them, since many servers leave their status unset; one
whose status is `ok` does, since somebody said that all was well. Pure.
Must not be here: grouping, text, where the spans come from.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Final, NamedTuple

from vtmcp.traces.model import Span

PASSED_MAX: Final = 20
"""Services above an origin that are told apart; a chain of more is a loop or a fault of a clock."""


class Bone(NamedTuple):
    """What a skeleton knows of a span."""

    trace_id: str
    span_id: str
    parent_span_id: str
    is_ok: bool = False


def bone_of(span: Span) -> Bone:
    """Return what a skeleton keeps of a span."""
    return Bone(span.trace_id, span.span_id, span.parent_span_id, span.status == "ok")


class Failing(NamedTuple):
    """Failing spans that fit a filter, the newest first, and what is around them.

    Spans are light: ids, service, name, kind, times, status, exceptions, and of attributes only
    those that `FAILURE_ATTRIBUTES` and `INSTANCE_ATTRIBUTES` name.
    """

    fitting: tuple[Span, ...]
    kin: tuple[Span, ...]
    """Failing spans and roots of the traces of those, in no order, those themselves included."""
    bones: tuple[Bone, ...] = ()
    """All spans of the traces that `parted_traces` names, or of the first of them."""
    is_whole: bool = True
    """Whether kin and bones are complete, so that nothing passed on is taken for an origin."""


class Origin(NamedTuple):
    """Where one failure began, and what it came to."""

    span: Span
    root: Span
    """The root of its trace; the highest failing span above, where no root is known."""
    is_root_known: bool
    passed: tuple[str, ...]
    """Other services whose spans failed above it, from below."""


FAILURE_ATTRIBUTES: Final = (
    "exception.type",
    "exception.message",
    "error.type",
    "http.response.status_code",
    "http.status_code",
    "rpc.grpc.status_code",
)
"""Attributes of a span that tell kinds of failures apart, where it has no exception."""

VERSION: Final = "service.version"

INSTANCE_ATTRIBUTES: Final = ("k8s.pod.name", "service.instance.id", "host.name", VERSION)
"""Attributes of the resource that tell the instances of a service apart, the smallest first."""


def parted_traces(kin: Iterable[Span]) -> list[str]:
    """Return the traces whose failing spans hang together by no failing parents alone.

    Only there a span that did not fail may stand between two, so only those need a skeleton.
    """
    tops: dict[str, int] = {}
    for trace_id, spans in _failing_by_trace(kin).items():
        ids = {span.span_id for span in spans}
        tops[trace_id] = sum(
            span.parent_span_id not in ids or span.parent_span_id == span.span_id for span in spans
        )
    return [trace_id for trace_id, count in tops.items() if count > 1]


def origins_of(found: Failing) -> list[Origin]:
    """Return the origins of the failures that reached a span that fits, itself included."""
    fitting = {(span.trace_id, span.span_id) for span in found.fitting}
    skeletons: defaultdict[str, dict[str, Bone]] = defaultdict(dict)
    for bone in found.bones:
        skeletons[bone.trace_id].setdefault(bone.span_id, bone)
    roots: dict[str, Span] = {}
    for span in found.kin:
        if not span.parent_span_id:
            known = roots.setdefault(span.trace_id, span)
            if span.start_ns < known.start_ns:
                roots[span.trace_id] = span
    origins: list[Origin] = []
    for trace_id, spans in _failing_by_trace((*found.kin, *found.fitting)).items():
        chains = _Chains(spans, skeletons.get(trace_id, {}), fitting)
        root = roots.get(trace_id)
        for span, above in chains.origins():
            if above.fits:
                top = spans[above.top] if root is None else root
                passed = tuple(name for name in above.services if name != span.service)
                origins.append(Origin(span, top, root is not None, passed))
    return origins


class _Above(NamedTuple):
    """What a failing span and those above it are."""

    services: tuple[str, ...]
    top: int
    fits: bool


class _Chains:
    """The failing spans of one trace, and which passes on the failure of which."""

    def __init__(
        self,
        spans: Sequence[Span],
        skeleton: Mapping[str, Bone],
        fitting: Collection[tuple[str, str]],
    ) -> None:
        self._spans = spans
        self._skeleton = skeleton
        self._fitting = fitting
        self._place_of: dict[str, int] = {}
        for place, span in enumerate(spans):
            self._place_of.setdefault(span.span_id, place)
        self._nearest: dict[str, int] = {}
        self._up = [self._above(place) for place in range(len(spans))]
        self._told: dict[int, _Above] = {}

    def origins(self) -> Iterable[tuple[Span, _Above]]:
        """Yield the spans with no failing one below, and one of each circle of failing spans."""
        passing = set(self._up)
        places = [place for place in range(len(self._spans)) if place not in passing]
        seen: set[int] = set()
        for place in places:
            self._walk(place, seen)
        for place in range(len(self._spans)):  # The earliest of what no walk met, as in a circle.
            if place not in seen:
                places.append(place)
                self._walk(place, seen)
        for place in places:
            yield self._spans[place], self._tell(place)

    def _walk(self, place: int, seen: set[int]) -> None:
        while place >= 0 and place not in seen:
            seen.add(place)
            place = self._up[place]

    def _above(self, place: int) -> int:
        """Return the failing span next above, or -1. What was walked through once is kept."""
        here = self._spans[place].parent_span_id
        walked: list[str] = []
        found = -1
        entered: set[str] = set()
        while here and here not in entered:
            if here in self._place_of:
                found = self._place_of[here]
                break
            if here in self._nearest:
                found = self._nearest[here]
                break
            bone = self._skeleton.get(here)
            if bone is None or bone.is_ok:
                break
            entered.add(here)
            walked.append(here)
            here = bone.parent_span_id
        for span_id in walked:
            self._nearest[span_id] = found
        return found if found != place else -1

    def _tell(self, place: int) -> _Above:
        """Sum up a span and those above it; each is looked at once, and circles end."""
        waiting: list[int] = []
        entered: set[int] = set()
        while place >= 0 and place not in self._told and place not in entered:
            entered.add(place)
            waiting.append(place)
            place = self._up[place]
        above = self._told.get(place)
        for here in reversed(waiting):
            above = self._told[here] = self._with(here, above)
        assert above is not None  # It was told before, or it waited.
        return above

    def _with(self, place: int, above: _Above | None) -> _Above:
        span = self._spans[place]
        fits = (span.trace_id, span.span_id) in self._fitting
        if above is None:
            return _Above((span.service,), place, fits)
        services = above.services
        if span.service not in services and len(services) < PASSED_MAX:
            services = (span.service, *services)
        return _Above(services, above.top, fits or above.fits)


def _failing_by_trace(kin: Iterable[Span]) -> dict[str, list[Span]]:
    """Return the failing spans of each trace, the earliest first; of equal ids the earliest."""
    traces: defaultdict[str, dict[str, Span]] = defaultdict(dict)
    for span in sorted(kin, key=lambda span: (span.start_ns, span.span_id)):
        if span.failed:
            traces[span.trace_id].setdefault(span.span_id, span)
    return {trace_id: list(spans.values()) for trace_id, spans in traces.items()}
