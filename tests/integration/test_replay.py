"""The server that replays answers only to the question that was recorded."""

import urllib.error
import urllib.request

import pytest

from tests.integration.replay import question, replaying

TENANT = {"AccountID": "7", "ProjectID": "3"}
SEARCH = "/select/jaeger/api/traces?service=gateway"

SAME = {
    "another time": f"{SEARCH}&start=1&end=2",
    "another limit": f"{SEARCH}&limit=7",
    "nothing for a condition": f"{SEARCH}&operation=",
}
OTHER = {
    "another service": "/select/jaeger/api/traces?service=gate",
    "one condition more": f"{SEARCH}&operation=GET",
    "another path": "/select/jaeger/api/services?service=gateway",
}


@pytest.mark.parametrize("target", SAME.values(), ids=SAME)
def test_a_question_is_the_same_at_any_time(target: str) -> None:
    assert question(target, TENANT) == question(SEARCH, TENANT)


@pytest.mark.parametrize("target", OTHER.values(), ids=OTHER)
def test_a_question_is_another_for_any_other_condition(target: str) -> None:
    assert question(target, TENANT) != question(SEARCH, TENANT)


def test_a_question_is_another_for_another_tenant() -> None:
    assert question(SEARCH, TENANT) != question(SEARCH, {})
    assert question(SEARCH, {}) == question(SEARCH, {"AccountID": "0"})


def test_tags_are_compared_as_what_they_mean() -> None:
    written = "/select/jaeger/api/traces?service=a&tags={}"
    assert question(written.format('{"a": "1", "b": "2"}'), {}) == question(
        written.format('{"b":"2","a":"1"}'), {}
    )


@pytest.mark.parametrize("name", ["minDuration", "maxDuration"])
def test_durations_are_compared_as_what_they_mean(name: str) -> None:
    asked = [question(f"{SEARCH}&{name}={text}", {}) for text in ("10ms", "10000001ns", "11ms")]
    assert asked[0] == asked[1] != asked[2]


def test_what_is_not_recorded_is_refused_in_words() -> None:
    with replaying() as url, pytest.raises(urllib.error.HTTPError) as refused:
        urllib.request.urlopen(f"{url}/select/nothing", timeout=5)
    with refused.value as answer:
        assert answer.read() == b"no answer to /select/nothing is recorded"
    assert refused.value.code == 400
