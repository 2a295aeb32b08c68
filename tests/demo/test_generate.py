"""Traces from recipes: the same each time, whole, in time, and failures that pass up."""

import pytest

from tests.demo.samples import NOW_US, entry_list
from vtmcp.demo.generate import generate
from vtmcp.demo.recipe import Fault, Recipe, Slow, Thrown, Work
from vtmcp.demo.services import SERVICES, SKEW_US
from vtmcp.demo.timetable import RECIPES, Entry
from vtmcp.traces.jaeger import read_trace, write_trace
from vtmcp.traces.model import Span, Trace
from vtmcp.traces.tenant import Tenant

PLACES = range(len(RECIPES))
THROWN = Thrown("Broken", "it broke", "Broken: it broke\n  at line 1")


def traces(place: int) -> list[Trace]:
    return [
        generate(entry, rolled_out=rolled_out)
        for entry in entry_list(place)[:40]
        for rolled_out in (False, True)
    ]


def made(root: Work, *, rolled_out: bool = True, number: int = 1) -> dict[str, Span]:
    """Return the spans of one trace of some work, by name."""
    entry = Entry(number, Recipe(Tenant(), 1, 1, root), NOW_US)
    return {span.name: span for span in generate(entry, rolled_out=rolled_out).spans}


def work(name: str, *below: Work, **more: object) -> Work:
    defaults = {"service": "fraud", "name": name, "own_us": (300, 300), "below": below}
    return Work(**(defaults | more))  # type: ignore[arg-type]


@pytest.mark.parametrize("place", PLACES)
def test_the_same_number_gives_the_same_trace(place: int) -> None:
    assert traces(place) == traces(place)


@pytest.mark.parametrize("place", PLACES)
def test_what_is_told_is_what_the_wire_says(place: int) -> None:
    for trace in traces(place):
        assert read_trace(write_trace(trace)) == trace


@pytest.mark.parametrize("place", PLACES)
def test_a_trace_is_one_tree_with_one_root_and_unique_ids(place: int) -> None:
    for trace in traces(place):
        ids = [span.span_id for span in trace.spans]
        assert len(set(ids)) == len(ids)
        assert {span.trace_id for span in trace.spans} == {trace.trace_id}
        assert sum(not span.parent_span_id for span in trace.spans) == 1


@pytest.mark.parametrize("place", PLACES)
def test_a_trace_ends_before_its_recipe_says(place: int) -> None:
    for entry in entry_list(place)[:40]:
        spans = generate(entry, rolled_out=True).spans
        longest_ns = RECIPES[place].longest_us * 1_000
        assert (
            min(span.start_ns for span in spans) >= (entry.start_us + min(SKEW_US.values())) * 1e3
        )
        assert max(span.end_ns for span in spans) <= entry.start_us * 1_000 + longest_ns
        assert all(span.duration_ns > 0 for span in spans)


@pytest.mark.parametrize("place", PLACES)
def test_a_failed_span_says_why_or_has_one_below_that_does(place: int) -> None:
    for trace in traces(place):
        below = {span.parent_span_id for span in trace.spans if span.failed}
        for span in trace.spans:
            assert span.service in SERVICES
            assert bool(span.status_message) == bool(span.events)
            assert not span.failed or span.events or span.span_id in below
            for event in span.events:
                assert event.name == "exception"
                assert set(event.attributes) == {
                    "exception.type",
                    "exception.message",
                    "exception.stacktrace",
                }
                assert span.start_ns <= event.time_ns <= span.end_ns


def test_a_failure_passes_up_and_ends_what_follows() -> None:
    broken = work("broken", fault=Fault(THROWN, 1.0), if_failed={"error.type": "Broken"})
    spans = made(work("root", work("middle", broken, work("after")), rethrown=THROWN))
    assert set(spans) == {"root", "middle", "broken"}
    assert all(span.failed for span in spans.values())
    assert [bool(spans[name].events) for name in ("root", "middle", "broken")] == [
        True,
        False,
        True,
    ]
    assert spans["broken"].attributes == {"error.type": "Broken"}


def test_what_starts_at_once_goes_on_beside_a_failure() -> None:
    broken = work("broken", fault=Fault(THROWN, 1.0))
    spans = made(work("root", broken, work("beside"), at_once=True))
    assert spans["root"].failed
    assert spans["beside"].start_ns == spans["broken"].start_ns


def test_a_tolerated_failure_goes_no_further() -> None:
    broken = work("broken", fault=Fault(THROWN, 1.0, own_us=(9_000, 9_000)), tolerated=True)
    spans = made(work("root", broken, work("after")))
    assert (spans["broken"].status, spans["root"].status) == ("error", "unset")
    assert spans["broken"].duration_ns == 9_000_000
    assert "after" in spans


def test_a_fault_of_a_version_needs_a_pod_of_that_version() -> None:
    broken = work("broken", fault=Fault(THROWN, 1.0, version="4.2.0"))
    assert not any(made(broken, rolled_out=False, number=n)["broken"].failed for n in range(20))
    spans = [made(broken, number=n)["broken"] for n in range(20)]
    assert {span.resource["service.version"] for span in spans if span.failed} == {"4.2.0"}
    assert {span.resource["service.version"] for span in spans if not span.failed} == {"4.1.3"}


def test_slow_work_takes_longer_and_says_so() -> None:
    slow = Slow(1.0, (7_000, 7_000), {"card": "odd"})
    span = made(work("slow", slow=slow, varied={"card": ("a", "b"), "user": "{user}"}))["slow"]
    assert span.duration_ns == 7_000_000
    assert span.attributes["card"] == "odd"
    assert span.attributes["user"].startswith("u0")


def test_rare_slowness_leaves_most_alone() -> None:
    slow = Slow(0.0, (7_000, 7_000), {})
    assert made(work("slow", slow=slow))["slow"].duration_ns == 300_000


def test_a_lost_span_is_the_missing_parent_of_others() -> None:
    spans = made(work("root", work("lost", work("orphan"), lost=True)))
    assert set(spans) == {"root", "orphan"}
    assert spans["orphan"].parent_span_id not in {"", spans["root"].span_id}


def test_nobody_waits_for_detached_work() -> None:
    late = work("late", wait_us=(5_000_000, 5_000_000), detached=True)
    spans = made(work("root", late))
    assert spans["root"].duration_ns == 300_000
    assert spans["late"].start_ns - spans["root"].start_ns == 5_000_100_000


def test_a_service_stays_on_its_pod_until_another_calls_it() -> None:
    spans = made(work("root", work("same"), work("other", service="cart")))
    assert spans["root"].resource == spans["same"].resource
    assert spans["other"].resource["k8s.deployment.name"] == "cart"


def test_repeated_work_counts_itself() -> None:
    entry = Entry(
        1, Recipe(Tenant(), 1, 1, work("root", work("try", times=(3, 3), varied={"n": "{n}"}))), 0
    )
    spans = generate(entry, rolled_out=False).spans
    assert [span.attributes.get("n") for span in spans] == ["0", "1", "2", None]
