"""The table of words with the same meaning."""

import pytest

from vtmcp.search.synonyms import GROUPS, synonyms
from vtmcp.search.terms import STOP_WORDS, terms

ALIKE = {
    # Stems.
    "svc": "servic",
    "topology": "graph",
    "fak": "generat",
    "ha": "availability",
}


@pytest.mark.parametrize(("word", "other"), ALIKE.items())
def test_a_word_finds_another_and_is_found_by_it(word: str, other: str) -> None:
    assert other in synonyms(word)
    assert word in synonyms(other)


def test_a_word_is_not_its_own_synonym() -> None:
    assert not [term for term in ("time", "search", "delet") if term in synonyms(term)]


def test_most_words_have_none() -> None:
    assert synonyms("opentelemetry") == ()


@pytest.mark.parametrize(("group", "reason"), GROUPS)
def test_a_group_has_a_reason_and_words_that_can_be_asked(group: str, reason: str) -> None:
    assert reason
    members = group.split()
    assert len(members) == len(set(members)) > 1
    assert not STOP_WORDS & set(members)
    assert all(terms(member)[0] for member in members)
