"""Turn text into terms: identifiers whole and split, words stemmed, stop words left out.

Documents and questions go through the same steps, so that they meet. Must not be here: which terms
weigh more, and which words mean the same.
"""

import re
from collections.abc import Iterator
from functools import lru_cache
from itertools import pairwise
from typing import NamedTuple

WORD_CHARS_MAX = 100
"""The longest identifiers have 60; a longer word is a stranger's, and cut before it costs time."""

_STOP_WORDS_TEXT = """
a about above actually after again all already also although always am an and another any anyhow are
as at away be became because become been before being below between both but by came can cannot come
comes coming could did do does doing done each either else ever every for from get gets getting give
given gives go goes going gone got had has have having he her here his how however i if in instead
into is it its itself just let lets like made make makes many may me mean means might mine more most
much must my need needs neither no nor not now of often on once one only onto or other others our
ours own perhaps please put quite rather really s same say says see seem seems several shall she
should since so some somehow someone something sometimes somewhere still such take taken takes than
thank thanks that the their them then there therefore these they thing things this those though
through thus to together too toward try trying turn turned turning turns under until upon us use
used uses using usually very via vs want wants was way we well were what whatever when whenever
where whether which while who whole whom whose why will with within without would yet you your etc
"""

STOP_WORDS = frozenset(_STOP_WORDS_TEXT.split())
"""Words that stand in every passage or say nothing about the subject."""

_LINK_TARGET = re.compile(r"(?<=\])\(\S+?\)")
_THOUSANDS = re.compile(r"(?<![\w,.])[0-9]{1,3}(?:,[0-9]{3})+(?![\w,])")
_WORD = re.compile(r"-{0,2}\w+(?:[._:/\-]+\w+)*|%")
_PART = re.compile(r"[A-Z]+s?(?![a-z])|[A-Z]?[a-z]+|[0-9]+")
_SEPARATORS = re.compile(r"[._:/\-]+")
_NAMES = re.compile(r"[:/]+")
_VERSION = re.compile(r"[vV]?([0-9]+\.[0-9]+)((?:\.[0-9]+)*)")
_PLAIN = re.compile(r"[a-z]+")


class Word(NamedTuple):
    """A word of a text: as it stands there, its one whole term, and the terms of its parts.

    `parts` is empty for a plain word, and `written` says how each of them is written, unstemmed.
    `whole` has no separators: `retention_period`, `-retentionPeriod` and `retention-period` are one
    term.
    """

    surface: str
    whole: str
    parts: tuple[str, ...]
    written: tuple[str, ...]

    @property
    def terms(self) -> tuple[str, ...]:
        """The whole term first, then its parts."""
        return (self.whole, *self.parts)


def words(text: str) -> Iterator[Word]:
    """The words of a text in its order, without stop words and the targets of links."""
    for match in _WORD.finditer(_plain_numbers(_LINK_TARGET.sub("", text))):
        surface = match[0][:WORD_CHARS_MAX]
        if surface.lower() not in STOP_WORDS:
            yield _word(surface)


def joined_words(text: str) -> Iterator[tuple[Word, Word, str]]:
    """Two words side by side, and the term they are when written as one.

    First with the stop words between them, `read only`, then without, `trace by id`.
    """
    everything = [_word(match[0][:WORD_CHARS_MAX]) for match in _WORD.finditer(text)]
    for one, other in (*pairwise(everything), *pairwise(words(text))):
        if one.surface.isalnum() and other.surface.isalnum() and not one.parts + other.parts:
            yield one, other, stem((one.surface + other.surface).lower())


def terms(text: str) -> list[str]:
    """All terms of a text, repeated as often as they stand there."""
    return [term for word in words(text) for term in word.terms]


def stem(word: str) -> str:
    """The stem of a lower-case word: `traces` and `tracing` give `trac`. Other words stay."""
    if len(word) < 3 or not _PLAIN.fullmatch(word):
        return word
    return _without_e(_without_ending(_singular(word)))


def _plain_numbers(text: str) -> str:
    """`10,000` as `10000`: people write large numbers in both ways."""
    return _THOUSANDS.sub(lambda match: match[0].replace(",", ""), text) if "," in text else text


@lru_cache(maxsize=8192)
def _word(surface: str) -> Word:
    if surface == "%":
        return Word(surface, stem("percent"), (), ())
    if version := _VERSION.fullmatch(surface):
        # The dots stay, or 0.10 and 0.1.0 would be one.
        parts = (version[1],) if version[2] else ()
        return Word(surface, version[1] + version[2], parts, parts)
    pieces = [piece for piece in _SEPARATORS.split(surface.strip("-")) if piece]
    written = [part for piece in pieces for part in _parts(piece, len(pieces) > 1)]
    if "/" in surface or ":" in surface:
        # `field_names` in `/select/logsql/field_names` is a name of its own.
        written = [name for name in _NAMES.split(surface.strip("-")) if len(name) > 1] + written
    whole = stem("".join(pieces).lower())
    if surface.startswith("_"):
        # `_time` is a field of its own, and the word `time` is all over the place.
        whole = surface.lower()
    # The first way to write a part stands for the others.
    forms = {_term(part): part for part in reversed(written)}
    forms.pop(whole, None)
    return Word(surface, whole, tuple(reversed(forms)), tuple(reversed(forms.values())))


def _term(name: str) -> str:
    return stem(_SEPARATORS.sub("", name).lower())


def _parts(piece: str, is_one_of_several: bool) -> Iterator[str]:
    """What a piece between separators is made of; first itself, if it has parts."""
    split = [part.lower() for part in _PART.findall(piece)] if piece.isascii() else [piece.lower()]
    if is_one_of_several and len(split) > 1 and len(piece) > 3:
        yield piece
    yield from (part for part in split if len(part) > 1 and part not in STOP_WORDS)


def _singular(word: str) -> str:
    if word.endswith("ies") and len(word) > 4:
        return word[:-3] + "y"
    if word.endswith(("sses", "xes", "ches", "shes")):
        return word[:-2]
    if word.endswith("s") and not word.endswith(("ss", "us", "is")):
        return word[:-1]
    return word


def _without_ending(word: str) -> str:
    if word.endswith("ied") and len(word) > 4:
        return word[:-3] + "y"
    for ending, rest_min in (("ing", 3), ("ed", 3), ("ion", 4), ("ly", 4)):
        rest = word.removesuffix(ending)
        if rest != word and len(rest) >= rest_min and any(vowel in rest for vowel in "aeiouy"):
            is_doubled = rest[-1] == rest[-2] and rest[-1] not in "lsz"
            return rest[:-1] if is_doubled else rest
    return word


def _without_e(word: str) -> str:
    return word[:-1] if word.endswith("e") and len(word) > 3 else word
