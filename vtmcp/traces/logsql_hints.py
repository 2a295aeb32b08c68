"""What a LogsQL query probably does not mean, by its text: the traps of the database. Pure.

Nothing is refused here and nothing parsed: a hint is a sentence beside an answer. Must not be
here: asking, the texts of answers.
"""

import re
from collections.abc import Iterator
from typing import Final

LATENCY_NS: Final = 30_000_000_000
"""`-search.latencyOffset`: what came so lately is not searched yet."""

SHORT_NS: Final = 1_000_000
"""A bare number below a millisecond, compared with a duration, was hardly meant in nanoseconds."""

SYNTAX: Final = (
    "LogsQL is filters, then pipes after |; a name with : or . stands in double quotes, such as"
    ' "resource_attr:service.name":="cart" | stats by (name) count() spans.'
)

_STRINGS = re.compile(r""""(?:\\.|[^"\\])*"|'(?:\\.|[^'\\])*'|`[^`]*`""", re.DOTALL)
_COMMENTS = re.compile(r"#[^\n]*")
_UNQUOTED = re.compile(
    r"(?<![\w.])(?:resource_attr|scope_attr|span_attr|event|link):[\w.]+", re.ASCII
)
_DURATION = re.compile(r"\bduration:\s*[<>]?=?\s*(\d{1,20})(?![\w.])", re.ASCII)


def bare(query: str) -> str:
    """Return the query without what stands in quotes or comments; empty quotes stay."""
    return _COMMENTS.sub("", _STRINGS.sub('""', query))


def has_pipe(query: str) -> bool:
    """Whether something is done with the rows that the filters find."""
    return "|" in bare(query)


def hints(query: str, *, found: bool, failed: bool = False, fresh: bool = False) -> Iterator[str]:
    """Yield the sentences that fit. `fresh`: the window reaches into the last 30 s."""
    rest = bare(query)
    # Some pipes take such a name as it is, so it is a fault there only where something failed.
    unquoted = _UNQUOTED.search(rest if failed else rest.partition("|")[0])
    if unquoted:
        scope, _, name = unquoted[0].partition(":")
        yield (
            f"{unquoted[0]} without quotes asks for the text {name} in a field {scope}; write"
            f' "{unquoted[0]}" with double quotes: names with : or . need them.'
        )
    elif failed:
        yield SYNTAX
    short = next((int(n) for n in _DURATION.findall(rest) if int(n) < SHORT_NS), 0)
    if short:
        yield f"duration is in nanoseconds: {short} is {short} ns; write a unit, such as 100ms."
    if failed:
        return
    if found and "trace_id" not in query:
        yield (
            "The query does not name trace_id, so rows of the trace index and of the service graph"
            " may count too; begin it with trace_id:* for spans only."
        )
    if not found and has_pipe(query):
        yield "A word after | that names no pipe is taken for a filter, without an error."
    if fresh:
        yield "The last 30 s may be missing: they are not searched yet (-search.latencyOffset)."
