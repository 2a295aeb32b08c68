"""The counts of all: added up, and never less than before."""

import json
from typing import Any

import pytest

from vtmcp.metrics import OTHER, Registry, Snapshot, render
from vtmcp.workers import counts as counts_module
from vtmcp.workers.counts import Counts


def counted(calls: int, running: int = 0, **clients: int) -> Snapshot:
    """What a worker says that has counted so much, after a way through JSON."""
    registry = Registry()
    registry.counter("calls_total", "Calls.").add(amount=calls)
    registry.gauge("running", "Calls that run.").set(running)
    seconds = registry.histogram("seconds", "Times.", bounds=(1, 2))
    for _ in range(calls):
        seconds.observe(1.5)
    met = registry.counter("clients_total", "Clients.", {"name": None})
    for name, number in clients.items():
        met.add(name, amount=number)
    found: Snapshot = json.loads(json.dumps(registry.snapshot()))
    return found


def shown(counts: Counts, own: Snapshot = []) -> dict[str, str]:  # noqa: B006 - only read
    lines = render([counts.total(own)]).splitlines()
    return dict(line.rsplit(" ", 1) for line in lines if not line.startswith("#"))


def test_the_last_word_of_each_worker_counts() -> None:
    counts = Counts()
    counts.take(0, counted(1, running=1))
    counts.take(0, counted(3, running=2))
    counts.take(1, counted(4, running=5))
    own = counted(0)
    own[0]["series"] = [[[], [10]]]
    found = shown(counts, own)
    assert (found["calls_total"], found["running"], found["seconds_count"]) == ("17", "7", "7")


def test_what_a_dead_worker_counted_stays_and_what_it_held_goes() -> None:
    counts = Counts()
    counts.take(0, counted(3, running=2, a=1))
    counts.take(1, counted(4, running=5, b=2))
    counts.lose(0)
    assert shown(counts)["calls_total"] == "7"
    assert shown(counts)["running"] == "5"
    counts.take(0, counted(1, running=1, a=1))
    counts.lose(0)
    found = shown(counts)
    assert (found["calls_total"], found["running"], found["seconds_count"]) == ("8", "5", "8")
    assert (found['clients_total{name="a"}'], found['clients_total{name="b"}']) == ("2", "2")
    counts.lose(1)
    counts.lose(1)
    assert shown(counts)["calls_total"] == "8"
    assert "running" not in shown(counts)


def test_what_many_dead_workers_met_stays_within_bounds(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(counts_module, "LABEL_SETS_MAX", 3)
    counts = Counts()
    for life in range(5):
        more: dict[str, Any] = {f"one{life}": 1, f"two{life}": 1}
        counts.take(0, counted(1, **more))
        counts.lose(0)
    found = {name: int(value) for name, value in shown(counts).items() if "clients" in name}
    assert len(found) == 4
    assert found[f'clients_total{{name="{OTHER}"}}'] == 7
    assert sum(found.values()) == 10
