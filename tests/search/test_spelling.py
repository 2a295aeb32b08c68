"""Spelling: which words are near, how near, and that it is quick."""

from time import perf_counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vtmcp.search.spelling import (
    ERRORS_MAX,
    ERRORS_PER_CHARS,
    FAR_ERRORS_PER_CHARS,
    NEAR_COUNT,
    Speller,
    distance,
)

DISTANCES = {
    "the same": ("span", "span", 0),
    "a letter too few": ("spn", "span", 1),
    "a letter too many": ("spann", "span", 1),
    "another letter": ("spin", "span", 1),
    "two letters swapped": ("sapn", "span", 1),
    "two mistakes": ("garfanna", "grafana", 2),
    "too many mistakes": ("trace", "span", 4),
    "nothing": ("", "span", 4),
}

KNOWN = ("grafana", "retention", "jaeger", "jagged", "span", "spans", "0.8.2", "trace", "tracer")

RARE = ("tracer", "headless")


def rarity(word: str) -> float:
    return float(word in RARE)


FAR = {
    "a short word with a mistake": ("spn", ["span"]),
    "of one family": ("jaegerized", ["jaeger"]),
    "nothing like it": ("kumquat", []),
    "a short beginning is no family": ("tra!", []),
    "numbers are not misspelled": ("0.8", []),
    "more mistakes than anyone makes": ("xbservibilitimeterrrrr", []),
}

NEAR = {
    "swapped letters": ("garfana", ["grafana"]),
    "the nearest only": ("jaegar", ["jaeger"]),
    "the same first letter comes first": ("xpans", ["spans"]),
    "the more frequent of two": ("tracex", ["trace", "tracer"]),
    "two mistakes in a long word": ("retenshon", ["retention"]),
    "a short word has no mistakes": ("spn", []),
    "nothing like it": ("kumquat", []),
    "numbers are not misspelled": ("0.8.3", []),
    "no word": ("", []),
}


@pytest.mark.parametrize(("one", "other", "errors"), DISTANCES.values(), ids=DISTANCES)
def test_mistakes_are_counted(one: str, other: str, errors: int) -> None:
    assert distance(one, other, 3) == errors


@pytest.mark.parametrize(("word", "near"), NEAR.values(), ids=NEAR)
def test_near_words_are_found(word: str, near: list[str]) -> None:
    assert Speller(KNOWN, rarity).near(word) == near


@pytest.mark.parametrize(("word", "far"), FAR.values(), ids=FAR)
def test_where_no_word_is_near_others_are_offered(word: str, far: list[str]) -> None:
    assert Speller([*KNOWN, "observabilitymetersss"], rarity).near(word) == []
    assert Speller([*KNOWN, "observabilitymetersss"], rarity).far(word) == far


def test_near_words_are_few() -> None:
    assert (
        len(Speller([f"grafana{number}" for number in range(9)], rarity).near("grafanax"))
        == NEAR_COUNT
    )


def test_a_word_is_compared_in_a_moment_with_thousands() -> None:
    known = [f"{one}{other}" for one in KNOWN for other in range(1_000)]
    speller = Speller(known, rarity)
    speller.near("warming")
    start = perf_counter()
    speller.near("retenshon77" * 9)
    speller.far("retenshon77" * 9)
    # Microseconds: words of quite another length are not even looked at.
    assert perf_counter() - start < 0.1


@given(st.text(), st.text(), st.integers(0, 4))
def test_the_distance_is_symmetric_and_bounded(one: str, other: str, errors_max: int) -> None:
    errors = distance(one, other, errors_max)
    assert errors == distance(other, one, errors_max) <= errors_max + 1
    assert (errors == 0) is (one == other)


@given(st.lists(st.text(min_size=1, max_size=12)), st.text(max_size=20))
def test_near_words_are_known_and_near(known: list[str], word: str) -> None:
    errors_max = min(len(word) // ERRORS_PER_CHARS, ERRORS_MAX)
    for other in Speller(known, rarity).near(word):
        assert other in known
        assert distance(word, other, errors_max) <= errors_max


@given(st.lists(st.text(min_size=1, max_size=12)), st.text(max_size=20))
def test_far_words_are_known_and_no_nearer_than_needed(known: list[str], word: str) -> None:
    errors_max = min(len(word) // FAR_ERRORS_PER_CHARS, ERRORS_MAX)
    for other in Speller(known, rarity).far(word):
        assert other in known
        assert other[:5] == word[:5] or distance(word, other, errors_max) <= errors_max
