"""The same question, asked by several at once, goes out once.

The first one asks and the others wait for its answer. When the one that asks is cancelled, one of
those who wait asks in its place, so nobody fails for somebody else's cancellation. Must not be
here: what a question is, or an answer that is kept for later.
"""

from collections.abc import Awaitable, Callable, Hashable
from typing import TYPE_CHECKING, Generic, TypeVar

import anyio

if TYPE_CHECKING:
    from vtmcp.traces.model import SourceError

Answer = TypeVar("Answer")


class Once(Generic[Answer]):
    """Questions under way, by their keys."""

    def __init__(self) -> None:
        self._under_way: dict[Hashable, _Asking[Answer]] = {}

    async def ask(self, key: Hashable, ask: Callable[[], Awaitable[Answer]]) -> Answer:
        """The answer to the question of that key. Raises what `ask` raises.

        Who shares an answer must not change it. A `SourceError` is shared too: the database would
        say the same again, and it is the database that is to be spared.
        """
        from vtmcp.traces.model import SourceError  # noqa: PLC0415 - first call only

        while (asking := self._under_way.get(key)) is not None:
            await asking.ended.wait()
            if asking.error is not None:
                raise asking.error
            if asking.answers:
                return asking.answers[0]
        asking = self._under_way[key] = _Asking()
        try:
            answer = await ask()
            asking.answers.append(answer)
            return answer
        except SourceError as error:
            # Each one who waits raises it anew, with a traceback of its own.
            asking.error = error
            raise
        finally:
            del self._under_way[key]
            asking.ended.set()


class _Asking(Generic[Answer]):
    """A question under way: neither answer nor error at its end means that it was given up."""

    def __init__(self) -> None:
        self.ended = anyio.Event()
        self.answers: list[Answer] = []
        self.error: SourceError | None = None
