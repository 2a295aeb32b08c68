"""Which values of attributes set bad spans apart from the rest of their kind. Pure.

Each value of each attribute is a question to chance, so each must be that much less likely to be
chance: a thousand values are looked at, and none may be a finding where nothing is wrong. Must not
be here: how the counts were asked for, text for a reader.
"""

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import Final, NamedTuple

from vtmcp.traces.chance import Interval, hypergeometric_tail, ratio_of_shares, surprise
from vtmcp.traces.spans import Facet

BAD_MIN: Final = 5
"""Fewer bad spans are read one by one, and not compared."""

REST_MIN: Final = 10
"""So many others at least are needed to know what is usual."""

WITH_VALUE_MIN: Final = 5
"""A value in fewer bad spans than this is no pattern yet."""

CHANCE_MAX: Final = 0.002
"""One comparison in 500 may name a value that differs by chance, over all values together. Each
attribute has an equal part of it, however many values it has: of two versions one is suspect
sooner than one of a thousand customers."""

LIFT_MIN: Final = 1.5
"""What is surely less than half as much again as usual is a difference, but no cause."""

INTERVAL_Z: Final = 2.576
"""Intervals are of 99 %; that many values were looked at is the business of `CHANCE_MAX`."""

COVERAGE_MIN: Final = 0.05
"""A value in less than a twentieth of the bad spans does not explain them."""

SHARED_MAX: Final = 6
"""So many attributes are compared in each of many operations: a question each."""

SHARED_VALUES_MAX: Final = 200
"""An attribute with more values is an id, and makes too many groups with all operations."""

INFRASTRUCTURE: Final = (
    "resource_attr:host.name",
    "resource_attr:k8s.node.name",
    "resource_attr:cloud.availability_zone",
    "resource_attr:cloud.region",
    "resource_attr:k8s.cluster.name",
    "resource_attr:host.id",
    "resource_attr:k8s.namespace.name",
)
"""What services share: if it is bad, each of their operations is."""

TARGETS: Final = ("server.address", "peer.service", "net.peer.name", "messaging.destination.name")
"""The attributes of a call that tell whom it goes to, the one that people know first."""

TARGET_SHARE_MIN: Final = 0.9
"""So many of the bad ones call the same: some may say nothing, as they failed before they knew."""

MIX: Final = ("service", "operation", "kind", "status")
"""What a mix of operations differs in by itself."""

Counts = Mapping[str, Mapping[str, int]]
"""In how many spans each value is, by attribute."""

_EFFECTS: Final = frozenset(
    (
        *("error", "errors", "exception", "status", "outcome", "success", "succeeded", "failed"),
        *("failure", "failures", "fault", "faults", "response", "result", "results", "retry"),
        *("retries", "resend", "attempt", "attempts", "timeout", "latency", "duration", "elapsed"),
        *("took", "cancelled", "canceled", "aborted"),
    )
)
"""Words in the names of attributes that tell how a span ended, and not how it began."""

_CALLS: Final = frozenset(
    (
        *("server.address", "server.port", "peer.service", "net.peer.name", "net.peer.port"),
        *("url.full", "url.path", "url.template", "url.scheme", "http.url", "http.route"),
        *("http.target", "http.method", "http.request.method", "http.host", "network.peer.address"),
        *("network.peer.port", "network.protocol.name", "network.protocol.version"),
        *("otel.scope.name", "otel.scope.version", "component", "faas.trigger", "net.peer.ip"),
    )
)
_CALL_PREFIXES: Final = ("db.", "rpc.", "messaging.", "graphql.", "code.", "aws.")
"""These tell which other service, table or topic is meant, and so which operation it is."""

_EFFECT_PHRASES: Final = ("rpc.grpc.code", "grpc.code", "http.code", "db.code", "return.code")
_WORDS: Final = re.compile(r"[a-z]+")
_CAMEL: Final = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")


class Value(NamedTuple):
    """An attribute's value: in how many bad spans and in how many of the rest."""

    name: str
    text: str
    bad: int
    rest: int


