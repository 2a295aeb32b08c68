"""Services, operations and versions that came or went, and traffic that is another. Pure.

Must not be here: what the spans of them do.
"""

from collections import defaultdict
from collections.abc import Sequence
from typing import Final, NamedTuple

from vtmcp.traces.activity import Activity, added
from vtmcp.traces.periods import COMPARED_MIN, Period, scale

EXPECTED_MIN: Final = 20
"""Where so many requests are expected and none comes, it is no chance (e to the -20). Spans are
not counted: one request makes many at once."""

TRAFFIC_MIN: Final = 100
"""So much is expected at least where traffic is called another: less varies by itself."""

DROP_MAX: Final = 0.5
SURGE_MIN: Final = 2.0
"""Traffic that halves or doubles is named; less is a matter of the day."""


class Presence(NamedTuple):
    """A service, operation or version that came or went, and when."""

    kind: str
    """`gone`, `new service`, `new operation` or `new version`."""
    service: str
    name: str
    at_ns: int
    spans: int
    """Spans of it in the window, or where it is gone, what it would have served since."""


class Traffic(NamedTuple):
    """How many times as many spans a service serves: against the nearer of both periods."""

    service: str
    ratio: float
    now: int
    expected: int
    comes_in: bool = False
    """Whether requests come in there: what others serve follows from it."""


def gone(now: Period, bases: Sequence[Period]) -> list[Presence]:
    """Return services that stopped sending while others went on."""
    if not bases or not now.parts:
        return []
    last_ns = max(part.last_ns for part in now.parts)
    found = []
    for service in set.intersection(*(set(base.services) for base in bases)):
        here = now.services.get(service)
        seen_ns = here.last_ns if here is not None else now.start_ns
        silence_ns = last_ns - seen_ns
        expected = min(_seen(base, service) * silence_ns / base.covered_ns for base in bases)
        if expected >= EXPECTED_MIN and not any(
            _rests(base, service, silence_ns) for base in bases
        ):
            found.append(Presence("gone", service, "", seen_ns, int(expected)))
    return sorted(found, key=lambda one: (-one.spans, one.service))


def new(now: Period, bases: Sequence[Period]) -> list[Presence]:
    """Return services, versions and operations that no period before had; versions first."""
    if not bases:
        return []
    old = [part for base in bases for part in base.parts]
    services = {part.service for part in old}
    versions = {(part.service, part.also) for part in old}
    operations = {part.key for part in old}
    found: defaultdict[tuple[str, str, str], list[Activity]] = defaultdict(list)
    for part in now.parts:
        if part.service not in services:
            found["new service", part.service, ""].append(part)
        elif part.also and (part.service, part.also) not in versions:
            found["new version", part.service, part.also].append(part)
        elif part.key not in operations:
            found["new operation", part.service, part.operation].append(part)
    presences = []
    for (kind, service, name), parts in found.items():
        total = added(parts)
        if total.count >= COMPARED_MIN:
            presences.append(Presence(kind, service, name, total.first_ns, total.count))
    return sorted(presences, key=lambda one: (one.kind != "new version", -one.spans, one.service))


def traffic(now: Period, bases: Sequence[Period]) -> list[Traffic]:
    """Return services that serve half as much, or twice as much, as in each period before."""
    found = []
    for service in {service for base in bases for service in base.serves}:
        count = now.serves.get(service, 0)
        expected = [base.serves.get(service, 0) * scale(now, base) for base in bases]
        if 0 < count < DROP_MAX * min(expected) and min(expected) >= TRAFFIC_MIN:
            found.append(_traffic(now, service, count, min(expected)))
        if count >= TRAFFIC_MIN and count > SURGE_MIN * max(expected) > 0:
            found.append(_traffic(now, service, count, max(expected)))
    return sorted(found, key=lambda one: (not one.comes_in, one.ratio, one.service))


def _traffic(now: Period, service: str, count: int, expected: float) -> Traffic:
    entered = sum(part.roots for part in now.parts if part.service == service)
    return Traffic(service, count / expected, count, round(expected), 2 * entered >= count)


def _seen(base: Period, service: str) -> int:
    """Return how many requests it served, where one that came to it several times is one."""
    return min(base.serves.get(service, 0), base.occasions.get(service, 0))


def _rests(base: Period, service: str, silence_ns: int) -> bool:
    """Whether the service was silent at the end of another window too: a job that is done."""
    last_ns = max(part.last_ns for part in base.parts)
    return last_ns - base.services[service].last_ns > silence_ns / 2
