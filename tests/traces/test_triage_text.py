"""A triage in words: figures and names as they are, strangers' names as data."""

import pytest

from tests.handlers.tools.source import HIDDEN, HOSTILE
from tests.traces.activities import START_NS, group, period, root
from vtmcp.traces.causes import Cause, causes
from vtmcp.traces.changes import Changes, changes
from vtmcp.traces.contrast import contrast
from vtmcp.traces.periods import Period
from vtmcp.traces.presences import Presence, Traffic
from vtmcp.traces.triage_text import cause_text, follower_text, how_text, presence_lines

WEB = root("web x server", 1_000)


def first(now: Period, before: Period, yesterday: Period) -> Cause:
    bases = [one for one in (before, yesterday) if one.parts]
    return causes(changes(now, before, yesterday), now, bases).causes[0]


def pay(failing: int = 0, **more: float) -> Period:
    return period(WEB, group("pay charge server", 500, failing=failing, **more))


CAUSES = {
    "failures": (
        first(pay(60), pay(5), pay(1)),
        "pay charge (server) fails of itself: 12 % of 500 (1 % before, 0.2 % yesterday), 59 more"
        " than usual",
    ),
    "failures since before the window": (
        first(pay(60), pay(60), pay(1)),
        "pay charge (server) fails of itself: 12 % of 500 (12 % before, 0.2 % yesterday), 59 more"
        " than usual; it was so in the window before too",
    ),
    "time": (
        first(pay(mean_ms=40), pay(), pay()),
        "pay charge (server) is slower: mean 40 ms of 500 (10 ms before, 10 ms yesterday), 15 s"
        " more in all; nothing inside it, so its own time",
    ),
    "a missing service": (
        first(period(WEB), pay(), period()),
        "service pay is missing: no span of it since 2026-11-24 14:00:00Z, where it would usually"
        " have served 500",
    ),
    "calls of a new version": (
        first(
            period(
                WEB,
                group("web x server", 100, also="2"),
                group("web SELECT client", 3_000, also="2"),
                group("web SELECT client", 1_000, also="1"),
            ),
            period(WEB, group("web SELECT client", 1_000, also="1")),
            period(),
        ),
        "web SELECT (client) is called more often: 3.6 times a request (1 before), 2,900 calls"
        " more than usual; version 2 is new since 2026-11-24 14:00:00Z and to blame (30 a request,"
        " other versions 1 a request)",
    ),
    "calls": (
        first(
            period(WEB, group("web SELECT client", 24_000)),
            period(WEB, group("web SELECT client", 1_000)),
            period(),
        ),
        "web SELECT (client) is called more often: 24 times a request (1 before), 23,000 calls"
        " more than usual",
    ),
}


@pytest.mark.parametrize(("cause", "text"), CAUSES.values(), ids=CAUSES)
def test_causes_in_words(cause: Cause, text: str) -> None:
    assert cause_text(cause) == text


def test_what_the_bad_spans_share_is_told_with_the_cause() -> None:
    in_bad = {"pod": {"b": 57, "a": 3}, "otel.status_description": {"disk full": 60}}
    in_all = {"pod": {"b": 150, "a": 350}, "otel.status_description": {"disk full": 60, "": 440}}
    common = contrast(in_bad, in_all, 60, 500)
    text = cause_text(first(pay(60), pay(5), pay(1)), common)
    assert '; 95 % of the failing ones have pod="b" (21.1 % of the others, ' in text
    assert text.endswith('; 100 % say "disk full"')


def test_which_calls_are_slow_is_told_where_no_cause_is_known() -> None:
    in_bad, in_all = {"server.address": {"bank": 60}}, {"server.address": {"bank": 90, "x": 410}}
    common = contrast(in_bad, in_all, 60, 500)
    text = cause_text(first(pay(mean_ms=40), pay(), pay()), common)
    assert text.endswith('; 100 % of them are calls of server.address="bank"')


def test_names_from_strangers_are_data() -> None:
    name = HOSTILE.replace(" ", "_")
    now, then = (
        period(WEB, group(f"{name} {name} server", 500, failing=failing)) for failing in (60, 0)
    )
    text = cause_text(first(now, then, then))
    assert "\n" not in text
    assert not any(mark in text for mark in HIDDEN)
    found = Changes((), (Presence("new service", name, "", START_NS, 50),), (), 1)
    assert not any(mark in line for line in presence_lines(found) for mark in HIDDEN)


def test_what_came_is_listed_and_the_rest_counted() -> None:
    presences = tuple(Presence("new version", "web", f"2.{n}", START_NS, 50) for n in range(7))
    presences += (Presence("gone", "pay", "", START_NS, 50),)
    traffic = tuple(Traffic(f"s{n}", 0.25, 100, 400) for n in range(6))
    lines = presence_lines(Changes((), presences, traffic, 1))
    assert lines[0] == "new version: web 2.0, since 2026-11-24 14:00:00Z, 50 spans"
    assert lines[4] == "3 more that are new"
    assert lines[5] == "traffic of service s0: 100 served, 400 expected (0.25x)"
    assert lines[-1] == "2 more services with other traffic"


def test_what_follows_is_told_in_short() -> None:
    now = period(
        root("web x server", 500, mean_ms=400),
        group("pay charge server", 500, mean_ms=350),
        group("pay POST client", 500, mean_ms=320),
    )
    then = period(
        root("web x server", 500, mean_ms=100),
        group("pay charge server", 500, mean_ms=50),
        group("pay POST client", 500, mean_ms=20),
    )
    told = causes(changes(now, then, then), now, [then, then])
    assert [follower_text(one) for one in told.followers] == [
        "pay charge (server) mean 350 ms (50 ms)",
        "web x (server) mean 400 ms (100 ms)",
    ]


def test_how_it_was_judged_is_said_with_its_bounds() -> None:
    text = how_text(Changes((), (), (), 18))
    assert text.startswith("How: 18 groups of service, operation and kind compared, with 20 spans")
    assert "chance does in fewer than 1 of 1,000 answers" in text
