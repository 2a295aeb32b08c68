"""A typed face for rank_bm25. Imported late, and for an operator's own pages only: numpy is heavy.

For the shipped corpus the same numbers are computed ahead of time by `build`. Must not be here:
what a term is, and what a score means to a reader.
"""

from collections.abc import Sequence

from rank_bm25 import BM25Plus  # type: ignore[import-untyped]

TERM_SATURATION = 1.2
"""BM25's k1: how much a term's second and third time in a passage add."""

LENGTH_WEIGHT = 0.7
"""BM25's b: how much a long passage is held back."""


class Scorer:
    """BM25 over documents that are lists of terms; at least one must have a term.

    Of rank_bm25's kinds this is BM25Plus without its delta. BM25Okapi found as much when measured
    (`benchmarks/docs_search.py`), but gives common terms of a small corpus a weight below zero; the
    delta adds the same to every document, also to those without the term, which ranks nothing.
    """

    def __init__(self, documents: Sequence[Sequence[str]]) -> None:
        self._bm25 = BM25Plus(
            [list(terms) for terms in documents],
            k1=TERM_SATURATION,
            b=LENGTH_WEIGHT,
            delta=0,
        )
        self._postings: dict[str, tuple[tuple[int, float], ...]] = {}

    def postings(self, term: str) -> tuple[tuple[int, float], ...]:
        """The documents that have a term, by number, each with its score for it."""
        found = self._postings.get(term)
        if found is None:
            scores: list[float] = self._bm25.get_scores([term]).tolist()
            found = tuple((number, score) for number, score in enumerate(scores) if score > 0)
            self._postings[term] = found
        return found

    def weight(self, term: str) -> float:
        """How much a term tells documents apart; 0 for one that is in none."""
        return float(self._bm25.idf.get(term, 0.0))

    @property
    def terms(self) -> list[str]:
        """All terms of the documents, in order."""
        return sorted(self._bm25.idf)
