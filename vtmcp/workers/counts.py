"""The counts of all workers added up. What was counted stays counted when its worker dies. Pure.

Must not be here: how counts are collected, and how they are shown.
"""

from typing import Any

from vtmcp.metrics import LABEL_SETS_MAX, OTHER, Snapshot, merge

_PASSING = "gauge"
"""What a dead worker holds no more."""


class Counts:
    """What each worker said last, by its number, and what those said that are gone."""

    def __init__(self) -> None:
        self._latest: dict[int, Snapshot] = {}
        self._gone: Snapshot = []

    def take(self, number: int, counts: Snapshot) -> None:
        """A worker's counts, in the place of those that it gave before."""
        self._latest[number] = counts

    def lose(self, number: int) -> None:
        """A worker is gone; the next one of that number begins at zero."""
        lost = self._latest.pop(number, [])
        lasting = [family for family in lost if family["kind"] != _PASSING]
        self._gone = [_bounded(family) for family in merge([self._gone, lasting])]

    def total(self, own: Snapshot) -> Snapshot:
        """All of it, with the supervisor's own counts."""
        return merge([*self._latest.values(), self._gone, own])


def _bounded(family: dict[str, Any]) -> dict[str, Any]:
    """The family, with no more series than one worker may have: many workers may die, and each
    may have met other clients."""
    series = [
        [values if place < LABEL_SETS_MAX else [OTHER] * len(values), numbers]
        for place, (values, numbers) in enumerate(family["series"])
    ]
    return merge([[{**family, "series": series}]])[0]
