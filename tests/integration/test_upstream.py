"""A run says which database it asked, and a retold story is the same under new names."""

import pytest

from tests.integration.stories import TRACES, retold, rows, traces_of
from tests.integration.upstream import VARIABLE, mode


def test_a_run_says_that_it_replays(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(VARIABLE, raising=False)
    assert mode() == "integration: replaying recorded answers (VT_TEST_ENTRYPOINT is not set)"


def test_a_run_says_which_database_it_asks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(VARIABLE, "http://db:10428")
    assert mode() == "integration: asking the real VictoriaTraces at http://db:10428"


@pytest.mark.parametrize("recording", TRACES.values(), ids=TRACES)
def test_a_retold_story_differs_in_names_and_times_alone(recording: str) -> None:
    (trace,) = traces_of(recording)
    told = retold(trace, trace_id="ab" * 16, suffix="-x", end_us=10**15)
    before, after = rows(trace), rows(told)
    assert told["traceID"] == "ab" * 16
    assert {row.service for row in after} == {
        f"{row.service}-x" if row.service else "" for row in before
    }
    assert max(row.start_us + row.duration_us for row in after) == 10**15
    shifts = {new.start_us - old.start_us for old, new in zip(before, after, strict=True)}
    assert len(shifts) == 1
    kept = ("span_id", "parent_span_id", "name", "duration_us", "status", "tags", "events")
    for old, new in zip(before, after, strict=True):
        assert [getattr(old, name) for name in kept] == [getattr(new, name) for name in kept]
