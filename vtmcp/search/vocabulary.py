"""The terms of a corpus: which there are, how they are written, which are meant by unknown ones.

Must not be here: what passages there are, and how much a term counts.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from itertools import islice

from vtmcp.search.spelling import NEAR_COUNT, Speller
from vtmcp.search.synonyms import synonyms
from vtmcp.search.terms import Word, stem, words

COMPOUND_PART_CHARS_MIN = 3
"""The shortest word that may be a part of two words written as one, such as `diskspace`."""


def surfaces_of(texts: Iterable[str]) -> dict[str, str]:
    """All terms of some texts; for each, how it is written in them most often.

    A term is a stem, and to suggest one would be to suggest a word that nobody writes.
    """
    wholes: Counter[tuple[str, str]] = Counter()
    parts: Counter[tuple[str, str]] = Counter()
    for text in texts:
        for word in words(text):
            wholes[word.whole, word.surface] += 1
            parts.update(zip(word.parts, word.written, strict=True))
    surfaces: dict[str, str] = {}
    # A word of its own says more on how it is written than a part of an identifier.
    for (term, surface), _ in (*wholes.most_common(), *parts.most_common()):
        surfaces.setdefault(term, surface)
    return surfaces


class Vocabulary:
    """Terms, each with a word as people write it; `rarity` is higher for one of few texts."""

    def __init__(self, surfaces: Mapping[str, str], rarity: Callable[[str], float]) -> None:
        self._surfaces = surfaces
        self._speller = Speller(surfaces, rarity)

    def __contains__(self, term: str) -> bool:
        return term in self._surfaces

    def is_unknown(self, word: Word) -> bool:
        """Say whether a word is not there: not whole, not by its parts, not by a synonym."""
        if word.whole in self or any(term in self for term in synonyms(word.whole)):
            return False
        return not word.parts or any(part not in self for part in word.parts)

    def near(self, term: str) -> list[str]:
        """Terms that are spelled much like this one, the nearest first."""
        return self._speller.near(term)

    def split(self, word: Word) -> tuple[str, ...]:
        """The two known terms that a word without separators is made of; empty if there are none.

        The longest first part is taken: `tracesearch` is `traces` and `search`.
        """
        text = word.surface.lower()
        least = COMPOUND_PART_CHARS_MIN
        for end in range(len(text) - least, least - 1, -1):
            parts = stem(text[:end]), stem(text[end:])
            if parts[0] in self and parts[1] in self:
                return parts
        return ()

    def suggestions(self, word: Word) -> tuple[str, ...]:
        """Words of the texts that may be meant by an unknown one, as people write them."""
        unknown = [term for term in word.terms if term not in self]
        found = [known for term in unknown for known in self.near(term)] or [
            known for term in unknown for known in self._speller.far(term)
        ]
        return tuple(islice(dict.fromkeys(self._surfaces[known] for known in found), NEAR_COUNT))
