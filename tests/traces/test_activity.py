"""Groups of spans in sums: what they come to, and that sums of sums are sums."""

import math

import pytest

from tests.traces.activities import MS, group
from vtmcp.traces.activity import Activity, added


def test_mean_and_variance_come_out_of_the_sums() -> None:
    one = group("a b server", 100, mean_ms=20, sd_ms=3)
    assert one.mean_ns == 20 * MS
    assert one.variance_ms2 == pytest.approx(9.0)


def test_nothing_has_no_mean_and_a_single_span_no_variance() -> None:
    assert group("a b server", 0).mean_ns == 0
    assert group("a b server", 1).variance_ms2 == math.inf
    rounded = Activity(service="", operation="", kind="", count=2, sum_ns=4 * MS, squares_ms2=7.9)
    assert rounded.variance_ms2 == 0.0


def test_servers_and_consumers_serve_and_others_as_far_as_they_are_roots() -> None:
    serves = {kind: group(f"a b {kind}", 9, roots=2).serves for kind in ("server", "consumer")}
    assert serves == {"server": 9, "consumer": 9}
    assert group("a b internal", 9, roots=2).serves == 2


def test_sums_add_up() -> None:
    one = group("a b server", 10, failing=2, roots=3, bad_roots=1, roots_ns=5, first_ns=7)
    two = group("a b server", 5, failing=1, mean_ms=40, last_ns=10**19)
    total = added((one, two))
    assert (total.count, total.bad, total.origins, total.origin_traces) == (15, 3, 3, 3)
    assert (total.roots, total.bad_roots, total.roots_ns) == (3, 1, 5)
    assert (total.first_ns, total.last_ns) == (7, 10**19)
    assert total.sum_ns == one.sum_ns + two.sum_ns
    assert total.squares_ms2 == one.squares_ms2 + two.squares_ms2
    assert total.over == tuple(a + b for a, b in zip(one.over, two.over, strict=True))
    assert total.key == ("a", "b", "server")