class Finding(NamedTuple):
    """Values that are in the same numbers of bad and other spans, so that they say the same."""

    values: tuple[Value, ...]
    lift: Interval
    """How many times as often a span with it is bad as a span without it."""
    surprise: float

    @property
    def bad(self) -> int:
        return self.values[0].bad

    @property
    def rest(self) -> int:
        return self.values[0].rest


class Contrast(NamedTuple):
    """What was found in one set of spans. The findings that explain most come first."""

    bad: int
    rest: int
    findings: tuple[Finding, ...]
    calls: tuple[Finding, ...]
    """What tells which call a span is, where the operation's name does not: no cause either."""
    effects: tuple[Finding, ...]
    """What goes with the badness, and so tells nothing of its cause."""
    tested: int
    """How many values were compared."""
    target: Value | None = None
    """Whom nearly all of the bad ones call, where the spans say it."""


def counts_of(facets: Iterable[Facet]) -> dict[str, dict[str, int]]:
    """Return facets as counts."""
    return {facet.name: {one.text: one.count for one in facet.values} for facet in facets}


def less(counts: Counts, others: Counts) -> dict[str, dict[str, int]]:
    """Return the counts without those of some of the spans."""
    return {
        name: {
            text: left
            for text, count in values.items()
            if (left := count - others.get(name, {}).get(text, 0)) > 0
        }
        for name, values in counts.items()
    }


def contrast(
    in_bad: Counts, in_all: Counts, bad: int, whole: int, *, cluster: float = 1.0
) -> Contrast:
    """Compare `bad` spans with the rest of the `whole`.

    `cluster` is how many bad spans a trace has: those of one trace share their attributes, so
    they count as one for chance.
    """
    rest = whole - bad
    values = [
        Value(name, text, count, max(0, in_all[name].get(text, count) - count))
        for name, counts in in_bad.items()
        if name in in_all
        for text, count in counts.items()
    ]
    varied = [counts for counts in in_all.values() if len(counts) > 1]
    tested = sum(map(len, varied))
    # What always comes in the same numbers, such as pod and instance, is one attribute.
    attributes = len({tuple(sorted(counts.values())) for counts in varied})
    if bad < BAD_MIN or rest < REST_MIN:
        return Contrast(bad, rest, (), (), (), tested, target_of(in_bad, in_all, bad))
    limits = _Limits(bad, rest, max(1.0, cluster), CHANCE_MAX / max(1, attributes))
    groups: defaultdict[tuple[int, int, int], list[Value]] = defaultdict(list)
    for value in values:
        if limits.is_finding(value, len(in_all[value.name])):
            groups[value.bad, value.rest, _sort_of(value.name)].append(value)
    ranked = sorted(
        ((key[2], limits.finding(same)) for key, group in groups.items() for same in _same(group)),
        key=lambda one: (-one[1].surprise, -one[1].lift.estimate, one[1].values),
    )
    causes, calls, effects = (
        tuple(finding for sort, finding in ranked if sort == wanted) for wanted in range(3)
    )
    return Contrast(bad, rest, causes, calls, effects, tested, target_of(in_bad, in_all, bad))


def target_of(in_bad: Counts, in_all: Counts, bad: int) -> Value | None:
    """Return whom nearly all bad spans call, whether the others do so or not."""
    for name in TARGETS:
        for text, count in in_bad.get(name, {}).items():
            if count >= TARGET_SHARE_MIN * bad > 0:
                return Value(name, text, count, max(0, in_all.get(name, {}).get(text, 0) - count))
    return None


