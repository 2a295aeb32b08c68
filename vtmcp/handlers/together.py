"""Several questions asked at once. Must not be here: what is asked."""

from collections.abc import Awaitable, Callable
from typing import TypeVar

import anyio

Answer = TypeVar("Answer")


async def together(*questions: Callable[[], Awaitable[Answer]]) -> list[Answer]:
    """The answers, in the order of the questions. Raises the first `SourceError`, as it is."""
    from vtmcp.traces.model import SourceError  # noqa: PLC0415 - first call only

    answers: dict[int, Answer] = {}
    refusals: list[SourceError] = []
    async with anyio.create_task_group() as tasks:

        async def ask(place: int, question: Callable[[], Awaitable[Answer]]) -> None:
            try:
                answers[place] = await question()
            except SourceError as error:
                # A group of errors is no error that a caller knows, and the others are in vain.
                refusals.append(error)
                tasks.cancel_scope.cancel()

        for place, question in enumerate(questions):
            tasks.start_soon(ask, place, question)
    if refusals:
        raise refusals[0]
    return [answers[place] for place in range(len(questions))]
