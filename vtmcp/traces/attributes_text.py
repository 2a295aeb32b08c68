"""The text of a list of attributes, or of the values of one. Pure.

Names and values are data of strangers. Must not be here: how they were found, which call is next.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Final

from vtmcp.traces.budget import Budget
from vtmcp.traces.safe import label, quoted
from vtmcp.traces.spans import FIELDS, ROWS_MAX, Counted
from vtmcp.traces.trust import counted

EXAMPLES: Final = 3
"""Values shown beside a name: they tell what kind of attribute it is, not all that it holds."""

EXAMPLE_CHARS_MAX: Final = 40
"""Of an example, enough to recognise it."""

NAME_CHARS_MAX: Final = 100


def names_text(
    names: Sequence[Counted],
    spans: int,
    *,
    subject: str,
    examples: Mapping[str, Sequence[Counted]],
    listed: int,
    max_bytes: int,
    notice: str,
    closing: "Closing",
) -> str:
    """Return the fields that every span has, then a line for each attribute, with some values.

    `listed` is how many attributes may be shown.
    """
    of = "at least " if len(names) >= ROWS_MAX else ""
    head = f"{of}{counted(len(names), 'attribute')} in {counted(spans, 'span')}: {subject}."
    budget = closing.budget(max_bytes, head, notice, unlisted=max(0, len(names) - listed))
    for name in FIELDS:
        if name in examples:
            budget.add(f"{name}  every span{_examples(examples[name])}", items=0)
    for one in names[:listed]:
        share = f"{counted(one.count, 'span')} ({percent(one.count, spans)})"
        found = _examples(examples.get(one.text, ()))
        budget.add(f"{label(one.text, NAME_CHARS_MAX, one_word=True)}  {share}{found}")
    return budget.text()


def values_text(
    name: str,
    values: Sequence[Counted],
    spans: int,
    *,
    subject: str,
    listed: int,
    max_bytes: int,
    notice: str,
    closing: "Closing",
) -> str:
    """Return how many values there are, then each in quotes with its share of all spans."""
    shown = label(name, NAME_CHARS_MAX, one_word=True)
    if len(values) > ROWS_MAX:
        head = f"{shown}: more than {ROWS_MAX:,} values: {subject}, {counted(spans, 'span')}."
    else:
        having = sum(one.count for one in values)
        share = f"{having:,} of {counted(spans, 'span')} ({percent(having, spans)})"
        head = f"{shown}: {counted(len(values), 'value')} in {share}: {subject}."
    budget = closing.budget(max_bytes, head, notice, unlisted=max(0, len(values) - listed))
    for one in values[:listed]:
        share = f"{counted(one.count, 'span')} ({percent(one.count, spans)})"
        budget.add(f"{quoted(one.text)}  {share}")
    return budget.text()


class Closing:
    """The last lines: how many items are missing, the call for them, and what to do next."""

    def __init__(self, items: str, *, wider_call: str, more_call: str, then: str) -> None:
        self._items = items
        self._wider_call = wider_call
        self._more_call = more_call
        self._then = then

    def budget(self, max_bytes: int, head: str, notice: str, *, unlisted: int) -> Budget:
        """Return a budget with the head and these last lines."""
        budget = Budget(max_bytes, closing=lambda left_out: self._text(left_out, unlisted))
        budget.head(head)
        if notice:
            budget.head(notice)
        return budget

    def _text(self, left_out: int, unlisted: int) -> str:
        return "\n".join(
            [
                *self._missing("Left out, for want of room", left_out, self._wider_call),
                *self._missing("Not listed, beyond the limit", unlisted, self._more_call),
                *([f"Next: {self._then}"] if self._then else []),
            ]
        )

    def _missing(self, why: str, count: int, call: str) -> Iterable[str]:
        if count:
            yield f"{why}: {count:,} {self._items}.{f' Next: {call}' if call else ''}"


def percent(part: int, whole: int) -> str:
    """Return a share in whole percent, with what is nearly nothing and nearly all said as such."""
    if not part or not whole:
        return "0 %"
    share = part / whole * 100
    if share < 1:
        return "<1 %"
    return ">99 %" if 99 < share < 100 else f"{share:.0f} %"


def _examples(values: Sequence[Counted]) -> str:
    if not values:
        return ""
    shown = [f"{quoted(one.text, EXAMPLE_CHARS_MAX)} x{one.count:,}" for one in values[:EXAMPLES]]
    return f"  {', '.join(shown)}{', ...' if len(values) > EXAMPLES else ''}"
