"""The lines of a trace: which are shown, how gaps are marked, what the closing counts."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.traces.samples import any_trace, batch_job, failed, span
from vtmcp.traces.budget import size_bytes
from vtmcp.traces.folding import folded, unfolded
from vtmcp.traces.model import Span, Trace
from vtmcp.traces.page import GAP_HINT, LINE_BYTES_MIN, Page
from vtmcp.traces.reading import read_closely

CHAIN = [
    span("a", name="top"),
    span("b", "a", name="middle"),
    failed("c", "b", name="low"),
    span("d", "a", name="side", at_ms=5),
]
TOP, MIDDLE, LOW, SIDE = range(4)


def page_of(spans: list[Span], shown: set[int] | None = None) -> Page:
    reading = read_closely(Trace("", tuple(spans)))
    page = Page(reading, unfolded(reading.tree))
    if shown is not None:
        page.shown = frozenset(shown)
    return page


SHOWN: dict[str, tuple[set[int], list[str], str]] = {
    "all": (
        {TOP, MIDDLE, LOW, SIDE},
        [
            "*s1 cart top  10 ms  +0",
            "  *s2 cart middle  10 ms  +0",
            '    *s3 cart low  10 ms  +0  ERROR "deadlock"',
            "  *s4 cart side  10 ms  +5 ms",
        ],
        "",
    ),
    "the top": (
        {TOP},
        ["*s1 cart top  10 ms  +0  (+3 below)"],
        "Left out: 3 of 4 spans, 1 of them failed.\nNext: more()",
    ),
    "a leaf is left out": (
        {TOP, MIDDLE, LOW},
        [
            "*s1 cart top  10 ms  +0  (+1 below)",
            "  *s2 cart middle  10 ms  +0",
            '    *s3 cart low  10 ms  +0  ERROR "deadlock"',
        ],
        "Left out: 1 of 4 spans, 0 of them failed.\nNext: more()",
    ),
    "a parent is left out": (
        {TOP, LOW},
        [
            "*s1 cart top  10 ms  +0  (+2 below)",
            '    .. *s3 cart low  10 ms  +0  ERROR "deadlock"',
        ],
        f"Left out: 2 of 4 spans, 0 of them failed.\n{GAP_HINT}\nNext: more()",
    ),
    "the root is left out": (
        {SIDE},
        ["  .. *s4 cart side  10 ms  +5 ms"],
        f"Left out: 3 of 4 spans, 1 of them failed.\n{GAP_HINT}\nNext: more()",
    ),
    "nothing is shown": (
        set(),
        [],
        "Left out: 4 of 4 spans, 1 of them failed.\nNext: more()",
    ),
}


@pytest.mark.parametrize(("shown", "lines", "closing"), SHOWN.values(), ids=SHOWN)
def test_what_is_left_out_is_marked_and_counted(
    shown: set[int], lines: list[str], closing: str
) -> None:
    page = page_of(CHAIN, shown)
    assert page.lines() == lines
    assert page.closing("more()") == closing


def test_a_fold_is_a_line_and_the_closing_says_so() -> None:
    reading = read_closely(batch_job(1, 3))
    page = Page(reading, folded(reading.tree, fold_failed=False))
    assert page.lines() == [
        "*s1 batch nightly  50 s  +0  self 50 s",
        "  *s2 batch chunk  10 ms  +0",
        "    *s3 x3 batch UPDATE  p50 10 ms  max 10 ms (s3)  parallel (up to 3)  busy 10 ms"
        "  sum 30 ms  +0",
    ]
    closing = "Folded: 3 spans into 1 line, xN is N of one name.\nNext: more()"
    assert page.closing("more()") == closing


def test_a_fold_that_is_left_out_counts_with_all_its_spans() -> None:
    reading = read_closely(batch_job(1, 40, failing_every=1))
    page = Page(reading, folded(reading.tree, fold_failed=True))
    page.shown = frozenset({0})
    assert page.lines() == ["*s1 batch nightly  50 s  +0  self 50 s  (+41 below)"]
    assert page.closing("").startswith("Left out: 41 of 42 spans, 40 of them failed.")


def test_a_deep_line_has_its_mark_behind_the_indentation() -> None:
    spans = [span(f"s{n}", f"s{n - 1}" if n else "") for n in range(30)]
    assert page_of(spans, {29}).lines() == [".. [d29] *s30 cart GET /cart  10 ms  +0"]


def test_all_lines_fit_into_exactly_what_they_take() -> None:
    page = page_of(CHAIN)
    total_bytes = sum(map(size_bytes, page.lines()))
    assert page.fits(total_bytes)
    assert not page.fits(total_bytes - 1)


def test_some_lines_fit_where_all_do_not() -> None:
    page = page_of(CHAIN)
    one_bytes = size_bytes(page.lines()[SIDE])
    assert page.fits(one_bytes, [SIDE])
    assert not page.fits(one_bytes, [SIDE, TOP])
    assert page.fits(0, [])


def test_a_trace_far_too_large_is_refused_without_writing_a_line() -> None:
    page = page_of([span(str(n)) for n in range(1_000)])
    assert not page.fits(1_000 * LINE_BYTES_MIN - 1)
    assert page.__dict__["_lines"] == {}


def test_the_shortest_line_is_no_shorter_than_we_say() -> None:
    page = page_of([span("a", service="c", name="g", duration_ns=0)])
    assert size_bytes(page.lines()[0]) >= LINE_BYTES_MIN


def test_a_size_is_guessed_from_lines_all_over_the_trace() -> None:
    spans = [span("root")]
    spans += [span(f"s{n}", "root", name="x" * (n % 50 + 1), at_ms=n) for n in range(2_000)]
    page = page_of(spans)
    guessed_bytes = page.estimated_bytes()
    assert len(page.__dict__["_lines"]) < 250
    assert guessed_bytes == pytest.approx(sum(map(size_bytes, page.lines())), rel=0.1)
    assert page_of([]).estimated_bytes() == 0


@given(any_trace, st.data())
def test_whatever_is_shown_the_lines_cost_no_more_and_every_span_is_told_or_counted(
    trace: Trace, data: st.DataObject
) -> None:
    reading = read_closely(trace)
    tree = reading.tree
    items = folded(tree, by_name=data.draw(st.booleans()), fold_failed=data.draw(st.booleans()))
    page = Page(reading, items)
    page.shown = (
        frozenset(data.draw(st.sets(st.sampled_from(range(len(items))))))
        if items
        else (frozenset())
    )
    lines = page.lines()
    assert len(lines) == len(page.shown)
    for here, line in zip(sorted(page.shown), lines, strict=True):
        assert size_bytes(line) <= page.cost_bytes(here)
        assert len(line.splitlines()) == 1
    closing = page.closing("more()")
    assert size_bytes(closing) <= page.closing_bytes_max("more()")
    hidden = [m for here, item in enumerate(items) if here not in page.shown for m in item.members]
    failed_count = sum(tree.spans[member].failed for member in hidden)
    counts = f"Left out: {len(hidden)} of {len(tree.spans)} span"
    assert (counts in closing and f", {failed_count} of them failed." in closing) or not hidden
