"""Which known words are near a misspelled one, in a fraction of a millisecond.

Must not be here: where the words come from, and what is done with a near one.
"""

from collections.abc import Callable, Collection, Iterator
from functools import cached_property

ERRORS_PER_CHARS = 4
"""One mistake is forgiven for each of so many characters: one in four, two in eight."""

ERRORS_MAX = 3
"""Nobody makes more mistakes in one word, and to look for more would take most of the time."""

FAR_ERRORS_PER_CHARS = 3
"""Likewise where nothing is nearer: a guess that is shown to someone, but never searched for."""

BEGINNING_CHARS = 5
"""So many letters in common at the beginning make two words of one family, however they go on."""

NEAR_COUNT = 3
"""Suggestions for one unknown word."""


class Speller:
    """Words, and the near ones among them for any other word; `rarity` decides between two."""

    def __init__(self, known: Collection[str], rarity: Callable[[str], float]) -> None:
        self._known = known
        self._rarity = rarity

    def near(self, word: str) -> list[str]:
        """The known words that are spelled much like this one, the nearest first.

        A word without letters is no word that could be misspelled: 0.8.3 is not 0.8.2.
        """
        if not any(char.isalpha() for char in word):
            return []
        return self._nearest(word, 1, _errors(word, ERRORS_PER_CHARS))

    def far(self, word: str) -> list[str]:
        """Known words for one that no other is near to: a little like it, or of its family."""
        if not any(char.isalpha() for char in word):
            return []
        nearest = _errors(word, ERRORS_PER_CHARS) + 1
        if found := self._nearest(word, nearest, _errors(word, FAR_ERRORS_PER_CHARS)):
            return found
        beginning = word[:BEGINNING_CHARS]
        family = (other for other in self._known if other.startswith(beginning))
        return sorted(family, key=len)[:NEAR_COUNT] if len(beginning) == BEGINNING_CHARS else []

    def _nearest(self, word: str, errors_min: int, errors_max: int) -> list[str]:
        # Most mistakes are single ones, and the fewer are allowed the fewer words are compared.
        for errors in range(errors_min, errors_max + 1):
            if found := sorted(self._within(word, errors)):
                return [other for *_, other in found[:NEAR_COUNT]]
        return []

    def _within(self, word: str, errors_max: int) -> Iterator[tuple[bool, float, str]]:
        """The words with at most so many mistakes, after what makes one less probable.

        That is another first letter, which people seldom get wrong, and being rare in the texts.
        """
        letters = _letters(word)
        for length in range(len(word) - errors_max, len(word) + errors_max + 1):
            for other, other_letters in self._by_length.get(length, ()):
                # A mistake changes two letters of the alphabet in use at most.
                if (letters ^ other_letters).bit_count() > 2 * errors_max:
                    continue
                if distance(word, other, errors_max) <= errors_max:
                    yield word[0] != other[0], self._rarity(other), other

    @cached_property
    def _by_length(self) -> dict[int, list[tuple[str, int]]]:
        words: dict[int, list[tuple[str, int]]] = {}
        for word in self._known:
            words.setdefault(len(word), []).append((word, _letters(word)))
        return words


def distance(one: str, other: str, errors_max: int) -> int:
    """How many letters to put in, leave out, exchange or swap; more than `errors_max` as that + 1.

    This is the optimal string alignment distance.
    """
    before: list[int] = []
    row = list(range(len(other) + 1))
    for i, char in enumerate(one, start=1):
        current = [i]
        for j, other_char in enumerate(other, start=1):
            cost = min(row[j] + 1, current[j - 1] + 1, row[j - 1] + (char != other_char))
            if i > 1 and j > 1 and char == other[j - 2] and one[i - 2] == other_char:
                cost = min(cost, before[j - 2] + 1)
            current.append(cost)
        if min(current) > errors_max:
            return errors_max + 1
        before, row = row, current
    return min(row[-1], errors_max + 1)


def _errors(word: str, per_chars: int) -> int:
    return min(len(word) // per_chars, ERRORS_MAX)


def _letters(word: str) -> int:
    """The letters of a word as bits of a number, by their place in the alphabet."""
    bits = 0
    for char in word:
        bits |= 1 << (ord(char) & 31)
    return bits
