"""Counts as Prometheus reads them: by a real parser, with hostile labels, of several processes."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from prometheus_client.parser import text_string_to_metric_families

from vtmcp.metrics import (
    LABEL_SETS_MAX,
    OTHER,
    VALUE_CHARS_MAX,
    Registry,
    render,
)

BOUNDS = (0.1, 1, 2.5)


def parsed(text: str) -> dict[tuple[str, tuple[tuple[str, str], ...]], float]:
    """Each sample by name and labels, as a real parser reads it."""
    return {
        (sample.name, tuple(sorted(sample.labels.items()))): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }


def scraped(registry: Registry) -> dict[tuple[str, tuple[tuple[str, str], ...]], float]:
    return parsed(render([registry.snapshot()]))


def test_the_text_is_that_of_the_format() -> None:
    registry = Registry()
    registry.counter("a_total", "Back\\slash and\nline.").add(amount=2)
    registry.gauge("b", "Now.", {"x": None, "y": None}).set(-1.5, "1", "2")
    registry.histogram("c_seconds", "Time.", {"z": ("one",)}, bounds=BOUNDS).observe(1, "one")
    assert render([registry.snapshot()]).splitlines() == [
        r"# HELP a_total Back\\slash and\nline.",
        "# TYPE a_total counter",
        "a_total 2",
        "# HELP b Now.",
        "# TYPE b gauge",
        'b{x="1",y="2"} -1.5',
        "# HELP c_seconds Time.",
        "# TYPE c_seconds histogram",
        'c_seconds_bucket{z="one",le="0.1"} 0',
        'c_seconds_bucket{z="one",le="1"} 1',
        'c_seconds_bucket{z="one",le="2.5"} 1',
        'c_seconds_bucket{z="one",le="+Inf"} 1',
        'c_seconds_sum{z="one"} 1',
        'c_seconds_count{z="one"} 1',
    ]
    assert render([]) == ""


def test_a_parser_knows_the_types_and_the_buckets() -> None:
    registry = Registry()
    seconds = registry.histogram("c_seconds", "Time.", bounds=BOUNDS)
    for number in (0.1, 0.2, 1, 2.6, 100):
        seconds.observe(number)
    [family] = text_string_to_metric_families(render([registry.snapshot()]))
    assert (family.name, family.type, family.documentation) == ("c_seconds", "histogram", "Time.")
    counts = {sample.labels.get("le", sample.name): sample.value for sample in family.samples}
    assert counts == {
        **{"0.1": 1, "1": 3, "2.5": 3, "+Inf": 5},
        **{"c_seconds_count": 5, "c_seconds_sum": 103.9},
    }


BEGINNINGS: dict[str, tuple[Any, int]] = {
    # What is made, how many samples there are before anything is counted.
    "a counter is at zero": (lambda registry: registry.counter("a_total", "A."), 1),
    "a counter that is looked up is absent": (
        lambda registry: registry.counter("a_total", "A.", begins=False),
        0,
    ),
    "a counter by label is absent": (lambda registry: registry.counter("a", "A.", {"x": None}), 0),
    "a counter by label can be begun": (
        lambda registry: registry.counter("a", "A.", {"x": None}).begin("1"),
        1,
    ),
    "a gauge is absent": (lambda registry: registry.gauge("a", "A."), 0),
    "a histogram is at zero": (lambda registry: registry.histogram("a", "A.", bounds=BOUNDS), 6),
}


@pytest.mark.parametrize(("make", "samples"), BEGINNINGS.values(), ids=BEGINNINGS)
def test_before_anything_is_counted(make: Any, samples: int) -> None:
    registry = Registry()
    make(registry)
    assert list(scraped(registry).values()) == [0] * samples


VALUES: dict[str, tuple[str, str]] = {
    # As a client says it; as a parser reads it again.
    "a plain one": ("claude-ai", "claude-ai"),
    "nothing": ("", ""),
    "quotes": ('a"} 1\nb{c="', 'a"} 1\nb{c="'),
    "backslashes": ("\\n\\", "\\n\\"),
    "a line break": ("a\nb", "a\nb"),
    "a return": ("a\rb", "a\ufffdb"),
    "controls and colours": ("\x00\x1b[31m\x7f", "\ufffd\ufffd[31m\ufffd"),
    "marks of direction": ("\u202eevil\u2066", "\ufffdevil\ufffd"),
    "other ends of lines": ("a\u2028b\x85c", "a\ufffdb\ufffdc"),
    "half of a pair": ("\ud800", "\ufffd"),
    "another script": ("トレース", "トレース"),
    "too long": ("x" * 1_000_000, "x" * VALUE_CHARS_MAX),
}


@pytest.mark.parametrize(("said", "read"), VALUES.values(), ids=VALUES)
def test_a_label_cannot_break_the_text(said: str, read: str) -> None:
    registry = Registry()
    counter = registry.counter("a_total", "A.", {"x": None})
    counter.add(said)
    counter.add(said)
    assert scraped(registry) == {("a_total", (("x", read),)): 2}
    render([registry.snapshot()]).encode()


@given(st.text(max_size=200), st.text(max_size=200))
def test_any_label_is_read_again_as_one(first: str, second: str) -> None:
    registry = Registry()
    registry.counter("a_total", "A.", {"x": None, "y": None}).add(first, second)
    [((name, labels), value)] = scraped(registry).items()
    assert (name, len(labels), value) == ("a_total", 2, 1)


def test_what_is_not_in_the_vocabulary_is_other() -> None:
    registry = Registry()
    counter = registry.counter("a_total", "A.", {"x": ("known", "")})
    for value in ("known", "", "invented", "another"):
        counter.add(value)
    assert {labels[0][1]: value for (_, labels), value in scraped(registry).items()} == {
        **{"known": 1, "": 1, OTHER: 2},
    }


def test_beyond_the_bound_free_labels_are_other_and_fixed_ones_stay() -> None:
    registry = Registry()
    counter = registry.counter("a_total", "A.", {"free": None, "fixed": ("yes", "no")})
    for number in range(LABEL_SETS_MAX * 3):
        counter.add(f"client {number}", "yes")
    counter.add("client 0", "yes")
    counter.add("late", "no")
    counter.add("late", "invented")
    found = {tuple(value for _, value in labels): n for (_, labels), n in scraped(registry).items()}
    # Labels are sorted by name: fixed, free.
    assert found["yes", "client 0"] == 2
    assert found["yes", OTHER] == LABEL_SETS_MAX * 2
    assert (found["no", OTHER], found[OTHER, OTHER]) == (1, 1)
    assert sum(found.values()) == LABEL_SETS_MAX * 3 + 3
    assert len(found) == LABEL_SETS_MAX + 3


def test_a_name_is_taken_once() -> None:
    registry = Registry()
    registry.gauge("a", "A.")
    with pytest.raises(ValueError, match="two families are called a"):
        registry.counter("a", "A.")


def test_the_number_of_labels_is_that_of_the_family() -> None:
    with pytest.raises(ValueError, match="zip"):
        Registry().counter("a_total", "A.", {"x": None}).add("1", "2")


def test_what_is_looked_up_is_looked_up_for_each_snapshot() -> None:
    registry = Registry()
    gauge, total = registry.gauge("a", "A."), registry.counter("b_total", "B.")
    numbers = iter((3, 5))

    def look() -> None:
        number = next(numbers)
        gauge.set(number)
        total.set(number * 10)

    registry.before_snapshot(look)
    assert list(scraped(registry).values()) == [3, 30]
    assert list(scraped(registry).values()) == [5, 50]


# ---- several processes -----------------------------------------------------------------------


def worker(start_s: float, calls: int) -> Any:
    """The snapshot of one process, after a way through JSON."""
    registry = Registry()
    counter = registry.counter("calls_total", "Calls.", {"tool": None})
    counter.add("trace", amount=calls)
    registry.histogram("seconds", "Time.", bounds=BOUNDS).observe(calls / 10)
    registry.gauge("running", "Now.").set(calls)
    registry.gauge("start", "Start.", merge="min").set(start_s)
    registry.gauge("build", "1.", {"version": None}, merge="max").set(1, "0.1")
    if calls > 1:
        counter.add("span")
        registry.gauge("only_here", "Of one.").set(7)
    return json.loads(json.dumps(registry.snapshot()))


def test_processes_are_added_up() -> None:
    workers = [worker(200.5, 1), worker(100.25, 20)]
    before = json.dumps(workers)
    assert parsed(render(workers)) == {
        ("calls_total", (("tool", "trace"),)): 21,
        ("calls_total", (("tool", "span"),)): 1,
        ("seconds_bucket", (("le", "0.1"),)): 1,
        ("seconds_bucket", (("le", "1"),)): 1,
        ("seconds_bucket", (("le", "2.5"),)): 2,
        ("seconds_bucket", (("le", "+Inf"),)): 2,
        ("seconds_sum", ()): 2.1,
        ("seconds_count", ()): 2,
        ("running", ()): 21,
        ("start", ()): 100.25,
        ("build", (("version", "0.1"),)): 1,
        ("only_here", ()): 7,
    }
    assert json.dumps(workers) == before, "snapshots are not changed by being added up"
    # All samples of a family stand together, under one head.
    heads = [line for line in render(workers).splitlines() if line.startswith("# TYPE")]
    assert len(heads) == len(set(heads)) == 6
