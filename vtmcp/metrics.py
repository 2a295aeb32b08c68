"""Counters, gauges and histograms, and their text as Prometheus reads it (format 0.0.4). Pure.

    registry = Registry()
    calls = registry.counter("calls_total", "Calls that ended.", {"tool": ("trace", "traces")})
    calls.add("trace")
    render([registry.snapshot()])

What a client says may become the value of a label. So values are cut, cleaned and bounded in
number here, for every family. Must not be here: what is counted, a clock, a file, or a lock: one
thread counts, and several processes are added up by their snapshots.
"""

from bisect import bisect_left
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any, ClassVar, TypeVar

LABEL_SETS_MAX = 200
"""Sets of label values of one family. Each is a series that Prometheus keeps for weeks, and a
family of ours has a few dozen; whatever else comes is counted under `other`."""

VALUE_CHARS_MAX = 80
"""Of one label value. Names of programs and addresses of pages are shorter."""

OTHER = "other"
"""Stands for what is not known, and for what there is no room for."""

Labels = Mapping[str, Iterable[str] | None]
"""Each label's name, with the values that it may have; None for any."""

Snapshot = list[dict[str, Any]]
"""All families of one process, as data that JSON can carry."""

_REPLACEMENT = "\ufffd"
"""For characters that a terminal or a reader of lines could act on, and for halves of pairs."""

_MERGED: dict[str, Callable[[float, float], float]] = {
    "sum": lambda one, other: one + other,
    "min": min,
    "max": max,
}
"""How the values of two processes become one."""


class Family:
    """All series of one name. A value that a label may not have is counted as `other`."""

    kind: ClassVar[str]

    def __init__(
        self, name: str, help: str, labels: Labels, *, width: int = 1, merge: str = "sum"
    ) -> None:
        self.name = name
        self.help = help
        self.labels = tuple(labels)
        self.merge = merge
        self.bounds: tuple[float, ...] = ()
        self._known = [None if known is None else frozenset(known) for known in labels.values()]
        self._width = width
        self._series: dict[tuple[str, ...], list[float]] = {}

    def begin(self, *values: str) -> None:
        """Have the series from now on: at zero, where nothing is counted yet."""
        self._of(values)

    def snapshot(self) -> dict[str, Any]:
        """The family as data."""
        return {
            "name": self.name,
            "kind": self.kind,
            "help": self.help,
            "labels": list(self.labels),
            "bounds": list(self.bounds),
            "merge": self.merge,
            "series": [[list(values), list(numbers)] for values, numbers in self._series.items()],
        }

    def _of(self, values: tuple[str, ...]) -> list[float]:
        # What is kept is clean: what is found needs no second look.
        found = self._series.get(values)
        return self._admit(values) if found is None else found

    def _admit(self, values: tuple[str, ...]) -> list[float]:
        pairs = list(zip(values, self._known, strict=True))
        admitted = tuple(
            clean(value) if known is None else value if value in known else OTHER
            for value, known in pairs
        )
        if admitted not in self._series and len(self._series) >= LABEL_SETS_MAX:
            # Labels with a fixed vocabulary are bounded by it, and keep what they say.
            admitted = tuple(
                OTHER if known is None else value
                for value, known in zip(admitted, self._known, strict=True)
            )
        return self._series.setdefault(admitted, [0] * self._width)


class Counter(Family):
    """What only grows."""

    kind = "counter"

    def add(self, *values: str, amount: float = 1) -> None:
        """Count one more, or `amount`."""
        self._of(values)[0] += amount

    def set(self, total: float, *values: str) -> None:
        """Take over a total that is counted elsewhere, such as by the system."""
        self._of(values)[0] = total


class Gauge(Family):
    """What rises and falls; absent until it is set."""

    kind = "gauge"

    def set(self, number: float, *values: str) -> None:
        """Say how much it is now."""
        self._of(values)[0] = number


class Histogram(Family):
    """How many were how large: a count for each bound, one for what is larger, and the sum."""

    kind = "histogram"

    def __init__(self, name: str, help: str, labels: Labels, bounds: Sequence[float]) -> None:
        super().__init__(name, help, labels, width=len(bounds) + 2)
        self.bounds = tuple(bounds)

    def observe(self, number: float, *values: str) -> None:
        """Count one of that size."""
        numbers = self._of(values)
        numbers[bisect_left(self.bounds, number)] += 1
        numbers[-1] += number


