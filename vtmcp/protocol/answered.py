"""What is known of an answer at the moment it is written: for whoever counts answers.

Must not be here: counting. The engine tells, and nothing that is told changes what it does.
"""

from collections.abc import Callable
from typing import NamedTuple

from vtmcp.protocol.messages import Json


class Answered(NamedTuple):
    """One answer, to whatever request: of the engine itself, of a handler, or a refusal."""

    method: str
    """As the peer wrote it; empty for what never became a request."""
    params: Json
    """As the peer sent them. Whoever keeps anything of them has to bound it."""
    code: int
    """0 for a result, else the code of the error."""
    document_bytes: int
    """The size of the document; 0 where several answers share one (2025-03-26, "Batching")."""


Observe = Callable[[Answered], None]


def unobserved(answered: Answered) -> None:
    """Nobody counts."""
