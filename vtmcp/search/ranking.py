"""Rank passages for a question. Must not be here: files, and how a hit is shown to anyone.

A question's words count as they stand; words of the same meaning and corrected spellings count
less. A passage that has more of the question's words stands before one that has one word often.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import cached_property, lru_cache
from itertools import islice, pairwise
from typing import NamedTuple, Protocol

from vtmcp.search.passage import Passage
from vtmcp.search.synonyms import synonyms
from vtmcp.search.terms import Word, joined_words, terms, words
from vtmcp.search.vocabulary import Vocabulary, surfaces_of

HITS = 10
"""Hits of a search that does not say how many."""

HITS_MAX = 50
"""More than anyone reads; a larger number counts as this one, one below 1 as 1."""

QUERY_CHARS_MAX = 1_000
"""A question has ten words; the rest of a pasted text costs time and finds nothing more."""

QUERY_WORDS_MAX = 60
"""Likewise: of a pasted text with short words the first ones say what it is about."""

CORRECTED_MAX = 8
"""Each unknown term is compared with all terms of the corpus, which takes part of a millisecond."""

HEADING_WEIGHT = 2
"""A term in a heading counts this many times more than once in the text."""

TITLE_WEIGHT = 1
"""A term in the page's title, likewise."""

SYNONYM_WEIGHT = 0.5
"""What the best word of the same meaning counts beside the word itself."""

CORRECTION_WEIGHT = 0.7
"""What a corrected spelling counts beside the word, were it there."""

JOINED_WEIGHT = 0.4
"""What two words side by side add that the corpus also writes as one: `trace id`, `trace_id`."""

COVERAGE_WEIGHT = 0.5
"""The share of a score that a passage gets only for having all of the question's words."""

SECTION_WEIGHT = 0.25
"""What the best passage of a section adds to its others: a long section is cut, but is one."""

HEADED_WEIGHT = 0.2
"""What a passage gains at most by a heading that says what was asked."""

CANDIDATES = HITS_MAX + 10
"""Passages whose headings are looked at: those that can still be shown, with some to fold."""

SAME_MIN = 0.8
"""The share of common terms, of all terms of two passages, from which on they say the same."""

HEADINGS_MAX = 4_096
"""Headings kept as terms: those of the shipped corpus several times over."""

TERM_SETS_MAX = 256
"""Sets of terms kept to find out what says the same: those of the hits of some searches."""


class Hit(NamedTuple):
    """A passage that answers, better with a higher score; `same` are addresses of its likes.

    A score is a share of what a passage with all of the question's words would have, so that hits
    of several indexes can be put in one order.
    """

    passage: Passage
    score: float
    same: tuple[str, ...] = ()


class UnknownTerm(NamedTuple):
    """A word of a question that the corpus does not have, and the words of it that are near."""

    word: str
    near: tuple[str, ...]


class Weights(Protocol):
    """What an index has to know of its passages, computed at the first search or ahead of time."""

    @property
    def surfaces(self) -> dict[str, str]:
        """All terms, each as it is written."""

    def postings(self, term: str) -> Iterable[tuple[int, float]]:
        """The passages that have a term, by number, each with its score for it."""

    def weight(self, term: str) -> float:
        """How much a term tells passages apart."""

    def are_alike(self, one: int, other: int) -> bool:
        """Say whether two passages say the same."""


