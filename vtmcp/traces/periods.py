"""What a system did in a window, group by group, and the windows that it is compared with. Pure.

Must not be here: what counts as a change.
"""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Final

from vtmcp.traces.activity import Activity, added

COMPARED_MIN: Final = 20
"""A group of fewer spans in a window is not compared: its shares and means say little."""

ENTRIES_MIN: Final = 50
"""An entry point of fewer requests grows and shrinks by chance, and explains nothing."""

Key = tuple[str, str, str]


@dataclass(frozen=True)
class Period:
    """A window, and the groups that were in it, told apart by version."""

    start_ns: int
    end_ns: int
    parts: tuple[Activity, ...]

    @cached_property
    def groups(self) -> dict[Key, Activity]:
        """The groups with all their versions."""
        by_key: defaultdict[Key, list[Activity]] = defaultdict(list)
        for part in self.parts:
            by_key[part.key].append(part)
        return {key: replace(added(parts), also="") for key, parts in by_key.items()}

    @cached_property
    def serves(self) -> dict[str, int]:
        """How many spans each service serves."""
        served: defaultdict[str, int] = defaultdict(int)
        for part in self.parts:
            served[part.service] += part.serves
        return served

    @cached_property
    def services(self) -> dict[str, Activity]:
        """All spans of each service together."""
        return together(self.parts)

    @cached_property
    def occasions(self) -> dict[str, int]:
        """How often each service was seen at the least: the traces of its most frequent group."""
        seen: defaultdict[str, int] = defaultdict(int)
        for group in self.groups.values():
            seen[group.service] = max(seen[group.service], group.occasions)
        return seen

    @cached_property
    def requests(self) -> int:
        """How many requests came in."""
        return sum(part.roots for part in self.parts)

    @cached_property
    def requests_ns(self) -> int:
        return sum(part.roots_ns for part in self.parts)

    @cached_property
    def covered_ns(self) -> int:
        """From the first span to the last: before and after, nothing was stored at all."""
        if not self.parts:
            return 0
        first_ns = max(self.start_ns, min(part.first_ns for part in self.parts))
        last_ns = min(self.end_ns, max(part.last_ns for part in self.parts))
        return max(1, last_ns - first_ns)

    def get(self, key: Key) -> Activity | None:
        """Return a group that is large enough to compare with."""
        group = self.groups.get(key)
        return group if group is not None and group.count >= COMPARED_MIN else None


def scale(now: Period, then: Period) -> float:
    """Return by what the numbers of a period are multiplied to be those of the present one."""
    return now.covered_ns / then.covered_ns if then.parts else 0.0


def growth(now: Period, then: Period) -> float:
    """Return how many times as many requests an entry point has, that which grew most.

    While each request makes as many calls as before, nothing inside can grow more.
    """
    ratios = [
        group.roots / then.groups[key].roots
        for key, group in now.groups.items()
        if group.roots >= ENTRIES_MIN
        and key in then.groups
        and then.groups[key].roots >= ENTRIES_MIN
    ]
    return max(ratios, default=scale(now, then))


def together(groups: Iterable[Activity]) -> dict[str, Activity]:
    """Return all groups of each service together."""
    by_service: defaultdict[str, list[Activity]] = defaultdict(list)
    for group in groups:
        by_service[group.service].append(group)
    return {service: added(found) for service, found in by_service.items()}
