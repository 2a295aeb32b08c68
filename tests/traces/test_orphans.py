"""Spans whose parent is missing, and the call that seems to lead to them."""

import pytest

from tests.traces.samples import MS, span
from vtmcp.traces.model import Span
from vtmcp.traces.orphans import ORPHANS_TOLD_MAX, orphan_notes
from vtmcp.traces.tree import build_tree

ROOT = span("root", duration_ns=100 * MS, kind="server")
ORPHAN = span("o", "gone", service="stock", name="find", at_ms=20)
CALL = span("c", "root", name="GET", kind="client", at_ms=15, duration_ns=30 * MS)
LONG = span("l", "root", name="LONG", kind="client", at_ms=10, duration_ns=90 * MS)
TO = span(
    "c", "root", name="GET", kind="client", at_ms=15, duration_ns=30 * MS,
    attributes={"server.address": "proxy"},
)  # fmt: skip

NOTES: dict[str, tuple[list[Span], tuple[str, ...]]] = {
    "none": ([ROOT, CALL], ()),
    "no call at that time": ([ROOT, ORPHAN], ("what called s2 stock find is missing",)),
    "a call that lasted as long": (
        [ROOT, CALL, ORPHAN],
        (
            "what called s3 stock find is missing:"
            " s2 cart GET ran at that time and has no span below it",
        ),
    ),
    "of two calls the shorter, and whom it called": (
        [ROOT, LONG, TO, ORPHAN],
        (
            "what called s4 stock find is missing:"
            " s3 cart GET to proxy ran at that time and has no span below it",
        ),
    ),
    "a call with a span below it leads there": (
        [ROOT, CALL, span("x", "c", at_ms=16), ORPHAN],
        ("what called s4 stock find is missing",),
    ),
    "a call below the orphan does not lead to it": (
        [ROOT, ORPHAN, span("x", "o", kind="client", at_ms=20)],
        ("what called s2 stock find is missing",),
    ),
    "orphans of one kind once": (
        [ROOT, ORPHAN, span("p", "lost", service="stock", name="find", at_ms=60)],
        ("what called s2 stock find is missing",),
    ),
}


@pytest.mark.parametrize(("spans", "notes"), NOTES.values(), ids=NOTES)
def test_an_orphan_is_told_with_what_seems_to_have_called_it(
    spans: list[Span], notes: tuple[str, ...]
) -> None:
    assert orphan_notes(build_tree(spans)) == notes


def test_a_few_orphans_are_told() -> None:
    spans = [ROOT, *(span(f"o{n}", "gone", name=f"n{n}") for n in range(50))]
    assert len(orphan_notes(build_tree(spans))) == ORPHANS_TOLD_MAX