_Kind = TypeVar("_Kind", bound=Family)


class Registry:
    """The families of one process, in the order in which they were made."""

    def __init__(self) -> None:
        self.families: dict[str, Family] = {}
        self._readers: list[Callable[[], None]] = []

    def counter(
        self, name: str, help: str, labels: Labels | None = None, *, begins: bool = True
    ) -> Counter:
        """One without labels is at zero from the start, if it `begins`."""
        return self._add(Counter(name, help, labels or {}), begins=begins)

    def gauge(
        self, name: str, help: str, labels: Labels | None = None, *, merge: str = "sum"
    ) -> Gauge:
        """`merge` says how several processes are added up: `sum`, `min` or `max`."""
        return self._add(Gauge(name, help, labels or {}, merge=merge), begins=False)

    def histogram(
        self, name: str, help: str, labels: Labels | None = None, *, bounds: Sequence[float]
    ) -> Histogram:
        return self._add(Histogram(name, help, labels or {}, bounds))

    def before_snapshot(self, read: Callable[[], None]) -> None:
        """Call `read` before each snapshot: it sets what is looked up rather than counted."""
        self._readers.append(read)

    def snapshot(self) -> Snapshot:
        """All families as they are now; those without any series are left out."""
        for read in self._readers:
            read()
        found = (family.snapshot() for family in self.families.values())
        return [family for family in found if family["series"]]

    def _add(self, family: _Kind, *, begins: bool = True) -> _Kind:
        if family.name in self.families:
            raise ValueError(f"two families are called {family.name}")
        self.families[family.name] = family
        if begins and not family.labels:
            family.begin()
        return family


def clean(value: str) -> str:
    """The value as it may be kept: cut, and without what is not text."""
    if len(value) > VALUE_CHARS_MAX:
        value = value[:VALUE_CHARS_MAX]
    if value.isprintable():
        return value
    return "".join(one if one.isprintable() or one == "\n" else _REPLACEMENT for one in value)


def merge(snapshots: Iterable[Snapshot]) -> Snapshot:
    """All snapshots added up to one; they themselves are not changed."""
    merged: dict[str, dict[str, Any]] = {}
    for family in (family for snapshot in snapshots for family in snapshot):
        series = merged.setdefault(family["name"], {**family, "series": {}})["series"]
        add = _MERGED[family["merge"]]
        for values, numbers in family["series"]:
            known = series.get(tuple(values))
            series[tuple(values)] = numbers if known is None else list(map(add, known, numbers))
    return [
        {**family, "series": [[list(key), numbers] for key, numbers in family["series"].items()]}
        for family in merged.values()
    ]


def render(snapshots: Iterable[Snapshot]) -> str:
    """The text of all snapshots together: of one process, or of several added up."""
    lines: list[str] = []
    for family in merge(snapshots):
        name, help_text = family["name"], family["help"].replace("\\", "\\\\").replace("\n", "\\n")
        lines += (f"# HELP {name} {help_text}", f"# TYPE {name} {family['kind']}")
        for values, numbers in family["series"]:
            labels = [
                f'{label}="{_escaped(value)}"'
                for label, value in zip(family["labels"], values, strict=True)
            ]
            if family["kind"] == "histogram":
                lines += _histogram_lines(name, labels, family["bounds"], numbers)
            else:
                lines.append(f"{name}{_braced(labels)} {_number(numbers[0])}")
    return "".join(f"{line}\n" for line in lines)


def _histogram_lines(
    name: str, labels: list[str], bounds: Sequence[float], numbers: Sequence[float]
) -> Iterator[str]:
    count: float = 0
    for bound, more in zip((*bounds, float("inf")), numbers[:-1], strict=True):
        count += more
        limit = f'le="{_number(bound)}"'
        yield f"{name}_bucket{_braced([*labels, limit])} {_number(count)}"
    yield f"{name}_sum{_braced(labels)} {_number(numbers[-1])}"
    yield f"{name}_count{_braced(labels)} {_number(count)}"


def _braced(labels: list[str]) -> str:
    return f"{{{','.join(labels)}}}" if labels else ""


def _escaped(value: str) -> str:
    return value.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")


def _number(number: float) -> str:
    if number == float("inf"):
        return "+Inf"
    return str(int(number)) if number == int(number) else repr(float(number))
