"""BM25 behind its typed face."""

import pytest

from vtmcp.search.scoring import Scorer

DOCUMENTS = [["disk", "full", "disk"], ["disk", "trace"], ["trace"], []]

POSTINGS = {
    "a term of one document": ("full", [0]),
    "more of a term is better": ("disk", [0, 1]),
    "a shorter document is better": ("trace", [2, 1]),
    "an unknown term": ("kafka", []),
}


@pytest.mark.parametrize(("term", "order"), POSTINGS.values(), ids=POSTINGS)
def test_documents_have_scores(term: str, order: list[int]) -> None:
    postings = Scorer(DOCUMENTS).postings(term)
    assert [number for number, _ in sorted(postings, key=lambda found: -found[1])] == order
    assert all(score > 0 for _, score in postings)


def test_scores_are_computed_once() -> None:
    scorer = Scorer(DOCUMENTS)
    assert scorer.postings("disk") is scorer.postings("disk")


def test_a_rare_term_weighs_more_and_an_unknown_one_nothing() -> None:
    scorer = Scorer(DOCUMENTS)
    assert scorer.weight("full") > scorer.weight("disk") > scorer.weight("kafka") == 0


def test_the_terms_are_listed_in_order() -> None:
    assert Scorer(DOCUMENTS).terms == ["disk", "full", "trace"]


def test_a_corpus_of_one_document_has_weights_too() -> None:
    assert Scorer([["disk"]]).postings("disk")[0][1] > 0
