"""What is said of groups of spans, to the line."""

from typing import Any

import pytest

from tests.traces.samples import MS, S
from tests.traces.test_span_groups import stats
from vtmcp.traces.span_groups import compare_groups, sort_groups
from vtmcp.traces.span_groups_text import Table, Totals, name_of, rate, span_groups_text
from vtmcp.traces.spans import SpanStats

HOUR_NS = 3_600 * S


def text(now: list[SpanStats], before: list[SpanStats] | None = None, **more: Any) -> list[str]:
    """The lines of an answer of these groups."""
    compared = compare_groups(now, before or [])
    table = Table(
        subject="all spans, then",
        by=more.pop("by", ["service"]),
        length_ns=HOUR_NS,
        now=Totals(sum(one.count for one in now), sum(one.errors for one in now)),
        other="an hour ago" if before else "",
        before=Totals(1_000, 2),
        groups=sort_groups(compared, "excess"),
        gone=[one for one in compared if one.now is None],
        notes=more.pop("notes", ()),
        are_all=more.pop("are_all", True),
    )
    defaults = {"limit": 20, "max_bytes": 24_000, "notice": "", "more_call": "more()"}
    return span_groups_text(table, **{**defaults, "next_call": "", **more}).split("\n")


def test_what_got_worse_comes_first() -> None:
    slow = stats("bank", p95_ns=900 * MS, p99_ns=S, max_ns=2 * S, sum_ns=60 * S)
    now = [stats("pay", errors=81), slow]
    lines = text(now, [stats("pay", errors=2), stats("bank")], notes=["A note."], notice="Demo.")
    assert lines == [
        "2,000 spans, 33.3/min, 4.0 % failed (before 16.7/min, 0.2 %): all spans, then;"
        " before: an hour ago.",
        "Errors rose, most in pay 0.2 % -> 8.1 % (+79).",
        "Slower, most by factor: bank p50 10 ms -> 10 ms, p95 10 ms -> 900 ms (x90).",
        "Demo.",
        "A note.",
        "By service; before in brackets; what calls a slow or failing span has its excess too:",
        "pay  1,000 spans  16.7/min (16.7/min)  errors 8.1 % (0.2 %)  p50 10 ms (10 ms)"
        "  p95 10 ms (10 ms)  p99 10 ms (10 ms)  max 10 ms (10 ms)  excess +79 errors",
        "bank  1,000 spans  16.7/min (16.7/min)  errors 0 % (0 %)  p50 10 ms (10 ms)"
        "  p95 900 ms (10 ms)  p99 1 s (10 ms)  max 2 s (10 ms)  excess +50 s",
    ]


def test_healthy_traffic_is_called_so() -> None:
    lines = text([stats()], [stats()], next_call="next()")
    assert lines[1:3] == [
        "Errors: no group fails more than chance explains.",
        "Durations: no group is slower than chance explains.",
    ]
    assert lines[-1] == "Next: next()"


def test_new_groups_and_those_that_are_gone() -> None:
    now = [stats(), stats("new", 40), stats("rare", 3)]
    before = [stats(), *(stats(f"old{n}", 50 + n) for n in range(7)), stats("few", 2)]
    lines = text(now, before)
    assert lines[3] == (
        "New: new (40 spans); 1 of under 30 spans. Gone: old6 (56 spans); old5 (55 spans);"
        " old4 (54 spans); old3 (53 spans); old2 (52 spans); 2 more; 1 of under 30 spans."
    )
    assert "few: under 30 spans, whose shares and quantiles mean little:" in lines[4]
    assert lines[-2].startswith("new  40 spans")
    assert lines[-2].endswith("  new")
    assert lines[-1].endswith("  new  few")
    assert not any("New:" in line for line in text(now, before, are_all=False))


def test_the_worst_are_named_and_the_others_counted() -> None:
    names = [f"g{n}" for n in range(5)]
    now = [stats(name, errors=100 + n, p95_ns=S * (n + 1)) for n, name in enumerate(names)]
    lines = text(now, [stats(name) for name in names])
    assert lines[1].startswith("Errors rose, most in g4 0 % -> 10.4 % (+104); g3")
    assert lines[1].endswith("; 2 more.")
    assert lines[2].startswith("Slower, most by factor: g4 p50")
    assert lines[2].endswith("; 2 more.")


def test_without_a_window_to_compare_with() -> None:
    lines = text([stats("a", errors=9), stats("b", 10)])
    assert lines == [
        "1,010 spans, 16.8/min, 0.9 % failed: all spans, then.",
        "Most failures in a 0.9 % (9).",
        "By service; few: under 30 spans, whose shares and quantiles mean little:",
        "a  1,000 spans  16.7/min  errors 0.9 %  p50 10 ms  p95 10 ms  p99 10 ms  max 10 ms",
        "b  10 spans  10/h  errors 0 %  p50 10 ms  p95 10 ms  p99 10 ms  max 10 ms  few",
    ]
    assert text([stats()])[1] == "No span failed."


def test_what_is_beyond_the_limit_is_counted() -> None:
    lines = text([stats("a"), stats("b"), stats("c")], limit=1, next_call="next()")
    assert lines[-1] == "Left out: 2 groups. Next: more()"


RATES = {
    "many": (7_200_000, "2,000/s"),
    "some a second": (36_000, "10/s"),
    "some a minute": (600, "10/min"),
    "some an hour": (7, "7/h"),
    "none": (0, "0/h"),
}


@pytest.mark.parametrize(("count", "words"), RATES.values(), ids=RATES)
def test_a_rate_is_in_a_unit_that_can_be_read(count: int, words: str) -> None:
    assert rate(count, HOUR_NS) == words


NAMES = {
    "one": (("pay",), "pay"),
    "two": (("pay", "POST /charge"), "pay, POST /charge"),
    "a value that is not there": (("", "x"), "(none), x"),
    "no field": ((), "all"),
    "a stranger's": (("a\x1b[31m\nb",), '"a\\nb"'),
}


@pytest.mark.parametrize(("keys", "words"), NAMES.values(), ids=NAMES)
def test_the_name_of_a_group(keys: tuple[str, ...], words: str) -> None:
    assert name_of(keys) == words


def test_all_spans_as_one_group() -> None:
    one = SpanStats((), 100, 0, S, 10 * MS, 10 * MS, 10 * MS, 10 * MS)
    assert text([one], [one], by=[])[-2].startswith("All together; before in brackets")
