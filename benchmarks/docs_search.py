"""Measure whether the search finds the answers to questions, against a plain ranker as peer.

Usage: python benchmarks/docs_search.py [--folder FOLDER] [QUESTIONS.jsonl ...]. Each line of a file
holds a `query` and, under `must_contain`, what a good passage has: `a||b` for either, `word*` for
any ending. With a folder of foreign markdown its pages are searched instead of ours, and only the
questions count that a passage there can answer: so it is seen what the ranker does without our
wording.
"""

import json
import re
import resource
import subprocess
import sys
import time
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import NamedTuple

QUESTIONS = Path(__file__).with_name("docs_questions.jsonl")
"""Questions that were known when the pages were written: what is found here is flattering."""

MORE_QUESTIONS = Path(__file__).with_name("docs_questions_more.jsonl")
"""Questions for which synonyms and weights were tuned, here and over the vendor's own pages."""

UNSEEN_QUESTIONS = Path(__file__).with_name("docs_questions_unseen.jsonl")
"""Written before the pages got their present form, and looked at after that was measured:
in the first bytes 1.000, hit@1 0.892. Pages were mended by what was missed."""

NEWER_QUESTIONS = Path(__file__).with_name("docs_questions_newer.jsonl")
"""Likewise, on facts that came after v0.5.1: 1.000 and 0.911 when first measured."""

HELD_QUESTIONS = Path(__file__).with_name("docs_questions_held.jsonl")
"""Written after a first round of tuning: 0.969 and 0.844 when first measured; then pages were
mended."""

LATER_QUESTIONS = Path(__file__).with_name("docs_questions_later.jsonl")
"""Two hundred more, asked in other words than the pages use: 0.985 and 0.781 when first measured;
then weights, synonyms and pages were mended."""

LAST_QUESTIONS = Path(__file__).with_name("docs_questions_last.jsonl")
"""Written after the last change of the weights: 1.000 and 0.786 when first measured. Three things
that it showed were mended since: short forms such as `mem`, names within paths, and a sentence on
too many attributes. Write another set before anything else is tuned."""

ALL_QUESTIONS = (
    *(QUESTIONS, MORE_QUESTIONS, UNSEEN_QUESTIONS, NEWER_QUESTIONS),
    *(HELD_QUESTIONS, LATER_QUESTIONS, LAST_QUESTIONS),
)

ANSWER_BYTES = 8_192
"""What a reader is shown first; an answer further down counts as not found."""

DEEPEST = 20
"""Hits asked for; the first relevant one below them counts as none."""

Search = Callable[[str], list[str]]
"""From a question to the texts of passages, best first."""


class Question(NamedTuple):
    """A question, and the patterns that all have to be in a good passage."""

    query: str
    patterns: tuple[re.Pattern[str], ...]

    def is_answered(self, text: str) -> bool:
        """Say whether a text holds all that a good one must."""
        return all(pattern.search(text) for pattern in self.patterns)


class Quality(NamedTuple):
    """Shares of the questions, the mean of the reciprocal rank, the mean bytes of an answer."""

    in_first_bytes: float
    hit_at_1: float
    hit_at_5: float
    mrr: float
    mean_bytes: float

    def __str__(self) -> str:
        return (
            f"in first {ANSWER_BYTES} bytes {self.in_first_bytes:.3f}  hit@1 {self.hit_at_1:.3f}"
            f"  hit@5 {self.hit_at_5:.3f}  MRR {self.mrr:.3f}  mean bytes {self.mean_bytes:.0f}"
        )


def read_questions(path: Path = QUESTIONS) -> list[Question]:
    """The questions of a file, one JSON object a line."""
    rows = (json.loads(line) for line in path.read_text("utf-8").splitlines() if line)
    return [
        Question(row["query"], tuple(pattern_of(either) for either in row["must_contain"]))
        for row in rows
    ]


def pattern_of(either: str) -> re.Pattern[str]:
    """`a||b*`: one of them as a word of its own, `*` for any ending, in any case."""
    return re.compile("|".join(map(_bounded, either.split("||"))), re.IGNORECASE)


