"""The index: what comes first, what is folded, what is said of unknown words."""

import subprocess
import sys
from time import perf_counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.search.samples import page, passage
from vtmcp.search.passages import passages_of
from vtmcp.search.ranking import CORRECTED_MAX, HITS, HITS_MAX, Index

TEXTS = [
    "Old spans are removed after -retentionPeriod, which is 7d by default.",
    "-retention.maxDiskUsagePercent removes the oldest days when the disk is full.",
    "Connect the Grafana data source to /select/jaeger with its URL.",
    "The OpenTelemetry collector exports to /insert/opentelemetry/v1/traces.",
    "The service graph needs -servicegraph.enableTask and shows who calls whom.",
]

FIRST = {
    "a flag as it is": ("-retentionPeriod", 1),
    "a flag in words": ("retention period", 1),
    "a flag in lower case with underscores": ("retention_period", 1),
    "another form of a word": ("removing old span", 1),
    "a word of the same meaning": ("topology", 5),
    "a percent sign": ("disk %", 2),
    "a misspelled word": ("garfana", 3),
    "a misspelled flag": ("-servicegraf.enabelTask", 5),
    "a part of an endpoint": ("jaeger select", 3),
    "more of the words before one of them often": ("default spans disk retentionPeriod", 1),
}

NOTHING = {
    "no words": "",
    "stop words only": "how do I use this",
    "marks only": "?! ... -- /",
    "words of another world": "xylophone kumquat",
}

LIMITS = {0: 1, -5: 1, 1: 1, 7: 7, 50: 50, 51: HITS_MAX, 10**9: HITS_MAX}


@pytest.fixture(scope="module")
def index() -> Index:
    return Index(passage(text, number) for number, text in enumerate(TEXTS, start=1))


@pytest.mark.parametrize(("query", "number"), FIRST.values(), ids=FIRST)
def test_the_right_passage_comes_first(index: Index, query: str, number: int) -> None:
    hits = index.search(query)
    assert hits[0].passage.number == number
    assert hits == sorted(hits, key=lambda hit: -hit.score)


@pytest.mark.parametrize("query", NOTHING.values(), ids=NOTHING)
def test_nothing_is_found(index: Index, query: str) -> None:
    assert index.search(query) == []


@pytest.mark.parametrize(("limit", "count"), LIMITS.items())
def test_any_limit_works(limit: int, count: int) -> None:
    many = Index(passage(f"span w{number}x e{number}y", number) for number in range(80))
    assert len(many.search("span", limit)) == count


def test_the_usual_limit() -> None:
    many = Index(passage(f"span w{number}x e{number}y", number) for number in range(80))
    assert len(many.search("span")) == HITS


def test_a_heading_counts_more_than_text() -> None:
    index = Index([passage("retention of spans", 1), passage("for disks", 2, ("Retention",))])
    assert [hit.passage.number for hit in index.search("retention")] == [2, 1]


def test_passages_that_say_the_same_are_folded_into_the_best() -> None:
    same = "Spans of a day are removed at once when the retention has passed"
    index = Index([passage(same, 1), passage("Retention of other things", 2), passage(same, 3)])
    hits = index.search("retention of spans removed")
    assert [(hit.passage.number, hit.same) for hit in hits] == [(1, ("docs://page.md#3",)), (2, ())]


UNKNOWN: dict[str, tuple[str, list[tuple[str, tuple[str, ...]]]]] = {
    "all words are known": ("grafana url", []),
    "one is misspelled": ("garfana url", [("garfana", ("Grafana",))]),
    "one is nothing like any": ("kumquat url", [("kumquat", ())]),
    "a synonym is not unknown": ("svc", []),
    "each is named once": ("kumquat kumquat", [("kumquat", ())]),
}


@pytest.mark.parametrize(("query", "unknown"), UNKNOWN.values(), ids=UNKNOWN)
def test_unknown_words_are_named_with_near_ones(
    index: Index, query: str, unknown: list[tuple[str, tuple[str, ...]]]
) -> None:
    assert [tuple(found) for found in index.unknown_terms(query)] == unknown


def test_unknown_words_are_bounded(index: Index) -> None:
    query = " ".join(f"kumquat{number}" for number in range(50))
    assert len(index.unknown_terms(query)) == CORRECTED_MAX


def test_a_pasted_text_does_not_cost_seconds(index: Index) -> None:
    start = perf_counter()
    index.search(" ".join(f"w{number}x.e{number}y" for number in range(20_000)))
    assert perf_counter() - start < 5


def test_a_passage_is_read_by_its_address() -> None:
    passages = passages_of(page("## A\na\n## B\nb\n"))
    index = Index(passages)
    assert index.passage("docs://page.md#2") == passages[1]
    assert index.passage("docs://page.md#3") is None


def test_an_index_without_passages_finds_nothing() -> None:
    index = Index([])
    assert index.search("retention") == []
    assert [tuple(found) for found in index.unknown_terms("retention")] == [("retention", ())]


@given(st.text(), st.integers())
def test_any_question_is_answered(query: str, limit: int) -> None:
    index = Index(passage(text, number) for number, text in enumerate(TEXTS, start=1))
    hits = index.search(query, limit)
    assert len(hits) <= len(TEXTS)
    assert all(hit.score > 0 for hit in hits)


def test_numpy_is_imported_by_the_first_search_only() -> None:
    program = (
        "import sys; from vtmcp.search.ranking import Index;"
        " from vtmcp.search.passages import Passage;"
        " index = Index([Passage('a.md', 'A', (), 'span', 1)]);"
        " assert 'numpy' not in sys.modules; index.search('span'); assert 'numpy' in sys.modules"
    )
    subprocess.run([sys.executable, "-c", program], check=True, timeout=60)
