"""Tells the client, of a call that takes long, that it is still under way.

Must not be here: what the call does.
"""

from collections.abc import Awaitable, Callable
from typing import TypeVar

import anyio

from vtmcp.handlers.context import Context
from vtmcp.protocol.errors import ToolError

Answer = TypeVar("Answer")

FIRST_S = 1.0
"""A call that takes less needs no notice."""

EVERY_S = 2.0
"""Often enough to be seen, and for clients that give up on a silent call."""


async def told_meanwhile(
    context: Context, doing: str, work: Callable[[], Awaitable[Answer]]
) -> Answer:
    """The outcome of `work`; meanwhile progress is told, if the client asked for it.

    `doing` is what is done, for a reader. The progress is the number of seconds so far.
    """
    if context.meta.get("progressToken") is None:
        return await work()
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(_tell, context, doing)
        try:
            return await work()
        except ToolError as error:
            # Out of the group, which would wrap it.
            failure = error
        finally:
            tasks.cancel_scope.cancel()
    raise failure


async def _tell(context: Context, doing: str) -> None:
    seconds = FIRST_S
    await anyio.sleep(FIRST_S)
    while True:
        await context.progress(seconds, message=f"{doing}, {seconds:.0f} s")
        await anyio.sleep(EVERY_S)
        seconds += EVERY_S