def measure(search: Search, questions: Sequence[Question]) -> Quality:
    """Ask all questions. A hit is one passage that holds everything."""
    answers = [search(question.query) for question in questions]
    ranks = [_rank(question, texts) for question, texts in zip(questions, answers, strict=True)]
    shown = [_shown(texts) for texts in answers]
    return Quality(
        _share(q.is_answered(text) for q, text in zip(questions, shown, strict=True)),
        _share(rank == 1 for rank in ranks),
        _share(0 < rank <= 5 for rank in ranks),
        sum(1 / rank for rank in ranks if rank) / len(ranks),
        sum(len(text.encode()) for text in shown) / len(shown),
    )


def ours(folder: Path | None = None) -> Search:
    """The search of vtmcp, over its own corpus or over a folder of foreign pages."""
    from vtmcp.search.library import (  # noqa: PLC0415 - measured in `first_search`
        local_index,
        shipped_index,
    )

    index = shipped_index() if folder is None else local_index(folder)
    return lambda query: [_text(hit.passage) for hit in index.search(query, DEEPEST)]


def plain(folder: Path | None = None) -> Search:
    """The peer: BM25 over the same passages, with lower-case words as terms and nothing else."""
    from rank_bm25 import BM25Okapi  # type: ignore[import-untyped] # noqa: PLC0415

    texts = passage_texts(folder)
    bm25 = BM25Okapi([re.findall(r"\w+", text.lower()) for text in texts])
    return lambda query: bm25.get_top_n(re.findall(r"\w+", query.lower()), texts, DEEPEST)


def passage_texts(folder: Path | None = None) -> list[str]:
    """The texts of all passages of the corpus, or of a folder of foreign pages."""
    from vtmcp.search.library import local_index, shipped_index  # noqa: PLC0415

    index = shipped_index() if folder is None else local_index(folder)
    return [_text(passage) for passage in index.passages]


def first_search() -> str:
    """Time and memory of the first and of a later search in this process, which is a fresh one."""
    before_kib = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    start = time.perf_counter()
    search = ours()
    loaded = time.perf_counter()
    search("how long are spans kept")
    first = time.perf_counter()
    search("opentelmetry colector confg")
    second = time.perf_counter()
    after_kib = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return (
        f"pages and passages {1e3 * (loaded - start):.1f} ms, first search"
        f" {1e3 * (first - loaded):.1f} ms, one with three misspelled words"
        f" {1e3 * (second - first):.1f} ms, resident {before_kib / 1024:.1f} MiB before,"
        f" {after_kib / 1024:.1f} MiB after"
    )


def main(arguments: Sequence[str]) -> None:
    """Print both rankers' quality and the first search's cost."""
    if arguments == ["--first-search"]:
        print(first_search())
        return
    # First, while this process is small: a child begins with its parent's greatest size.
    command = [sys.executable, __file__, "--first-search"]
    cost = subprocess.run(command, check=True, capture_output=True, text=True).stdout.strip()
    print(cost)
    folder = Path(arguments[1]) if arguments[:1] == ["--folder"] else None
    paths = [Path(argument) for argument in arguments[2 if folder else 0 :]]
    texts = passage_texts(folder)
    for path in paths or ALL_QUESTIONS:
        questions = read_questions(path)
        if folder:
            questions = [each for each in questions if any(map(each.is_answered, texts))]
        print(f"{path.name}: {len(questions)} questions")
        print(f"  vtmcp       {measure(ours(folder), questions)}")
        print(f"  plain BM25  {measure(plain(folder), questions)}")


def _bounded(word: str) -> str:
    """A word as a pattern; only where it ends in a letter or digit must another not go on."""
    start = r"(?<!\w)" if re.match(r"\w", word) else ""
    end = r"(?!\w)" if re.search(r"\w$", word) else ""
    return start + re.escape(word.removesuffix("*")) + end


def _text(passage: object) -> str:
    title, headings, text = (getattr(passage, name) for name in ("title", "headings", "text"))
    return "\n".join((" > ".join((title, *headings)), text))


def _shown(texts: Iterable[str]) -> str:
    """As many whole passages as fit, the first in any case."""
    shown = ""
    for text in texts:
        if shown and len((shown + text).encode()) > ANSWER_BYTES:
            break
        shown += text
    return shown


def _rank(question: Question, texts: Iterable[str]) -> int:
    """The place of the first good passage, from 1; 0 for none."""
    ranks = (rank for rank, text in enumerate(texts, start=1) if question.is_answered(text))
    return next(ranks, 0)


def _share(found: Iterable[bool]) -> float:
    values = list(found)
    return sum(values) / len(values)


if __name__ == "__main__":
    main(sys.argv[1:])
