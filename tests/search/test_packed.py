"""The shipped index: what it holds, that it is of the shipped pages, and when it is not taken."""

import json
import subprocess
import sys
from array import array
from pathlib import Path

import pytest

from tests.search.samples import page
from vtmcp.search import packed
from vtmcp.search.build import build_index, write_index
from vtmcp.search.corpus import INDEX, load_index, load_pages
from vtmcp.search.packed import PackedIndex, unpack
from vtmcp.search.page import Page
from vtmcp.search.passage import Passage
from vtmcp.search.passages import all_passages
from vtmcp.search.ranking import Index, Weights, whole_text
from vtmcp.search.scoring import Scorer
from vtmcp.search.vocabulary import surfaces_of

SAME = "Spans of a day are removed at once when the retention has passed.\n"

PAGES = [
    page(f"lead\n\n## Retention\n\n{SAME}\n## Disk\n\nThe disk is full.\n", "a.md"),
    page(SAME, "b/c.md"),
]

FRONT = "---\ntitle: A\ndescription: About\napplies_to: v1\nchecked: 2026-11-24\n---\n"

DATA = build_index(PAGES)
LINE, _, ARRAYS = DATA.partition(b"\n")

QUESTIONS = (
    "retention",
    "disk full",
    "removed spans",
    "retentoin",
    "auto-delete on disk %",
    "which flag turns the binary into vtselect",
    "opentelmetry colector confg",
    "select/jaeger/api/traces limit",
    "v0.9.0",
)


def header(**changes: object) -> bytes:
    return json.dumps(json.loads(LINE) | changes).encode() + b"\n" + ARRAYS


OTHER_PAGES: dict[str, list[Page]] = {
    "another text": [PAGES[0], PAGES[1]._replace(text=SAME + "!")],
    "another title": [PAGES[0], PAGES[1]._replace(title="Another")],
    "another path": [PAGES[0], PAGES[1]._replace(path="b/d.md")],
    "one more": [*PAGES, page("more", "z.md")],
    "one less": PAGES[:1],
}

OTHER_DATA = {
    "nothing": b"",
    "no JSON": b"weights\n" + ARRAYS,
    "no object": b"[]\n" + ARRAYS,
    "a key too few": b"{}\n" + ARRAYS,
    "numbers cut short": DATA[:-1],
    "no numbers": LINE,
    "terms cut short": header(terms=["retent"]),
    "a page that there is not": header(cuts=[[7, 0, 1, []]]),
    "no text for a term": header(terms=3),
}


def unpacked(data: bytes, pages: list[Page]) -> tuple[list[Passage], PackedIndex]:
    found = unpack(data, pages)
    assert found is not None
    return found


def test_the_passages_are_those_that_the_pages_are_cut_into() -> None:
    assert unpacked(DATA, PAGES)[0] == all_passages(PAGES)


def test_the_weights_are_those_of_rank_bm25() -> None:
    passages, weights = unpacked(DATA, PAGES)
    computed: Weights = Index(passages)._weights
    assert weights.surfaces == computed.surfaces
    for term in (*weights.surfaces, "kafka"):
        assert dict(weights.postings(term)) == pytest.approx(dict(computed.postings(term)))
        assert weights.weight(term) == pytest.approx(computed.weight(term), abs=1e-4)
    numbers = range(len(passages))
    pairs = [(one, other) for one in numbers for other in numbers if one != other]
    assert [weights.are_alike(*pair) for pair in pairs] == [
        computed.are_alike(*pair) for pair in pairs
    ]


def test_passages_that_are_alike_are_known_in_either_order() -> None:
    passages, weights = unpacked(
        build_index([page(SAME, "a.md"), page(SAME, "b.md")]),
        [
            page(SAME, "a.md"),
            page(SAME, "b.md"),
        ],
    )
    assert len(passages) == 2
    assert weights.are_alike(0, 1) is weights.are_alike(1, 0) is True


@pytest.mark.parametrize("pages", OTHER_PAGES.values(), ids=OTHER_PAGES)
def test_weights_of_other_pages_are_not_taken(pages: list[Page]) -> None:
    assert unpack(DATA, pages) is None


@pytest.mark.parametrize("data", OTHER_DATA.values(), ids=OTHER_DATA)
def test_data_that_is_not_whole_is_not_taken(data: bytes) -> None:
    assert unpack(data, PAGES) is None


def test_data_of_another_format_is_not_taken(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(packed, "FORMAT", packed.FORMAT + 1)
    assert unpack(DATA, PAGES) is None


def test_the_numbers_are_the_same_on_machines_of_the_other_byte_order(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """What such a machine writes differs by its own order, which writing and reading turn."""
    turned = "little" if sys.byteorder == "big" else "big"
    monkeypatch.setattr(sys, "byteorder", turned)
    data = build_index(PAGES)
    assert data != DATA
    assert unpacked(data, PAGES)[1].postings("disk")
    values = array("I", [1])
    assert packed._little_endian(values)[0] == 1 << 24


def test_an_index_is_written_beside_its_pages(tmp_path: Path) -> None:
    (tmp_path / "a.md").write_text(FRONT + SAME, "utf-8")
    assert write_index(tmp_path) == tmp_path / INDEX
    assert unpack(load_index(tmp_path), load_pages(tmp_path)) is not None


def test_the_shipped_index_is_of_the_shipped_pages() -> None:
    """When this fails, a page or the meaning of a term changed: `python -m vtmcp.search.build`."""
    pages = load_pages()
    passages, weights = unpacked(load_index(), pages)
    assert passages == all_passages(pages)
    computed: Weights = Index(passages)._weights
    assert weights.surfaces == computed.surfaces
    for term in weights.surfaces:
        assert dict(weights.postings(term)) == pytest.approx(dict(computed.postings(term)))
        assert weights.weight(term) == pytest.approx(computed.weight(term), abs=1e-4)


def test_the_shipped_index_is_what_would_be_built_now() -> None:
    assert load_index() == build_index(load_pages())


@pytest.mark.parametrize("query", QUESTIONS)
def test_shipped_weights_find_what_computed_ones_do(query: str) -> None:
    passages, weights = unpacked(load_index(), load_pages())
    shipped, computed = Index(passages, weights), Index(passages)
    assert [hit.passage for hit in shipped.search(query)] == [
        hit.passage for hit in computed.search(query)
    ]
    assert shipped.unknown_terms(query) == computed.unknown_terms(query)


def test_every_term_of_the_corpus_has_a_weight_and_a_word() -> None:
    passages, weights = unpacked(load_index(), load_pages())
    surfaces = surfaces_of(map(whole_text, passages))
    assert all(surfaces.values())
    assert all(weights.weight(term) > 0 for term in surfaces)
    assert Scorer([["a"]]).terms == ["a"]


def test_the_index_is_made_by_a_command(tmp_path: Path) -> None:
    (tmp_path / "a.md").write_text(FRONT + SAME, "utf-8")
    command = [sys.executable, "-m", "vtmcp.search.build", str(tmp_path)]
    done = subprocess.run(command, check=True, timeout=60, capture_output=True, text=True)
    assert done.stdout.startswith(str(tmp_path / INDEX))
    assert (tmp_path / INDEX).read_bytes() == build_index(load_pages(tmp_path))
