"""Say in plain sentences what of a trace cannot be trusted. Must not be here: finding the faults.

Finding needs the tree, and the tree tells these sentences, so `tree.py` hands over what it found.
Wrong clocks are `clocks.py`, services that sent nothing `orphans.py`.
"""

from collections import Counter
from collections.abc import Sequence
from typing import Final, NamedTuple

from vtmcp.durations import format_duration
from vtmcp.traces.model import Span
from vtmcp.traces.safe import label

NOTED_IDS_MAX = 3
"""A note names no more span ids than this; the rest is a count."""

ID_CHARS_MAX = 32
"""A span id has 16 digits; what is longer is not one, and is cut."""


ARRIVING_NS: Final = 30_000_000_000
"""Exporters send within seconds, and the database shows by id what came some 15 to 20 s ago."""

AHEAD_NS_MIN: Final = 1_000_000_000
"""A span that ends a second after now was recorded with another clock than ours."""


class Faults(NamedTuple):
    """What the tree of a trace found: span ids, and by how much children start before parents."""

    spans: Sequence[Span]
    true_roots: int
    missing_parent: Sequence[Span]
    own_parent: Sequence[str]
    cut: Sequence[str]
    early_ns: Sequence[int]


def notes_on(faults: Faults) -> tuple[str, ...]:
    """Return one sentence for each kind of fault, none for a trace that is as it should be."""
    return tuple(
        note
        for note in (
            _on_roots(faults),
            _on_missing_parents(faults.missing_parent),
            _on_own_parents(faults.own_parent),
            _on_cycles(faults.cut),
            _on_duplicates(faults.spans),
            _on_spans_without_id(faults.spans),
            _on_early_spans(faults.early_ns),
            _on_negative_durations(faults.spans),
        )
        if note
    )


def completeness_notes(
    *,
    span_count: int,
    end_ns: int,
    now_ns: int | None = None,
    expected_count: int | None = None,
    is_partial: bool = False,
) -> tuple[str, ...]:
    """Return a sentence on each reason to think that spans are missing that no other span names."""
    notes: list[str] = []
    if is_partial:
        notes.append("partial answer: a part of the database did not answer, spans may be missing")
    if expected_count is not None and expected_count > span_count:
        missing = counted(expected_count - span_count, "is missing", "are missing")
        here = f"{counted(expected_count, 'span')} of this trace, {span_count:,} came"
        notes.append(f"the database counts {here}: {missing}")
    if now_ns is not None and span_count:
        age_ns = now_ns - end_ns
        if -AHEAD_NS_MIN < age_ns < ARRIVING_NS:
            ago = format_duration(max(0, age_ns))
            notes.append(
                f"last span ended {ago} ago: more may arrive, and handles (s17) move with them"
            )
        elif age_ns <= -AHEAD_NS_MIN:
            ahead = format_duration(-age_ns)
            notes.append(f"last span ends {ahead} in the future: a clock is wrong")
    return tuple(notes)


def counted(count: int, singular: str, plural: str = "") -> str:
    """Return `1 span`, `2 spans`, `6,000 spans`."""
    return f"{count:,} {singular if count == 1 else plural or f'{singular}s'}"


def _on_roots(faults: Faults) -> str:
    if faults.true_roots > 1:
        return counted(faults.true_roots, "root")
    has_root = faults.true_roots or faults.own_parent or faults.cut
    return "" if has_root or not faults.spans else "no root span: lost, or not yet arrived"


def _on_missing_parents(spans: Sequence[Span]) -> str:
    if not spans:
        return ""
    who = counted(len(spans), "span names", "spans name")
    return f"{who} a parent that is not in the trace: {_ids([s.parent_span_id for s in spans])}"


def _on_own_parents(span_ids: Sequence[str]) -> str:
    if not span_ids:
        return ""
    who = counted(len(span_ids), "span names itself", "spans name themselves")
    return f"{who} as parent: {_ids(span_ids)}"


def _on_cycles(span_ids: Sequence[str]) -> str:
    if not span_ids:
        return ""
    what = "a parent cycle was" if len(span_ids) == 1 else f"{len(span_ids):,} parent cycles were"
    return f"{what} cut at span {_ids(span_ids)}"


def _on_duplicates(spans: Sequence[Span]) -> str:
    counts = Counter(span.span_id for span in spans if span.span_id)
    duplicates = [span_id for span_id, count in counts.items() if count > 1]
    if not duplicates:
        return ""
    count = sum(counts[span_id] for span_id in duplicates)
    return f"duplicate span id on {counted(count, 'span')}: {_ids(duplicates)}"


def _on_spans_without_id(spans: Sequence[Span]) -> str:
    count = sum(not span.span_id for span in spans)
    return f"{counted(count, 'span has', 'spans have')} no span id" if count else ""


def _on_early_spans(early_ns: Sequence[int]) -> str:
    if not early_ns:
        return ""
    who = counted(len(early_ns), "span starts before its", "spans start before their")
    return f"{who} parent, by up to {format_duration(max(early_ns))}: the clocks differ"


def _on_negative_durations(spans: Sequence[Span]) -> str:
    count = sum(span.duration_ns < 0 for span in spans)
    who = counted(count, "span ends before it starts", "spans end before they start")
    return who if count else ""


def _ids(span_ids: Sequence[str]) -> str:
    names = list(dict.fromkeys(span_ids))
    shown = ", ".join(label(name, ID_CHARS_MAX, one_word=True) for name in names[:NOTED_IDS_MAX])
    rest = len(names) - NOTED_IDS_MAX
    return f"{shown} and {rest:,} more" if rest > 0 else shown
