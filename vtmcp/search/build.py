"""Compute the index of the shipped corpus and write it: `python -m vtmcp.search.build [FOLDER]`.

To be run after each change of a page, or of what a term is; a test says when it was forgotten.
Nothing imports this module but tests. Must not be here: what the bytes mean (`packed`).
"""

import sys
from collections.abc import Sequence
from itertools import accumulate, combinations, groupby
from pathlib import Path

from vtmcp.search.corpus import INDEX, corpus_folder, load_pages
from vtmcp.search.packed import Cut, pack
from vtmcp.search.page import Page
from vtmcp.search.passages import Passage, all_passages
from vtmcp.search.ranking import are_alike, weighted_terms, whole_text
from vtmcp.search.scoring import Scorer
from vtmcp.search.vocabulary import surfaces_of


def build_index(pages: Sequence[Page]) -> bytes:
    """The index of some pages as bytes; the same pages always make the same bytes."""
    passages = all_passages(pages)
    documents = [weighted_terms(passage) for passage in passages]
    scorer = Scorer(documents)
    sets = [frozenset(document) for document in documents]
    alike = [
        (one, other)
        for one, other in combinations(range(len(sets)), 2)
        if are_alike(sets[one], sets[other])
    ]
    postings = [(term, scorer.weight(term), scorer.postings(term)) for term in scorer.terms]
    return pack(
        pages, _cuts(pages, passages), surfaces_of(map(whole_text, passages)), postings, alike
    )


def write_index(folder: Path) -> Path:
    """Write the index of a folder's pages into it."""
    path = folder / INDEX
    path.write_bytes(build_index(load_pages(folder)))
    return path


def _cuts(pages: Sequence[Page], passages: Sequence[Passage]) -> list[Cut]:
    """Where the passages are in their pages: the corpus has no block that is fenced anew."""
    numbers = {page.path: number for number, page in enumerate(pages)}
    cuts = []
    for path, group in groupby(passages, key=lambda passage: passage.page_path):
        of_page = list(group)
        ends = list(accumulate(len(passage.text) for passage in of_page))
        starts = [0, *ends]
        cuts += [
            Cut(numbers[path], start, end, list(passage.headings))
            for passage, start, end in zip(of_page, starts, ends, strict=False)
        ]
    return cuts


if __name__ == "__main__":
    written = write_index(Path(*(sys.argv[1:] or [corpus_folder()])))
    sys.stdout.write(f"{written}: {written.stat().st_size} bytes\n")
