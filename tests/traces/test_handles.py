"""Handles: short names for spans, the same in any process, and what is said of wrong ones."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.traces.samples import any_trace, span
from vtmcp.traces.handles import find_spans, handle
from vtmcp.traces.tree import build_tree

ID = "00f067aa0ba902b7"
TREE = build_tree(
    [span("a"), span(ID, "a", at_ms=1), span("b", "a", at_ms=2), span("b", "a", at_ms=3)]
)

FOUND = {
    "a handle": ("s2", (1,)),
    "a handle in capitals, between blanks": (" S3 ", (2,)),
    "an id": (ID, (1,)),
    "an id in capitals": (ID.upper(), (1,)),
    "an id with dashes": ("00f067aa-0ba902b7", (1,)),
    "an odd id": ("a", (0,)),
    "an id that is there twice": ("b", (2, 3)),
}

REFUSED = {
    "a handle beyond the last": ("s5", "s5 is not in this trace; its spans are s1 to s4"),
    "no number": ("s0", r"'s0' is not a span of this trace; accepted: a handle such as s17"),
    "another id": ("1" * 16, f"no span of this trace has the id {'1' * 16}"),
    "a sentence": ("x\n" * 99, r"'x\\nx\\n.*' is not a span of this trace"),
    "nothing": ("", "'' is not a span"),
}


@pytest.mark.parametrize(("text", "positions"), FOUND.values(), ids=FOUND)
def test_a_span_is_found(text: str, positions: tuple[int, ...]) -> None:
    assert find_spans(TREE, text) == positions


@pytest.mark.parametrize(("text", "words"), REFUSED.values(), ids=REFUSED)
def test_a_span_that_is_not_there_is_refused(text: str, words: str) -> None:
    with pytest.raises(ValueError, match=f"^{words}") as caught:
        find_spans(TREE, text)
    assert len(str(caught.value)) < 250


def test_a_trace_without_spans_has_no_handles() -> None:
    with pytest.raises(ValueError, match=r"s1 is not in this trace"):
        find_spans(build_tree([]), "s1")


def test_a_span_without_an_id_is_not_found_by_nothing() -> None:
    with pytest.raises(ValueError, match="is not a span"):
        find_spans(build_tree([span("")]), " ")


@given(any_trace, st.data())
def test_each_handle_means_its_span(one: object, data: st.DataObject) -> None:
    tree = build_tree(one.spans)  # type: ignore[attr-defined]
    if tree.spans:
        here = data.draw(st.sampled_from(range(len(tree.spans))))
        assert find_spans(tree, handle(here)) == (here,)
