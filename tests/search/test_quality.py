"""How well the search answers the questions of the benchmark: floors, a little below what it does.

A change of the corpus or of the ranker may move the numbers; a floor that breaks says that answers
got lost. `python benchmarks/docs_search.py` shows the numbers.
"""

import re
from pathlib import Path

import pytest

from benchmarks.docs_search import (
    ANSWER_BYTES,
    HELD_QUESTIONS,
    LAST_QUESTIONS,
    LATER_QUESTIONS,
    MORE_QUESTIONS,
    NEWER_QUESTIONS,
    QUESTIONS,
    UNSEEN_QUESTIONS,
    Question,
    first_search,
    main,
    measure,
    ours,
    pattern_of,
    plain,
    read_questions,
)
from vtmcp.search.corpus import corpus_folder

FLOORS = {
    "questions known to the pages' author": (QUESTIONS, 0.98, 0.94, 0.98, 0.96),
    "questions used for tuning": (MORE_QUESTIONS, 0.98, 0.92, 0.98, 0.95),
    "questions of the same kinds": (UNSEEN_QUESTIONS, 0.98, 0.93, 0.96, 0.95),
    "questions on newer facts": (NEWER_QUESTIONS, 0.97, 0.91, 0.97, 0.94),
    "questions written after that": (HELD_QUESTIONS, 0.98, 0.95, 0.98, 0.97),
    "questions in other words": (LATER_QUESTIONS, 0.98, 0.85, 0.97, 0.90),
    "questions written last": (LAST_QUESTIONS, 0.97, 0.77, 0.94, 0.85),
}
"""In the first bytes, hit@1, hit@5, MRR."""

MATCHES = {
    "a word in any case": ("grafana", "Grafana.", True),
    "not a part of a word": ("limit", "unlimited", False),
    "any ending": ("limit*", "limits", True),
    "no other beginning": ("limit*", "unlimited", False),
    "either": ("a||b*", "bees", True),
    "neither": ("a||b", "c", False),
    "a flag": ("-mtls", "use `-mtls`", True),
    "an endpoint behind a host": ("/select", "http://host:1/select", True),
    "marks at the end": ("count()", "stats count() c", True),
}


@pytest.mark.parametrize(("pattern", "text", "is_there"), MATCHES.values(), ids=MATCHES)
def test_a_pattern_matches(pattern: str, text: str, is_there: bool) -> None:
    assert bool(pattern_of(pattern).search(text)) is is_there


@pytest.mark.parametrize("floor", FLOORS.values(), ids=FLOORS)
def test_answers_are_found(floor: tuple[Path, float, float, float, float]) -> None:
    path, *least = floor
    quality = measure(ours(), read_questions(path))
    assert all(value >= bound for value, bound in zip(quality, least, strict=False)), quality
    assert quality.mean_bytes <= ANSWER_BYTES


def test_the_search_is_better_than_a_plain_one() -> None:
    questions = read_questions(MORE_QUESTIONS)
    assert measure(ours(), questions).mrr > measure(plain(), questions).mrr + 0.05


def test_an_operators_folder_is_searched_as_well() -> None:
    """The same pages, with the weights computed by rank_bm25 and not those that are shipped."""
    questions = read_questions(UNSEEN_QUESTIONS)
    foreign = measure(ours(Path(corpus_folder())), questions)
    assert foreign.in_first_bytes >= 0.97
    assert foreign.hit_at_1 >= 0.9


def test_quality_is_counted() -> None:
    questions = [Question(word, (re.compile(word),)) for word in ("a", "b", "c")]
    answers = {"a": ["a"], "b": ["-", "b"], "c": ["-" * ANSWER_BYTES, "c"]}
    quality = measure(answers.__getitem__, questions)
    assert quality == pytest.approx((2 / 3, 1 / 3, 1, 2 / 3, (1 + 2 + ANSWER_BYTES) / 3))


def test_the_first_search_is_timed() -> None:
    assert "MiB after" in first_search()


def test_the_benchmark_prints_a_line_a_ranker(capsys: pytest.CaptureFixture[str]) -> None:
    main(["--first-search"])
    assert "first search" in capsys.readouterr().out


def test_the_benchmark_takes_a_folder(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "page.md").write_text("# Ports\n\nThe port is 10428.\n")
    questions = tmp_path / "questions.jsonl"
    rows = ('{"query": "port", "must_contain": ["10428"]}', '{"query": "x", "must_contain": ["y"]}')
    questions.write_text("\n".join(rows))
    main(["--folder", str(tmp_path), str(questions)])
    assert "questions.jsonl: 1 questions" in capsys.readouterr().out
