"""How many connections fit into what the system permits."""

import resource
import sys

import pytest

from vtmcp.transports.descriptors import DESCRIPTORS_KEPT, raise_descriptor_limit

KEPT = DESCRIPTORS_KEPT
INFINITY = resource.RLIM_INFINITY


LIMITS: dict[str, tuple[tuple[int, int], int, int | None, int]] = {
    # (soft, hard), connections wanted, the new soft limit, connections that fit
    "there is enough": ((1000 + KEPT, 9999), 1000, None, 1000),
    "there is no limit": ((INFINITY, INFINITY), 1000, None, 1000),
    "the soft limit is raised": ((1024, 9999), 2000, 2000 + KEPT, 2000),
    "the soft limit is raised below none": ((1024, INFINITY), 2000, 2000 + KEPT, 2000),
    "the hard limit is the bound": ((1024, 1500), 2000, 1500, 1500 - KEPT),
    "one always fits": ((KEPT, KEPT), 2000, KEPT, 1),
}


@pytest.mark.parametrize(("limits", "wanted", "raised", "fit"), LIMITS.values(), ids=LIMITS)
def test_limits(
    limits: tuple[int, int],
    wanted: int,
    raised: int | None,
    fit: int,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    set_to: list[tuple[int, int]] = []
    monkeypatch.setattr(resource, "getrlimit", lambda which: limits)
    monkeypatch.setattr(resource, "setrlimit", lambda which, new: set_to.append(new))
    assert raise_descriptor_limit(wanted) == fit
    assert set_to == ([] if raised is None else [(raised, limits[1])])


def test_a_limit_that_cannot_be_raised_stays(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(which: int, new: tuple[int, int]) -> None:
        raise ValueError

    monkeypatch.setattr(resource, "getrlimit", lambda which: (1024, INFINITY))
    monkeypatch.setattr(resource, "setrlimit", fail)
    assert raise_descriptor_limit(2000) == 1024 - KEPT


def test_a_system_without_such_limits(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "resource", None)
    assert raise_descriptor_limit(2000) == 2000