class Index:
    """Passages, searchable. Cheap to make: the first search builds what it needs, once."""

    def __init__(self, passages: Iterable[Passage], weights: Weights | None = None) -> None:
        self.passages = tuple(passages)
        self._given = weights

    def search(self, query: str, limit: int = HITS) -> list[Hit]:
        """The best passages, best first, near-duplicates folded; `limit` is held to 1..50."""
        asked = self._asked(query)
        scored = self._with_sections(dict(self._scored(asked)))
        best = _ranked(scored.items())[:CANDIDATES]
        return self._folded(_ranked(self._with_headings(best, asked)), min(max(limit, 1), HITS_MAX))

    def unknown_terms(self, query: str) -> tuple[UnknownTerm, ...]:
        """The words of a question that are nowhere in the corpus, with near ones that are."""
        unknown = (word for word in query_words(query) if self._vocabulary.is_unknown(word))
        return tuple(
            UnknownTerm(word.surface, self._vocabulary.suggestions(word))
            for word in islice(unknown, CORRECTED_MAX)
        )

    def known_words(self, query: str) -> int:
        """How many of a question's words lead anywhere, spelling mistakes among them."""
        return len(self._asked(query))

    def passage(self, address: str) -> Passage | None:
        """The passage at an address such as `docs://flags.md#3`; None if there is none."""
        return self._by_address.get(address)

    @cached_property
    def _by_address(self) -> dict[str, Passage]:
        return {passage.address: passage for passage in self.passages}

    @cached_property
    def _weights(self) -> Weights:
        return self._given or _ComputedWeights(self.passages)

    @cached_property
    def _vocabulary(self) -> Vocabulary:
        return Vocabulary(self._weights.surfaces, self._weights.weight)

    def _asked(self, query: str) -> list[dict[str, float]]:
        """For each word of a question that leads anywhere: the terms to look for, with weights."""
        asked = query_words(query)
        corrections = self._corrections(asked)
        weighed = {word.whole: self._weighed(word, corrections) for word in asked}
        for one, other, term in joined_words(query[:QUERY_CHARS_MAX]):
            weights = weighed.get(one.whole, weighed.get(other.whole))
            if weights is not None and term in self._vocabulary:
                weights.setdefault(term, JOINED_WEIGHT)
        return [weights for weights in weighed.values() if weights]

    def _corrections(self, asked: Iterable[Word]) -> dict[str, tuple[str, ...]]:
        """For terms that are not in the corpus, those that are probably meant."""
        known = self._vocabulary
        unknown = (
            (word, term)
            for word in asked
            if known.is_unknown(word)
            for term in word.terms
            if term not in known
        )
        return {
            term: known.split(word) or tuple(known.near(term)[:1])
            for word, term in islice(unknown, CORRECTED_MAX)
        }

    def _weighed(self, word: Word, corrections: dict[str, tuple[str, ...]]) -> dict[str, float]:
        meant = [other for term in word.terms for other in corrections.get(term, ())]
        alike_meant = (other for term in meant for other in synonyms(term))
        alike = (other for term in word.terms for other in synonyms(term))
        weights = (
            dict.fromkeys(alike_meant, SYNONYM_WEIGHT * CORRECTION_WEIGHT)
            | dict.fromkeys(alike, SYNONYM_WEIGHT)
            | dict.fromkeys(meant, CORRECTION_WEIGHT)
            | dict.fromkeys(word.terms, 1.0)
        )
        return {term: weight for term, weight in weights.items() if term in self._vocabulary}

    def _scored(self, asked: Sequence[dict[str, float]]) -> Iterator[tuple[int, float]]:
        """Numbers of the passages that have any of the words, with their scores."""
        totals: dict[int, float] = {}
        covered: dict[int, float] = {}
        importance_of_all = 0.0
        for weights in asked:
            importance = self._importance(weights)
            importance_of_all += importance
            scores, shares = self._of_word(weights)
            for number, score in scores.items():
                totals[number] = totals.get(number, 0.0) + score
                share = importance * shares[number]
                covered[number] = covered.get(number, 0.0) + share
        for number, total in totals.items():
            share = covered[number] / importance_of_all
            yield number, total / importance_of_all * share_weight(share)

    def _with_sections(self, scores: dict[int, float]) -> dict[int, float]:
        """Scores in which the passages of a long section help each other."""
        best: dict[int, float] = {}
        for number, score in scores.items():
            section = self._sections.get(number)
            if section is not None and score > best.get(section, 0.0):
                best[section] = score
        return {
            number: score
            if number not in self._sections
            else score + SECTION_WEIGHT * (best[self._sections[number]] - score)
            for number, score in scores.items()
        }

    def _with_headings(
        self, ranked: Iterable[tuple[int, float]], asked: Iterable[dict[str, float]]
    ) -> Iterator[tuple[int, float]]:
        """Scores that grow with how much of the question stands in a passage's own heading."""
        worth: dict[str, tuple[int, float]] = {}
        whole = 0.0
        for place, weights in enumerate(asked):
            importance = self._importance(weights)
            whole += importance
            for term, weight in weights.items():
                worth.setdefault(term, (place, importance * weight))
        for number, score in ranked:
            headed: dict[int, float] = {}
            for term in self._heading_terms(number) & worth.keys():
                place, value = worth[term]
                headed[place] = max(headed.get(place, 0.0), value)
            yield number, score * (1 + HEADED_WEIGHT * sum(headed.values()) / whole)

    @cached_property
    def _heading_terms(self) -> Callable[[int], frozenset[str]]:
        """The terms of the heading next above a passage; where there is none, of the title."""
        passages = self.passages

        def heading_terms(number: int) -> frozenset[str]:
            passage = passages[number]
            return frozenset(terms((passage.title, *passage.headings)[-1]))

        return lru_cache(HEADINGS_MAX)(heading_terms)

    @cached_property
    def _sections(self) -> dict[int, int]:
        """For the passages of sections that were cut: the number of the section's first one."""
        sections: dict[int, int] = {}
        for number, (one, other) in enumerate(pairwise(self.passages), start=1):
            if (one.page_path, one.headings) == (other.page_path, other.headings):
                sections.setdefault(number - 1, number - 1)
                sections[number] = sections[number - 1]
        return sections

    def _of_word(self, weights: dict[str, float]) -> tuple[dict[int, float], dict[int, float]]:
        """For each passage that has a word or its like: a score, and how much of the word it has.

        A word's own terms add up; of the others the best one counts.
        """
        own: dict[int, float] = {}
        best: dict[int, float] = {}
        shares: dict[int, float] = {}
        for term, weight in weights.items():
            for number, score in self._weights.postings(term):
                if weight == 1:
                    own[number] = own.get(number, 0.0) + score
                else:
                    best[number] = max(best.get(number, 0.0), weight * score)
                if weight > shares.get(number, 0.0):
                    shares[number] = weight
        for number, score in best.items():
            own[number] = own.get(number, 0.0) + score
        return own, shares

    def _importance(self, weights: dict[str, float]) -> float:
        return max(self._weights.weight(term) * weight for term, weight in weights.items())

    def _folded(self, ranked: Iterable[tuple[int, float]], limit: int) -> list[Hit]:
        kept: list[tuple[int, float, list[str]]] = []
        for number, score in ranked:
            like = next((hit for hit in kept if self._weights.are_alike(hit[0], number)), None)
            if like is not None:
                like[2].append(self.passages[number].address)
            elif len(kept) == limit:
                break
            else:
                kept.append((number, score, []))
        return [Hit(self.passages[number], score, tuple(same)) for number, score, same in kept]


