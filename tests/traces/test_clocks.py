"""Wrong clocks: found from calls, told by service and host, and taken out of the times."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.traces.samples import MS, START_NS, S, any_trace, exception, recorded, span
from vtmcp.traces.clocks import SKEWS_NOTED_MAX, Skew, corrected, find_skews, skew_notes
from vtmcp.traces.jaeger import read_trace
from vtmcp.traces.model import Span
from vtmcp.traces.tree import build_tree


def call(number: int, at_ms: float, took_ms: float, by_ms: float, **more: object) -> list[Span]:
    """A call of 100 ms at 10 ms, and its other side; `by_ms` is how wrong that one's clock is."""
    server = {
        "service": "pay",
        "kind": "server",
        "resource": {"host.name": "node-4"},
        "start_ns": START_NS + int((at_ms + by_ms) * MS),
        "duration_ns": int(took_ms * MS),
    }
    return [
        span(f"c{number}", "root", kind="client", at_ms=10, duration_ns=100 * MS),
        span(f"v{number}", f"c{number}", **(server | more)),
    ]


ROOT = span("root", duration_ns=200 * MS, kind="server")

SKEWED: dict[str, tuple[list[Span], int]] = {
    "a clock that is behind": (call(1, 20, 80, -500), 500),
    "a clock that is ahead": (call(1, 20, 80, +500), -500),
    "a clock that is ahead by less than the call": (call(1, 20, 80, +50), -50),
    "two calls narrow it down": ([*call(1, 10, 90, -500), *call(2, 15, 95, -500)], 500),
    "a call that took as long as it could": (call(1, 10, 100, -7), 7),
    "a server right below a server": (
        [span("v", "root", service="pay", kind="server", at_ms=-300, duration_ns=200 * MS)],
        300,
    ),
    "a server that begins after its caller ended": (
        [span("v", "root", service="pay", kind="server", at_ms=900, duration_ns=200 * MS)],
        -900,
    ),
    "a message that was taken before it was sent": (
        [
            span("p", "root", kind="producer", at_ms=10, duration_ns=MS),
            span("v", "p", service="pay", kind="consumer", at_ms=-90, duration_ns=MS),
        ],
        100,
    ),
}

SOUND: dict[str, list[Span]] = {
    "a call within its caller": call(1, 20, 80, 0),
    "a call as long as its caller": call(1, 10, 100, 0),
    "a server that goes on for a moment": call(1, 12, 99, 0),
    "a server that goes on when its caller has given up": call(1, 50, 5_000, 0),
    "a message taken much later": [
        span("p", "root", kind="producer", at_ms=10, duration_ns=MS),
        span("v", "p", service="pay", kind="consumer", at_ms=9_000),
    ],
    "work of unknown kind that nobody waits for": [
        span("v", "root", service="pay", at_ms=9_000),
    ],
    "a child of the same place that starts early": [span("v", "root", at_ms=-50)],
    "a call that failed, as a timeout does": [
        span("c", "root", kind="client", at_ms=10, duration_ns=50 * MS, status="error"),
        span("v", "c", service="pay", kind="server", at_ms=40, duration_ns=50 * MS),
    ],
    "a hair too early": call(1, 10, 90, -0.9),
    "calls that contradict each other": [*call(1, 20, 80, +300), *call(2, 10.5, 99, 0)],
}


@pytest.mark.parametrize(("spans", "offset_ms"), SKEWED.values(), ids=SKEWED)
def test_a_wrong_clock_is_found_and_corrected(spans: list[Span], offset_ms: int) -> None:
    (skew,) = find_skews(build_tree([ROOT, *spans]))
    assert skew.place.service == "pay"
    assert skew.offset_ns == pytest.approx(offset_ms * MS, abs=15 * MS)
    moved = corrected([ROOT, *spans], [skew])
    assert [one.start_ns for one in moved if one.service == "cart"] == [
        one.start_ns for one in (ROOT, *spans) if one.service == "cart"
    ]
    assert not find_skews(build_tree(moved))


@pytest.mark.parametrize("spans", SOUND.values(), ids=SOUND)
def test_a_right_clock_is_left_alone(spans: list[Span]) -> None:
    assert find_skews(build_tree([ROOT, *spans])) == ()


def test_a_clock_behind_a_wrong_clock_is_corrected_by_both() -> None:
    spans = [ROOT, *call(1, 20, 80, -500)]
    there = {"resource": {"host.name": "node-4"}, "duration_ns": 50 * MS}
    spans += [
        span("c2", "v1", service="pay", kind="client", at_ms=-470, **there),
        span("v2", "c2", service="bank", kind="server", at_ms=530, duration_ns=50 * MS),
    ]
    pay, bank = sorted(find_skews(build_tree(spans)), key=lambda skew: -skew.offset_ns)
    assert (pay.place.service, bank.place.service) == ("pay", "bank")
    assert bank.offset_ns == pytest.approx(-500 * MS, abs=15 * MS)


def test_events_move_with_their_span() -> None:
    events = (exception("E", "m"),)
    spans = [ROOT, *call(1, 20, 80, -500, events=events)]
    skews = find_skews(build_tree(spans))
    moved = corrected(spans, skews)[-1]
    assert moved.events[0].time_ns - events[0].time_ns == skews[0].offset_ns


def test_a_note_names_service_and_host_and_what_was_done() -> None:
    (skew,) = find_skews(build_tree([ROOT, *call(1, 10, 100, -250)]))
    assert skew_notes([skew]) == (
        "clock of pay on node-4 is about 250 ms behind its callers':"
        " its 1 span is shown 250 ms later",
    )
    ahead = skew._replace(offset_ns=-2 * S, place=skew.place._replace(service="", host="a\nb"))
    assert skew_notes([ahead._replace(span_count=3)]) == (
        r'clock of (no service) on "a\nb" is about 2 s ahead its callers'
        "': its 3 spans are shown 2 s earlier",
    )
    nowhere = skew._replace(place=skew.place._replace(host=""))
    assert skew_notes([nowhere])[0].startswith("clock of pay is about")


def test_many_wrong_clocks_are_counted() -> None:
    (skew,) = find_skews(build_tree([ROOT, *call(1, 10, 100, -250)]))
    notes = skew_notes([skew] * (SKEWS_NOTED_MAX + 2))
    assert len(notes) == SKEWS_NOTED_MAX + 1
    assert notes[-1] == "2 more clocks corrected likewise"


def test_a_recorded_skew_is_found() -> None:
    tree = build_tree(read_trace(recorded("121-trace-clock_skew")[0]).spans)
    (skew,) = find_skews(tree)
    assert isinstance(skew, Skew)
    assert 240 * MS <= skew.offset_ns <= 260 * MS


@given(any_trace)
def test_any_spans_keep_their_number_and_lengths(one: object) -> None:
    spans = one.spans  # type: ignore[attr-defined]
    moved = corrected(spans, find_skews(build_tree(spans)))
    assert [one.duration_ns for one in moved] == [one.duration_ns for one in spans]


@given(st.integers(2, 40), st.floats(0.1, 0.9), st.integers(-9_000, 9_000))
def test_an_offset_is_found_whatever_it_is(took_ms: int, at: float, by_ms: int) -> None:
    at_ms = 10 + at * (100 - took_ms)
    skews = find_skews(build_tree([ROOT, *call(1, at_ms, took_ms, by_ms)]))
    if abs(by_ms) > 110:
        assert skews[0].offset_ns == pytest.approx(-by_ms * MS, abs=60 * MS)
    if by_ms == 0:
        assert not skews
