"""A source that answers a question of one call again without asking it again.

An answer that masking makes too long is written anew, and the database is not asked anew for it.
Must not be here: an answer that outlives its call, or serves another one.
"""

from collections.abc import Awaitable, Callable
from functools import partial
from typing import Any, cast

from vtmcp.handlers.source import TraceSource

_NO_QUESTIONS = ("label", "notice", "on_behalf", "aclose")


class AskedBefore:
    """A source, and what it has answered."""

    def __init__(self, source: TraceSource) -> None:
        self._source = source
        self._answers: dict[tuple[str, str], Any] = {}

    def __getattr__(self, name: str) -> Any:
        found = getattr(self._source, name)
        return found if name in _NO_QUESTIONS else partial(self._ask, name, found)

    def source(self) -> TraceSource:
        """This, as what it is: each of its methods is the source's."""
        return cast("TraceSource", self)

    async def _ask(
        self, name: str, ask: Callable[..., Awaitable[Any]], /, *given: Any, **named: Any
    ) -> Any:
        key = name, repr((given, sorted(named.items())))
        if key not in self._answers:
            self._answers[key] = await ask(*given, **named)
        answer = self._answers[key]
        # Whoever sorts a list sorts its own.
        return list(answer) if isinstance(answer, list) else answer
