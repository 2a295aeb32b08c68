"""The text of passages of the documentation for a model: the best first, within a size.

Must not be here: which passages are good, and what kind of result carries the text.
"""

import re
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, NamedTuple

from vtmcp.handlers.library import SCHEME, Library
from vtmcp.handlers.trace_tool import call_text
from vtmcp.traces.budget import Budget, cut_to_bytes, size_bytes
from vtmcp.traces.safe import quoted
from vtmcp.traces.trust import counted

if TYPE_CHECKING:
    from vtmcp.search.page import Page
    from vtmcp.search.passages import Passage
    from vtmcp.search.ranking import UnknownTerm

LIMIT = 10
"""How many passages an answer shows that is not told: what is right is nearly always in them."""

LIMIT_MAX = 50
"""The most that the search ranks; nobody reads on."""

PASSAGES_BYTES = 8_000
"""About 2,500 tokens: several passages, and room for a model to ask again."""

BYTES_STEP = 1_000
"""A suggested size is rounded up to a round number."""

CALL_BYTES_MAX = 400
"""A longer question is not written out in the suggested call; its asker has it."""

NOTE_BYTES = 1_000
"""What a suggested size keeps for the words beside the passages."""

WORD_CHARS_MAX = 40
"""How much of an unknown word is repeated."""

_HEADINGS = re.compile(r"\A(?:\n*#{1,6}[ \t][^\n]*(?:\n|\Z))+")

Note = Callable[[int, bool], str]
"""Given how many passages are shown, and whether the last is cut, the lines below them."""


class Question(NamedTuple):
    """What is asked, and how much may be answered: passages and bytes of UTF-8."""

    query: str
    limit: int = LIMIT
    max_bytes: int = PASSAGES_BYTES


def page_text(page: "Page") -> str:
    """A page as markdown with its title, and what it holds for."""
    head = f"# {page.title}\n\n{page.description}."
    return f"{head} For {page.applies_to}; checked {page.checked}.\n\n{page.text.lstrip()}"


def passage_text(passage: "Passage", same: Sequence[str] = ()) -> str:
    """Title and headings, the address, the passage without the headings that were just said."""
    lines = [" > ".join((passage.title, *passage.headings)), passage.address]
    if same:
        lines.append(f"Much the same: {', '.join(same)}")
    body = _HEADINGS.sub("", passage.text).strip("\n")
    return "\n".join([*lines, "", body]).rstrip()


def answer_texts(library: Library, question: Question) -> list[str]:
    """A text a passage, the best first; then, if there is something to say, one text on the rest.

    All together are no longer than the question allows, a line break after each counted.
    """
    hits = library.search(question.query, LIMIT_MAX)
    unknown = _unknown_line(library.unknown_terms(question.query))
    if not hits:
        return [_nothing(library, question, unknown)]
    limit = min(max(question.limit, 1), LIMIT_MAX)
    texts = [passage_text(hit.passage, hit.same) for hit in hits]

    def note(shown: int, is_cut: bool) -> str:
        cut = f"The last passage is cut; whole: {hits[shown - 1].passage.address}" if is_cut else ""
        rest = _rest(question._replace(limit=limit), texts, shown)
        return "\n".join(line for line in (unknown, cut, rest) if line)

    return fitted(texts[:limit], note, question.max_bytes)


def fitted(texts: Sequence[str], note: Note, max_bytes: int) -> list[str]:
    """The first texts, as many as fit together with the note on the rest; then the note, if any.

    At least one text is there: when it does not fit it is cut, and the note is told.
    """
    shown = list(texts)
    closing = note(len(shown), False)
    while len(shown) > 1 and _total_bytes(shown, closing) > max_bytes:
        shown.pop()
        closing = note(len(shown), False)
    if _total_bytes(shown, closing) > max_bytes:
        closing = cut_to_bytes(note(1, True), max_bytes // 2 - 1)
        shown = [cut_to_bytes(shown[0], max_bytes - size_bytes(closing) - 1)]
    return [*shown, closing] if closing else shown


def _total_bytes(shown: Sequence[str], closing: str) -> int:
    return sum(map(size_bytes, shown)) + (size_bytes(closing) if closing else 0)


def _rest(question: Question, texts: Sequence[str], shown: int) -> str:
    """How many passages are left out, and the exact call that shows the next of them."""
    left_out = len(texts) - shown
    if not left_out:
        return ""
    limit = question.limit
    if shown == limit:
        limit = min(limit + LIMIT, len(texts))
    needed = _total_bytes(texts[:limit], "") + NOTE_BYTES + BYTES_STEP
    max_bytes = max(needed - needed % BYTES_STEP, question.max_bytes)
    least = "at least " if len(texts) == LIMIT_MAX else ""
    what = f"Left out: {least}{counted(left_out, 'passage')} with some of the words, fitting less."
    return f"{what} Next: {_call(question.query, limit, max_bytes)}"


def _call(query: str, limit: int, max_bytes: int) -> str:
    room = {"max_bytes": max_bytes} if max_bytes > PASSAGES_BYTES else {}
    call = call_text("documentation", {"query": query, "limit": limit, **room})
    if len(call.encode()) <= CALL_BYTES_MAX:
        return call
    rest = call_text("", {"limit": limit, **room}).removeprefix("(")
    return f"documentation(query=the same, {rest}"


def _unknown_line(unknown: Sequence["UnknownTerm"]) -> str:
    if not unknown:
        return ""
    return f"Not in the documentation: {', '.join(map(_unknown_word, unknown))}."


def _unknown_word(term: "UnknownTerm") -> str:
    near = f" (near: {', '.join(term.near)})" if term.near else ""
    return quoted(term.word, WORD_CHARS_MAX) + near


def _nothing(library: Library, question: Question, unknown: str) -> str:
    """No passage: which words are to blame, and what there is."""

    def closing(left_out: int) -> str:
        pages = f"Left out: {counted(left_out, 'page')}. " if left_out else ""
        return f"{pages}Next: {call_text('documentation', {'query': library.entries[0].title})}" + (
            ", or another title from here; resources/read shows the page at an address."
        )

    budget = Budget(question.max_bytes, closing=closing)
    budget.head(f"No passage of the documentation has a word of {quoted(question.query)}.")
    if unknown:
        budget.head(unknown)
    budget.head("The pages:")
    for entry in library.entries:
        budget.add(f"{SCHEME}{entry.path}  {entry.title}")
    return budget.text()