def shared_fields(in_bad: Counts, in_all: Counts, bad: int, whole: int) -> list[str]:
    """Return attributes to compare in each of many operations, at most `SHARED_MAX`.

    What services share comes first, then what looks unequal. Of spans of many operations no more
    can be said: they differ in most attributes, and most of the bad ones only pass it on.
    """
    limits = _Limits(bad, whole - bad, 1.0, 1.0)
    best: dict[str, float] = {}
    for name, counts in in_bad.items():
        if is_effect(name) or is_call(name) or name in MIX:
            continue
        if not 1 < len(in_all.get(name, ())) <= SHARED_VALUES_MAX:
            continue
        values = [
            Value(name, text, n, max(0, in_all[name].get(text, n) - n))
            for text, n in counts.items()
        ]
        best[name] = max(limits.finding([value]).surprise for value in values)
    infrastructure = [name for name in INFRASTRUCTURE if name in best]
    others = sorted(best.keys() - set(INFRASTRUCTURE), key=lambda name: (-best[name], name))
    return [*infrastructure[: SHARED_MAX // 2], *others][:SHARED_MAX]


def is_effect(name: str) -> bool:
    """Whether an attribute tells how a span ended, by the words in its name."""
    bare = name.partition(":")[2] if name.startswith(("span_attr:", "scope_attr:")) else name
    if bare.startswith(("event:", "otel.status")) or bare in _EFFECT_PHRASES:
        return True
    return not _EFFECTS.isdisjoint(_WORDS.findall(_CAMEL.sub(" ", bare).lower()))


def is_call(name: str) -> bool:
    """Whether an attribute tells which call a span is, as the operation does."""
    return name.partition(":")[2] in _CALLS or name in _CALLS or name.startswith(_CALL_PREFIXES)


def _same(values: Sequence[Value]) -> list[list[Value]]:
    """Split values that come in the same numbers into those that say the same.

    Two values of one attribute do not; then others go with the one that they are spelt like.
    """
    names = Counter(value.name for value in values)
    if max(names.values()) == 1:
        return [list(values)]
    by_text: defaultdict[str, list[Value]] = defaultdict(list)
    for value in values:
        by_text[value.text].append(value)
    return list(by_text.values())


def _sort_of(name: str) -> int:
    """Return 0 for what may be a cause, 1 for what tells the call, 2 for an effect."""
    return 2 if is_effect(name) else int(is_call(name))


class _Limits(NamedTuple):
    bad: int
    rest: int
    cluster: float
    chance: float

    def is_finding(self, value: Value, values: int) -> bool:
        if value.bad < max(WITH_VALUE_MIN, COVERAGE_MIN * self.bad):
            return False
        within = value.bad + value.rest
        if within == self.bad + self.rest:
            return False
        # Bad spans of one trace count once, and the others as often as that makes them.
        found, drawn = int(value.bad / self.cluster), -int(-self.bad // self.cluster)
        marked, whole = int(value.rest / self.cluster), int(self.rest / self.cluster)
        if found < WITH_VALUE_MIN:
            return False
        tail = hypergeometric_tail(found, drawn, found + marked, drawn + whole)
        return tail <= self.chance / max(1, values) and self._lift(value).low >= LIFT_MIN

    def finding(self, values: list[Value]) -> Finding:
        values.sort(key=lambda value: (_RANK.get(value.name, 99), value.name))
        ones, of, others, of_others = self._table(values[0])
        return Finding(tuple(values), self._lift(values[0]), surprise(ones, of, others, of_others))

    def _lift(self, value: Value) -> Interval:
        table = (cell / self.cluster for cell in self._table(value))
        ones, of, others, of_others = table
        return ratio_of_shares(ones, of, others, of_others, INTERVAL_Z)

    def _table(self, value: Value) -> tuple[float, float, float, float]:
        within = value.bad + value.rest
        return value.bad, within, self.bad - value.bad, self.bad + self.rest - within


_RANK: Final = {
    name: place
    for place, name in enumerate(
        (
            "service",
            "operation",
            "resource_attr:service.version",
            "resource_attr:k8s.pod.name",
            "resource_attr:service.instance.id",
            "resource_attr:host.name",
            "resource_attr:k8s.node.name",
        )
    )
}
"""Of several attributes that say the same, the one that people know stands first."""
