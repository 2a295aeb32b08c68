"""What questions to the database, and their outcomes, are called where they are counted.

Loaded at the start of whoever counts. Must not be here: anything but the words.
"""

from collections.abc import Callable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from vtmcp.victoriatraces.requests import HttpRequest

KINDS = (
    *("services", "operations", "search", "trace", "dependencies", "span_stats", "field_names"),
    *(
        "field_values",
        "facets",
        "spans",
        "trace_summaries",
        "activity",
        "failing",
        "span_counts",
        "logsql",
    ),
)
"""Each kind of question, named after the method that asks it."""

OK = "ok"
REFUSED = "refused"
UNANSWERED = "unanswered"
CANCELLED = "cancelled"

OUTCOMES = (OK, REFUSED, UNANSWERED, CANCELLED)
"""An answer that was read; an answer that was an error or could not be read; none at all: no
connection, or none in time; a call that was given up."""

OnAnswer = Callable[[str, float, str], None]
"""Told of each request that was sent: one of `KINDS`, the seconds that it took with reading the
answer, one of `OUTCOMES`."""

Ended = Callable[[str, int], None]
"""Told how a request ended: one of `OUTCOMES`, and the status of the answer, 0 for none."""

OnAsk = Callable[[str, "HttpRequest"], "tuple[HttpRequest, Ended] | None"]
"""Told of each request before it is sent, with one of `KINDS`. What it returns is sent in its
place, and told how that ended; None where nobody follows it."""

_VALUES = {"operations": (-2, "{service}"), "trace": (-1, "{trace_id}")}
"""Which part of a path is a value, by kind."""


def path_template(kind: str, target: str) -> str:
    """The path of a request, with names in the place of values."""
    parts = target.partition("?")[0].split("/")
    if kind in _VALUES:
        place, name = _VALUES[kind]
        parts[place] = name
    return "/".join(parts)


def unfollowed(kind: str, request: "HttpRequest") -> "tuple[HttpRequest, Ended] | None":
    """Nobody follows."""
    return None


def unobserved(kind: str, seconds: float, outcome: str) -> None:
    """Nobody counts."""