def _ranked(scores: Iterable[tuple[int, float]]) -> list[tuple[int, float]]:
    return sorted(scores, key=lambda found: (-found[1], found[0]))


def share_weight(share: float) -> float:
    """What is left of a score when only a share of the question is covered."""
    return 1 - COVERAGE_WEIGHT + COVERAGE_WEIGHT * share


def query_words(query: str) -> list[Word]:
    """The words of a question, each once, as far as they count."""
    found = {word.whole: word for word in words(query[:QUERY_CHARS_MAX])}
    return list(islice(found.values(), QUERY_WORDS_MAX))


def weighted_terms(passage: Passage) -> list[str]:
    """The terms of a passage, those of its headings and title as often as they weigh."""
    from vtmcp.search.kinds import kind_terms  # noqa: PLC0415 - the shipped weights have it in

    heading = "\n".join(passage.headings)
    headings = terms(heading) + kind_terms(heading)
    return terms(passage.text) + headings * HEADING_WEIGHT + terms(passage.title) * TITLE_WEIGHT


def whole_text(passage: Passage) -> str:
    """A passage with its title and headings."""
    return "\n".join((passage.title, *passage.headings, passage.text))


def are_alike(one: frozenset[str], other: frozenset[str]) -> bool:
    """Say whether two passages with these terms say the same."""
    return len(one & other) >= SAME_MIN * len(one | other)


class _ComputedWeights:
    """Weights by rank_bm25, which is imported here: at the first search of such an index."""

    def __init__(self, passages: Sequence[Passage]) -> None:
        from vtmcp.search.scoring import Scorer  # noqa: PLC0415 - numpy comes with it

        self.surfaces = surfaces_of(map(whole_text, passages))
        documents = [weighted_terms(passage) for passage in passages]
        scorer = Scorer(documents) if any(documents) else None
        self._scorer = scorer
        self.term_set = lru_cache(TERM_SETS_MAX)(lambda number: frozenset(documents[number]))

    def postings(self, term: str) -> Iterable[tuple[int, float]]:
        return self._scorer.postings(term) if self._scorer else ()

    def weight(self, term: str) -> float:
        return self._scorer.weight(term) if self._scorer else 0.0

    def are_alike(self, one: int, other: int) -> bool:
        return are_alike(self.term_set(one), self.term_set(other))
