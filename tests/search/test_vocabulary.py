"""The vocabulary: what is known, what is near."""

import pytest

from vtmcp.search.spelling import NEAR_COUNT
from vtmcp.search.terms import words
from vtmcp.search.vocabulary import Vocabulary, surfaces_of

TEXTS = ["Set -retentionPeriod on the OpenTelemetry collector", "services in Grafana"]


def vocabulary_of(texts: list[str]) -> Vocabulary:
    return Vocabulary(surfaces_of(texts), len)


KNOWN = {
    "as it stands there": "grafana",
    "another form": "service",
    "by its parts": "collector.period",
    "by a synonym": "svc",
}

UNKNOWN = {
    "misspelled": ("garfana", ("Grafana",)),
    "a flag": ("-retentonPeriod", ("-retentionPeriod", "retention")),
    "a product name": ("opentelmetry", ("OpenTelemetry",)),
    "nothing like it": ("xylophone", ()),
    "one part of two": ("grafana.kolector", ("collector",)),
    "only a little like it": ("sec", ("Set",)),
    "of the same family": ("collectibles", ("collector",)),
}


@pytest.mark.parametrize("text", KNOWN.values(), ids=KNOWN)
def test_a_word_is_known(text: str) -> None:
    (word,) = words(text)
    assert not vocabulary_of(TEXTS).is_unknown(word)


@pytest.mark.parametrize(("text", "near"), UNKNOWN.values(), ids=UNKNOWN)
def test_a_word_is_unknown_and_near_to_others(text: str, near: tuple[str, ...]) -> None:
    (word,) = words(text)
    vocabulary = vocabulary_of(TEXTS)
    assert vocabulary.is_unknown(word)
    assert vocabulary.suggestions(word) == near


SURFACES = {
    "the form that is written most often": ("Tracing a trace, a trace", "trac", "trace"),
    "a word before a part of a name": (
        "retention -a.retentions -b.retentions",
        "retent",
        "retention",
    ),
    "a part as it is written": ("-retentionPeriod", "retent", "retention"),
    "a piece of several parts": ("-servicegraph.enableTask", "enabletask", "enableTask"),
    "a name in a path": ("/select/logsql/field_names", "fieldnam", "field_names"),
    "the first of forms as frequent": ("storing stored", "stor", "storing"),
}


@pytest.mark.parametrize(("text", "term", "surface"), SURFACES.values(), ids=SURFACES)
def test_a_term_is_shown_as_a_word_that_people_write(text: str, term: str, surface: str) -> None:
    assert surfaces_of([text])[term] == surface


def test_suggestions_are_few() -> None:
    vocabulary = vocabulary_of(["grafana1 grafana2 grafana3 grafana4"])
    (word,) = words("grafana5")
    assert len(vocabulary.suggestions(word)) == NEAR_COUNT


SPLIT = {
    "two words": ("collectorservices", ("collector", "servic")),
    "the longest first part": ("servicesgrafana", ("servic", "grafana")),
    "an unknown part": ("collectorxyz", ()),
    "too short a part": ("ingrafana", ()),
}


@pytest.mark.parametrize(("text", "parts"), SPLIT.values(), ids=SPLIT)
def test_a_word_may_be_two(text: str, parts: tuple[str, ...]) -> None:
    (word,) = words(text)
    assert vocabulary_of(TEXTS).split(word) == parts
