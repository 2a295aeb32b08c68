"""Failures are put together when their origin, type and message are of one kind."""

from typing import Any

import pytest

from tests.traces.samples import MS, START_NS, exception, failed, span
from vtmcp.traces.error_groups import Suspect, group_errors, suspects_of
from vtmcp.traces.origins import Origin
from vtmcp.traces.spans import SpanStats


def origin(number: int = 0, *, passed: tuple[str, ...] = (), **more: Any) -> Origin:
    """One failure of a trace of its own."""
    trace_id = more.pop("trace_id", f"t{number}")
    root = span("r", service="web", name="GET /", trace_id=trace_id, status=more.pop("root", "ok"))
    one = failed(f"s{number}", "r", trace_id=trace_id, at_ms=number, **more)
    return Origin(one, root, True, passed)


def test_failures_that_differ_in_ids_are_one_group() -> None:
    (group,) = group_errors(
        [
            origin(1, message="card 17 declined", name="GET /a/1", passed=("b",), root="error"),
            origin(2, message="card 18 declined", name="GET /a/2", passed=("b", "c")),
            origin(3, message="card 19 declined", name="GET /a/2", trace_id="t2"),
        ]
    )
    assert (group.operation, group.message) == ("GET /a/<id>", "card <n> declined")
    assert (group.count, len(group.traces), group.has_one_operation) == (3, 2, False)
    assert (group.first_ns, group.last_ns) == (START_NS + MS, START_NS + 3 * MS)
    assert group.roots == {("web", "GET /"): 2}
    assert (group.known_roots, group.failed_roots) == (2, 1)
    assert group.passed == {"b": 2, "c": 1}
    assert group.examples == ["t2", "t1"]


def test_what_is_the_same_in_all_is_told_as_it_was_written() -> None:
    (group,) = group_errors(origin(n, message="no row 7", name="GET /a/7") for n in range(3))
    assert (group.operation, group.message) == ("GET /a/7", "no row 7")
    assert group.has_one_operation


KINDS: dict[str, dict[str, Any]] = {
    "service": {"service": "other"},
    "operation": {"name": "other"},
    "message": {"message": "other"},
    "type": {"events": (exception("E", "deadlock"),)},
}


@pytest.mark.parametrize("more", KINDS.values(), ids=KINDS)
def test_what_differs_in_kind_is_another_group(more: dict[str, Any]) -> None:
    groups = group_errors([origin(1), origin(2), origin(3, **more)])
    assert [group.count for group in groups] == [2, 1]


def stats(*keys: str, count: int) -> SpanStats:
    return SpanStats(keys, count, 0, 0, 0, 0, 0, 0)


def on(pod: str, version: str = "1") -> dict[str, Any]:
    return {"resource": {"k8s.pod.name": pod, "service.version": version}}


def test_a_pod_that_all_failures_share_is_named_with_its_version() -> None:
    (group,) = group_errors(origin(n, **on("p3", "2")) for n in range(9))
    assert group.shared_attributes == ["k8s.pod.name", "service.version"]
    spans = [stats("p3", "2", count=20), stats("p1", "1", count=80)]
    assert suspects_of(group, spans) == [
        Suspect("k8s.pod.name", "p3", 0.2),
        Suspect("service.version", "2", 0.2),
    ]


NOBODY: dict[str, tuple[list[Origin], list[SpanStats]]] = {
    "failures on several pods": ([origin(n, **on(f"p{n}", f"{n}")) for n in range(9)], []),
    "few failures": (
        [origin(n, **on("p3")) for n in range(3)],
        [stats("p3", "1", count=20), stats("p1", "1", count=80)],
    ),
    "many failures of one trace": (
        [origin(n, trace_id="t", **on("p3")) for n in range(99)],
        [stats("p3", "1", count=20), stats("p1", "1", count=80)],
    ),
    "the only pod": (
        [origin(n, **on("p3")) for n in range(99)],
        [stats("p3", "1", count=100)],
    ),
    "a pod that nothing else says to be there": (
        [origin(n, **on("p3")) for n in range(99)],
        [stats("p1", "0", count=100)],
    ),
    "spans that say no pod": ([origin(n) for n in range(99)], [stats(count=100)]),
}


@pytest.mark.parametrize(("origins", "spans"), NOBODY.values(), ids=NOBODY)
def test_nobody_is_blamed_by_chance(origins: list[Origin], spans: list[SpanStats]) -> None:
    (group,) = group_errors(origins)
    assert suspects_of(group, spans) == []


def test_of_several_names_of_one_instance_the_smallest_is_named() -> None:
    resource = {"k8s.pod.name": "p", "host.name": "h"}
    (group,) = group_errors(origin(n, resource=resource) for n in range(9))
    spans = [stats("p", "h", count=20), stats("q", "g", count=80)]
    assert [one.name for one in suspects_of(group, spans)] == ["k8s.pod.name"]
