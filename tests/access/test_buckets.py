"""How often somebody may call."""

import pytest

from vtmcp.access import buckets
from vtmcp.access.buckets import Buckets


def test_a_minute_s_calls_are_there_at_once_and_come_back_evenly() -> None:
    found = Buckets()
    assert [found.take("a", 6, 0.0) for _ in range(6)] == [0.0] * 6
    assert found.take("a", 6, 0.0) == pytest.approx(10.0)
    assert found.take("a", 6, 4.0) == pytest.approx(6.0)
    assert found.take("a", 6, 10.0) == 0.0
    assert found.take("a", 6, 10.0) == pytest.approx(10.0)


def test_no_more_than_a_minute_s_calls_are_saved() -> None:
    found = Buckets()
    found.take("a", 2, 0.0)
    assert [found.take("a", 2, 1e6) for _ in range(2)] == [0.0, 0.0]
    assert found.take("a", 2, 1e6)


def test_to_ask_takes_nothing() -> None:
    found = Buckets()
    assert [found.wait_s("a", 1, 0.0) for _ in range(5)] == [0.0] * 5
    assert len(found) == 0
    found.take("a", 1, 0.0)
    assert found.wait_s("a", 1, 15.0) == pytest.approx(45.0)


def test_names_do_not_share() -> None:
    found = Buckets()
    found.take("a", 1, 0.0)
    assert found.take("b", 1, 0.0) == 0.0
    assert found.take("a", 1, 0.0)


def test_without_a_limit_nothing_is_kept() -> None:
    found = Buckets()
    assert [found.take("a", 0, 0.0) for _ in range(99)] == [0.0] * 99
    assert len(found) == 0


def test_a_rate_may_change() -> None:
    found = Buckets()
    found.take("a", 60, 0.0)
    assert found.take("a", 1, 0.0) == 0.0
    assert found.take("a", 1, 0.0) == pytest.approx(60.0)
    assert found.take("a", 60, 1.0) == 0.0


def test_a_clock_that_stands_or_goes_back_gives_nothing() -> None:
    found = Buckets()
    found.take("a", 1, 100.0)
    assert found.take("a", 1, 50.0) == pytest.approx(60.0)


@pytest.mark.parametrize("per_minute", [1, 7, 59, 61, 997])
def test_waiting_as_long_as_told_is_enough(per_minute: int) -> None:
    found, now_s = Buckets(), 12_345.678
    while not (wait_s := found.take("a", per_minute, now_s)):
        pass
    for _ in range(50):
        now_s += wait_s
        assert found.take("a", per_minute, now_s) == 0.0
        wait_s = found.take("a", per_minute, now_s)
        assert wait_s > 0.0


def test_names_have_a_bound(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(buckets, "NAMES_MAX", 2)
    found = Buckets()
    for name in ("a", "b", "a", "c"):
        found.take(name, 5, 0.0)
    assert len(found) == 2
    assert [found.wait_s(name, 2, 0.0) for name in ("a", "c")] == [0.0, 0.0]
    found.take("a", 1, 0.0)
    assert found.wait_s("b", 1, 0.0) == 0.0
