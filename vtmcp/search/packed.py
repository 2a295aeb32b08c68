"""The shipped index: passages and term weights as bytes, made ahead of time, read in milliseconds.

One line of JSON, then three arrays of numbers: where each term's postings end, the passages that
have it, and their scores. Must not be here: files, and how the weights are computed (`build`).
"""

import json
import sys
from array import array
from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple
from zlib import crc32

from vtmcp.search.page import Page
from vtmcp.search.passage import Passage

FORMAT = 1
"""Grows with each change of what the bytes mean; data of another format does not fit."""

_COUNT, _NUMBER, _SCORE = "I", "H", "f"
"""Types of the three arrays: 32 bits, 16 bits (65,535 passages at most), single precision."""


class Cut(NamedTuple):
    """Where a passage is: the number of its page, where its text begins and ends there."""

    page: int
    start: int
    end: int
    headings: list[str]


class PackedIndex:
    """Term weights of passages, as `scoring.Scorer` has them, and which passages are alike."""

    def __init__(
        self,
        header: dict[str, Any],
        ends: "array[int]",
        numbers: "array[int]",
        scores: "array[float]",
    ) -> None:
        terms: list[str] = header["terms"]
        self.surfaces: dict[str, str] = dict(zip(terms, header["surfaces"], strict=True))
        self._weights: list[float] = header["weights"]
        self._places = dict(zip(terms, range(len(terms)), strict=True))
        self._ends = ends
        self._numbers = numbers
        self._scores = scores
        self._alike = {tuple(pair) for pair in header["alike"]}

    def postings(self, term: str) -> Iterable[tuple[int, float]]:
        """The passages that have a term, by number, each with its score for it."""
        place = self._places.get(term)
        if place is None:
            return ()
        start, end = self._ends[place - 1] if place else 0, self._ends[place]
        return zip(self._numbers[start:end], self._scores[start:end], strict=True)

    def weight(self, term: str) -> float:
        """How much a term tells passages apart; 0 for one that is in none."""
        place = self._places.get(term)
        return 0.0 if place is None else self._weights[place]

    def are_alike(self, one: int, other: int) -> bool:
        """Say whether two passages say the same."""
        return (min(one, other), max(one, other)) in self._alike


def fingerprint(pages: Iterable[Page]) -> int:
    """A number that is another one as soon as a page's path, title or text is."""
    value = FORMAT
    for page in pages:
        text = "\0".join((page.path, page.title, page.text))
        value = crc32(text.encode("utf-8", "surrogatepass"), value)
    return value


def unpack(data: bytes, pages: Sequence[Page]) -> tuple[list[Passage], PackedIndex] | None:
    """The passages of the pages and their weights; None when the data is not of these pages."""
    line, _, rest = data.partition(b"\n")
    try:
        # Not orjson: where nothing else has imported it, it takes half of the time that there is.
        header = json.loads(line)
        if header["fingerprint"] != fingerprint(pages):
            return None
        ends, numbers, scores = _arrays(rest, header["sizes"])
        index = PackedIndex(header, ends, numbers, scores)
        return _passages(pages, header["cuts"]), index
    except (ValueError, KeyError, TypeError, IndexError):
        # A file that was cut short or made by another version: the weights are computed anew.
        return None


def pack(
    pages: Sequence[Page],
    cuts: Sequence[Cut],
    surfaces: dict[str, str],
    postings: Sequence[tuple[str, float, Sequence[tuple[int, float]]]],
    alike: Sequence[tuple[int, int]],
) -> bytes:
    """The bytes for `unpack`: `postings` are terms, their weights, and their passages' scores."""
    ends: array[int] = array(_COUNT)
    numbers: array[int] = array(_NUMBER)
    scores: array[float] = array(_SCORE)
    for _, _, found in postings:
        for number, score in found:
            numbers.append(number)
            scores.append(score)
        ends.append(len(numbers))
    header = {
        "fingerprint": fingerprint(pages),
        "sizes": [len(ends), len(numbers), len(scores)],
        "terms": [term for term, _, _ in postings],
        "surfaces": [surfaces.get(term, term) for term, _, _ in postings],
        "weights": [round(weight, 4) for _, weight, _ in postings],
        "alike": alike,
        "cuts": [[cut.page, cut.start, cut.end, cut.headings] for cut in cuts],
    }
    arrays: tuple[array[Any], ...] = (ends, numbers, scores)
    body = b"".join(_little_endian(values).tobytes() for values in arrays)
    line = json.dumps(header, ensure_ascii=False, separators=(",", ":"))
    return line.encode("utf-8", "surrogatepass") + b"\n" + body


def _arrays(rest: bytes, sizes: Sequence[int]) -> "tuple[array[int], array[int], array[float]]":
    ends: array[int] = array(_COUNT)
    numbers: array[int] = array(_NUMBER)
    scores: array[float] = array(_SCORE)
    arrays: tuple[array[Any], ...] = (ends, numbers, scores)
    start = 0
    for values, size in zip(arrays, sizes, strict=True):
        end = start + size * values.itemsize
        values.frombytes(rest[start:end])
        if len(values) != size:
            raise ValueError("the index is cut short")
        _little_endian(values)
        start = end
    return ends, numbers, scores


def _little_endian(values: "array[Any]") -> "array[Any]":
    """The array as the file has it, or the reverse: most machines change nothing."""
    if sys.byteorder == "big":
        values.byteswap()
    return values


def _passages(pages: Sequence[Page], cuts: Sequence[Any]) -> list[Passage]:
    passages = []
    number, before = 0, -1
    for page_number, start, end, headings in cuts:
        page = pages[page_number]
        number = number + 1 if page_number == before else 1
        before = page_number
        text = page.text[start:end]
        passages.append(Passage(page.path, page.title, tuple(headings), text, number))
    return passages
